/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/postgres/decoder.h"

#include <endian.h>

#include "record/decimal.h"
#include "sink/postgres/numeric.h"

#define SERVER_EPOCH_DAY 10957
#define SERVER_EPOCH_MICROS INT64_C(946684800000000)

typedef tide_code (*decode_cell)(tide_column_builder *column, const uint8_t *bytes, size_t size,
                                 tide_error *err);

static tide_code fail_cell(tide_error *err, const char *type)
{
    return TIDE_FAIL(err, TIDE_BAD_DATA, "PostgreSQL sent a %s that can't be read", type);
}

static uint32_t read_uint32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return be32toh(value);
}

static uint64_t read_uint64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return be64toh(value);
}

static tide_code decode_bool(tide_column_builder *column, const uint8_t *bytes, size_t size,
                             tide_error *err)
{
    return size != 1 ? fail_cell(err, "boolean") : tide_append_bool(column, bytes[0] != 0, err);
}

static tide_code decode_int32(tide_column_builder *column, const uint8_t *bytes, size_t size,
                              tide_error *err)
{
    return size != 4 ? fail_cell(err, "integer")
                     : tide_append_int32(column, (int32_t)read_uint32(bytes), err);
}

static tide_code decode_int64(tide_column_builder *column, const uint8_t *bytes, size_t size,
                              tide_error *err)
{
    return size != 8 ? fail_cell(err, "bigint")
                     : tide_append_int64(column, (int64_t)read_uint64(bytes), err);
}

static tide_code decode_double(tide_column_builder *column, const uint8_t *bytes, size_t size,
                               tide_error *err)
{
    if (size != 8) {
        return fail_cell(err, "double precision");
    }
    uint64_t bits = read_uint64(bytes);
    double value;
    memcpy(&value, &bits, sizeof value);
    return tide_append_double(column, value, err);
}

static tide_code decode_decimal(tide_column_builder *column, const uint8_t *bytes, size_t size,
                                tide_error *err)
{
    tide_int128 value;
    return tide_pg_numeric_read(bytes, size, column->type.scale, &value) &&
                   tide_decimal_fits(value, column->type.precision)
               ? tide_append_decimal(column, value, err)
               : fail_cell(err, "numeric");
}

static tide_code decode_str(tide_column_builder *column, const uint8_t *bytes, size_t size,
                            tide_error *err)
{
    return tide_append_str(column, (tide_str){(const char *)bytes, size}, err);
}

/* A server of encoding SQL_ASCII sends whatever was stored. */
static tide_code decode_text(tide_column_builder *column, const uint8_t *bytes, size_t size,
                             tide_error *err)
{
    tide_str text = {(const char *)bytes, size};
    bool is_text = tide_utf8_valid(text) && (size == 0 || memchr(bytes, 0, size) == NULL);
    return is_text ? tide_append_str(column, text, err) : fail_cell(err, "text");
}

static tide_code decode_date(tide_column_builder *column, const uint8_t *bytes, size_t size,
                             tide_error *err)
{
    return size != 4
               ? fail_cell(err, "date")
               : tide_append_int32(column, (int32_t)(read_uint32(bytes) + SERVER_EPOCH_DAY), err);
}

static tide_code decode_timestamp(tide_column_builder *column, const uint8_t *bytes, size_t size,
                                  tide_error *err)
{
    return size != 8 ? fail_cell(err, "timestamptz")
                     : tide_append_int64(column,
                                         (int64_t)(read_uint64(bytes) + SERVER_EPOCH_MICROS), err);
}

static tide_code decode_uuid(tide_column_builder *column, const uint8_t *bytes, size_t size,
                             tide_error *err)
{
    return size != 16 ? fail_cell(err, "uuid") : tide_append_uuid(column, bytes, err);
}

static decode_cell choose(tide_type type)
{
    static const decode_cell decoders[] = {
        [TIDE_BOOL] = decode_bool,           [TIDE_INT32] = decode_int32,
        [TIDE_INT64] = decode_int64,         [TIDE_DOUBLE] = decode_double,
        [TIDE_DECIMAL] = decode_decimal,     [TIDE_TEXT] = decode_text,
        [TIDE_BYTES] = decode_str,           [TIDE_DATE] = decode_date,
        [TIDE_TIMESTAMP] = decode_timestamp, [TIDE_UUID] = decode_uuid,
        [TIDE_JSON] = decode_text,
    };
    return decoders[type.id];
}

static tide_code decode_column(const PGresult *result, int index, tide_column_builder *column,
                               tide_error *err)
{
    decode_cell decode = choose(column->type);
    int rows = PQntuples(result);
    for (int i = 0; i < rows; i++) {
        if (PQgetisnull(result, i, index) != 0) {
            TIDE_TRY(tide_append_null(column, err));
        } else {
            const uint8_t *bytes = (const uint8_t *)PQgetvalue(result, i, index);
            TIDE_TRY(decode(column, bytes, (size_t)PQgetlength(result, i, index), err));
        }
    }
    return TIDE_OK;
}

tide_code tide_pg_decode_rows(const PGresult *result, tide_builder *builder, tide_error *err)
{
    for (size_t i = 0; i < builder->schema->field_count; i++) {
        tide_code code = decode_column(result, (int)i, &builder->columns[i], err);
        if (code != TIDE_OK) {
            return tide_error_context(err, "column `%s`", builder->schema->fields[i].name);
        }
    }
    tide_builder_end_rows(builder);
    return TIDE_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/postgres/writer.h"

#include <math.h>

#include "base/calendar.h"
#include "record/decimal.h"
#include "sink/postgres/numeric.h"

/* 2000-01-01, from which the server counts, by our count from 1970-01-01. */
#define SERVER_EPOCH_DAY 10957
#define SERVER_EPOCH_MICROS INT64_C(946684800000000)
/* The jsonb version byte. */
#define JSONB_VERSION 1

static void write_bool(tide_pg_encoder *encoder, const tide_pg_writer *writer,
                       const tide_column *column, int64_t row)
{
    (void)writer;
    if (tide_column_is_null(column, row)) {
        tide_pg_put_null(encoder);
        return;
    }
    tide_pg_put_uint32(encoder, 1);
    tide_pg_put_uint8(encoder, tide_column_bool(column, row) ? 1 : 0);
}

static void write_int32(tide_pg_encoder *encoder, const tide_pg_writer *writer,
                        const tide_column *column, int64_t row)
{
    (void)writer;
    if (tide_column_is_null(column, row)) {
        tide_pg_put_null(encoder);
        return;
    }
    tide_pg_put_uint32(encoder, 4);
    tide_pg_put_uint32(encoder, (uint32_t)tide_column_int32(column, row));
}

static void write_int32_as_int64(tide_pg_encoder *encoder, const tide_pg_writer *writer,
                                 const tide_column *column, int64_t row)
{
    (void)writer;
    if (tide_column_is_null(column, row)) {
        tide_pg_put_null(encoder);
        return;
    }
    tide_pg_put_uint32(encoder, 8);
    tide_pg_put_uint64(encoder, (uint64_t)(int64_t)tide_column_int32(column, row));
}

static void write_int64(tide_pg_encoder *encoder, const tide_pg_writer *writer,
                        const tide_column *column, int64_t row)
{
    (void)writer;
    if (tide_column_is_null(column, row)) {
        tide_pg_put_null(encoder);
        return;
    }
    tide_pg_put_uint32(encoder, 8);
    tide_pg_put_uint64(encoder, (uint64_t)tide_column_int64(column, row));
}

static void write_double(tide_pg_encoder *encoder, const tide_pg_writer *writer,
                         const tide_column *column, int64_t row)
{
    write_int64(encoder, writer, column, row); /* the same 8 bytes */
}

static void write_double_canonical(tide_pg_encoder *encoder, const tide_pg_writer *writer,
                                   const tide_column *column, int64_t row)
{
    (void)writer;
    if (tide_column_is_null(column, row)) {
        tide_pg_put_null(encoder);
        return;
    }
    double value = tide_column_double(column, row);
    uint64_t bits = UINT64_C(0x7ff8000000000000);
    if (!isnan(value)) {
        value += 0.0; /* -0 becomes 0 */
        memcpy(&bits, &value, sizeof bits);
    }
    tide_pg_put_uint32(encoder, 8);
    tide_pg_put_uint64(encoder, bits);
}

static void put_numeric(tide_pg_encoder *encoder, tide_int128 value, int scale)
{
    tide_pg_numeric numeric;
    tide_pg_numeric_of(value, scale, &numeric);
    tide_pg_put_uint32(encoder, (uint32_t)(8 + 2 * numeric.count));
    tide_pg_put_uint16(encoder, (uint16_t)numeric.count);
    tide_pg_put_uint16(encoder, (uint16_t)numeric.weight);
    tide_pg_put_uint16(encoder, numeric.negative ? 0x4000 : 0);
    tide_pg_put_uint16(encoder, (uint16_t)scale);
    for (int i = 0; i < numeric.count; i++) {
        tide_pg_put_uint16(encoder, numeric.digits[i]);
    }
}

static void write_decimal(tide_pg_encoder *encoder, const tide_pg_writer *writer,
                          const tide_column *column, int64_t row)
{
    if (tide_column_is_null(column, row)) {
        tide_pg_put_null(encoder);
        return;
    }
    put_numeric(encoder, tide_column_decimal(column, row), writer->scale);
}

static void write_int32_as_numeric(tide_pg_encoder *encoder, const tide_pg_writer *writer,
                                   const tide_column *column, int64_t row)
{
    (void)writer;
    if (tide_column_is_null(column, row)) {
        tide_pg_put_null(encoder);
        return;
    }
    put_numeric(encoder, tide_column_int32(column, row), 0);
}

static void write_int64_as_numeric(tide_pg_encoder *encoder, const tide_pg_writer *writer,
                                   const tide_column *column, int64_t row)
{
    (void)writer;
    if (tide_column_is_null(column, row)) {
        tide_pg_put_null(encoder);
        return;
    }
    put_numeric(encoder, tide_column_int64(column, row), 0);
}

static void write_str(tide_pg_encoder *encoder, const tide_pg_writer *writer,
                      const tide_column *column, int64_t row)
{
    (void)writer;
    if (tide_column_is_null(column, row)) {
        tide_pg_put_null(encoder);
        return;
    }
    tide_str value = tide_column_str(column, row);
    tide_pg_put_uint32(encoder, (uint32_t)value.size);
    tide_pg_put_bytes(encoder, value.data, value.size);
}

static void write_jsonb(tide_pg_encoder *encoder, const tide_pg_writer *writer,
                        const tide_column *column, int64_t row)
{
    (void)writer;
    if (tide_column_is_null(column, row)) {
        tide_pg_put_null(encoder);
        return;
    }
    tide_str value = tide_column_str(column, row);
    tide_pg_put_uint32(encoder, (uint32_t)value.size + 1);
    tide_pg_put_uint8(encoder, JSONB_VERSION);
    tide_pg_put_bytes(encoder, value.data, value.size);
}

static void write_date(tide_pg_encoder *encoder, const tide_pg_writer *writer,
                       const tide_column *column, int64_t row)
{
    (void)writer;
    if (tide_column_is_null(column, row)) {
        tide_pg_put_null(encoder);
        return;
    }
    tide_pg_put_uint32(encoder, 4);
    tide_pg_put_uint32(encoder, (uint32_t)tide_column_int32(column, row) - SERVER_EPOCH_DAY);
}

static void write_timestamp(tide_pg_encoder *encoder, const tide_pg_writer *writer,
                            const tide_column *column, int64_t row)
{
    (void)writer;
    if (tide_column_is_null(column, row)) {
        tide_pg_put_null(encoder);
        return;
    }
    tide_pg_put_uint32(encoder, 8);
    tide_pg_put_uint64(encoder, (uint64_t)tide_column_int64(column, row) - SERVER_EPOCH_MICROS);
}

static void write_uuid(tide_pg_encoder *encoder, const tide_pg_writer *writer,
                       const tide_column *column, int64_t row)
{
    (void)writer;
    if (tide_column_is_null(column, row)) {
        tide_pg_put_null(encoder);
        return;
    }
    tide_pg_put_uint32(encoder, 16);
    memcpy(encoder->data + encoder->size, tide_column_uuid(column, row), 16);
    encoder->size += 16;
}

/* What a field of the server can hold, less its own headers: MaxAllocSize is 1 GB - 1. */
#define FIELD_BYTES_MAX ((size_t)0x3fffff00)

static bool fits_bytes(const tide_pg_writer *writer, const tide_column *column, int64_t row)
{
    (void)writer;
    return tide_column_str(column, row).size <= FIELD_BYTES_MAX;
}

static bool fits_text(const tide_pg_writer *writer, const tide_column *column, int64_t row)
{
    (void)writer;
    tide_str value = tide_column_str(column, row);
    return value.size <= FIELD_BYTES_MAX &&
           (value.size == 0 || memchr(value.data, '\0', value.size) == NULL);
}

static size_t count_characters(tide_str value)
{
    size_t count = 0;
    for (size_t i = 0; i < value.size; i++) {
        count += ((uint8_t)value.data[i] & 0xc0) != 0x80;
    }
    return count;
}

static bool fits_varchar(const tide_pg_writer *writer, const tide_column *column, int64_t row)
{
    tide_str value = tide_column_str(column, row);
    return fits_text(writer, column, row) &&
           (value.size <= (size_t)writer->characters_max ||
            count_characters(value) <= (size_t)writer->characters_max);
}

static bool fits_decimal(const tide_pg_writer *writer, const tide_column *column, int64_t row)
{
    return tide_decimal_fits(tide_column_decimal(column, row), writer->precision);
}

/* 4714-11-24 BC to 5874897-12-31. */
static bool fits_date(const tide_pg_writer *writer, const tide_column *column, int64_t row)
{
    (void)writer;
    int64_t day = (int64_t)tide_column_int32(column, row) - SERVER_EPOCH_DAY;
    return day >= TIDE_PG_FIRST_DAY - SERVER_EPOCH_DAY && day < 2145031949;
}

/* From 4714-11-24 BC; our last instant is before the server's. */
static bool fits_timestamp(const tide_pg_writer *writer, const tide_column *column, int64_t row)
{
    (void)writer;
    return tide_column_int64(column, row) >= (int64_t)TIDE_PG_FIRST_DAY * TIDE_MICROS_PER_DAY;
}

static const char text_reason[] =
    "the text has U+0000, which PostgreSQL's text can't hold, or is 1 GB or larger";
static const char varchar_reason[] =
    "the text is longer than the column's varchar(n), or has U+0000";
static const char range_reason[] = "the value is outside of the range of the column's type";

enum {
    BOOL = 16,
    BYTEA = 17,
    INT8 = 20,
    INT4 = 23,
    TEXT = 25,
    JSON = 114,
    FLOAT8 = 701,
    VARCHAR = 1043,
    DATE = 1082,
    TIMESTAMP = 1114,
    TIMESTAMPTZ = 1184,
    NUMERIC = 1700,
    UUID = 2950,
    JSONB = 3802
};

typedef struct pair {
    tide_type_id ours;
    Oid theirs;
    tide_pg_write write;
    tide_pg_fit fit;
    const char *fit_reason;
    size_t bytes_max;
    Oid array_element;
    const char *array_name;
} pair;

static const pair pairs[] = {
    {TIDE_BOOL, BOOL, write_bool, NULL, NULL, 5, BOOL, "boolean[]"},
    {TIDE_INT32, INT4, write_int32, NULL, NULL, 8, INT4, "integer[]"},
    {TIDE_INT32, INT8, write_int32_as_int64, NULL, NULL, 12, INT8, "bigint[]"},
    {TIDE_INT32, NUMERIC, write_int32_as_numeric, NULL, NULL, TIDE_PG_NUMERIC_BYTES_MAX, NUMERIC,
     "numeric[]"},
    {TIDE_INT64, INT8, write_int64, NULL, NULL, 12, INT8, "bigint[]"},
    {TIDE_INT64, NUMERIC, write_int64_as_numeric, NULL, NULL, TIDE_PG_NUMERIC_BYTES_MAX, NUMERIC,
     "numeric[]"},
    {TIDE_DOUBLE, FLOAT8, write_double, NULL, NULL, 12, FLOAT8, "double precision[]"},
    {TIDE_DECIMAL, NUMERIC, write_decimal, fits_decimal,
     "the decimal has more digits than its type", TIDE_PG_NUMERIC_BYTES_MAX, NUMERIC, "numeric[]"},
    {TIDE_TEXT, TEXT, write_str, fits_text, text_reason, 4, TEXT, "text[]"},
    {TIDE_TEXT, VARCHAR, write_str, fits_text, text_reason, 4, TEXT, "text[]"},
    {TIDE_BYTES, BYTEA, write_str, fits_bytes, "the value is 1 GB or larger", 4, BYTEA, "bytea[]"},
    {TIDE_DATE, DATE, write_date, fits_date, range_reason, 8, DATE, "date[]"},
    {TIDE_TIMESTAMP, TIMESTAMPTZ, write_timestamp, fits_timestamp, range_reason, 12, TIMESTAMPTZ,
     "timestamptz[]"},
    {TIDE_TIMESTAMP, TIMESTAMP, write_timestamp, fits_timestamp, range_reason, 12, TIMESTAMP,
     "timestamp[]"},
    {TIDE_UUID, UUID, write_uuid, NULL, NULL, 20, UUID, "uuid[]"},
    {TIDE_JSON, JSONB, write_jsonb, fits_text, text_reason, 5, JSONB, "jsonb[]"},
    {TIDE_JSON, JSON, write_str, fits_text, text_reason, 4, JSON, "json[]"},
    {TIDE_JSON, TEXT, write_str, fits_text, text_reason, 4, TEXT, "text[]"},
};

/* numeric(p,s) keeps p and s in its modifier; -1 is numeric without bounds. */
static bool numeric_has_room(int32_t modifier, int digits_before_point, int scale)
{
    if (modifier < 4) {
        return true;
    }
    int their_precision = (modifier - 4) >> 16 & 0xffff;
    int their_scale = ((modifier - 4) & 0x7ff) ^ 0x400;
    their_scale -= 0x400;
    return their_scale >= scale && their_precision - their_scale >= digits_before_point;
}

static bool has_room(tide_type ours, const tide_pg_server_type *theirs, const char **advice)
{
    if (theirs->type == NUMERIC) {
        int scale = ours.id == TIDE_DECIMAL ? ours.scale : 0;
        int digits = ours.id == TIDE_DECIMAL ? ours.precision - ours.scale
                     : ours.id == TIDE_INT32 ? 10
                                             : 19;
        *advice = "it has too few digits: widen it with ALTER TABLE, or declare a smaller type";
        return numeric_has_room(theirs->modifier, digits, scale);
    }
    if (theirs->type == TIMESTAMP || theirs->type == TIMESTAMPTZ) {
        *advice = "it would round microseconds: use a type with 6 digits of a second";
        return theirs->modifier < 0 || theirs->modifier >= 6;
    }
    return true;
}

bool tide_pg_writer_choose(tide_type ours, const tide_pg_server_type *theirs, bool canonical,
                           tide_pg_writer *writer, const char **advice)
{
    *advice = "change the column with ALTER TABLE, or declare another type";
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        const pair *at = &pairs[i];
        if (at->ours != ours.id || at->theirs != theirs->type) {
            continue;
        }
        *writer = (tide_pg_writer){
            .write = at->write,
            .fit = at->fit,
            .fit_reason = at->fit_reason,
            .bytes_max = at->bytes_max,
            .array_element = at->array_element,
            .array_name = at->array_name,
            .precision = ours.precision,
            .scale = ours.scale,
        };
        if (canonical && ours.id == TIDE_DOUBLE) {
            writer->write = write_double_canonical;
        }
        if (theirs->type == VARCHAR && theirs->modifier >= 4) {
            writer->characters_max = theirs->modifier - 4;
            writer->fit = fits_varchar;
            writer->fit_reason = varchar_reason;
        }
        return has_room(ours, theirs, advice);
    }
    return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* State as sinks store it: what is read from a database is a value of its column's type or is
 * refused, and a value that is stored comes back as it was. The first byte chooses the direction,
 * the second the type; what follows is what another hand may have left in the database, or a value.
 */
#include "base/calendar.h"
#include "fuzz_rows.h"
#include "record/decimal.h"
#include "record/order.h"
#include "sink/postgres/decoder.h"
#include "sink/postgres/writer.h"
#include "sink/store/stored_cell.h"

#define TYPES 44 /* decimal in four shapes */

static tide_type choose_type(size_t byte)
{
    tide_type type = {.id = (tide_type_id)(TIDE_BOOL + byte % 11)};
    if (type.id == TIDE_DECIMAL) {
        static const tide_type shapes[] = {{TIDE_DECIMAL, 12, 2},
                                           {TIDE_DECIMAL, 38, 0},
                                           {TIDE_DECIMAL, 38, 38},
                                           {TIDE_DECIMAL, 1, 1}};
        type = shapes[byte / 11 % 4];
    }
    return type;
}

static tide_column view_of(const tide_column_builder *builder)
{
    tide_column column;
    tide_column_builder_view(builder, &column);
    return column;
}

static bool same_value(const tide_column_builder *a, const tide_column_builder *b)
{
    tide_column left = view_of(a), right = view_of(b);
    FUZZ_CHECK(left.row_count == 1 && right.row_count == 1);
    return tide_compare_for(left.type)(&left, 0, &right, 0) == 0;
}

/* One that the engine can go on with. */
static void check_value(const tide_column_builder *builder)
{
    tide_column column = view_of(builder);
    FUZZ_CHECK(column.row_count == 1);
    if (tide_column_is_null(&column, 0)) {
        return;
    }
    if (column.type.id == TIDE_TEXT || column.type.id == TIDE_JSON) {
        FUZZ_CHECK(tide_utf8_valid(tide_column_str(&column, 0)));
    } else if (column.type.id == TIDE_DECIMAL) {
        tide_int128 value = tide_column_decimal(&column, 0);
        tide_int128 limit = tide_power_of_ten(column.type.precision);
        FUZZ_CHECK(value > -limit && value < limit);
    }
}

/* A value that a column may hold, of what is left of the input. */
static tide_code append_value(tide_column_builder *column, fuzz_input *input, tide_error *err)
{
    uint8_t bytes[16];
    tide_int128 decimal;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = i < input->size ? input->data[i] : 0;
    }
    uint64_t bits;
    double number;
    memcpy(&bits, bytes, sizeof bits);
    memcpy(&number, bytes, sizeof number);
    memcpy(&decimal, bytes, sizeof decimal);
    tide_str text = {(const char *)input->data, input->size};
    switch (column->type.id) {
        case TIDE_BOOL:
            return tide_append_bool(column, (bits & 1) != 0, err);
        case TIDE_INT32:
        case TIDE_DATE:
            return tide_append_int32(column, (int32_t)bits, err);
        case TIDE_INT64:
        case TIDE_TIMESTAMP:
            return tide_append_int64(column, (int64_t)bits, err);
        case TIDE_DOUBLE:
            return tide_append_double(column, number, err);
        case TIDE_DECIMAL:
            return tide_append_decimal(column, decimal % tide_power_of_ten(column->type.precision),
                                       err);
        case TIDE_UUID:
            return tide_append_uuid(column, bytes, err);
        case TIDE_BYTES:
            return tide_append_str(column, text, err);
        default:
            return fuzz_text_is_fine(text) ? tide_append_str(column, text, err)
                                           : tide_append_str(column, TIDE_STR("{}"), err);
    }
}

/* SELECT ?1: what is bound comes out as from a table's column. */
static sqlite3_stmt *echo(void)
{
    static sqlite3 *db;
    static sqlite3_stmt *statement;
    if (statement == NULL) {
        FUZZ_CHECK(sqlite3_open(":memory:", &db) == SQLITE_OK);
        FUZZ_CHECK(sqlite3_prepare_v2(db, "SELECT ?1 AS value", -1, &statement, NULL) == SQLITE_OK);
    }
    (void)sqlite3_reset(statement);
    return statement;
}

static tide_code read_echo(sqlite3_stmt *statement, tide_column_builder *out)
{
    tide_error err;
    FUZZ_CHECK(sqlite3_step(statement) == SQLITE_ROW);
    tide_code code = tide_stored_read_for(out->type)(statement, 0, out, &err);
    FUZZ_CHECK(code == TIDE_OK || code == TIDE_BAD_DATA);
    FUZZ_CHECK(code == TIDE_OK || tide_utf8_valid(tide_str_of(err.message)));
    return code;
}

static void store_and_compare(const tide_column_builder *value, tide_column_builder *again)
{
    char scratch[TIDE_STORED_SCRATCH_BYTES];
    tide_column column = view_of(value);
    sqlite3_stmt *statement = echo();
    if (tide_column_is_null(&column, 0)) {
        return;
    }
    FUZZ_CHECK(tide_stored_bind_for(column.type)(statement, 1, &column, 0, scratch) == SQLITE_OK);
    FUZZ_CHECK(read_echo(statement, again) == TIDE_OK);
    FUZZ_CHECK(same_value(value, again));
}

static void bind_anything(sqlite3_stmt *statement, fuzz_input *input)
{
    uint8_t storage = fuzz_take(input) % 5;
    if (storage == 0) {
        (void)sqlite3_bind_null(statement, 1);
    } else if (storage == 1) {
        (void)sqlite3_bind_int64(statement, 1, (int64_t)fuzz_take_bytes(input, 8));
    } else if (storage == 2) {
        uint64_t bits = fuzz_take_bytes(input, 8);
        double number;
        memcpy(&number, &bits, sizeof number);
        (void)sqlite3_bind_double(statement, 1, number);
    } else if (storage == 3) {
        (void)sqlite3_bind_text(statement, 1, (const char *)input->data, (int)input->size,
                                SQLITE_STATIC);
    } else {
        (void)sqlite3_bind_blob(statement, 1, input->data, (int)input->size, SQLITE_STATIC);
    }
}

/* A day has one text. */
static void check_day(sqlite3_stmt *statement, const tide_column_builder *value)
{
    char printed[32];
    if (value->type.id == TIDE_DATE && value->row_count == 1 && value->null_count == 0) {
        int32_t day;
        memcpy(&day, value->data, sizeof day);
        size_t size = tide_format_day(day, printed);
        FUZZ_CHECK(size == (size_t)sqlite3_column_bytes(statement, 0));
        FUZZ_CHECK(memcmp(printed, sqlite3_column_text(statement, 0), size) == 0);
    }
}

/* The answer of a server: one cell in binary form. */
static PGresult *answer_of(const void *bytes, size_t size)
{
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    PGresAttDesc description = {.name = (char[]){"value"}, .format = 1};
    FUZZ_CHECK(result != NULL && PQsetResultAttrs(result, 1, &description) == 1);
    union {
        const void *borrowed;
        char *unqualified;
    } cell = {bytes};
    FUZZ_CHECK(PQsetvalue(result, 0, 0, cell.unqualified, bytes == NULL ? -1 : (int)size) == 1);
    return result;
}

static tide_code decode_answer(const void *bytes, size_t size, tide_column_builder *out)
{
    tide_error err;
    tide_field field = {.name = (char[]){"value"}, .type = out->type};
    tide_schema schema = {.fields = &field, .field_count = 1};
    tide_builder builder = {.schema = &schema, .columns = out};
    PGresult *result = answer_of(bytes, size);
    tide_code code = tide_pg_decode_rows(result, &builder, &err);
    FUZZ_CHECK(code == TIDE_OK || code == TIDE_BAD_DATA);
    PQclear(result);
    return code;
}

static void send_and_compare(const tide_column_builder *value, tide_column_builder *again)
{
    static tide_pg_encoder encoder; /* zeros: initialized */
    tide_error err;
    char name[32];
    const char *advice;
    tide_pg_writer writer = {0};
    tide_column column = view_of(value);
    tide_pg_server_type server = tide_pg_natural_type(column.type, true, name);
    FUZZ_CHECK(tide_pg_writer_choose(column.type, &server, false, &writer, &advice));
    bool fits =
        tide_column_is_null(&column, 0) || writer.fit == NULL || writer.fit(&writer, &column, 0);
    if (!fits) {
        return;
    }
    FUZZ_CHECK(tide_pg_encoder_begin(&encoder, NULL, 64, &err) == TIDE_OK);
    FUZZ_CHECK(tide_pg_encoder_reserve(&encoder));
    writer.write(&encoder, &writer, &column, 0);
    FUZZ_CHECK(tide_pg_encoder_finish(&encoder, &err) == TIDE_OK && encoder.size >= 4);
    uint32_t size;
    memcpy(&size, encoder.data, sizeof size);
    size = be32toh(size);
    bool is_null = size == UINT32_MAX;
    FUZZ_CHECK(encoder.size == 4 + (is_null ? 0 : (size_t)size));
    FUZZ_CHECK(decode_answer(is_null ? NULL : encoder.data + 4, size, again) == TIDE_OK);
    FUZZ_CHECK(same_value(value, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static tide_column_builder values[TYPES], copies[TYPES]; /* memory is kept, by type */
    tide_error err;
    fuzz_input input = {data, size};
    uint8_t direction = fuzz_take(&input) & 3;
    size_t choice = fuzz_take(&input) % TYPES;
    tide_column_builder *value = &values[choice], *again = &copies[choice];
    bool is_postgres = (direction & 2) != 0, is_typed = (direction & 1) != 0;
    tide_column_builder_reset(value);
    tide_column_builder_reset(again);
    value->type = again->type = choose_type(choice);
    tide_code code;
    if (is_typed) {
        code = append_value(value, &input, &err);
    } else if (is_postgres) {
        code = decode_answer(input.data, input.size, value);
    } else {
        sqlite3_stmt *statement = echo();
        bind_anything(statement, &input);
        code = read_echo(statement, value);
        check_day(statement, value);
    }
    if (code == TIDE_OK) {
        check_value(value);
        if (is_postgres) {
            send_and_compare(value, again);
        } else {
            store_and_compare(value, again);
        }
    }
    return 0;
}

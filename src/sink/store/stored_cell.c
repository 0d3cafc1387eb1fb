/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/store/stored_cell.h"

#include <math.h>

#include "base/calendar.h"
#include "base/problem.h"
#include "record/decimal.h"
#include "record/uuid.h"

/* Of a value that is refused. */
#define SHOWN_BYTES_MAX 200

static int bind_bool(sqlite3_stmt *statement, int parameter, const tide_column *column, int64_t row,
                     char *scratch)
{
    (void)scratch;
    return sqlite3_bind_int(statement, parameter, tide_column_bool(column, row) ? 1 : 0);
}

static int bind_int32(sqlite3_stmt *statement, int parameter, const tide_column *column,
                      int64_t row, char *scratch)
{
    (void)scratch;
    return sqlite3_bind_int(statement, parameter, tide_column_int32(column, row));
}

static int bind_int64(sqlite3_stmt *statement, int parameter, const tide_column *column,
                      int64_t row, char *scratch)
{
    (void)scratch;
    return sqlite3_bind_int64(statement, parameter, tide_column_int64(column, row));
}

static int bind_double(sqlite3_stmt *statement, int parameter, const tide_column *column,
                       int64_t row, char *scratch)
{
    (void)scratch;
    double value = tide_column_double(column, row);
    if (isnan(value)) { /* as a real it would silently become null */
        return sqlite3_bind_text(statement, parameter, "NaN", 3, SQLITE_STATIC);
    }
    return sqlite3_bind_double(statement, parameter, value);
}

static int bind_decimal(sqlite3_stmt *statement, int parameter, const tide_column *column,
                        int64_t row, char *scratch)
{
    size_t size =
        tide_decimal_format(tide_column_decimal(column, row), column->type.scale, scratch);
    return sqlite3_bind_text(statement, parameter, scratch, (int)size, SQLITE_STATIC);
}

static int bind_date(sqlite3_stmt *statement, int parameter, const tide_column *column, int64_t row,
                     char *scratch)
{
    size_t size = tide_format_day(tide_column_int32(column, row), scratch);
    return sqlite3_bind_text(statement, parameter, scratch, (int)size, SQLITE_STATIC);
}

static int bind_uuid(sqlite3_stmt *statement, int parameter, const tide_column *column, int64_t row,
                     char *scratch)
{
    size_t size = tide_uuid_format(tide_column_uuid(column, row), scratch);
    return sqlite3_bind_text(statement, parameter, scratch, (int)size, SQLITE_STATIC);
}

/* An empty view may have no address, which would bind null. */
static const char *address_of(tide_str s)
{
    return s.size == 0 ? "" : s.data;
}

static int bind_text(sqlite3_stmt *statement, int parameter, const tide_column *column, int64_t row,
                     char *scratch)
{
    (void)scratch;
    tide_str value = tide_column_str(column, row);
    return sqlite3_bind_text(statement, parameter, address_of(value), (int)value.size,
                             SQLITE_STATIC);
}

static int bind_bytes(sqlite3_stmt *statement, int parameter, const tide_column *column,
                      int64_t row, char *scratch)
{
    (void)scratch;
    tide_str value = tide_column_str(column, row);
    return sqlite3_bind_blob(statement, parameter, address_of(value), (int)value.size,
                             SQLITE_STATIC);
}

tide_stored_bind tide_stored_bind_for(tide_type type)
{
    static const tide_stored_bind table[] = {
        [TIDE_BOOL] = bind_bool,     [TIDE_INT32] = bind_int32,     [TIDE_INT64] = bind_int64,
        [TIDE_DOUBLE] = bind_double, [TIDE_DECIMAL] = bind_decimal, [TIDE_TEXT] = bind_text,
        [TIDE_BYTES] = bind_bytes,   [TIDE_DATE] = bind_date,       [TIDE_TIMESTAMP] = bind_int64,
        [TIDE_UUID] = bind_uuid,     [TIDE_JSON] = bind_text,
    };
    return table[type.id];
}

static bool is_null(sqlite3_stmt *statement, int index)
{
    return sqlite3_column_type(statement, index) == SQLITE_NULL;
}

static tide_str text_of(sqlite3_stmt *statement, int index)
{
    const char *data = (const char *)sqlite3_column_text(statement, index);
    return (tide_str){data, data == NULL ? 0 : (size_t)sqlite3_column_bytes(statement, index)};
}

static tide_code fail_value(sqlite3_stmt *statement, int index, tide_type type, tide_error *err)
{
    char name[24];
    tide_str text = text_of(statement, index);
    if (!tide_utf8_valid(text)) {
        return TIDE_FAIL(
            err, TIDE_E_STATE_DAMAGED, "column %s holds %zu bytes that are no text, and no %s",
            sqlite3_column_name(statement, index), text.size, tide_type_format(type, name));
    }
    if (text.size > SHOWN_BYTES_MAX) {
        text.size = SHOWN_BYTES_MAX;
        while (((unsigned char)text.data[text.size] & 0xC0) == 0x80) {
            text.size--; /* not within a character */
        }
    }
    return TIDE_FAIL(err, TIDE_E_STATE_DAMAGED, "column %s holds `%.*s`, which is no %s",
                     sqlite3_column_name(statement, index), TIDE_STR_ARG(text),
                     tide_type_format(type, name));
}

static bool is_integer(sqlite3_stmt *statement, int index)
{
    return sqlite3_column_type(statement, index) == SQLITE_INTEGER;
}

static tide_code read_bool(sqlite3_stmt *statement, int index, tide_column_builder *column,
                           tide_error *err)
{
    if (is_null(statement, index)) {
        return tide_append_null(column, err);
    }
    if (!is_integer(statement, index)) {
        return fail_value(statement, index, column->type, err);
    }
    return tide_append_bool(column, sqlite3_column_int(statement, index) != 0, err);
}

static tide_code read_int32(sqlite3_stmt *statement, int index, tide_column_builder *column,
                            tide_error *err)
{
    if (is_null(statement, index)) {
        return tide_append_null(column, err);
    }
    int64_t value = sqlite3_column_int64(statement, index);
    if (!is_integer(statement, index) || value < INT32_MIN || value > INT32_MAX) {
        return fail_value(statement, index, column->type, err);
    }
    return tide_append_int32(column, (int32_t)value, err);
}

static tide_code read_int64(sqlite3_stmt *statement, int index, tide_column_builder *column,
                            tide_error *err)
{
    if (is_null(statement, index)) {
        return tide_append_null(column, err);
    }
    if (!is_integer(statement, index)) {
        return fail_value(statement, index, column->type, err);
    }
    return tide_append_int64(column, sqlite3_column_int64(statement, index), err);
}

static tide_code read_double(sqlite3_stmt *statement, int index, tide_column_builder *column,
                             tide_error *err)
{
    if (is_null(statement, index)) {
        return tide_append_null(column, err);
    }
    int stored = sqlite3_column_type(statement, index);
    if (stored == SQLITE_FLOAT || stored == SQLITE_INTEGER) {
        return tide_append_double(column, sqlite3_column_double(statement, index), err);
    }
    if (!tide_str_equal_c(text_of(statement, index), "NaN")) {
        return fail_value(statement, index, column->type, err);
    }
    return tide_append_double(column, (double)NAN, err);
}

static tide_code read_decimal(sqlite3_stmt *statement, int index, tide_column_builder *column,
                              tide_error *err)
{
    if (is_null(statement, index)) {
        return tide_append_null(column, err);
    }
    tide_int128 value;
    if (tide_decimal_parse(text_of(statement, index), column->type.precision, column->type.scale,
                           &value) != TIDE_NUMBER_OK) {
        return fail_value(statement, index, column->type, err);
    }
    return tide_append_decimal(column, value, err);
}

bool tide_stored_parse_date(tide_str text, int32_t *day)
{
    bool has_sign = text.size > 0 && (text.data[0] == '-' || text.data[0] == '+');
    size_t at = has_sign ? 1 : 0;
    int32_t year = 0;
    size_t digits = 0;
    for (; at < text.size && text.data[at] >= '0' && text.data[at] <= '9' && digits < 8; digits++) {
        year = year * 10 + (text.data[at++] - '0');
    }
    if (digits < 4 || at + 6 != text.size) {
        return false;
    }
    char plain[10] = {'2', '0', '0', '0'}; /* a leap year: the day of month is checked below */
    memcpy(plain + 4, text.data + at, 6);
    int32_t in_2000;
    if (!tide_parse_day((tide_str){plain, sizeof plain}, &in_2000)) {
        return false;
    }
    int32_t ignored;
    int month;
    int day_of_month;
    tide_civil_of_day(in_2000, &ignored, &month, &day_of_month);
    *day = tide_day_of_civil(text.data[0] == '-' ? -year : year, month, day_of_month);
    /* A day that there is not, or that no date holds, has become another one. */
    char printed[32] = "";
    return tide_str_equal(text, (tide_str){printed, tide_format_day(*day, printed)});
}

static tide_code read_date(sqlite3_stmt *statement, int index, tide_column_builder *column,
                           tide_error *err)
{
    if (is_null(statement, index)) {
        return tide_append_null(column, err);
    }
    int32_t day;
    if (!tide_stored_parse_date(text_of(statement, index), &day)) {
        return fail_value(statement, index, column->type, err);
    }
    return tide_append_int32(column, day, err);
}

static tide_code read_uuid(sqlite3_stmt *statement, int index, tide_column_builder *column,
                           tide_error *err)
{
    if (is_null(statement, index)) {
        return tide_append_null(column, err);
    }
    uint8_t uuid[16];
    if (!tide_uuid_parse(text_of(statement, index), uuid)) {
        return fail_value(statement, index, column->type, err);
    }
    return tide_append_uuid(column, uuid, err);
}

static tide_code read_text(sqlite3_stmt *statement, int index, tide_column_builder *column,
                           tide_error *err)
{
    if (is_null(statement, index)) {
        return tide_append_null(column, err);
    }
    tide_str text = text_of(statement, index);
    if (text.data == NULL) {
        return TIDE_FAIL_MEMORY(err, "a stored text");
    }
    if (!tide_utf8_valid(text)) { /* something else has written there */
        return fail_value(statement, index, column->type, err);
    }
    return tide_append_str(column, text, err);
}

static tide_code read_bytes(sqlite3_stmt *statement, int index, tide_column_builder *column,
                            tide_error *err)
{
    if (is_null(statement, index)) {
        return tide_append_null(column, err);
    }
    const char *data = sqlite3_column_blob(statement, index);
    tide_str bytes = {data, (size_t)sqlite3_column_bytes(statement, index)};
    if (data == NULL && bytes.size > 0) {
        return TIDE_FAIL_MEMORY(err, "stored bytes");
    }
    return tide_append_str(column, bytes, err);
}

tide_stored_read tide_stored_read_for(tide_type type)
{
    static const tide_stored_read table[] = {
        [TIDE_BOOL] = read_bool,     [TIDE_INT32] = read_int32,     [TIDE_INT64] = read_int64,
        [TIDE_DOUBLE] = read_double, [TIDE_DECIMAL] = read_decimal, [TIDE_TEXT] = read_text,
        [TIDE_BYTES] = read_bytes,   [TIDE_DATE] = read_date,       [TIDE_TIMESTAMP] = read_int64,
        [TIDE_UUID] = read_uuid,     [TIDE_JSON] = read_text,
    };
    return table[type.id];
}

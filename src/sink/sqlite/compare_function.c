/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/sqlite/compare_function.h"

#include "base/limits.h"
#include "record/decimal.h"
#include "sink/store/sql.h"

#define PAIRS_MAX 60

static int compare_bytes(sqlite3_value *a, sqlite3_value *b)
{
    const char *a_data = sqlite3_value_blob(a);
    const char *b_data = sqlite3_value_blob(b);
    return tide_str_compare((tide_str){a_data, (size_t)sqlite3_value_bytes(a)},
                            (tide_str){b_data, (size_t)sqlite3_value_bytes(b)});
}

static int compare_integers(sqlite3_value *a, sqlite3_value *b)
{
    int64_t left = sqlite3_value_int64(a);
    int64_t right = sqlite3_value_int64(b);
    return (left > right) - (left < right);
}

static int compare_doubles(sqlite3_value *a, sqlite3_value *b)
{
    double left = sqlite3_value_double(a);
    double right = sqlite3_value_double(b);
    return (left > right) - (left < right);
}

static bool read_decimal(sqlite3_value *value, int scale, tide_int128 *out)
{
    tide_str text = {(const char *)sqlite3_value_text(value), 0};
    text.size = (size_t)sqlite3_value_bytes(value);
    return tide_decimal_parse(text, TIDE_DECIMAL_PRECISION_MAX, scale, out) == TIDE_NUMBER_OK;
}

static int compare_decimals(sqlite3_value *a, sqlite3_value *b, int scale)
{
    tide_int128 left;
    tide_int128 right;
    if (!read_decimal(a, scale, &left) || !read_decimal(b, scale, &right)) {
        return compare_bytes(a, b); /* not written by us */
    }
    return (left > right) - (left < right);
}

static int compare_values(sqlite3_value *a, sqlite3_value *b, tide_type type)
{
    bool a_null = sqlite3_value_type(a) == SQLITE_NULL;
    bool b_null = sqlite3_value_type(b) == SQLITE_NULL;
    if (a_null || b_null) {
        return (int)b_null - (int)a_null;
    }
    switch (type.id) {
        case TIDE_BOOL:
        case TIDE_INT32:
        case TIDE_INT64:
        case TIDE_TIMESTAMP:
            return compare_integers(a, b);
        case TIDE_DOUBLE:
            return compare_doubles(a, b);
        case TIDE_DECIMAL:
            return compare_decimals(a, b, type.scale);
        default: /* dates and uuids sort by their text too */
            return compare_bytes(a, b);
    }
}

static void compare(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    tide_comparison *comparison = sqlite3_user_data(context);
    size_t place = (size_t)sqlite3_value_int64(arguments[0]);
    int result = 0;
    for (int i = 1; i + 1 < count && result == 0; i += 2) {
        const tide_field *field = &comparison->schema->fields[comparison->order[place++]];
        result = compare_values(arguments[i], arguments[i + 1], field->type);
    }
    comparison->verdict = result > 0 ? TIDE_GREATER : TIDE_NOT_GREATER;
    sqlite3_result_int(context, result);
}

tide_code tide_comparison_register(tide_db *db, tide_comparison *comparison, tide_error *err)
{
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
    int result = sqlite3_create_function_v2(db->handle, "tidemill_compare", -1, flags, comparison,
                                            compare, NULL, NULL, NULL);
    return result == SQLITE_OK ? TIDE_OK : tide_db_fail(db, result, "adding a function", err);
}

static void append_call(const tide_comparison *comparison, size_t begin, size_t end,
                        const char *table, tide_text *sql)
{
    tide_text_append_format(sql, "nullif(tidemill_compare(%zu", begin);
    for (size_t i = begin; i < end; i++) {
        const char *name = comparison->schema->fields[comparison->order[i]].name;
        tide_text_append(sql, ", excluded.");
        tide_sql_append_name(sql, name);
        tide_text_append(sql, ", ");
        tide_sql_append_name(sql, table);
        tide_text_append_char(sql, '.');
        tide_sql_append_name(sql, name);
    }
    tide_text_append(sql, "), 0), ");
}

void tide_comparison_append(const tide_comparison *comparison, const char *table, tide_text *sql)
{
    tide_text_append(sql, "coalesce(");
    for (size_t begin = 0; begin < comparison->order_count; begin += PAIRS_MAX) {
        size_t left = comparison->order_count - begin;
        append_call(comparison, begin, begin + (left < PAIRS_MAX ? left : PAIRS_MAX), table, sql);
    }
    tide_text_append(sql, "0) > 0");
}

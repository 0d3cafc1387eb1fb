/* SPDX-License-Identifier: Apache-2.0 */
/* Cells as text and as JSON: for messages, rejects, samples - not for data paths. */
#include "base/calendar.h"
#include "record/decimal.h"
#include "record/uuid.h"
#include "record/value.h"

static const char hex_digits[] = "0123456789abcdef";

static void print_uuid(const uint8_t *uuid, tide_text *out)
{
    char text[TIDE_UUID_CHARS + 1];
    size_t size = tide_uuid_format(uuid, text);
    tide_text_append_str(out, (tide_str){text, size});
}

static void print_hex(tide_str bytes, tide_text *out)
{
    tide_text_append(out, "\\x");
    for (size_t i = 0; i < bytes.size; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        tide_text_append_char(out, hex_digits[byte >> 4]);
        tide_text_append_char(out, hex_digits[byte & 15]);
    }
}

static void print_base64(tide_str bytes, tide_text *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t count = bytes.size - i < 3 ? bytes.size - i : 3;
        uint32_t group = 0;
        for (size_t j = 0; j < 3; j++) {
            group = group << 8 | (j < count ? (uint8_t)bytes.data[i + j] : 0u);
        }
        for (size_t j = 0; j < 4; j++) {
            tide_text_append_char(out, j <= count ? digits[group >> (18 - 6 * j) & 63] : '=');
        }
    }
}

/* Types that text and JSON write alike, up to the quotes. */
static void print_fixed(const tide_column *column, int64_t row, tide_text *out)
{
    char text[64];
    tide_str s = {text, 0};
    switch (column->type.id) {
        case TIDE_BOOL:
            tide_text_append(out, tide_column_bool(column, row) ? "true" : "false");
            return;
        case TIDE_INT32:
            tide_text_append_format(out, "%d", (int)tide_column_int32(column, row));
            return;
        case TIDE_DOUBLE:
            s.size = tide_double_format(tide_column_double(column, row), text);
            break;
        case TIDE_DECIMAL:
            s.size =
                tide_decimal_format(tide_column_decimal(column, row), column->type.scale, text);
            break;
        case TIDE_DATE:
            s.size = tide_format_day(tide_column_int32(column, row), text);
            break;
        case TIDE_TIMESTAMP:
            s.size = tide_format_instant(tide_column_int64(column, row), text);
            break;
        case TIDE_UUID:
            print_uuid(tide_column_uuid(column, row), out);
            return;
        default:
            tide_text_append_format(out, "%lld", (long long)tide_column_int64(column, row));
            return;
    }
    tide_text_append_str(out, s);
}

void tide_column_print(const tide_column *column, int64_t row, tide_text *out)
{
    if (tide_column_is_null(column, row)) {
        tide_text_append(out, "null");
    } else if (column->type.id == TIDE_BYTES) {
        print_hex(tide_column_str(column, row), out);
    } else if (tide_type_is_variable(column->type)) {
        tide_text_append_str(out, tide_column_str(column, row));
    } else {
        print_fixed(column, row, out);
    }
}

static bool is_quoted(const tide_column *column, int64_t row)
{
    switch (column->type.id) {
        case TIDE_DATE:
        case TIDE_TIMESTAMP:
        case TIDE_UUID:
            return true;
        case TIDE_DOUBLE:
            return !__builtin_isfinite(tide_column_double(column, row));
        default:
            return false;
    }
}

static void print_json_variable(const tide_column *column, int64_t row, tide_text *out)
{
    tide_str s = tide_column_str(column, row);
    if (column->type.id == TIDE_JSON) {
        tide_text_append_str(out, s);
    } else if (column->type.id == TIDE_TEXT) {
        tide_text_append_json_string(out, s);
    } else {
        tide_text_append_char(out, '"');
        print_base64(s, out);
        tide_text_append_char(out, '"');
    }
}

void tide_column_print_json(const tide_column *column, int64_t row, tide_text *out)
{
    if (tide_column_is_null(column, row)) {
        tide_text_append(out, "null");
        return;
    }
    if (tide_type_is_variable(column->type)) {
        print_json_variable(column, row, out);
        return;
    }
    const char *quote = is_quoted(column, row) ? "\"" : "";
    tide_text_append(out, quote);
    print_fixed(column, row, out);
    tide_text_append(out, quote);
}

void tide_row_print_json(const tide_schema *schema, const tide_column *columns, size_t field_count,
                         int64_t row, tide_text *out)
{
    tide_text_append_char(out, '{');
    for (size_t i = 0; i < field_count; i++) {
        tide_text_append(out, i == 0 ? "" : ", ");
        tide_text_append_json_string(out, tide_str_of(schema->fields[i].name));
        tide_text_append(out, ": ");
        tide_column_print_json(&columns[i], row, out);
    }
    tide_text_append_char(out, '}');
}

/* A value is printed as the only row of a column that is made around it. */
void tide_value_print(const tide_value *value, tide_type type, tide_text *out)
{
    uint8_t cell[16] = {0};
    int32_t offsets[2] = {0, 0};
    tide_column column = {.data = cell, .row_count = 1, .type = type};
    int32_t narrow = 0;
    if (value->is_null) {
        tide_text_append(out, "null");
        return;
    }
    if (tide_type_is_variable(type)) {
        column.data = (const uint8_t *)value->as.bytes.data;
        offsets[1] = (int32_t)value->as.bytes.size;
        column.offsets = offsets;
    } else if (type.id == TIDE_BOOL) {
        cell[0] = value->as.boolean ? 1 : 0;
    } else if (tide_type_width(type) == sizeof narrow) {
        narrow = (int32_t)value->as.integer;
        memcpy(cell, &narrow, sizeof narrow);
    } else {
        memcpy(cell, &value->as, tide_type_width(type));
    }
    tide_column_print(&column, 0, out);
}

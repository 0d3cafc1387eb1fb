/* SPDX-License-Identifier: Apache-2.0 */
/* Cells of fields whose mapping says how a value is read: what is written is brought into the form
 * that the server has indexed, then typed as any other. Also columns that take what can't be typed
 * as missing. */
#include <string.h>

#include "record/cell_types.h"
#include "record/number_scan.h"

/* Digits of a whole number behind its sign; more than any type holds. */
#define WHOLE_DIGITS_MAX 60

typedef struct whole_text {
    char digits[WHOLE_DIGITS_MAX + 1];
} whole_text;

static bool is_number_type(tide_type_id id)
{
    return id == TIDE_INT32 || id == TIDE_INT64 || id == TIDE_DOUBLE || id == TIDE_DECIMAL;
}

/* Units of UTF-16, in which the server counts. */
static size_t utf16_units(tide_str text)
{
    size_t units = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        units += (size_t)((byte & 0xC0) != 0x80) + (size_t)(byte >= 0xF0);
    }
    return units;
}

static bool is_too_long(const tide_cell_parser *parser, tide_str text)
{
    uint32_t units_max = parser->spec->mapped.units_max;
    return units_max > 0 && text.size > units_max && utf16_units(text) > units_max;
}

static bool is_blank(char c)
{
    return (unsigned char)c <= ' ';
}

/* Java's doubles may have blanks around them and end with the letter of their type. */
static tide_str java_double(tide_str text)
{
    tide_str inner = text;
    while (inner.size > 0 && is_blank(inner.data[0])) {
        inner.data++;
        inner.size--;
    }
    while (inner.size > 0 && is_blank(inner.data[inner.size - 1])) {
        inner.size--;
    }
    if (inner.size > 1 && strchr("fFdD", inner.data[inner.size - 1]) != NULL &&
        strchr("0123456789.", inner.data[inner.size - 2]) != NULL) {
        inner.size--;
    }
    return inner.size > 0 ? inner : text;
}

/* 12.7 -> 12, -0.5 -> 0, 1.25e1 -> 12. What is no number stays as it is. */
static tide_str cut_fraction(tide_str text, whole_text *whole)
{
    tide_number_parts parts;
    if (!tide_number_scan(text, &parts) || (parts.fraction.size == 0 && parts.exponent == 0)) {
        return text;
    }
    int64_t count = (int64_t)(parts.integer.size + parts.fraction.size);
    int64_t kept = (int64_t)parts.integer.size + parts.exponent;
    if (kept > WHOLE_DIGITS_MAX) {
        return text;
    }
    size_t size = 0;
    if (parts.is_negative && kept > 0) {
        whole->digits[size++] = '-';
    }
    for (int64_t i = 0; i < kept; i++) {
        int digit = i < count ? tide_number_digit(&parts, (size_t)i) : 0;
        whole->digits[size++] = (char)('0' + digit);
    }
    if (kept <= 0) {
        whole->digits[size++] = '0';
    }
    return (tide_str){whole->digits, size};
}

/* What can't be typed is missing where the column says so. */
static tide_code forgive(tide_cell_parser *parser, tide_column_builder *column, const char **reason,
                         tide_error *err)
{
    return *reason != NULL && parser->spec->malformed_is_null
               ? tide_cell_append_missing(parser, column, reason, err)
               : TIDE_OK;
}

static tide_code mapped_text(tide_cell_parser *parser, tide_str text, tide_column_builder *column,
                             const char **reason, tide_error *err)
{
    whole_text whole;
    const tide_mapped_as *mapped = &parser->spec->mapped;
    if (is_too_long(parser, text)) {
        return tide_cell_append_missing(parser, column, reason, err);
    }
    if (is_number_type(parser->spec->type.id)) {
        text = mapped->java_double ? java_double(text) : text;
        text = mapped->whole ? cut_fraction(text, &whole) : text;
    }
    TIDE_TRY(parser->unmapped.text(parser, text, column, reason, err));
    return forgive(parser, column, reason, err);
}

static tide_code mapped_number(tide_cell_parser *parser, tide_str text, tide_column_builder *column,
                               const char **reason, tide_error *err)
{
    whole_text whole;
    if (is_too_long(parser, text)) {
        return tide_cell_append_missing(parser, column, reason, err);
    }
    if (parser->spec->mapped.whole && is_number_type(parser->spec->type.id)) {
        text = cut_fraction(text, &whole);
    }
    TIDE_TRY(parser->unmapped.number(parser, text, column, reason, err));
    return forgive(parser, column, reason, err);
}

static tide_code mapped_boolean(tide_cell_parser *parser, tide_str text,
                                tide_column_builder *column, const char **reason, tide_error *err)
{
    if (is_too_long(parser, text)) {
        return tide_cell_append_missing(parser, column, reason, err);
    }
    TIDE_TRY(parser->unmapped.boolean(parser, text, column, reason, err));
    return forgive(parser, column, reason, err);
}

static tide_code mapped_raw(tide_cell_parser *parser, tide_str text, tide_column_builder *column,
                            const char **reason, tide_error *err)
{
    if (is_too_long(parser, text)) {
        return tide_cell_append_missing(parser, column, reason, err);
    }
    TIDE_TRY(parser->unmapped.raw(parser, text, column, reason, err));
    return forgive(parser, column, reason, err);
}

void tide_cell_map(tide_cell_parser *parser)
{
    static const tide_cell_functions functions = {mapped_text, mapped_number, mapped_boolean,
                                                  mapped_raw};
    const tide_mapped_as *mapped = &parser->spec->mapped;
    parser->unmapped = parser->from;
    if (mapped->whole || mapped->java_double || mapped->units_max > 0 ||
        parser->spec->malformed_is_null) {
        parser->from = functions;
    }
}

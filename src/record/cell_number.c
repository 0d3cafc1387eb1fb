/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "record/cell_types.h"
#include "record/decimal.h"

static tide_code refuse_number(tide_cell_parser *parser, tide_str text, tide_number_fit fit,
                               const char **reason)
{
    char why[64];
    if (fit == TIDE_NUMBER_SYNTAX) {
        return tide_cell_refuse_type(parser, text, reason);
    }
    (void)snprintf(why, sizeof why,
                   fit == TIDE_NUMBER_RANGE ? "is beyond the range of %s"
                                            : "has more digits after the point than %s holds",
                   parser->type_name);
    return tide_cell_refuse(parser, text, why, reason);
}

static tide_code number_to_int64(tide_cell_parser *parser, tide_str text,
                                 tide_column_builder *column, const char **reason, tide_error *err)
{
    int64_t value;
    tide_number_fit fit = tide_int64_parse(text, &value);
    return fit == TIDE_NUMBER_OK ? tide_append_int64(column, value, err)
                                 : refuse_number(parser, text, fit, reason);
}

static tide_code number_to_int32(tide_cell_parser *parser, tide_str text,
                                 tide_column_builder *column, const char **reason, tide_error *err)
{
    int64_t value;
    tide_number_fit fit = tide_int64_parse(text, &value);
    if (fit == TIDE_NUMBER_OK && (value < INT32_MIN || value > INT32_MAX)) {
        fit = TIDE_NUMBER_RANGE;
    }
    return fit == TIDE_NUMBER_OK ? tide_append_int32(column, (int32_t)value, err)
                                 : refuse_number(parser, text, fit, reason);
}

static tide_code number_to_double(tide_cell_parser *parser, tide_str text,
                                  tide_column_builder *column, const char **reason, tide_error *err)
{
    double value;
    tide_number_fit fit = tide_double_parse(text, &value);
    return fit == TIDE_NUMBER_OK ? tide_append_double(column, value, err)
                                 : refuse_number(parser, text, fit, reason);
}

static tide_code number_to_decimal(tide_cell_parser *parser, tide_str text,
                                   tide_column_builder *column, const char **reason,
                                   tide_error *err)
{
    tide_int128 value;
    tide_type type = parser->spec->type;
    tide_number_fit fit = tide_decimal_parse(text, type.precision, type.scale, &value);
    return fit == TIDE_NUMBER_OK ? tide_append_decimal(column, value, err)
                                 : refuse_number(parser, text, fit, reason);
}

/* As a mapping with `coerce` has it: an empty text is no value. */
static tide_code text_to_int64(tide_cell_parser *parser, tide_str text, tide_column_builder *column,
                               const char **reason, tide_error *err)
{
    return text.size == 0 ? tide_cell_append_null(parser, column, reason, err)
                          : number_to_int64(parser, text, column, reason, err);
}

static tide_code text_to_int32(tide_cell_parser *parser, tide_str text, tide_column_builder *column,
                               const char **reason, tide_error *err)
{
    return text.size == 0 ? tide_cell_append_null(parser, column, reason, err)
                          : number_to_int32(parser, text, column, reason, err);
}

static tide_code text_to_double(tide_cell_parser *parser, tide_str text,
                                tide_column_builder *column, const char **reason, tide_error *err)
{
    return text.size == 0 ? tide_cell_append_null(parser, column, reason, err)
                          : number_to_double(parser, text, column, reason, err);
}

static tide_code text_to_decimal(tide_cell_parser *parser, tide_str text,
                                 tide_column_builder *column, const char **reason, tide_error *err)
{
    return text.size == 0 ? tide_cell_append_null(parser, column, reason, err)
                          : number_to_decimal(parser, text, column, reason, err);
}

const tide_cell_functions tide_cell_int32 = {text_to_int32, number_to_int32, tide_cell_refuse_any,
                                             tide_cell_refuse_any};
const tide_cell_functions tide_cell_int64 = {text_to_int64, number_to_int64, tide_cell_refuse_any,
                                             tide_cell_refuse_any};
const tide_cell_functions tide_cell_double = {text_to_double, number_to_double,
                                              tide_cell_refuse_any, tide_cell_refuse_any};
const tide_cell_functions tide_cell_decimal = {text_to_decimal, number_to_decimal,
                                               tide_cell_refuse_any, tide_cell_refuse_any};

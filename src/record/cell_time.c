/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/calendar.h"
#include "record/cell_types.h"

static tide_code refuse_time(tide_cell_parser *parser, tide_str text, tide_time_fit fit,
                             const char **reason)
{
    static const char *const why[] = {
        [TIDE_TIME_RANGE] = "is no date or time of the years -9999 to 9999",
        [TIDE_TIME_PRECISION] = "has digits beyond microseconds; `truncate: true` would cut them",
        [TIDE_TIME_ZONE] = "has no offset from UTC; set the column's `zone`",
        [TIDE_TIME_OF_DAY] = "has a time of day; `truncate: true` would cut it",
    };
    if (fit != TIDE_TIME_SYNTAX) {
        return tide_cell_refuse(parser, text, why[fit], reason);
    }
    char syntax[160];
    const char *format = parser->spec->format;
    (void)snprintf(syntax, sizeof syntax, "is not a %s in the format %.100s", parser->type_name,
                   format == NULL ? "ISO 8601 or epoch_millis" : format);
    return tide_cell_refuse(parser, text, syntax, reason);
}

/* The server was asked for what lies within. That it has sent something else as well means that it
 * reads the document otherwise, or not at all. */
static tide_code refuse_instant(tide_cell_parser *parser, tide_str text, const char **reason)
{
    const tide_column_spec *spec = parser->spec;
    char low[48];
    char high[48];
    char why[200];
    (void)tide_format_instant(spec->low, low);
    (void)tide_format_instant(spec->high, high);
    (void)snprintf(why, sizeof why,
                   "is no cursor of this run (%s%sbefore %s): to the server the document has "
                   "another one, or none",
                   spec->low == INT64_MIN ? "" : low, spec->low == INT64_MIN ? "" : " to ", high);
    return tide_cell_refuse(parser, text, why, reason);
}

static tide_code to_timestamp(tide_cell_parser *parser, tide_str text, bool is_number,
                              tide_column_builder *column, const char **reason, tide_error *err)
{
    int64_t instant;
    const tide_column_spec *spec = parser->spec;
    tide_time_fit fit = tide_time_parse(parser->time, text, is_number, &instant);
    if (fit == TIDE_TIME_OK && spec->is_bounded && (instant < spec->low || instant >= spec->high)) {
        return refuse_instant(parser, text, reason);
    }
    return fit == TIDE_TIME_OK ? tide_append_int64(column, instant, err)
                               : refuse_time(parser, text, fit, reason);
}

static tide_code to_date(tide_cell_parser *parser, tide_str text, bool is_number,
                         tide_column_builder *column, const char **reason, tide_error *err)
{
    int32_t day;
    tide_time_fit fit = tide_time_parse_date(parser->time, text, is_number, &day);
    return fit == TIDE_TIME_OK ? tide_append_int32(column, day, err)
                               : refuse_time(parser, text, fit, reason);
}

static tide_code text_to_timestamp(tide_cell_parser *parser, tide_str text,
                                   tide_column_builder *column, const char **reason,
                                   tide_error *err)
{
    return to_timestamp(parser, text, false, column, reason, err);
}

static tide_code number_to_timestamp(tide_cell_parser *parser, tide_str text,
                                     tide_column_builder *column, const char **reason,
                                     tide_error *err)
{
    bool epoch_first = !parser->spec->mapped.in_order;
    return to_timestamp(parser, text, epoch_first, column, reason, err);
}

static tide_code text_to_date(tide_cell_parser *parser, tide_str text, tide_column_builder *column,
                              const char **reason, tide_error *err)
{
    return to_date(parser, text, false, column, reason, err);
}

static tide_code number_to_date(tide_cell_parser *parser, tide_str text,
                                tide_column_builder *column, const char **reason, tide_error *err)
{
    bool epoch_first = !parser->spec->mapped.in_order;
    return to_date(parser, text, epoch_first, column, reason, err);
}

const tide_cell_functions tide_cell_timestamp = {text_to_timestamp, number_to_timestamp,
                                                 tide_cell_refuse_any, tide_cell_refuse_any};
const tide_cell_functions tide_cell_date = {text_to_date, number_to_date, tide_cell_refuse_any,
                                            tide_cell_refuse_any};

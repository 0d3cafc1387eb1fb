/* SPDX-License-Identifier: Apache-2.0 */
/* Timestamps and dates from text, by the formats that an index mapping would name.
 *
 * A format is one or several alternatives, separated by `||`; the first that fits wins:
 *   iso8601, strict_date_optional_time, date_optional_time
 *                      2024-03-31T12:34:56.789Z: T or a blank; minutes, seconds, fraction and time
 *                      may be missing; a fraction of 1-9 digits after . or ,; Z, +02, +02:00, +0200
 *   epoch_millis, epoch_seconds (also epoch_second)
 *                      a number, with a fraction perhaps, as a JSON number or as text
 *   basic_date, date_time, ...   the fixed forms of Elasticsearch, with or without strict_
 *   a pattern          of Java's letters yyyy uuuu yy MM MMM dd HH hh a mm ss S.. X XX XXX x xx xxx
 *                      Z 'quoted'; a single letter takes one or two digits
 * No format means what a date field has by default: strict_date_optional_time||epoch_millis. A JSON
 * number is offered to the epoch alternatives first, so 2024 is a number of milliseconds while the
 * text "2024" is a year, as everywhere in ISO 8601.
 *
 * Years are -9999..9999. Non-zero digits beyond microseconds are refused unless truncated (towards
 * the past). A time without an offset is local to `zone`.
 *
 *   "2024-03-31T02:30:00" in Europe/Warsaw (no such time)  ->  03:30+02:00, as java.time does
 *
 * A parser belongs to one thread (it remembers the last date).
 */
#ifndef TIDE_RECORD_TIMESTAMP_H
#define TIDE_RECORD_TIMESTAMP_H

#include "base/calendar.h"

typedef enum tide_time_fit {
    TIDE_TIME_OK = 0,
    TIDE_TIME_SYNTAX,    /* none of the formats */
    TIDE_TIME_RANGE,     /* the form fits, but there is no such date, time or year */
    TIDE_TIME_PRECISION, /* non-zero digits beyond microseconds */
    TIDE_TIME_ZONE,      /* local, and no zone is set */
    TIDE_TIME_OF_DAY     /* a date was wanted, and the value has a time of day */
} tide_time_fit;

typedef struct tide_time_options {
    const char *format;    /* borrowed while creating; NULL = the default */
    const tide_zone *zone; /* borrowed for the parser's life; NULL = offsets are required */
    bool truncate;
} tide_time_options;

typedef struct tide_time_parser tide_time_parser;

/* bad_config names what it does not know, and what was probably meant. */
TIDE_MUST_CHECK tide_code tide_time_parser_create(const tide_time_options *options,
                                                  tide_time_parser **parser, tide_error *err);
void tide_time_parser_destroy(tide_time_parser *parser);

/* Microseconds since 1970-01-01T00:00:00Z. */
TIDE_MUST_CHECK tide_time_fit tide_time_parse(tide_time_parser *parser, tide_str text,
                                              bool is_number, int64_t *instant);
/* The date as written (of an epoch: in the zone, else in UTC). A time of day other than midnight is
 * refused unless truncated. */
TIDE_MUST_CHECK tide_time_fit tide_time_parse_date(tide_time_parser *parser, tide_str text,
                                                   bool is_number, int32_t *day);

#endif

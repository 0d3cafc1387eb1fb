/* SPDX-License-Identifier: Apache-2.0 */
/* The forms behind timestamp.h, one function each: text to a moment as written. */
#ifndef TIDE_RECORD_TIMESTAMP_FORMS_H
#define TIDE_RECORD_TIMESTAMP_FORMS_H

#include "record/timestamp.h"

/* What was written: the wall clock, and the offset that makes it an instant. */
typedef struct tide_moment {
    int64_t local_micros; /* since 1970-01-01T00:00:00 on the wall */
    int32_t offset_seconds;
    bool has_offset;
    bool is_epoch; /* a number: the wall is UTC's, the offset 0 */
} tide_moment;

/* The fields while a form is read; unset ones are those of 1970-01-01T00:00:00. */
typedef struct tide_moment_fields {
    int year, month, day, hour, minute, second;
    int64_t nanos;
    int32_t offset_seconds;
    bool has_offset;
} tide_moment_fields;

/* A cursor over text. */
typedef struct tide_time_cursor {
    const char *at;
    const char *end;
} tide_time_cursor;

tide_time_fit tide_moment_of_fields(const tide_moment_fields *fields, bool truncate,
                                    tide_moment *out);

/* Reads between digits_min and digits_max digits. False (nothing read) when there are fewer. */
bool tide_time_read_digits(tide_time_cursor *cursor, int digits_min, int digits_max, int *value);
/* 1 to 9 digits of a fraction, as nanoseconds. */
bool tide_time_read_fraction(tide_time_cursor *cursor, int digits_min, int digits_max,
                             int64_t *nanos);
/* Z, +HH, +HHMM, +HH:MM, seconds of the offset. */
bool tide_time_read_offset(tide_time_cursor *cursor, int32_t *offset_seconds);

tide_time_fit tide_time_parse_iso(tide_str text, bool truncate, tide_moment *out);
tide_time_fit tide_time_parse_epoch(tide_str text, int64_t micros_per_unit, bool truncate,
                                    tide_moment *out);

/* A compiled pattern. */
#define TIDE_TIME_PATTERN_ITEMS_MAX 64

typedef struct tide_time_item {
    char letter; /* 0: a literal byte */
    char literal;
    int8_t count; /* of the letter */
} tide_time_item;

typedef struct tide_time_pattern {
    tide_time_item items[TIDE_TIME_PATTERN_ITEMS_MAX];
    size_t item_count;
} tide_time_pattern;

/* The pattern of a format's name ("basic_date", with or without strict_), or NULL. */
const char *tide_time_pattern_named(tide_str name);
/* The nearest name, for messages; or NULL. */
const char *tide_time_format_nearest(const char *name);
TIDE_MUST_CHECK tide_code tide_time_pattern_compile(tide_time_pattern *pattern, tide_str text,
                                                    tide_error *err);
tide_time_fit tide_time_parse_pattern(const tide_time_pattern *pattern, tide_str text,
                                      bool truncate, tide_moment *out);

#endif

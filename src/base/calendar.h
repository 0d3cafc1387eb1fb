/* SPDX-License-Identifier: Apache-2.0 */
/* Calendar: days as people count them, by the rules of the zone, never by adding 24 hours.
 *
 * Instants are microseconds since 1970-01-01T00:00:00Z; days are days since 1970-01-01 in the
 * proleptic Gregorian calendar (Arrow date32). Zone rules come from the tz database through cctz;
 * a zone is immutable and safe from several threads.
 *
 * A day [begin, end) of a zone: where local midnight does not exist (DST at 00:00) the day begins
 * at the first instant that carries its date; where midnight exists twice it begins at the first.
 *
 *   Europe/Warsaw 2024-03-31:  begin 2024-03-30T23:00Z  end 2024-03-31T22:00Z   (23 hours)
 */
#ifndef TIDE_BASE_CALENDAR_H
#define TIDE_BASE_CALENDAR_H

#include <stdint.h>

#include "base/text.h"

#define TIDE_MICROS_PER_SECOND INT64_C(1000000)
#define TIDE_MICROS_PER_DAY (INT64_C(86400) * TIDE_MICROS_PER_SECOND)

typedef struct tide_zone tide_zone;

/* "Europe/Warsaw", "UTC", "+02:00". bad_config when the tz database has no such zone. Owned. */
TIDE_MUST_CHECK tide_code tide_zone_open(const char *name, tide_zone **zone, tide_error *err);
void tide_zone_close(tide_zone *zone);

typedef struct tide_day_span {
    int32_t day;
    int64_t begin; /* first instant of the day */
    int64_t end;   /* first instant of the next day */
} tide_day_span;

/* The local day that holds the instant, with its bounds: a row loop asks again only when the next
 * instant leaves [begin, end). A date that a zone skipped (Apia, 2011-12-30) is an empty span. */
tide_day_span tide_zone_day_of(const tide_zone *zone, int64_t instant);
tide_day_span tide_zone_span_of_day(const tide_zone *zone, int32_t day);

typedef struct tide_civil {
    int32_t year; /* -9999..9999 */
    int month, day, hour, minute, second;
    int32_t micros;
} tide_civil;

/* Local civil time to instant: a time that exists twice is the first, one that does not exist is
 * moved by the gap (02:30 -> 03:30), as java.time does. */
int64_t tide_zone_instant_of(const tide_zone *zone, const tide_civil *civil);
tide_civil tide_zone_civil_of(const tide_zone *zone, int64_t instant);

/* Pure arithmetic, no zone. */
int32_t tide_day_of_civil(int32_t year, int month, int day);
void tide_civil_of_day(int32_t day, int32_t *year, int *month, int *day_of_month);
bool tide_civil_valid(int32_t year, int month, int day);
/* "2024-03-31" (out: at least 16 bytes) and "2024-03-31T22:00:00.000000Z" (at least 40 bytes).
 * Fraction: none when 0, else 3 or 6 digits. Return the length. */
size_t tide_format_day(int32_t day, char *out);
size_t tide_format_instant(int64_t instant, char *out);
/* Reads YYYY-MM-DD. */
bool tide_parse_day(tide_str s, int32_t *day);

/* Now, by the system clock. */
int64_t tide_now(void);
/* A clock that never goes back, for durations. */
int64_t tide_monotonic_micros(void);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Loops of dates and timestamps. What is local is so in the pipeline's zone. */
#include "process/steps/expression/arithmetic.h"
#include "process/steps/expression/casts.h"
#include "process/steps/expression/dates.h"

#define LOOP(name) TIDE_DECLARE_LOOP(name)

/* -9999-01-01 and 9999-12-31: beyond them neither we nor servers can print a date. */
#define DAY_MIN (-4371587)
#define DAY_MAX 2932896

/* Neighbouring rows mostly are of one day, which then is asked for once. */
static inline void look_up(const tide_evaluation *self, int64_t instant, tide_day_span *span)
{
    if (instant < span->begin || instant >= span->end) {
        *span = tide_zone_day_of(self->zone, instant);
    }
}

LOOP(tide_cast_timestamp_date)
{
    (void)err;
    const tide_int64_cell *in = TIDE_IN(tide_int64_cell, 0);
    int32_t *out = TIDE_OUT(int32_t);
    tide_day_span span = {.begin = 0, .end = 0};
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        look_up(self, in[row], &span);
        out[row] = span.day;
    }
    return TIDE_OK;
}

LOOP(tide_cast_date_timestamp)
{
    (void)err;
    const tide_int32_cell *in = TIDE_IN(tide_int32_cell, 0);
    int64_t *out = TIDE_OUT(int64_t);
    tide_day_span span = {.day = INT32_MIN};
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        if (in[row] != span.day) {
            span = tide_zone_span_of_day(self->zone, in[row]);
            span.day = in[row];
        }
        out[row] = span.begin;
    }
    return TIDE_OK;
}

LOOP(tide_add_days_loop)
{
    (void)err;
    const tide_int32_cell *dates = TIDE_IN(tide_int32_cell, 0);
    const tide_int64_cell *days = TIDE_IN(tide_int64_cell, 1);
    int32_t *out = TIDE_OUT(int32_t);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        tide_int128 day = dates[row] + (tide_int128)node->parameter * days[row];
        if (day < DAY_MIN || day > DAY_MAX) {
            tide_evaluation_refuse(self, node, row, "the date is beyond the year 9999");
        } else {
            out[row] = (int32_t)day;
        }
    }
    return TIDE_OK;
}

LOOP(tide_days_between_loop)
{
    (void)rows;
    (void)err;
    const tide_int32_cell *a = TIDE_IN(tide_int32_cell, 0);
    const tide_int32_cell *b = TIDE_IN(tide_int32_cell, 1);
    int32_t *out = TIDE_OUT(int32_t);
    for (int64_t i = 0; i < self->count; i++) {
        out[i] = (int32_t)((uint32_t)a[i] - (uint32_t)b[i]);
    }
    return TIDE_OK;
}

/* The parts of a date, and of a timestamp in the zone. */

static int32_t year_of(const tide_civil *civil)
{
    return civil->year;
}
static int32_t month_of(const tide_civil *civil)
{
    return civil->month;
}
static int32_t day_of(const tide_civil *civil)
{
    return civil->day;
}
static int32_t hour_of(const tide_civil *civil)
{
    return civil->hour;
}
static int32_t minute_of(const tide_civil *civil)
{
    return civil->minute;
}
static int32_t second_of(const tide_civil *civil)
{
    return civil->second;
}

/* 1970-01-01 was a Thursday. */
static int32_t weekday_of_day(int64_t day)
{
    return (int32_t)(((day + 3) % 7 + 7) % 7 + 1);
}

static int32_t weekday_of(const tide_civil *civil)
{
    return weekday_of_day(tide_day_of_civil(civil->year, civil->month, civil->day));
}

typedef int32_t (*read_part)(const tide_civil *civil);

static const read_part parts[] = {
    [TIDE_PART_YEAR] = year_of,   [TIDE_PART_MONTH] = month_of,   [TIDE_PART_DAY] = day_of,
    [TIDE_PART_HOUR] = hour_of,   [TIDE_PART_MINUTE] = minute_of, [TIDE_PART_SECOND] = second_of,
    [TIDE_PART_DOW] = weekday_of,
};

LOOP(tide_date_part_loop)
{
    (void)err;
    const tide_int32_cell *in = TIDE_IN(tide_int32_cell, 0);
    int32_t *out = TIDE_OUT(int32_t);
    const read_part read = parts[node->parameter];
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        tide_civil civil = {.year = 0};
        tide_civil_of_day(in[row], &civil.year, &civil.month, &civil.day);
        out[row] = read(&civil);
    }
    return TIDE_OK;
}

LOOP(tide_timestamp_part_loop)
{
    (void)err;
    const tide_int64_cell *in = TIDE_IN(tide_int64_cell, 0);
    int32_t *out = TIDE_OUT(int32_t);
    const read_part read = parts[node->parameter];
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        tide_civil civil = tide_zone_civil_of(self->zone, in[row]);
        out[row] = read(&civil);
    }
    return TIDE_OK;
}

/* The first day of the year, quarter, month or week (Monday) that holds the day. */
static int32_t truncate_day(int32_t day, tide_date_unit unit)
{
    int32_t year = 0;
    int month = 0;
    int day_of_month = 0;
    tide_civil_of_day(day, &year, &month, &day_of_month);
    switch (unit) {
        case TIDE_UNIT_YEAR:
            return tide_day_of_civil(year, 1, 1);
        case TIDE_UNIT_QUARTER:
            return tide_day_of_civil(year, (month - 1) / 3 * 3 + 1, 1);
        case TIDE_UNIT_MONTH:
            return tide_day_of_civil(year, month, 1);
        case TIDE_UNIT_WEEK:
            return day - (weekday_of_day(day) - 1);
        default:
            return day;
    }
}

LOOP(tide_date_trunc_loop)
{
    (void)err;
    const tide_int32_cell *in = TIDE_IN(tide_int32_cell, 0);
    int32_t *out = TIDE_OUT(int32_t);
    const tide_date_unit unit = (tide_date_unit)node->parameter;
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        out[row] = truncate_day(in[row], unit);
    }
    return TIDE_OK;
}

/* Days and more begin where the zone says that the day does. */
LOOP(tide_timestamp_trunc_days_loop)
{
    (void)err;
    const tide_int64_cell *in = TIDE_IN(tide_int64_cell, 0);
    int64_t *out = TIDE_OUT(int64_t);
    const tide_date_unit unit = (tide_date_unit)node->parameter;
    tide_day_span span = {.begin = 0, .end = 0};
    int64_t begin = 0;
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        if (in[row] < span.begin || in[row] >= span.end) {
            span = tide_zone_day_of(self->zone, in[row]);
            begin = tide_zone_span_of_day(self->zone, truncate_day(span.day, unit)).begin;
        }
        out[row] = begin;
    }
    return TIDE_OK;
}

/* Hours and less are taken off the instant, so that the hour that exists twice stays two. */
LOOP(tide_timestamp_trunc_time_loop)
{
    (void)err;
    const tide_int64_cell *in = TIDE_IN(tide_int64_cell, 0);
    int64_t *out = TIDE_OUT(int64_t);
    const tide_date_unit unit = (tide_date_unit)node->parameter;
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        tide_civil civil = tide_zone_civil_of(self->zone, in[row]);
        int64_t seconds = unit == TIDE_UNIT_HOUR     ? civil.minute * 60 + civil.second
                          : unit == TIDE_UNIT_MINUTE ? civil.second
                                                     : 0;
        out[row] = in[row] - seconds * TIDE_MICROS_PER_SECOND - civil.micros;
    }
    return TIDE_OK;
}

LOOP(tide_seconds_between_loop)
{
    (void)rows;
    (void)err;
    const tide_int64_cell *from = TIDE_IN(tide_int64_cell, 0);
    const tide_int64_cell *to = TIDE_IN(tide_int64_cell, 1);
    tide_int128 *out = TIDE_OUT(tide_int128);
    for (int64_t i = 0; i < self->count; i++) {
        out[i] = (tide_int128)to[i] - from[i];
    }
    return TIDE_OK;
}

LOOP(tide_add_seconds_loop)
{
    (void)err;
    const tide_int64_cell *in = TIDE_IN(tide_int64_cell, 0);
    const tide_decimal_cell *micros = TIDE_IN(tide_decimal_cell, 1);
    int64_t *out = TIDE_OUT(int64_t);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        tide_int128 instant = in[row] + micros[row];
        if (instant < DAY_MIN * (tide_int128)TIDE_MICROS_PER_DAY ||
            instant >= (DAY_MAX + 1) * (tide_int128)TIDE_MICROS_PER_DAY) {
            tide_evaluation_refuse(self, node, row, "the time is beyond the year 9999");
        } else {
            out[row] = (int64_t)instant;
        }
    }
    return TIDE_OK;
}

/* Towards the past, also before 1970. */
LOOP(tide_epoch_loop)
{
    (void)rows;
    (void)err;
    const tide_int64_cell *in = TIDE_IN(tide_int64_cell, 0);
    int64_t *out = TIDE_OUT(int64_t);
    const int64_t unit = node->parameter;
    for (int64_t i = 0; i < self->count; i++) {
        out[i] = in[i] / unit - (in[i] % unit < 0 ? 1 : 0);
    }
    return TIDE_OK;
}

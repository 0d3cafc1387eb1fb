/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "record/decimal.h"
#include "record/timestamp_forms.h"

#define NANOS_PER_MICRO 1000

/* Offsets stay within 18 hours, as in java.time. */
#define OFFSET_SECONDS_MAX (18 * 3600)

#define YEAR_MAX 9999

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool tide_time_read_digits(tide_time_cursor *cursor, int digits_min, int digits_max, int *value)
{
    const char *at = cursor->at;
    int result = 0;
    int digits = 0;
    while (digits < digits_max && at < cursor->end && is_digit(*at)) {
        result = result * 10 + (*at - '0');
        at++;
        digits++;
    }
    if (digits < digits_min) {
        return false;
    }
    cursor->at = at;
    *value = result;
    return true;
}

bool tide_time_read_fraction(tide_time_cursor *cursor, int digits_min, int digits_max,
                             int64_t *nanos)
{
    static const int64_t scale[] = {1000000000, 100000000, 10000000, 1000000, 100000,
                                    10000,      1000,      100,      10,      1};
    const char *begin = cursor->at;
    int value;
    if (!tide_time_read_digits(cursor, digits_min, digits_max, &value)) {
        return false;
    }
    *nanos = value * scale[cursor->at - begin];
    return true;
}

bool tide_time_read_offset(tide_time_cursor *cursor, int32_t *offset_seconds)
{
    if (cursor->at == cursor->end) {
        return false;
    }
    char sign = *cursor->at;
    if (sign == 'Z') {
        cursor->at++;
        *offset_seconds = 0;
        return true;
    }
    if (sign != '+' && sign != '-') {
        return false;
    }
    cursor->at++;
    int hours, minutes = 0;
    if (!tide_time_read_digits(cursor, 2, 2, &hours)) {
        return false;
    }
    bool colon = cursor->at < cursor->end && *cursor->at == ':';
    if (colon) {
        cursor->at++;
    }
    if ((colon || (cursor->at < cursor->end && is_digit(*cursor->at))) &&
        !tide_time_read_digits(cursor, 2, 2, &minutes)) {
        return false;
    }
    int32_t seconds = (hours * 60 + minutes) * 60;
    if (minutes > 59 || seconds > OFFSET_SECONDS_MAX) {
        return false;
    }
    *offset_seconds = sign == '-' ? -seconds : seconds;
    return true;
}

tide_time_fit tide_moment_of_fields(const tide_moment_fields *fields, bool truncate,
                                    tide_moment *out)
{
    if (fields->year < -YEAR_MAX || fields->year > YEAR_MAX ||
        !tide_civil_valid(fields->year, fields->month, fields->day) || fields->hour > 23 ||
        fields->minute > 59 || fields->second > 59) {
        return TIDE_TIME_RANGE;
    }
    if (fields->nanos % NANOS_PER_MICRO != 0 && !truncate) {
        return TIDE_TIME_PRECISION;
    }
    int64_t day = tide_day_of_civil(fields->year, fields->month, fields->day);
    int64_t seconds = (fields->hour * 60 + fields->minute) * 60 + fields->second;
    *out = (tide_moment){
        .local_micros = day * TIDE_MICROS_PER_DAY + seconds * TIDE_MICROS_PER_SECOND +
                        fields->nanos / NANOS_PER_MICRO,
        .offset_seconds = fields->offset_seconds,
        .has_offset = fields->has_offset,
    };
    return TIDE_TIME_OK;
}

static bool skip_char(tide_time_cursor *cursor, char c)
{
    if (cursor->at < cursor->end && *cursor->at == c) {
        cursor->at++;
        return true;
    }
    return false;
}

/* YYYY, YYYY-MM or YYYY-MM-DD; *complete tells the last. */
static bool read_date(tide_time_cursor *cursor, tide_moment_fields *fields, bool *complete)
{
    bool negative = skip_char(cursor, '-');
    if (!negative) {
        (void)skip_char(cursor, '+');
    }
    if (!tide_time_read_digits(cursor, 4, 4, &fields->year)) {
        return false;
    }
    if (negative) {
        fields->year = -fields->year;
    }
    *complete = false;
    if (!skip_char(cursor, '-')) {
        return true;
    }
    if (!tide_time_read_digits(cursor, 2, 2, &fields->month)) {
        return false;
    }
    if (!skip_char(cursor, '-')) {
        return true;
    }
    *complete = true;
    return tide_time_read_digits(cursor, 2, 2, &fields->day);
}

static bool read_time(tide_time_cursor *cursor, tide_moment_fields *fields)
{
    if (!tide_time_read_digits(cursor, 2, 2, &fields->hour)) {
        return false;
    }
    if (skip_char(cursor, ':')) {
        if (!tide_time_read_digits(cursor, 2, 2, &fields->minute)) {
            return false;
        }
        if (skip_char(cursor, ':')) {
            if (!tide_time_read_digits(cursor, 2, 2, &fields->second)) {
                return false;
            }
            if ((skip_char(cursor, '.') || skip_char(cursor, ',')) &&
                !tide_time_read_fraction(cursor, 1, 9, &fields->nanos)) {
                return false;
            }
        }
    }
    if (cursor->at < cursor->end) {
        fields->has_offset = true;
        return tide_time_read_offset(cursor, &fields->offset_seconds);
    }
    return true;
}

tide_time_fit tide_time_parse_iso(tide_str text, bool truncate, tide_moment *out)
{
    if (text.size == 0) {
        return TIDE_TIME_SYNTAX;
    }
    tide_time_cursor cursor = {text.data, text.data + text.size};
    tide_moment_fields fields = {.year = 1970, .month = 1, .day = 1};
    bool complete;
    if (!read_date(&cursor, &fields, &complete)) {
        return TIDE_TIME_SYNTAX;
    }
    /* ES takes a trailing T without a time, too; nothing writes that. */
    if (complete && cursor.at < cursor.end) {
        if ((!skip_char(&cursor, 'T') && !skip_char(&cursor, ' ')) ||
            !read_time(&cursor, &fields)) {
            return TIDE_TIME_SYNTAX;
        }
    }
    return cursor.at == cursor.end ? tide_moment_of_fields(&fields, truncate, out)
                                   : TIDE_TIME_SYNTAX;
}

/* Digits only, few enough to be multiplied: nearly all epochs. */
static bool parse_plain_epoch(tide_str text, int64_t micros_per_unit, int64_t *micros)
{
    bool negative = text.size > 0 && text.data[0] == '-';
    size_t begin = negative ? 1 : 0;
    if (text.size <= begin || text.size - begin > 14) {
        return false;
    }
    int64_t value = 0;
    for (size_t i = begin; i < text.size; i++) {
        if (!is_digit(text.data[i])) {
            return false;
        }
        value = value * 10 + (text.data[i] - '0');
    }
    if (__builtin_mul_overflow(negative ? -value : value, micros_per_unit, micros)) {
        return false;
    }
    return true;
}

/* Digits beyond microseconds, as far as a decimal holds them, cut towards the past. */
static tide_time_fit parse_cut_epoch(tide_str text, int micro_digits, int64_t *micros)
{
    const int scale = 18;
    tide_int128 value;
    if (tide_decimal_parse(text, TIDE_DECIMAL_PRECISION_MAX, scale, &value) != TIDE_NUMBER_OK) {
        return TIDE_TIME_PRECISION;
    }
    tide_int128 divisor = tide_power_of_ten(scale - micro_digits);
    tide_int128 quotient = value / divisor;
    if (value % divisor < 0) {
        quotient--;
    }
    *micros = (int64_t)quotient;
    return quotient == *micros ? TIDE_TIME_OK : TIDE_TIME_RANGE;
}

static tide_time_fit parse_exact_epoch(tide_str text, int micro_digits, bool truncate,
                                       int64_t *micros)
{
    tide_int128 value;
    switch (tide_decimal_parse(text, TIDE_DECIMAL_PRECISION_MAX, micro_digits, &value)) {
        case TIDE_NUMBER_OK:
            *micros = (int64_t)value;
            return value == *micros ? TIDE_TIME_OK : TIDE_TIME_RANGE;
        case TIDE_NUMBER_PRECISION:
            return truncate ? parse_cut_epoch(text, micro_digits, micros) : TIDE_TIME_PRECISION;
        case TIDE_NUMBER_RANGE:
            return TIDE_TIME_RANGE;
        case TIDE_NUMBER_SYNTAX:
            break;
    }
    return TIDE_TIME_SYNTAX;
}

tide_time_fit tide_time_parse_epoch(tide_str text, int64_t micros_per_unit, bool truncate,
                                    tide_moment *out)
{
    int64_t micros;
    if (!parse_plain_epoch(text, micros_per_unit, &micros)) {
        int micro_digits = micros_per_unit == TIDE_MICROS_PER_SECOND ? 6 : 3;
        tide_time_fit fit = parse_exact_epoch(text, micro_digits, truncate, &micros);
        if (fit != TIDE_TIME_OK) {
            return fit;
        }
    }
    int64_t first = (int64_t)tide_day_of_civil(-YEAR_MAX, 1, 1) * TIDE_MICROS_PER_DAY;
    int64_t end = ((int64_t)tide_day_of_civil(YEAR_MAX, 12, 31) + 1) * TIDE_MICROS_PER_DAY;
    if (micros < first || micros >= end) {
        return TIDE_TIME_RANGE;
    }
    *out = (tide_moment){.local_micros = micros, .has_offset = true, .is_epoch = true};
    return TIDE_TIME_OK;
}

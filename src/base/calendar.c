/* SPDX-License-Identifier: Apache-2.0 */
/* The part of the calendar that needs no zone; calendar_zone.cpp has the rest. */
#include "base/calendar.h"

#include <time.h>

/* Days are counted in eras of 400 years that begin on March 1st, so that the leap day is the last
 * of its year (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"). 719468 days lie
 * between 0000-03-01 and 1970-01-01. */
#define DAYS_PER_ERA 146097
#define DAYS_TO_EPOCH 719468

int32_t tide_day_of_civil(int32_t year, int month, int day)
{
    int64_t y = (int64_t)year - (month <= 2 ? 1 : 0);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int32_t)(era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH);
}

void tide_civil_of_day(int32_t day, int32_t *year, int *month, int *day_of_month)
{
    int64_t z = (int64_t)day + DAYS_TO_EPOCH;
    int64_t era = (z >= 0 ? z : z - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    int64_t day_of_era = z - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    *day_of_month = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    *month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    *year = (int32_t)(year_of_era + era * 400 + (*month <= 2 ? 1 : 0));
}

static bool is_leap(int32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool tide_civil_valid(int32_t year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < -9999 || year > 9999 || month < 1 || month > 12 || day < 1) {
        return false;
    }
    return day <= days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* Writes the last `count` digits of value. */
static char *write_digits(char *out, int64_t value, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + count;
}

/* Four digits; ISO 8601 wants a sign where there are more, or a year before 0. */
static char *write_year(char *out, int32_t year)
{
    int64_t magnitude = year < 0 ? -(int64_t)year : year;
    if (year < 0 || year > 9999) {
        *out++ = year < 0 ? '-' : '+';
    }
    int count = 4;
    for (int64_t bound = 10000; magnitude >= bound; bound *= 10) {
        count++;
    }
    return write_digits(out, magnitude, count);
}

size_t tide_format_day(int32_t day, char *out)
{
    int32_t year;
    int month, day_of_month;
    tide_civil_of_day(day, &year, &month, &day_of_month);
    char *end = write_year(out, year);
    *end++ = '-';
    end = write_digits(end, month, 2);
    *end++ = '-';
    end = write_digits(end, day_of_month, 2);
    *end = '\0';
    return (size_t)(end - out);
}

size_t tide_format_instant(int64_t instant, char *out)
{
    int64_t day = instant / TIDE_MICROS_PER_DAY;
    int64_t micros = instant % TIDE_MICROS_PER_DAY;
    if (micros < 0) {
        day--;
        micros += TIDE_MICROS_PER_DAY;
    }
    int64_t seconds = micros / TIDE_MICROS_PER_SECOND;
    int64_t fraction = micros % TIDE_MICROS_PER_SECOND;
    char *end = out + tide_format_day((int32_t)day, out);
    *end++ = 'T';
    end = write_digits(end, seconds / 3600, 2);
    *end++ = ':';
    end = write_digits(end, seconds / 60 % 60, 2);
    *end++ = ':';
    end = write_digits(end, seconds % 60, 2);
    if (fraction != 0) {
        *end++ = '.';
        end = fraction % 1000 == 0 ? write_digits(end, fraction / 1000, 3)
                                   : write_digits(end, fraction, 6);
    }
    *end++ = 'Z';
    *end = '\0';
    return (size_t)(end - out);
}

/* False when one of the `count` bytes at `at` is no digit. */
static bool read_digits(tide_str s, size_t at, size_t count, int *value)
{
    int read = 0;
    for (size_t i = at; i < at + count; i++) {
        int digit = s.data[i] - '0';
        if (digit < 0 || digit > 9) {
            return false;
        }
        read = read * 10 + digit;
    }
    *value = read;
    return true;
}

bool tide_parse_day(tide_str s, int32_t *day)
{
    int year, month, day_of_month;
    if (s.size != 10 || s.data[4] != '-' || s.data[7] != '-' || !read_digits(s, 0, 4, &year) ||
        !read_digits(s, 5, 2, &month) || !read_digits(s, 8, 2, &day_of_month) ||
        !tide_civil_valid(year, month, day_of_month)) {
        return false;
    }
    *day = tide_day_of_civil(year, month, day_of_month);
    return true;
}

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * TIDE_MICROS_PER_SECOND + now.tv_nsec / 1000;
}

int64_t tide_now(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t tide_monotonic_micros(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

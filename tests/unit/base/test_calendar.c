/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/memory.h"
#include "calendar_vectors.h"

/* The zone of the row before, kept open: rows of a zone follow each other. */
static tide_zone *zone;
static const char *zone_name;

static tide_zone *zone_of(const char *name)
{
    tide_error err;
    if (zone_name == NULL || strcmp(zone_name, name) != 0) {
        tide_zone_close(zone);
        assert_int_equal(tide_zone_open(name, &zone, &err), TIDE_OK);
        zone_name = name;
    }
    return zone;
}

static int close_zone(void **state)
{
    (void)state;
    tide_zone_close(zone);
    return 0;
}

static void test_spans_against_zoneinfo(void **state)
{
    (void)state;
    size_t odd = 0, empty = 0;
    assert_true(calendar_day_count > 1000);
    for (size_t i = 0; i < calendar_day_count; i++) {
        const calendar_day *row = &calendar_days[i];
        tide_day_span span = tide_zone_span_of_day(zone_of(row->zone), row->day);
        if (span.day != row->day || span.begin != row->begin || span.end != row->end) {
            fail_msg("%s day %d: [%lld, %lld), not [%lld, %lld)", row->zone, (int)row->day,
                     (long long)span.begin, (long long)span.end, (long long)row->begin,
                     (long long)row->end);
        }
        odd += row->end - row->begin != TIDE_MICROS_PER_DAY;
        empty += row->end == row->begin;
    }
    assert_true(odd > 300);
    assert_true(empty >= 1); /* 2011-12-30 in Apia */
}

static void test_day_of_agrees_with_the_spans(void **state)
{
    (void)state;
    for (size_t i = 0; i < calendar_day_count; i++) {
        const calendar_day *row = &calendar_days[i];
        if (row->begin == row->end) {
            continue;
        }
        const int64_t instants[] = {
            row->begin,
            row->begin + 1,
            row->begin + 1800 * TIDE_MICROS_PER_SECOND, /* clocks may show yesterday again */
            row->begin + (row->end - row->begin) / 2,
            row->end - 3600 * TIDE_MICROS_PER_SECOND,
            row->end - 1,
        };
        for (size_t j = 0; j < sizeof instants / sizeof instants[0]; j++) {
            tide_day_span span = tide_zone_day_of(zone_of(row->zone), instants[j]);
            assert_int_equal(span.day, row->day);
            assert_int_equal(span.begin, row->begin);
            assert_int_equal(span.end, row->end);
        }
        assert_true(tide_zone_day_of(zone_of(row->zone), row->begin - 1).day < row->day);
        assert_true(tide_zone_day_of(zone_of(row->zone), row->end).day > row->day);
    }
}

static void test_days_leave_no_hole(void **state)
{
    (void)state;
    static const char *const names[] = {"Europe/Warsaw",     "Pacific/Apia",   "America/St_Johns",
                                        "America/Sao_Paulo", "America/Juneau", "+05:45"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        tide_day_span before = tide_zone_span_of_day(zone_of(names[i]), -40000);
        for (int32_t day = -39999; day < 30000; day++) {
            tide_day_span span = tide_zone_span_of_day(zone_of(names[i]), day);
            assert_int_equal(span.begin, before.end);
            assert_true(span.end >= span.begin);
            before = span;
        }
    }
}

static void test_civil_against_zoneinfo(void **state)
{
    (void)state;
    for (size_t i = 0; i < calendar_civil_count; i++) {
        const calendar_instant *row = &calendar_civils[i];
        tide_civil civil = tide_zone_civil_of(zone_of(row->zone), row->instant);
        if (memcmp(&civil, &row->civil, sizeof civil) != 0) {
            fail_msg("%s %lld: %d-%d-%d %d:%d:%d.%d", row->zone, (long long)row->instant,
                     (int)civil.year, civil.month, civil.day, civil.hour, civil.minute,
                     civil.second, (int)civil.micros);
        }
    }
}

static void test_instants_against_zoneinfo(void **state)
{
    (void)state;
    for (size_t i = 0; i < calendar_wall_count; i++) {
        const calendar_instant *row = &calendar_walls[i];
        assert_int_equal(tide_zone_instant_of(zone_of(row->zone), &row->civil), row->instant);
    }
    tide_civil gap = {2024, 3, 31, 2, 30, 0, 250000};
    tide_civil moved = tide_zone_civil_of(zone_of("Europe/Warsaw"),
                                          tide_zone_instant_of(zone_of("Europe/Warsaw"), &gap));
    assert_int_equal(moved.hour, 3);
    assert_int_equal(moved.minute, 30);
    assert_int_equal(moved.micros, 250000);
}

static void test_instants_before_1970(void **state)
{
    (void)state;
    const tide_civil before = {1969, 12, 31, 23, 59, 59, 999999};
    tide_civil civil = tide_zone_civil_of(zone_of("UTC"), -1);
    assert_memory_equal(&civil, &before, sizeof civil);
    assert_int_equal(tide_zone_instant_of(zone_of("UTC"), &before), -1);
    tide_day_span span = tide_zone_day_of(zone_of("UTC"), -1);
    assert_int_equal(span.day, -1);
    assert_int_equal(span.begin, -TIDE_MICROS_PER_DAY);
    assert_int_equal(span.end, 0);
}

static void test_far_instants_saturate(void **state)
{
    (void)state;
    tide_day_span span = tide_zone_day_of(zone_of("Europe/Warsaw"), INT64_MAX);
    assert_int_equal(span.end, INT64_MAX);
    span = tide_zone_day_of(zone_of("Europe/Warsaw"), INT64_MIN);
    assert_int_equal(span.begin, INT64_MIN);
    span = tide_zone_span_of_day(zone_of("UTC"), INT32_MAX);
    assert_int_equal(span.begin, INT64_MAX);
    span = tide_zone_span_of_day(zone_of("UTC"), INT32_MIN);
    assert_int_equal(span.begin, INT64_MIN);
}

static void test_unknown_zones_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",       "Europe/Warszawa", "/etc/localtime", "localtime", "../UTC",  "libc:localtime",
        "+2",     "+02:0",           "+19:00",         "+02:60",    "+0a:00",  "Europe/",
        "-18:01", "zone1970.tab",    "UTC ",           "+",         "file:UTC"};
    tide_error err;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        tide_zone *opened = (tide_zone *)&err;
        assert_int_equal(tide_zone_open(names[i], &opened, &err), TIDE_BAD_CONFIG);
        assert_null(opened);
        assert_non_null(strstr(err.message, "Europe/Warsaw"));
    }
    tide_zone_close(NULL);
}

static void test_no_memory_for_a_zone(void **state)
{
    (void)state;
    tide_error err;
    tide_zone *opened;
    (void)tide_memory_fail_nth(1, 0);
    assert_int_equal(tide_zone_open("Asia/Tokyo", &opened, &err), TIDE_OUT_OF_MEMORY);
    (void)tide_memory_fail_nth(0, 0);
    assert_null(opened);
}

/* Day by day beside a counter that knows only the lengths of months. */
static void test_days_against_counting(void **state)
{
    (void)state;
    int32_t year = -9999;
    int month = 1, day_of_month = 1;
    int32_t day = tide_day_of_civil(year, month, day_of_month);
    assert_int_equal(tide_day_of_civil(1970, 1, 1), 0);
    assert_int_equal(tide_day_of_civil(2000, 2, 29), 11016);
    for (; year <= 9999; day++) {
        int32_t y;
        int m, d;
        tide_civil_of_day(day, &y, &m, &d);
        if (y != year || m != month || d != day_of_month ||
            tide_day_of_civil(year, month, day_of_month) != day) {
            fail_msg("day %d: %d-%d-%d, not %d-%d-%d", (int)day, (int)y, m, d, (int)year, month,
                     day_of_month);
        }
        if (tide_civil_valid(year, month, day_of_month + 1)) {
            day_of_month++;
            continue;
        }
        day_of_month = 1;
        month = month % 12 + 1;
        year += month == 1 ? 1 : 0;
    }
    assert_int_equal(day, tide_day_of_civil(10000, 1, 1));
}

static void test_validity(void **state)
{
    (void)state;
    assert_true(tide_civil_valid(2024, 2, 29));
    assert_false(tide_civil_valid(2023, 2, 29));
    assert_false(tide_civil_valid(1900, 2, 29));
    assert_true(tide_civil_valid(2000, 2, 29));
    assert_false(tide_civil_valid(2024, 4, 31));
    assert_false(tide_civil_valid(2024, 0, 1));
    assert_false(tide_civil_valid(2024, 13, 1));
    assert_false(tide_civil_valid(2024, 1, 0));
    assert_false(tide_civil_valid(10000, 1, 1));
}

static void check_instant(int64_t instant, const char *expected)
{
    char out[40];
    assert_int_equal(tide_format_instant(instant, out), strlen(expected));
    assert_string_equal(out, expected);
}

static void test_formats(void **state)
{
    (void)state;
    char out[16];
    assert_int_equal(tide_format_day(19813, out), 10);
    assert_string_equal(out, "2024-03-31");
    (void)tide_format_day(tide_day_of_civil(-44, 3, 15), out);
    assert_string_equal(out, "-0044-03-15");
    (void)tide_format_day(tide_day_of_civil(12024, 3, 5), out);
    assert_string_equal(out, "+12024-03-05");
    assert_true(tide_format_day(INT32_MIN, out) < 16);
    assert_string_equal(out, "-5877641-06-23");
    assert_true(tide_format_day(INT32_MAX, out) < 16);
    assert_string_equal(out, "+5881580-07-11");
    check_instant(0, "1970-01-01T00:00:00Z");
    check_instant(-1, "1969-12-31T23:59:59.999999Z");
    check_instant(1711922400000000, "2024-03-31T22:00:00Z");
    check_instant(1711922400120000, "2024-03-31T22:00:00.120Z");
    check_instant(1711922400000007, "2024-03-31T22:00:00.000007Z");
    char far[40];
    assert_true(tide_format_instant(INT64_MIN, far) < 40);
    assert_true(tide_format_instant(INT64_MAX, far) < 40);
}

static void test_parse_day(void **state)
{
    (void)state;
    static const char *const bad[] = {"",           "2024-3-31",   "2024-02-30",
                                      "2024/03/31", "2024-03-31 ", "x024-03-31",
                                      "2024-03-3x", "2024-13-01"};
    int32_t day = 0;
    assert_true(tide_parse_day(TIDE_STR("2024-03-31"), &day));
    assert_int_equal(day, 19813);
    assert_true(tide_parse_day(TIDE_STR("0001-01-01"), &day));
    assert_int_equal(day, -719162);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(tide_parse_day(tide_str_of(bad[i]), &day));
    }
}

static void test_clocks(void **state)
{
    (void)state;
    int64_t now = tide_now();
    int64_t seconds = (int64_t)time(NULL);
    assert_true(now / TIDE_MICROS_PER_SECOND >= seconds - 5 &&
                now / TIDE_MICROS_PER_SECOND <= seconds + 5);
    int64_t before = tide_monotonic_micros();
    assert_true(tide_monotonic_micros() >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spans_against_zoneinfo),
        cmocka_unit_test(test_day_of_agrees_with_the_spans),
        cmocka_unit_test(test_days_leave_no_hole),
        cmocka_unit_test(test_civil_against_zoneinfo),
        cmocka_unit_test(test_instants_against_zoneinfo),
        cmocka_unit_test(test_instants_before_1970),
        cmocka_unit_test(test_far_instants_saturate),
        cmocka_unit_test(test_unknown_zones_are_refused),
        cmocka_unit_test(test_no_memory_for_a_zone),
        cmocka_unit_test(test_days_against_counting),
        cmocka_unit_test(test_validity),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_parse_day),
        cmocka_unit_test(test_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, close_zone);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "record/timestamp.h"

#define SEED 20240331u

static tide_error err;

static tide_time_parser *open_parser(const char *format, const char *zone_name, bool truncate,
                                     tide_zone **zone)
{
    tide_time_parser *parser;
    *zone = NULL;
    if (zone_name != NULL) {
        assert_int_equal(tide_zone_open(zone_name, zone, &err), TIDE_OK);
    }
    tide_time_options options = {.format = format, .zone = *zone, .truncate = truncate};
    assert_int_equal(tide_time_parser_create(&options, &parser, &err), TIDE_OK);
    return parser;
}

typedef struct example {
    const char *format;
    const char *zone;
    const char *text;
    bool is_number;
    bool truncate;
    tide_time_fit fit;
    const char *expected; /* as tide_format_instant prints it */
} example;

static const example examples[] = {
    {NULL, NULL, "2024-03-31T12:34:56.789Z", 0, 0, TIDE_TIME_OK, "2024-03-31T12:34:56.789Z"},
    {NULL, NULL, "2024-03-31T12:34:56Z", 0, 0, TIDE_TIME_OK, "2024-03-31T12:34:56Z"},
    {NULL, NULL, "2024-03-31T12:34:56.789012Z", 0, 0, TIDE_TIME_OK, "2024-03-31T12:34:56.789012Z"},
    {NULL, NULL, "2024-03-31T12:34:56,5Z", 0, 0, TIDE_TIME_OK, "2024-03-31T12:34:56.500Z"},
    {NULL, NULL, "2024-03-31 12:34Z", 0, 0, TIDE_TIME_OK, "2024-03-31T12:34:00Z"},
    {NULL, NULL, "2024-03-31T12+02", 0, 0, TIDE_TIME_OK, "2024-03-31T10:00:00Z"},
    {NULL, NULL, "2024-03-31T12:00:00+0230", 0, 0, TIDE_TIME_OK, "2024-03-31T09:30:00Z"},
    {NULL, NULL, "2024-03-31T12:00:00-02:30", 0, 0, TIDE_TIME_OK, "2024-03-31T14:30:00Z"},
    {NULL, NULL, "2024-03-31T12:00:00", 0, 0, TIDE_TIME_ZONE, NULL},
    {NULL, NULL, "2024-03-31", 0, 0, TIDE_TIME_ZONE, NULL},
    {NULL, "UTC", "2024-03-31", 0, 0, TIDE_TIME_OK, "2024-03-31T00:00:00Z"},
    {NULL, "UTC", "2024-03", 0, 0, TIDE_TIME_OK, "2024-03-01T00:00:00Z"},
    {NULL, "UTC", "2024", 0, 0, TIDE_TIME_OK, "2024-01-01T00:00:00Z"},
    {NULL, "Europe/Warsaw", "2024-03-31T01:59:59.999999", 0, 0, TIDE_TIME_OK,
     "2024-03-31T00:59:59.999999Z"},
    {NULL, "Europe/Warsaw", "2024-03-31T02:30:00", 0, 0, TIDE_TIME_OK, "2024-03-31T01:30:00Z"},
    {NULL, "Europe/Warsaw", "2024-10-27T02:30:00", 0, 0, TIDE_TIME_OK, "2024-10-27T00:30:00Z"},
    {NULL, "Europe/Warsaw", "2024-10-27T02:30:00Z", 0, 0, TIDE_TIME_OK, "2024-10-27T02:30:00Z"},
    {NULL, NULL, "2024-03-31T12:34:56.1234567Z", 0, 0, TIDE_TIME_PRECISION, NULL},
    {NULL, NULL, "2024-03-31T12:34:56.123456000Z", 0, 0, TIDE_TIME_OK,
     "2024-03-31T12:34:56.123456Z"},
    {NULL, NULL, "2024-03-31T12:34:56.123456789Z", 0, 1, TIDE_TIME_OK,
     "2024-03-31T12:34:56.123456Z"},
    {NULL, NULL, "2024-03-31T12:34:56.1234567891Z", 0, 1, TIDE_TIME_SYNTAX, NULL},
    {NULL, NULL, "2024-13-01T00:00:00Z", 0, 0, TIDE_TIME_RANGE, NULL},
    {NULL, NULL, "2023-02-29T00:00:00Z", 0, 0, TIDE_TIME_RANGE, NULL},
    {NULL, NULL, "2024-02-29T00:00:00.000Z", 0, 0, TIDE_TIME_OK, "2024-02-29T00:00:00Z"},
    {NULL, NULL, "2024-03-31T24:00:00Z", 0, 0, TIDE_TIME_RANGE, NULL},
    {NULL, NULL, "2024-03-31T23:59:60.000Z", 0, 0, TIDE_TIME_RANGE, NULL},
    {NULL, NULL, "2024-03-31T12:34:56.Z", 0, 0, TIDE_TIME_SYNTAX, NULL},
    {NULL, NULL, "2024-03-31T12:34:56.789", 0, 0, TIDE_TIME_ZONE, NULL},
    {NULL, NULL, "2024-03-31T12:34:56.7a9Z", 0, 0, TIDE_TIME_SYNTAX, NULL},
    {NULL, NULL, "2024-03-31T12:34:56+19:00", 0, 0, TIDE_TIME_SYNTAX, NULL},
    {NULL, NULL, "2024-03-31T12:34:56Zjunk", 0, 0, TIDE_TIME_SYNTAX, NULL},
    {NULL, NULL, "", 0, 0, TIDE_TIME_SYNTAX, NULL},
    {NULL, NULL, "soon", 0, 0, TIDE_TIME_SYNTAX, NULL},
    {NULL, NULL, "-0044-03-15T12:00:00Z", 0, 0, TIDE_TIME_OK, "-0044-03-15T12:00:00Z"},
    {NULL, NULL, "9999-12-31T23:59:59.999999Z", 0, 0, TIDE_TIME_OK, "9999-12-31T23:59:59.999999Z"},
    {NULL, NULL, "-9999-01-01T00:00:00Z", 0, 0, TIDE_TIME_OK, "-9999-01-01T00:00:00Z"},
    {NULL, NULL, "9999-12-31T23:59:59-00:01", 0, 0, TIDE_TIME_RANGE, NULL},
    {NULL, NULL, "1711881296789", 1, 0, TIDE_TIME_OK, "2024-03-31T10:34:56.789Z"},
    {NULL, NULL, "1711881296789", 0, 0, TIDE_TIME_OK, "2024-03-31T10:34:56.789Z"},
    {NULL, NULL, "2024", 1, 0, TIDE_TIME_OK, "1970-01-01T00:00:02.024Z"},
    {NULL, NULL, "-1", 1, 0, TIDE_TIME_OK, "1969-12-31T23:59:59.999Z"},
    {NULL, NULL, "1.5", 1, 0, TIDE_TIME_OK, "1970-01-01T00:00:00.001500Z"},
    {NULL, NULL, "1.7e12", 1, 0, TIDE_TIME_OK, "2023-11-14T22:13:20Z"},
    {NULL, NULL, "0.00015", 1, 0, TIDE_TIME_PRECISION, NULL},
    {NULL, NULL, "-0.00015", 1, 1, TIDE_TIME_OK, "1969-12-31T23:59:59.999999Z"},
    {NULL, NULL, "253402300800000", 1, 0, TIDE_TIME_RANGE, NULL},
    {NULL, NULL, "253402300799999.999", 1, 0, TIDE_TIME_OK, "9999-12-31T23:59:59.999999Z"},
    {NULL, NULL, "99999999999999999999", 1, 0, TIDE_TIME_RANGE, NULL},
    {NULL, NULL, "1e400", 1, 0, TIDE_TIME_RANGE, NULL},
    {"epoch_seconds", NULL, "1711881296", 1, 0, TIDE_TIME_OK, "2024-03-31T10:34:56Z"},
    {"epoch_second", NULL, "1711881296.25", 0, 0, TIDE_TIME_OK, "2024-03-31T10:34:56.250Z"},
    {"epoch_millis", NULL, "2024-03-31T12:34:56.789Z", 0, 0, TIDE_TIME_SYNTAX, NULL},
    {"yyyy-MM-dd HH:mm:ss||epoch_millis", "UTC", "2024-03-31 01:02:03", 0, 0, TIDE_TIME_OK,
     "2024-03-31T01:02:03Z"},
    {"yyyy-MM-dd HH:mm:ss||epoch_millis", "UTC", "1000", 0, 0, TIDE_TIME_OK,
     "1970-01-01T00:00:01Z"},
    {"yyyy-MM-dd HH:mm:ss||epoch_millis", "UTC", "2024-03-31T01:02:03", 0, 0, TIDE_TIME_SYNTAX,
     NULL},
    {"basic_date", "UTC", "20240331", 1, 0, TIDE_TIME_OK, "2024-03-31T00:00:00Z"},
    {"strict_basic_date", "UTC", "20240331", 0, 0, TIDE_TIME_OK, "2024-03-31T00:00:00Z"},
    {"basic_date", "UTC", "2024031", 0, 0, TIDE_TIME_SYNTAX, NULL},
    {"basic_date_time", NULL, "20240331T123456.789+0100", 0, 0, TIDE_TIME_OK,
     "2024-03-31T11:34:56.789Z"},
    {"strict_date_time_no_millis", NULL, "2024-03-31T12:34:56Z", 0, 0, TIDE_TIME_OK,
     "2024-03-31T12:34:56Z"},
    {"dd/MMM/yyyy:HH:mm:ss Z", NULL, "31/Mar/2024:12:34:56 +0200", 0, 0, TIDE_TIME_OK,
     "2024-03-31T10:34:56Z"},
    {"M/d/yyyy h:mm:ss a", "UTC", "3/1/2024 12:05:06 AM", 0, 0, TIDE_TIME_OK,
     "2024-03-01T00:05:06Z"},
    {"M/d/yyyy h:mm:ss a", "UTC", "12/31/2024 12:05:06 pm", 0, 0, TIDE_TIME_OK,
     "2024-12-31T12:05:06Z"},
    {"M/d/yyyy h:mm:ss a", "UTC", "12/31/2024 13:05:06 pm", 0, 0, TIDE_TIME_RANGE, NULL},
    {"yyyy'T''x'MM", "UTC", "2024T'x05", 0, 0, TIDE_TIME_OK, "2024-05-01T00:00:00Z"},
    {"uuuu-MM-dd''HH", "UTC", "2024-05-06'07", 0, 0, TIDE_TIME_OK, "2024-05-06T07:00:00Z"},
    {"yy-MM", "UTC", "24-05", 0, 0, TIDE_TIME_OK, "2024-05-01T00:00:00Z"},
    {"yyyy-MM-dd HH:mm:ss.SSSSSSSSS", "UTC", "2024-05-06 07:08:09.000001234", 0, 0,
     TIDE_TIME_PRECISION, NULL},
    {"yyyy-MM-dd HH:mm:ss.SSS", "UTC", "2024-05-06 07:08:09.12", 0, 0, TIDE_TIME_SYNTAX, NULL},
    {"yyyy-MM-ddxxx", NULL, "2024-05-06Z", 0, 0, TIDE_TIME_SYNTAX, NULL},
    {"yyyy-MM-ddXXX", NULL, "2024-05-06Z", 0, 0, TIDE_TIME_OK, "2024-05-06T00:00:00Z"},
};

static void test_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        const example *e = &examples[i];
        tide_zone *zone;
        int64_t instant = 0;
        char printed[40] = "";
        tide_time_parser *parser = open_parser(e->format, e->zone, e->truncate, &zone);
        for (int again = 0; again < 2; again++) { /* the second time by the remembered date */
            tide_time_fit fit =
                tide_time_parse(parser, tide_str_of(e->text), e->is_number, &instant);
            if (fit != e->fit) {
                fail_msg("`%s`: fit %d, expected %d", e->text, fit, e->fit);
            }
            if (fit == TIDE_TIME_OK) {
                (void)tide_format_instant(instant, printed);
                assert_string_equal(printed, e->expected);
            }
        }
        tide_time_parser_destroy(parser);
        tide_zone_close(zone);
    }
}

static const struct {
    const char *zone;
    const char *text;
    bool is_number, truncate;
    tide_time_fit fit;
    int32_t day;
} dates[] = {
    {NULL, "1970-01-02", 0, 0, TIDE_TIME_OK, 1},
    {NULL, "1969-12-31", 0, 0, TIDE_TIME_OK, -1},
    {NULL, "1970-01-02T00:00:00+05:00", 0, 0, TIDE_TIME_OK, 1},
    {NULL, "1970-01-02T00:00:01Z", 0, 0, TIDE_TIME_OF_DAY, 0},
    {NULL, "1970-01-02T23:00:01Z", 0, 1, TIDE_TIME_OK, 1},
    {NULL, "1969-12-31T23:00:01Z", 0, 1, TIDE_TIME_OK, -1},
    {NULL, "86400000", 1, 0, TIDE_TIME_OK, 1},
    {NULL, "86400001", 1, 0, TIDE_TIME_OF_DAY, 0},
    {"Europe/Warsaw", "82800000", 1, 0, TIDE_TIME_OK, 1},
    {"Europe/Warsaw", "86400000", 1, 0, TIDE_TIME_OF_DAY, 0},
    {NULL, "1970-02-30", 0, 0, TIDE_TIME_RANGE, 0},
};

static void test_dates(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        tide_zone *zone;
        int32_t day = 0;
        tide_time_parser *parser = open_parser(NULL, dates[i].zone, dates[i].truncate, &zone);
        tide_time_fit fit =
            tide_time_parse_date(parser, tide_str_of(dates[i].text), dates[i].is_number, &day);
        if (fit != dates[i].fit || (fit == TIDE_TIME_OK && day != dates[i].day)) {
            fail_msg("`%s`: fit %d, day %d", dates[i].text, fit, day);
        }
        tide_time_parser_destroy(parser);
        tide_zone_close(zone);
    }
}

/* Any instant, printed by each form with its own arithmetic, is read back. */
static void test_random_instants(void **state)
{
    (void)state;
    unsigned seed = SEED;
    tide_zone *zone;
    tide_time_parser *parser = open_parser(NULL, NULL, false, &zone);
    print_message("seed %u\n", seed);
    for (int i = 0; i < 200000; i++) {
        int64_t seconds = (int64_t)rand_r(&seed) * 64 + rand_r(&seed) % 64 - INT64_C(60000000000);
        int64_t micros = rand_r(&seed) % 3 == 0 ? 0 : rand_r(&seed) % 1000000;
        int64_t expected = seconds * 1000000 + micros;
        int offset = rand_r(&seed) % 2 == 0 ? 0 : rand_r(&seed) % (18 * 60 + 1);
        int32_t year;
        int month, day;
        int64_t local = seconds + offset * 60;
        int32_t days = (int32_t)((local - (((local % 86400) + 86400) % 86400)) / 86400);
        int second = (int)(local - (int64_t)days * 86400);
        tide_civil_of_day(days, &year, &month, &day);
        char text[80];
        int size =
            snprintf(text, sizeof text, "%s%04d-%02d-%02d%c%02d:%02d:%02d", year < 0 ? "-" : "",
                     abs(year), month, day, rand_r(&seed) % 4 == 0 ? ' ' : 'T', second / 3600,
                     second / 60 % 60, second % 60);
        if (micros != 0 || rand_r(&seed) % 2 == 0) {
            if (micros % 1000 == 0 && rand_r(&seed) % 2 == 0) {
                size += snprintf(text + size, sizeof text - (size_t)size, ".%03d",
                                 (int)(micros / 1000));
            } else {
                size += snprintf(text + size, sizeof text - (size_t)size, ".%06d", (int)micros);
            }
        }
        if (offset == 0) {
            size += snprintf(text + size, sizeof text - (size_t)size, "Z");
        } else {
            size += snprintf(text + size, sizeof text - (size_t)size,
                             rand_r(&seed) % 2 == 0 ? "+%02d:%02d" : "+%02d%02d", offset / 60,
                             offset % 60);
        }
        int64_t instant = 0;
        tide_time_fit fit =
            tide_time_parse(parser, (tide_str){text, (size_t)size}, false, &instant);
        if (fit != TIDE_TIME_OK || instant != expected) {
            fail_msg("`%s`: fit %d, %lld instead of %lld", text, fit, (long long)instant,
                     (long long)expected);
        }
    }
    tide_time_parser_destroy(parser);
}

/* A changed byte never reads beyond the text, and what is accepted is within the years. */
static void test_damaged_text(void **state)
{
    (void)state;
    static const char *const formats[] = {NULL, "epoch_seconds", "dd/MMM/yyyy:HH:mm:ss Z",
                                          "yyyyMMdd'T'HHmmss.SSSX"};
    static const char *const texts[] = {"2024-03-31T12:34:56.789Z", "1711881296.25",
                                        "31/Mar/2024:12:34:56 +0200", "20240331T123456.789+0100"};
    unsigned seed = SEED;
    for (int i = 0; i < 4; i++) {
        tide_zone *zone;
        tide_time_parser *parser = open_parser(formats[i], "UTC", true, &zone);
        for (int round = 0; round < 20000; round++) {
            size_t size = strlen(texts[i]) - (size_t)(rand_r(&seed) % 3);
            char *copy = malloc(size); /* of the exact size: a sanitizer sees any step beyond */
            memcpy(copy, texts[i], size);
            copy[(size_t)rand_r(&seed) % size] = "0123456789-:TZ .+e\0x"[rand_r(&seed) % 20];
            int64_t instant = 0;
            int32_t day = 0;
            if (tide_time_parse(parser, (tide_str){copy, size}, false, &instant) == TIDE_TIME_OK) {
                assert_true(instant >= tide_day_of_civil(-9999, 1, 1) * TIDE_MICROS_PER_DAY);
                assert_true(instant < tide_day_of_civil(10000, 1, 1) * TIDE_MICROS_PER_DAY);
            }
            (void)!tide_time_parse_date(parser, (tide_str){copy, size}, true, &day);
            free(copy);
        }
        tide_time_parser_destroy(parser);
        tide_zone_close(zone);
    }
}

static void test_unknown_formats(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        const char *says;
    } formats[] = {
        {"epoch_milis", "did you mean `epoch_millis`"},
        {"yyyy-MM-dd[ HH]", "||"},
        {"HH:mm:ss", "no year"},
        {"yyyy-QQ", "`QQ`"},
        {"", "empty"},
        {"yyyy||", "empty"},
        {"yyyy 'abc", "open quote"},
        {"yyyyyyy", "`yyyyyyy`"},
    };
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        tide_time_parser *parser;
        tide_time_options options = {.format = formats[i].format};
        assert_int_equal(tide_time_parser_create(&options, &parser, &err), TIDE_BAD_CONFIG);
        assert_null(parser);
        assert_non_null(strstr(err.message, formats[i].says));
    }
}

static void test_want_of_memory(void **state)
{
    (void)state;
    tide_time_parser *parser = NULL;
    tide_time_options options = {.format =
                                     "yyyy||yyyy-MM||yyyy-MM-dd||epoch_millis||iso8601||"
                                     "yyyy||yyyy||yyyy||yyyy||yyyy"};
    size_t n = 0;
    tide_code code;
    do {
        (void)tide_memory_fail_nth(++n, 0);
        code = tide_time_parser_create(&options, &parser, &err);
        (void)tide_memory_fail_nth(0, 0);
        assert_true(code == TIDE_OK || code == TIDE_OUT_OF_MEMORY);
    } while (code != TIDE_OK);
    assert_true(n > 2);
    tide_time_parser_destroy(parser);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_random_instants), cmocka_unit_test(test_damaged_text),
        cmocka_unit_test(test_unknown_formats), cmocka_unit_test(test_want_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

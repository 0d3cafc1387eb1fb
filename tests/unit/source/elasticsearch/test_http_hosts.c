/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/http_hosts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/calendar.h"
#include "base/memory.h"

#define HOUR_MS (INT64_C(60) * 60 * 1000)

static tide_http_hosts *create(int64_t avoid_ms)
{
    tide_error err;
    tide_http_hosts *hosts = NULL;
    tide_error_clear(&err);
    assert_int_equal(tide_http_hosts_create(3, avoid_ms, &hosts, &err), TIDE_OK);
    return hosts;
}

static void who_failed_is_passed_over(void **state)
{
    (void)state;
    tide_http_hosts *hosts = create(HOUR_MS);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(tide_http_hosts_choose(hosts, i, NULL), i);
    }
    tide_http_hosts_failed(hosts, 1, "refused");
    assert_int_equal(tide_http_hosts_choose(hosts, 1, NULL), 2);
    assert_int_equal(tide_http_hosts_choose(hosts, 0, NULL), 0);
    tide_http_hosts_failed(hosts, 2, "refused");
    assert_int_equal(tide_http_hosts_choose(hosts, 1, NULL), 0);
    assert_true(tide_http_hosts_any_well(hosts));
    tide_http_hosts_answered(hosts, 1);
    assert_int_equal(tide_http_hosts_choose(hosts, 1, NULL), 1);
    tide_http_hosts_destroy(hosts);
}

static void where_all_failed_the_first_to_come_back_is_asked(void **state)
{
    (void)state;
    tide_http_hosts *hosts = create(HOUR_MS / 60);
    tide_http_hosts_failed(hosts, 0, "x");
    tide_http_hosts_failed(hosts, 0, "x"); /* twice as long, */
    tide_http_hosts_failed(hosts, 0, "x"); /* and again */
    tide_http_hosts_failed(hosts, 1, "x");
    tide_http_hosts_failed(hosts, 1, "x");
    tide_http_hosts_failed(hosts, 2, "x");
    assert_false(tide_http_hosts_any_well(hosts));
    assert_int_equal(tide_http_hosts_choose(hosts, 0, NULL), 2);
    const bool tried[] = {false, false, true};
    assert_int_equal(tide_http_hosts_choose(hosts, 0, tried), 1);
    const bool all[] = {true, true, true};
    assert_int_equal(tide_http_hosts_choose(hosts, 0, all), 3);
    tide_http_hosts_destroy(hosts);
}

static void who_failed_is_tried_again(void **state)
{
    (void)state;
    tide_http_hosts *hosts = create(20);
    int64_t before = tide_monotonic_micros();
    tide_http_hosts_failed(hosts, 0, "x");
    while (tide_http_hosts_choose(hosts, 0, NULL) != 0) {
    }
    assert_true(tide_monotonic_micros() - before >= INT64_C(20000));
    before = tide_monotonic_micros();
    tide_http_hosts_failed(hosts, 0, "x");
    while (tide_http_hosts_choose(hosts, 0, NULL) != 0) {
    }
    assert_true(tide_monotonic_micros() - before >= INT64_C(40000));
    tide_http_hosts_destroy(hosts);
}

static void the_others_are_told(void **state)
{
    (void)state;
    char a[] = "http://a", b[] = "http://b", c[] = "http://c";
    char *const urls[] = {a, b, c};
    tide_http_hosts *hosts = create(HOUR_MS);
    char reason[1000];
    memset(reason, 'r', sizeof reason - 1);
    reason[sizeof reason - 1] = '\0';
    tide_http_hosts_failed(hosts, 0, "refused");
    tide_http_hosts_failed(hosts, 1, "reset");
    tide_text text;
    tide_text_init(&text);
    tide_http_hosts_append_others(hosts, 0, urls, &text);
    assert_string_equal(tide_text_c(&text), "; before that http://b: reset");
    tide_text_reset(&text);
    tide_http_hosts_failed(hosts, 2, reason);
    tide_http_hosts_append_others(hosts, 1, urls, &text);
    assert_non_null(strstr(tide_text_c(&text), "; before that http://a: refused; before that"));
    assert_true(text.size < 500);
    tide_text_reset(&text);
    tide_http_hosts_answered(hosts, 0);
    tide_http_hosts_answered(hosts, 2);
    tide_http_hosts_append_others(hosts, 1, urls, &text);
    assert_int_equal(text.size, 0);
    tide_text_clear(&text);
    tide_http_hosts_destroy(hosts);
}

static void allocation_failures_are_codes(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        tide_http_hosts *hosts = NULL;
        tide_error err;
        tide_error_clear(&err);
        tide_memory_fail_nth(n, 0);
        tide_code code = tide_http_hosts_create(3, 1, &hosts, &err);
        size_t made = tide_memory_fail_nth(0, 0);
        tide_http_hosts_destroy(hosts);
        if (made < n) {
            assert_int_equal(code, TIDE_OK);
            break;
        }
        assert_int_equal(code, TIDE_OUT_OF_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_failed_is_passed_over),
        cmocka_unit_test(where_all_failed_the_first_to_come_back_is_asked),
        cmocka_unit_test(who_failed_is_tried_again),
        cmocka_unit_test(the_others_are_told),
        cmocka_unit_test(allocation_failures_are_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/calendar.h"
#include "flow/cancel.h"

static void level_is_only_raised(void **state)
{
    (void)state;
    tide_cancel cancel;
    tide_cancel_init(&cancel);
    assert_int_equal(tide_cancel_get(&cancel), TIDE_RUNNING);
    tide_cancel_raise(&cancel, TIDE_STOP_NOW);
    tide_cancel_raise(&cancel, TIDE_STOPPING);
    assert_int_equal(tide_cancel_get(&cancel), TIDE_STOP_NOW);
    tide_cancel_init(&cancel);
    tide_cancel_raise(&cancel, TIDE_STOPPING);
    assert_int_equal(tide_cancel_get(&cancel), TIDE_STOPPING);
}

static void what_is_raised_outside_counts_inside(void **state)
{
    (void)state;
    tide_cancel outer, inner;
    tide_cancel_init(&outer);
    tide_cancel_init(&inner);
    inner.outer = &outer;
    assert_int_equal(tide_cancel_get(&inner), TIDE_RUNNING);
    tide_cancel_raise(&outer, TIDE_STOPPING);
    assert_int_equal(tide_cancel_get(&inner), TIDE_STOPPING);
    tide_cancel_raise(&inner, TIDE_STOP_NOW);
    assert_int_equal(tide_cancel_get(&inner), TIDE_STOP_NOW);
    assert_int_equal(tide_cancel_get(&outer), TIDE_STOPPING);
}

static void check_says_so(void **state)
{
    (void)state;
    tide_cancel cancel;
    tide_error err;
    tide_cancel_init(&cancel);
    assert_int_equal(tide_cancel_check(&cancel, &err), TIDE_OK);
    tide_cancel_raise(&cancel, TIDE_STOPPING);
    assert_int_equal(tide_cancel_check(&cancel, &err), TIDE_CANCELLED);
    assert_non_null(strstr(err.message, "stopped on request"));
    tide_cancel_raise(&cancel, TIDE_STOP_NOW);
    assert_int_equal(tide_cancel_check(&cancel, &err), TIDE_CANCELLED);
    assert_non_null(strstr(err.message, "at once"));
}

static void sleeps_its_time(void **state)
{
    (void)state;
    tide_cancel cancel;
    tide_error err;
    tide_cancel_init(&cancel);
    int64_t begin = tide_monotonic_micros();
    assert_int_equal(tide_cancel_sleep(&cancel, 20, &err), TIDE_OK);
    assert_true(tide_monotonic_micros() - begin >= 20000);
    assert_int_equal(tide_cancel_sleep(&cancel, 0, &err), TIDE_OK);
    assert_int_equal(tide_cancel_sleep(&cancel, -5, &err), TIDE_OK);
}

static void raise_it(void *argument)
{
    tide_cancel_raise(argument, TIDE_STOPPING);
}

/* An hour's sleep ends at the cancel: if not, the test never does. */
static void cancel_wakes_a_sleeper(void **state)
{
    (void)state;
    tide_cancel cancel;
    tide_thread thread;
    tide_error err;
    tide_cancel_init(&cancel);
    assert_int_equal(tide_thread_start(&thread, raise_it, &cancel, &err), TIDE_OK);
    assert_int_equal(tide_cancel_sleep(&cancel, 3600000, &err), TIDE_CANCELLED);
    tide_thread_join(&thread);
}

/* It stops the work, but is no request: neither inside nor outside. */
static void a_failure_stops_and_was_not_asked_for(void **state)
{
    (void)state;
    tide_cancel outer, inner;
    tide_error err;
    tide_cancel_init(&outer);
    tide_cancel_init(&inner);
    inner.outer = &outer;
    tide_cancel_fail(&inner);
    assert_int_equal(tide_cancel_get(&inner), TIDE_STOP_NOW);
    assert_int_equal(tide_cancel_asked(&inner), TIDE_RUNNING);
    assert_int_equal(tide_cancel_get(&outer), TIDE_RUNNING);
    assert_int_equal(tide_cancel_check(&inner, &err), TIDE_CANCELLED);
    assert_null(strstr(err.message, "on request"));
    tide_cancel_raise(&outer, TIDE_STOP_NOW);
    assert_int_equal(tide_cancel_asked(&inner), TIDE_STOP_NOW);
    assert_int_equal(tide_cancel_check(&inner, &err), TIDE_CANCELLED);
    assert_non_null(strstr(err.message, "at once on request"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_stops_and_was_not_asked_for),
        cmocka_unit_test(what_is_raised_outside_counts_inside),
        cmocka_unit_test(level_is_only_raised),
        cmocka_unit_test(check_says_so),
        cmocka_unit_test(sleeps_its_time),
        cmocka_unit_test(cancel_wakes_a_sleeper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "run/workers.h"

enum { WORKERS = 3 };

static tide_code is_stopped(void *context, unsigned worker, tide_error *err)
{
    (void)worker;
    tide_cancel *cancel = context;
    tide_cancel_raise(cancel, TIDE_STOPPING);
    return tide_cancel_check(cancel, err);
}

static void who_is_stopped_leaves_the_others_their_time(void **state)
{
    (void)state;
    tide_cancel cancel;
    tide_error err;
    tide_cancel_init(&cancel);
    assert_int_equal(tide_workers_run(WORKERS, is_stopped, &cancel, &cancel, &err), TIDE_CANCELLED);
    assert_int_equal(tide_cancel_get(&cancel), TIDE_STOPPING);
    assert_string_equal(err.message, "stopped on request; the same command again resumes");
}

static tide_code fails_or_waits(void *context, unsigned worker, tide_error *err)
{
    tide_cancel *cancel = context;
    if (worker == 1) {
        return TIDE_FAIL(err, TIDE_USER_CODE, "line 7");
    }
    while (tide_cancel_get(cancel) != TIDE_STOP_NOW) {
    }
    return tide_cancel_check(cancel, err);
}

static void a_failure_stops_the_others_and_is_told(void **state)
{
    (void)state;
    tide_cancel cancel;
    tide_error err;
    tide_cancel_init(&cancel);
    assert_int_equal(tide_workers_run(WORKERS, fails_or_waits, &cancel, &cancel, &err),
                     TIDE_USER_CODE);
    assert_string_equal(err.message, "line 7");
    assert_int_equal(tide_cancel_asked(&cancel), TIDE_RUNNING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_stopped_leaves_the_others_their_time),
        cmocka_unit_test(a_failure_stops_the_others_and_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/budget.h"

static void refuses_beyond_the_limit(void **state)
{
    (void)state;
    tide_budget budget;
    tide_budget_init(&budget, 100);
    assert_true(tide_budget_take(&budget, 60));
    assert_false(tide_budget_take(&budget, 41));
    assert_int_equal(tide_budget_used(&budget), 60);
    assert_true(tide_budget_take(&budget, 40));
    assert_false(tide_budget_take(&budget, 1));
    assert_true(tide_budget_take(&budget, 0));
    tide_budget_give_back(&budget, 100);
    assert_int_equal(tide_budget_used(&budget), 0);
    assert_int_equal(tide_budget_peak(&budget), 100);
    assert_false(tide_budget_take(&budget, INT64_MAX));
}

static void force_is_counted(void **state)
{
    (void)state;
    tide_budget budget;
    tide_budget_init(&budget, 100);
    tide_budget_force(&budget, 150);
    assert_int_equal(tide_budget_used(&budget), 150);
    assert_false(tide_budget_take(&budget, 1));
    assert_false(tide_budget_take(&budget, 0));
    tide_budget_give_back(&budget, 60);
    assert_true(tide_budget_take(&budget, 10));
    assert_int_equal(tide_budget_peak(&budget), 150);
}

enum { THREADS = 4, ROUNDS = 20000 };

static void take_and_give(void *argument)
{
    tide_budget *budget = argument;
    for (int i = 0; i < ROUNDS; i++) {
        if (tide_budget_take(budget, 1 + i % 7)) {
            assert_true(tide_budget_used(budget) <= budget->limit_bytes);
            tide_budget_give_back(budget, 1 + i % 7);
        }
    }
}

static void threads_never_pass_the_limit(void **state)
{
    (void)state;
    tide_budget budget;
    tide_thread threads[THREADS];
    tide_error err;
    tide_budget_init(&budget, 10);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(tide_thread_start(&threads[i], take_and_give, &budget, &err), TIDE_OK);
    }
    for (int i = 0; i < THREADS; i++) {
        tide_thread_join(&threads[i]);
    }
    assert_int_equal(tide_budget_used(&budget), 0);
    assert_true(tide_budget_peak(&budget) <= 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_beyond_the_limit),
        cmocka_unit_test(force_is_counted),
        cmocka_unit_test(threads_never_pass_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/grants.h"

static int64_t grant(tide_grants *grants, int64_t least)
{
    tide_cancel cancel;
    tide_error err;
    int64_t bytes = 0;
    tide_cancel_init(&cancel);
    assert_int_equal(tide_grants_take(grants, least, &cancel, &bytes, &err), TIDE_OK);
    return bytes;
}

static void the_example_of_the_header(void **state)
{
    (void)state;
    tide_grants grants;
    tide_grants_init(&grants, 900, 3, 5);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(grant(&grants, 1), 300);
    }
    tide_grants_give_back(&grants, 300);
    assert_int_equal(grant(&grants, 1), 300);
    tide_grants_give_back(&grants, 300);
    assert_int_equal(grant(&grants, 1), 300);
    assert_false(tide_budget_take(&grants.reserve, 1));
    tide_grants_give_back(&grants, 300);
    assert_true(tide_budget_take(&grants.reserve, 300));
    assert_false(tide_budget_take(&grants.reserve, 1));
    tide_grants_clear(&grants);
}

static void the_last_one_gets_what_is_free(void **state)
{
    (void)state;
    tide_grants grants;
    tide_grants_init(&grants, 900, 3, 2);
    assert_int_equal(grant(&grants, 1), 450);
    tide_grants_give_back(&grants, 450);
    assert_int_equal(grant(&grants, 1), 900);
    tide_grants_clear(&grants);
}

static void who_needs_more_than_its_part_gets_it(void **state)
{
    (void)state;
    tide_grants grants;
    tide_grants_init(&grants, 900, 3, 3);
    assert_int_equal(grant(&grants, 500), 500);
    assert_int_equal(grant(&grants, 1), 200);
    assert_int_equal(grant(&grants, 1), 200);
    tide_grants_clear(&grants);
    /* Nobody needs more than there is. */
    tide_grants_init(&grants, 900, 3, 3);
    assert_int_equal(grant(&grants, 1000), 900);
    tide_grants_clear(&grants);
}

typedef struct asker {
    tide_grants *grants;
    tide_thread thread;
    int64_t bytes;
} asker;

static void ask(void *argument)
{
    asker *a = argument;
    a->bytes = grant(a->grants, 700);
}

static void who_needs_what_is_not_free_waits_for_it(void **state)
{
    (void)state;
    tide_grants grants;
    tide_error err;
    tide_grants_init(&grants, 900, 2, 2);
    assert_int_equal(grant(&grants, 1), 450);
    asker waiting = {.grants = &grants};
    assert_int_equal(tide_thread_start(&waiting.thread, ask, &waiting, &err), TIDE_OK);
    tide_grants_give_back(&grants, 450);
    tide_thread_join(&waiting.thread);
    assert_int_equal(waiting.bytes, 900);
    tide_grants_clear(&grants);
}

static void one_who_waits_hears_the_cancel(void **state)
{
    (void)state;
    tide_grants grants;
    tide_cancel cancel;
    tide_error err;
    int64_t bytes = 0;
    tide_error_clear(&err);
    tide_grants_init(&grants, 900, 2, 2);
    assert_int_equal(grant(&grants, 1), 450);
    tide_cancel_init(&cancel);
    tide_cancel_raise(&cancel, TIDE_STOPPING);
    assert_int_equal(tide_grants_take(&grants, 700, &cancel, &bytes, &err), TIDE_CANCELLED);
    tide_grants_clear(&grants);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_header),
        cmocka_unit_test(the_last_one_gets_what_is_free),
        cmocka_unit_test(who_needs_more_than_its_part_gets_it),
        cmocka_unit_test(who_needs_what_is_not_free_waits_for_it),
        cmocka_unit_test(one_who_waits_hears_the_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

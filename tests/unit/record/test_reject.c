/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "record/reject.h"

static tide_code add_numbered(tide_reject_list *list, int number, tide_error *err)
{
    char position[32], reason[64];
    (void)snprintf(position, sizeof position, "events/%d", number);
    (void)snprintf(reason, sizeof reason, "reason %d", number);
    const tide_reject reject = {
        .stage = "decode",
        .position = position,
        .column = number % 2 == 0 ? "amount" : NULL,
        .reason = reason,
        .values = "{}",
    };
    return tide_reject_list_add(list, &reject, err);
}

static void check_numbered(const tide_reject *reject, int number)
{
    char position[32];
    (void)snprintf(position, sizeof position, "events/%d", number);
    assert_string_equal(reject->stage, "decode");
    assert_string_equal(reject->position, position);
    assert_int_equal(reject->column != NULL, number % 2 == 0);
    assert_null(reject->step);
    assert_null(reject->sqlstate);
    assert_string_equal(reject->values, "{}");
}

static void test_strings_are_copied(void **state)
{
    (void)state;
    tide_reject_list list, all;
    tide_error err;
    tide_reject_list_init(&list);
    tide_reject_list_init(&all);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++) {
            assert_int_equal(add_numbered(&list, i, &err), TIDE_OK);
        }
        assert_int_equal(list.count, 1000);
        assert_int_equal(tide_reject_list_append(&all, &list, &err), TIDE_OK);
        tide_reject_list_reset(&list);
        assert_int_equal(list.count, 0);
    }
    tide_reject_list_clear(&list);
    assert_int_equal(all.count, 3000);
    for (size_t i = 0; i < all.count; i++) {
        check_numbered(&all.items[i], (int)(i % 1000));
    }
    tide_reject_list_clear(&all);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    size_t n = 1;
    for (tide_code code = TIDE_OUT_OF_MEMORY; code != TIDE_OK; n++) {
        tide_reject_list list;
        tide_error err;
        tide_reject_list_init(&list);
        code = TIDE_OK;
        (void)tide_memory_fail_nth(n, 0);
        int added = 0;
        for (; added < 300 && code == TIDE_OK; added++) {
            code = add_numbered(&list, added, &err);
        }
        (void)tide_memory_fail_nth(0, 0);
        assert_int_equal(list.count, code == TIDE_OK ? added : added - 1);
        assert_true(code == TIDE_OK || code == TIDE_OUT_OF_MEMORY);
        for (size_t i = 0; i < list.count; i++) {
            check_numbered(&list.items[i], (int)i);
        }
        tide_reject_list_clear(&list);
    }
    assert_true(n > 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings_are_copied),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

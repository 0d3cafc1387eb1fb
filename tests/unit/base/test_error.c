/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/problem.h"
#include "base/text.h"

static tide_code fail_at_once(tide_error *err)
{
    return TIDE_FAIL(err, TIDE_BAD_DATA, "row %d", 7);
}

static tide_code pass_on(tide_error *err)
{
    TIDE_TRY(fail_at_once(err));
    return TIDE_OK;
}

static void test_raise_fills_everything(void **state)
{
    (void)state;
    tide_error err;
    tide_error_clear(&err);
    assert_int_equal(err.code, TIDE_OK);
    assert_string_equal(err.message, "");
    assert_int_equal(pass_on(&err), TIDE_BAD_DATA);
    assert_int_equal(err.code, TIDE_BAD_DATA);
    assert_string_equal(err.message, "row 7");
    assert_non_null(strstr(err.origin_file, "test_error.c"));
    assert_true(err.origin_line > 0);
    assert_int_equal(err.sys_errno, 0);
}

static void test_errno_is_appended(void **state)
{
    (void)state;
    tide_error err;
    tide_code code = TIDE_FAIL_ERRNO(&err, TIDE_IO, ENOENT, "can't open %s", "x");
    assert_int_equal(code, TIDE_IO);
    assert_int_equal(err.sys_errno, ENOENT);
    assert_string_equal(err.message, "can't open x: No such file or directory");
}

static void test_problems_make_codes_more_precise(void **state)
{
    (void)state;
    tide_error err;
    tide_error_clear(&err);
    assert_int_equal(err.number, 0);
    assert_int_equal(TIDE_FAIL(&err, TIDE_E_SNAPSHOT_LOST, "x"), TIDE_REMOTE_RETRY);
    assert_int_equal(err.number, 4005);
    assert_int_equal(tide_error_context(&err, "y"), TIDE_REMOTE_RETRY);
    assert_int_equal(err.number, 4005);
    int what = TIDE_PROBLEM_AS(TIDE_E_SNAPSHOT_LOST, TIDE_REMOTE);
    assert_int_equal(TIDE_FAIL(&err, what, "x"), TIDE_REMOTE);
    assert_int_equal(err.number, 4005);
    (void)TIDE_FAIL(&err, TIDE_BAD_DATA, "x");
    assert_int_equal(err.number, 2000);
    (void)TIDE_FAIL(&err, TIDE_CANCELLED, "x");
    assert_int_equal(err.number, 0);
    (void)TIDE_FAIL_ERRNO(&err, TIDE_IO, EIO, "x");
    assert_int_equal(err.number, 7000);
    (void)TIDE_FAIL_ERRNO(&err, TIDE_IO, ENOSPC, "x");
    assert_int_equal(err.number, 7001);
}

static void test_numbers_of_problems_ascend(void **state)
{
    (void)state;
    int before = 0;
    size_t count = 0;
    for (int number; (number = tide_problem_at(count)) != 0; count++) {
        assert_true(number > before);
        assert_non_null(tide_problem_title(number));
        before = number;
    }
    assert_true(count > 50);
    assert_null(tide_problem_title(before + 1));
}

static void test_context_keeps_code_and_origin(void **state)
{
    (void)state;
    tide_error err;
    (void)TIDE_FAIL_ERRNO(&err, TIDE_IO, EIO, "write");
    int line = err.origin_line;
    assert_int_equal(tide_error_context(&err, "spill file %d", 3), TIDE_IO);
    assert_string_equal(err.message, "spill file 3: write: Input/output error");
    assert_int_equal(err.sys_errno, EIO);
    assert_int_equal(err.origin_line, line);
}

static void test_own_message_may_be_an_argument(void **state)
{
    (void)state;
    tide_error err;
    (void)TIDE_FAIL(&err, TIDE_IO, "inner");
    (void)TIDE_FAIL(&err, TIDE_REMOTE, "outer (%s)", err.message);
    assert_string_equal(err.message, "outer (inner)");
    assert_int_equal(tide_error_context(&err, "again %s", err.message), TIDE_REMOTE);
    assert_string_equal(err.message, "again outer (inner): outer (inner)");
}

/* Every shift of a text of 1, 2, 3 and 4 byte characters against the bound. */
static void test_long_messages_are_cut_at_a_character(void **state)
{
    (void)state;
    static const char *const characters[] = {"a", "\xC5\xBC", "\xE2\x82\xAC", "\xF0\x9F\x8C\x8A"};
    char text[2 * TIDE_ERROR_MESSAGE_BYTES_MAX];
    for (size_t c = 0; c < 4; c++) {
        size_t width = strlen(characters[c]);
        for (size_t shift = 0; shift < 5; shift++) {
            memset(text, 'x', shift);
            size_t size = shift;
            while (size + width < sizeof text) {
                memcpy(text + size, characters[c], width);
                size += width;
            }
            text[size] = '\0';
            tide_error err;
            (void)TIDE_FAIL(&err, TIDE_IO, "%s", text);
            size_t kept = strlen(err.message);
            assert_in_range(kept, TIDE_ERROR_MESSAGE_BYTES_MAX - 4,
                            TIDE_ERROR_MESSAGE_BYTES_MAX - 1);
            assert_true(tide_utf8_valid(tide_str_of(err.message)));
            (void)tide_error_context(&err, "%s", "ab");
            assert_true(tide_utf8_valid(tide_str_of(err.message)));
            assert_in_range(strlen(err.message), TIDE_ERROR_MESSAGE_BYTES_MAX - 4,
                            TIDE_ERROR_MESSAGE_BYTES_MAX - 1);
        }
    }
}

static void test_code_names(void **state)
{
    (void)state;
    assert_string_equal(tide_code_name(TIDE_OK), "ok");
    assert_string_equal(tide_code_name(TIDE_REMOTE_RETRY), "remote_retry");
    assert_string_equal(tide_code_name(TIDE_STATE_CONFLICT), "state_conflict");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_raise_fills_everything),
        cmocka_unit_test(test_errno_is_appended),
        cmocka_unit_test(test_problems_make_codes_more_precise),
        cmocka_unit_test(test_numbers_of_problems_ascend),
        cmocka_unit_test(test_context_keeps_code_and_origin),
        cmocka_unit_test(test_own_message_may_be_an_argument),
        cmocka_unit_test(test_long_messages_are_cut_at_a_character),
        cmocka_unit_test(test_code_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

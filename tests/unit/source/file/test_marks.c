/* SPDX-License-Identifier: Apache-2.0 */
/* What a mark's value says, of all versions; and what is no mark. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "source/file/file_marks.h"

#define DIGEST "0123456789abcdef0123456789abcdef"
#define CONTENT "12:1700000000000000000 12 " DIGEST

static void test_versions(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        uint64_t from;
        int64_t horizon;
    } cases[] = {
        {CONTENT, 0, INT64_MAX},
        {CONTENT " 7", 7, INT64_MAX},
        {CONTENT " 0 1700000000000000", 0, 1700000000000000},
        {CONTENT " 18446744073709551615 -62135596800000000", UINT64_MAX, -62135596800000000},
    };
    tide_arena arena;
    tide_arena_init(&arena);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tide_file_mark mark = {0};
        assert_true(tide_file_mark_parse(cases[i].value, &mark));
        assert_string_equal(mark.identity, "12:1700000000000000000");
        assert_string_equal(mark.digest.hex, DIGEST);
        assert_int_equal(mark.end, 12);
        assert_true(mark.from == cases[i].from);
        assert_true(mark.horizon == cases[i].horizon);
        assert_string_equal(tide_file_mark_print(&arena, &mark), cases[i].value);
    }
    tide_arena_clear(&arena);
}

static void test_no_marks(void **state)
{
    (void)state;
    static const char *const values[] = {
        "",
        "12:1",
        "12:1 12",
        "12:1 12 0123",
        "12:1 x " DIGEST,
        "12:1 -1 " DIGEST,
        "12:1 12 " DIGEST "0",
        CONTENT " x",
        CONTENT " 7x",
        CONTENT " -7",
        CONTENT "  7",
        CONTENT " 7 x",
        CONTENT " 7 8x",
        CONTENT " 7 8 9",
        CONTENT " 99999999999999999999999999",
        "1234567890123456789012345678901234567890123456789012345678901234567890123456789 "
        "12 " DIGEST,
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        tide_file_mark mark = {0};
        if (tide_file_mark_parse(values[i], &mark)) {
            print_error("%s\n", values[i]);
            fail();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_no_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

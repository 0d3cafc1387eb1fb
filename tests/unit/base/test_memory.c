/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/memory.h"

static void test_fail_nth_fails_once(void **state)
{
    (void)state;
    (void)tide_memory_fail_nth(2, 0);
    void *first = tide_alloc(8);
    void *second = tide_alloc(8);
    void *third = tide_alloc_zero(1, 8);
    assert_int_equal(tide_memory_fail_nth(0, 0), 3);
    assert_non_null(first);
    assert_null(second);
    assert_non_null(third);
    tide_free(first);
    tide_free(third);
}

static void test_fail_nth_for_ever(void **state)
{
    (void)state;
    (void)tide_memory_fail_nth(2, 1);
    char *kept = tide_copy_string("kept");
    assert_null(tide_resize(kept, 100));
    assert_null(tide_copy_string("x"));
    (void)tide_memory_fail_nth(0, 0);
    assert_string_equal(kept, "kept");
    tide_free(kept);
    assert_null(tide_copy_string(NULL));
}

static void test_sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    tide_error err;
    void *items = NULL;
    size_t capacity = 0;
    assert_null(tide_alloc_zero(SIZE_MAX / 2, 3));
    assert_int_equal(tide_grow(&items, &capacity, SIZE_MAX / 2, 16, &err), TIDE_OUT_OF_MEMORY);
    assert_null(items);
    assert_int_equal(capacity, 0);
}

static void test_grow_doubles_and_keeps_items(void **state)
{
    (void)state;
    tide_error err;
    void *items = NULL;
    size_t capacity = 0;
    size_t growths = 0;
    for (size_t i = 0; i < 10000; i++) {
        size_t before = capacity;
        assert_int_equal(tide_grow(&items, &capacity, i + 1, sizeof(size_t), &err), TIDE_OK);
        growths += capacity != before;
        ((size_t *)items)[i] = i * 3;
    }
    assert_in_range(growths, 1, 12);
    for (size_t i = 0; i < 10000; i++) {
        assert_int_equal(((size_t *)items)[i], i * 3);
    }
    tide_free(items);
}

static void test_arena_memory_is_aligned_and_stays(void **state)
{
    (void)state;
    tide_arena arena;
    char *kept[500];
    tide_arena_init(&arena);
    for (size_t i = 0; i < 500; i++) {
        kept[i] = tide_arena_alloc(&arena, i * 37 % 5000);
        assert_non_null(kept[i]);
        assert_int_equal((uintptr_t)kept[i] % _Alignof(max_align_t), 0);
        memset(kept[i], (int)(i % 251), i * 37 % 5000);
    }
    for (size_t i = 0; i < 500; i++) {
        for (size_t j = 0; j < i * 37 % 5000; j++) {
            assert_int_equal((unsigned char)kept[i][j], i % 251);
        }
    }
    assert_true(arena.used_bytes > 0);
    tide_arena_reset(&arena);
    assert_int_equal(arena.used_bytes, 0);
    assert_non_null(arena.first);
    (void)tide_memory_fail_nth(1, 1); /* what it kept serves without a new block */
    assert_non_null(tide_arena_alloc(&arena, 64));
    (void)tide_memory_fail_nth(0, 0);
    tide_arena_clear(&arena);
    assert_null(arena.first);

    assert_non_null(tide_arena_alloc(&arena, 4000));
    tide_arena_reset(&arena);
    (void)tide_memory_fail_nth(1, 1); /* all of the block is free again */
    assert_non_null(tide_arena_alloc(&arena, 4000));
    (void)tide_memory_fail_nth(0, 0);
    tide_arena_clear(&arena);
    tide_arena_reset(&arena);
}

static void test_arena_strings(void **state)
{
    (void)state;
    tide_arena arena;
    tide_arena_init(&arena);
    assert_string_equal(tide_arena_copy_string(&arena, "abc"), "abc");
    assert_string_equal(tide_arena_copy_str(&arena, (tide_str){"abcdef", 3}), "abc");
    assert_string_equal(tide_arena_copy_str(&arena, (tide_str){NULL, 0}), "");
    assert_string_equal(tide_arena_format(&arena, "%d-%s", 12, "x"), "12-x");
    int *zeros = tide_arena_alloc_zero(&arena, 100, sizeof(int));
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(zeros[i], 0);
    }
    assert_null(tide_arena_alloc_zero(&arena, SIZE_MAX / 2, 3));
    assert_null(tide_arena_alloc(&arena, SIZE_MAX));
    assert_null(tide_arena_alloc(&arena, SIZE_MAX - 40));
    tide_arena_clear(&arena);
}

static void test_arena_out_of_memory(void **state)
{
    (void)state;
    for (size_t n = 1; n < 20; n++) {
        tide_arena arena;
        tide_arena_init(&arena);
        (void)tide_memory_fail_nth(n, 0);
        size_t failures = 0;
        for (size_t i = 0; i < 40; i++) {
            failures += tide_arena_format(&arena, "%0*d", (int)(i * 200), 1) == NULL;
        }
        size_t made = tide_memory_fail_nth(0, 0);
        assert_int_equal(failures, made >= n ? 1 : 0);
        tide_arena_clear(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fail_nth_fails_once),
        cmocka_unit_test(test_fail_nth_for_ever),
        cmocka_unit_test(test_sizes_that_overflow_are_refused),
        cmocka_unit_test(test_grow_doubles_and_keeps_items),
        cmocka_unit_test(test_arena_memory_is_aligned_and_stays),
        cmocka_unit_test(test_arena_strings),
        cmocka_unit_test(test_arena_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

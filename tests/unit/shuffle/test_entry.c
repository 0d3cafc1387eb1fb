/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "model.h"
#include "shuffle/entry.h"

static int compare_entries(const void *left, const void *right)
{
    const tide_entry *a = left;
    const tide_entry *b = right;
    if (a->hash != b->hash) {
        return a->hash < b->hash ? -1 : 1;
    }
    return (a->time > b->time) - (a->time < b->time);
}

/* Kinds of data that take different ways through the sort. */
enum { SPREAD, FEW_HASHES, ONE_HASH, ONE_OF_ALL, LOW_BITS, SORTED, KIND_COUNT };

static tide_entry make_entry(model_random *random, int kind, size_t i)
{
    tide_entry entry = {model_next(random), (int64_t)model_next(random), (uint32_t)i, 0};
    switch (kind) {
        case FEW_HASHES:
            entry.hash = model_below(random, 3) << 62;
            break;
        case ONE_HASH:
            entry.hash = 7;
            break;
        case ONE_OF_ALL:
            entry.hash = 7;
            entry.time = -7;
            break;
        case LOW_BITS:
            entry.hash &= 0xF;
            entry.time = (int64_t)model_below(random, 5) - 2;
            break;
        case SORTED:
            entry.hash = i / 3;
            entry.time = (int64_t)i;
            break;
        default:
            break;
    }
    return entry;
}

/* Every entry must still be there exactly once. */
static void check_permutation(const tide_entry *entries, size_t count)
{
    char *found = calloc(count + 1, 1);
    for (size_t i = 0; i < count; i++) {
        assert_true(entries[i].slab < count);
        assert_false(found[entries[i].slab]);
        found[entries[i].slab] = 1;
    }
    free(found);
}

static void sorts_like_a_plain_sort(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 2, 11, 12, 13, 24, 25, 255, 256, 257, 3000, 70000};
    model_random random = {20240229};
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
            size_t count = counts[c];
            tide_entry *entries = malloc((count + 1) * sizeof *entries);
            tide_entry *expected = malloc((count + 1) * sizeof *expected);
            for (size_t i = 0; i < count; i++) {
                expected[i] = entries[i] = make_entry(&random, kind, i);
            }
            tide_entries_sort(entries, count);
            qsort(expected, count, sizeof *expected, compare_entries);
            for (size_t i = 0; i < count; i++) {
                assert_int_equal(compare_entries(&entries[i], &expected[i]), 0);
            }
            check_permutation(entries, count);
            free(entries);
            free(expected);
        }
    }
}

static bool less_by_hash(const void *context, const tide_entry *a, const tide_entry *b)
{
    assert_string_equal(context, "context");
    return a->hash < b->hash;
}

static void sort_by_is_stable(void **state)
{
    (void)state;
    model_random random = {7};
    for (size_t count = 0; count < 400; count += 1 + count / 10) {
        tide_entry entries[400];
        tide_error err;
        for (size_t i = 0; i < count; i++) {
            entries[i] = (tide_entry){model_below(&random, 9), 0, (uint32_t)i, 0};
        }
        assert_int_equal(tide_entries_sort_by(entries, count, less_by_hash, "context", &err),
                         TIDE_OK);
        for (size_t i = 1; i < count; i++) {
            assert_true(entries[i - 1].hash <= entries[i].hash);
            assert_true(entries[i - 1].hash < entries[i].hash ||
                        entries[i - 1].slab < entries[i].slab);
        }
    }
}

static void sort_by_reports_want_of_memory(void **state)
{
    (void)state;
    tide_entry entries[100] = {{0}};
    tide_error err;
    (void)tide_memory_fail_nth(1, 0);
    assert_int_equal(tide_entries_sort_by(entries, 100, less_by_hash, "context", &err),
                     TIDE_OUT_OF_MEMORY);
    (void)tide_memory_fail_nth(0, 0);
}

static void finds_the_first_of_at_least(void **state)
{
    (void)state;
    tide_entry entries[] = {{.hash = 3}, {.hash = 5}, {.hash = 5}, {.hash = UINT64_MAX}};
    assert_int_equal(tide_entries_find(entries, 4, 0), 0);
    assert_int_equal(tide_entries_find(entries, 4, 3), 0);
    assert_int_equal(tide_entries_find(entries, 4, 4), 1);
    assert_int_equal(tide_entries_find(entries, 4, 5), 1);
    assert_int_equal(tide_entries_find(entries, 4, 6), 3);
    assert_int_equal(tide_entries_find(entries, 3, 6), 3);
    assert_int_equal(tide_entries_find(entries, 0, 6), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_like_a_plain_sort),
        cmocka_unit_test(sort_by_is_stable),
        cmocka_unit_test(sort_by_reports_want_of_memory),
        cmocka_unit_test(finds_the_first_of_at_least),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

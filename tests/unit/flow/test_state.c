/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/state.h"

static const uint32_t counts[] = {1, 2, 3, 4, 5, 7, 8, 10, 64, 1000, 4097, 65535};

static void partitions_cover_all_hashes(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        uint32_t count = counts[c];
        assert_true(tide_partition_range(0, count).first == 0);
        assert_true(tide_partition_range(count - 1, count).last == UINT64_MAX);
        for (uint32_t p = 0; p < count; p++) {
            tide_hash_range range = tide_partition_range(p, count);
            assert_true(range.first <= range.last);
            if (p > 0) {
                assert_true(tide_partition_range(p - 1, count).last + 1 == range.first);
            }
        }
    }
}

static void a_hash_is_in_the_range_of_its_partition(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        uint32_t count = counts[c];
        for (uint32_t p = 0; p < count; p++) {
            tide_hash_range range = tide_partition_range(p, count);
            assert_int_equal(tide_partition_of(range.first, count), p);
            assert_int_equal(tide_partition_of(range.last, count), p);
            assert_int_equal(tide_partition_of(range.first / 2 + range.last / 2, count), p);
        }
    }
}

static void halves_and_thirds(void **state)
{
    (void)state;
    assert_true(tide_partition_range(1, 2).first == UINT64_C(1) << 63);
    assert_true(tide_partition_range(1, 3).first == UINT64_C(0x5555555555555556));
    assert_true(tide_partition_range(2, 3).first == UINT64_C(0xAAAAAAAAAAAAAAAB));
}

static void stored_hashes_keep_their_order(void **state)
{
    (void)state;
    static const uint64_t hashes[] = {0, 1, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX};
    for (size_t i = 0; i < 5; i++) {
        assert_true(tide_state_hash_decode(tide_state_hash_encode(hashes[i])) == hashes[i]);
        if (i > 0) {
            assert_true(tide_state_hash_encode(hashes[i - 1]) < tide_state_hash_encode(hashes[i]));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(partitions_cover_all_hashes),
        cmocka_unit_test(a_hash_is_in_the_range_of_its_partition),
        cmocka_unit_test(halves_and_thirds),
        cmocka_unit_test(stored_hashes_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

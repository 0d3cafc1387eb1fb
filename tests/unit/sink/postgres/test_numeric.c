/* SPDX-License-Identifier: Apache-2.0 */
/* Digits of base 10000 against an independent reading of them, digit by decimal digit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record/decimal.h"
#include "sink/postgres/numeric.h"

static uint64_t random_state;

static void seed_random(uint64_t seed)
{
    random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

/* xorshift: the same numbers everywhere. */
static int next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (int)(random_state >> 33);
}

/* The decimal digits of a numeric as text with `scale` digits after the point. */
static void print_numeric(const tide_pg_numeric *numeric, int scale, char *out)
{
    char digits[256];
    /* Position 0 is 10^79: 80 digits before the point, 80 after. */
    memset(digits, '0', 160);
    for (int i = 0; i < numeric->count; i++) {
        char group[8];
        int at = 80 - 4 * (numeric->weight - i + 1);
        snprintf(group, sizeof group, "%04u", numeric->digits[i]);
        memcpy(digits + at, group, 4);
    }
    for (int i = 80 + scale; i < 160; i++) {
        assert_int_equal(digits[i], '0');
    }
    int begin = 0;
    while (begin < 79 && digits[begin] == '0') {
        begin++;
    }
    size_t size = 0;
    if (numeric->negative) {
        out[size++] = '-';
    }
    for (int i = begin; i < 80; i++) {
        out[size++] = digits[i];
    }
    if (scale > 0) {
        out[size++] = '.';
        memcpy(out + size, digits + 80, (size_t)scale);
        size += (size_t)scale;
    }
    out[size] = '\0';
}

static size_t encode(const tide_pg_numeric *numeric, int scale, uint8_t *out)
{
    uint16_t words[4 + TIDE_PG_NUMERIC_DIGITS_MAX] = {
        (uint16_t)numeric->count, (uint16_t)numeric->weight,
        (uint16_t)(numeric->negative ? 0x4000 : 0), (uint16_t)scale};
    memcpy(words + 4, numeric->digits, (size_t)numeric->count * 2);
    size_t count = 4 + (size_t)numeric->count;
    for (size_t i = 0; i < count; i++) {
        out[2 * i] = (uint8_t)(words[i] >> 8);
        out[2 * i + 1] = (uint8_t)words[i];
    }
    return 2 * count;
}

static void check_value(tide_int128 value, int scale)
{
    tide_pg_numeric numeric;
    char expected[64];
    char got[256];
    uint8_t bytes[64];
    tide_pg_numeric_of(value, scale, &numeric);
    expected[tide_decimal_format(value, scale, expected)] = '\0';
    print_numeric(&numeric, scale, got);
    assert_string_equal(got, expected);
    if (numeric.count > 0) {
        assert_true(numeric.digits[0] != 0);
        assert_true(numeric.digits[numeric.count - 1] != 0);
    }
    tide_int128 back;
    assert_true(tide_pg_numeric_read(bytes, encode(&numeric, scale, bytes), scale, &back));
    assert_true(back == value);
}

static void limits_are_exact(void **state)
{
    (void)state;
    for (int scale = 0; scale <= 38; scale++) {
        check_value(0, scale);
        for (int power = 0; power <= 38; power++) {
            tide_int128 value = tide_power_of_ten(power);
            check_value(value - 1, scale);
            check_value(1 - value, scale);
            if (power < 38) {
                check_value(value, scale);
                check_value(-value, scale);
            }
        }
    }
}

static void random_values_are_exact(void **state)
{
    (void)state;
    unsigned seed = 20261121;
    print_message("seed %u\n", seed);
    seed_random(seed);
    for (int i = 0; i < 200000; i++) {
        tide_uint128 bits = 0;
        for (int j = 0; j < 9; j++) {
            bits = bits << 15 ^ (tide_uint128)next_random();
        }
        tide_int128 value =
            (tide_int128)(bits % (tide_uint128)tide_power_of_ten(next_random() % 39));
        value -= value % tide_power_of_ten(next_random() % 20);
        check_value(next_random() % 2 == 0 ? value : -value, next_random() % 39);
    }
}

static void what_is_no_decimal_is_told(void **state)
{
    (void)state;
    static const uint8_t nan[] = {0, 0, 0, 0, 0xc0, 0, 0, 0};
    static const uint8_t infinity[] = {0, 0, 0, 0, 0xd0, 0, 0, 0};
    static const uint8_t cut[] = {0, 1, 0, 0, 0, 0, 0, 0};
    static const uint8_t digit[] = {0, 1, 0, 0, 0, 0, 0, 0, 0x27, 0x10}; /* 10000 */
    static const uint8_t huge[] = {0, 1, 0, 40, 0, 0, 0, 0, 0, 1};
    static const uint8_t fine[] = {0, 1, 0xff, 0xff, 0, 0, 0, 4, 0, 1}; /* 0.0001 */
    tide_int128 value;
    assert_false(tide_pg_numeric_read(nan, sizeof nan, 2, &value));
    assert_false(tide_pg_numeric_read(infinity, sizeof infinity, 2, &value));
    assert_false(tide_pg_numeric_read(cut, sizeof cut, 2, &value));
    assert_false(tide_pg_numeric_read(digit, sizeof digit, 2, &value));
    assert_false(tide_pg_numeric_read(huge, sizeof huge, 2, &value));
    assert_false(tide_pg_numeric_read(fine, sizeof fine, 3, &value));
    assert_true(tide_pg_numeric_read(fine, sizeof fine, 4, &value));
    assert_true(value == 1);
    for (size_t size = 0; size < sizeof fine; size++) {
        assert_false(tide_pg_numeric_read(fine, size, 4, &value));
    }
}

static void any_bytes_are_read_or_refused(void **state)
{
    (void)state;
    unsigned seed = 7;
    print_message("seed %u\n", seed);
    seed_random(seed);
    for (int i = 0; i < 200000; i++) {
        uint8_t bytes[40];
        size_t size = (size_t)(next_random() % 40);
        for (size_t j = 0; j < size; j++) {
            bytes[j] = (uint8_t)(next_random() % 3 == 0 ? next_random() : 0);
        }
        if (size > 8) {
            bytes[0] = 0;
            bytes[1] = (uint8_t)((size - 8) / 2);
        }
        tide_int128 value = 0;
        if (tide_pg_numeric_read(bytes, size, next_random() % 39, &value)) {
            assert_true(tide_decimal_fits(value, 38));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_exact),
        cmocka_unit_test(random_values_are_exact),
        cmocka_unit_test(what_is_no_decimal_is_told),
        cmocka_unit_test(any_bytes_are_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

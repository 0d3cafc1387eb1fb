/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic of decimals; decimal_text.c reads and writes them. */
#include "record/decimal.h"

#include <assert.h>

#include "base/limits.h"

#define TEN_18 ((tide_int128)1000000000000000000)

tide_int128 tide_power_of_ten(int n)
{
    static const int64_t small[] = {
        1,
        10,
        100,
        1000,
        10000,
        100000,
        1000000,
        10000000,
        100000000,
        1000000000,
        10000000000,
        100000000000,
        1000000000000,
        10000000000000,
        100000000000000,
        1000000000000000,
        10000000000000000,
        100000000000000000,
        1000000000000000000,
    };
    assert(n >= 0 && n <= TIDE_DECIMAL_PRECISION_MAX);
    if (n <= 18) {
        return small[n];
    }
    return n <= 36 ? TEN_18 * small[n - 18] : TEN_18 * TEN_18 * small[n - 36];
}

bool tide_decimal_fits(tide_int128 value, int precision)
{
    tide_int128 bound = tide_power_of_ten(precision);
    return value > -bound && value < bound;
}

static tide_number_fit check(bool overflowed, tide_int128 value, tide_int128 *out)
{
    if (overflowed || !tide_decimal_fits(value, TIDE_DECIMAL_PRECISION_MAX)) {
        return TIDE_NUMBER_RANGE;
    }
    *out = value;
    return TIDE_NUMBER_OK;
}

tide_number_fit tide_decimal_add(tide_int128 a, tide_int128 b, tide_int128 *out)
{
    tide_int128 sum = 0;
    bool overflowed = __builtin_add_overflow(a, b, &sum);
    return check(overflowed, sum, out);
}

tide_number_fit tide_decimal_subtract(tide_int128 a, tide_int128 b, tide_int128 *out)
{
    tide_int128 difference = 0;
    bool overflowed = __builtin_sub_overflow(a, b, &difference);
    return check(overflowed, difference, out);
}

tide_number_fit tide_decimal_multiply(tide_int128 a, tide_int128 b, tide_int128 *out)
{
    tide_int128 product = 0;
    bool overflowed = __builtin_mul_overflow(a, b, &product);
    return check(overflowed, product, out);
}

static tide_number_fit scale_up(tide_int128 value, int digits, tide_int128 *out)
{
    if (value == 0) {
        *out = 0;
        return TIDE_NUMBER_OK;
    }
    if (digits > TIDE_DECIMAL_PRECISION_MAX) {
        return TIDE_NUMBER_RANGE;
    }
    return tide_decimal_multiply(value, tide_power_of_ten(digits), out);
}

tide_number_fit tide_decimal_rescale(tide_int128 value, int from_scale, int to_scale,
                                     tide_int128 *out)
{
    if (to_scale >= from_scale) {
        return scale_up(value, to_scale - from_scale, out);
    }
    tide_int128 divisor = tide_power_of_ten(from_scale - to_scale);
    if (value % divisor != 0) {
        return TIDE_NUMBER_PRECISION;
    }
    return check(false, value / divisor, out);
}

tide_number_fit tide_decimal_round(tide_int128 value, int from_scale, int to_scale,
                                   tide_int128 *out)
{
    if (to_scale >= from_scale) {
        return scale_up(value, to_scale - from_scale, out);
    }
    tide_int128 divisor = tide_power_of_ten(from_scale - to_scale);
    tide_int128 quotient = value / divisor;
    tide_int128 rest = value % divisor;
    if (rest >= divisor / 2) {
        quotient++;
    } else if (-rest >= divisor / 2) {
        quotient--;
    }
    return check(false, quotient, out);
}

static tide_uint128 magnitude(tide_int128 value)
{
    return value < 0 ? -(tide_uint128)value : (tide_uint128)value;
}

/* The next decimal digit of rest / divisor, for rest < divisor < 2^127: ten times the rest may not
 * fit, so it is made as 2 * (2 * 2 * rest + rest) and reduced at each step. */
static unsigned next_digit(tide_uint128 *rest, tide_uint128 divisor)
{
    static const bool adds_rest[] = {false, false, true, false};
    tide_uint128 value = *rest;
    unsigned digit = 0;
    for (int step = 0; step < 4; step++) {
        value += adds_rest[step] ? *rest : value;
        digit = adds_rest[step] ? digit : digit * 2;
        if (value >= divisor) {
            value -= divisor;
            digit++;
        }
    }
    *rest = value;
    return digit;
}

/* numerator * 10^digits / divisor, rounded half up; false when it has more than 38 digits. */
static bool divide_scaled(tide_uint128 numerator, tide_uint128 divisor, int digits,
                          tide_uint128 *out)
{
    const tide_uint128 bound = (tide_uint128)tide_power_of_ten(TIDE_DECIMAL_PRECISION_MAX);
    tide_uint128 quotient = numerator / divisor;
    tide_uint128 rest = numerator % divisor;
    for (int i = 0; i < digits; i++) {
        if (quotient >= bound / 10) {
            return false;
        }
        quotient = quotient * 10 + next_digit(&rest, divisor);
    }
    if (rest >= divisor - rest) {
        quotient++;
    }
    *out = quotient;
    return quotient < bound;
}

tide_number_fit tide_decimal_divide(tide_int128 a, int a_scale, tide_int128 b, int b_scale,
                                    int result_scale, tide_int128 *out)
{
    if (b == 0) {
        return TIDE_NUMBER_RANGE;
    }
    int digits = result_scale + b_scale - a_scale;
    tide_uint128 divisor = magnitude(b);
    tide_uint128 quotient = 0;
    if (digits < 0) {
        /* A divisor beyond 2^128 is more than twice any a: the quotient rounds to 0. */
        tide_uint128 factor = (tide_uint128)tide_power_of_ten(-digits);
        if (__builtin_mul_overflow(divisor, factor, &divisor)) {
            *out = 0;
            return TIDE_NUMBER_OK;
        }
        digits = 0;
    }
    if (!divide_scaled(magnitude(a), divisor, digits, &quotient)) {
        return TIDE_NUMBER_RANGE;
    }
    *out = (a < 0) != (b < 0) ? -(tide_int128)quotient : (tide_int128)quotient;
    return TIDE_NUMBER_OK;
}

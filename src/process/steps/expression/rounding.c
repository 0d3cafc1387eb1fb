/* SPDX-License-Identifier: Apache-2.0 */
#include "process/steps/expression/rounding.h"

#include <math.h>
#include <stdio.h>

#include "base/limits.h"
#include "record/decimal.h"
#include "record/number_scan.h"

#define LOOP(name) TIDE_DECLARE_LOOP(name)
#define LOCAL_LOOP(name)                                                                      \
    static tide_code name(tide_evaluation *self, const tide_node *node, const uint64_t *rows, \
                          tide_error *err)

typedef tide_int128 (*divide)(tide_int128 value, tide_int128 divisor);

static tide_int128 divide_zero(tide_int128 value, tide_int128 divisor)
{
    return value / divisor;
}

static tide_int128 divide_half(tide_int128 value, tide_int128 divisor)
{
    tide_int128 rest = value % divisor;
    tide_int128 half = divisor / 2;
    return value / divisor + (rest >= half ? 1 : 0) - (rest <= -half ? 1 : 0);
}

static tide_int128 divide_down(tide_int128 value, tide_int128 divisor)
{
    return value / divisor - (value % divisor < 0 ? 1 : 0);
}

static tide_int128 divide_up(tide_int128 value, tide_int128 divisor)
{
    return value / divisor + (value % divisor > 0 ? 1 : 0);
}

/* Digits [parameter2, parameter) after the point go; what is left of them before it are zeros. */
static inline tide_code round_rows(tide_evaluation *self, const tide_node *node,
                                   const uint64_t *rows, divide divide_by)
{
    const tide_decimal_cell *in = TIDE_IN(tide_decimal_cell, 0);
    tide_int128 *out = TIDE_OUT(tide_int128);
    const int dropped = node->parameter - node->parameter2;
    const bool all = dropped > TIDE_DECIMAL_PRECISION_MAX;
    const tide_int128 divisor = tide_power_of_ten(all ? 1 : dropped);
    const tide_int128 factor = tide_power_of_ten(node->parameter2 < 0 ? -node->parameter2 : 0);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        tide_int128 value = all ? 0 : divide_by(in[row], divisor);
        if (__builtin_mul_overflow(value, factor, &out[row]) ||
            !tide_decimal_fits(out[row], node->type.precision)) {
            tide_evaluation_refuse(self, node, row,
                                   "the result has more digits than a decimal holds");
        }
    }
    return TIDE_OK;
}

#define ROUND_DECIMAL(name, by)                    \
    LOCAL_LOOP(name)                               \
    {                                              \
        (void)err;                                 \
        return round_rows(self, node, rows, (by)); \
    }

ROUND_DECIMAL(round_decimal_half, divide_half)
ROUND_DECIMAL(round_decimal_zero, divide_zero)
ROUND_DECIMAL(round_decimal_down, divide_down)
ROUND_DECIMAL(round_decimal_up, divide_up)

tide_loop tide_round_decimal_loop(int how)
{
    static const tide_loop loops[] = {
        [TIDE_ROUND_HALF] = round_decimal_half,
        [TIDE_ROUND_ZERO] = round_decimal_zero,
        [TIDE_ROUND_DOWN] = round_decimal_down,
        [TIDE_ROUND_UP] = round_decimal_up,
    };
    return loops[how];
}

#define ROUND_DOUBLE(name, function)                               \
    LOCAL_LOOP(name)                                               \
    {                                                              \
        (void)rows;                                                \
        (void)err;                                                 \
        const tide_double_cell *in = TIDE_IN(tide_double_cell, 0); \
        double *out = TIDE_OUT(double);                            \
        for (int64_t i = 0; i < self->count; i++) {                \
            out[i] = function(in[i]);                              \
        }                                                          \
        return TIDE_OK;                                            \
    }

static inline double sign_of(double value)
{
    return value > 0 ? 1 : value < 0 ? -1 : value == 0 ? 0 : value;
}

ROUND_DOUBLE(round_double_half, round)
ROUND_DOUBLE(round_double_zero, trunc)
ROUND_DOUBLE(round_double_down, floor)
ROUND_DOUBLE(round_double_up, ceil)
ROUND_DOUBLE(abs_double, fabs)
ROUND_DOUBLE(sign_double, sign_of)

tide_loop tide_round_double_loop(int how)
{
    static const tide_loop loops[] = {
        [TIDE_ROUND_HALF] = round_double_half,
        [TIDE_ROUND_ZERO] = round_double_zero,
        [TIDE_ROUND_DOWN] = round_double_down,
        [TIDE_ROUND_UP] = round_double_up,
    };
    return loops[how];
}

/* A double has at most 17 digits: they fit int64. */
static double round_digits(double value, int digits)
{
    char text[48];
    tide_number_parts parts;
    size_t size = tide_double_format(value, text);
    if (!isfinite(value) || !tide_number_scan((tide_str){text, size}, &parts)) {
        return value;
    }
    int64_t exponent = parts.exponent - (int64_t)parts.fraction.size;
    int64_t dropped = -(exponent + digits);
    if (dropped <= 0) {
        return value;
    }
    tide_int128 whole = 0;
    for (size_t i = 0; i < parts.integer.size + parts.fraction.size; i++) {
        whole = whole * 10 + tide_number_digit(&parts, i);
    }
    tide_int128 kept = dropped > TIDE_DECIMAL_PRECISION_MAX - 1
                           ? 0
                           : divide_half(whole, tide_power_of_ten((int)dropped));
    double result = 0;
    (void)snprintf(text, sizeof text, "%llde%d", (long long)kept, -digits);
    (void)tide_double_parse(tide_str_of(text), &result);
    return parts.is_negative ? -result : result;
}

LOOP(tide_round_double_digits_loop)
{
    (void)err;
    const tide_double_cell *in = TIDE_IN(tide_double_cell, 0);
    double *out = TIDE_OUT(double);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        out[row] = round_digits(in[row], node->parameter);
    }
    return TIDE_OK;
}

LOCAL_LOOP(abs_integer)
{
    (void)err;
    const tide_int64_cell *in = TIDE_IN(tide_int64_cell, 0);
    int64_t *out = TIDE_OUT(int64_t);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        out[row] = in[row];
        if (in[row] < 0 && __builtin_sub_overflow(INT64_C(0), in[row], &out[row])) {
            tide_evaluation_refuse(self, node, row, "the result does not fit int64");
        }
    }
    return TIDE_OK;
}

LOCAL_LOOP(abs_decimal)
{
    (void)rows;
    (void)err;
    const tide_decimal_cell *in = TIDE_IN(tide_decimal_cell, 0);
    tide_uint128 *out = TIDE_OUT(tide_uint128);
    for (int64_t i = 0; i < self->count; i++) {
        out[i] = in[i] < 0 ? -(tide_uint128)in[i] : (tide_uint128)in[i];
    }
    return TIDE_OK;
}

tide_loop tide_abs_loop(tide_type_id type)
{
    return type == TIDE_DOUBLE ? abs_double : type == TIDE_DECIMAL ? abs_decimal : abs_integer;
}

#define SIGN_LOOP(name, cell)                                   \
    LOCAL_LOOP(name)                                            \
    {                                                           \
        (void)rows;                                             \
        (void)err;                                              \
        const cell *in = TIDE_IN(cell, 0);                      \
        int32_t *out = TIDE_OUT(int32_t);                       \
        for (int64_t i = 0; i < self->count; i++) {             \
            out[i] = (in[i] > 0 ? 1 : 0) - (in[i] < 0 ? 1 : 0); \
        }                                                       \
        return TIDE_OK;                                         \
    }

SIGN_LOOP(sign_integer, tide_int64_cell)
SIGN_LOOP(sign_decimal, tide_decimal_cell)

tide_loop tide_sign_loop(tide_type_id type)
{
    return type == TIDE_DOUBLE ? sign_double : type == TIDE_DECIMAL ? sign_decimal : sign_integer;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Loops of arithmetic. Those that may overflow compute all rows at once and look again, row by row,
 * only where one of them did: it may have been a row that nobody asked for. */
#include <math.h>

#include "process/steps/expression/arithmetic.h"
#include "record/decimal.h"

#define LOOP(name)                                                                            \
    static tide_code name(tide_evaluation *self, const tide_node *node, const uint64_t *rows, \
                          tide_error *err)

static const char overflow_integer[] = "the result does not fit int64";
static const char overflow_decimal[] = "the result has more digits than a decimal holds";
static const char overflow_double[] = "the result is beyond the largest double";
static const char zero[] = "division by zero";

#define INTEGER_LOOP(name, overflows)                                            \
    LOOP(name)                                                                   \
    {                                                                            \
        (void)err;                                                               \
        const tide_int64_cell *a = TIDE_IN(tide_int64_cell, 0);                  \
        const tide_int64_cell *b = TIDE_IN(tide_int64_cell, 1);                  \
        int64_t *out = TIDE_OUT(int64_t);                                        \
        bool any = false;                                                        \
        for (int64_t i = 0; i < self->count; i++) {                              \
            any |= overflows(a[i], b[i], &out[i]);                               \
        }                                                                        \
        if (!any) {                                                              \
            return TIDE_OK;                                                      \
        }                                                                        \
        TIDE_FOR_ROWS(rows, tide_word_count(self))                               \
        {                                                                        \
            if (overflows(a[row], b[row], &out[row])) {                          \
                tide_evaluation_refuse(self, node, row, "%s", overflow_integer); \
            }                                                                    \
        }                                                                        \
        return TIDE_OK;                                                          \
    }

INTEGER_LOOP(add_integer, __builtin_add_overflow)
INTEGER_LOOP(subtract_integer, __builtin_sub_overflow)
INTEGER_LOOP(multiply_integer, __builtin_mul_overflow)

LOOP(divide_integer)
{
    (void)err;
    const tide_int64_cell *a = TIDE_IN(tide_int64_cell, 0);
    const tide_int64_cell *b = TIDE_IN(tide_int64_cell, 1);
    int64_t *out = TIDE_OUT(int64_t);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        if (b[row] == 0) {
            tide_evaluation_refuse(self, node, row, "%s", zero);
        } else if (b[row] == -1 && a[row] == INT64_MIN) {
            tide_evaluation_refuse(self, node, row, "%s", overflow_integer);
        } else {
            out[row] = a[row] / b[row];
        }
    }
    return TIDE_OK;
}

LOOP(remainder_integer)
{
    (void)err;
    const tide_int64_cell *a = TIDE_IN(tide_int64_cell, 0);
    const tide_int64_cell *b = TIDE_IN(tide_int64_cell, 1);
    int64_t *out = TIDE_OUT(int64_t);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        if (b[row] == 0) {
            tide_evaluation_refuse(self, node, row, "%s", zero);
        } else {
            out[row] = b[row] == -1 ? 0 : a[row] % b[row];
        }
    }
    return TIDE_OK;
}

tide_loop tide_integer_loop(tide_operation operation)
{
    static const tide_loop loops[] = {
        [TIDE_ADD] = add_integer,
        [TIDE_SUBTRACT] = subtract_integer,
        [TIDE_MULTIPLY] = multiply_integer,
        [TIDE_DIVIDE] = divide_integer,
        [TIDE_REMAINDER] = remainder_integer,
    };
    return loops[operation];
}

/* From finite values only: an infinity or NaN that was read goes on as such. */
static void refuse_infinite(tide_evaluation *self, const tide_node *node, const uint64_t *rows)
{
    const tide_double_cell *a = TIDE_IN(tide_double_cell, 0);
    const tide_double_cell *b = TIDE_IN(tide_double_cell, 1);
    const double *out = TIDE_OUT(double);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        if (!isfinite(out[row]) && isfinite(a[row]) && isfinite(b[row])) {
            tide_evaluation_refuse(self, node, row, "%s", overflow_double);
        }
    }
}

#define DOUBLE_LOOP(name, operator)                               \
    LOOP(name)                                                    \
    {                                                             \
        (void)err;                                                \
        const tide_double_cell *a = TIDE_IN(tide_double_cell, 0); \
        const tide_double_cell *b = TIDE_IN(tide_double_cell, 1); \
        double *out = TIDE_OUT(double);                           \
        bool any = false;                                         \
        for (int64_t i = 0; i < self->count; i++) {               \
            out[i] = a[i] operator b[i];                          \
            any |= !isfinite(out[i]);                             \
        }                                                         \
        if (any) {                                                \
            refuse_infinite(self, node, rows);                    \
        }                                                         \
        return TIDE_OK;                                           \
    }

DOUBLE_LOOP(add_double, +)
DOUBLE_LOOP(subtract_double, -)
DOUBLE_LOOP(multiply_double, *)

LOOP(divide_double)
{
    (void)err;
    const tide_double_cell *a = TIDE_IN(tide_double_cell, 0);
    const tide_double_cell *b = TIDE_IN(tide_double_cell, 1);
    double *out = TIDE_OUT(double);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        if (b[row] == 0 && !isnan(a[row])) {
            tide_evaluation_refuse(self, node, row, "%s", zero);
        } else {
            out[row] = a[row] / b[row];
        }
    }
    refuse_infinite(self, node, rows);
    return TIDE_OK;
}

tide_loop tide_double_loop(tide_operation operation)
{
    static const tide_loop loops[] = {
        [TIDE_ADD] = add_double,
        [TIDE_SUBTRACT] = subtract_double,
        [TIDE_MULTIPLY] = multiply_double,
        [TIDE_DIVIDE] = divide_double,
    };
    return loops[operation];
}

#define DECIMAL_LOOP_UNCHECKED(name, operator)                       \
    LOOP(name)                                                       \
    {                                                                \
        (void)rows;                                                  \
        (void)err;                                                   \
        const tide_decimal_cell *a = TIDE_IN(tide_decimal_cell, 0);  \
        const tide_decimal_cell *b = TIDE_IN(tide_decimal_cell, 1);  \
        tide_uint128 *out = TIDE_OUT(tide_uint128);                  \
        for (int64_t i = 0; i < self->count; i++) {                  \
            out[i] = (tide_uint128)a[i] operator(tide_uint128) b[i]; \
        }                                                            \
        return TIDE_OK;                                              \
    }

#define DECIMAL_LOOP_CHECKED(name, compute)                                      \
    LOOP(name)                                                                   \
    {                                                                            \
        (void)err;                                                               \
        const tide_decimal_cell *a = TIDE_IN(tide_decimal_cell, 0);              \
        const tide_decimal_cell *b = TIDE_IN(tide_decimal_cell, 1);              \
        tide_int128 *out = TIDE_OUT(tide_int128);                                \
        TIDE_FOR_ROWS(rows, tide_word_count(self))                               \
        {                                                                        \
            if (compute(a[row], b[row], &out[row]) != TIDE_NUMBER_OK) {          \
                tide_evaluation_refuse(self, node, row, "%s", overflow_decimal); \
            }                                                                    \
        }                                                                        \
        return TIDE_OK;                                                          \
    }

/* Unsigned, as rows that nobody asked for hold anything. */
DECIMAL_LOOP_UNCHECKED(add_decimal, +)
DECIMAL_LOOP_UNCHECKED(subtract_decimal, -)
DECIMAL_LOOP_UNCHECKED(multiply_decimal, *)
DECIMAL_LOOP_CHECKED(add_decimal_checked, tide_decimal_add)
DECIMAL_LOOP_CHECKED(subtract_decimal_checked, tide_decimal_subtract)
DECIMAL_LOOP_CHECKED(multiply_decimal_checked, tide_decimal_multiply)

/* a * factor / b, rounded half away from zero, where the product fits 128 bits: mostly. */
static inline bool divide_short(tide_int128 a, tide_int128 b, tide_int128 factor, tide_int128 *out)
{
    tide_int128 product = 0;
    if (__builtin_mul_overflow(a, factor, &product)) {
        return false;
    }
    tide_int128 rest = product % b;
    tide_int128 quotient = product / b;
    tide_uint128 twice = 2 * (rest < 0 ? -(tide_uint128)rest : (tide_uint128)rest);
    if (twice >= (b < 0 ? -(tide_uint128)b : (tide_uint128)b)) {
        quotient += (product < 0) == (b < 0) ? 1 : -1;
    }
    *out = quotient;
    return tide_decimal_fits(quotient, 38);
}

LOOP(divide_decimal)
{
    (void)err;
    const tide_decimal_cell *a = TIDE_IN(tide_decimal_cell, 0);
    const tide_decimal_cell *b = TIDE_IN(tide_decimal_cell, 1);
    tide_int128 *out = TIDE_OUT(tide_int128);
    const int digits = node->type.scale + node->parameter2 - node->parameter;
    const bool may_be_short = digits >= 0 && digits <= 38;
    const tide_int128 factor = may_be_short ? tide_power_of_ten(digits) : 0;
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        if (b[row] == 0) {
            tide_evaluation_refuse(self, node, row, "%s", zero);
        } else if (may_be_short && divide_short(a[row], b[row], factor, &out[row])) {
            continue;
        } else if (tide_decimal_divide(a[row], node->parameter, b[row], node->parameter2,
                                       node->type.scale, &out[row]) != TIDE_NUMBER_OK) {
            tide_evaluation_refuse(self, node, row, "%s", overflow_decimal);
        }
    }
    return TIDE_OK;
}

LOOP(remainder_decimal)
{
    (void)err;
    const tide_decimal_cell *a = TIDE_IN(tide_decimal_cell, 0);
    const tide_decimal_cell *b = TIDE_IN(tide_decimal_cell, 1);
    tide_int128 *out = TIDE_OUT(tide_int128);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        if (b[row] == 0) {
            tide_evaluation_refuse(self, node, row, "%s", zero);
        } else {
            out[row] = a[row] % b[row];
        }
    }
    return TIDE_OK;
}

tide_loop tide_decimal_loop(tide_operation operation, tide_type a, tide_type b)
{
    int scale = a.scale > b.scale ? a.scale : b.scale;
    int a_integers = a.precision - a.scale;
    int b_integers = b.precision - b.scale;
    bool sum_fits = (a_integers > b_integers ? a_integers : b_integers) + scale < 38;
    bool product_fits = a.precision + b.precision <= 38;
    switch (operation) {
        case TIDE_ADD:
            return sum_fits ? add_decimal : add_decimal_checked;
        case TIDE_SUBTRACT:
            return sum_fits ? subtract_decimal : subtract_decimal_checked;
        case TIDE_MULTIPLY:
            return product_fits ? multiply_decimal : multiply_decimal_checked;
        case TIDE_DIVIDE:
            return divide_decimal;
        default:
            return remainder_decimal;
    }
}

LOOP(negate_integer)
{
    (void)err;
    const tide_int64_cell *a = TIDE_IN(tide_int64_cell, 0);
    int64_t *out = TIDE_OUT(int64_t);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        if (__builtin_sub_overflow(INT64_C(0), a[row], &out[row])) {
            tide_evaluation_refuse(self, node, row, "%s", overflow_integer);
        }
    }
    return TIDE_OK;
}

LOOP(negate_double)
{
    (void)rows;
    (void)err;
    const tide_double_cell *a = TIDE_IN(tide_double_cell, 0);
    double *out = TIDE_OUT(double);
    for (int64_t i = 0; i < self->count; i++) {
        out[i] = -a[i];
    }
    return TIDE_OK;
}

LOOP(negate_decimal)
{
    (void)rows;
    (void)err;
    const tide_decimal_cell *a = TIDE_IN(tide_decimal_cell, 0);
    tide_uint128 *out = TIDE_OUT(tide_uint128);
    for (int64_t i = 0; i < self->count; i++) {
        out[i] = -(tide_uint128)a[i];
    }
    return TIDE_OK;
}

tide_loop tide_negate_loop(tide_type_id type)
{
    return type == TIDE_DOUBLE    ? negate_double
           : type == TIDE_DECIMAL ? negate_decimal
                                  : negate_integer;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Casts between numbers: exact, or the row is refused. To double is the nearest double. */
#include <math.h>

#include "process/steps/expression/casts.h"
#include "record/decimal.h"

#define LOOP(name) TIDE_DECLARE_LOOP(name)

#define WIDEN_LOOP(name, from, to)                    \
    LOOP(name)                                        \
    {                                                 \
        (void)rows;                                   \
        (void)err;                                    \
        const from *in = TIDE_IN(from, 0);            \
        typedef to name##_result;                     \
        name##_result *out = TIDE_OUT(name##_result); \
        for (int64_t i = 0; i < self->count; i++) {   \
            out[i] = (to)in[i];                       \
        }                                             \
        return TIDE_OK;                               \
    }

WIDEN_LOOP(tide_cast_int32_int64, tide_int32_cell, int64_t)
WIDEN_LOOP(tide_cast_int32_double, tide_int32_cell, double)
WIDEN_LOOP(tide_cast_int64_double, tide_int64_cell, double)

#define BOOL_LOOP(name, to)                           \
    LOOP(name)                                        \
    {                                                 \
        (void)rows;                                   \
        (void)err;                                    \
        const uint64_t *in = TIDE_IN(uint64_t, 0);    \
        typedef to name##_result;                     \
        name##_result *out = TIDE_OUT(name##_result); \
        for (int64_t i = 0; i < self->count; i++) {   \
            out[i] = tide_word_bit(in, i) ? 1 : 0;    \
        }                                             \
        return TIDE_OK;                               \
    }

BOOL_LOOP(tide_cast_bool_int32, int32_t)
BOOL_LOOP(tide_cast_bool_int64, int64_t)

/* Says why a number does not fit the node's type. */
static void refuse_number(tide_evaluation *self, const tide_node *node, int64_t row,
                          const char *number, tide_number_fit fit)
{
    char name[24];
    tide_type_format(node->type, name);
    if (fit == TIDE_NUMBER_PRECISION) {
        tide_evaluation_refuse(self, node, row, "%s has more digits after the point than %s holds",
                               number, name);
    } else {
        tide_evaluation_refuse(self, node, row, "%s does not fit %s", number, name);
    }
}

static void refuse_decimal(tide_evaluation *self, const tide_node *node, int64_t row,
                           tide_int128 value, tide_number_fit fit)
{
    char number[48];
    (void)tide_decimal_format(value, node->parameter, number);
    refuse_number(self, node, row, number, fit);
}

static void refuse_double(tide_evaluation *self, const tide_node *node, int64_t row, double value,
                          tide_number_fit fit)
{
    char number[32];
    size_t size = tide_double_format(value, number);
    number[size] = '\0';
    refuse_number(self, node, row, number, fit);
}

LOOP(tide_cast_int64_int32)
{
    (void)err;
    const tide_int64_cell *in = TIDE_IN(tide_int64_cell, 0);
    int32_t *out = TIDE_OUT(int32_t);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        out[row] = (int32_t)in[row];
        if (out[row] != in[row]) {
            refuse_decimal(self, node, row, in[row], TIDE_NUMBER_RANGE);
        }
    }
    return TIDE_OK;
}

static tide_number_fit fit_decimal(tide_int128 value, int from_scale, tide_type type,
                                   tide_int128 *out)
{
    tide_number_fit fit = tide_decimal_rescale(value, from_scale, type.scale, out);
    return fit == TIDE_NUMBER_OK && !tide_decimal_fits(*out, type.precision) ? TIDE_NUMBER_RANGE
                                                                             : fit;
}

/* From the greatest number of digits that `from` has: does all of it fit? */
static bool always_fits(const tide_node *node, int from_digits)
{
    return node->type.precision - node->type.scale >= from_digits;
}

#define INTEGER_TO_DECIMAL(name, from, digits)                                    \
    LOOP(name)                                                                    \
    {                                                                             \
        (void)err;                                                                \
        const from *in = TIDE_IN(from, 0);                                        \
        tide_int128 *out = TIDE_OUT(tide_int128);                                 \
        if (always_fits(node, (digits))) {                                        \
            const tide_int128 factor = tide_power_of_ten(node->type.scale);       \
            for (int64_t i = 0; i < self->count; i++) {                           \
                out[i] = in[i] * factor;                                          \
            }                                                                     \
            return TIDE_OK;                                                       \
        }                                                                         \
        TIDE_FOR_ROWS(rows, tide_word_count(self))                                \
        {                                                                         \
            tide_number_fit fit = fit_decimal(in[row], 0, node->type, &out[row]); \
            if (fit != TIDE_NUMBER_OK) {                                          \
                refuse_decimal(self, node, row, in[row], fit);                    \
            }                                                                     \
        }                                                                         \
        return TIDE_OK;                                                           \
    }

INTEGER_TO_DECIMAL(tide_cast_int32_decimal, tide_int32_cell, 10)
INTEGER_TO_DECIMAL(tide_cast_int64_decimal, tide_int64_cell, 19)

LOOP(tide_cast_decimal_decimal)
{
    (void)err;
    const tide_decimal_cell *in = TIDE_IN(tide_decimal_cell, 0);
    tide_int128 *out = TIDE_OUT(tide_int128);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        tide_number_fit fit = fit_decimal(in[row], node->parameter, node->type, &out[row]);
        if (fit != TIDE_NUMBER_OK) {
            refuse_decimal(self, node, row, in[row], fit);
        }
    }
    return TIDE_OK;
}

LOOP(tide_cast_decimal_double)
{
    (void)err;
    const tide_decimal_cell *in = TIDE_IN(tide_decimal_cell, 0);
    double *out = TIDE_OUT(double);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        out[row] = tide_decimal_to_double(in[row], node->parameter);
    }
    return TIDE_OK;
}

#define DECIMAL_TO_INTEGER(name, to, least, most)                                            \
    LOOP(name)                                                                               \
    {                                                                                        \
        (void)err;                                                                           \
        const tide_decimal_cell *in = TIDE_IN(tide_decimal_cell, 0);                         \
        typedef to name##_result;                                                            \
        name##_result *out = TIDE_OUT(name##_result);                                        \
        TIDE_FOR_ROWS(rows, tide_word_count(self))                                           \
        {                                                                                    \
            tide_int128 value = 0;                                                           \
            tide_number_fit fit = tide_decimal_rescale(in[row], node->parameter, 0, &value); \
            if (fit != TIDE_NUMBER_OK || value < (least) || value > (most)) {                \
                refuse_decimal(self, node, row, in[row], fit);                               \
            } else {                                                                         \
                out[row] = (to)value;                                                        \
            }                                                                                \
        }                                                                                    \
        return TIDE_OK;                                                                      \
    }

DECIMAL_TO_INTEGER(tide_cast_decimal_int32, int32_t, INT32_MIN, INT32_MAX)
DECIMAL_TO_INTEGER(tide_cast_decimal_int64, int64_t, INT64_MIN, INT64_MAX)

/* The bounds are doubles themselves: -2^n and 2^n. */
#define DOUBLE_TO_INTEGER(name, to, bound)                                      \
    LOOP(name)                                                                  \
    {                                                                           \
        (void)err;                                                              \
        const tide_double_cell *in = TIDE_IN(tide_double_cell, 0);              \
        typedef to name##_result;                                               \
        name##_result *out = TIDE_OUT(name##_result);                           \
        TIDE_FOR_ROWS(rows, tide_word_count(self))                              \
        {                                                                       \
            if (!(in[row] >= -(bound) && in[row] < (bound))) {                  \
                refuse_double(self, node, row, in[row], TIDE_NUMBER_RANGE);     \
            } else if (in[row] != trunc(in[row])) {                             \
                refuse_double(self, node, row, in[row], TIDE_NUMBER_PRECISION); \
            } else {                                                            \
                out[row] = (to)in[row];                                         \
            }                                                                   \
        }                                                                       \
        return TIDE_OK;                                                         \
    }

DOUBLE_TO_INTEGER(tide_cast_double_int32, int32_t, 0x1p31)
DOUBLE_TO_INTEGER(tide_cast_double_int64, int64_t, 0x1p63)

/* By the shortest text that is this double: 0.1 is 0.1. */
LOOP(tide_cast_double_decimal)
{
    (void)err;
    const tide_double_cell *in = TIDE_IN(tide_double_cell, 0);
    tide_int128 *out = TIDE_OUT(tide_int128);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        char number[32];
        tide_str text = {number, tide_double_format(in[row], number)};
        tide_number_fit fit =
            tide_decimal_parse(text, node->type.precision, node->type.scale, &out[row]);
        if (fit != TIDE_NUMBER_OK) {
            refuse_double(self, node, row, in[row], fit);
        }
    }
    return TIDE_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Loops of comparisons: one per operation and kind of value. */
#include <string.h>

#include "process/steps/expression/kernels.h"
#include "record/decimal.h"

#define COMPARE_ALL(name, cell, test)                                                         \
    static tide_code name(tide_evaluation *self, const tide_node *node, const uint64_t *rows, \
                          tide_error *err)                                                    \
    {                                                                                         \
        (void)rows;                                                                           \
        (void)err;                                                                            \
        const cell *a = TIDE_IN(cell, 0);                                                     \
        const cell *b = TIDE_IN(cell, 1);                                                     \
        uint64_t *out = TIDE_OUT(uint64_t);                                                   \
        TIDE_BITS_OF_ALL(out, test);                                                          \
        return TIDE_OK;                                                                       \
    }

#define COMPARE_ROWS(name, cell, test)                                                        \
    static tide_code name(tide_evaluation *self, const tide_node *node, const uint64_t *rows, \
                          tide_error *err)                                                    \
    {                                                                                         \
        (void)err;                                                                            \
        const cell *a = TIDE_IN(cell, 0);                                                     \
        const cell *b = TIDE_IN(cell, 1);                                                     \
        uint64_t *out = TIDE_OUT(uint64_t);                                                   \
        TIDE_BITS_OF_ROWS(out, test);                                                         \
        return TIDE_OK;                                                                       \
    }

#define COMPARE_WORDS(name, test)                                                             \
    static tide_code name(tide_evaluation *self, const tide_node *node, const uint64_t *rows, \
                          tide_error *err)                                                    \
    {                                                                                         \
        (void)rows;                                                                           \
        (void)err;                                                                            \
        const uint64_t *a = TIDE_IN(uint64_t, 0);                                             \
        const uint64_t *b = TIDE_IN(uint64_t, 1);                                             \
        uint64_t *out = TIDE_OUT(uint64_t);                                                   \
        for (size_t i = 0; i < tide_word_count(self); i++) {                                  \
            out[i] = (test);                                                                  \
        }                                                                                     \
        return TIDE_OK;                                                                       \
    }

#define COMPARE_ORDERED(type, cell)                        \
    COMPARE_ALL(equal_##type, cell, a[row] == b[row])      \
    COMPARE_ALL(unequal_##type, cell, a[row] != b[row])    \
    COMPARE_ALL(less_##type, cell, a[row] < b[row])        \
    COMPARE_ALL(less_equal_##type, cell, a[row] <= b[row]) \
    COMPARE_ALL(greater_##type, cell, a[row] > b[row])     \
    COMPARE_ALL(greater_equal_##type, cell, a[row] >= b[row])

COMPARE_ORDERED(int32, tide_int32_cell)
COMPARE_ORDERED(int64, tide_int64_cell)
COMPARE_ORDERED(decimal, tide_decimal_cell)

/* A word of rows by the processor's comparison, and anew by ours if a NaN was among them. */
#define COMPARE_DOUBLES(name, plain, ordered)                                                 \
    static tide_code name(tide_evaluation *self, const tide_node *node, const uint64_t *rows, \
                          tide_error *err)                                                    \
    {                                                                                         \
        (void)rows;                                                                           \
        (void)err;                                                                            \
        const tide_double_cell *a = TIDE_IN(tide_double_cell, 0);                             \
        const tide_double_cell *b = TIDE_IN(tide_double_cell, 1);                             \
        uint64_t *out = TIDE_OUT(uint64_t);                                                   \
        for (int64_t begin = 0; begin < self->count; begin += 64) {                           \
            int64_t end = self->count - begin < 64 ? self->count : begin + 64;                \
            uint64_t bits = 0;                                                                \
            uint64_t unordered = 0;                                                           \
            for (int64_t i = begin; i < end; i++) {                                           \
                bits |= (uint64_t)(plain) << (i - begin);                                     \
                unordered |= (uint64_t)(__builtin_isunordered(a[i], b[i]) != 0);              \
            }                                                                                 \
            for (int64_t i = begin; unordered != 0 && i < end; i++) {                         \
                uint64_t bit = UINT64_C(1) << (i - begin);                                    \
                bits = (ordered) ? bits | bit : bits & ~bit;                                  \
            }                                                                                 \
            out[begin / 64] = bits;                                                           \
        }                                                                                     \
        return TIDE_OK;                                                                       \
    }

COMPARE_DOUBLES(equal_double, a[i] == b[i], tide_double_equal(a[i], b[i]))
COMPARE_DOUBLES(unequal_double, a[i] != b[i], !tide_double_equal(a[i], b[i]))
COMPARE_DOUBLES(less_double, a[i] < b[i], tide_double_less(a[i], b[i]))
COMPARE_DOUBLES(less_equal_double, a[i] <= b[i], !tide_double_less(b[i], a[i]))
COMPARE_DOUBLES(greater_double, a[i] > b[i], tide_double_less(b[i], a[i]))
COMPARE_DOUBLES(greater_equal_double, a[i] >= b[i], !tide_double_less(a[i], b[i]))

COMPARE_WORDS(equal_bool, ~(a[i] ^ b[i]))
COMPARE_WORDS(unequal_bool, a[i] ^ b[i])
COMPARE_WORDS(less_bool, ~a[i] & b[i])
COMPARE_WORDS(less_equal_bool, ~a[i] | b[i])
COMPARE_WORDS(greater_bool, a[i] & ~b[i])
COMPARE_WORDS(greater_equal_bool, a[i] | ~b[i])

COMPARE_ROWS(equal_text, tide_str, tide_str_equal(a[row], b[row]))
COMPARE_ROWS(unequal_text, tide_str, !tide_str_equal(a[row], b[row]))
COMPARE_ROWS(less_text, tide_str, tide_str_compare(a[row], b[row]) < 0)
COMPARE_ROWS(less_equal_text, tide_str, tide_str_compare(a[row], b[row]) <= 0)
COMPARE_ROWS(greater_text, tide_str, tide_str_compare(a[row], b[row]) > 0)
COMPARE_ROWS(greater_equal_text, tide_str, tide_str_compare(a[row], b[row]) >= 0)

typedef struct uuid_cell {
    uint8_t bytes[16];
} uuid_cell;

#define UUID_ORDER memcmp(a[row].bytes, b[row].bytes, 16)
COMPARE_ALL(equal_uuid, uuid_cell, UUID_ORDER == 0)
COMPARE_ALL(unequal_uuid, uuid_cell, UUID_ORDER != 0)
COMPARE_ALL(less_uuid, uuid_cell, UUID_ORDER < 0)
COMPARE_ALL(less_equal_uuid, uuid_cell, UUID_ORDER <= 0)
COMPARE_ALL(greater_uuid, uuid_cell, UUID_ORDER > 0)
COMPARE_ALL(greater_equal_uuid, uuid_cell, UUID_ORDER >= 0)

/* Scaling up may leave 128 bits: then that side is the greater by amount. */
static int compare_scaled(tide_int128 a, int a_scale, tide_int128 b, int b_scale)
{
    tide_int128 scaled = 0;
    if (a_scale > b_scale) {
        return -compare_scaled(b, b_scale, a, a_scale);
    }
    if (__builtin_mul_overflow(a, tide_power_of_ten(b_scale - a_scale), &scaled)) {
        return a < 0 ? -1 : 1;
    }
    return (scaled > b) - (scaled < b);
}

#define SCALES_ORDER compare_scaled(a[row], node->parameter, b[row], node->parameter2)
COMPARE_ALL(equal_scales, tide_decimal_cell, SCALES_ORDER == 0)
COMPARE_ALL(unequal_scales, tide_decimal_cell, SCALES_ORDER != 0)
COMPARE_ALL(less_scales, tide_decimal_cell, SCALES_ORDER < 0)
COMPARE_ALL(less_equal_scales, tide_decimal_cell, SCALES_ORDER <= 0)
COMPARE_ALL(greater_scales, tide_decimal_cell, SCALES_ORDER > 0)
COMPARE_ALL(greater_equal_scales, tide_decimal_cell, SCALES_ORDER >= 0)

#define COMPARE_ROW(type)                            \
    {equal_##type,      unequal_##type, less_##type, \
     less_equal_##type, greater_##type, greater_equal_##type}

static const tide_loop loops[][6] = {
    [TIDE_BOOL] = COMPARE_ROW(bool),
    [TIDE_INT32] = COMPARE_ROW(int32),
    [TIDE_INT64] = COMPARE_ROW(int64),
    [TIDE_DOUBLE] = COMPARE_ROW(double),
    [TIDE_DECIMAL] = COMPARE_ROW(decimal),
    [TIDE_TEXT] = COMPARE_ROW(text),
    [TIDE_BYTES] = COMPARE_ROW(text),
    [TIDE_DATE] = COMPARE_ROW(int32),
    [TIDE_TIMESTAMP] = COMPARE_ROW(int64),
    [TIDE_UUID] = COMPARE_ROW(uuid),
    [TIDE_JSON] = {NULL},
};

static const tide_loop scales_loops[] = COMPARE_ROW(scales);

tide_loop tide_compare_loop(tide_operation operation, tide_type_id type)
{
    return loops[type][operation];
}

tide_loop tide_compare_scales_loop(tide_operation operation)
{
    return scales_loops[operation];
}

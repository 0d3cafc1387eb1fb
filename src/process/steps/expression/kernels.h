/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels: what the loops of strict nodes share. Thread rule: none of them has state.
 *
 * A loop that can't fail goes over all rows of the chunk, selected or not, null or not: that is
 * faster than asking. One that can fail, or reads texts, goes over `rows`. */
#ifndef TIDE_PROCESS_STEPS_EXPRESSION_KERNELS_H
#define TIDE_PROCESS_STEPS_EXPRESSION_KERNELS_H

#include "process/steps/expression/node.h"
#include "process/steps/expression/syntax.h"

/* The values of argument i, and where results go. */
#define TIDE_IN(type, i) ((const type *)tide_argument(self, node, (i))->data)
#define TIDE_OUT(type) ((type *)self->vectors[node->slot].own_data)

static inline void tide_clear_bits(const tide_evaluation *self, uint64_t *bits)
{
    for (size_t i = 0; i < tide_word_count(self); i++) {
        bits[i] = 0;
    }
}

/* Defines a loop that computes a bool for all rows: `test` is an expression of row. */
#define TIDE_BITS_OF_ALL(out, test)                                      \
    do {                                                                 \
        int64_t left_ = self->count;                                     \
        int64_t row = 0;                                                 \
        for (size_t word_ = 0; left_ > 0; word_++, left_ -= 64) {        \
            uint64_t bits_ = 0;                                          \
            for (int64_t i_ = 0; i_ < (left_ < 64 ? left_ : 64); i_++) { \
                bits_ |= (uint64_t)(test) << i_;                         \
                row++;                                                   \
            }                                                            \
            (out)[word_] = bits_;                                        \
        }                                                                \
    } while (0)

/* The same for the selected rows only; the others are false. */
#define TIDE_BITS_OF_ROWS(out, test)                                     \
    do {                                                                 \
        tide_clear_bits(self, (out));                                    \
        TIDE_FOR_ROWS(rows, tide_word_count(self))                       \
        {                                                                \
            (out)[row >> 6] |= (uint64_t)((test) ? 1 : 0) << (row & 63); \
        }                                                                \
    } while (0)

/* The order of record/order.h: NaN greatest and equal to itself. */
static inline bool tide_double_less(double a, double b)
{
    return a < b || (b != b && a == a);
}
static inline bool tide_double_equal(double a, double b)
{
    return a == b || (a != a && b != b);
}

/* compare_loops.c: by operation and type; NULL where a type has no order. Decimals of different
 * scale have the scales in parameter and parameter2. */
tide_loop tide_compare_loop(tide_operation operation, tide_type_id type);
tide_loop tide_compare_scales_loop(tide_operation operation);

#endif

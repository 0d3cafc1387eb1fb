/* SPDX-License-Identifier: Apache-2.0 */
/* Row order: the total order in which a shuffle gives its rows back.
 *
 *   hash of the key, then the key's values, then the order columns as given
 *
 * The first order column is usually a time. Where its type allows, it is carried beside the hash as
 * an integer that sorts alike (the sort key), so that most comparisons never touch a column. Two
 * rows with the same sort key are not always equal in that column (null and the least int64), so
 * equal sort keys are followed by a comparison of all order columns, the first one included.
 *
 * Immutable after init; safe from several threads.
 */
#ifndef TIDE_SHUFFLE_ROW_ORDER_H
#define TIDE_SHUFFLE_ROW_ORDER_H

#include "record/order.h"

typedef struct tide_row_order tide_row_order;

struct tide_row_order {
    tide_order key;  /* the key columns */
    tide_order rest; /* the order columns */
    /* Writes the sort keys of rows [0, row_count), `stride` bytes apart. */
    void (*fill_sort_keys)(const tide_row_order *order, const tide_column *columns,
                           int64_t row_count, void *out, size_t stride);
};

typedef struct tide_row_order_options {
    const tide_schema *schema;
    const uint32_t *key_columns; /* copied */
    size_t key_count;
    const uint32_t *order_columns; /* copied */
    size_t order_count;
} tide_row_order_options;

TIDE_MUST_CHECK tide_code tide_row_order_init(tide_row_order *order,
                                              const tide_row_order_options *options,
                                              tide_error *err);
void tide_row_order_clear(tide_row_order *order);

static inline int tide_row_order_compare_keys(const tide_row_order *order, tide_row a, tide_row b)
{
    return tide_order_compare(&order->key, a, b);
}
/* Of rows with the same key. */
static inline int tide_row_order_compare_rest(const tide_row_order *order, tide_row a, tide_row b)
{
    return tide_order_compare(&order->rest, a, b);
}
/* Of rows with the same hash. */
static inline int tide_row_order_compare(const tide_row_order *order, tide_row a, tide_row b)
{
    int keys = tide_row_order_compare_keys(order, a, b);
    return keys != 0 ? keys : tide_row_order_compare_rest(order, a, b);
}

#endif

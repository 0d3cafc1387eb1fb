/* SPDX-License-Identifier: Apache-2.0 */
/* Reduction: the rows of a unit to one per key, in key order.
 *
 *   key  newest                        key  newest
 *   b    1          sorted by key,     a    2        first of each key: the winner
 *   a    1          greatest first     a    1        superseded
 *   a    2                             b    1
 *
 * The winner is the greatest by newest, then by all columns as declared (record/order.h); equal
 * rows are the same row.
 */
#ifndef TIDE_SINK_SQLITE_REDUCTION_H
#define TIDE_SINK_SQLITE_REDUCTION_H

#include "flow/sink.h"
#include "record/order.h"

typedef struct tide_candidate {
    tide_row row;
    uint32_t chunk;
} tide_candidate;

typedef struct tide_reduction {
    tide_order key;
    tide_order rank;
    uint32_t *rank_columns; /* owned: newest, then all the others */
    size_t rank_count;
} tide_reduction;

/* On failure nothing is owned. */
TIDE_MUST_CHECK tide_code tide_reduction_init(tide_reduction *reduction, const tide_target *target,
                                              tide_error *err);
void tide_reduction_clear(tide_reduction *reduction);
/* Moves the winners to the front, in key order; gives their number. Thread-safe. */
size_t tide_reduction_reduce(const tide_reduction *reduction, tide_candidate *candidates,
                             size_t count);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Bisect: takes a row of items by ranges, and finds those that the server refuses.
 *
 * A range is one savepoint. When it is refused, the smallest range known to hold a bad item is
 * halved until one stands alone and is refused with the server's reason; a line that the server
 * named only says where to cut, until one proves wrong. After a refusal the ranges grow again by
 * doubling, so that k bad items of n cost O(k log n) ranges, whatever lines are named, and many bad
 * ones stay cheap:
 *
 *   items    . . . . . X . .      X is bad, no line named
 *   try 8    refused
 *   try 4    taken: the bad one is in the other half
 *   try 2    refused; try 1: taken; try 1: X refused
 *   try 1, then the rest (doubled)
 */
#ifndef TIDE_SINK_POSTGRES_BISECT_H
#define TIDE_SINK_POSTGRES_BISECT_H

#include "sink/postgres/transfer.h"

typedef struct tide_pg_bisect {
    size_t count;
    size_t range_max; /* items at a time */
    void *context;    /* borrowed */
    /* Where a range that begins here must end for other reasons (bytes); NULL: nowhere. */
    size_t (*end_of)(void *context, size_t begin, size_t end);
    /* Takes the range, or tells the refusal with the transaction as it was before. */
    tide_code (*try_range)(void *context, size_t begin, size_t end, tide_pg_refusal *refusal,
                           tide_error *err);
    tide_code (*refuse)(void *context, size_t index, const tide_pg_refusal *refusal,
                        tide_error *err);
} tide_pg_bisect;

TIDE_MUST_CHECK tide_code tide_pg_bisect_run(const tide_pg_bisect *work, tide_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Grants: how --memory is divided among pipelines that run at a time.
 *
 * Who begins gets an equal part of what is free, for as many as may yet begin beside it; at least
 * what it needs, for which it waits if it must. They begin in the order in which they ask. Once
 * nobody is left to begin, what those that end give back becomes the reserve: the others keep rows
 * in it instead of spilling them.
 *
 *   1 GB, 3 at a time, pipelines A B C D E
 *   A, B, C begin with 341 MB each; B ends: D gets its 341 MB; A ends: E, the last, gets 341 MB
 *   D ends: nobody begins any more, so C and E may have 341 MB more rows in memory
 *
 * Thread-safe.
 */
#ifndef TIDE_RUN_GRANTS_H
#define TIDE_RUN_GRANTS_H

#include "flow/budget.h"
#include "flow/cancel.h"

typedef struct tide_grants {
    tide_mutex lock; /* guards all but the reserve */
    tide_condition changed;
    int64_t total_bytes, free_bytes;
    unsigned at_a_time;
    unsigned running;
    size_t waiting;         /* have not begun */
    size_t tickets, served; /* of those that ask, in order */
    tide_budget reserve;    /* what is used of it is granted to somebody, or taken by rows */
} tide_grants;

void tide_grants_init(tide_grants *grants, int64_t total_bytes, unsigned at_a_time, size_t count);
void tide_grants_clear(tide_grants *grants);

/* Waits for at least least_bytes (or all there is). cancelled: nothing was granted. */
TIDE_MUST_CHECK tide_code tide_grants_take(tide_grants *grants, int64_t least_bytes,
                                           const tide_cancel *cancel, int64_t *bytes,
                                           tide_error *err);
void tide_grants_give_back(tide_grants *grants, int64_t bytes);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Pool: how many threads of all runs of a process may work at a time, dealt out fairly.
 *
 * A worker takes a place for one task - a split, a partition - and gives it back between tasks.
 * Each run is a member. Among members that wait, the one with the fewest places is next; and one
 * with none never waits: then the pool is overdrawn, by one place for each member at most, until
 * others end their tasks. So a small run goes on beside a large one, whose tasks may be long.
 *
 *   pool of 4, large run A with 4 workers, small run B comes with 2
 *   A 4           all places are taken
 *   A 4, B 1      B's first worker works at once; its second waits
 *   A 3, B 1      a worker of A ends its task, and waits: taken = 4
 *   A 2, B 2      the next one of A: B has fewer, so its second worker is next
 *
 * Without a pool (NULL) nobody waits. Thread-safe.
 */
#ifndef TIDE_FLOW_POOL_H
#define TIDE_FLOW_POOL_H

#include "flow/cancel.h"

struct tide_pool_member;

typedef struct tide_pool {
    tide_mutex lock; /* guards all that follows, members' counts included */
    tide_condition changed;
    unsigned size;
    unsigned taken; /* by all members */
    struct tide_pool_member *members;
} tide_pool;

typedef struct tide_pool_member {
    tide_pool *pool; /* borrowed; NULL: no pool */
    unsigned held;
    unsigned waiting;
    struct tide_pool_member *next;
} tide_pool_member;

void tide_pool_init(tide_pool *pool, unsigned size);
/* Nobody is a member any more. */
void tide_pool_clear(tide_pool *pool);

/* The member lies in the caller's memory until it leaves; it has given all places back by then. */
void tide_pool_join(tide_pool *pool, tide_pool_member *member);
void tide_pool_leave(tide_pool_member *member);

/* Takes a place; waits for it until the cancel is raised. member may be NULL. */
TIDE_MUST_CHECK tide_code tide_pool_take(tide_pool_member *member, const tide_cancel *cancel,
                                         tide_error *err);
/* Up to `wanted` places that nobody else waits for; returns how many. */
unsigned tide_pool_take_free(tide_pool_member *member, unsigned wanted);
void tide_pool_give_back(tide_pool_member *member, unsigned count);

#endif

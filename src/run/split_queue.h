/* SPDX-License-Identifier: Apache-2.0 */
/* Split queue: which split a worker reads next. In this order:
 *
 *   1  one that has to be read again
 *   2  the next of the task that the worker is at
 *   3  the first of the next task that nobody has taken
 *   4  the last, and so the smallest, of the task of which most is left: no worker is idle while
 *      a split waits
 *
 * Not thread-safe: the drain holds its lock. */
#ifndef TIDE_RUN_SPLIT_QUEUE_H
#define TIDE_RUN_SPLIT_QUEUE_H

#include "run/tasks.h"

typedef struct tide_split_queue {
    tide_tasks tasks;
    size_t taken;     /* tasks, from the first */
    tide_task *lefts; /* per worker: what is left of its task; owned */
    unsigned worker_count;
    uint32_t *again; /* a ring of all splits at most; owned */
    size_t again_begin, again_count;
    size_t capacity;
    size_t waiting; /* in all */
} tide_split_queue;

/* To be cleared in either case. */
TIDE_MUST_CHECK tide_code tide_split_queue_init(tide_split_queue *queue,
                                                const tide_source_plan *plan, const bool *skip,
                                                unsigned worker_count, tide_error *err);
void tide_split_queue_clear(tide_split_queue *queue);

/* False: none waits. */
bool tide_split_queue_take(tide_split_queue *queue, unsigned worker, uint32_t *split);
/* A split that was taken waits again. */
void tide_split_queue_put_back(tide_split_queue *queue, uint32_t split);

#endif

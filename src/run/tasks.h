/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks: the splits of a plan, grouped by bytes into what a worker reads one after the other, in
 * the order in which workers take them.
 *
 *   splits, by weight    90 80 70 | 6 6 5 5 5 | 4 4 4 4 4 4 | 3 2 1 1
 *   tasks                 0  1  2 |     3     |      4      |    5
 *
 * The weight of a split is its bytes and what it costs to open one at all. A split that is heavy
 * enough is a task by itself, the heaviest first; the others follow in groups of about the same
 * weight. What is left at the end is small, so that all workers end at about the same time.
 *
 * Each split remains one: it is opened, retried and committed by itself, and nothing of the
 * grouping is kept, so that another number of workers may group otherwise. Splits of one member
 * have like weights and stay together, in the order of the plan: a point in time that several share
 * is not left waiting. */
#ifndef TIDE_RUN_TASKS_H
#define TIDE_RUN_TASKS_H

#include "flow/source.h"

/* Numbers in tide_tasks.order: [begin, end). */
typedef struct tide_task {
    size_t begin, end;
} tide_task;

typedef struct tide_tasks {
    uint32_t *order; /* split numbers; owned */
    size_t split_count;
    tide_task *items; /* owned */
    size_t count;
} tide_tasks;

/* skip: per split, whether it is left out; may be NULL. To be cleared in either case. */
TIDE_MUST_CHECK tide_code tide_tasks_make(tide_tasks *tasks, const tide_source_plan *plan,
                                          const bool *skip, unsigned worker_count, tide_error *err);
void tide_tasks_clear(tide_tasks *tasks);

uint64_t tide_split_weight(const tide_split *split);

#endif

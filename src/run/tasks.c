/* SPDX-License-Identifier: Apache-2.0 */
#include "run/tasks.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/memory.h"

/* Far beyond any split, so that sums of weights can't overflow. */
#define WEIGHT_MAX (1ull << 40)

typedef struct weighed_split {
    uint64_t weight;
    uint32_t split;
} weighed_split;

uint64_t tide_split_weight(const tide_split *split)
{
    uint64_t bytes = split->byte_count < WEIGHT_MAX ? split->byte_count : WEIGHT_MAX;
    return bytes + TIDE_SPLIT_COST_BYTES;
}

static int heavier_first(const void *left, const void *right)
{
    const weighed_split *a = left, *b = right;
    if (a->weight != b->weight) {
        return a->weight > b->weight ? -1 : 1;
    }
    return a->split < b->split ? -1 : 1;
}

static uint64_t weigh(weighed_split *weighed, size_t *count, const tide_source_plan *plan,
                      const bool *skip)
{
    uint64_t total = 0;
    *count = 0;
    for (size_t i = 0; i < plan->split_count; i++) {
        if (skip == NULL || !skip[i]) {
            uint64_t weight = tide_split_weight(&plan->splits[i]);
            weighed[(*count)++] = (weighed_split){weight, (uint32_t)i};
            total += weight;
        }
    }
    return total;
}

static uint64_t group_weight(uint64_t total, unsigned worker_count)
{
    uint64_t share = total / ((uint64_t)TIDE_TASKS_PER_WORKER * (worker_count + !worker_count));
    return share < TIDE_TASK_BYTES_MAX ? share : TIDE_TASK_BYTES_MAX;
}

static void group(tide_tasks *tasks, const weighed_split *weighed, size_t count, uint64_t most)
{
    uint64_t weight = 0;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || weight + weighed[i].weight > most) {
            tasks->items[tasks->count++] = (tide_task){i, i};
            weight = 0;
        }
        weight += weighed[i].weight;
        tasks->items[tasks->count - 1].end = i + 1;
        tasks->order[i] = weighed[i].split;
    }
    tasks->split_count = count;
}

tide_code tide_tasks_make(tide_tasks *tasks, const tide_source_plan *plan, const bool *skip,
                          unsigned worker_count, tide_error *err)
{
    size_t count = 0;
    weighed_split *weighed = tide_alloc_zero(plan->split_count + 1, sizeof *weighed);
    *tasks = (tide_tasks){0};
    tasks->order = tide_alloc_zero(plan->split_count + 1, sizeof *tasks->order);
    tasks->items = tide_alloc_zero(plan->split_count + 1, sizeof *tasks->items);
    if (weighed == NULL || tasks->order == NULL || tasks->items == NULL) {
        tide_free(weighed);
        return TIDE_FAIL_MEMORY(err, "reading");
    }
    uint64_t total = weigh(weighed, &count, plan, skip);
    qsort(weighed, count, sizeof *weighed, heavier_first);
    group(tasks, weighed, count, group_weight(total, worker_count));
    tide_free(weighed);
    return TIDE_OK;
}

void tide_tasks_clear(tide_tasks *tasks)
{
    tide_free(tasks->order);
    tide_free(tasks->items);
    *tasks = (tide_tasks){0};
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "run/split_queue.h"

#include "base/memory.h"

tide_code tide_split_queue_init(tide_split_queue *queue, const tide_source_plan *plan,
                                const bool *skip, unsigned worker_count, tide_error *err)
{
    *queue = (tide_split_queue){.worker_count = worker_count, .capacity = plan->split_count};
    TIDE_TRY(tide_tasks_make(&queue->tasks, plan, skip, worker_count, err));
    queue->lefts = tide_alloc_zero((size_t)worker_count + 1, sizeof *queue->lefts);
    queue->again = tide_alloc_zero(queue->capacity + 1, sizeof *queue->again);
    if (queue->lefts == NULL || queue->again == NULL) {
        return TIDE_FAIL_MEMORY(err, "reading");
    }
    queue->waiting = queue->tasks.split_count;
    return TIDE_OK;
}

void tide_split_queue_clear(tide_split_queue *queue)
{
    tide_tasks_clear(&queue->tasks);
    tide_free(queue->lefts);
    tide_free(queue->again);
    *queue = (tide_split_queue){0};
}

static uint32_t take_again(tide_split_queue *queue)
{
    uint32_t split = queue->again[queue->again_begin];
    queue->again_begin = (queue->again_begin + 1) % queue->capacity;
    queue->again_count--;
    return split;
}

static tide_task *most_left(tide_split_queue *queue)
{
    tide_task *most = &queue->lefts[0];
    for (unsigned i = 1; i < queue->worker_count; i++) {
        tide_task *left = &queue->lefts[i];
        most = left->end - left->begin > most->end - most->begin ? left : most;
    }
    return most;
}

bool tide_split_queue_take(tide_split_queue *queue, unsigned worker, uint32_t *split)
{
    tide_task *own = &queue->lefts[worker];
    if (queue->waiting == 0) {
        return false;
    }
    queue->waiting--;
    if (queue->again_count > 0) {
        *split = take_again(queue);
        return true;
    }
    if (own->begin == own->end && queue->taken < queue->tasks.count) {
        *own = queue->tasks.items[queue->taken++];
    }
    if (own->begin < own->end) {
        *split = queue->tasks.order[own->begin++];
    } else {
        *split = queue->tasks.order[--most_left(queue)->end];
    }
    return true;
}

void tide_split_queue_put_back(tide_split_queue *queue, uint32_t split)
{
    queue->again[(queue->again_begin + queue->again_count) % queue->capacity] = split;
    queue->again_count++;
    queue->waiting++;
}

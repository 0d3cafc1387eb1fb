/* SPDX-License-Identifier: Apache-2.0 */
#include "run/drain.h"

#include "base/memory.h"
#include "base/problem.h"

bool tide_drain_take_split(tide_drain *d, unsigned worker, uint32_t *split)
{
    bool taken = false;
    tide_mutex_lock(&d->lock);
    for (;;) {
        taken = tide_split_queue_take(&d->queue, worker, split);
        if (taken) {
            d->slots[*split].state = TIDE_SPLIT_READING;
            d->reading++;
            break;
        }
        /* A split that is still being read may take others back, so stay until all are done. */
        if (d->reading == 0 || tide_cancel_get(d->options->cancel) != TIDE_RUNNING) {
            break;
        }
        (void)tide_condition_wait_for(&d->changed, &d->lock, 100);
    }
    tide_mutex_unlock(&d->lock);
    return taken;
}

void tide_drain_put_back(tide_drain *d, uint32_t split)
{
    tide_mutex_lock(&d->lock);
    d->slots[split].state = TIDE_SPLIT_WAITING;
    d->reading--;
    tide_split_queue_put_back(&d->queue, split);
    tide_condition_broadcast(&d->changed);
    tide_mutex_unlock(&d->lock);
}

/* Takes back a finished split: its rows are read again. Under the lock. */
static void take_back(tide_drain *d, uint32_t split)
{
    tide_split_slot *slot = &d->slots[split];
    d->options->outlet_vtable->discard(d->options->outlet, split);
    d->discarded += slot->results.rows + slot->results.rejected;
    d->reject_count -= (int64_t)slot->results.rejects.count;
    tide_reject_list_reset(&slot->results.rejects);
    slot->results.rows = slot->results.rejected = 0;
    slot->state = TIDE_SPLIT_WAITING;
    tide_split_queue_put_back(&d->queue, split);
    tide_atomic_add(&d->options->progress->splits_done, -1);
}

static tide_code fail_snapshot(const tide_drain *d, uint32_t split, tide_error *err)
{
    return TIDE_FAIL(err, TIDE_PROBLEM_AS(TIDE_E_SNAPSHOT_LOST, TIDE_REMOTE),
                     "%s: its snapshot was lost after rows of it had been committed; run the same "
                     "command again",
                     d->options->plan->splits[split].name);
}

static bool is_lost(const tide_split_slot *slot)
{
    return slot->results.generation != 0 && slot->results.generation <= slot->lost;
}

/* Splits that are being read find out by themselves: each knows which generation it has joined, and
 * some may have joined the next one already. */
tide_code tide_drain_lose_snapshot(tide_drain *d, uint32_t split, uint64_t generation,
                                   tide_error *err)
{
    const tide_source_plan *plan = d->options->plan;
    uint32_t snapshot = plan->splits[split].snapshot;
    tide_code code = TIDE_OK;
    tide_mutex_lock(&d->lock);
    for (uint32_t i = 0; snapshot != 0 && i < plan->split_count; i++) {
        tide_split_slot *slot = &d->slots[i];
        if (plan->splits[i].snapshot != snapshot || slot->lost >= generation) {
            continue;
        }
        slot->lost = generation;
        if (slot->state != TIDE_SPLIT_DONE || !is_lost(slot)) {
            continue;
        }
        if (d->options->outlet_vtable->discard == NULL) {
            code = fail_snapshot(d, split, err);
            break;
        }
        take_back(d, i);
    }
    tide_condition_broadcast(&d->changed);
    tide_mutex_unlock(&d->lock);
    return code;
}

/* The attempt's results become the split's, unless its snapshot was lost meanwhile. */
tide_code tide_drain_keep(tide_drain *d, uint32_t split, tide_split_results *results,
                          tide_error *err)
{
    tide_split_slot *slot = &d->slots[split];
    tide_mutex_lock(&d->lock);
    d->reading--;
    tide_reject_list_clear(&slot->results.rejects);
    slot->results = *results;
    tide_reject_list_init(&results->rejects);
    d->reject_count += (int64_t)slot->results.rejects.count;
    slot->state = TIDE_SPLIT_DONE;
    (void)tide_atomic_add(&d->options->progress->splits_done, 1);
    bool lost = is_lost(slot);
    bool can_take_back = d->options->outlet_vtable->discard != NULL;
    if (lost && can_take_back) {
        take_back(d, split);
    }
    tide_condition_broadcast(&d->changed);
    tide_mutex_unlock(&d->lock);
    return lost && !can_take_back ? fail_snapshot(d, split, err) : TIDE_OK;
}

tide_code tide_drain_collect(const tide_drain *d, tide_reject_list *rejects, tide_counts *counts,
                             tide_error *err)
{
    for (size_t i = 0; i < d->options->plan->split_count; i++) {
        counts->read += d->slots[i].results.rows + d->slots[i].results.rejected;
        counts->rejected += d->slots[i].results.rejected;
        TIDE_TRY(tide_reject_list_append(rejects, &d->slots[i].results.rejects, err));
    }
    counts->read += d->discarded;
    counts->discarded += d->discarded;
    return TIDE_OK;
}

tide_code tide_drain_init(tide_drain *d, const tide_read_options *o, tide_error *err)
{
    size_t count = o->plan->split_count;
    *d = (tide_drain){.options = o};
    tide_mutex_init(&d->lock);
    tide_condition_init(&d->changed);
    tide_keeping_init(&d->keeping, o->schema, o->spill_directory, o->rejects_max);
    d->slots = tide_alloc_zero(count + 1, sizeof *d->slots);
    d->keepers = tide_alloc_zero(o->worker_count + 1, sizeof *d->keepers);
    if (d->slots == NULL || d->keepers == NULL) {
        return TIDE_FAIL_MEMORY(err, "reading");
    }
    for (size_t i = 0; i < count; i++) {
        tide_reject_list_init(&d->slots[i].results.rejects);
        bool skipped = o->skip != NULL && o->skip[i];
        d->slots[i].state = skipped ? TIDE_SPLIT_DONE : TIDE_SPLIT_WAITING;
    }
    for (unsigned i = 0; i < d->options->worker_count; i++) {
        tide_keeper_init(&d->keepers[i], &d->keeping);
    }
    return tide_split_queue_init(&d->queue, o->plan, o->skip, o->worker_count, err);
}

void tide_drain_clear(tide_drain *d)
{
    for (unsigned i = 0; d->slots != NULL && d->keepers != NULL && i < d->options->worker_count;
         i++) {
        tide_keeper_clear(&d->keepers[i]);
    }
    for (size_t i = 0; d->slots != NULL && i < d->options->plan->split_count; i++) {
        tide_reject_list_clear(&d->slots[i].results.rejects);
    }
    tide_split_queue_clear(&d->queue);
    tide_keeping_clear(&d->keeping);
    tide_condition_clear(&d->changed);
    tide_mutex_clear(&d->lock);
    tide_free(d->keepers);
    tide_free(d->slots);
}

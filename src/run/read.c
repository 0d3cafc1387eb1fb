/* SPDX-License-Identifier: Apache-2.0 */
#include "run/read.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/memory.h"
#include "base/problem.h"
#include "run/workers.h"

#define PAUSE_MS_FIRST 250 /* unless the options say otherwise */
#define PAUSE_MS_MAX 15000

typedef enum split_state { SPLIT_WAITING = 0, SPLIT_READING, SPLIT_DONE } split_state;

/* What is kept per split: its rejects stay apart until all has been read, since a lost snapshot may
 * take a finished split back. */
typedef struct split_slot {
    split_state state;
    uint32_t attempts;      /* begun so far */
    uint32_t failures;      /* of them, but for those whose pages were too large */
    uint64_t generation;    /* of its snapshot, that the finished attempt has read; 0: none */
    uint64_t lost;          /* the newest generation of its snapshot that is known to be lost */
    int64_t rows, rejected; /* of the finished attempt */
    tide_reject_list rejects;
} split_slot;

typedef struct drain {
    const tide_read_options *options;
    tide_mutex lock; /* guards all below */
    tide_condition changed;
    split_slot *slots;
    size_t waiting, reading;
    int64_t discarded;
    int64_t reject_count;
} drain;

/* One attempt in flight. */
typedef struct attempt {
    drain *d;
    uint32_t split;
    uint32_t number;
    tide_reader *reader;
    void *writer; /* NULL: none begun, or given back to the outlet */
    tide_reject_list rejects;
    int64_t rows, rejected;
} attempt;

/* --- the list of splits, under the lock --- */

static bool take_split(drain *d, uint32_t *split)
{
    size_t count = d->options->plan->split_count;
    tide_mutex_lock(&d->lock);
    for (;;) {
        for (uint32_t i = 0; d->waiting > 0 && i < count; i++) {
            if (d->slots[i].state == SPLIT_WAITING) {
                d->slots[i].state = SPLIT_READING;
                d->waiting--;
                d->reading++;
                *split = i;
                tide_mutex_unlock(&d->lock);
                return true;
            }
        }
        /* A split that is still being read may take others back, so stay until all are done. */
        if (d->reading == 0 || tide_cancel_get(d->options->cancel) != TIDE_RUNNING) {
            break;
        }
        (void)tide_condition_wait_for(&d->changed, &d->lock, 100);
    }
    tide_mutex_unlock(&d->lock);
    return false;
}

static void put_back(drain *d, uint32_t split)
{
    tide_mutex_lock(&d->lock);
    d->slots[split].state = SPLIT_WAITING;
    d->reading--;
    d->waiting++;
    tide_condition_broadcast(&d->changed);
    tide_mutex_unlock(&d->lock);
}

/* Takes back a finished split: its rows are read again. Under the lock. */
static void take_back(drain *d, uint32_t split)
{
    split_slot *slot = &d->slots[split];
    d->options->outlet_vtable->discard(d->options->outlet, split);
    d->discarded += slot->rows + slot->rejected;
    d->reject_count -= (int64_t)slot->rejects.count;
    tide_reject_list_reset(&slot->rejects);
    slot->rows = slot->rejected = 0;
    slot->state = SPLIT_WAITING;
    d->waiting++;
    tide_atomic_add(&d->options->progress->splits_done, -1);
}

static tide_code fail_snapshot(const drain *d, uint32_t split, tide_error *err)
{
    return TIDE_FAIL(err, TIDE_PROBLEM_AS(TIDE_E_SNAPSHOT_LOST, TIDE_REMOTE),
                     "%s: its snapshot was lost after rows of it had been committed; run the same "
                     "command again",
                     d->options->plan->splits[split].name);
}

static bool is_lost(const split_slot *slot)
{
    return slot->generation != 0 && slot->generation <= slot->lost;
}

/* Splits that are being read find out by themselves: each knows which generation it has joined, and
 * some may have joined the next one already. */
static tide_code lose_snapshot(drain *d, uint32_t split, uint64_t generation, tide_error *err)
{
    const tide_source_plan *plan = d->options->plan;
    uint32_t snapshot = plan->splits[split].snapshot;
    tide_code code = TIDE_OK;
    tide_mutex_lock(&d->lock);
    for (uint32_t i = 0; snapshot != 0 && i < plan->split_count; i++) {
        split_slot *slot = &d->slots[i];
        if (plan->splits[i].snapshot != snapshot || slot->lost >= generation) {
            continue;
        }
        slot->lost = generation;
        if (slot->state != SPLIT_DONE || !is_lost(slot)) {
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

/* --- one attempt --- */

static tide_code open_attempt(attempt *a, unsigned worker, tide_error *err)
{
    const tide_read_options *o = a->d->options;
    TIDE_TRY(
        o->source->vtable->open_reader(o->source, o->plan, a->split, a->number, &a->reader, err));
    return o->outlet_vtable->begin(o->outlet, worker, a->split, a->number, &a->writer, err);
}

static void close_attempt(attempt *a)
{
    const tide_read_options *o = a->d->options;
    if (a->writer != NULL) {
        o->outlet_vtable->abort(a->writer);
        a->writer = NULL;
    }
    if (a->reader != NULL) {
        a->reader->vtable->close(a->reader);
        a->reader = NULL;
    }
    tide_reject_list_clear(&a->rejects);
}

/* What becomes of rows that were read is not the source's fault. */
static tide_code on_our_side(tide_code code, tide_error *err)
{
    if (code != TIDE_OK && err->side == TIDE_SIDE_NONE) {
        err->side = TIDE_SIDE_PROCESS;
    }
    return code;
}

/* Hands one read to the outlet. All rows count as read; those that end as rejects are told apart.
 */
static tide_code pass_on(attempt *a, const tide_read *read, tide_error *err)
{
    const tide_read_options *o = a->d->options;
    int64_t rows = tide_batch_row_count(&read->batch);
    size_t rejects_before = a->rejects.count;
    if (read->rejects != NULL && read->rejects->count > 0) {
        a->rejected += (int64_t)read->rejects->count;
        TIDE_TRY(tide_reject_list_append(&a->rejects, read->rejects, err));
    }
    a->rows += rows;
    if (rows > 0) {
        size_t decoded = a->rejects.count;
        TIDE_TRY(
            on_our_side(o->outlet_vtable->write(a->writer, &read->batch, &a->rejects, err), err));
        int64_t refused = (int64_t)(a->rejects.count - decoded);
        a->rows -= refused;
        a->rejected += refused;
    }
    (void)tide_atomic_add(&o->progress->bytes_read, (int64_t)read->byte_count);
    (void)tide_atomic_add(&o->progress->rows_read,
                          rows + (int64_t)(a->rejects.count - rejects_before));
    return TIDE_OK;
}

static tide_code check_reject_memory(attempt *a, tide_error *err)
{
    const tide_read_options *o = a->d->options;
    tide_mutex_lock(&a->d->lock);
    int64_t held = a->d->reject_count + (int64_t)a->rejects.count;
    tide_mutex_unlock(&a->d->lock);
    if (a->rejects.count == 0 || held <= o->rejects_max) {
        return TIDE_OK;
    }
    const tide_reject *last = &a->rejects.items[a->rejects.count - 1];
    return TIDE_FAIL(
        err, TIDE_OVER_REJECTS,
        "more than %lld rows could not be decoded, and more are not held in memory: mend the data "
        "or the columns, or raise --memory; the last at %s: %s%s%s",
        (long long)o->rejects_max, last->position, last->column != NULL ? last->column : "",
        last->column != NULL ? ": " : "", last->reason);
}

static tide_code drain_attempt(attempt *a, tide_error *err)
{
    const tide_read_options *o = a->d->options;
    for (;;) {
        tide_read read = {0};
        TIDE_TRY(tide_cancel_check(o->cancel, err));
        TIDE_TRY(a->reader->vtable->next(a->reader, &read, err));
        TIDE_TRY(pass_on(a, &read, err));
        TIDE_TRY(check_reject_memory(a, err));
        if (read.end) {
            break;
        }
    }
    void *writer = a->writer;
    a->writer = NULL;
    return on_our_side(o->outlet_vtable->finish(writer, &a->rejects, err), err);
}

/* The attempt's results become the split's, unless its snapshot was lost meanwhile. */
static tide_code keep_attempt(attempt *a, tide_error *err)
{
    drain *d = a->d;
    split_slot *slot = &d->slots[a->split];
    tide_mutex_lock(&d->lock);
    d->reading--;
    slot->rows = a->rows;
    slot->rejected = a->rejected;
    tide_reject_list_clear(&slot->rejects);
    slot->rejects = a->rejects;
    tide_reject_list_init(&a->rejects);
    d->reject_count += (int64_t)slot->rejects.count;
    slot->state = SPLIT_DONE;
    (void)tide_atomic_add(&d->options->progress->splits_done, 1);
    slot->generation = a->reader->snapshot_generation;
    bool lost = is_lost(slot);
    bool can_take_back = d->options->outlet_vtable->discard != NULL;
    if (lost && can_take_back) {
        take_back(d, a->split);
    }
    tide_condition_broadcast(&d->changed);
    tide_mutex_unlock(&d->lock);
    return lost && !can_take_back ? fail_snapshot(d, a->split, err) : TIDE_OK;
}

static uint32_t attempts_max(const drain *d)
{
    return d->options->attempts_max > 0 ? d->options->attempts_max : TIDE_SPLIT_ATTEMPTS_MAX;
}

static tide_code pause_before_retry(const drain *d, uint32_t failures, tide_error *err)
{
    int64_t pause = d->options->pause_ms > 0 ? d->options->pause_ms : PAUSE_MS_FIRST;
    for (uint32_t i = 1; i < failures && pause < PAUSE_MS_MAX; i++) {
        pause *= 2;
    }
    return tide_cancel_sleep(d->options->cancel, pause < PAUSE_MS_MAX ? pause : PAUSE_MS_MAX, err);
}

/* After a failure in passing: throw the attempt away and line the split up again. */
static tide_code retry_later(attempt *a, uint64_t lost_generation, bool too_large, tide_error *err)
{
    drain *d = a->d;
    const char *name = d->options->plan->splits[a->split].name;
    (void)tide_atomic_add(&d->options->progress->attempts_failed, 1);
    tide_mutex_lock(&d->lock);
    d->discarded += a->rows + a->rejected;
    tide_mutex_unlock(&d->lock);
    /* How often pages can be halved is bounded by itself. */
    uint32_t failures = d->slots[a->split].failures += too_large ? 0 : 1;
    if (failures >= attempts_max(d)) {
        err->code = TIDE_REMOTE;
        return tide_error_context(
            err,
            "%s: gave up after %u attempts (`retries:` of the connection); run the "
            "same command again when the source is well",
            name, a->number);
    }
    if (lost_generation > 0) {
        TIDE_TRY(lose_snapshot(d, a->split, lost_generation, err));
    }
    TIDE_TRY(pause_before_retry(d, failures, err));
    tide_error_clear(err);
    put_back(d, a->split);
    return TIDE_OK;
}

static tide_code read_attempt(attempt *a, unsigned worker, tide_error *err)
{
    const tide_read_options *o = a->d->options;
    TIDE_TRY(tide_pool_take(o->member, o->cancel, err));
    tide_code code = open_attempt(a, worker, err);
    if (code == TIDE_OK) {
        code = drain_attempt(a, err);
    }
    tide_pool_give_back(o->member, 1);
    return code;
}

static tide_code read_split(drain *d, unsigned worker, uint32_t split, tide_error *err)
{
    attempt a = {.d = d, .split = split, .number = ++d->slots[split].attempts};
    tide_reject_list_init(&a.rejects);
    tide_code code = read_attempt(&a, worker, err);
    if (code == TIDE_OK) {
        code = keep_attempt(&a, err);
        close_attempt(&a);
        return code;
    }
    bool lost_snapshot = a.reader != NULL && a.reader->lost_snapshot;
    uint64_t lost_generation = lost_snapshot ? a.reader->snapshot_generation : 0;
    bool too_large = a.reader != NULL && a.reader->page_too_large;
    close_attempt(&a);
    return code == TIDE_REMOTE_RETRY ? retry_later(&a, lost_generation, too_large, err) : code;
}

static tide_code read_splits(void *context, unsigned worker, tide_error *err)
{
    drain *d = context;
    uint32_t split;
    while (take_split(d, &split)) {
        TIDE_TRY(read_split(d, worker, split, err));
    }
    return tide_cancel_check(d->options->cancel, err);
}

static tide_code collect(const drain *d, tide_reject_list *rejects, tide_counts *counts,
                         tide_error *err)
{
    for (size_t i = 0; i < d->options->plan->split_count; i++) {
        counts->read += d->slots[i].rows + d->slots[i].rejected;
        counts->rejected += d->slots[i].rejected;
        TIDE_TRY(tide_reject_list_append(rejects, &d->slots[i].rejects, err));
    }
    counts->read += d->discarded;
    counts->discarded += d->discarded;
    return TIDE_OK;
}

tide_code tide_read_all(const tide_read_options *options, tide_reject_list *rejects,
                        tide_counts *counts, tide_error *err)
{
    size_t count = options->plan->split_count;
    drain d = {.options = options};
    d.slots = tide_alloc_zero(count + 1, sizeof *d.slots);
    if (d.slots == NULL) {
        return TIDE_FAIL_MEMORY(err, "reading");
    }
    for (size_t i = 0; i < count; i++) {
        tide_reject_list_init(&d.slots[i].rejects);
        bool skipped = options->skip != NULL && options->skip[i];
        d.slots[i].state = skipped ? SPLIT_DONE : SPLIT_WAITING;
        d.waiting += !skipped;
    }
    tide_mutex_init(&d.lock);
    tide_condition_init(&d.changed);
    tide_atomic_set(&options->progress->splits_total, (int64_t)d.waiting);
    unsigned workers =
        options->worker_count < d.waiting ? options->worker_count : (unsigned)d.waiting;
    tide_code code = tide_workers_run(workers, read_splits, &d, options->cancel, err);
    if (code == TIDE_OK) {
        code = collect(&d, rejects, counts, err);
    }
    for (size_t i = 0; i < count; i++) {
        tide_reject_list_clear(&d.slots[i].rejects);
    }
    tide_condition_clear(&d.changed);
    tide_mutex_clear(&d.lock);
    tide_free(d.slots);
    return code;
}

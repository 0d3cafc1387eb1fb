/* SPDX-License-Identifier: Apache-2.0 */
#include "run/read.h"

#include "base/limits.h"
#include "run/drain.h"
#include "run/workers.h"

#define PAUSE_MS_FIRST 250 /* unless the options say otherwise */
#define PAUSE_MS_MAX 15000

/* One attempt in flight. */
typedef struct attempt {
    tide_drain *d;
    uint32_t split;
    uint32_t number;
    tide_reader *reader;
    tide_keeper *keeper;
    void *writer; /* NULL: none begun, or given back to the outlet */
    tide_split_results results;
} attempt;

static tide_code open_attempt(attempt *a, unsigned worker, tide_error *err)
{
    const tide_read_options *o = a->d->options;
    TIDE_TRY(
        o->source->vtable->open_reader(o->source, o->plan, a->split, a->number, &a->reader, err));
    a->reader->commits = o->commits_splits;
    a->keeper = &a->d->keepers[worker];
    TIDE_TRY(tide_keeper_attach(a->keeper, a->reader, err));
    return o->outlet_vtable->begin(o->outlet, worker, a->split, a->number, &a->writer, err);
}

static void close_attempt(attempt *a)
{
    const tide_read_options *o = a->d->options;
    if (a->keeper != NULL) {
        tide_keeper_detach(a->keeper);
        a->keeper = NULL;
    }
    if (a->writer != NULL) {
        o->outlet_vtable->abort(a->writer);
        a->writer = NULL;
    }
    if (a->reader != NULL) {
        a->reader->vtable->close(a->reader);
        a->reader = NULL;
    }
    tide_reject_list_clear(&a->results.rejects);
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
    size_t rejects_before = a->results.rejects.count;
    if (read->rejects != NULL && read->rejects->count > 0) {
        a->results.rejected += (int64_t)read->rejects->count;
        TIDE_TRY(tide_reject_list_append(&a->results.rejects, read->rejects, err));
    }
    a->results.rows += rows;
    if (rows > 0) {
        size_t decoded = a->results.rejects.count;
        TIDE_TRY(on_our_side(
            o->outlet_vtable->write(a->writer, &read->batch, &a->results.rejects, err), err));
        int64_t refused = (int64_t)(a->results.rejects.count - decoded);
        a->results.rows -= refused;
        a->results.rejected += refused;
    }
    (void)tide_atomic_add(&o->progress->bytes_read, (int64_t)read->byte_count);
    (void)tide_atomic_add(&o->progress->rows_read,
                          rows + (int64_t)(a->results.rejects.count - rejects_before));
    return TIDE_OK;
}

static tide_code check_reject_memory(attempt *a, tide_error *err)
{
    const tide_read_options *o = a->d->options;
    tide_mutex_lock(&a->d->lock);
    int64_t held = a->d->reject_count + (int64_t)a->results.rejects.count;
    tide_mutex_unlock(&a->d->lock);
    if (a->results.rejects.count == 0 || held <= o->rejects_max) {
        return TIDE_OK;
    }
    const tide_reject *last = &a->results.rejects.items[a->results.rejects.count - 1];
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
        TIDE_TRY(tide_keeper_next(a->keeper, &read, err));
        tide_keeper_lend(a->keeper);
        tide_code code = pass_on(a, &read, err);
        tide_keeper_take_back(a->keeper);
        TIDE_TRY(code);
        TIDE_TRY(check_reject_memory(a, err));
        if (read.end) {
            break;
        }
    }
    void *writer = a->writer;
    a->writer = NULL;
    tide_keeper_lend(a->keeper);
    tide_code code = o->outlet_vtable->finish(writer, &a->results.rejects, err);
    tide_keeper_take_back(a->keeper);
    return on_our_side(code, err);
}

static uint32_t attempts_max(const tide_drain *d)
{
    return d->options->attempts_max > 0 ? d->options->attempts_max : TIDE_SPLIT_ATTEMPTS_MAX;
}

static tide_code pause_before_retry(const tide_drain *d, uint32_t failures, tide_error *err)
{
    int64_t pause = d->options->pause_ms > 0 ? d->options->pause_ms : PAUSE_MS_FIRST;
    for (uint32_t i = 1; i < failures && pause < PAUSE_MS_MAX; i++) {
        pause *= 2;
    }
    return tide_cancel_sleep(d->options->cancel, pause < PAUSE_MS_MAX ? pause : PAUSE_MS_MAX, err);
}

static void log_failure(const attempt *a, const tide_error *err)
{
    const tide_read_options *o = a->d->options;
    tide_error told = *err;
    (void)tide_error_context(&told, "%s, attempt %u", o->plan->splits[a->split].name, a->number);
    tide_log_error(o->log, TIDE_LOG_WARNING, o->pipeline, "attempt_failed", &told);
}

/* After a failure in passing: throw the attempt away and line the split up again. */
static tide_code retry_later(attempt *a, uint64_t lost_generation, bool too_large, tide_error *err)
{
    tide_drain *d = a->d;
    const char *name = d->options->plan->splits[a->split].name;
    (void)tide_atomic_add(&d->options->progress->attempts_failed, 1);
    log_failure(a, err);
    tide_mutex_lock(&d->lock);
    d->discarded += a->results.rows + a->results.rejected;
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
        TIDE_TRY(tide_drain_lose_snapshot(d, a->split, lost_generation, err));
    }
    TIDE_TRY(pause_before_retry(d, failures, err));
    tide_error_clear(err);
    tide_drain_put_back(d, a->split);
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

static tide_code read_split(tide_drain *d, unsigned worker, uint32_t split, tide_error *err)
{
    attempt a = {.d = d, .split = split, .number = ++d->slots[split].attempts};
    tide_reject_list_init(&a.results.rejects);
    tide_code code = read_attempt(&a, worker, err);
    if (code == TIDE_OK) {
        a.results.generation = a.reader->snapshot_generation;
        code = tide_drain_keep(d, split, &a.results, err);
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
    tide_drain *d = context;
    uint32_t split;
    while (tide_drain_take_split(d, worker, &split)) {
        TIDE_TRY(read_split(d, worker, split, err));
    }
    return tide_cancel_check(d->options->cancel, err);
}

tide_code tide_read_all(const tide_read_options *options, tide_reject_list *rejects,
                        tide_counts *counts, tide_error *err)
{
    tide_drain d;
    tide_code code = tide_drain_init(&d, options, err);
    if (code == TIDE_OK) {
        tide_atomic_set(&options->progress->splits_total, (int64_t)d.queue.waiting);
        unsigned workers = options->worker_count < d.queue.waiting ? options->worker_count
                                                                   : (unsigned)d.queue.waiting;
        code = tide_workers_run(workers, read_splits, &d, options->cancel, err);
    }
    tide_atomic_set(&options->progress->held_rows, tide_atomic_get(&d.keeping.rows));
    tide_atomic_set(&options->progress->held_bytes, tide_atomic_get(&d.keeping.bytes));
    if (code == TIDE_OK) {
        code = tide_drain_collect(&d, rejects, counts, err);
    }
    tide_drain_clear(&d);
    return code;
}

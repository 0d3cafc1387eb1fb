/* SPDX-License-Identifier: Apache-2.0 */
/* The streamed route: append or replace without series or key. Each split is one commit unit, sent
 * to the sink as it is read; its rows and its mark "done" commit together, so that a resume skips
 * it.
 *
 *   split -> stateless steps -> part, part, ... last part -> COMMIT
 *
 * Before the last part, the reader has answered for its member: what is committed is of the index
 * that was planned.
 *
 * A split that gives the same rows again in a later execution is named by what it is; where that is
 * not so the target is staged, and everything is moved in one final transaction.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/problem.h"
#include "process/streaming.h"
#include "run/execution.h"

typedef struct streamed_run {
    tide_execution *execution;
    tide_sink_worker **workers; /* per reader worker, opened when it is first needed */
    unsigned worker_count;
    char **names; /* per split: its unit */
    bool *done;
    int64_t reject_count; /* of committed splits; under the execution's lock */
} streamed_run;

typedef struct streamed_writer {
    streamed_run *run;
    uint32_t split;
    tide_sink_worker *worker;
    tide_streaming *streaming;
    tide_counts counts; /* of the parts sent so far */
    tide_step_counts *steps;
    bool sent; /* a part, so its transaction is open */
} streamed_writer;

static void close_writer(streamed_writer *writer)
{
    if (writer->streaming != NULL) {
        tide_streaming_close(writer->streaming);
    }
    tide_free(writer->steps);
    tide_free(writer);
}

static tide_code open_worker(streamed_run *run, unsigned number, tide_error *err)
{
    tide_sink *sink = run->execution->sink;
    if (run->workers[number] != NULL) {
        return TIDE_OK;
    }
    return tide_on_side(sink->vtable->open_worker(sink, &run->workers[number], err), TIDE_SIDE_SINK,
                        err);
}

static tide_code begin_attempt(void *context, unsigned worker, uint32_t split, uint32_t attempt,
                               void **out, tide_error *err)
{
    streamed_run *run = context;
    (void)attempt;
    TIDE_TRY(open_worker(run, worker, err));
    streamed_writer *writer = tide_alloc_zero(1, sizeof *writer);
    if (writer == NULL) {
        return TIDE_FAIL_MEMORY(err, "streaming");
    }
    *writer = (streamed_writer){.run = run, .split = split, .worker = run->workers[worker]};
    writer->steps =
        tide_alloc_zero(run->execution->pipeline->step_count + 1, sizeof *writer->steps);
    tide_code code = writer->steps == NULL ? TIDE_FAIL_MEMORY(err, "streaming") : TIDE_OK;
    if (code == TIDE_OK) {
        code = tide_streaming_open(&run->execution->pipeline->process, &writer->streaming, err);
    }
    if (code != TIDE_OK) {
        close_writer(writer);
        return code;
    }
    *out = writer;
    return TIDE_OK;
}

/* Hands the unit to the sink; what it counts is the split's when the split commits. */
static tide_code send(streamed_writer *writer, tide_unit *unit, tide_error *err)
{
    tide_load_result loaded = {0};
    writer->sent = true;
    tide_code code = writer->run->execution->sink->vtable->load(writer->worker, unit, &loaded, err);
    if (code == TIDE_OK) {
        tide_counts_add(&writer->counts, &unit->counts);
        tide_add_step_counts(writer->steps, unit->steps, unit->step_count);
        writer->counts.loaded += loaded.loaded;
        writer->counts.superseded += loaded.superseded;
        writer->counts.refused += loaded.refused;
        (void)tide_atomic_add(&writer->run->execution->progress->rows_loaded, loaded.loaded);
    }
    return tide_on_side(code, TIDE_SIDE_SINK, err);
}

/* The rows of an unstable split may come in another order, or in another split, the next time. */
static tide_code take_unit(streamed_writer *writer, tide_unit *unit, tide_error *err)
{
    const streamed_run *run = writer->run;
    TIDE_TRY(tide_streaming_take(writer->streaming, run->names[writer->split], unit, err));
    unit->by_values = !run->execution->source_plan.splits[writer->split].stable;
    return TIDE_OK;
}

static tide_code send_part(streamed_writer *writer, tide_error *err)
{
    tide_unit unit;
    tide_unit_init(&unit);
    tide_code code = take_unit(writer, &unit, err);
    if (code == TIDE_OK) {
        unit.continues = true;
        code = send(writer, &unit, err);
    }
    tide_unit_clear(&unit);
    return code;
}

static tide_code write_rows(void *context, const tide_batch *batch, tide_reject_list *rejects,
                            tide_error *err)
{
    streamed_writer *writer = context;
    (void)rejects;
    TIDE_TRY(
        tide_on_side(tide_streaming_push(writer->streaming, batch, err), TIDE_SIDE_PROCESS, err));
    return tide_streaming_is_full(writer->streaming) ? send_part(writer, err) : TIDE_OK;
}

/* Splits that are done stay; the one that exceeds the limit commits its rejects only. One without
 * rejects exceeds nothing, whatever others have done meanwhile. */
static tide_code check_limit(streamed_writer *writer, const tide_reject_list *rejects,
                             tide_error *err)
{
    tide_execution *execution = writer->run->execution;
    if (rejects->count == 0) {
        return TIDE_OK;
    }
    tide_mutex_lock(&execution->lock);
    writer->run->reject_count += (int64_t)rejects->count;
    bool over = writer->run->reject_count > execution->pipeline->config->max_rejects;
    tide_mutex_unlock(&execution->lock);
    if (!over) {
        return TIDE_OK;
    }
    execution->sink->vtable->abandon(writer->worker);
    TIDE_TRY(tide_on_side(execution->sink->vtable->reject(execution->sink, rejects, err),
                          TIDE_SIDE_SINK, err));
    const tide_reject *first = &rejects->items[0];
    return TIDE_FAIL(err, TIDE_OVER_REJECTS,
                     "more rows were rejected than max_rejects allows (%lld); e.g. %s: %s%s%s. "
                     "They are kept in `%s_rejects`",
                     (long long)execution->pipeline->config->max_rejects, first->position,
                     first->column != NULL ? first->column : "", first->column != NULL ? ": " : "",
                     first->reason, execution->pipeline->config->sink.table);
}

/* The split is read anew: its rejects come again. */
static void forget_rejects(streamed_writer *writer, const tide_reject_list *rejects)
{
    tide_mutex_lock(&writer->run->execution->lock);
    writer->run->reject_count -= (int64_t)rejects->count;
    tide_mutex_unlock(&writer->run->execution->lock);
}

static tide_code send_last_part(streamed_writer *writer, const tide_reject_list *rejects,
                                tide_error *err)
{
    tide_unit unit;
    tide_unit_init(&unit);
    tide_code code = take_unit(writer, &unit, err);
    if (code == TIDE_OK) {
        code = tide_reject_list_append(&unit.rejects, rejects, err);
    }
    if (code == TIDE_OK) {
        code = check_limit(writer, &unit.rejects, err);
    }
    if (code == TIDE_OK) {
        code = send(writer, &unit, err);
        if (code != TIDE_OK) {
            forget_rejects(writer, &unit.rejects);
        }
    }
    tide_unit_clear(&unit);
    return code;
}

static void add_split(streamed_writer *writer)
{
    tide_execution *execution = writer->run->execution;
    tide_mutex_lock(&execution->lock);
    tide_counts_add(&execution->result->counts, &writer->counts);
    tide_add_step_counts(execution->result->steps, writer->steps, execution->result->step_count);
    execution->result->unit_count++;
    tide_mutex_unlock(&execution->lock);
}

static tide_code finish_attempt(void *context, const tide_reject_list *rejects, tide_error *err)
{
    streamed_writer *writer = context;
    tide_code code = send_last_part(writer, rejects, err);
    if (code == TIDE_OK) {
        add_split(writer);
    } else {
        writer->run->execution->sink->vtable->abandon(writer->worker);
    }
    close_writer(writer);
    return code;
}

static void abort_attempt(void *context)
{
    streamed_writer *writer = context;
    if (writer->sent) {
        writer->run->execution->sink->vtable->abandon(writer->worker);
        (void)tide_atomic_add(&writer->run->execution->progress->rows_loaded,
                              -writer->counts.loaded);
    }
    close_writer(writer);
}

static const tide_outlet_vtable streamed_outlet = {
    .begin = begin_attempt,
    .write = write_rows,
    .finish = finish_attempt,
    .abort = abort_attempt,
    .discard = NULL,
};

/* "<member>#<identity>#<begin>-<end>#<run>": the same split of the same content, whatever its
 * number. What runs append are rows of their own, also where a cursor reads the same slice further;
 * what replaces a table are those of the run before once more. */
static tide_code name_splits(streamed_run *run, tide_error *err)
{
    tide_execution *execution = run->execution;
    const tide_source_plan *plan = &execution->source_plan;
    char number[24] = "";
    if (execution->pipeline->target.mode == TIDE_APPEND) {
        (void)snprintf(number, sizeof number, "#%" PRId64, execution->row.run);
    }
    for (size_t i = 0; i < plan->split_count; i++) {
        const tide_split *split = &plan->splits[i];
        const tide_member *member = &plan->members[split->member];
        run->names[i] = tide_arena_format(
            &execution->pipeline->arena, "%s#%s#%llu-%llu%s", member->name, member->identity,
            (unsigned long long)split->begin, (unsigned long long)split->end,
            split->stable ? number : execution->unit_prefix);
        if (run->names[i] == NULL) {
            return TIDE_FAIL_MEMORY(err, "naming splits");
        }
    }
    return TIDE_OK;
}

/* Earlier versions gave no run. */
static bool is_unit(const char *name, const char *unit)
{
    size_t bytes = strlen(unit);
    return strcmp(name, unit) == 0 ||
           (strncmp(name, unit, bytes) == 0 && strrchr(name, '#') == name + bytes);
}

/* Marks the split that the unit was. False: no split of this plan is that unit. */
static bool mark_done(streamed_run *run, const char *unit)
{
    for (size_t i = 0; i < run->execution->source_plan.split_count; i++) {
        if (!run->done[i] && is_unit(run->names[i], unit)) {
            run->done[i] = true;
            return true;
        }
    }
    return false;
}

/* Splits of a member never overlap as long as all of them were cut alike. */
static tide_code fail_cut_otherwise(const streamed_run *run, const char *unit, tide_error *err)
{
    const tide_execution *execution = run->execution;
    return TIDE_FAIL(err, TIDE_E_NO_RESUME,
                     "run %lld can't be resumed: it has committed the split %s, which is cut "
                     "otherwise now, so rows would be loaded twice. Take the change of "
                     "`split_bytes:` or `slices:` back and run again, or close the run: `tidemill "
                     "run --new %s` begins anew, and appends everything to what is there",
                     (long long)execution->row.run, unit, execution->pipeline->config->name);
}

static tide_code find_done(streamed_run *run, tide_error *err)
{
    tide_execution *execution = run->execution;
    tide_arena arena;
    const char **units = NULL;
    size_t unit_count = 0;
    tide_arena_init(&arena);
    tide_code code =
        execution->sink->vtable->read_units(execution->sink, &arena, &units, &unit_count, err);
    for (size_t i = 0; code == TIDE_OK && i < unit_count; i++) {
        if (!mark_done(run, units[i])) {
            code = fail_cut_otherwise(run, units[i], err);
        }
    }
    tide_arena_clear(&arena);
    return tide_on_side(code, TIDE_SIDE_SINK, err);
}

static tide_code run_streamed(streamed_run *run, tide_error *err)
{
    tide_execution *execution = run->execution;
    TIDE_TRY(name_splits(run, err));
    if (execution->resumed && !execution->pipeline->target.staged) {
        TIDE_TRY(find_done(run, err));
    }
    TIDE_TRY(tide_execution_read(execution, &streamed_outlet, run, run->done, err));
    tide_execution_note_rejects(execution, &execution->rejects);
    return TIDE_OK;
}

tide_code tide_run_streamed(tide_execution *execution, tide_error *err)
{
    streamed_run run = {.execution = execution, .worker_count = execution->options.worker_count};
    size_t split_count = execution->source_plan.split_count;
    run.workers = tide_alloc_zero(run.worker_count, sizeof(tide_sink_worker *));
    run.names = tide_alloc_zero(split_count + 1, sizeof(char *));
    run.done = tide_alloc_zero(split_count + 1, sizeof *run.done);
    tide_code code = TIDE_OK;
    if (run.workers == NULL || run.names == NULL || run.done == NULL) {
        code = TIDE_FAIL_MEMORY(err, "streaming");
    } else {
        code = run_streamed(&run, err);
    }
    for (unsigned i = 0; run.workers != NULL && i < run.worker_count; i++) {
        if (run.workers[i] != NULL) {
            execution->sink->vtable->close_worker(run.workers[i]);
        }
    }
    tide_free(run.workers);
    tide_free(run.names);
    tide_free(run.done);
    return code;
}

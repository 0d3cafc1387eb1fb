/* SPDX-License-Identifier: Apache-2.0 */
/* The reduced route: merge, or replace with a key, without a series.
 *
 *   read -> stateless steps -> shuffle by key -> rejects are committed -> seal -> per partition, in
 *   parallel: the winner of each key -> units -> load
 *
 * What steps have counted and rejected is kept per split until reading has ended, since a lost
 * snapshot may take a finished split back.
 */
#include <stdio.h>

#include "base/memory.h"
#include "process/reduce.h"
#include "process/streaming.h"
#include "run/partitions.h"

typedef struct split_tally {
    tide_counts counts;
    tide_step_counts *steps;
    tide_reject_list rejects;
} split_tally;

typedef struct reduced_run {
    tide_execution *execution;
    tide_shuffle *shuffle;
    split_tally
        *tallies; /* per split; each is touched by the thread that finishes or discards it */
    tide_partitions partitions;
} reduced_run;

typedef struct reduced_writer {
    reduced_run *run;
    uint32_t split;
    tide_shuffle_attempt *attempt;
    tide_streaming *streaming;
    split_tally tally;
} reduced_writer;

static tide_code init_tally(const tide_execution *execution, split_tally *tally, tide_error *err)
{
    tide_reject_list_init(&tally->rejects);
    tally->steps = tide_alloc_zero(execution->pipeline->step_count + 1, sizeof *tally->steps);
    return tally->steps == NULL ? TIDE_FAIL_MEMORY(err, "reading") : TIDE_OK;
}

static void clear_tally(split_tally *tally)
{
    tide_reject_list_clear(&tally->rejects);
    tide_free(tally->steps);
    *tally = (split_tally){0};
}

static void close_writer(reduced_writer *writer)
{
    if (writer->attempt != NULL) {
        tide_shuffle_attempt_abort(writer->attempt);
    }
    if (writer->streaming != NULL) {
        tide_streaming_close(writer->streaming);
    }
    clear_tally(&writer->tally);
    tide_free(writer);
}

static tide_code begin_attempt(void *context, unsigned worker, uint32_t split, uint32_t attempt,
                               void **out, tide_error *err)
{
    reduced_run *run = context;
    (void)worker;
    (void)attempt;
    reduced_writer *writer = tide_alloc_zero(1, sizeof *writer);
    if (writer == NULL) {
        return TIDE_FAIL_MEMORY(err, "reading");
    }
    *writer = (reduced_writer){.run = run, .split = split};
    tide_code code = init_tally(run->execution, &writer->tally, err);
    if (code == TIDE_OK) {
        code = tide_streaming_open(&run->execution->pipeline->process, &writer->streaming, err);
    }
    if (code == TIDE_OK) {
        code = tide_shuffle_attempt_begin(run->shuffle, split, &writer->attempt, err);
    }
    if (code != TIDE_OK) {
        close_writer(writer);
        return code;
    }
    *out = writer;
    return TIDE_OK;
}

static tide_code route_unit(reduced_writer *writer, tide_unit *unit, tide_error *err)
{
    for (size_t i = 0; i < unit->chunk_count; i++) {
        TIDE_TRY(tide_shuffle_attempt_write(writer->attempt, &unit->chunks[i].batch, NULL, err));
    }
    tide_counts_add(&writer->tally.counts, &unit->counts);
    tide_add_step_counts(writer->tally.steps, unit->steps, unit->step_count);
    return tide_reject_list_append(&writer->tally.rejects, &unit->rejects, err);
}

static tide_code write_rows(void *context, const tide_batch *batch, tide_reject_list *rejects,
                            tide_error *err)
{
    reduced_writer *writer = context;
    tide_unit unit;
    (void)rejects;
    TIDE_TRY(
        tide_on_side(tide_streaming_push(writer->streaming, batch, err), TIDE_SIDE_PROCESS, err));
    tide_unit_init(&unit);
    tide_code code = tide_streaming_take(writer->streaming, "routed", &unit, err);
    if (code == TIDE_OK) {
        code = route_unit(writer, &unit, err);
    }
    tide_unit_clear(&unit);
    return code;
}

static tide_code finish_attempt(void *context, const tide_reject_list *rejects, tide_error *err)
{
    reduced_writer *writer = context;
    (void)rejects;
    tide_code code = tide_shuffle_attempt_finish(writer->attempt, err);
    if (code == TIDE_OK) {
        writer->attempt = NULL;
        clear_tally(&writer->run->tallies[writer->split]);
        writer->run->tallies[writer->split] = writer->tally;
        writer->tally = (split_tally){0};
        tide_reject_list_init(&writer->tally.rejects);
    }
    close_writer(writer);
    return code;
}

static void abort_attempt(void *context)
{
    close_writer(context);
}

static void discard_split(void *context, uint32_t split)
{
    reduced_run *run = context;
    (void)tide_shuffle_discard_split(run->shuffle, split);
    clear_tally(&run->tallies[split]);
}

static const tide_outlet_vtable reduced_outlet = {
    .begin = begin_attempt,
    .write = write_rows,
    .finish = finish_attempt,
    .abort = abort_attempt,
    .discard = discard_split,
};

/* The winner of a key is the greatest by newest, then by all columns as declared. */
static tide_code create_shuffle(reduced_run *run, tide_error *err)
{
    tide_pipeline *pipeline = run->execution->pipeline;
    const tide_schema *output = &pipeline->process.output.schema;
    uint32_t *order =
        tide_arena_alloc_zero(&pipeline->arena, output->field_count + 1, sizeof *order);
    if (order == NULL) {
        return TIDE_FAIL_MEMORY(err, "ordering rows");
    }
    size_t n = 0;
    order[n++] = (uint32_t)pipeline->newest_column;
    for (size_t i = 0; i < output->field_count; i++) {
        if (i != pipeline->newest_column) {
            order[n++] = (uint32_t)i;
        }
    }
    tide_shuffle_keys keys = {.schema = output,
                              .key = pipeline->process.key_columns,
                              .key_count = pipeline->target.key_count,
                              .order = order,
                              .order_count = n};
    return tide_run_shuffle_create(run->execution, &keys, &run->shuffle, err);
}

/* What reading has counted; rejects of steps join those of decoding. */
static tide_code add_tallies(reduced_run *run, tide_error *err)
{
    tide_execution *execution = run->execution;
    tide_run_result *result = execution->result;
    for (size_t i = 0; i < execution->source_plan.split_count; i++) {
        const split_tally *tally = &run->tallies[i];
        tide_counts_add(&result->counts, &tally->counts);
        if (tally->steps != NULL) {
            tide_add_step_counts(result->steps, tally->steps, result->step_count);
        }
        TIDE_TRY(tide_reject_list_append(&execution->rejects, &tally->rejects, err));
    }
    return TIDE_OK;
}

static tide_code reduce_partition(void *context, uint32_t partition, tide_sink_worker *worker,
                                  tide_error *err)
{
    const reduced_run *run = context;
    tide_execution *execution = run->execution;
    const tide_process_plan *process = &execution->pipeline->process;
    char prefix[128];
    tide_stream *rows = NULL;
    tide_reduce *reduce = NULL;
    (void)snprintf(prefix, sizeof prefix, "%s/p%u", execution->unit_prefix, partition);
    tide_hash_range range = tide_partition_range(partition, run->partitions.count);
    TIDE_TRY(tide_shuffle_open_range(run->shuffle, range, &rows, err));
    tide_reduce_inputs inputs = {.schema = &process->output.schema,
                                 .key_columns = process->key_columns,
                                 .key_count = execution->pipeline->target.key_count,
                                 .rows = rows,
                                 .bounds = &process->options.bounds,
                                 .unit_prefix = prefix,
                                 .cancel = &execution->cancel};
    tide_code code = tide_reduce_open(&inputs, &reduce, err);
    bool has_unit = code == TIDE_OK;
    while (code == TIDE_OK && has_unit) {
        tide_unit unit;
        tide_unit_init(&unit);
        code = tide_reduce_next(reduce, &unit, &has_unit, err);
        if (code == TIDE_OK && has_unit) {
            code = tide_execution_load(execution, worker, &unit, err);
        } else {
            tide_unit_clear(&unit);
        }
    }
    if (reduce != NULL) {
        tide_reduce_close(reduce);
    }
    rows->vtable->close(rows);
    return code;
}

static tide_code run_reduced(reduced_run *run, tide_error *err)
{
    tide_execution *execution = run->execution;
    TIDE_TRY(create_shuffle(run, err));
    TIDE_TRY(tide_execution_read(execution, &reduced_outlet, run, NULL, err));
    TIDE_TRY(add_tallies(run, err));
    TIDE_TRY(tide_execution_reject(execution, err));
    tide_execution_enter(execution, TIDE_STAGE_SORTING);
    TIDE_TRY(tide_partitions_plan(execution, run->shuffle, &run->partitions, err));
    tide_execution_enter(execution, TIDE_STAGE_PROCESSING);
    return tide_partitions_run(execution, &run->partitions, reduce_partition, run, err);
}

tide_code tide_run_reduced(tide_execution *execution, tide_error *err)
{
    reduced_run run = {.execution = execution};
    size_t split_count = execution->source_plan.split_count;
    run.tallies = tide_alloc_zero(split_count + 1, sizeof *run.tallies);
    if (run.tallies == NULL) {
        return TIDE_FAIL_MEMORY(err, "reading");
    }
    for (size_t i = 0; i < split_count; i++) {
        tide_reject_list_init(&run.tallies[i].rejects);
    }
    tide_code code = run_reduced(&run, err);
    tide_partitions_clear(&run.partitions);
    if (run.shuffle != NULL) {
        tide_shuffle_destroy(run.shuffle);
    }
    for (size_t i = 0; i < split_count; i++) {
        clear_tally(&run.tallies[i]);
    }
    tide_free(run.tallies);
    return code;
}

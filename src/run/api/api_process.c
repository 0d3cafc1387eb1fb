/* SPDX-License-Identifier: Apache-2.0 */
/* The process stage over Arrow streams: rows in any order are sorted here, units are pulled. */
#include "base/memory.h"
#include "base/problem.h"
#include "process/process.h"
#include "run/api/api.h"
#include "run/metrics.h"
#include "run/ordering.h"
#include "shuffle/shuffle.h"

#define MEMORY_DEFAULT (INT64_C(256) << 20)

/* States of a caller, with the hashes that they carry. */
typedef struct state_stream {
    tide_stream base;
    const tide_state_layout *layout;
    struct ArrowArrayStream *from; /* borrowed from the process */
    tide_batch batch;
    uint64_t *hashes;
    size_t hash_capacity;
} state_stream;

struct tidemill_process {
    tide_process_plan plan; /* shallow copy: horizon and run of its own; borrows the pipeline's */
    tide_cancel cancel;
    tide_budget budget;
    tide_shuffle *shuffle;
    tide_stream *rows;
    struct ArrowArrayStream states_from;
    state_stream states;
    tide_process *process;
};

/* A lent batch has nothing to free. */
static void give_back(struct ArrowArray *array)
{
    array->release = NULL;
}

static tide_code next_states(tide_stream *stream, tide_batch *out, const uint64_t **hashes,
                             tide_error *err)
{
    state_stream *states = (state_stream *)stream;
    tide_column column;
    tide_batch_clear(&states->batch);
    TIDE_TRY(
        tide_api_pull_batch(states->from, &states->layout->schema, "states", &states->batch, err));
    int64_t rows = tide_batch_row_count(&states->batch);
    *out = (tide_batch){.schema = &states->layout->schema};
    if (rows == 0) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_grow((void **)&states->hashes, &states->hash_capacity, (size_t)rows,
                       sizeof *states->hashes, err));
    tide_column *columns = tide_alloc_zero(states->layout->schema.field_count, sizeof *columns);
    if (columns == NULL) {
        return TIDE_FAIL_MEMORY(err, "states");
    }
    tide_batch_columns(&states->batch, columns);
    column = columns[states->layout->hash_column];
    for (int64_t i = 0; i < rows; i++) {
        states->hashes[i] = tide_state_hash_decode(tide_column_int64(&column, i));
    }
    tide_free(columns);
    *hashes = states->hashes;
    *out = states->batch;
    out->array.release = give_back; /* lent: the next call clears it */
    return TIDE_OK;
}

static void close_states(tide_stream *stream)
{
    (void)stream; /* owned by the process */
}

static const tide_stream_vtable state_stream_vtable = {next_states, close_states};

static tide_code create_shuffle(tidemill_process *process, tide_pipeline *pipeline,
                                const tidemill_process_options *options, tide_error *err)
{
    uint32_t *order;
    size_t order_count;
    TIDE_TRY(tide_order_columns(pipeline, &order, &order_count, err));
    tide_shuffle_options shuffle = {
        .schema = &pipeline->layout.schema,
        .key_columns = pipeline->series_columns,
        .key_count = pipeline->series_count,
        .order_columns = order,
        .order_count = order_count,
        .spill_directory = tide_spill_directory(options->spill_directory),
        .budget = &process->budget,
        .cancel = &process->cancel,
    };
    return tide_shuffle_create(&shuffle, &process->shuffle, err);
}

static tide_code write_all(tide_shuffle_attempt *attempt, struct ArrowArrayStream *rows,
                           const tide_schema *schema, tide_error *err)
{
    for (;;) {
        tide_batch batch;
        tide_batch_init(&batch);
        TIDE_TRY(tide_api_pull_batch(rows, schema, "rows", &batch, err));
        bool end = tide_batch_row_count(&batch) == 0;
        tide_code code = end ? TIDE_OK : tide_shuffle_attempt_write(attempt, &batch, NULL, err);
        tide_batch_clear(&batch);
        if (end || code != TIDE_OK) {
            return code;
        }
    }
}

static tide_code sort_rows(tidemill_process *process, tide_pipeline *pipeline,
                           struct ArrowArrayStream *rows, tide_error *err)
{
    tide_shuffle_attempt *attempt = NULL;
    TIDE_TRY(tide_api_pull(rows, &pipeline->layout.schema, "rows", err));
    TIDE_TRY(tide_shuffle_attempt_begin(process->shuffle, 0, &attempt, err));
    tide_code code = write_all(attempt, rows, &pipeline->layout.schema, err);
    if (code == TIDE_OK) {
        code = tide_shuffle_attempt_finish(attempt, err);
    }
    if (code != TIDE_OK) {
        tide_shuffle_attempt_abort(attempt);
        return code;
    }
    TIDE_TRY(tide_shuffle_seal(process->shuffle, 1, err));
    return tide_shuffle_open_range(process->shuffle, (tide_hash_range){0, UINT64_MAX},
                                   &process->rows, err);
}

static tide_code open_process(tidemill_process *process, tidemill_plan *plan,
                              const tidemill_process_options *options,
                              struct ArrowArrayStream *rows, tide_error *err)
{
    tide_pipeline *pipeline = &plan->pipeline->bound;
    if (pipeline->series_count == 0) {
        return TIDE_FAIL(err, TIDE_E_NOT_APPLICABLE, "the pipeline has no `series:`");
    }
    process->plan = pipeline->process;
    process->plan.options.horizon = plan->horizon;
    process->plan.options.run = options->run;
    process->plan.options.members = plan->plan.members;
    process->plan.options.member_count = plan->plan.member_count;
    tide_budget_init(&process->budget,
                     options->memory_bytes > 0 ? options->memory_bytes : MEMORY_DEFAULT);
    TIDE_TRY(create_shuffle(process, pipeline, options, err));
    TIDE_TRY(sort_rows(process, pipeline, rows, err));
    process->states = (state_stream){.base = {&state_stream_vtable},
                                     .layout = &pipeline->process.state,
                                     .from = &process->states_from};
    bool has_states = process->states_from.release != NULL;
    if (has_states) {
        TIDE_TRY(
            tide_api_pull(&process->states_from, &pipeline->process.state.schema, "states", err));
    }
    tide_process_inputs inputs = {
        .rows = process->rows,
        .states = has_states ? &process->states.base : NULL,
        .unit_prefix = options->unit_prefix != NULL ? options->unit_prefix : "unit",
        .cancel = &process->cancel};
    return tide_process_open(&process->plan, &inputs, &process->process, err);
}

tidemill_code tidemill_process_open(tidemill_plan *plan, const tidemill_process_options *options,
                                    struct ArrowArrayStream *rows, struct ArrowArrayStream *states,
                                    tidemill_process **process, tidemill_error *err)
{
    tide_error inner;
    tide_error_clear(&inner);
    *process = NULL;
    tidemill_process *opened = tide_alloc_zero(1, sizeof *opened);
    tide_code code = TIDE_OK;
    if (opened == NULL) {
        code = TIDE_FAIL_MEMORY(&inner, "processing");
        if (states != NULL) {
            states->release(states);
        }
    } else {
        tide_cancel_init(&opened->cancel);
        if (states != NULL) {
            opened->states_from = *states;
            states->release = NULL;
        }
        code = open_process(opened, plan, options, rows, &inner);
    }
    rows->release(rows);
    if (code != TIDE_OK) {
        tidemill_process_close(opened);
        return tide_api_code(code, &inner, err);
    }
    *process = opened;
    return TIDEMILL_OK;
}

void tidemill_process_close(tidemill_process *process)
{
    if (process == NULL) {
        return;
    }
    if (process->process != NULL) {
        tide_process_close(process->process);
    }
    if (process->rows != NULL) {
        process->rows->vtable->close(process->rows);
    }
    if (process->shuffle != NULL) {
        tide_shuffle_destroy(process->shuffle);
    }
    tide_batch_clear(&process->states.batch);
    tide_free(process->states.hashes);
    if (process->states_from.release != NULL) {
        process->states_from.release(&process->states_from);
    }
    tide_free(process);
}

static tide_code next_unit(tidemill_process *process, tidemill_unit **unit, tide_error *err)
{
    tidemill_unit *next = tide_alloc_zero(1, sizeof *next);
    if (next == NULL) {
        return TIDE_FAIL_MEMORY(err, "a unit");
    }
    bool has_unit = false;
    next->output = &process->plan.output.schema;
    next->states = &process->plan.state.schema;
    tide_unit_init(&next->unit);
    tide_code code = tide_process_next(process->process, &next->unit, &has_unit, err);
    if (code != TIDE_OK || !has_unit) {
        tidemill_unit_destroy(next);
        return code;
    }
    *unit = next;
    return TIDE_OK;
}

tidemill_code tidemill_process_next(tidemill_process *process, tidemill_unit **unit,
                                    tidemill_error *err)
{
    tide_error inner;
    tide_error_clear(&inner);
    *unit = NULL;
    tide_code code = next_unit(process, unit, &inner);
    return code == TIDE_OK ? TIDEMILL_OK : tide_api_code(code, &inner, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "run/shuffle_outlet.h"

#include "base/memory.h"

/* One attempt of one split. */
typedef struct shuffle_writer {
    tide_admit *admit;
    tide_shuffle_attempt *attempt;
} shuffle_writer;

static tide_code begin_attempt(void *context, unsigned worker, uint32_t split, uint32_t attempt,
                               void **out, tide_error *err)
{
    tide_shuffle_outlet *outlet = context;
    (void)attempt;
    shuffle_writer *writer = tide_alloc_zero(1, sizeof *writer);
    if (writer == NULL) {
        return TIDE_FAIL_MEMORY(err, "shuffling");
    }
    writer->admit = &outlet->admits[worker];
    tide_code code = tide_shuffle_attempt_begin(outlet->shuffle, split, &writer->attempt, err);
    if (code != TIDE_OK) {
        tide_free(writer);
        return code;
    }
    *out = writer;
    return TIDE_OK;
}

static tide_code write_rows(void *context, const tide_batch *batch, tide_reject_list *rejects,
                            tide_error *err)
{
    shuffle_writer *writer = context;
    tide_batch view;
    const tide_batch *admitted;
    tide_batch_init(&view);
    tide_code code = tide_admit_rows(writer->admit, batch, &view, &admitted, rejects, err);
    if (code == TIDE_OK && tide_batch_row_count(admitted) > 0) {
        code = tide_shuffle_attempt_write(writer->attempt, admitted, NULL, err);
    }
    tide_batch_clear(&view);
    return code;
}

static tide_code finish_attempt(void *context, const tide_reject_list *rejects, tide_error *err)
{
    (void)rejects;
    shuffle_writer *writer = context;
    tide_code code = tide_shuffle_attempt_finish(writer->attempt, err);
    if (code != TIDE_OK) {
        tide_shuffle_attempt_abort(writer->attempt);
    }
    tide_free(writer);
    return code;
}

static void abort_attempt(void *context)
{
    shuffle_writer *writer = context;
    tide_shuffle_attempt_abort(writer->attempt);
    tide_free(writer);
}

static void discard_split(void *context, uint32_t split)
{
    tide_shuffle_outlet *outlet = context;
    (void)tide_shuffle_discard_split(outlet->shuffle, split);
}

const tide_outlet_vtable tide_shuffle_outlet_vtable = {
    .begin = begin_attempt,
    .write = write_rows,
    .finish = finish_attempt,
    .abort = abort_attempt,
    .discard = discard_split,
};

/* From the beginning of the run, also when it is resumed: the same rows are rejects. */
static int64_t time_limit(const tide_execution *execution)
{
    int64_t future = execution->pipeline->config->max_future_micros;
    int64_t limit;
    bool unlimited =
        future < 0 || __builtin_add_overflow(execution->row.started_at, future, &limit);
    return unlimited ? INT64_MAX : limit;
}

static tide_code init_admits(tide_shuffle_outlet *outlet, tide_error *err)
{
    unsigned count = outlet->execution->options.worker_count;
    outlet->admits = tide_alloc_zero(count, sizeof *outlet->admits);
    if (outlet->admits == NULL) {
        return TIDE_FAIL_MEMORY(err, "shuffling");
    }
    for (unsigned i = 0; i < count; i++) {
        TIDE_TRY(tide_admit_init(&outlet->admits[i], &outlet->rules, err));
        outlet->admit_count++;
    }
    return TIDE_OK;
}

tide_code tide_shuffle_outlet_init(tide_shuffle_outlet *outlet, tide_execution *execution,
                                   const uint32_t *order, size_t order_count, tide_error *err)
{
    tide_pipeline *pipeline = execution->pipeline;
    *outlet = (tide_shuffle_outlet){.execution = execution};
    size_t wanted_count = pipeline->series_count + 1;
    uint32_t *wanted = tide_arena_alloc_zero(&pipeline->arena, wanted_count, sizeof *wanted);
    if (wanted == NULL) {
        return TIDE_FAIL_MEMORY(err, "shuffling");
    }
    for (size_t i = 0; i < pipeline->series_count; i++) {
        wanted[i] = pipeline->series_columns[i];
    }
    wanted[pipeline->series_count] = (uint32_t)pipeline->time_column;
    outlet->rules = (tide_admit_rules){.layout = &pipeline->layout,
                                       .plan = &execution->source_plan,
                                       .wanted = wanted,
                                       .wanted_count = wanted_count,
                                       .time_column = pipeline->time_column,
                                       .time_max = time_limit(execution)};
    tide_shuffle_keys keys = {.schema = &pipeline->layout.schema,
                              .key = pipeline->series_columns,
                              .key_count = pipeline->series_count,
                              .order = order,
                              .order_count = order_count};
    TIDE_TRY(init_admits(outlet, err));
    return tide_run_shuffle_create(execution, &keys, &outlet->shuffle, err);
}

void tide_shuffle_outlet_clear(tide_shuffle_outlet *outlet)
{
    if (outlet->shuffle != NULL) {
        tide_shuffle_destroy(outlet->shuffle);
        outlet->shuffle = NULL;
    }
    for (unsigned i = 0; i < outlet->admit_count; i++) {
        tide_admit_clear(&outlet->admits[i]);
    }
    tide_free(outlet->admits);
    outlet->admits = NULL;
    outlet->admit_count = 0;
}

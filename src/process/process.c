/* SPDX-License-Identifier: Apache-2.0 */
#include "process/process.h"

#include "base/memory.h"
#include "base/problem.h"
#include "process/day_loop.h"

static tide_code open_rebuild(tide_process *process, tide_error *err)
{
    tide_rebuild *rebuild = &process->rebuild;
    rebuild->counts =
        tide_alloc_zero(process->plan->options.step_count + 1, sizeof *rebuild->counts);
    if (rebuild->counts == NULL) {
        return TIDE_FAIL_MEMORY(err, "process");
    }
    return tide_gather_init(&rebuild->gather, process->plan, err);
}

static tide_code open_parts(tide_process *process, const tide_process_inputs *inputs,
                            tide_error *err)
{
    const tide_process_plan *plan = process->plan;
    process->unit_prefix = tide_copy_string(inputs->unit_prefix);
    if (process->unit_prefix == NULL) {
        return TIDE_FAIL_MEMORY(err, "process");
    }
    TIDE_TRY(tide_scan_init(&process->scan, plan, inputs->rows, err));
    TIDE_TRY(tide_state_join_init(&process->join, plan, inputs->states, err));
    process->join.on_absent = tide_day_loop_absent;
    process->join.context = process;
    TIDE_TRY(tide_group_init(&process->group, plan, err));
    TIDE_TRY(tide_gather_init(&process->gather, plan, err));
    TIDE_TRY(open_rebuild(process, err));
    TIDE_TRY(tide_waves_init(&process->waves, plan, err));
    TIDE_TRY(tide_chain_open(&process->chain, plan, err));
    return tide_unit_maker_open(&process->maker, plan, inputs->shelves, err);
}

tide_code tide_process_open(const tide_process_plan *plan, const tide_process_inputs *inputs,
                            tide_process **process, tide_error *err)
{
    *process = NULL;
    if (plan->options.series_count == 0 || plan->options.zone == NULL) {
        return TIDE_FAIL(err, TIDE_BAD_CONFIG, "ordered processing needs a series and a zone");
    }
    tide_process *made = tide_alloc_zero(1, sizeof *made);
    if (made == NULL) {
        return TIDE_FAIL_MEMORY(err, "process");
    }
    made->plan = plan;
    made->cancel = inputs->cancel;
    tide_reject_list_init(&made->rebuild.rejects);
    tide_code code = open_parts(made, inputs, err);
    if (code != TIDE_OK) {
        tide_process_close(made);
        return code;
    }
    *process = made;
    return TIDE_OK;
}

void tide_process_close(tide_process *process)
{
    if (process == NULL) {
        return;
    }
    tide_unit_maker_close(&process->maker);
    tide_chain_close(&process->chain);
    tide_waves_clear(&process->waves);
    tide_gather_clear(&process->gather);
    tide_gather_clear(&process->rebuild.gather);
    tide_reject_list_clear(&process->rebuild.rejects);
    tide_free(process->rebuild.counts);
    tide_group_clear(&process->group);
    tide_state_join_clear(&process->join);
    tide_scan_clear(&process->scan);
    tide_free(process->unit_prefix);
    tide_free(process);
}

static void print_series(const void *context, uint32_t series, tide_text *out)
{
    const tide_group *group = context;
    tide_group_print_series(group, series, out);
}

/* Rows on their way into the steps: *batch is taken. */
typedef struct step_rows {
    tide_batch *batch;
    tide_segment *segments;
    size_t segment_count;
    bool rebuilds;
} step_rows;

/* What the steps make of days that are loaded already, but for the states, is let go. */
static tide_code take_output(tide_process *process, const step_rows *rows, tide_batch *output,
                             tide_error *err)
{
    if (rows->rebuilds) {
        tide_reject_list_reset(&process->rebuild.rejects);
        return TIDE_OK;
    }
    return tide_unit_maker_add(&process->maker, output, rows->segments, rows->segment_count,
                               &process->group, err);
}

static tide_code run_steps(tide_process *process, const step_rows *rows, tide_error *err)
{
    tide_unit *unit = &process->maker.unit;
    tide_chain_batch io = {
        .segments = rows->segments,
        .segment_count = rows->segment_count,
        .group = &process->group,
        .print_series = print_series,
        .series_context = &process->group,
        .rejects = rows->rebuilds ? &process->rebuild.rejects : &unit->rejects,
        .counts = rows->rebuilds ? process->rebuild.counts : unit->steps,
    };
    tide_batch_move(rows->batch, &io.batch);
    TIDE_TRY(tide_chain_run(&process->chain, &io, err));
    tide_code code = take_output(process, rows, &io.batch, err);
    tide_batch_clear(&io.batch);
    return code;
}

static tide_code run_waves(tide_process *process, const step_rows *rows, tide_error *err)
{
    TIDE_TRY(
        tide_waves_cut(&process->waves, rows->batch, rows->segments, rows->segment_count, err));
    for (size_t wave = 0; wave < process->waves.wave_count; wave++) {
        tide_batch batch;
        tide_batch_init(&batch);
        step_rows part = {.batch = &batch, .rebuilds = rows->rebuilds};
        TIDE_TRY(tide_waves_take(&process->waves, wave, &batch, &part.segments, &part.segment_count,
                                 err));
        TIDE_TRY(run_steps(process, &part, err));
    }
    return TIDE_OK;
}

static tide_code run_gathered(tide_process *process, tide_gather *gather, int64_t *count,
                              tide_error *err)
{
    if (gather->segment_count == 0) {
        return TIDE_OK;
    }
    tide_batch batch;
    tide_batch_init(&batch);
    TIDE_TRY(tide_gather_finish(gather, &batch, err));
    *count += tide_batch_row_count(&batch);
    step_rows rows = {
        .batch = &batch,
        .segments = gather->segments,
        .segment_count = gather->segment_count,
        .rebuilds = gather == &process->rebuild.gather,
    };
    if (!process->plan->waves) {
        return run_steps(process, &rows, err);
    }
    tide_code code = run_waves(process, &rows, err);
    tide_batch_clear(&batch);
    return code;
}

static tide_code write_state(tide_process *process, size_t index, tide_error *err)
{
    tide_series *series = &process->group.items[index];
    if (!series->unwritten) {
        return TIDE_OK;
    }
    series->unwritten = false;
    return tide_group_write_state(&process->group, index, &process->maker.states, err);
}

/* The batch, then the states of the series that it has finished. */
static tide_code run_batch(tide_process *process, tide_error *err)
{
    tide_counts *counts = &process->maker.unit.counts;
    TIDE_TRY(run_gathered(process, &process->rebuild.gather, &counts->rebuilt, err));
    TIDE_TRY(run_gathered(process, &process->gather, &counts->consumed, err));
    tide_group *group = &process->group;
    size_t finished = group->count - (process->series_is_open ? 1 : 0);
    for (size_t i = 0; i < finished; i++) {
        TIDE_TRY(write_state(process, i, err));
    }
    TIDE_TRY(tide_group_restart(group, process->series_is_open, err));
    tide_gather_reset(&process->gather);
    tide_gather_reset(&process->rebuild.gather);
    return TIDE_OK;
}

/* The balance: every row that was taken from the stream is in exactly one count, but for the old
 * rows of a series that is not compared yet. */
static tide_code check_balance(tide_process *process, tide_error *err)
{
    const tide_counts *counts = &process->maker.unit.counts;
    process->rows_accounted += counts->consumed + counts->rebuilt + counts->seen + counts->late +
                               counts->unmatched + counts->left + counts->rejected;
    int64_t waiting = 0;
    if (process->series_is_open) {
        const tide_series *series = tide_group_last(&process->group);
        waiting = series->compared ? 0 : series->old_rows + series->own_rows;
    }
    if (process->failure.code == TIDE_OK &&
        process->rows_accounted + waiting != process->scan.rows_taken) {
        return TIDE_FAIL(err, TIDE_E_DEFECT,
                         "the row balance does not add up: %lld rows taken, %lld accounted for",
                         (long long)process->scan.rows_taken,
                         (long long)(process->rows_accounted + waiting));
    }
    return TIDE_OK;
}

/* An open series goes on in the next unit; this one has its state as of its last finished day.
 * While a series is being rebuilt it stays rewound in the table: a resume has to begin it anew. */
static tide_code close_unit(tide_process *process, tide_unit *unit, tide_error *err)
{
    if (process->series_is_open) {
        tide_series *series = tide_group_last(&process->group);
        if (!series->rewound || series->processed) {
            TIDE_TRY(write_state(process, 0, err));
        }
        series->number = TIDE_NO_SERIES;
    }
    TIDE_TRY(check_balance(process, err));
    process->unit_is_full = false;
    return tide_unit_maker_finish(&process->maker, process->unit_prefix, ++process->unit_count,
                                  unit, err);
}

/* Fills and runs batches until a unit is to be closed. */
static tide_code make_unit(tide_process *process, tide_error *err)
{
    for (;;) {
        TIDE_TRY(tide_day_loop_fill(process, err));
        TIDE_TRY(run_batch(process, err));
        process->unit_is_full = process->unit_is_full || tide_unit_maker_is_full(&process->maker);
        if (process->ended || process->failure.code != TIDE_OK ||
            (process->unit_is_full && tide_day_loop_is_between_days(process))) {
            return TIDE_OK;
        }
    }
}

tide_code tide_process_next(tide_process *process, tide_unit *unit, bool *has_unit, tide_error *err)
{
    tide_unit_init(unit);
    *has_unit = false;
    if (process->failure.code != TIDE_OK) {
        *err = process->failure;
        return err->code;
    }
    if (process->ended) {
        return TIDE_OK;
    }
    if (process->cancel != NULL) {
        TIDE_TRY(tide_cancel_check(process->cancel, err));
    }
    TIDE_TRY(make_unit(process, err));
    if (process->failure.code != TIDE_OK && !tide_unit_maker_has_content(&process->maker)) {
        *err = process->failure;
        return err->code;
    }
    TIDE_TRY(close_unit(process, unit, err));
    *has_unit = true;
    return TIDE_OK;
}

int64_t tide_process_rows_taken(const tide_process *process)
{
    return process->scan.rows_taken;
}

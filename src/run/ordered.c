/* SPDX-License-Identifier: Apache-2.0 */
/* The ordered route: shuffle by series, then the day loop per partition, each worker with its own
 * connection to the sink.
 *
 *   read all splits -> shuffle -> decode rejects are committed -> seal -> per partition, in
 *   parallel: rows + states -> process -> units -> load
 */
#include <stdio.h>

#include "process/process.h"
#include "run/ordering.h"
#include "run/shuffle_outlet.h"
#include "shuffle/spill_shelf.h"

typedef struct ordered_run {
    tide_execution *execution;
    tide_shuffle_outlet outlet;
    tide_partitions partitions;
    tide_spill_shelves shelves; /* late rows of units that have too many of them */
} ordered_run;

static tide_code open_outlet(ordered_run *r, tide_error *err)
{
    uint32_t *order;
    size_t order_count;
    TIDE_TRY(tide_order_columns(r->execution->pipeline, &order, &order_count, err));
    return tide_shuffle_outlet_init(&r->outlet, r->execution, order, order_count, err);
}

static tide_code load_units(ordered_run *r, tide_process *process, tide_sink_worker *worker,
                            tide_error *err)
{
    tide_execution *execution = r->execution;
    int64_t taken_before = 0;
    for (;;) {
        tide_unit unit;
        bool has_unit = false;
        tide_unit_init(&unit);
        TIDE_TRY(tide_process_next(process, &unit, &has_unit, err));
        int64_t taken = tide_process_rows_taken(process);
        (void)tide_atomic_add(&execution->progress->rows_processed, taken - taken_before);
        taken_before = taken;
        if (!has_unit) {
            tide_unit_clear(&unit);
            return TIDE_OK;
        }
        TIDE_TRY(tide_execution_load(execution, worker, &unit, err));
    }
}

/* The streams of one partition are open at the same time: rows and states merge-join. */
static tide_code process_streams(ordered_run *r, uint32_t partition, tide_stream *rows,
                                 tide_stream *states, tide_sink_worker *worker, tide_error *err)
{
    tide_execution *execution = r->execution;
    char prefix[128];
    (void)snprintf(prefix, sizeof prefix, "%s/p%u", execution->unit_prefix, partition);
    tide_process_inputs inputs = {
        .rows = rows,
        .states = states,
        .unit_prefix = prefix,
        .shelves = &r->shelves.maker,
        .cancel = &execution->cancel,
    };
    tide_process *process = NULL;
    tide_code code = tide_process_open(&execution->pipeline->process, &inputs, &process, err);
    if (code == TIDE_OK) {
        code = load_units(r, process, worker, err);
    }
    if (process != NULL) {
        tide_process_close(process);
    }
    return code;
}

static tide_code process_partition(void *context, uint32_t partition, tide_sink_worker *worker,
                                   tide_error *err)
{
    ordered_run *r = context;
    tide_execution *execution = r->execution;
    tide_hash_range range = tide_partition_range(partition, r->partitions.count);
    tide_stream *rows = NULL;
    tide_stream *states = NULL;
    TIDE_TRY(tide_shuffle_open_range(r->outlet.shuffle, range, &rows, err));
    tide_code code = TIDE_OK;
    if (execution->pipeline->target.mode != TIDE_REPLACE) {
        code = execution->sink->vtable->read_states(worker, range, &states, err);
        err->side = code == TIDE_OK ? err->side : TIDE_SIDE_SINK;
    }
    if (code == TIDE_OK) {
        code = process_streams(r, partition, rows, states, worker, err);
    }
    if (states != NULL) {
        states->vtable->close(states);
    }
    rows->vtable->close(rows);
    return code;
}

static tide_code run_ordered(ordered_run *r, tide_error *err)
{
    tide_execution *execution = r->execution;
    TIDE_TRY(open_outlet(r, err));
    TIDE_TRY(tide_execution_read(execution, &tide_shuffle_outlet_vtable, &r->outlet, NULL, err));
    TIDE_TRY(tide_execution_reject(execution, err));
    tide_execution_enter(execution, TIDE_STAGE_SORTING);
    TIDE_TRY(tide_partitions_plan(execution, r->outlet.shuffle, &r->partitions, err));
    tide_execution_enter(execution, TIDE_STAGE_PROCESSING);
    return tide_partitions_run(execution, &r->partitions, process_partition, r, err);
}

tide_code tide_run_ordered(tide_execution *execution, tide_error *err)
{
    ordered_run r = {.execution = execution};
    tide_spill_shelves_init(&r.shelves, execution->options.spill_directory);
    tide_code code = run_ordered(&r, err);
    execution->result->spilled_bytes += tide_atomic_get(&r.shelves.file.written_bytes);
    tide_spill_shelves_clear(&r.shelves);
    tide_partitions_clear(&r.partitions);
    tide_shuffle_outlet_clear(&r.outlet);
    return code;
}

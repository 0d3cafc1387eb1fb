/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline.h"

#include "base/memory.h"

static tide_code declare(test_pipeline *pipeline, tide_error *err)
{
    TIDE_TRY(test_layout_init(&pipeline->layout, err));
    for (size_t i = 0; i < DECLARED_COUNT; i++) {
        const tide_field *field = &pipeline->layout.schema.fields[i];
        TIDE_TRY(tide_schema_add(&pipeline->declared, field->name, field->type, false, err));
    }
    return TIDE_OK;
}

tide_code test_pipeline_init(test_pipeline *pipeline, const char *const *step_names,
                             tide_error *err)
{
    *pipeline = (test_pipeline){.stream_rows = 3};
    tide_schema_init(&pipeline->declared);
    tide_cancel_init(&pipeline->cancel);
    tide_text_init(&pipeline->output);
    tide_text_init(&pipeline->positions);
    tide_text_init(&pipeline->output_positions);
    TIDE_TRY(declare(pipeline, err));
    const tide_schema *input = &pipeline->declared;
    for (size_t i = 0; step_names[i] != NULL; i++) {
        TIDE_TRY(test_step_define(step_names[i], i + 1, input, &pipeline->steps[i], err));
        pipeline->step_count++;
        input = &pipeline->steps[i].output_schema;
    }
    TIDE_TRY(tide_zone_open("UTC", &pipeline->zone, err));
    pipeline->options = (tide_process_options){
        .layout = &pipeline->layout,
        .series_columns = test_series_columns,
        .series_count = 2,
        .time_column = USED_AT,
        .zone = pipeline->zone,
        .horizon = 100 * DAY,
        .run = 1,
        .steps = pipeline->steps,
        .step_count = pipeline->step_count,
        .add_series_and_day = true,
    };
    return TIDE_OK;
}

tide_code test_pipeline_start(test_pipeline *pipeline, tide_error *err)
{
    TIDE_TRY(tide_process_plan_init(&pipeline->plan, &pipeline->options, err));
    if (pipeline->options.series_count > 0) {
        test_states_init(&pipeline->states, &pipeline->plan.state);
    }
    return TIDE_OK;
}

tide_code test_pipeline_next_run(test_pipeline *pipeline, int64_t run, int64_t horizon,
                                 tide_error *err)
{
    pipeline->options.run = run;
    pipeline->options.horizon = horizon;
    tide_process_plan next;
    tide_code code = tide_process_plan_init(&next, &pipeline->options, err);
    if (code != TIDE_OK) {
        tide_process_plan_clear(&next);
        return code;
    }
    tide_process_plan_clear(&pipeline->plan);
    pipeline->plan = next;
    return TIDE_OK;
}

static void print_chunk(test_pipeline *pipeline, const tide_batch *batch)
{
    tide_column columns[32];
    tide_batch_columns(batch, columns);
    for (int64_t row = 0; row < tide_batch_row_count(batch); row++) {
        tide_row_print_json(batch->schema, columns, batch->schema->field_count, row,
                            &pipeline->output);
        tide_text_append_char(&pipeline->output, '\n');
    }
}

/* The segments of a chunk lie without gaps over its rows, and name series of the unit. */
static tide_code check_chunk(test_pipeline *pipeline, const tide_unit *unit, size_t number,
                             tide_error *err)
{
    const tide_chunk *chunk = &unit->chunks[number];
    int64_t at = 0;
    for (size_t i = 0; i < chunk->segment_count; i++) {
        const tide_segment *segment = &chunk->segments[i];
        if (segment->begin != at || segment->end <= at || segment->series >= unit->series_count) {
            return TIDE_FAIL(err, TIDE_BAD_DATA, "a segment of a unit is wrong");
        }
        at = segment->end;
    }
    if (at != tide_batch_row_count(&chunk->batch)) {
        return TIDE_FAIL(err, TIDE_BAD_DATA, "segments of a unit do not cover its rows");
    }
    for (int64_t row = 0; row < at; row++) {
        tide_unit_print_position(unit, number, row, &pipeline->output_positions);
        tide_text_append_char(&pipeline->output_positions, '\n');
    }
    return TIDE_OK;
}

static void add_counts(test_pipeline *pipeline, const tide_unit *unit)
{
    tide_counts_add(&pipeline->counts, &unit->counts);
    for (size_t i = 0; i < unit->step_count; i++) {
        pipeline->step_counts[i].rows_in += unit->steps[i].rows_in;
        pipeline->step_counts[i].rows_out += unit->steps[i].rows_out;
        pipeline->step_counts[i].rejected += unit->steps[i].rejected;
    }
    for (size_t i = 0; i < unit->rejects.count; i++) {
        tide_text_append_format(&pipeline->positions, "%s\n", unit->rejects.items[i].position);
    }
}

static tide_code take_unit(test_pipeline *pipeline, const tide_unit *unit, tide_error *err)
{
    size_t rows = 0;
    pipeline->unit_count++;
    add_counts(pipeline, unit);
    for (size_t i = 0; i < unit->chunk_count; i++) {
        rows += (size_t)tide_batch_row_count(&unit->chunks[i].batch);
        print_chunk(pipeline, &unit->chunks[i].batch);
        TIDE_TRY(check_chunk(pipeline, unit, i, err));
    }
    pipeline->output_rows += (int64_t)rows;
    if (rows > pipeline->unit_rows_most) {
        pipeline->unit_rows_most = rows;
    }
    pipeline->states_written += (size_t)tide_batch_row_count(&unit->states);
    return test_states_upsert(&pipeline->states, &unit->states, err);
}

static tide_code take_units(test_pipeline *pipeline, tide_process *process, tide_error *err)
{
    bool has_unit = true;
    while (has_unit && (pipeline->units_max == 0 || pipeline->unit_count < pipeline->units_max)) {
        tide_unit unit;
        tide_code code = tide_process_next(process, &unit, &has_unit, err);
        if (code == TIDE_OK && has_unit) {
            code = take_unit(pipeline, &unit, err);
        }
        tide_unit_clear(&unit);
        if (code != TIDE_OK) {
            return code;
        }
    }
    return TIDE_OK;
}

tide_code test_pipeline_run(test_pipeline *pipeline, test_row *rows, size_t count, tide_error *err)
{
    test_stream stream;
    test_state_stream states;
    tide_process *process = NULL;
    pipeline->counts = (tide_counts){0};
    memset(pipeline->step_counts, 0, sizeof pipeline->step_counts);
    pipeline->unit_count = pipeline->states_written = pipeline->unit_rows_most = 0;
    pipeline->output_rows = 0;
    tide_text_reset(&pipeline->output);
    tide_text_reset(&pipeline->positions);
    tide_text_reset(&pipeline->output_positions);
    TIDE_TRY(test_rows_sort(&pipeline->layout, rows, count, 64, err));
    test_stream_init(&stream, &pipeline->layout, rows, count, pipeline->stream_rows);
    stream.cancel = &pipeline->cancel;
    stream.cancel_at = pipeline->cancel_at;
    stream.cancel_level = pipeline->cancel_level;
    test_state_stream_init(&states, &pipeline->states, 2);
    tide_process_inputs inputs = {.rows = &stream.base,
                                  .states = &states.base,
                                  .unit_prefix = "p",
                                  .cancel = &pipeline->cancel};
    tide_code code = tide_process_open(&pipeline->plan, &inputs, &process, err);
    if (code == TIDE_OK) {
        code = take_units(pipeline, process, err);
    }
    tide_process_close(process);
    test_stream_clear(&stream);
    test_state_stream_clear(&states);
    return code;
}

void test_pipeline_clear(test_pipeline *pipeline)
{
    if (pipeline->states.layout != NULL) {
        test_states_clear(&pipeline->states);
    }
    tide_process_plan_clear(&pipeline->plan);
    for (size_t i = 0; i < pipeline->step_count; i++) {
        tide_step_clear(&pipeline->steps[i]);
    }
    tide_zone_close(pipeline->zone);
    tide_schema_clear(&pipeline->declared);
    tide_schema_clear(&pipeline->layout.schema);
    tide_text_clear(&pipeline->output);
    tide_text_clear(&pipeline->positions);
    tide_text_clear(&pipeline->output_positions);
}

const tide_value *test_pipeline_state(const test_pipeline *pipeline, const char *region,
                                      int64_t person, const char *column)
{
    const tide_value *cells = test_states_find(&pipeline->states, region, person);
    size_t index = tide_schema_find(&pipeline->plan.state.schema, column);
    return cells == NULL || index == TIDE_NO_FIELD ? NULL : &cells[index];
}

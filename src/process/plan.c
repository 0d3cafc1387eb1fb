/* SPDX-License-Identifier: Apache-2.0 */
#include "process/plan.h"

#include "base/limits.h"
#include "base/memory.h"
#include "base/problem.h"

static void fill_defaults(tide_process_bounds *bounds)
{
    if (bounds->batch_rows <= 0) {
        bounds->batch_rows = TIDE_BATCH_ROWS_MAX;
    }
    if (bounds->batch_bytes == 0) {
        bounds->batch_bytes = TIDE_BATCH_BYTES_MAX;
    }
    if (bounds->unit_rows <= 0) {
        bounds->unit_rows = TIDE_UNIT_ROWS_MAX;
    }
    if (bounds->unit_bytes == 0) {
        bounds->unit_bytes = TIDE_UNIT_BYTES_MAX;
    }
    if (bounds->unit_seconds <= 0) {
        bounds->unit_seconds = TIDE_UNIT_SECONDS_MAX;
    }
    if (bounds->max_day_bytes == 0) {
        bounds->max_day_bytes = TIDE_DAY_BYTES_MAX;
    }
    /* A batch beyond a unit's bound would only make the unit longer. */
    if (bounds->batch_rows > bounds->unit_rows) {
        bounds->batch_rows = bounds->unit_rows;
    }
}

static tide_code build_input(tide_process_plan *plan, tide_error *err)
{
    const tide_source_layout *layout = plan->options.layout;
    for (size_t i = 0; i < layout->declared_count; i++) {
        const tide_field *field = &layout->schema.fields[i];
        TIDE_TRY(tide_schema_add(&plan->input, field->name, field->type, field->not_null, err));
    }
    return TIDE_OK;
}

/* A document is its id and its values; a record of a file is its values alone, since the same one
 * may come from another file or place. */
static tide_code build_identity(tide_process_plan *plan, tide_error *err)
{
    const tide_source_layout *layout = plan->options.layout;
    plan->identity_columns = tide_alloc_zero(layout->declared_count + 1, sizeof(uint32_t));
    if (plan->identity_columns == NULL) {
        return TIDE_FAIL_MEMORY(err, "identity columns");
    }
    if (layout->id_column != TIDE_NO_FIELD) {
        plan->identity_columns[plan->identity_count++] = (uint32_t)layout->id_column;
    }
    for (size_t i = 0; i < layout->declared_count; i++) {
        plan->identity_columns[plan->identity_count++] = (uint32_t)i;
    }
    return TIDE_OK;
}

static tide_code check_steps(tide_process_plan *plan, tide_error *err)
{
    const tide_process_options *options = &plan->options;
    for (size_t i = 0; i < options->step_count; i++) {
        const tide_step *step = &options->steps[i];
        bool wants_series = step->needs_series || step->state_schema.field_count > 0;
        if (wants_series && options->series_count == 0) {
            return TIDE_FAIL(err, TIDE_BAD_CONFIG,
                             "step %s needs a series: give the pipeline `series` and `time`",
                             step->label);
        }
        plan->whole_days = plan->whole_days || step->whole_days;
        plan->waves = plan->waves || step->waves;
    }
    return TIDE_OK;
}

static tide_code build_state(tide_process_plan *plan, tide_error *err)
{
    const tide_process_options *options = &plan->options;
    if (options->series_count == 0) {
        return TIDE_OK;
    }
    tide_state_layout_options state = {
        .source = &options->layout->schema,
        .series_columns = options->series_columns,
        .series_count = options->series_count,
        .steps = options->steps,
        .step_count = options->step_count,
    };
    return tide_state_layout_build(&plan->state, &state, err);
}

static tide_code build_output(tide_process_plan *plan, tide_error *err)
{
    const tide_process_options *options = &plan->options;
    tide_output_layout_options output = {
        .source = &plan->input,
        .series_columns = options->series_columns,
        .series_count = options->series_count,
        .steps = options->steps,
        .step_count = options->step_count,
        .items = options->output,
        .item_count = options->output_count,
        .add_series_and_day = options->add_series_and_day,
    };
    return tide_output_layout_build(&plan->output, &output, err);
}

static tide_code find_key(tide_process_plan *plan, tide_error *err)
{
    const tide_process_options *options = &plan->options;
    if (options->key_count == 0) {
        return TIDE_OK;
    }
    plan->key_columns = tide_alloc_zero(options->key_count, sizeof(uint32_t));
    if (plan->key_columns == NULL) {
        return TIDE_FAIL_MEMORY(err, "key columns");
    }
    for (size_t i = 0; i < options->key_count; i++) {
        size_t index = tide_schema_find(&plan->output.schema, options->key[i]);
        if (index == TIDE_NO_FIELD) {
            return TIDE_FAIL(err, TIDE_E_OUTPUT_COLUMNS, "the key column `%s` is not in the output",
                             options->key[i]);
        }
        plan->key_columns[i] = (uint32_t)index;
    }
    return TIDE_OK;
}

tide_code tide_process_plan_init(tide_process_plan *plan, const tide_process_options *options,
                                 tide_error *err)
{
    *plan = (tide_process_plan){.options = *options};
    tide_schema_init(&plan->input);
    fill_defaults(&plan->options.bounds);
    TIDE_TRY(check_steps(plan, err));
    TIDE_TRY(build_input(plan, err));
    TIDE_TRY(build_identity(plan, err));
    TIDE_TRY(build_state(plan, err));
    TIDE_TRY(build_output(plan, err));
    return find_key(plan, err);
}

void tide_process_plan_clear(tide_process_plan *plan)
{
    tide_schema_clear(&plan->input);
    tide_state_layout_clear(&plan->state);
    tide_output_layout_clear(&plan->output);
    tide_free(plan->key_columns);
    tide_free(plan->identity_columns);
    *plan = (tide_process_plan){0};
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "process/state_layout.h"

#include "base/limits.h"
#include "base/problem.h"

static tide_code add_column(tide_schema *schema, const char *name, tide_type type, bool not_null,
                            tide_error *err)
{
    if (strlen(name) > TIDE_IDENTIFIER_BYTES_MAX) {
        return TIDE_FAIL(err, TIDE_E_NAME,
                         "the state column `%s` has %zu bytes, a database cuts names at %d: give "
                         "the column a shorter name",
                         name, strlen(name), TIDE_IDENTIFIER_BYTES_MAX);
    }
    if (tide_schema_find(schema, name) != TIDE_NO_FIELD) {
        return TIDE_FAIL(err, TIDE_E_OUTPUT_COLUMNS,
                         "the state would have two columns `%s`: rename the series column", name);
    }
    return tide_schema_add(schema, name, type, not_null, err);
}

static tide_code add_series_columns(tide_state_layout *layout,
                                    const tide_state_layout_options *options, tide_error *err)
{
    layout->series_begin = layout->schema.field_count;
    layout->series_count = options->series_count;
    for (size_t i = 0; i < options->series_count; i++) {
        const tide_field *field = &options->source->fields[options->series_columns[i]];
        TIDE_TRY(add_column(&layout->schema, field->name, field->type, true, err));
    }
    return TIDE_OK;
}

static tide_code add_own_column(tide_state_layout *layout, const char *name, tide_type_id type,
                                bool not_null, size_t *index, tide_error *err)
{
    *index = layout->schema.field_count;
    return add_column(&layout->schema, name, (tide_type){.id = type}, not_null, err);
}

static tide_code add_progress_columns(tide_state_layout *layout, tide_error *err)
{
    TIDE_TRY(add_own_column(layout, "_last_day", TIDE_DATE, true, &layout->last_day_column, err));
    TIDE_TRY(add_own_column(layout, "_previous_day", TIDE_DATE, false, &layout->previous_day_column,
                            err));
    TIDE_TRY(add_own_column(layout, "_run", TIDE_INT64, true, &layout->run_column, err));
    TIDE_TRY(add_own_column(layout, "_rows", TIDE_INT64, true, &layout->rows_column, err));
    return add_own_column(layout, "_digest", TIDE_UUID, true, &layout->digest_column, err);
}

static tide_code add_step_column(tide_state_layout *layout, size_t number, const tide_field *field,
                                 tide_error *err)
{
    tide_text name;
    tide_text_init(&name);
    tide_text_append_format(&name, "s%zu_%s", number, field->name);
    tide_code code = TIDE_OK;
    if (tide_text_failed(&name)) {
        code = TIDE_FAIL_MEMORY(err, "name of a state column");
    } else {
        code = add_column(&layout->schema, tide_text_c(&name), field->type, false, err);
    }
    tide_text_clear(&name);
    return code;
}

static tide_code add_step_columns(tide_state_layout *layout,
                                  const tide_state_layout_options *options, tide_error *err)
{
    layout->values_begin = layout->schema.field_count;
    for (size_t i = 0; i < options->step_count; i++) {
        const tide_schema *state = &options->steps[i].state_schema;
        for (size_t c = 0; c < state->field_count; c++) {
            TIDE_TRY(add_step_column(layout, i + 1, &state->fields[c], err));
        }
    }
    layout->values_count = layout->schema.field_count - layout->values_begin;
    return TIDE_OK;
}

tide_code tide_state_layout_build(tide_state_layout *layout,
                                  const tide_state_layout_options *options, tide_error *err)
{
    *layout = (tide_state_layout){0};
    tide_schema_init(&layout->schema);
    TIDE_TRY(add_own_column(layout, "_hash", TIDE_INT64, true, &layout->hash_column, err));
    TIDE_TRY(add_series_columns(layout, options, err));
    TIDE_TRY(add_progress_columns(layout, err));
    return add_step_columns(layout, options, err);
}

void tide_state_layout_clear(tide_state_layout *layout)
{
    tide_schema_clear(&layout->schema);
    *layout = (tide_state_layout){0};
}

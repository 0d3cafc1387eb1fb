/* SPDX-License-Identifier: Apache-2.0 */
#include "process/output_layout.h"

#include "base/limits.h"
#include "base/memory.h"
#include "base/problem.h"

/* The layout while it grows. */
typedef struct output_maker {
    tide_output_layout *layout;
    const tide_output_layout_options *options;
    const tide_schema *rows; /* of the last step, or the source's declared columns */
    size_t capacity;
} output_maker;

static tide_code add_column(output_maker *maker, const char *name, tide_type type, bool not_null,
                            tide_output_column column, tide_error *err)
{
    tide_output_layout *layout = maker->layout;
    size_t count = layout->schema.field_count;
    if (strlen(name) > TIDE_IDENTIFIER_BYTES_MAX) {
        return TIDE_FAIL(err, TIDE_E_NAME,
                         "the output column `%s` has %zu bytes, a database cuts names at %d: give "
                         "the column a shorter name",
                         name, strlen(name), TIDE_IDENTIFIER_BYTES_MAX);
    }
    if (tide_schema_find(&layout->schema, name) != TIDE_NO_FIELD) {
        return TIDE_FAIL(err, TIDE_E_OUTPUT_COLUMNS,
                         "the output would have two columns `%s`: rename one", name);
    }
    TIDE_TRY(tide_grow((void **)&layout->columns, &maker->capacity, count + 1,
                       sizeof *layout->columns, err));
    TIDE_TRY(tide_schema_add(&layout->schema, name, type, not_null, err));
    layout->columns[count] = column;
    return TIDE_OK;
}

static const tide_field *series_field(const output_maker *maker, size_t number)
{
    return &maker->options->source->fields[maker->options->series_columns[number]];
}

static tide_code add_series_column(output_maker *maker, const char *name, size_t number,
                                   tide_error *err)
{
    tide_output_column column = {.origin = TIDE_OUTPUT_OF_SERIES, .index = number};
    return add_column(maker, name, series_field(maker, number)->type, true, column, err);
}

static tide_code add_day_column(output_maker *maker, const char *name, tide_error *err)
{
    tide_output_column column = {.origin = TIDE_OUTPUT_OF_DAY};
    if (maker->layout->day_column == TIDE_NO_FIELD) {
        maker->layout->day_column = maker->layout->schema.field_count;
    }
    return add_column(maker, name, (tide_type){.id = TIDE_DATE}, true, column, err);
}

static tide_code add_row_column(output_maker *maker, size_t index, tide_error *err)
{
    const tide_field *field = &maker->rows->fields[index];
    tide_output_column column = {.origin = TIDE_OUTPUT_OF_STEP, .index = index};
    return add_column(maker, field->name, field->type, field->not_null, column, err);
}

/* `from: series` means the series column of that name, or the only one. */
static tide_code add_declared_series(output_maker *maker, const char *name, tide_error *err)
{
    size_t count = maker->options->series_count;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(series_field(maker, i)->name, name) == 0) {
            return add_series_column(maker, name, i, err);
        }
    }
    if (count == 1) {
        return add_series_column(maker, name, 0, err);
    }
    return TIDE_FAIL(err, TIDE_E_OUTPUT_COLUMNS,
                     "the output column `%s` is `from: series`, but no column of the series has "
                     "that name: use the name of the one that is meant",
                     name);
}

static tide_code add_item(output_maker *maker, const tide_output_item *item, tide_error *err)
{
    if (item->origin == TIDE_OUTPUT_OF_SERIES) {
        return add_declared_series(maker, item->name, err);
    }
    if (item->origin == TIDE_OUTPUT_OF_DAY) {
        return add_day_column(maker, item->name, err);
    }
    size_t index = tide_schema_find(maker->rows, item->name);
    if (index == TIDE_NO_FIELD) {
        return TIDE_FAIL(err, TIDE_E_OUTPUT_COLUMNS, "the last step has no output column `%s`",
                         item->name);
    }
    return add_row_column(maker, index, err);
}

static tide_code add_rows(output_maker *maker, tide_error *err)
{
    for (size_t i = 0; i < maker->rows->field_count; i++) {
        TIDE_TRY(add_row_column(maker, i, err));
    }
    return TIDE_OK;
}

static tide_code add_items(output_maker *maker, tide_error *err)
{
    for (size_t i = 0; i < maker->options->item_count; i++) {
        TIDE_TRY(add_item(maker, &maker->options->items[i], err));
    }
    return TIDE_OK;
}

/* Steps that emit rows of their own may put anything under the name of an input column. */
static bool step_hands_on(const tide_step *step, const tide_field *field)
{
    size_t index = tide_schema_find(&step->output_schema, field->name);
    if (step->emits || index == TIDE_NO_FIELD ||
        !tide_type_equal(step->output_schema.fields[index].type, field->type)) {
        return false;
    }
    bool (*replaces)(const void *, const char *) = step->vtable->replaces;
    return replaces == NULL || !replaces(step->definition, field->name);
}

/* Does the output hold the series column as the source has it? */
static bool passes_through(const output_maker *maker, size_t number)
{
    for (size_t i = 0; i < maker->options->step_count; i++) {
        if (!step_hands_on(&maker->options->steps[i], series_field(maker, number))) {
            return false;
        }
    }
    return maker->options->item_count == 0;
}

static bool holds_series(const output_maker *maker, size_t number)
{
    const tide_output_layout *layout = maker->layout;
    for (size_t i = 0; i < layout->schema.field_count; i++) {
        const tide_output_column *column = &layout->columns[i];
        if (column->origin == TIDE_OUTPUT_OF_SERIES && column->index == number) {
            return true;
        }
    }
    return passes_through(maker, number);
}

static tide_code add_missing_series(output_maker *maker, size_t number, tide_error *err)
{
    tide_text name;
    tide_text_init(&name);
    tide_text_append_format(&name, "_series_%s", series_field(maker, number)->name);
    tide_code code = TIDE_OK;
    if (tide_text_failed(&name)) {
        code = TIDE_FAIL_MEMORY(err, "name of an output column");
    } else {
        code = add_series_column(maker, tide_text_c(&name), number, err);
    }
    tide_text_clear(&name);
    return code;
}

static tide_code add_series_and_day(output_maker *maker, tide_error *err)
{
    for (size_t i = 0; i < maker->options->series_count; i++) {
        if (!holds_series(maker, i)) {
            TIDE_TRY(add_missing_series(maker, i, err));
        }
    }
    if (maker->layout->day_column == TIDE_NO_FIELD) {
        return add_day_column(maker, "_day", err);
    }
    return TIDE_OK;
}

tide_code tide_output_layout_build(tide_output_layout *layout,
                                   const tide_output_layout_options *options, tide_error *err)
{
    *layout = (tide_output_layout){.day_column = TIDE_NO_FIELD};
    tide_schema_init(&layout->schema);
    output_maker maker = {.layout = layout, .options = options, .rows = options->source};
    if (options->step_count > 0) {
        maker.rows = &options->steps[options->step_count - 1].output_schema;
    }
    TIDE_TRY(options->item_count > 0 ? add_items(&maker, err) : add_rows(&maker, err));
    if (options->add_series_and_day && options->series_count > 0) {
        TIDE_TRY(add_series_and_day(&maker, err));
    }
    return TIDE_OK;
}

void tide_output_layout_clear(tide_output_layout *layout)
{
    tide_schema_clear(&layout->schema);
    tide_free(layout->columns);
    *layout = (tide_output_layout){.day_column = TIDE_NO_FIELD};
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Derived columns are built beside the rows; then a batch is put together of both: the columns that
 * stay are moved as they are.
 *
 *   rows      a b c          derived   b' d        output   a b' c d
 *
 * Only where rows were refused, all columns are taken anew without them. */
#include "process/steps/derive.h"

#include "base/memory.h"
#include "process/steps/refused_rows.h"

typedef struct derived_column {
    char *name; /* owned */
    tide_expression *expression;
    size_t output; /* where it is in the output */
} derived_column;

typedef struct derive_definition {
    tide_schema input;
    tide_schema output;
    tide_schema derived; /* the columns alone */
    derived_column *columns;
    size_t column_count;
    const char **names; /* owned; for rejects */
    const char *label;  /* the step's */
} derive_definition;

typedef struct derive_worker {
    const derive_definition *definition; /* borrowed */
    tide_evaluator **evaluators;         /* owned; one per column */
    tide_row_errors errors;
    tide_live_rows live;
    tide_builder derived;
    tide_builder taken;
    tide_column *columns; /* owned; of input or output */
} derive_worker;

static void close_worker(void *opened)
{
    derive_worker *worker = opened;
    for (size_t i = 0; worker->evaluators != NULL && i < worker->definition->column_count; i++) {
        tide_evaluator_close(worker->evaluators[i]);
    }
    tide_free(worker->evaluators);
    tide_row_errors_clear(&worker->errors);
    tide_live_rows_clear(&worker->live);
    if (worker->derived.schema != NULL) {
        tide_builder_clear(&worker->derived);
    }
    if (worker->taken.schema != NULL) {
        tide_builder_clear(&worker->taken);
    }
    tide_free(worker->columns);
    tide_free(worker);
}

static tide_code open_parts(derive_worker *worker, tide_error *err)
{
    const derive_definition *definition = worker->definition;
    worker->evaluators = tide_alloc_zero(definition->column_count, sizeof(void *));
    worker->columns = tide_alloc_zero(definition->output.field_count, sizeof *worker->columns);
    if (worker->evaluators == NULL || worker->columns == NULL) {
        return TIDE_FAIL_MEMORY(err, "step derive");
    }
    for (size_t i = 0; i < definition->column_count; i++) {
        TIDE_TRY(tide_evaluator_open(definition->columns[i].expression, &worker->errors,
                                     &worker->evaluators[i], err));
    }
    TIDE_TRY(tide_builder_init(&worker->derived, &definition->derived, err));
    return tide_builder_init(&worker->taken, &definition->output, err);
}

static tide_code open_worker(const void *definition, void **opened, tide_error *err)
{
    *opened = NULL;
    derive_worker *worker = tide_alloc_zero(1, sizeof *worker);
    if (worker == NULL) {
        return TIDE_FAIL_MEMORY(err, "step derive");
    }
    worker->definition = definition;
    tide_row_errors_init(&worker->errors);
    tide_code code = open_parts(worker, err);
    if (code != TIDE_OK) {
        close_worker(worker);
        return code;
    }
    *opened = worker;
    return TIDE_OK;
}

/* What holds the children of a batch that was put together. */
typedef struct joined_children {
    const void *buffers[1]; /* rows are never null */
    struct ArrowArray **pointers;
    struct ArrowArray *children;
} joined_children;

static void free_children(joined_children *joined)
{
    if (joined != NULL) {
        tide_free(joined->pointers);
        tide_free(joined->children);
        tide_free(joined);
    }
}

static joined_children *make_children(size_t count)
{
    joined_children *joined = tide_alloc_zero(1, sizeof *joined);
    if (joined == NULL) {
        return NULL;
    }
    joined->pointers = tide_alloc_zero(count, sizeof *joined->pointers);
    joined->children = tide_alloc_zero(count, sizeof *joined->children);
    if (joined->pointers == NULL || joined->children == NULL) {
        free_children(joined);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        joined->pointers[i] = &joined->children[i];
    }
    return joined;
}

static void release_joined(struct ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_children; i++) {
        if (array->children[i]->release != NULL) {
            array->children[i]->release(array->children[i]);
        }
    }
    free_children(array->private_data);
    array->release = NULL;
}

static void move_child(struct ArrowArray *from, struct ArrowArray *to)
{
    if (to->release != NULL) {
        to->release(to);
    }
    *to = *from;
    from->release = NULL;
}

/* Moves the columns of rows and derived into rows. */
static tide_code join(const derive_definition *definition, tide_batch *rows, tide_batch *derived,
                      tide_error *err)
{
    size_t count = definition->output.field_count;
    joined_children *joined = make_children(count);
    if (joined == NULL) {
        return TIDE_FAIL_MEMORY(err, "step derive");
    }
    struct ArrowArray array = {
        .length = rows->array.length,
        .n_buffers = 1,
        .n_children = (int64_t)count,
        .buffers = joined->buffers,
        .children = joined->pointers,
        .private_data = joined,
        .release = release_joined,
    };
    for (size_t i = 0; i < definition->input.field_count; i++) {
        move_child(rows->array.children[i], array.children[i]);
    }
    for (size_t i = 0; i < definition->column_count; i++) {
        move_child(derived->array.children[i], array.children[definition->columns[i].output]);
    }
    tide_batch_clear(rows);
    *rows = (tide_batch){.schema = &definition->output, .array = array};
    return TIDE_OK;
}

static tide_code evaluate(derive_worker *worker, int64_t row_count, tide_batch *derived,
                          tide_error *err)
{
    tide_builder_reset(&worker->derived);
    for (size_t i = 0; i < worker->definition->column_count; i++) {
        worker->errors.expression = i;
        TIDE_TRY(tide_evaluator_append(worker->evaluators[i], worker->columns, row_count,
                                       worker->live.words, &worker->derived.columns[i], err));
    }
    tide_builder_end_rows(&worker->derived);
    return tide_builder_finish(&worker->derived, derived, err);
}

static tide_code refuse(derive_worker *worker, tide_step_batch *io, tide_error *err)
{
    const derive_definition *definition = worker->definition;
    tide_refused_rows refusals = {.label = definition->label,
                                  .schema = &definition->input,
                                  .columns = worker->columns,
                                  .names = definition->names};
    return tide_refused_rows_add(&refusals, &worker->errors, io, err);
}

static tide_code take_rows(derive_worker *worker, int64_t row_count, tide_step_batch *io,
                           tide_error *err)
{
    int64_t kept = tide_live_rows_count(&worker->live, row_count);
    TIDE_TRY(tide_live_rows_list(&worker->live, row_count, io->segments, io->segment_count, err));
    tide_batch_columns(&io->batch, worker->columns);
    tide_builder_reset(&worker->taken);
    TIDE_TRY(
        tide_builder_take(&worker->taken, worker->columns, worker->live.rows, (size_t)kept, err));
    tide_batch_clear(&io->batch);
    return tide_builder_finish(&worker->taken, &io->batch, err);
}

static tide_code process(void *opened, tide_step_batch *io, tide_error *err)
{
    derive_worker *worker = opened;
    tide_batch derived;
    tide_batch_init(&derived);
    int64_t row_count = tide_batch_row_count(&io->batch);
    TIDE_TRY(tide_live_rows_fill(&worker->live, row_count, err));
    tide_batch_columns(&io->batch, worker->columns);
    tide_row_errors_reset(&worker->errors);
    tide_code code = evaluate(worker, row_count, &derived, err);
    if (code == TIDE_OK) {
        code = refuse(worker, io, err);
    }
    if (code == TIDE_OK) {
        code = join(worker->definition, &io->batch, &derived, err);
    }
    tide_batch_clear(&derived);
    if (code != TIDE_OK || worker->errors.count == 0) {
        return code;
    }
    return take_rows(worker, row_count, io, err);
}

static void destroy(void *defined)
{
    derive_definition *definition = defined;
    for (size_t i = 0; definition->columns != NULL && i < definition->column_count; i++) {
        tide_free(definition->columns[i].name);
        tide_expression_destroy(definition->columns[i].expression);
    }
    tide_free(definition->columns);
    tide_free(definition->names);
    tide_schema_clear(&definition->input);
    tide_schema_clear(&definition->output);
    tide_schema_clear(&definition->derived);
    tide_free(definition);
}

static bool replaces(const void *defined, const char *column)
{
    const derive_definition *definition = defined;
    for (size_t i = 0; i < definition->column_count; i++) {
        if (strcmp(definition->columns[i].name, column) == 0) {
            return definition->columns[i].output < definition->input.field_count;
        }
    }
    return false;
}

static const tide_step_vtable derive_vtable = {
    .open = open_worker,
    .process = process,
    .close = close_worker,
    .destroy = destroy,
    .replaces = replaces,
};

static tide_code check_name(const derive_definition *definition, const char *name, tide_error *err)
{
    if (name == NULL || name[0] == '\0') {
        return TIDE_FAIL(err, TIDE_BAD_CONFIG, "derive: a column needs a name");
    }
    for (size_t i = 0; i + 1 < definition->column_count; i++) {
        if (strcmp(definition->columns[i].name, name) == 0) {
            return TIDE_FAIL(err, TIDE_BAD_CONFIG, "derive: `%s` is there twice", name);
        }
    }
    return TIDE_OK;
}

/* In place where the input has the name, else after all others. */
static tide_code place_column(derive_definition *definition, derived_column *made, tide_error *err)
{
    tide_type type = tide_expression_type(made->expression);
    made->output = tide_schema_find(&definition->output, made->name);
    TIDE_TRY(tide_schema_add(&definition->derived, made->name, type, false, err));
    if (made->output != TIDE_NO_FIELD) {
        definition->output.fields[made->output].type = type;
        definition->output.fields[made->output].not_null = false;
        return TIDE_OK;
    }
    made->output = definition->output.field_count;
    return tide_schema_add(&definition->output, made->name, type, false, err);
}

static tide_code add_column(derive_definition *definition, const tide_step_options *options,
                            const tide_derive_column *column, tide_error *err)
{
    derived_column *made = &definition->columns[definition->column_count++];
    made->name = tide_copy_string(column->name == NULL ? "" : column->name);
    if (made->name == NULL) {
        return TIDE_FAIL_MEMORY(err, "step derive");
    }
    definition->names[definition->column_count - 1] = made->name;
    TIDE_TRY(check_name(definition, made->name, err));
    tide_expression_options expression = {
        .text = column->expression,
        .input = &definition->input,
        .zone = options->zone,
        .cast_to = column->has_type ? &column->type : NULL,
    };
    TIDE_TRY(tide_expression_compile(&expression, &made->expression, err));
    return place_column(definition, made, err);
}

static tide_code describe(derive_definition *definition, const tide_step_options *options,
                          tide_step *step, tide_error *err)
{
    char type[24];
    tide_text label;
    tide_text_init(&label);
    tide_text_append_format(&label, "%zu derive", options->number);
    step->label = tide_text_take(&label);
    definition->label = step->label;
    tide_text_append(&step->fingerprint, "derive");
    for (size_t i = 0; i < definition->column_count; i++) {
        const derived_column *column = &definition->columns[i];
        tide_text_append(&step->fingerprint, i == 0 ? " " : ", ");
        tide_text_append_json_string(&step->fingerprint, tide_str_of(column->name));
        tide_text_append_format(&step->fingerprint, " %s: ",
                                tide_type_format(tide_expression_type(column->expression), type));
        tide_expression_append_fingerprint(column->expression, &step->fingerprint);
    }
    if (step->label == NULL || tide_text_failed(&step->fingerprint)) {
        return TIDE_FAIL_MEMORY(err, "step derive");
    }
    return tide_schema_copy(&definition->output, &step->output_schema, err);
}

static tide_code define(derive_definition *definition, const tide_step_options *options,
                        const tide_derive_column *columns, size_t column_count, size_t *failed,
                        tide_error *err)
{
    TIDE_TRY(tide_schema_copy(options->input, &definition->input, err));
    TIDE_TRY(tide_schema_copy(options->input, &definition->output, err));
    definition->columns = tide_alloc_zero(column_count, sizeof *definition->columns);
    definition->names = tide_alloc_zero(column_count, sizeof(char *));
    if (definition->columns == NULL || definition->names == NULL) {
        return TIDE_FAIL_MEMORY(err, "step derive");
    }
    for (size_t i = 0; i < column_count; i++) {
        *failed = i;
        TIDE_TRY(add_column(definition, options, &columns[i], err));
    }
    return TIDE_OK;
}

tide_code tide_derive_define(const tide_step_options *options, const tide_derive_column *columns,
                             size_t column_count, size_t *failed, tide_step *step, tide_error *err)
{
    *step = (tide_step){.vtable = &derive_vtable};
    *failed = 0;
    if (column_count == 0) {
        return TIDE_FAIL(err, TIDE_BAD_CONFIG, "derive: it names no column");
    }
    derive_definition *definition = tide_alloc_zero(1, sizeof *definition);
    if (definition == NULL) {
        return TIDE_FAIL_MEMORY(err, "step derive");
    }
    step->definition = definition;
    tide_code code = define(definition, options, columns, column_count, failed, err);
    if (code == TIDE_OK) {
        code = describe(definition, options, step, err);
    }
    if (code != TIDE_OK) {
        tide_step_clear(step);
    }
    return code;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "process/steps/where.h"

#include "base/memory.h"
#include "base/problem.h"
#include "process/steps/refused_rows.h"

typedef struct where_definition {
    tide_schema schema;
    tide_expression *expression; /* owned */
    const char *label;           /* the step's */
} where_definition;

typedef struct where_worker {
    const where_definition *definition; /* borrowed */
    tide_evaluator *evaluator;
    tide_row_errors errors;
    tide_live_rows live;
    tide_builder output;
    tide_column *columns; /* owned */
} where_worker;

static void close_worker(void *opened)
{
    where_worker *worker = opened;
    tide_evaluator_close(worker->evaluator);
    tide_row_errors_clear(&worker->errors);
    tide_live_rows_clear(&worker->live);
    if (worker->output.schema != NULL) {
        tide_builder_clear(&worker->output);
    }
    tide_free(worker->columns);
    tide_free(worker);
}

static tide_code open_parts(where_worker *worker, tide_error *err)
{
    const where_definition *definition = worker->definition;
    TIDE_TRY(tide_evaluator_open(definition->expression, &worker->errors, &worker->evaluator, err));
    TIDE_TRY(tide_builder_init(&worker->output, &definition->schema, err));
    worker->columns = tide_alloc_zero(definition->schema.field_count, sizeof *worker->columns);
    return worker->columns == NULL ? TIDE_FAIL_MEMORY(err, "step where") : TIDE_OK;
}

static tide_code open_worker(const void *definition, void **opened, tide_error *err)
{
    *opened = NULL;
    where_worker *worker = tide_alloc_zero(1, sizeof *worker);
    if (worker == NULL) {
        return TIDE_FAIL_MEMORY(err, "step where");
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

static tide_code refuse(where_worker *worker, tide_step_batch *io, tide_error *err)
{
    tide_refused_rows refusals = {.label = worker->definition->label,
                                  .schema = &worker->definition->schema,
                                  .columns = worker->columns};
    return tide_refused_rows_add(&refusals, &worker->errors, io, err);
}

static tide_code take_rows(where_worker *worker, int64_t row_count, int64_t kept,
                           tide_step_batch *io, tide_error *err)
{
    TIDE_TRY(tide_live_rows_list(&worker->live, row_count, io->segments, io->segment_count, err));
    tide_builder_reset(&worker->output);
    TIDE_TRY(
        tide_builder_take(&worker->output, worker->columns, worker->live.rows, (size_t)kept, err));
    tide_batch_clear(&io->batch);
    return tide_builder_finish(&worker->output, &io->batch, err);
}

static tide_code process(void *opened, tide_step_batch *io, tide_error *err)
{
    where_worker *worker = opened;
    int64_t row_count = tide_batch_row_count(&io->batch);
    TIDE_TRY(tide_live_rows_fill(&worker->live, row_count, err));
    tide_batch_columns(&io->batch, worker->columns);
    tide_row_errors_reset(&worker->errors);
    TIDE_TRY(tide_evaluator_filter(worker->evaluator, worker->columns, row_count,
                                   worker->live.words, err));
    int64_t kept = tide_live_rows_count(&worker->live, row_count);
    TIDE_TRY(refuse(worker, io, err));
    io->rows_filtered += row_count - kept - (int64_t)worker->errors.count;
    if (kept == row_count) {
        io->batch.schema = &worker->definition->schema;
        return TIDE_OK;
    }
    return take_rows(worker, row_count, kept, io, err);
}

static void destroy(void *defined)
{
    where_definition *definition = defined;
    tide_schema_clear(&definition->schema);
    tide_expression_destroy(definition->expression);
    tide_free(definition);
}

static const tide_step_vtable where_vtable = {
    .open = open_worker,
    .process = process,
    .close = close_worker,
    .destroy = destroy,
};

static tide_code compile(where_definition *definition, const tide_step_options *options,
                         const char *text, tide_error *err)
{
    char name[24];
    tide_expression_options expression = {
        .text = text, .input = &definition->schema, .zone = options->zone};
    TIDE_TRY(tide_schema_copy(options->input, &definition->schema, err));
    TIDE_TRY(tide_expression_compile(&expression, &definition->expression, err));
    tide_type type = tide_expression_type(definition->expression);
    if (type.id != TIDE_BOOL) {
        return TIDE_FAIL(err, TIDE_E_EXPRESSION,
                         "where needs a condition, and this expression is %s: compare it with "
                         "something",
                         tide_type_format(type, name));
    }
    return TIDE_OK;
}

static tide_code describe(where_definition *definition, const tide_step_options *options,
                          tide_step *step, tide_error *err)
{
    tide_text label;
    tide_text_init(&label);
    tide_text_append_format(&label, "%zu where", options->number);
    step->label = tide_text_take(&label);
    definition->label = step->label;
    tide_text_append(&step->fingerprint, "where ");
    tide_expression_append_fingerprint(definition->expression, &step->fingerprint);
    if (step->label == NULL || tide_text_failed(&step->fingerprint)) {
        tide_text_clear(&label);
        return TIDE_FAIL_MEMORY(err, "step where");
    }
    return tide_schema_copy(options->input, &step->output_schema, err);
}

tide_code tide_where_define(const tide_step_options *options, const char *expression,
                            tide_step *step, tide_error *err)
{
    *step = (tide_step){.vtable = &where_vtable};
    where_definition *definition = tide_alloc_zero(1, sizeof *definition);
    if (definition == NULL) {
        return TIDE_FAIL_MEMORY(err, "step where");
    }
    step->definition = definition;
    tide_code code = compile(definition, options, expression, err);
    if (code == TIDE_OK) {
        code = describe(definition, options, step, err);
    }
    if (code != TIDE_OK) {
        tide_step_clear(step);
    }
    return code;
}

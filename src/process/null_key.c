/* SPDX-License-Identifier: Apache-2.0 */
#include "process/null_key.h"

#include <inttypes.h>

#include "base/memory.h"

static tide_code find_columns(tide_null_key *null_key, const tide_process_plan *plan,
                              tide_error *err)
{
    size_t count = plan->options.key_count;
    null_key->columns = tide_alloc_zero(count, sizeof *null_key->columns);
    null_key->views = tide_alloc_zero(null_key->rows->field_count, sizeof *null_key->views);
    if (null_key->columns == NULL || null_key->views == NULL) {
        return TIDE_FAIL_MEMORY(err, "key columns");
    }
    for (size_t i = 0; i < count; i++) {
        const tide_output_column *column = &plan->output.columns[plan->key_columns[i]];
        if (column->origin == TIDE_OUTPUT_OF_STEP) { /* series and day are never null */
            null_key->columns[null_key->column_count++] = (uint32_t)column->index;
        }
    }
    return TIDE_OK;
}

tide_code tide_null_key_init(tide_null_key *null_key, const tide_process_plan *plan,
                             tide_error *err)
{
    *null_key = (tide_null_key){.plan = plan, .rows = &plan->input};
    size_t step_count = plan->options.step_count;
    if (step_count > 0) {
        null_key->rows = &plan->options.steps[step_count - 1].output_schema;
    }
    if (plan->options.key_count == 0) {
        return TIDE_OK;
    }
    TIDE_TRY(find_columns(null_key, plan, err));
    return tide_builder_init(&null_key->kept, null_key->rows, err);
}

void tide_null_key_clear(tide_null_key *null_key)
{
    if (null_key->kept.schema != NULL) {
        tide_builder_clear(&null_key->kept);
    }
    tide_free(null_key->columns);
    tide_free(null_key->views);
    *null_key = (tide_null_key){0};
}

/* The key column that is null, or TIDE_NO_FIELD. */
static size_t null_column(const tide_null_key *null_key, int64_t row)
{
    for (size_t i = 0; i < null_key->column_count; i++) {
        if (tide_column_is_null(&null_key->views[null_key->columns[i]], row)) {
            return null_key->columns[i];
        }
    }
    return TIDE_NO_FIELD;
}

bool tide_null_key_is_in(tide_null_key *null_key, const tide_batch *batch)
{
    int64_t row_count = tide_batch_row_count(batch);
    if (null_key->column_count == 0 || row_count == 0) {
        return false;
    }
    tide_batch_columns(batch, null_key->views);
    for (int64_t row = 0; row < row_count; row++) {
        if (null_column(null_key, row) != TIDE_NO_FIELD) {
            return true;
        }
    }
    return false;
}

tide_code tide_null_key_reject(const tide_null_key_row *row, tide_reject_list *rejects,
                               tide_error *err)
{
    tide_text reason, values;
    tide_text_init(&reason);
    tide_text_init(&values);
    const char *column = row->schema->fields[row->column].name;
    tide_text_append_format(&reason, "the key column `%s` is null", column);
    tide_row_print_json(row->schema, row->columns, row->schema->field_count, row->row, &values);
    tide_code code = TIDE_OK;
    if (tide_text_failed(&reason) || tide_text_failed(&values)) {
        code = TIDE_FAIL_MEMORY(err, "reject");
    } else {
        tide_reject reject = {
            .stage = "load",
            .position = row->position,
            .column = column,
            .reason = tide_text_c(&reason),
            .values = tide_text_c(&values),
        };
        code = tide_reject_list_add(rejects, &reject, err);
    }
    tide_text_clear(&reason);
    tide_text_clear(&values);
    return code;
}

/* A row of the source that became several is told apart by their number. */
static tide_code reject_row(tide_null_key *null_key, const tide_chain_batch *io, size_t segment,
                            int64_t row, tide_reject_list *rejects, tide_error *err)
{
    const tide_segment *at = &io->segments[segment];
    tide_text position;
    tide_text_init(&position);
    io->print_series(io->series_context, at->series, &position);
    if (at->end - at->begin > 1) {
        tide_text_append_format(&position, "/%" PRId64, row - at->begin + 1);
    }
    tide_null_key_row refused = {
        .schema = null_key->rows,
        .columns = null_key->views,
        .row = row,
        .column = null_column(null_key, row),
        .position = tide_text_c(&position),
    };
    tide_code code = tide_text_failed(&position) ? TIDE_FAIL_MEMORY(err, "reject")
                                                 : tide_null_key_reject(&refused, rejects, err);
    tide_text_clear(&position);
    return code;
}

static tide_code keep_range(tide_null_key *null_key, int64_t begin, int64_t end, tide_error *err)
{
    for (size_t i = 0; i < null_key->rows->field_count; i++) {
        TIDE_TRY(tide_column_append_range(&null_key->kept.columns[i], &null_key->views[i], begin,
                                          end, err));
    }
    tide_builder_end_rows(&null_key->kept);
    return TIDE_OK;
}

tide_code tide_null_key_refuse(tide_null_key *null_key, tide_chain_batch *io,
                               tide_reject_list *rejects, int64_t *refused, tide_error *err)
{
    *refused = 0;
    if (!tide_null_key_is_in(null_key, &io->batch)) {
        return TIDE_OK;
    }
    tide_builder_reset(&null_key->kept);
    int64_t keep_begin = 0;
    for (size_t i = 0; i < io->segment_count; i++) {
        for (int64_t row = io->segments[i].begin; row < io->segments[i].end; row++) {
            if (null_column(null_key, row) == TIDE_NO_FIELD) {
                continue;
            }
            TIDE_TRY(reject_row(null_key, io, i, row, rejects, err));
            TIDE_TRY(keep_range(null_key, keep_begin, row, err));
            keep_begin = row + 1;
            (*refused)++;
        }
    }
    TIDE_TRY(keep_range(null_key, keep_begin, tide_batch_row_count(&io->batch), err));
    tide_batch_clear(&io->batch);
    return tide_builder_finish(&null_key->kept, &io->batch, err);
}

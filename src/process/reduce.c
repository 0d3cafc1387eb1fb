/* SPDX-License-Identifier: Apache-2.0 */
#include "process/reduce.h"

#include "base/limits.h"
#include "base/memory.h"
#include "base/problem.h"
#include "process/builder_column.h"
#include "process/null_key.h"

struct tide_reduce {
    tide_reduce_inputs inputs;
    tide_process_bounds bounds;
    char *unit_prefix; /* owned */
    int64_t unit_count;
    tide_order key_order;
    tide_batch batch;       /* view of the stream's */
    const uint64_t *hashes; /* borrowed */
    tide_column *columns;   /* owned; of batch */
    uint32_t *winners;      /* owned; rows of batch */
    size_t winner_capacity;
    tide_builder held; /* the last row of the batch before: the best of its key so far */
    uint64_t held_hash;
    tide_column *held_columns; /* owned */
    tide_builder output;       /* rows of the next chunk */
    tide_unit unit;
    int64_t row_count; /* of the unit */
    bool ended;
    tide_digest last_reject; /* equal rows without key are told apart by their number */
    int64_t equal_rejects;
};

static void set_bounds(tide_reduce *reduce)
{
    tide_process_bounds *bounds = &reduce->bounds;
    if (reduce->inputs.bounds != NULL) {
        *bounds = *reduce->inputs.bounds;
    }
    if (bounds->unit_rows <= 0) {
        bounds->unit_rows = TIDE_UNIT_ROWS_MAX;
    }
    if (bounds->unit_bytes == 0) {
        bounds->unit_bytes = TIDE_UNIT_BYTES_MAX;
    }
    if (bounds->batch_bytes == 0) {
        bounds->batch_bytes = TIDE_BATCH_BYTES_MAX;
    }
}

static tide_code open_parts(tide_reduce *reduce, tide_error *err)
{
    const tide_reduce_inputs *inputs = &reduce->inputs;
    tide_unit_init(&reduce->unit);
    TIDE_TRY(tide_order_init(&reduce->key_order, inputs->schema, inputs->key_columns,
                             inputs->key_count, err));
    TIDE_TRY(tide_builder_init(&reduce->held, inputs->schema, err));
    TIDE_TRY(tide_builder_init(&reduce->output, inputs->schema, err));
    reduce->unit_prefix = tide_copy_string(inputs->unit_prefix);
    reduce->columns = tide_alloc_zero(inputs->schema->field_count, sizeof *reduce->columns);
    reduce->held_columns =
        tide_alloc_zero(inputs->schema->field_count, sizeof *reduce->held_columns);
    if (reduce->unit_prefix == NULL || reduce->columns == NULL || reduce->held_columns == NULL) {
        return TIDE_FAIL_MEMORY(err, "reduce");
    }
    return TIDE_OK;
}

tide_code tide_reduce_open(const tide_reduce_inputs *inputs, tide_reduce **reduce, tide_error *err)
{
    *reduce = NULL;
    if (inputs->key_count == 0) {
        return TIDE_FAIL(err, TIDE_BAD_CONFIG, "merge needs a key");
    }
    tide_reduce *made = tide_alloc_zero(1, sizeof *made);
    if (made == NULL) {
        return TIDE_FAIL_MEMORY(err, "reduce");
    }
    made->inputs = *inputs;
    set_bounds(made);
    tide_code code = open_parts(made, err);
    if (code != TIDE_OK) {
        tide_reduce_close(made);
        return code;
    }
    *reduce = made;
    return TIDE_OK;
}

void tide_reduce_close(tide_reduce *reduce)
{
    if (reduce == NULL) {
        return;
    }
    tide_unit_clear(&reduce->unit);
    tide_order_clear(&reduce->key_order);
    if (reduce->held.schema != NULL) {
        tide_builder_clear(&reduce->held);
    }
    if (reduce->output.schema != NULL) {
        tide_builder_clear(&reduce->output);
    }
    tide_free(reduce->unit_prefix);
    tide_free(reduce->columns);
    tide_free(reduce->held_columns);
    tide_free(reduce->winners);
    tide_free(reduce);
}

static size_t null_key_column(const tide_reduce *reduce, int64_t row)
{
    for (size_t i = 0; i < reduce->inputs.key_count; i++) {
        uint32_t column = reduce->inputs.key_columns[i];
        if (tide_column_is_null(&reduce->columns[column], row)) {
            return column;
        }
    }
    return TIDE_NO_FIELD;
}

/* What the row came from is not known here: it is named by its values. */
static tide_code refuse_row(tide_reduce *reduce, int64_t row, size_t column, tide_error *err)
{
    uint32_t all[TIDE_COLUMNS_MAX];
    size_t count = reduce->inputs.schema->field_count;
    count = count < TIDE_COLUMNS_MAX ? count : TIDE_COLUMNS_MAX;
    for (size_t i = 0; i < count; i++) {
        all[i] = (uint32_t)i;
    }
    tide_digest digest = tide_digest_row(reduce->columns, all, count, row);
    bool same = reduce->equal_rejects > 0 && tide_digest_equal(digest, reduce->last_reject);
    reduce->equal_rejects = same ? reduce->equal_rejects + 1 : 1;
    reduce->last_reject = digest;
    tide_text position;
    tide_text_init(&position);
    tide_text_append_format(&position, "null key/%016llx%016llx/%lld",
                            (unsigned long long)digest.high, (unsigned long long)digest.low,
                            (long long)reduce->equal_rejects);
    tide_null_key_row refused = {
        .schema = reduce->inputs.schema,
        .columns = reduce->columns,
        .row = row,
        .column = column,
        .position = tide_text_c(&position),
    };
    tide_code code = tide_text_failed(&position)
                         ? TIDE_FAIL_MEMORY(err, "reject")
                         : tide_null_key_reject(&refused, &reduce->unit.rejects, err);
    tide_text_clear(&position);
    reduce->unit.counts.refused++;
    return code;
}

static tide_code close_chunk(tide_reduce *reduce, tide_error *err)
{
    if (reduce->output.row_count == 0) {
        return TIDE_OK;
    }
    tide_batch batch;
    tide_batch_init(&batch);
    TIDE_TRY(tide_builder_finish(&reduce->output, &batch, err));
    tide_code code = tide_unit_add_chunk(&reduce->unit, &batch, NULL, 0, err);
    tide_batch_clear(&batch);
    return code;
}

static tide_code add_winners(tide_reduce *reduce, const tide_column *columns, const uint32_t *rows,
                             size_t count, tide_error *err)
{
    TIDE_TRY(tide_builder_take(&reduce->output, columns, rows, count, err));
    reduce->row_count += (int64_t)count;
    if (reduce->output.row_count >= TIDE_BATCH_ROWS_MAX ||
        tide_builder_bytes(&reduce->output) >= reduce->bounds.batch_bytes) {
        return close_chunk(reduce, err);
    }
    return TIDE_OK;
}

static tide_code give_up_held(tide_reduce *reduce, tide_error *err)
{
    if (reduce->held.row_count > 0) {
        const uint32_t first = 0;
        TIDE_TRY(add_winners(reduce, reduce->held_columns, &first, 1, err));
        tide_builder_reset(&reduce->held);
    }
    return TIDE_OK;
}

static tide_code hold(tide_reduce *reduce, int64_t row, tide_error *err)
{
    uint32_t held = (uint32_t)row;
    TIDE_TRY(tide_builder_take(&reduce->held, reduce->columns, &held, 1, err));
    for (size_t i = 0; i < reduce->inputs.schema->field_count; i++) {
        reduce->held_columns[i] = tide_builder_column(&reduce->held, i);
    }
    reduce->held_hash = reduce->hashes[row];
    return TIDE_OK;
}

static bool same_key(const tide_reduce *reduce, tide_row a, tide_row b)
{
    return tide_order_compare(&reduce->key_order, a, b) == 0;
}

/* The row held from the batch before: it has lost if its key goes on. */
static tide_code settle_held(tide_reduce *reduce, int64_t row, tide_error *err)
{
    if (reduce->held.row_count == 0) {
        return TIDE_OK;
    }
    if (reduce->hashes[row] < reduce->held_hash) {
        return TIDE_FAIL(err, TIDE_E_DEFECT, "the rows are not in the order of their key hashes");
    }
    tide_row held = {reduce->held_columns, 0};
    tide_row next = {reduce->columns, row};
    if (reduce->hashes[row] == reduce->held_hash && same_key(reduce, held, next)) {
        reduce->unit.counts.superseded++;
        tide_builder_reset(&reduce->held);
        return TIDE_OK;
    }
    return give_up_held(reduce, err);
}

/* Rows with a key, in their order. */
static tide_code find_candidates(tide_reduce *reduce, int64_t row_count, size_t *count,
                                 tide_error *err)
{
    TIDE_TRY(tide_grow((void **)&reduce->winners, &reduce->winner_capacity, (size_t)row_count,
                       sizeof *reduce->winners, err));
    *count = 0;
    for (int64_t row = 0; row < row_count; row++) {
        size_t column = null_key_column(reduce, row);
        if (column != TIDE_NO_FIELD) {
            TIDE_TRY(refuse_row(reduce, row, column, err));
        } else {
            reduce->winners[(*count)++] = (uint32_t)row;
        }
    }
    return TIDE_OK;
}

static tide_code reduce_batch(tide_reduce *reduce, int64_t row_count, tide_error *err)
{
    size_t count = 0;
    TIDE_TRY(find_candidates(reduce, row_count, &count, err));
    if (count == 0) {
        return TIDE_OK;
    }
    uint32_t *rows = reduce->winners;
    TIDE_TRY(settle_held(reduce, rows[0], err));
    uint32_t last = rows[count - 1];
    size_t kept = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        tide_row a = {reduce->columns, rows[i]};
        tide_row b = {reduce->columns, rows[i + 1]};
        bool loses =
            reduce->hashes[rows[i]] == reduce->hashes[rows[i + 1]] && same_key(reduce, a, b);
        reduce->unit.counts.superseded += loses ? 1 : 0;
        rows[kept] = rows[i];
        kept += loses ? 0 : 1;
    }
    TIDE_TRY(add_winners(reduce, reduce->columns, rows, kept, err));
    return hold(reduce, last, err);
}

static tide_code pull(tide_reduce *reduce, tide_error *err)
{
    if (reduce->inputs.cancel != NULL) {
        TIDE_TRY(tide_cancel_check(reduce->inputs.cancel, err));
    }
    tide_stream *stream = reduce->inputs.rows;
    TIDE_TRY(stream->vtable->next(stream, &reduce->batch, &reduce->hashes, err));
    int64_t row_count = tide_batch_row_count(&reduce->batch);
    if (row_count == 0) {
        reduce->ended = true;
        return give_up_held(reduce, err);
    }
    tide_batch_columns(&reduce->batch, reduce->columns);
    return reduce_batch(reduce, row_count, err);
}

static tide_code finish_unit(tide_reduce *reduce, tide_unit *unit, tide_error *err)
{
    TIDE_TRY(close_chunk(reduce, err));
    tide_text name;
    tide_text_init(&name);
    tide_text_append_format(&name, "%s/%lld", reduce->unit_prefix, (long long)++reduce->unit_count);
    reduce->unit.name = tide_text_take(&name);
    if (reduce->unit.name == NULL) {
        tide_text_clear(&name);
        return TIDE_FAIL_MEMORY(err, "name of a commit unit");
    }
    reduce->unit.by_values = true;
    *unit = reduce->unit;
    tide_unit_init(&reduce->unit);
    reduce->row_count = 0;
    return TIDE_OK;
}

tide_code tide_reduce_next(tide_reduce *reduce, tide_unit *unit, bool *has_unit, tide_error *err)
{
    tide_unit_init(unit);
    *has_unit = false;
    if (reduce->ended) {
        return TIDE_OK;
    }
    while (!reduce->ended && reduce->row_count < reduce->bounds.unit_rows &&
           reduce->unit.byte_count + tide_reject_list_bytes(&reduce->unit.rejects) <
               reduce->bounds.unit_bytes) {
        TIDE_TRY(pull(reduce, err));
    }
    TIDE_TRY(finish_unit(reduce, unit, err));
    *has_unit = true;
    return TIDE_OK;
}

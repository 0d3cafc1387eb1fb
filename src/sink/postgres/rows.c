/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/postgres/rows.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "record/value.h"

/* A row of more bytes is refused here: the server builds a row in one piece of less than 1 GB. */
#define ROW_BYTES_MAX ((size_t)0x3c000000)

size_t tide_pg_row_bytes(const tide_schema *schema, tide_row row)
{
    size_t bytes = 0;
    for (size_t i = 0; i < schema->field_count; i++) {
        if (row.columns[i].offsets != NULL) {
            bytes += tide_column_str(&row.columns[i], row.row).size;
        }
    }
    return bytes;
}

/* Rows without a series count on through the parts of a unit. */
static void print_position(const tide_pg_rows *rows, size_t chunk, int64_t row, tide_text *out)
{
    if (rows->rows_before == 0 || rows->unit->series_count > 0) {
        tide_unit_print_position(rows->unit, chunk, row, out);
        return;
    }
    int64_t number = rows->rows_before + row + 1;
    for (size_t i = 0; i < chunk; i++) {
        number += tide_batch_row_count(&rows->unit->chunks[i].batch);
    }
    tide_text_append_format(out, "%s/%" PRId64, rows->unit->name, number);
}

static tide_code refuse(const tide_pg_rows *rows, size_t chunk, tide_row row, const char *column,
                        const char *reason, const char *sqlstate, tide_reject_list *list,
                        tide_error *err)
{
    tide_text position;
    tide_text values;
    tide_text_init(&position);
    tide_text_init(&values);
    print_position(rows, chunk, row.row, &position);
    tide_row_print_json(rows->schema, row.columns, rows->schema->field_count, row.row, &values);
    tide_code code = TIDE_OK;
    if (tide_text_failed(&position) || tide_text_failed(&values)) {
        code = TIDE_FAIL_MEMORY(err, "a reject");
    } else {
        tide_reject reject = {
            .stage = "load",
            .position = tide_text_c(&position),
            .column = column,
            .reason = reason,
            .sqlstate = sqlstate,
            .values = tide_text_c(&values),
        };
        code = tide_reject_list_add(list, &reject, err);
    }
    tide_text_clear(&position);
    tide_text_clear(&values);
    return code;
}

tide_code tide_pg_rows_refuse(const tide_pg_rows *rows, size_t index, const char *column,
                              const char *reason, const char *sqlstate, tide_reject_list *list,
                              tide_error *err)
{
    tide_row row = rows->rows[index];
    size_t chunk = (size_t)(row.columns - rows->columns) / rows->column_count;
    return refuse(rows, chunk, row, column, reason, sqlstate, list, err);
}

/* NULL when the row fits, else why not; *column says where. */
static const char *find_misfit(const tide_pg_rows *rows, const tide_pg_layout *layout, tide_row row,
                               const char **column)
{
    for (size_t i = 0; i < rows->schema->field_count; i++) {
        const tide_pg_writer *writer = &layout->writers[i];
        *column = rows->schema->fields[i].name;
        if (tide_column_is_null(&row.columns[i], row.row)) {
            if (writer->not_null) {
                return "null in a column that is NOT NULL or part of the key";
            }
        } else if (writer->fit != NULL && !writer->fit(writer, &row.columns[i], row.row)) {
            return writer->fit_reason;
        }
    }
    *column = NULL;
    return rows->bytes > ROW_BYTES_MAX && tide_pg_row_bytes(rows->schema, row) > ROW_BYTES_MAX
               ? "the row has 1 GB or more"
               : NULL;
}

/* The position of each row as one more column, which lives as long as the rows. */
static tide_code add_positions(tide_pg_rows *rows, size_t chunk, int64_t row_count, tide_error *err)
{
    int32_t *offsets = tide_alloc_zero((size_t)row_count + 1, sizeof *offsets);
    tide_text *text = &rows->positions[chunk];
    rows->position_offsets[chunk] = offsets;
    if (offsets == NULL) {
        return TIDE_FAIL_MEMORY(err, "positions of rows");
    }
    for (int64_t i = 0; i < row_count; i++) {
        print_position(rows, chunk, i, text);
        offsets[i + 1] = (int32_t)text->size;
    }
    if (tide_text_failed(text) || text->size > INT32_MAX) {
        return TIDE_FAIL_MEMORY(err, "positions of rows");
    }
    rows->columns[chunk * rows->column_count + rows->schema->field_count] = (tide_column){
        .data = (const uint8_t *)tide_text_c(text),
        .offsets = offsets,
        .row_count = row_count,
        .type = {.id = TIDE_TEXT},
    };
    return TIDE_OK;
}

static tide_code add_chunk(tide_pg_rows *rows, size_t chunk, const tide_pg_layout *layout,
                           tide_error *err)
{
    const tide_batch *batch = &rows->unit->chunks[chunk].batch;
    tide_column *columns = rows->columns + chunk * rows->column_count;
    tide_batch_columns(batch, columns);
    int64_t row_count = tide_batch_row_count(batch);
    if (rows->positions != NULL) {
        TIDE_TRY(add_positions(rows, chunk, row_count, err));
    }
    for (int64_t i = 0; i < row_count; i++) {
        tide_row row = {columns, i};
        const char *column;
        const char *reason = layout->has_fits ? find_misfit(rows, layout, row, &column) : NULL;
        if (reason == NULL) {
            rows->rows[rows->count++] = row;
        } else {
            TIDE_TRY(refuse(rows, chunk, row, column, reason, NULL, &rows->refused, err));
        }
    }
    return TIDE_OK;
}

static tide_code allocate(tide_pg_rows *rows, bool with_position, tide_error *err)
{
    const tide_unit *unit = rows->unit;
    for (size_t i = 0; i < unit->chunk_count; i++) {
        rows->emitted += tide_batch_row_count(&unit->chunks[i].batch);
        rows->bytes += tide_batch_bytes(&unit->chunks[i].batch);
    }
    rows->columns = tide_alloc_zero(unit->chunk_count, rows->column_count * sizeof *rows->columns);
    rows->rows = tide_alloc_zero((size_t)rows->emitted, sizeof *rows->rows);
    bool whole = rows->columns != NULL && rows->rows != NULL;
    if (with_position) {
        rows->positions = tide_alloc_zero(unit->chunk_count, sizeof *rows->positions);
        rows->position_offsets = tide_alloc_zero(unit->chunk_count, sizeof *rows->position_offsets);
        whole = whole && rows->positions != NULL && rows->position_offsets != NULL;
    }
    return whole ? TIDE_OK : TIDE_FAIL_MEMORY(err, "rows of a commit unit");
}

tide_code tide_pg_rows_init(tide_pg_rows *rows, const tide_pg_rows_options *options,
                            tide_error *err)
{
    *rows = (tide_pg_rows){
        .unit = options->unit,
        .schema = options->schema,
        .rows_before = options->rows_before,
        .column_count = options->schema->field_count + (options->with_position ? 1 : 0),
        .chunk_count = options->unit->chunk_count,
    };
    tide_reject_list_init(&rows->refused);
    tide_code code = allocate(rows, options->with_position, err);
    for (size_t i = 0; i < rows->chunk_count && code == TIDE_OK; i++) {
        code = add_chunk(rows, i, options->layout, err);
    }
    if (code != TIDE_OK) {
        tide_pg_rows_clear(rows);
    }
    return code;
}

void tide_pg_rows_clear(tide_pg_rows *rows)
{
    for (size_t i = 0; i < rows->chunk_count; i++) {
        if (rows->positions != NULL) {
            tide_text_clear(&rows->positions[i]);
        }
        if (rows->position_offsets != NULL) {
            tide_free(rows->position_offsets[i]);
        }
    }
    tide_free(rows->positions);
    tide_free(rows->position_offsets);
    tide_free(rows->columns);
    tide_free(rows->rows);
    tide_reject_list_clear(&rows->refused);
    *rows = (tide_pg_rows){0};
}

static int compare_rows(const void *a, const void *b, void *order)
{
    tide_row left;
    tide_row right;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return tide_order_compare(order, left, right);
}

void tide_pg_rows_reduce(tide_pg_rows *rows, const tide_order *order, size_t key_count)
{
    tide_order full = *order;
    tide_order key = *order;
    key.column_count = key_count;
    if (rows->count > 1) {
        qsort_r(rows->rows, rows->count, sizeof *rows->rows, compare_rows, &full);
    }
    size_t kept = 0;
    for (size_t i = 0; i < rows->count; i++) {
        bool last =
            i + 1 == rows->count || tide_order_compare(&key, rows->rows[i], rows->rows[i + 1]) != 0;
        if (last) {
            rows->rows[kept++] = rows->rows[i];
        }
    }
    rows->superseded += (int64_t)(rows->count - kept);
    rows->count = kept;
}

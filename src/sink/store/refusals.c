/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/store/refusals.h"

#include "base/memory.h"

tide_code tide_refusals_init(tide_refusals *refusals, const tide_unit *unit, int64_t rows_before,
                             tide_reject_list *list, tide_error *err)
{
    memset(refusals, 0, sizeof *refusals);
    refusals->list = list;
    refusals->unit = unit;
    refusals->rows_before = rows_before;
    if (unit == NULL || unit->chunk_count == 0) {
        return TIDE_OK;
    }
    refusals->field_count = unit->chunks[0].batch.schema->field_count;
    refusals->columns =
        tide_alloc_zero(unit->chunk_count * refusals->field_count, sizeof *refusals->columns);
    refusals->marks = tide_alloc_zero(unit->chunk_count, sizeof *refusals->marks);
    if (refusals->columns == NULL || refusals->marks == NULL) {
        tide_refusals_clear(refusals);
        return TIDE_FAIL_MEMORY(err, "views of a unit's rows");
    }
    for (size_t i = 0; i < unit->chunk_count; i++) {
        tide_batch_columns(&unit->chunks[i].batch, refusals->columns + i * refusals->field_count);
    }
    return TIDE_OK;
}

void tide_refusals_clear(tide_refusals *refusals)
{
    for (size_t i = 0; refusals->marks != NULL && i < refusals->unit->chunk_count; i++) {
        tide_free(refusals->marks[i]);
    }
    tide_free(refusals->marks);
    tide_free(refusals->columns);
    refusals->marks = NULL;
    refusals->columns = NULL;
}

static tide_code mark(tide_refusals *refusals, size_t chunk, int64_t row, tide_error *err)
{
    if (refusals->marks[chunk] == NULL) {
        size_t row_count = (size_t)tide_batch_row_count(&refusals->unit->chunks[chunk].batch);
        refusals->marks[chunk] = tide_alloc_zero(row_count, 1);
        if (refusals->marks[chunk] == NULL) {
            return TIDE_FAIL_MEMORY(err, "marks of refused rows");
        }
    }
    refusals->marks[chunk][row] = 1;
    return TIDE_OK;
}

tide_code tide_refusals_add_at(tide_refusals *refusals, const char *position,
                               const tide_schema *schema, const tide_column *columns, int64_t row,
                               const tide_refusal *refusal, tide_error *err)
{
    tide_text values;
    tide_text_init(&values);
    tide_row_print_json(schema, columns, schema->field_count, row, &values);
    tide_reject reject = {
        .stage = "load",
        .position = position,
        .column = refusal->column,
        .reason = refusal->reason,
        .sqlstate = refusal->sqlstate,
        .values = tide_text_c(&values),
    };
    tide_code code = tide_text_failed(&values) ? TIDE_FAIL_MEMORY(err, "the values of a reject")
                                               : tide_reject_list_add(refusals->list, &reject, err);
    tide_text_clear(&values);
    refusals->count += code == TIDE_OK;
    return code;
}

/* Without series a position counts rows: those of earlier parts come first. */
static int64_t rows_before(const tide_refusals *refusals, size_t chunk)
{
    int64_t rows = refusals->rows_before;
    for (size_t i = 0; i < chunk; i++) {
        rows += tide_batch_row_count(&refusals->unit->chunks[i].batch);
    }
    return rows;
}

tide_code tide_refusals_print_position(const tide_refusals *refusals, size_t chunk, int64_t row,
                                       tide_text *out, tide_error *err)
{
    int64_t number = rows_before(refusals, chunk) + row + 1;
    tide_text_reset(out);
    if (refusals->rows_before == 0) {
        tide_unit_print_position(refusals->unit, chunk, row, out);
    } else {
        tide_text_append_format(out, "%s/%lld", refusals->unit->name, (long long)number);
    }
    return tide_text_failed(out) ? TIDE_FAIL_MEMORY(err, "the position of a row") : TIDE_OK;
}

tide_code tide_refusals_add(tide_refusals *refusals, size_t chunk, int64_t row,
                            const tide_refusal *refusal, tide_error *err)
{
    if (tide_refusals_has(refusals, chunk, row)) {
        return TIDE_OK;
    }
    TIDE_TRY(mark(refusals, chunk, row, err));
    tide_text position;
    tide_text_init(&position);
    tide_code code = tide_refusals_print_position(refusals, chunk, row, &position, err);
    if (code == TIDE_OK) {
        code = tide_refusals_add_at(refusals, tide_text_c(&position),
                                    refusals->unit->chunks[chunk].batch.schema,
                                    tide_refusals_columns(refusals, chunk), row, refusal, err);
    }
    tide_text_clear(&position);
    return code;
}

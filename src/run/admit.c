/* SPDX-License-Identifier: Apache-2.0 */
#include "run/admit.h"

#include "base/memory.h"

tide_code tide_admit_init(tide_admit *admit, const tide_admit_rules *rules, tide_error *err)
{
    *admit = (tide_admit){.rules = rules};
    tide_text_init(&admit->position);
    tide_text_init(&admit->values);
    TIDE_TRY(tide_builder_init(&admit->builder, &rules->layout->schema, err));
    admit->columns = tide_alloc_zero(rules->layout->schema.field_count, sizeof(tide_column));
    if (admit->columns == NULL) {
        tide_admit_clear(admit);
        return TIDE_FAIL_MEMORY(err, "admitting rows");
    }
    return TIDE_OK;
}

void tide_admit_clear(tide_admit *admit)
{
    tide_builder_clear(&admit->builder);
    tide_free(admit->columns);
    tide_free(admit->rows);
    admit->columns = NULL;
    admit->rows = NULL;
    tide_text_clear(&admit->position);
    tide_text_clear(&admit->values);
}

void tide_print_source_position(const tide_source_layout *layout, const tide_source_plan *plan,
                                const tide_column *columns, int64_t row, tide_text *out)
{
    int32_t member = tide_column_int32(&columns[layout->source_column], row);
    tide_text_append(out, plan->members[member].name);
    if (layout->id_column != TIDE_NO_FIELD) {
        tide_text_append_char(out, '/');
        tide_text_append_str(out, tide_column_str(&columns[layout->id_column], row));
    } else {
        tide_text_append_format(
            out, ":%lld", (long long)tide_column_int64(&columns[layout->position_column], row));
    }
}

static bool may_refuse(const tide_admit_rules *rules, const tide_column *columns)
{
    for (size_t i = 0; i < rules->wanted_count; i++) {
        if (columns[rules->wanted[i]].validity != NULL) {
            return true;
        }
    }
    return rules->time_column != TIDE_NO_FIELD && rules->time_max != INT64_MAX;
}

/* Why the row can't be ordered: the column at fault, or TIDE_NO_FIELD. */
static size_t column_at_fault(const tide_admit_rules *rules, const tide_column *columns,
                              int64_t row)
{
    for (size_t i = 0; i < rules->wanted_count; i++) {
        if (tide_column_is_null(&columns[rules->wanted[i]], row)) {
            return rules->wanted[i];
        }
    }
    if (rules->time_column != TIDE_NO_FIELD &&
        tide_column_int64(&columns[rules->time_column], row) > rules->time_max) {
        return rules->time_column;
    }
    return TIDE_NO_FIELD;
}

static tide_code refuse(tide_admit *admit, size_t column, int64_t row, tide_reject_list *rejects,
                        tide_error *err)
{
    const tide_admit_rules *rules = admit->rules;
    tide_text_reset(&admit->position);
    tide_text_reset(&admit->values);
    tide_print_source_position(rules->layout, rules->plan, admit->columns, row, &admit->position);
    tide_row_print_json(&rules->layout->schema, admit->columns, rules->layout->declared_count, row,
                        &admit->values);
    bool is_null = tide_column_is_null(&admit->columns[column], row);
    if (tide_text_failed(&admit->position) || tide_text_failed(&admit->values)) {
        return TIDE_FAIL_MEMORY(err, "a reject");
    }
    tide_reject reject = {
        .stage = "decode",
        .position = tide_text_c(&admit->position),
        .column = rules->layout->schema.fields[column].name,
        .reason = is_null ? "null or missing, but rows are ordered by it"
                          : "lies further in the future than max_future allows",
        .values = tide_text_c(&admit->values),
    };
    return tide_reject_list_add(rejects, &reject, err);
}

tide_code tide_admit_rows(tide_admit *admit, const tide_batch *batch, tide_batch *view,
                          const tide_batch **out, tide_reject_list *rejects, tide_error *err)
{
    int64_t row_count = tide_batch_row_count(batch);
    *out = batch;
    tide_batch_columns(batch, admit->columns);
    if (!may_refuse(admit->rules, admit->columns)) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_grow((void **)&admit->rows, &admit->row_capacity, (size_t)row_count,
                       sizeof *admit->rows, err));
    size_t admitted = 0;
    for (int64_t row = 0; row < row_count; row++) {
        size_t column = column_at_fault(admit->rules, admit->columns, row);
        if (column == TIDE_NO_FIELD) {
            admit->rows[admitted++] = (uint32_t)row;
        } else {
            TIDE_TRY(refuse(admit, column, row, rejects, err));
        }
    }
    if ((int64_t)admitted == row_count) {
        return TIDE_OK;
    }
    tide_builder_reset(&admit->builder);
    TIDE_TRY(tide_builder_take(&admit->builder, admit->columns, admit->rows, admitted, err));
    TIDE_TRY(tide_builder_view(&admit->builder, view, err));
    *out = view;
    return TIDE_OK;
}

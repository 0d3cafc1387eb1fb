/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/calendar.h"
#include "sink/store/refusals.h"

/* A rule looks at one cell that is not null: does it break the rule? */
typedef bool (*cell_rule)(const tide_column *column, int64_t row);

static bool holds_nul(const tide_column *column, int64_t row)
{
    tide_str text = tide_column_str(column, row);
    return text.size > 0 && memchr(text.data, '\0', text.size) != NULL;
}

static bool is_nan(const tide_column *column, int64_t row)
{
    return isnan(tide_column_double(column, row));
}

static bool is_far_date(const tide_column *column, int64_t row)
{
    int32_t day = tide_column_int32(column, row);
    return day < tide_day_of_civil(1, 1, 1) || day > tide_day_of_civil(9999, 12, 31);
}

/* One look at all bytes of a column, so that the usual column is not looked at cell by cell. */
static bool column_holds_nul(const tide_column *column)
{
    size_t begin = (size_t)column->offsets[0];
    size_t size = (size_t)column->offsets[column->row_count] - begin;
    return size > 0 && memchr(column->data + begin, '\0', size) != NULL;
}

typedef struct chosen_rule {
    cell_rule breaks; /* NULL: nothing to look at */
    const char *reason;
} chosen_rule;

static chosen_rule choose_rule(const tide_row_rules *rules, const tide_column *column)
{
    switch (column->type.id) {
        case TIDE_TEXT:
        case TIDE_JSON:
            return (chosen_rule){column_holds_nul(column) ? holds_nul : NULL,
                                 "the text holds U+0000, which databases do not take"};
        case TIDE_DOUBLE:
            return (chosen_rule){rules->refuses_nan ? is_nan : NULL,
                                 "NaN: SQLite has none and would store null"};
        case TIDE_DATE:
            return (chosen_rule){rules->refuses_far_dates ? is_far_date : NULL,
                                 "a date before 0001-01-01 or after 9999-12-31"};
        default:
            return (chosen_rule){NULL, NULL};
    }
}

static tide_code apply_to_column(tide_refusals *refusals, const tide_row_rules *rules, size_t chunk,
                                 size_t field, tide_error *err)
{
    const tide_schema *schema = refusals->unit->chunks[chunk].batch.schema;
    const tide_column *column = &tide_refusals_columns(refusals, chunk)[field];
    chosen_rule rule = choose_rule(rules, column);
    tide_refusal refusal = {.column = schema->fields[field].name, .reason = rule.reason};
    for (int64_t row = 0; rule.breaks != NULL && row < column->row_count; row++) {
        if (!tide_column_is_null(column, row) && rule.breaks(column, row)) {
            TIDE_TRY(tide_refusals_add(refusals, chunk, row, &refusal, err));
        }
    }
    return TIDE_OK;
}

static tide_code refuse_null_keys(tide_refusals *refusals, const tide_row_rules *rules,
                                  size_t chunk, tide_error *err)
{
    const tide_schema *schema = refusals->unit->chunks[chunk].batch.schema;
    for (size_t i = 0; i < rules->key_count; i++) {
        const tide_column *column = &tide_refusals_columns(refusals, chunk)[rules->key_columns[i]];
        tide_refusal refusal = {
            .column = schema->fields[rules->key_columns[i]].name,
            .reason = "null in the key: such a row can't be told from others",
        };
        for (int64_t row = 0; column->validity != NULL && row < column->row_count; row++) {
            if (tide_column_is_null(column, row)) {
                TIDE_TRY(tide_refusals_add(refusals, chunk, row, &refusal, err));
            }
        }
    }
    return TIDE_OK;
}

tide_code tide_refusals_apply(tide_refusals *refusals, const tide_row_rules *rules, tide_error *err)
{
    for (size_t chunk = 0; chunk < refusals->unit->chunk_count; chunk++) {
        if (tide_batch_row_count(&refusals->unit->chunks[chunk].batch) == 0) {
            continue;
        }
        TIDE_TRY(refuse_null_keys(refusals, rules, chunk, err));
        for (size_t field = 0; field < refusals->field_count; field++) {
            TIDE_TRY(apply_to_column(refusals, rules, chunk, field, err));
        }
    }
    return TIDE_OK;
}

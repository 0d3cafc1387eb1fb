/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include "base/memory.h"
#include "record/decimal.h"
#include "record/value.h"

static const struct {
    const char *name;
    tide_type type;
} fields[] = {
    {"i", {TIDE_INT32, 0, 0}},     {"j", {TIDE_INT64, 0, 0}},  {"n", {TIDE_DECIMAL, 12, 2}},
    {"m", {TIDE_DECIMAL, 38, 10}}, {"x", {TIDE_DOUBLE, 0, 0}}, {"s", {TIDE_TEXT, 0, 0}},
    {"u", {TIDE_TEXT, 0, 0}},      {"b", {TIDE_BYTES, 0, 0}},  {"d", {TIDE_DATE, 0, 0}},
    {"t", {TIDE_TIMESTAMP, 0, 0}}, {"f", {TIDE_BOOL, 0, 0}},   {"id", {TIDE_UUID, 0, 0}},
    {"doc", {TIDE_JSON, 0, 0}},
};

#define FIELD_COUNT (sizeof fields / sizeof fields[0])

static tide_code append_first(tide_column_builder *to, tide_error *err)
{
    static const uint8_t uuid[16] = {0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0,
                                     0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0};
    TIDE_TRY(tide_append_int32(&to[0], 7, err));
    TIDE_TRY(tide_append_int64(&to[1], INT64_MAX, err));
    TIDE_TRY(tide_append_decimal(&to[2], 1250, err));
    TIDE_TRY(tide_append_decimal(&to[3], tide_power_of_ten(37), err));
    TIDE_TRY(tide_append_double(&to[4], 2.5, err));
    TIDE_TRY(tide_append_str(&to[5], tide_str_of("App zażółć"), err));
    TIDE_TRY(tide_append_str(&to[6], tide_str_of("a,b,,c"), err));
    TIDE_TRY(tide_append_str(&to[7], TIDE_STR("\xff\x00"), err));
    TIDE_TRY(tide_append_int32(&to[8], tide_day_of_civil(2024, 3, 31), err));
    TIDE_TRY(tide_append_int64(&to[9], INT64_C(1711845000123456), err)); /* 00:30:00.123456Z */
    TIDE_TRY(tide_append_bool(&to[10], true, err));
    TIDE_TRY(tide_append_uuid(&to[11], uuid, err));
    return tide_append_str(&to[12], TIDE_STR("{\"a\": 1}"), err);
}

static tide_code append_second(tide_column_builder *to, tide_error *err)
{
    static const uint8_t uuid[16] = {0};
    TIDE_TRY(tide_append_int32(&to[0], 0, err));
    TIDE_TRY(tide_append_int64(&to[1], -3, err));
    TIDE_TRY(tide_append_decimal(&to[2], -5, err));
    TIDE_TRY(tide_append_decimal(&to[3], 0, err));
    TIDE_TRY(tide_append_double(&to[4], 0, err));
    TIDE_TRY(tide_append_str(&to[5], TIDE_STR(""), err));
    TIDE_TRY(tide_append_str(&to[6], TIDE_STR("12"), err));
    TIDE_TRY(tide_append_str(&to[7], TIDE_STR("ok"), err));
    TIDE_TRY(tide_append_int32(&to[8], -1, err));
    TIDE_TRY(tide_append_int64(&to[9], -1, err));
    TIDE_TRY(tide_append_bool(&to[10], false, err));
    TIDE_TRY(tide_append_uuid(&to[11], uuid, err));
    return tide_append_str(&to[12], TIDE_STR("[]"), err);
}

static tide_code append_row(tide_builder *builder, int64_t row, tide_error *err)
{
    if (row % 3 == 0) {
        TIDE_TRY(append_first(builder->columns, err));
    } else if (row % 3 == 1) {
        TIDE_TRY(append_second(builder->columns, err));
    } else {
        for (size_t i = 0; i < FIELD_COUNT; i++) {
            TIDE_TRY(tide_append_null(&builder->columns[i], err));
        }
    }
    tide_builder_end_row(builder);
    return TIDE_OK;
}

tide_code test_rows_open(test_rows *rows, int64_t row_count, tide_error *err)
{
    *rows = (test_rows){.zone = NULL};
    tide_schema_init(&rows->schema);
    tide_batch_init(&rows->batch);
    TIDE_TRY(tide_zone_open("Europe/Warsaw", &rows->zone, err));
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        TIDE_TRY(tide_schema_add(&rows->schema, fields[i].name, fields[i].type, false, err));
    }
    TIDE_TRY(tide_builder_init(&rows->builder, &rows->schema, err));
    rows->has_builder = true;
    for (int64_t row = 0; row < row_count; row++) {
        TIDE_TRY(append_row(&rows->builder, row, err));
    }
    TIDE_TRY(tide_builder_view(&rows->builder, &rows->batch, err));
    tide_batch_columns(&rows->batch, rows->columns);
    return TIDE_OK;
}

void test_rows_close(test_rows *rows)
{
    tide_batch_clear(&rows->batch);
    if (rows->has_builder) {
        tide_builder_clear(&rows->builder);
    }
    tide_schema_clear(&rows->schema);
    tide_zone_close(rows->zone);
}

tide_code test_rows_take(test_rows *rows, tide_batch *batch, tide_error *err)
{
    tide_batch_clear(&rows->batch);
    return tide_builder_finish(&rows->builder, batch, err);
}

static tide_code print_value(const tide_column_builder *results, const tide_row_errors *errors,
                             int64_t row, tide_text *out)
{
    tide_column column;
    tide_column_builder_view(results, &column);
    for (size_t i = 0; i < errors->count; i++) {
        if (errors->items[i].row == row) {
            tide_text_append_format(out, "!%s", errors->items[i].reason);
            return TIDE_OK;
        }
    }
    tide_column_print(&column, row, out);
    return TIDE_OK;
}

static tide_code evaluate(const test_rows *rows, const tide_expression *expression, int64_t row,
                          tide_text *out, tide_error *err)
{
    int64_t row_count = tide_batch_row_count(&rows->batch);
    tide_row_errors errors;
    tide_evaluator *evaluator = NULL;
    tide_column_builder results;
    uint64_t *live = tide_alloc_zero((size_t)row_count / 64 + 1, sizeof *live);
    for (int64_t i = 0; live != NULL && i < row_count; i++) {
        live[i / 64] |= UINT64_C(1) << (i % 64);
    }
    tide_row_errors_init(&errors);
    tide_column_builder_init(&results, tide_expression_type(expression));
    tide_code code = live == NULL ? TIDE_FAIL_MEMORY(err, "test")
                                  : tide_evaluator_open(expression, &errors, &evaluator, err);
    if (code == TIDE_OK) {
        code = tide_evaluator_append(evaluator, rows->columns, row_count, live, &results, err);
    }
    if (code == TIDE_OK) {
        code = print_value(&results, &errors, row, out);
    }
    tide_evaluator_close(evaluator);
    tide_column_builder_clear(&results);
    tide_row_errors_clear(&errors);
    tide_free(live);
    return code;
}

tide_code test_evaluate(const test_rows *rows, const char *text, int64_t row, tide_text *out,
                        tide_error *err)
{
    tide_expression *expression = NULL;
    tide_expression_options options = {.text = text, .input = &rows->schema, .zone = rows->zone};
    tide_text_reset(out);
    tide_code code = tide_expression_compile(&options, &expression, err);
    if (code == TIDE_BAD_CONFIG) {
        tide_text_append_format(out, "? %s", err->message);
        return TIDE_OK;
    }
    if (code == TIDE_OK) {
        code = evaluate(rows, expression, row, out, err);
    }
    tide_expression_destroy(expression);
    return code == TIDE_OK && tide_text_failed(out) ? TIDE_FAIL_MEMORY(err, "test") : code;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "random_rows.h"
#include "record/value.h"

#define ROWS 300

/* Each cell through a value into another builder. */
static void test_cells_survive_values(void **state)
{
    (void)state;
    unsigned seed = 20261121;
    print_message("seed %u\n", seed);
    random_row *rows = random_rows(ROWS, &seed, 20);
    tide_schema schema;
    tide_batch batch;
    tide_builder builder;
    tide_column columns[RANDOM_TYPES];
    tide_value values[RANDOM_TYPES];
    tide_error err;
    random_schema(&schema);
    random_batch(rows, ROWS, &schema, &batch);
    tide_batch_columns(&batch, columns);
    assert_int_equal(tide_builder_init(&builder, &schema, &err), TIDE_OK);
    for (size_t i = 0; i < RANDOM_TYPES; i++) {
        values[i] = tide_value_null();
    }
    for (int64_t row = 0; row < ROWS; row++) {
        for (size_t i = 0; i < RANDOM_TYPES; i++) {
            tide_text from_cell, from_value;
            assert_int_equal(tide_value_read(&values[i], &columns[i], row, &err), TIDE_OK);
            assert_int_equal(tide_value_append(&values[i], &builder.columns[i], &err), TIDE_OK);
            tide_text_init(&from_cell);
            tide_text_init(&from_value);
            tide_column_print(&columns[i], row, &from_cell);
            tide_value_print(&values[i], columns[i].type, &from_value);
            assert_string_equal(tide_text_c(&from_cell), tide_text_c(&from_value));
            tide_text_clear(&from_cell);
            tide_text_clear(&from_value);
        }
        tide_builder_end_row(&builder);
    }
    tide_batch_clear(&batch);
    assert_int_equal(tide_builder_view(&builder, &batch, &err), TIDE_OK);
    tide_batch_columns(&batch, columns);
    for (int64_t row = 0; row < ROWS; row++) {
        random_check(&rows[row], columns, row);
    }
    tide_batch_clear(&batch);
    tide_builder_clear(&builder);
    for (size_t i = 0; i < RANDOM_TYPES; i++) {
        tide_value_clear(&values[i], schema.fields[i].type);
        assert_true(values[i].is_null);
    }
    tide_schema_clear(&schema);
    free(rows);
}

/* A schema of all types with one row of chosen values, and one of nulls. */
static void append_row(tide_builder *builder)
{
    static const uint8_t uuid[16] = {0x12, 0x3e, 0x45, 0x67, 0xe8, 0x9b, 0x12, 0xd3,
                                     0xa4, 0x56, 0x42, 0x66, 0x14, 0x17, 0x40, 0x00};
    tide_column_builder *c = builder->columns;
    tide_error err;
    assert_int_equal(tide_append_bool(&c[0], true, &err), TIDE_OK);
    assert_int_equal(tide_append_int32(&c[1], -7, &err), TIDE_OK);
    assert_int_equal(tide_append_int64(&c[2], INT64_MIN, &err), TIDE_OK);
    assert_int_equal(tide_append_double(&c[3], 0.1, &err), TIDE_OK);
    assert_int_equal(tide_append_decimal(&c[4], -125000, &err), TIDE_OK);
    assert_int_equal(tide_append_str(&c[5], TIDE_STR("a\"b"), &err), TIDE_OK);
    assert_int_equal(tide_append_str(&c[6], TIDE_STR("\x01\xFFz!"), &err), TIDE_OK);
    assert_int_equal(tide_append_int32(&c[7], 19813, &err), TIDE_OK);
    assert_int_equal(tide_append_int64(&c[8], 1711922400500000, &err), TIDE_OK);
    assert_int_equal(tide_append_uuid(&c[9], uuid, &err), TIDE_OK);
    assert_int_equal(tide_append_str(&c[10], TIDE_STR("{\"x\": [1]}"), &err), TIDE_OK);
    tide_builder_end_row(builder);
    for (size_t i = 0; i < RANDOM_TYPES; i++) {
        assert_int_equal(tide_append_null(&c[i], &err), TIDE_OK);
    }
    tide_builder_end_row(builder);
}

static void test_prints(void **state)
{
    (void)state;
    static const char *const texts[] = {"true",
                                        "-7",
                                        "-9223372036854775808",
                                        "0.1",
                                        "-12.5000",
                                        "a\"b",
                                        "\\x01ff7a21",
                                        "2024-03-31",
                                        "2024-03-31T22:00:00.500Z",
                                        "123e4567-e89b-12d3-a456-426614174000",
                                        "{\"x\": [1]}"};
    tide_schema schema;
    tide_builder builder;
    tide_batch batch;
    tide_column columns[RANDOM_TYPES];
    tide_text text;
    tide_error err;
    random_schema(&schema);
    assert_int_equal(tide_builder_init(&builder, &schema, &err), TIDE_OK);
    append_row(&builder);
    assert_int_equal(tide_builder_view(&builder, &batch, &err), TIDE_OK);
    tide_batch_columns(&batch, columns);
    tide_text_init(&text);
    for (size_t i = 0; i < RANDOM_TYPES; i++) {
        tide_text_reset(&text);
        tide_column_print(&columns[i], 0, &text);
        assert_string_equal(tide_text_c(&text), texts[i]);
        tide_text_reset(&text);
        tide_column_print(&columns[i], 1, &text);
        assert_string_equal(tide_text_c(&text), "null");
    }
    tide_text_reset(&text);
    tide_row_print_json(&schema, columns, RANDOM_TYPES, 0, &text);
    assert_string_equal(tide_text_c(&text),
                        "{\"c1\": true, \"c2\": -7, \"c3\": -9223372036854775808, \"c4\": 0.1, "
                        "\"c5\": -12.5000, \"c6\": \"a\\\"b\", \"c7\": \"Af96IQ==\", "
                        "\"c8\": \"2024-03-31\", \"c9\": \"2024-03-31T22:00:00.500Z\", "
                        "\"c10\": \"123e4567-e89b-12d3-a456-426614174000\", "
                        "\"c11\": {\"x\": [1]}}");
    tide_text_reset(&text);
    tide_row_print_json(&schema, columns, 2, 1, &text);
    assert_string_equal(tide_text_c(&text), "{\"c1\": null, \"c2\": null}");
    tide_text_reset(&text);
    tide_row_print_json(&schema, columns, 0, 0, &text);
    assert_string_equal(tide_text_c(&text), "{}");
    tide_text_clear(&text);
    tide_batch_clear(&batch);
    tide_builder_clear(&builder);
    tide_schema_clear(&schema);
}

static void check_json(tide_column_builder *column, const char *expected)
{
    tide_text text;
    tide_column view;
    tide_column_builder_view(column, &view);
    tide_text_init(&text);
    for (int64_t row = 0; row < view.row_count; row++) {
        tide_column_print_json(&view, row, &text);
        tide_text_append_char(&text, ' ');
    }
    assert_string_equal(tide_text_c(&text), expected);
    tide_text_clear(&text);
    tide_column_builder_clear(column);
}

static void test_json_of_special_values(void **state)
{
    (void)state;
    tide_column_builder column;
    tide_error err;
    tide_column_builder_init(&column, (tide_type){TIDE_DOUBLE, 0, 0});
    assert_int_equal(tide_append_double(&column, NAN, &err), TIDE_OK);
    assert_int_equal(tide_append_double(&column, -INFINITY, &err), TIDE_OK);
    assert_int_equal(tide_append_double(&column, 1e300, &err), TIDE_OK);
    check_json(&column, "\"NaN\" \"-Infinity\" 1e+300 ");
    tide_column_builder_init(&column, (tide_type){TIDE_BYTES, 0, 0});
    for (size_t size = 0; size < 5; size++) {
        assert_int_equal(tide_append_str(&column, (tide_str){"\xFB\xFF\xBF!", size}, &err),
                         TIDE_OK);
    }
    check_json(&column, "\"\" \"+w==\" \"+/8=\" \"+/+/\" \"+/+/IQ==\" ");
}

static void test_no_memory_for_bytes(void **state)
{
    (void)state;
    tide_error err;
    tide_type text = {TIDE_TEXT, 0, 0};
    tide_value value = tide_value_null();
    (void)tide_memory_fail_nth(1, 0);
    assert_int_equal(tide_value_set_bytes(&value, TIDE_STR("x"), &err), TIDE_OUT_OF_MEMORY);
    assert_true(value.is_null);
    assert_int_equal(tide_value_set_bytes(&value, TIDE_STR("kept"), &err), TIDE_OK);
    (void)tide_memory_fail_nth(1, 0);
    assert_int_equal(tide_value_set_bytes(&value, TIDE_STR("other"), &err), TIDE_OUT_OF_MEMORY);
    (void)tide_memory_fail_nth(0, 0);
    assert_string_equal(value.as.bytes.data, "kept");
    assert_int_equal(tide_value_set_bytes(&value, (tide_str){NULL, 0}, &err), TIDE_OK);
    assert_int_equal(value.as.bytes.size, 0);
    assert_false(value.is_null);
    tide_value_clear(&value, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells_survive_values),
        cmocka_unit_test(test_prints),
        cmocka_unit_test(test_json_of_special_values),
        cmocka_unit_test(test_no_memory_for_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

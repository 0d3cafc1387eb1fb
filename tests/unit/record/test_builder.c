/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "random_rows.h"
#include "record/bits.h"

#define SEED 20261121

static tide_schema schema;

static int make_schema(void **state)
{
    (void)state;
    random_schema(&schema);
    return 0;
}

static int drop_schema(void **state)
{
    (void)state;
    tide_schema_clear(&schema);
    return 0;
}

static void check_batch(const tide_batch *batch, const random_row *const *rows, size_t count)
{
    tide_column columns[RANDOM_TYPES];
    assert_int_equal(tide_batch_row_count(batch), count);
    tide_batch_columns(batch, columns);
    for (size_t i = 0; i < count; i++) {
        random_check(rows[i], columns, (int64_t)i);
    }
    for (size_t i = 0; i < RANDOM_TYPES; i++) {
        int64_t nulls = 0;
        for (size_t j = 0; j < count; j++) {
            nulls += rows[j]->cells[i].is_null;
        }
        assert_int_equal(batch->array.children[i]->null_count, nulls);
        assert_int_equal(columns[i].validity != NULL, nulls > 0);
        assert_int_equal(columns[i].row_count, count);
    }
}

/* Rows are appended, some cancelled at any column; batch after batch in the same memory. */
static void test_rows_with_cancels(void **state)
{
    (void)state;
    static const int null_percents[] = {0, 10, 100, 1, 0};
    unsigned seed = SEED;
    print_message("seed %u\n", seed);
    tide_builder builder;
    tide_error err;
    assert_int_equal(tide_builder_init(&builder, &schema, &err), TIDE_OK);
    for (size_t round = 0; round < 15; round++) {
        size_t count = (size_t)rand_r(&seed) % 1500;
        random_row *rows = random_rows(count + 1, &seed, null_percents[round % 5]);
        const random_row **kept = calloc(count + 1, sizeof kept[0]);
        size_t kept_count = 0;
        for (size_t i = 0; i < count; i++) {
            size_t stop = (size_t)rand_r(&seed) % (4 * RANDOM_TYPES);
            if (stop <= RANDOM_TYPES) {
                random_row cut;
                random_fill(&cut, &seed, 50);
                assert_int_equal(random_append(&cut, &builder, &err), TIDE_OK);
                for (size_t c = stop; c < RANDOM_TYPES; c++) { /* as if never appended */
                    builder.columns[c].row_count--;
                    builder.columns[c].null_count -= cut.cells[c].is_null;
                    if (builder.columns[c].offsets != NULL) {
                        builder.columns[c].data_bytes =
                            (size_t)builder.columns[c].offsets[builder.columns[c].row_count];
                    }
                }
                tide_builder_cancel_row(&builder);
                continue;
            }
            assert_int_equal(random_append(&rows[i], &builder, &err), TIDE_OK);
            tide_builder_end_row(&builder);
            kept[kept_count++] = &rows[i];
        }
        tide_batch batch;
        if (round % 3 == 0) {
            assert_int_equal(tide_builder_finish(&builder, &batch, &err), TIDE_OK);
            assert_int_equal(builder.row_count, 0);
        } else {
            assert_int_equal(tide_builder_view(&builder, &batch, &err), TIDE_OK);
        }
        check_batch(&batch, kept, kept_count);
        tide_batch_clear(&batch);
        assert_null(batch.array.release);
        tide_builder_reset(&builder);
        free(kept);
        free(rows);
    }
    tide_builder_clear(&builder);
    tide_builder_clear(&builder); /* once more: nothing */
}

static void test_memory_is_reused(void **state)
{
    (void)state;
    unsigned seed = SEED;
    random_row *rows = random_rows(2000, &seed, 10);
    tide_builder builder;
    tide_batch batch;
    tide_error err;
    assert_int_equal(tide_builder_init(&builder, &schema, &err), TIDE_OK);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 2000; i++) {
            assert_int_equal(random_append(&rows[i], &builder, &err), TIDE_OK);
            tide_builder_end_row(&builder);
        }
        assert_int_equal(tide_builder_view(&builder, &batch, &err), TIDE_OK);
        assert_true(tide_builder_bytes(&builder) + RANDOM_TYPES * 8 >= tide_batch_bytes(&batch));
        assert_true(tide_batch_bytes(&batch) + RANDOM_TYPES * 8 >= tide_builder_bytes(&builder));
        assert_true(tide_batch_bytes(&batch) > (size_t)2000 * (4 + 8 + 8 + 16 + 4 + 8 + 16));
        tide_batch_clear(&batch);
        tide_builder_reset(&builder);
        size_t made = tide_memory_fail_nth(0, 0);
        assert_true(round == 0 ? made > 0 : made == 0);
        assert_int_equal(tide_builder_bytes(&builder), 0);
    }
    tide_builder_clear(&builder);
    free(rows);
}

static void test_children_may_outlive_a_finished_batch(void **state)
{
    (void)state;
    unsigned seed = SEED;
    random_row *rows = random_rows(100, &seed, 20);
    tide_batch batch;
    tide_batch moved;
    random_batch(rows, 100, &schema, &batch);
    tide_batch_move(&batch, &moved);
    assert_null(batch.array.release);
    assert_int_equal(tide_batch_row_count(&batch), 0);
    assert_int_equal(tide_batch_bytes(&batch), 0);
    struct ArrowArray child;
    ArrowArrayMove(moved.array.children[TIDE_TEXT - 1], &child);
    tide_batch_clear(&moved);
    const int32_t *offsets = child.buffers[1];
    assert_int_equal(child.length, 100);
    assert_int_equal(offsets[0], 0);
    assert_true(offsets[100] > 0);
    child.release(&child);
    free(rows);
}

/* Any rows of several batches, into builders that hold rows already. */
static void test_gather_take_and_range(void **state)
{
    (void)state;
    static const int null_percents[] = {0, 30, 2};
    unsigned seed = SEED;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 60; round++) {
        random_row *rows[3];
        tide_batch batches[3];
        tide_column columns[3][RANDOM_TYPES];
        for (int b = 0; b < 3; b++) {
            rows[b] = random_rows(300, &seed, round % 4 == 0 ? 0 : null_percents[b]);
            random_batch(rows[b], 300, &schema, &batches[b]);
            tide_batch_columns(&batches[b], columns[b]);
        }
        const random_row *expected[2000];
        tide_row picked[400];
        uint32_t taken[400];
        size_t count = 0;
        tide_builder builder;
        tide_error err;
        assert_int_equal(tide_builder_init(&builder, &schema, &err), TIDE_OK);
        for (int part = 0; part < 4; part++) {
            size_t n = (size_t)rand_r(&seed) % 400;
            if (part % 2 == 0) {
                for (size_t i = 0; i < n; i++) {
                    size_t b = (size_t)rand_r(&seed) % 3;
                    picked[i] = (tide_row){columns[b], rand_r(&seed) % 300};
                    expected[count++] = &rows[b][picked[i].row];
                }
                assert_int_equal(tide_builder_gather(&builder, picked, n, &err), TIDE_OK);
            } else {
                size_t b = (size_t)rand_r(&seed) % 3;
                for (size_t i = 0; i < n; i++) {
                    taken[i] = (uint32_t)rand_r(&seed) % 300;
                    expected[count++] = &rows[b][taken[i]];
                }
                assert_int_equal(tide_builder_take(&builder, columns[b], taken, n, &err), TIDE_OK);
            }
        }
        int64_t begin = rand_r(&seed) % 300;
        int64_t end = begin + rand_r(&seed) % (301 - begin);
        for (size_t i = 0; i < RANDOM_TYPES; i++) {
            assert_int_equal(
                tide_column_append_range(&builder.columns[i], &columns[1][i], begin, end, &err),
                TIDE_OK);
        }
        tide_builder_end_rows(&builder);
        for (int64_t i = begin; i < end; i++) {
            expected[count++] = &rows[1][i];
        }
        tide_batch result;
        assert_int_equal(tide_builder_view(&builder, &result, &err), TIDE_OK);
        check_batch(&result, expected, count);
        tide_batch_clear(&result);
        tide_builder_clear(&builder);
        for (int b = 0; b < 3; b++) {
            tide_batch_clear(&batches[b]);
            free(rows[b]);
        }
    }
}

static void test_written_rows(void **state)
{
    (void)state;
    tide_column_builder column;
    tide_column view;
    tide_error err;
    const uint8_t validity[2] = {0xFD, 0x01};
    tide_column_builder_init(&column, (tide_type){TIDE_INT64, 0, 0});
    assert_int_equal(tide_append_int64(&column, 5, &err), TIDE_OK);
    for (int part = 0; part < 3; part++) {
        assert_int_equal(tide_column_reserve(&column, 9, &err), TIDE_OK);
        for (int64_t i = 0; i < 9; i++) {
            memcpy(column.data + 8 * (column.row_count + i), &i, sizeof i);
        }
        assert_int_equal(tide_column_rows_written(&column, 9, part == 1 ? validity : NULL, &err),
                         TIDE_OK);
    }
    tide_column_builder_view(&column, &view);
    assert_int_equal(view.row_count, 28);
    assert_int_equal(column.null_count, 1);
    for (int64_t row = 0; row < 28; row++) {
        assert_int_equal(tide_column_is_null(&view, row), row == 11);
        assert_int_equal(tide_column_int64(&view, row), row == 0 ? 5 : (row - 1) % 9);
    }
    tide_column_builder_reset(&column);
    tide_column_builder_view(&column, &view);
    assert_null(view.validity);
    assert_int_equal(view.row_count, 0);
    tide_column_builder_clear(&column);
}

static void test_too_many_bytes_are_over_budget(void **state)
{
    (void)state;
    tide_column_builder column;
    tide_error err;
    tide_column_builder_init(&column, (tide_type){TIDE_TEXT, 0, 0});
    assert_int_equal(tide_append_str(&column, TIDE_STR("abc"), &err), TIDE_OK);
    const char *volatile text = "abc"; /* so many bytes are not there, and never read */
    static const size_t sizes[] = {INT32_MAX - 2, SIZE_MAX - 1};
    for (size_t i = 0; i < 2; i++) {
        tide_str s = {text, sizes[i]};
        assert_int_equal(tide_append_str(&column, s, &err), TIDE_OVER_BUDGET);
    }
    assert_int_equal(tide_column_reserve(&column, SIZE_MAX / 2, &err), TIDE_OVER_BUDGET);
    assert_int_equal(column.row_count, 1);
    tide_column_builder_clear(&column);
}

/* Everything a builder does, with each allocation failing in turn. */
static tide_code build_all(const random_row *rows, size_t count, tide_error *err)
{
    tide_builder builder;
    tide_batch batch;
    tide_column columns[RANDOM_TYPES];
    tide_row picked[2] = {{columns, 0}, {columns, 1}};
    const uint32_t taken[2] = {1, 0};
    TIDE_TRY(tide_builder_init(&builder, &schema, err));
    tide_batch_init(&batch);
    tide_code code = TIDE_OK;
    for (size_t i = 0; i < count && code == TIDE_OK; i++) {
        code = random_append(&rows[i], &builder, err);
        tide_builder_end_row(&builder);
    }
    code = code != TIDE_OK ? code : tide_builder_finish(&builder, &batch, err);
    if (code == TIDE_OK) {
        tide_batch_columns(&batch, columns);
        code = tide_builder_gather(&builder, picked, 2, err);
    }
    code = code != TIDE_OK ? code : tide_builder_take(&builder, columns, taken, 2, err);
    tide_batch view;
    code = code != TIDE_OK ? code : tide_builder_view(&builder, &view, err);
    if (code == TIDE_OK) {
        assert_int_equal(tide_batch_row_count(&view), 4);
        tide_batch_clear(&view);
    }
    tide_batch_clear(&batch);
    tide_builder_clear(&builder);
    return code;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    unsigned seed = SEED;
    random_row *rows = random_rows(600, &seed, 5);
    size_t n = 0;
    for (tide_code code = TIDE_OUT_OF_MEMORY; code != TIDE_OK;) {
        tide_error err;
        n++;
        (void)tide_memory_fail_nth(n, n % 2 == 0);
        code = build_all(rows, 600, &err);
        (void)tide_memory_fail_nth(0, 0);
        assert_true(code == TIDE_OK || code == TIDE_OUT_OF_MEMORY);
    }
    assert_true(n > 50);
    free(rows);
}

static void test_finish_without_memory_keeps_the_rows(void **state)
{
    (void)state;
    unsigned seed = SEED;
    random_row *rows = random_rows(10, &seed, 20);
    tide_builder builder;
    tide_batch batch;
    tide_error err;
    assert_int_equal(tide_builder_init(&builder, &schema, &err), TIDE_OK);
    const random_row *expected[10];
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(random_append(&rows[i], &builder, &err), TIDE_OK);
        tide_builder_end_row(&builder);
        expected[i] = &rows[i];
    }
    for (size_t n = 1; n <= 4 + RANDOM_TYPES; n++) {
        (void)tide_memory_fail_nth(n, 0);
        assert_int_equal(tide_builder_finish(&builder, &batch, &err), TIDE_OUT_OF_MEMORY);
        assert_null(batch.array.release);
        assert_int_equal(builder.row_count, 10);
    }
    (void)tide_memory_fail_nth(0, 0);
    assert_int_equal(tide_builder_finish(&builder, &batch, &err), TIDE_OK);
    check_batch(&batch, expected, 10);
    tide_batch_clear(&batch);
    tide_builder_clear(&builder);
    free(rows);
}

static void test_bits_against_single_bits(void **state)
{
    (void)state;
    unsigned seed = SEED;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 20000; round++) {
        uint8_t from[32], to[32], set[32];
        for (size_t i = 0; i < sizeof from; i++) {
            from[i] = (uint8_t)rand_r(&seed);
            set[i] = to[i] = (uint8_t)rand_r(&seed);
        }
        int64_t count = rand_r(&seed) % 150;
        int64_t from_at = rand_r(&seed) % (256 - count);
        int64_t to_at = rand_r(&seed) % (256 - count);
        uint8_t before[32];
        memcpy(before, to, sizeof to);
        tide_bits_copy(to, to_at, from, from_at, count);
        tide_bits_set(set, to_at, count);
        int64_t zeros = 0;
        for (int64_t i = 0; i < count; i++) {
            assert_int_equal(tide_bit_read(to, to_at + i), tide_bit_read(from, from_at + i));
            assert_true(tide_bit_read(set, to_at + i));
            zeros += !tide_bit_read(from, from_at + i);
        }
        for (int64_t i = 0; i < to_at; i++) {
            assert_int_equal(tide_bit_read(to, i), tide_bit_read(before, i));
            assert_int_equal(tide_bit_read(set, i), tide_bit_read(before, i));
        }
        assert_int_equal(tide_bits_count_zero(from, from_at, count), zeros);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_with_cancels),
        cmocka_unit_test(test_memory_is_reused),
        cmocka_unit_test(test_children_may_outlive_a_finished_batch),
        cmocka_unit_test(test_gather_take_and_range),
        cmocka_unit_test(test_written_rows),
        cmocka_unit_test(test_too_many_bytes_are_over_budget),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_finish_without_memory_keeps_the_rows),
        cmocka_unit_test(test_bits_against_single_bits),
    };
    return cmocka_run_group_tests(tests, make_schema, drop_schema);
}

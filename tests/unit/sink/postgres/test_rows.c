/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a unit: what our side refuses, and the reduction to one row per key against a search
 * through all pairs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "sink/postgres/rows.h"

static uint64_t random_state;

static void seed_random(uint64_t seed)
{
    random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

/* xorshift: the same numbers everywhere. */
static int next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (int)(random_state >> 33);
}

typedef struct fixture {
    tide_schema schema;
    tide_unit unit;
    int64_t rows_before;
    bool with_position;
    tide_pg_layout layout;
    tide_order order;
    tide_error err;
} fixture;

static void add_chunk(fixture *f, int row_count)
{
    tide_builder builder;
    tide_batch batch;
    tide_segment segment = {.end = row_count, .first = true, .last = true};
    tide_batch_init(&batch);
    assert_int_equal(tide_builder_init(&builder, &f->schema, &f->err), TIDE_OK);
    for (int i = 0; i < row_count; i++) {
        char text[] = {(char)(next_random() % 9 == 0 ? '\0' : 'a' + next_random() % 3)};
        assert_int_equal(tide_append_int32(&builder.columns[0], next_random() % 5, &f->err),
                         TIDE_OK);
        assert_int_equal(tide_append_str(&builder.columns[1], (tide_str){text, 1}, &f->err),
                         TIDE_OK);
        assert_int_equal(next_random() % 4 == 0
                             ? tide_append_null(&builder.columns[2], &f->err)
                             : tide_append_int64(&builder.columns[2], next_random() % 3, &f->err),
                         TIDE_OK);
        tide_builder_end_row(&builder);
    }
    assert_int_equal(tide_builder_finish(&builder, &batch, &f->err), TIDE_OK);
    assert_int_equal(tide_unit_add_chunk(&f->unit, &batch, &segment, 1, &f->err), TIDE_OK);
    tide_builder_clear(&builder);
}

static int open_fixture(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    tide_schema_init(&f->schema);
    assert_int_equal(
        tide_schema_add(&f->schema, "k", (tide_type){.id = TIDE_INT32}, false, &f->err), TIDE_OK);
    assert_int_equal(tide_schema_add(&f->schema, "s", (tide_type){.id = TIDE_TEXT}, false, &f->err),
                     TIDE_OK);
    assert_int_equal(
        tide_schema_add(&f->schema, "v", (tide_type){.id = TIDE_INT64}, false, &f->err), TIDE_OK);
    tide_unit_init(&f->unit);
    f->unit.name = tide_copy_string("unit");
    assert_int_equal(tide_pg_layout_natural(&f->layout, &f->schema, true, &f->err), TIDE_OK);
    static const uint32_t columns[] = {0, 2, 1}; /* key, newest, the rest */
    assert_int_equal(tide_order_init(&f->order, &f->schema, columns, 3, &f->err), TIDE_OK);
    seed_random(3);
    for (int i = 0; i < 5; i++) {
        add_chunk(f, i * 17);
    }
    *state = f;
    return 0;
}

static int close_fixture(void **state)
{
    fixture *f = *state;
    tide_unit_clear(&f->unit);
    tide_order_clear(&f->order);
    tide_pg_layout_clear(&f->layout);
    tide_schema_clear(&f->schema);
    free(f);
    return 0;
}

static tide_code init_rows(tide_pg_rows *rows, fixture *f)
{
    tide_pg_rows_options options = {.unit = &f->unit,
                                    .schema = &f->schema,
                                    .layout = &f->layout,
                                    .rows_before = f->rows_before,
                                    .with_position = f->with_position};
    return tide_pg_rows_init(rows, &options, &f->err);
}

static void each_row_is_sent_or_refused(void **state)
{
    fixture *f = *state;
    tide_pg_rows rows;
    assert_int_equal(init_rows(&rows, f), TIDE_OK);
    assert_int_equal(rows.count + rows.refused.count, 17 * (1 + 2 + 3 + 4));
    assert_true(rows.refused.count > 0);
    for (size_t i = 0; i < rows.count; i++) {
        tide_str text = tide_column_str(&rows.rows[i].columns[1], rows.rows[i].row);
        assert_true(text.data[0] != '\0');
    }
    for (size_t i = 0; i < rows.refused.count; i++) {
        const tide_reject *reject = &rows.refused.items[i];
        assert_string_equal(reject->stage, "load");
        assert_string_equal(reject->column, "s");
        assert_null(reject->sqlstate);
        assert_non_null(strstr(reject->values, "\"k\""));
        assert_memory_equal(reject->position, "unit/", 5);
        assert_true(i == 0 || strcmp(reject->position, reject[-1].position) != 0);
    }
    tide_pg_rows_clear(&rows);
}

static void the_strongest_row_of_each_key_is_kept(void **state)
{
    fixture *f = *state;
    tide_pg_rows all;
    tide_pg_rows rows;
    assert_int_equal(init_rows(&all, f), TIDE_OK);
    assert_int_equal(init_rows(&rows, f), TIDE_OK);
    tide_pg_rows_reduce(&rows, &f->order, 1);
    assert_int_equal(rows.count + (size_t)rows.superseded, all.count);
    assert_int_equal(rows.count, 5);
    for (size_t i = 0; i < rows.count; i++) {
        int32_t key = tide_column_int32(&rows.rows[i].columns[0], rows.rows[i].row);
        assert_int_equal(key, (int32_t)i); /* in key order, each once */
        for (size_t j = 0; j < all.count; j++) {
            if (tide_column_int32(&all.rows[j].columns[0], all.rows[j].row) == key) {
                assert_true(tide_order_compare(&f->order, rows.rows[i], all.rows[j]) >= 0);
            }
        }
    }
    tide_pg_rows_clear(&all);
    tide_pg_rows_clear(&rows);
}

static void positions_go_with_the_rows_and_count_through_parts(void **state)
{
    fixture *f = *state;
    tide_pg_rows rows;
    f->with_position = true;
    f->rows_before = 1000;
    assert_int_equal(init_rows(&rows, f), TIDE_OK);
    for (size_t i = 0; i < rows.count; i++) {
        tide_row row = rows.rows[i];
        size_t chunk = (size_t)(row.columns - rows.columns) / 4;
        int64_t before = 17 * (int64_t)(chunk * (chunk - 1) / 2); /* chunks of 0, 17, 34 ... rows */
        char expected[32];
        snprintf(expected, sizeof expected, "unit/%lld", (long long)(1000 + before + row.row + 1));
        assert_true(tide_str_equal_c(tide_column_str(&row.columns[3], row.row), expected));
    }
    assert_memory_equal(rows.refused.items[0].position, "unit/10", 7);
    tide_pg_rows_clear(&rows);
}

static void every_failed_allocation_ends_clean(void **state)
{
    fixture *f = *state;
    f->with_position = true;
    for (size_t nth = 1; nth < 10000; nth++) {
        tide_pg_rows rows;
        (void)tide_memory_fail_nth(nth, 0);
        tide_code code = init_rows(&rows, f);
        bool failed = tide_memory_fail_nth(0, 0) >= nth;
        assert_int_equal(code, failed ? TIDE_OUT_OF_MEMORY : TIDE_OK);
        if (code == TIDE_OK) {
            tide_pg_rows_clear(&rows);
            assert_true(nth > 3);
            return;
        }
    }
    fail_msg("it never ended");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_row_is_sent_or_refused, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(the_strongest_row_of_each_key_is_kept, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(positions_go_with_the_rows_and_count_through_parts,
                                        open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(every_failed_allocation_ends_clean, open_fixture,
                                        close_fixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "fixture.h"
#include "process/reduce.h"

#define ROW_COUNT 400

/* Rows in the fixture's columns; the key is the series, newest is the time, then the rest. */
typedef struct reduction {
    tide_source_layout layout;
    test_row rows[ROW_COUNT];
    char ids[ROW_COUNT][24];
    size_t count;
    tide_counts counts;
    size_t units, rejects;
    tide_text winners; /* "REGION,PERSON ID" in the order of units */
} reduction;

static void make_rows(reduction *self, unsigned seed, size_t count)
{
    static const char *const regions[] = {"a", "b", "c", NULL};
    srand(seed);
    self->count = count;
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(self->ids[i], sizeof self->ids[i], "r%zu", i);
        self->rows[i] = (test_row){
            .region = regions[rand() % 10 == 0 ? 3 : rand() % 3],
            .person = rand() % 5,
            .time = rand() % 20,
            .id = self->ids[i],
        };
    }
}

static void print_winners(reduction *self, const tide_batch *batch)
{
    tide_column columns[DECLARED_COUNT + 2];
    tide_batch_columns(batch, columns);
    for (int64_t row = 0; row < tide_batch_row_count(batch); row++) {
        tide_column_print(&columns[REGION], row, &self->winners);
        tide_text_append_char(&self->winners, ',');
        tide_column_print(&columns[PERSON], row, &self->winners);
        tide_text_append_char(&self->winners, ' ');
        tide_column_print(&columns[ID], row, &self->winners);
        tide_text_append_char(&self->winners, '\n');
    }
}

static tide_code take_units(reduction *self, tide_reduce *reduce, tide_error *err)
{
    for (bool has_unit = true; has_unit;) {
        tide_unit unit;
        TIDE_TRY(tide_reduce_next(reduce, &unit, &has_unit, err));
        self->units += has_unit ? 1 : 0;
        self->rejects += unit.rejects.count;
        tide_counts_add(&self->counts, &unit.counts);
        for (size_t i = 0; i < unit.chunk_count; i++) {
            print_winners(self, &unit.chunks[i].batch);
        }
        tide_unit_clear(&unit);
    }
    return TIDE_OK;
}

static tide_code reduce_all(reduction *self, size_t batch_rows, int64_t unit_rows, tide_error *err)
{
    test_stream stream;
    tide_reduce *reduce = NULL;
    tide_process_bounds bounds = {.unit_rows = unit_rows};
    test_stream_init(&stream, &self->layout, self->rows, self->count, batch_rows);
    tide_reduce_inputs inputs = {.schema = &self->layout.schema,
                                 .key_columns = test_series_columns,
                                 .key_count = 2,
                                 .rows = &stream.base,
                                 .bounds = &bounds,
                                 .unit_prefix = "m"};
    tide_code code = tide_reduce_open(&inputs, &reduce, err);
    if (code == TIDE_OK) {
        code = take_units(self, reduce, err);
    }
    tide_reduce_close(reduce);
    test_stream_clear(&stream);
    return code;
}

static tide_code prepare(reduction *self, unsigned seed, size_t count, int hash_bits,
                         tide_error *err)
{
    *self = (reduction){.count = 0};
    tide_text_init(&self->winners);
    TIDE_TRY(test_layout_init(&self->layout, err));
    make_rows(self, seed, count);
    return test_rows_sort(&self->layout, self->rows, self->count, hash_bits, err);
}

static void clear(reduction *self)
{
    tide_text_clear(&self->winners);
    tide_schema_clear(&self->layout.schema);
}

/* The naive way: of each key the row that no other row of the key comes after. */
static void expect(const reduction *self, tide_text *winners, int64_t *superseded, int64_t *refused)
{
    for (size_t i = 0; i < self->count; i++) {
        const test_row *row = &self->rows[i];
        if (row->region == NULL) {
            (*refused)++;
            continue;
        }
        bool loses = false;
        for (size_t j = i + 1; j < self->count; j++) {
            loses = loses || (self->rows[j].region != NULL &&
                              strcmp(self->rows[j].region, row->region) == 0 &&
                              self->rows[j].person == row->person);
        }
        if (loses) {
            (*superseded)++;
        } else {
            tide_text_append_format(winners, "%s,%lld %s\n", row->region, (long long)row->person,
                                    row->id);
        }
    }
}

static void test_winners_are_the_newest(void **state)
{
    (void)state;
    static const size_t batches[] = {1, 2, 7, 1000};
    for (unsigned seed = 1; seed <= 40; seed++) {
        print_message("seed %u\n", seed);
        reduction self;
        tide_error err;
        tide_error_clear(&err);
        assert_int_equal(prepare(&self, seed, seed * 10, seed % 2 == 0 ? 2 : 64, &err), TIDE_OK);
        assert_int_equal(reduce_all(&self, batches[seed % 4], seed % 3 == 0 ? 1 : 100000, &err),
                         TIDE_OK);
        tide_text winners;
        int64_t superseded = 0, refused = 0;
        tide_text_init(&winners);
        expect(&self, &winners, &superseded, &refused);
        assert_string_equal(tide_text_c(&self.winners), tide_text_c(&winners));
        assert_int_equal(self.counts.superseded, superseded);
        assert_int_equal(self.counts.refused, refused);
        assert_int_equal(self.rejects, refused);
        tide_text_clear(&winners);
        clear(&self);
    }
}

static void test_no_rows(void **state)
{
    (void)state;
    reduction self;
    tide_error err;
    assert_int_equal(prepare(&self, 1, 0, 64, &err), TIDE_OK);
    assert_int_equal(reduce_all(&self, 10, 10, &err), TIDE_OK);
    assert_string_equal(tide_text_c(&self.winners), "");
    clear(&self);
}

static void test_failing_allocations(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        reduction self;
        tide_error err;
        tide_error_clear(&err);
        assert_int_equal(prepare(&self, 3, 30, 64, &err), TIDE_OK);
        (void)tide_memory_fail_nth(n, 0);
        tide_code code = reduce_all(&self, 4, 3, &err);
        (void)tide_memory_fail_nth(0, 0);
        clear(&self);
        if (code == TIDE_OK) {
            assert_true(n > 30);
            break;
        }
        assert_int_equal(code, TIDE_OUT_OF_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_winners_are_the_newest),
        cmocka_unit_test(test_no_rows),
        cmocka_unit_test(test_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

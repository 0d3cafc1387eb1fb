/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "process/steps/keep.h"

#define ROW_COUNT 300
#define NO_KEY (-1)

/* Rows of (key, label); key -1 is null. Row i has the label i. */
typedef struct keep_case {
    tide_schema schema;
    tide_step step;
    int64_t keys[ROW_COUNT];
    tide_segment segments[ROW_COUNT];
    size_t segment_count;
    size_t row_count;
} keep_case;

static tide_code define(keep_case *self, tide_keep_which which, tide_error *err)
{
    static const char *const by[] = {"key"};
    tide_step_options options = {.number = 2, .input = &self->schema};
    tide_keep_options keep = {.which = which, .by = by, .by_count = 1};
    size_t failed = 0;
    tide_schema_init(&self->schema);
    TIDE_TRY(tide_schema_add(&self->schema, "key", (tide_type){.id = TIDE_INT64}, false, err));
    TIDE_TRY(tide_schema_add(&self->schema, "label", (tide_type){.id = TIDE_INT64}, false, err));
    return tide_keep_define(&options, &keep, &failed, &self->step, err);
}

static void make_rows(keep_case *self, unsigned seed)
{
    srand(seed);
    int64_t at = 0;
    while (at < ROW_COUNT) {
        int64_t size = rand() % 40;
        size = at + size > ROW_COUNT ? ROW_COUNT - at : size;
        self->segments[self->segment_count++] =
            (tide_segment){.begin = at, .end = at + size, .first = true, .last = true};
        at += size;
        if (self->segment_count == ROW_COUNT) {
            break;
        }
    }
    self->row_count = (size_t)at;
    for (size_t i = 0; i < self->row_count; i++) {
        self->keys[i] = rand() % 12 - 1;
    }
}

static tide_code fill(const keep_case *self, tide_builder *builder, tide_error *err)
{
    for (size_t i = 0; i < self->row_count; i++) {
        TIDE_TRY(self->keys[i] == NO_KEY
                     ? tide_append_null(&builder->columns[0], err)
                     : tide_append_int64(&builder->columns[0], self->keys[i], err));
        TIDE_TRY(tide_append_int64(&builder->columns[1], (int64_t)i, err));
        tide_builder_end_row(builder);
    }
    return TIDE_OK;
}

static tide_code make_batch(const keep_case *self, tide_batch *batch, tide_error *err)
{
    tide_builder builder;
    tide_code code = tide_builder_init(&builder, &self->schema, err);
    if (code == TIDE_OK) {
        code = fill(self, &builder, err);
    }
    if (code == TIDE_OK) {
        code = tide_builder_finish(&builder, batch, err);
    }
    tide_builder_clear(&builder);
    return code;
}

/* Segments of `io` are those of self, as process leaves them. */
static tide_code run(keep_case *self, void *worker, tide_step_batch *io, tide_error *err)
{
    *io = (tide_step_batch){.segments = self->segments, .segment_count = self->segment_count};
    TIDE_TRY(make_batch(self, &io->batch, err));
    return self->step.vtable->process(worker, io, err);
}

static bool is_kept(const keep_case *self, const tide_segment *segment, int64_t row,
                    tide_keep_which which)
{
    int64_t begin = which == TIDE_KEEP_OLDEST ? segment->begin : row + 1;
    int64_t end = which == TIDE_KEEP_OLDEST ? row : segment->end;
    for (int64_t other = begin; other < end; other++) {
        if (self->keys[other] == self->keys[row]) {
            return false;
        }
    }
    return true;
}

static void check(const keep_case *self, const tide_segment *before, const tide_step_batch *io,
                  tide_keep_which which)
{
    tide_column columns[2];
    tide_batch_columns(&io->batch, columns);
    int64_t at = 0;
    for (size_t i = 0; i < self->segment_count; i++) {
        assert_int_equal(io->segments[i].begin, at);
        for (int64_t row = before[i].begin; row < before[i].end; row++) {
            if (is_kept(self, &before[i], row, which)) {
                assert_int_equal(tide_column_int64(&columns[1], at), row);
                at++;
            }
        }
        assert_int_equal(io->segments[i].end, at);
    }
    assert_int_equal(tide_batch_row_count(&io->batch), at);
    assert_int_equal(io->rows_deduplicated, (int64_t)self->row_count - at);
}

static void test_equals_naive(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 60; seed++) {
        print_message("seed %u\n", seed);
        tide_keep_which which = seed % 2 == 0 ? TIDE_KEEP_NEWEST : TIDE_KEEP_OLDEST;
        keep_case self = {.row_count = 0};
        tide_error err;
        void *worker = NULL;
        assert_int_equal(define(&self, which, &err), TIDE_OK);
        assert_int_equal(self.step.vtable->open(self.step.definition, &worker, &err), TIDE_OK);
        for (unsigned batch = 0; batch < 3; batch++) { /* one worker, many batches */
            tide_segment before[ROW_COUNT];
            tide_step_batch io;
            self.segment_count = 0;
            make_rows(&self, seed * 7 + batch);
            memcpy(before, self.segments, sizeof before);
            assert_int_equal(run(&self, worker, &io, &err), TIDE_OK);
            check(&self, before, &io, which);
            tide_batch_clear(&io.batch);
        }
        self.step.vtable->close(worker);
        tide_step_clear(&self.step);
        tide_schema_clear(&self.schema);
    }
}

static void test_unknown_column_is_refused(void **state)
{
    (void)state;
    static const char *const by[] = {"key", "keys"};
    keep_case self = {.row_count = 0};
    tide_error err;
    assert_int_equal(define(&self, TIDE_KEEP_NEWEST, &err), TIDE_OK);
    tide_step_options options = {.number = 1, .input = &self.schema};
    tide_keep_options keep = {.by = by, .by_count = 2};
    tide_step step;
    size_t failed = 0;
    assert_int_equal(tide_keep_define(&options, &keep, &failed, &step, &err), TIDE_BAD_CONFIG);
    assert_int_equal(failed, 1);
    assert_non_null(strstr(err.message, "`keys`"));
    assert_string_equal(self.step.label, "2 keep");
    assert_string_equal(tide_text_c(&self.step.fingerprint), "keep newest by \"key\"");
    assert_true(self.step.whole_days && self.step.needs_series && !self.step.emits);
    tide_step_clear(&self.step);
    tide_schema_clear(&self.schema);
}

static tide_code live(keep_case *self, tide_error *err)
{
    void *worker = NULL;
    tide_step_batch io = {.rows_filtered = 0};
    TIDE_TRY(define(self, TIDE_KEEP_NEWEST, err));
    TIDE_TRY(self->step.vtable->open(self->step.definition, &worker, err));
    tide_code code = run(self, worker, &io, err);
    tide_batch_clear(&io.batch);
    self->step.vtable->close(worker);
    return code;
}

static void test_failing_allocations(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        keep_case self = {.row_count = 0};
        tide_error err;
        make_rows(&self, 5);
        (void)tide_memory_fail_nth(n, 0);
        tide_code code = live(&self, &err);
        (void)tide_memory_fail_nth(0, 0);
        tide_step_clear(&self.step);
        tide_schema_clear(&self.schema);
        if (code == TIDE_OK) {
            assert_true(n > 10);
            break;
        }
        assert_int_equal(code, TIDE_OUT_OF_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_naive),
        cmocka_unit_test(test_unknown_column_is_refused),
        cmocka_unit_test(test_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "process/steps/where.h"
#include "rows.h"

#define ROW_COUNT 3000
#define SEGMENTS_MAX ROW_COUNT

typedef struct where_case {
    test_rows rows;
    tide_step step;
    void *worker;
    tide_segment segments[SEGMENTS_MAX];
    tide_segment before[SEGMENTS_MAX];
    size_t segment_count;
    tide_reject_list rejects;
    tide_step_batch io;
} where_case;

static void print_series(const void *context, uint32_t series, tide_text *out)
{
    (void)context;
    tide_text_append_format(out, "series %u", series);
}

/* Segments of random sizes, empty ones among them. */
static void cut(where_case *self, uint64_t seed, int64_t row_count)
{
    self->segment_count = 0;
    for (int64_t at = 0; at < row_count;) {
        int64_t size = (int64_t)test_random(&seed, 40);
        size = at + size > row_count ? row_count - at : size;
        self->segments[self->segment_count++] = (tide_segment){
            .series = (uint32_t)self->segment_count,
            .day = (int32_t)self->segment_count,
            .begin = at,
            .end = at + size,
            .first = true,
            .last = true,
            .rows_before = (int64_t)self->segment_count * 10,
        };
        at += size;
    }
    memcpy(self->before, self->segments, sizeof self->before);
}

static tide_code run(where_case *self, const char *text, int64_t row_count, tide_error *err)
{
    tide_reject_list_init(&self->rejects);
    tide_step_options options = {.number = 3, .input = &self->rows.schema};
    TIDE_TRY(test_rows_open(&self->rows, row_count, err));
    options.zone = self->rows.zone;
    TIDE_TRY(tide_where_define(&options, text, &self->step, err));
    TIDE_TRY(self->step.vtable->open(self->step.definition, &self->worker, err));
    cut(self, 11, row_count);
    self->io = (tide_step_batch){
        .segments = self->segments,
        .segment_count = self->segment_count,
        .print_series = print_series,
        .rejects = &self->rejects,
    };
    TIDE_TRY(test_rows_take(&self->rows, &self->io.batch, err));
    return self->step.vtable->process(self->worker, &self->io, err);
}

static void clear(where_case *self)
{
    tide_batch_clear(&self->io.batch);
    if (self->worker != NULL) {
        self->step.vtable->close(self->worker);
    }
    tide_step_clear(&self->step);
    tide_reject_list_clear(&self->rejects);
    test_rows_close(&self->rows);
    free(self);
}

static where_case *create(void)
{
    where_case *self = calloc(1, sizeof *self);
    assert_non_null(self);
    return self;
}

/* Which of the rows 0, 1, 2 that go round are kept. */
static void check_kept(const where_case *self, const bool *kept)
{
    int64_t at = 0;
    for (size_t i = 0; i < self->segment_count; i++) {
        assert_int_equal(self->segments[i].begin, at);
        for (int64_t row = self->before[i].begin; row < self->before[i].end; row++) {
            at += kept[row % 3] ? 1 : 0;
        }
        assert_int_equal(self->segments[i].end, at);
    }
    assert_int_equal(tide_batch_row_count(&self->io.batch), at);
    assert_ptr_equal(self->io.batch.schema->fields[0].name != NULL, true);
}

static void test_keeps_what_is_true(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool kept[3];
    } cases[] = {
        {"i = 7", {true, false, false}},       {"i = 0", {false, true, false}},
        {"i is null", {false, false, true}},   {"not (i = 7)", {false, true, false}},
        {"true", {true, true, true}},          {"false", {false, false, false}},
        {"null::bool", {false, false, false}}, {"i >= 0 or i is null", {true, true, true}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        where_case *self = create();
        tide_error err;
        assert_int_equal(run(self, cases[i].text, ROW_COUNT, &err), TIDE_OK);
        check_kept(self, cases[i].kept);
        int64_t left = tide_batch_row_count(&self->io.batch);
        assert_int_equal(self->io.rows_filtered, ROW_COUNT - left);
        assert_int_equal(self->io.rows_rejected, 0);
        tide_column columns[16];
        tide_batch_columns(&self->io.batch, columns);
        for (int64_t row = 0; row < left && cases[i].kept[0] && !cases[i].kept[1]; row++) {
            assert_int_equal(tide_column_int32(&columns[0], row), 7);
        }
        clear(self);
    }
}

static void test_errors_are_rejects(void **state)
{
    (void)state;
    static const bool kept[3] = {true, false, false};
    where_case *self = create();
    tide_error err;
    assert_int_equal(run(self, "100 / i > 2", 900, &err), TIDE_OK);
    check_kept(self, kept);
    assert_int_equal(self->io.rows_rejected, 300);
    assert_int_equal(self->io.rows_filtered, 300);
    assert_int_equal(self->rejects.count, 300);
    size_t found = 0;
    for (size_t i = 0; i < self->segment_count; i++) {
        const tide_segment *before = &self->before[i];
        for (int64_t row = before->begin; row < before->end; row++) {
            if (row % 3 != 1) {
                continue;
            }
            char expected[96];
            char day[32];
            tide_format_day(before->day, day);
            (void)snprintf(expected, sizeof expected, "series %u/%s/3.%lld", before->series, day,
                           (long long)(before->rows_before + row - before->begin + 1));
            const tide_reject *reject = &self->rejects.items[found++];
            assert_string_equal(reject->position, expected);
            assert_string_equal(reject->stage, "step");
            assert_string_equal(reject->step, "3 where");
            assert_null(reject->column);
            assert_non_null(strstr(reject->reason, "division by zero (character 5"));
            assert_non_null(strstr(reject->values, "\"u\": \"12\""));
        }
    }
    assert_int_equal(found, 300);
    clear(self);
}

static void test_definition(void **state)
{
    (void)state;
    where_case *self = create();
    tide_error err;
    assert_int_equal(run(self, "i > 1", 10, &err), TIDE_OK);
    assert_string_equal(self->step.label, "3 where");
    assert_string_equal(tide_text_c(&self->step.fingerprint), "where i > 1 | int32 \"i\"");
    assert_true(tide_schema_equal(&self->step.output_schema, &self->rows.schema));
    assert_true(self->step.vtable->replaces == NULL);
    assert_false(self->step.whole_days || self->step.emits || self->step.needs_series);
    clear(self);
}

static void test_what_is_no_condition_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *said;
    } cases[] = {
        {"i + 1", "where needs a condition, and this expression is int64"},
        {"amount > 1", "there is no column `amount`"},
        {"i >", "character 4"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        where_case *self = create();
        tide_error err;
        assert_int_equal(run(self, cases[i].text, 1, &err), TIDE_BAD_CONFIG);
        assert_non_null(strstr(err.message, cases[i].said));
        assert_null(self->step.definition);
        clear(self);
    }
}

static void test_failing_allocations(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        where_case *self = create();
        tide_error err;
        (void)tide_memory_fail_nth(n, 0);
        tide_code code = run(self, "100 / i > 2 and s <> ''", 30, &err);
        (void)tide_memory_fail_nth(0, 0);
        clear(self);
        if (code == TIDE_OK) {
            assert_true(n > 60);
            break;
        }
        assert_int_equal(code, TIDE_OUT_OF_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keeps_what_is_true),
        cmocka_unit_test(test_errors_are_rejects),
        cmocka_unit_test(test_definition),
        cmocka_unit_test(test_what_is_no_condition_is_refused),
        cmocka_unit_test(test_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "process/steps/derive.h"
#include "record/value.h"
#include "rows.h"

typedef struct derive_case {
    test_rows rows;
    tide_step step;
    void *worker;
    tide_segment segments[2];
    tide_reject_list rejects;
    tide_step_batch io;
    size_t failed;
} derive_case;

static void print_series(const void *context, uint32_t series, tide_text *out)
{
    (void)context;
    tide_text_append_format(out, "s%u", series);
}

static tide_code run(derive_case *self, const tide_derive_column *columns, size_t count,
                     int64_t row_count, tide_error *err)
{
    *self = (derive_case){.failed = 0};
    tide_reject_list_init(&self->rejects);
    TIDE_TRY(test_rows_open(&self->rows, row_count, err));
    tide_step_options options = {.number = 2, .input = &self->rows.schema, .zone = self->rows.zone};
    TIDE_TRY(tide_derive_define(&options, columns, count, &self->failed, &self->step, err));
    TIDE_TRY(self->step.vtable->open(self->step.definition, &self->worker, err));
    int64_t middle = row_count / 2;
    self->segments[0] = (tide_segment){.series = 0, .begin = 0, .end = middle, .first = true};
    self->segments[1] = (tide_segment){.series = 1, .begin = middle, .end = row_count};
    self->io = (tide_step_batch){
        .segments = self->segments,
        .segment_count = 2,
        .print_series = print_series,
        .rejects = &self->rejects,
    };
    TIDE_TRY(test_rows_take(&self->rows, &self->io.batch, err));
    return self->step.vtable->process(self->worker, &self->io, err);
}

static void clear(derive_case *self)
{
    tide_batch_clear(&self->io.batch);
    if (self->worker != NULL) {
        self->step.vtable->close(self->worker);
    }
    tide_step_clear(&self->step);
    tide_reject_list_clear(&self->rejects);
    test_rows_close(&self->rows);
}

static void check_cell(const derive_case *self, const char *column, int64_t row,
                       const char *expected)
{
    tide_column columns[20];
    tide_text out;
    size_t at = tide_schema_find(self->io.batch.schema, column);
    assert_true(at != TIDE_NO_FIELD);
    tide_text_init(&out);
    tide_batch_columns(&self->io.batch, columns);
    tide_column_print(&columns[at], row, &out);
    assert_string_equal(tide_text_c(&out), expected);
    tide_text_clear(&out);
}

static const tide_type decimal_5_1 = {TIDE_DECIMAL, 5, 1};

static void test_adds_and_replaces(void **state)
{
    (void)state;
    const tide_derive_column columns[] = {
        {.name = "twice", .expression = "i * 2"},
        {.name = "i", .expression = "s || '!'"},
        {.name = "rate", .expression = "n * 2", .has_type = true, .type = decimal_5_1},
        {.name = "old", .expression = "i + 1"}, /* the rows as they came in */
        {.name = "s", .expression = "u"},
        {.name = "yes", .expression = "f is true"},
    };
    derive_case self;
    tide_error err;
    assert_int_equal(run(&self, columns, 6, 30, &err), TIDE_OK);
    const tide_schema *schema = self.io.batch.schema;
    assert_true(tide_schema_equal(schema, &self.step.output_schema));
    assert_int_equal(tide_schema_find(schema, "i"), 0);
    assert_int_equal(tide_schema_find(schema, "s"), 5);
    assert_int_equal(tide_schema_find(schema, "twice"), 13);
    assert_int_equal(tide_schema_find(schema, "yes"), 16);
    assert_int_equal(schema->field_count, 17);
    check_cell(&self, "twice", 0, "14");
    check_cell(&self, "twice", 2, "null");
    check_cell(&self, "i", 0, "App zażółć!");
    check_cell(&self, "old", 0, "8");
    check_cell(&self, "s", 0, "a,b,,c");
    check_cell(&self, "u", 0, "a,b,,c");
    check_cell(&self, "rate", 0, "25.0");
    check_cell(&self, "yes", 2, "false");
    check_cell(&self, "n", 0, "12.50");
    assert_true(self.step.vtable->replaces(self.step.definition, "i"));
    assert_true(self.step.vtable->replaces(self.step.definition, "s"));
    assert_false(self.step.vtable->replaces(self.step.definition, "twice"));
    assert_false(self.step.vtable->replaces(self.step.definition, "n"));
    clear(&self);
}

/* Row 1 of three fails: n is -0.05, which has no place in decimal(5,1); in row 0 j overflows. */
static void test_errors_are_rejects(void **state)
{
    (void)state;
    const tide_derive_column columns[] = {
        {.name = "rate", .expression = "n", .has_type = true, .type = decimal_5_1},
        {.name = "more", .expression = "case when i > 0 then j + 1 else 1 / i end"},
    };
    derive_case self;
    tide_error err;
    assert_int_equal(run(&self, columns, 2, 30, &err), TIDE_OK);
    assert_int_equal(tide_batch_row_count(&self.io.batch), 10);
    assert_int_equal(self.io.rows_rejected, 20);
    assert_int_equal(self.io.rows_filtered, 0);
    assert_int_equal(self.rejects.count, 20);
    assert_int_equal(self.segments[0].end, 5);
    assert_int_equal(self.segments[1].begin, 5);
    assert_int_equal(self.segments[1].end, 10);
    const tide_reject *first = &self.rejects.items[0];
    assert_string_equal(first->position, "s0/1970-01-01/2.2");
    assert_string_equal(first->column, "rate");
    assert_string_equal(first->step, "2 derive");
    assert_non_null(strstr(first->reason, "-0.05 has more digits after the point"));
    const tide_reject *second = &self.rejects.items[10];
    assert_string_equal(second->position, "s0/1970-01-01/2.1");
    assert_string_equal(second->column, "more");
    assert_non_null(strstr(second->reason, "does not fit int64 (character 24"));
    for (int64_t row = 0; row < 10; row++) {
        check_cell(&self, "more", row, "null");
        check_cell(&self, "s", row, "null");
    }
    clear(&self);
}

static void test_all_rows_may_fail(void **state)
{
    (void)state;
    const tide_derive_column columns[] = {{.name = "bad", .expression = "1 / 0"}};
    derive_case self;
    tide_error err;
    assert_int_equal(run(&self, columns, 1, 30, &err), TIDE_OK);
    assert_int_equal(tide_batch_row_count(&self.io.batch), 0);
    assert_int_equal(self.io.rows_rejected, 30);
    assert_int_equal(self.io.batch.schema->field_count, 14);
    clear(&self);
}

static void test_errors_name_the_column(void **state)
{
    (void)state;
    static const struct {
        tide_derive_column second;
        const char *said;
    } cases[] = {
        {{.name = "b", .expression = "amout"}, "there is no column `amout`"},
        {{.name = "b", .expression = "s", .has_type = true, .type = {TIDE_BYTES, 0, 0}}, ""},
        {{.name = "b", .expression = "i", .has_type = true, .type = {TIDE_DATE, 0, 0}},
         "int32 can't be cast to date"},
        {{.name = "a", .expression = "1"}, "`a` is there twice"},
        {{.name = "", .expression = "1"}, "needs a name"},
        {{.name = "b", .expression = "null"}, "has no type"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tide_derive_column columns[] = {{.name = "a", .expression = "i"}, cases[i].second};
        derive_case self;
        tide_error err;
        tide_code code = run(&self, columns, 2, 3, &err);
        if (cases[i].said[0] == '\0') {
            assert_int_equal(code, TIDE_OK);
        } else {
            assert_int_equal(code, TIDE_BAD_CONFIG);
            assert_int_equal(self.failed, 1);
            assert_non_null(strstr(err.message, cases[i].said));
        }
        clear(&self);
    }
}

static void test_fingerprint(void **state)
{
    (void)state;
    const tide_derive_column columns[] = {
        {.name = "a", .expression = "i+1"},
        {.name = "b", .expression = "n", .has_type = true, .type = decimal_5_1},
    };
    derive_case self;
    tide_error err;
    assert_int_equal(run(&self, columns, 2, 1, &err), TIDE_OK);
    assert_string_equal(tide_text_c(&self.step.fingerprint),
                        "derive \"a\" int64: i + 1 | int32 \"i\", "
                        "\"b\" decimal(5,1): n | decimal(12,2) \"n\"");
    clear(&self);
}

static void test_failing_allocations(void **state)
{
    (void)state;
    const tide_derive_column columns[] = {
        {.name = "a", .expression = "s || u"},
        {.name = "n", .expression = "n / i"},
    };
    for (size_t n = 1;; n++) {
        derive_case self;
        tide_error err;
        (void)tide_memory_fail_nth(n, 0);
        tide_code code = run(&self, columns, 2, 30, &err);
        (void)tide_memory_fail_nth(0, 0);
        clear(&self);
        if (code == TIDE_OK) {
            assert_true(n > 100);
            break;
        }
        assert_int_equal(code, TIDE_OUT_OF_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adds_and_replaces), cmocka_unit_test(test_errors_are_rejects),
        cmocka_unit_test(test_all_rows_may_fail), cmocka_unit_test(test_errors_name_the_column),
        cmocka_unit_test(test_fingerprint),       cmocka_unit_test(test_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

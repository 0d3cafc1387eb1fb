/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/memory.h"
#include "pipeline.h"
#include "process/streaming.h"

#define ROW(region_, id_, amount_) \
    {.region = (region_), .person = 1, .id = (id_), .amount = (amount_)}

static const test_row source[] = {
    ROW("a", "r1", 1), ROW("b", "r2", 3), ROW(NULL, "r3", 4), ROW("c", "r4", 6), ROW("d", "r5", 7),
};
#define SOURCE_COUNT (sizeof source / sizeof source[0])

static tide_code open_pipeline(test_pipeline *pipeline, const char *const *steps,
                               const char *const *key, tide_error *err)
{
    static const tide_member member = {.name = "in/a.ndjson"};
    TIDE_TRY(test_pipeline_init(pipeline, steps, err));
    pipeline->options.series_count = 0;
    pipeline->options.add_series_and_day = false;
    pipeline->options.members = &member;
    pipeline->options.member_count = 1;
    pipeline->options.key = key;
    pipeline->options.key_count = key == NULL ? 0 : 1;
    return test_pipeline_start(pipeline, err);
}

static tide_code push(test_pipeline *pipeline, tide_streaming *streaming, tide_error *err)
{
    tide_builder builder;
    tide_batch view;
    tide_batch_init(&view);
    tide_code code = tide_builder_init(&builder, &pipeline->layout.schema, err);
    if (code == TIDE_OK) {
        code = test_rows_append(&builder, source, SOURCE_COUNT, err);
    }
    if (code == TIDE_OK) {
        code = tide_builder_view(&builder, &view, err);
    }
    if (code == TIDE_OK) {
        code = tide_streaming_push(streaming, &view, err);
    }
    tide_batch_clear(&view);
    tide_builder_clear(&builder);
    return code;
}

/* Two batches, the first of which is thrown away, then two in one unit. */
static tide_code stream(test_pipeline *pipeline, tide_unit *unit, tide_error *err)
{
    tide_streaming *streaming = NULL;
    tide_unit_init(unit);
    tide_code code = tide_streaming_open(&pipeline->plan, &streaming, err);
    if (code == TIDE_OK) {
        code = push(pipeline, streaming, err);
    }
    if (code == TIDE_OK) {
        code = tide_streaming_restart(streaming, err);
    }
    for (int i = 0; i < 2 && code == TIDE_OK; i++) {
        code = push(pipeline, streaming, err);
    }
    if (code == TIDE_OK) {
        code = tide_streaming_take(streaming, "split 1", unit, err);
    }
    tide_streaming_close(streaming);
    return code;
}

static void run(test_pipeline *pipeline, const char *const *steps, const char *const *key,
                tide_unit *unit)
{
    tide_error err;
    tide_error_clear(&err);
    assert_int_equal(open_pipeline(pipeline, steps, key, &err), TIDE_OK);
    if (stream(pipeline, unit, &err) != TIDE_OK) {
        fail_msg("%s", err.message);
    }
}

static void assert_ids(const tide_unit *unit, const char *expected)
{
    tide_text ids;
    tide_text_init(&ids);
    for (size_t i = 0; i < unit->chunk_count; i++) {
        tide_column columns[DECLARED_COUNT];
        assert_int_equal(unit->chunks[i].batch.array.n_children, DECLARED_COUNT);
        tide_batch_columns(&unit->chunks[i].batch, columns);
        for (int64_t row = 0; row < columns[ID].row_count; row++) {
            tide_column_print(&columns[ID], row, &ids);
            tide_text_append_char(&ids, ' ');
        }
    }
    assert_string_equal(tide_text_c(&ids), expected);
    tide_text_clear(&ids);
}

static void test_rows_go_through_steps(void **state)
{
    (void)state;
    static const char *const steps[] = {"filter", NULL};
    test_pipeline pipeline;
    tide_unit unit;
    run(&pipeline, steps, NULL, &unit);
    assert_ids(&unit, "r1 r3 r5 r1 r3 r5 ");
    assert_string_equal(unit.name, "split 1");
    assert_int_equal(unit.counts.consumed, 10);
    assert_int_equal(unit.counts.emitted, 6);
    assert_int_equal(unit.steps[0].rows_in, 10);
    assert_int_equal(unit.steps[0].filtered, 4);
    tide_unit_clear(&unit);
    test_pipeline_clear(&pipeline);
}

static void test_rejects_name_the_row_of_the_source(void **state)
{
    (void)state;
    static const char *const steps[] = {"rejecting", NULL};
    test_pipeline pipeline;
    tide_unit unit;
    run(&pipeline, steps, NULL, &unit);
    assert_ids(&unit, "r1 r3 r5 r1 r3 r5 ");
    assert_int_equal(unit.rejects.count, 4);
    assert_string_equal(unit.rejects.items[0].position, "in/a.ndjson/r2");
    assert_string_equal(unit.rejects.items[1].position, "in/a.ndjson/r4");
    assert_int_equal(unit.steps[0].rows_in, 10);
    assert_int_equal(unit.steps[0].rejected, 4);
    tide_unit_clear(&unit);
    test_pipeline_clear(&pipeline);
}

static void test_null_keys_are_rejects(void **state)
{
    (void)state;
    static const char *const steps[] = {"filter", NULL};
    static const char *const key[] = {"region"};
    test_pipeline pipeline;
    tide_unit unit;
    run(&pipeline, steps, key, &unit);
    assert_ids(&unit, "r1 r5 r1 r5 ");
    assert_int_equal(unit.rejects.count, 2);
    assert_string_equal(unit.rejects.items[0].position, "in/a.ndjson/r3");
    assert_string_equal(unit.rejects.items[0].stage, "load");
    assert_string_equal(unit.rejects.items[0].column, "region");
    assert_int_equal(unit.counts.emitted, 6);
    assert_int_equal(unit.counts.refused, 2);
    assert_int_equal(unit.steps[0].rows_out, 6);
    tide_unit_clear(&unit);
    test_pipeline_clear(&pipeline);
}

static void test_stateful_steps_are_refused(void **state)
{
    (void)state;
    static const char *const steps[] = {"running", NULL};
    test_pipeline pipeline;
    tide_error err;
    assert_int_equal(open_pipeline(&pipeline, steps, NULL, &err), TIDE_BAD_CONFIG);
    assert_non_null(strstr(err.message, "step 1 running needs a series"));
    test_pipeline_clear(&pipeline);
}

static void test_failing_allocations(void **state)
{
    (void)state;
    static const char *const steps[] = {"rejecting", NULL};
    static const char *const key[] = {"region"};
    for (size_t n = 1;; n++) {
        test_pipeline pipeline;
        tide_unit unit;
        tide_error err;
        tide_error_clear(&err);
        tide_unit_init(&unit);
        (void)tide_memory_fail_nth(n, 0);
        tide_code code = open_pipeline(&pipeline, steps, key, &err);
        if (code == TIDE_OK) {
            code = stream(&pipeline, &unit, &err);
        }
        (void)tide_memory_fail_nth(0, 0);
        tide_unit_clear(&unit);
        test_pipeline_clear(&pipeline);
        if (code == TIDE_OK) {
            assert_true(n > 50);
            break;
        }
        assert_int_equal(code, TIDE_OUT_OF_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_go_through_steps),
        cmocka_unit_test(test_rejects_name_the_row_of_the_source),
        cmocka_unit_test(test_null_keys_are_rejects),
        cmocka_unit_test(test_stateful_steps_are_refused),
        cmocka_unit_test(test_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

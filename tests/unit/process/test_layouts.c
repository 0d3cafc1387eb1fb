/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/memory.h"
#include "pipeline.h"

static void assert_names(const tide_schema *schema, const char *expected)
{
    tide_text names;
    tide_text_init(&names);
    for (size_t i = 0; i < schema->field_count; i++) {
        char type[24];
        tide_text_append_format(&names, "%s:%s ", schema->fields[i].name,
                                tide_type_format(schema->fields[i].type, type));
    }
    assert_string_equal(tide_text_c(&names), expected);
    tide_text_clear(&names);
}

static void open_with(test_pipeline *pipeline, const char *const *steps)
{
    tide_error err;
    assert_int_equal(test_pipeline_init(pipeline, steps, &err), TIDE_OK);
}

static void start(test_pipeline *pipeline)
{
    tide_error err;
    tide_error_clear(&err);
    if (test_pipeline_start(pipeline, &err) != TIDE_OK) {
        fail_msg("%s", err.message);
    }
}

static void assert_refused(test_pipeline *pipeline, const char *sentence)
{
    tide_error err;
    tide_error_clear(&err);
    assert_int_equal(test_pipeline_start(pipeline, &err), TIDE_BAD_CONFIG);
    if (strstr(err.message, sentence) == NULL) {
        fail_msg("%s", err.message);
    }
    test_pipeline_clear(pipeline);
}

static void test_state_has_the_columns_of_all_steps(void **state)
{
    (void)state;
    static const char *const steps[] = {"running", "filter", "sum", NULL};
    test_pipeline pipeline;
    open_with(&pipeline, steps);
    start(&pipeline);
    assert_names(&pipeline.plan.state.schema,
                 "_hash:int64 region:text person:int64 _last_day:date _previous_day:date "
                 "_run:int64 _rows:int64 _digest:uuid s1_total:int64 s1_seen:int64 "
                 "s1_last_id:text s3_days:int64 s3_grand:int64 ");
    test_pipeline_clear(&pipeline);
}

static void test_output_adds_what_is_missing(void **state)
{
    (void)state;
    static const char *const passing[] = {"filter", "newest", NULL};
    static const char *const emitting[] = {"sum", NULL};
    test_pipeline pipeline;
    open_with(&pipeline, passing);
    start(&pipeline);
    assert_names(&pipeline.plan.output.schema,
                 "region:text person:int64 used_at:timestamp "
                 "tie:int64 id:text amount:int64 _day:date ");
    test_pipeline_clear(&pipeline);
    open_with(&pipeline, emitting);
    start(&pipeline);
    assert_names(&pipeline.plan.output.schema,
                 "n:int64 total:int64 days:int64 grand:int64 _series_region:text "
                 "_series_person:int64 _day:date ");
    test_pipeline_clear(&pipeline);
    open_with(&pipeline, emitting);
    pipeline.options.add_series_and_day = false; /* merge */
    start(&pipeline);
    assert_names(&pipeline.plan.output.schema, "n:int64 total:int64 days:int64 grand:int64 ");
    assert_true(pipeline.plan.output.day_column == TIDE_NO_FIELD);
    test_pipeline_clear(&pipeline);
}

static void test_declared_output_keeps_its_order(void **state)
{
    (void)state;
    static const char *const steps[] = {"sum", NULL};
    static const tide_output_item items[] = {{"person", TIDE_OUTPUT_OF_SERIES},
                                             {"total", TIDE_OUTPUT_OF_STEP},
                                             {"on", TIDE_OUTPUT_OF_DAY},
                                             {"n", TIDE_OUTPUT_OF_STEP}};
    test_pipeline pipeline;
    open_with(&pipeline, steps);
    pipeline.options.output = items;
    pipeline.options.output_count = 4;
    start(&pipeline);
    assert_names(&pipeline.plan.output.schema,
                 "person:int64 total:int64 on:date n:int64 _series_region:text ");
    assert_int_equal(pipeline.plan.output.day_column, 2);
    test_row rows[] = {{.region = "x", .person = 7, .time = DAY, .id = "r", .amount = 5}};
    tide_error err;
    assert_int_equal(test_pipeline_run(&pipeline, rows, 1, &err), TIDE_OK);
    assert_string_equal(tide_text_c(&pipeline.output),
                        "{\"person\": 7, \"total\": 5, \"on\": \"1970-01-02\", \"n\": 1, "
                        "\"_series_region\": \"x\"}\n");
    test_pipeline_clear(&pipeline);
}

static bool replaces_region(const void *definition, const char *column)
{
    (void)definition;
    return strcmp(column, "region") == 0;
}

/* A step that gives the series column other values under its name does not hand it on. */
static void test_replaced_series_column_is_added(void **state)
{
    (void)state;
    static const char *const steps[] = {"filter", NULL};
    test_pipeline pipeline;
    open_with(&pipeline, steps);
    tide_step_vtable vtable = *pipeline.steps[0].vtable;
    vtable.replaces = replaces_region;
    pipeline.steps[0].vtable = &vtable;
    start(&pipeline);
    assert_true(tide_schema_find(&pipeline.plan.output.schema, "_series_region") != TIDE_NO_FIELD);
    assert_true(tide_schema_find(&pipeline.plan.output.schema, "_series_person") == TIDE_NO_FIELD);
    test_pipeline_clear(&pipeline);
}

static void test_bad_names_are_refused(void **state)
{
    (void)state;
    static const char *const steps[] = {"sum", NULL};
    static const char *const key[] = {"amounts"};
    static const tide_output_item unknown[] = {{"totals", TIDE_OUTPUT_OF_STEP}};
    static const tide_output_item no_series[] = {{"who", TIDE_OUTPUT_OF_SERIES}};
    static const tide_output_item twice[] = {{"n", TIDE_OUTPUT_OF_STEP}, {"n", TIDE_OUTPUT_OF_DAY}};
    test_pipeline pipeline;
    open_with(&pipeline, steps);
    pipeline.options.output = unknown;
    pipeline.options.output_count = 1;
    assert_refused(&pipeline, "no output column `totals`");
    open_with(&pipeline, steps);
    pipeline.options.output = no_series;
    pipeline.options.output_count = 1;
    assert_refused(&pipeline, "`who` is `from: series`");
    open_with(&pipeline, steps);
    pipeline.options.output = twice;
    pipeline.options.output_count = 2;
    assert_refused(&pipeline, "two columns `n`");
    open_with(&pipeline, steps);
    pipeline.options.key = key;
    pipeline.options.key_count = 1;
    assert_refused(&pipeline, "key column `amounts`");
}

static void test_long_names_are_refused(void **state)
{
    (void)state;
    static const char *const steps[] = {"sum", NULL};
    static const char name[] = "a_name_of_sixty_one_bytes_which_is_fine_until_s1_comes_before";
    test_pipeline pipeline;
    tide_error err;
    open_with(&pipeline, steps);
    assert_int_equal(tide_schema_add(&pipeline.steps[0].state_schema, name,
                                     (tide_type){.id = TIDE_INT64}, false, &err),
                     TIDE_OK);
    assert_refused(&pipeline, "has 64 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state_has_the_columns_of_all_steps),
        cmocka_unit_test(test_output_adds_what_is_missing),
        cmocka_unit_test(test_declared_output_keeps_its_order),
        cmocka_unit_test(test_replaced_series_column_is_added),
        cmocka_unit_test(test_bad_names_are_refused),
        cmocka_unit_test(test_long_names_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "pipeline.h"

#define ROW(region_, person_, time_, tie_, id_, amount_) \
    {.region = (region_),                                \
     .person = (person_),                                \
     .time = (time_),                                    \
     .tie = (tie_),                                      \
     .id = (id_),                                        \
     .amount = (amount_)}

static const char *const running[] = {"running", NULL};
static const char *const summing[] = {"sum", NULL};

static void start(test_pipeline *pipeline, const char *const *steps)
{
    tide_error err;
    tide_error_clear(&err);
    assert_int_equal(test_pipeline_init(pipeline, steps, &err), TIDE_OK);
    assert_int_equal(test_pipeline_start(pipeline, &err), TIDE_OK);
}

static void run(test_pipeline *pipeline, test_row *rows, size_t count)
{
    tide_error err;
    tide_error_clear(&err);
    if (test_pipeline_run(pipeline, rows, count, &err) != TIDE_OK) {
        fail_msg("%s", err.message);
    }
}

static void next_run(test_pipeline *pipeline, int64_t number, int64_t horizon)
{
    tide_error err;
    assert_int_equal(test_pipeline_next_run(pipeline, number, horizon, &err), TIDE_OK);
}

static int64_t state_number(const test_pipeline *pipeline, const char *region, int64_t person,
                            const char *column)
{
    const tide_value *value = test_pipeline_state(pipeline, region, person, column);
    assert_non_null(value);
    assert_false(value->is_null);
    return value->as.integer;
}

/* Three days of one series, one of another. */
static size_t fill_rows(test_row *rows)
{
    const test_row all[] = {
        ROW("a", 1, 1 * DAY + 5, 0, "r1", 10), ROW("a", 1, 1 * DAY + 5, 1, "r2", 20),
        ROW("a", 1, 2 * DAY, 0, "r3", 30),     ROW("a", 1, 3 * DAY + 7, 0, "r4", 40),
        ROW("b", 2, 2 * DAY + 1, 0, "r5", 7),
    };
    memcpy(rows, all, sizeof all);
    return sizeof all / sizeof all[0];
}

static void test_days_in_order_with_state(void **state)
{
    (void)state;
    test_pipeline pipeline;
    test_row rows[5];
    size_t count = fill_rows(rows);
    start(&pipeline, running);
    run(&pipeline, rows, count);
    assert_int_equal(pipeline.counts.consumed, 5);
    assert_int_equal(pipeline.counts.emitted, 5);
    assert_int_equal(pipeline.counts.series, 2);
    assert_int_equal(pipeline.counts.days, 4);
    assert_int_equal(state_number(&pipeline, "a", 1, "_last_day"), 3);
    assert_int_equal(state_number(&pipeline, "a", 1, "_rows"), 4);
    assert_int_equal(state_number(&pipeline, "a", 1, "_run"), 1);
    assert_int_equal(state_number(&pipeline, "a", 1, "s1_total"), 100);
    assert_true(test_pipeline_state(&pipeline, "a", 1, "_previous_day")->is_null);
    assert_non_null(strstr(tide_text_c(&pipeline.output),
                           "\"id\": \"r3\", \"amount\": 60, "
                           "\"_day\": \"1970-01-03\""));
    test_pipeline_clear(&pipeline);
}

static void test_second_run_changes_nothing(void **state)
{
    (void)state;
    test_pipeline pipeline;
    test_row rows[5];
    size_t count = fill_rows(rows);
    start(&pipeline, running);
    run(&pipeline, rows, count);
    next_run(&pipeline, 2, 100 * DAY);
    run(&pipeline, rows, count);
    assert_int_equal(pipeline.counts.seen, 5);
    assert_int_equal(pipeline.counts.consumed, 0);
    assert_int_equal(pipeline.states_written, 0);
    assert_int_equal(state_number(&pipeline, "a", 1, "_run"), 1);
    test_pipeline_clear(&pipeline);
}

static void test_day_that_has_not_ended_is_left(void **state)
{
    (void)state;
    test_pipeline pipeline;
    test_row rows[5];
    size_t count = fill_rows(rows);
    start(&pipeline, running);
    next_run(&pipeline, 1, 3 * DAY); /* day 2 ends at 3 * DAY exactly */
    run(&pipeline, rows, count);
    assert_int_equal(pipeline.counts.consumed, 4);
    assert_int_equal(pipeline.counts.left, 1);
    next_run(&pipeline, 2, 4 * DAY);
    run(&pipeline, rows, count);
    assert_int_equal(pipeline.counts.seen, 4);
    assert_int_equal(pipeline.counts.consumed, 1);
    assert_int_equal(state_number(&pipeline, "a", 1, "_previous_day"), 2);
    assert_int_equal(state_number(&pipeline, "a", 1, "s1_total"), 100);
    test_pipeline_clear(&pipeline);
}

static void run_with_late_row(test_pipeline *pipeline, tide_process_late late)
{
    test_row rows[6];
    size_t count = fill_rows(rows);
    start(pipeline, running);
    next_run(pipeline, 1, 3 * DAY);
    run(pipeline, rows, count);
    rows[count++] = (test_row)ROW("a", 1, 1 * DAY + 1, 0, "late", 1);
    pipeline->options.late = late;
    next_run(pipeline, 2, 100 * DAY);
    run(pipeline, rows, count);
}

static void test_late_row_is_reported(void **state)
{
    (void)state;
    test_pipeline pipeline;
    run_with_late_row(&pipeline, TIDE_PROCESS_LATE_REPORT);
    assert_int_equal(pipeline.counts.late_or_changed_series, 1);
    assert_int_equal(pipeline.counts.unmatched, 4);
    assert_int_equal(pipeline.counts.seen, 1);
    assert_int_equal(pipeline.counts.consumed, 1);
    assert_int_equal(state_number(&pipeline, "a", 1, "_rows"), 5);
    assert_int_equal(state_number(&pipeline, "a", 1, "s1_total"), 100);
    test_pipeline_clear(&pipeline);
}

static void test_late_fail_leaves_the_series_alone(void **state)
{
    (void)state;
    test_pipeline pipeline;
    run_with_late_row(&pipeline, TIDE_PROCESS_LATE_FAIL);
    assert_int_equal(pipeline.counts.failed_series, 1);
    assert_int_equal(pipeline.counts.unmatched, 5); /* its new day, too */
    assert_int_equal(pipeline.counts.seen, 1);
    assert_int_equal(pipeline.counts.consumed, 0);
    assert_int_equal(pipeline.states_written, 0);
    assert_int_equal(state_number(&pipeline, "a", 1, "_last_day"), 2);
    test_pipeline_clear(&pipeline);
}

static void test_gone_rows_never_fail(void **state)
{
    (void)state;
    test_pipeline pipeline;
    test_row rows[5];
    size_t count = fill_rows(rows);
    start(&pipeline, running);
    pipeline.options.late = TIDE_PROCESS_LATE_FAIL;
    run(&pipeline, rows, count);
    test_row kept[] = {ROW("a", 1, 2 * DAY, 0, "r3", 30)}; /* of 4; series b is gone */
    next_run(&pipeline, 2, 100 * DAY);
    run(&pipeline, kept, 1);
    assert_int_equal(pipeline.counts.gone_or_changed_series, 2);
    assert_int_equal(pipeline.counts.failed_series, 0);
    assert_int_equal(state_number(&pipeline, "a", 1, "_rows"), 1);
    assert_int_equal(state_number(&pipeline, "b", 2, "_rows"), 0);
    assert_int_equal(state_number(&pipeline, "b", 2, "_last_day"), 2);
    assert_int_equal(state_number(&pipeline, "b", 2, "_previous_day"), 2);
    assert_int_equal(state_number(&pipeline, "b", 2, "s1_total"), 7);
    next_run(&pipeline, 3, 100 * DAY);
    run(&pipeline, kept, 1);
    assert_int_equal(pipeline.counts.gone_or_changed_series, 0);
    assert_int_equal(pipeline.counts.seen, 1);
    assert_int_equal(pipeline.states_written, 0);
    test_pipeline_clear(&pipeline);
}

/* Killed after its first unit: the days in it are this run's own and count as seen. */
static void test_resume_takes_own_days_as_seen(void **state)
{
    (void)state;
    test_pipeline pipeline;
    test_row rows[] = {
        ROW("a", 1, 1 * DAY, 0, "r1", 1),
        ROW("a", 1, 2 * DAY, 0, "r2", 2),
        ROW("a", 1, 3 * DAY, 0, "r3", 4),
        ROW("a", 1, 4 * DAY, 0, "r4", 8),
    };
    start(&pipeline, running);
    pipeline.options.bounds.unit_rows = 1;
    next_run(&pipeline, 1, 2 * DAY);
    run(&pipeline, rows, 4);
    next_run(&pipeline, 2, 100 * DAY);
    pipeline.units_max = 2;
    run(&pipeline, rows, 4);
    assert_int_equal(pipeline.counts.consumed, 2);
    assert_int_equal(state_number(&pipeline, "a", 1, "_last_day"), 3);
    assert_int_equal(state_number(&pipeline, "a", 1, "_previous_day"), 1);
    /* In between a row of an own day changed: own days stay seen, older ones are unmatched. */
    rows[1].amount = 3;
    pipeline.units_max = 0;
    run(&pipeline, rows, 4);
    assert_int_equal(pipeline.counts.seen, 2);
    assert_int_equal(pipeline.counts.unmatched, 1);
    assert_int_equal(pipeline.counts.late_or_changed_series, 1);
    assert_int_equal(pipeline.counts.consumed, 1);
    assert_int_equal(state_number(&pipeline, "a", 1, "_previous_day"), 1);
    assert_int_equal(state_number(&pipeline, "a", 1, "s1_total"), 15);
    test_pipeline_clear(&pipeline);
}

static void test_rows_without_series_or_time_are_rejects(void **state)
{
    (void)state;
    test_pipeline pipeline;
    tide_member members[] = {{.name = "uses-2024"}};
    test_row rows[] = {
        ROW("a", 1, 1 * DAY, 0, "r1", 1),
        {.region = NULL, .person = 1, .id = "r2"},
        {.region = "a", .person = 1, .time_is_null = true, .id = "r3"},
    };
    tide_error err;
    assert_int_equal(test_pipeline_init(&pipeline, running, &err), TIDE_OK);
    pipeline.options.members = members;
    pipeline.options.member_count = 1;
    assert_int_equal(test_pipeline_start(&pipeline, &err), TIDE_OK);
    run(&pipeline, rows, 3);
    assert_int_equal(pipeline.counts.rejected, 2);
    assert_int_equal(pipeline.counts.consumed, 1);
    assert_non_null(strstr(tide_text_c(&pipeline.positions), "uses-2024/r2\n"));
    assert_non_null(strstr(tide_text_c(&pipeline.positions), "uses-2024/r3\n"));
    test_pipeline_clear(&pipeline);
}

/* 50 rows a day, five days: units close where a day ends, whatever the batches. */
static void test_units_close_between_days(void **state)
{
    (void)state;
    test_pipeline pipeline;
    static test_row rows[250];
    static char ids[250][12];
    for (int i = 0; i < 250; i++) {
        snprintf(ids[i], sizeof ids[i], "%d", i);
        rows[i] = (test_row)ROW("a", 1, (i / 50 + 1) * DAY + i, 0, ids[i], 1);
    }
    start(&pipeline, running);
    pipeline.options.bounds.unit_rows = 10;
    pipeline.stream_rows = 7;
    next_run(&pipeline, 1, 100 * DAY);
    run(&pipeline, rows, 250);
    assert_int_equal(pipeline.output_rows, 250);
    assert_int_equal(pipeline.unit_rows_most, 50);
    assert_int_equal(pipeline.states_written, 5);
    const char *positions = tide_text_c(&pipeline.output_positions);
    assert_int_equal(strncmp(positions, "a,1/1970-01-02/1\na,1/1970-01-02/2\n", 34), 0);
    assert_non_null(strstr(positions, "\na,1/1970-01-06/50\n"));
    assert_null(strstr(positions, "/51\n"));
    assert_int_equal(state_number(&pipeline, "a", 1, "s1_total"), 250);
    test_pipeline_clear(&pipeline);
}

static void test_day_over_the_limit_keeps_earlier_days(void **state)
{
    (void)state;
    test_pipeline pipeline;
    static test_row rows[103];
    static char ids[103][12];
    for (int i = 0; i < 103; i++) {
        snprintf(ids[i], sizeof ids[i], "%d", i);
        rows[i] = (test_row)ROW("a", 1, (i < 3 ? 1 : 2) * DAY + i, 0, ids[i], 1);
    }
    start(&pipeline, summing);
    pipeline.options.bounds.max_day_bytes = 2000;
    next_run(&pipeline, 1, 100 * DAY);
    tide_error err;
    tide_error_clear(&err);
    assert_int_equal(test_pipeline_run(&pipeline, rows, 103, &err), TIDE_BAD_DATA);
    assert_non_null(strstr(err.message, "series a,1, day 1970-01-03"));
    assert_non_null(strstr(err.message, "max_day_bytes is 2000"));
    assert_int_equal(pipeline.unit_count, 1);
    assert_int_equal(state_number(&pipeline, "a", 1, "_last_day"), 1);
    pipeline.options.bounds.max_day_bytes = 20000;
    next_run(&pipeline, 1, 100 * DAY);
    run(&pipeline, rows, 103);
    assert_int_equal(pipeline.counts.seen, 3);
    assert_int_equal(pipeline.counts.consumed, 100);
    assert_int_equal(state_number(&pipeline, "a", 1, "s1_grand"), 103);
    test_pipeline_clear(&pipeline);
}

static void test_error_of_user_code_names_the_place(void **state)
{
    (void)state;
    static const char *const failing[] = {"failing", NULL};
    test_pipeline pipeline;
    test_row rows[] = {ROW("a", 1, 1 * DAY, 0, "r1", 1), ROW("b,\\", 2, 2 * DAY, 0, "r2", 13)};
    start(&pipeline, failing);
    tide_error err;
    tide_error_clear(&err);
    assert_int_equal(test_pipeline_run(&pipeline, rows, 2, &err), TIDE_USER_CODE);
    assert_non_null(strstr(err.message, "step 1 failing: series b\\,\\\\,2, day 1970-01-03"));
    assert_non_null(strstr(err.message, "\"id\": \"r2\""));
    assert_non_null(strstr(err.message, "thirteen is unlucky"));
    test_pipeline_clear(&pipeline);
}

/* Ordinals in positions go on over the pieces of a day, wherever it is cut. */
static void test_reject_positions_do_not_depend_on_batches(void **state)
{
    (void)state;
    static const char *const rejecting[] = {"rejecting", NULL};
    static const int64_t batch_rows[] = {1, 3, 100};
    static test_row rows[20];
    static char ids[20][12];
    for (int i = 0; i < 20; i++) {
        snprintf(ids[i], sizeof ids[i], "%d", i);
        rows[i] = (test_row)ROW("a", 1, 1 * DAY + i, 0, ids[i], i);
    }
    for (size_t i = 0; i < 3; i++) {
        test_pipeline pipeline;
        start(&pipeline, rejecting);
        pipeline.options.bounds.batch_rows = batch_rows[i];
        next_run(&pipeline, 1, 100 * DAY);
        run(&pipeline, rows, 20);
        assert_string_equal(tide_text_c(&pipeline.positions),
                            "a,1/1970-01-02/1\na,1/1970-01-02/4\na,1/1970-01-02/7\n"
                            "a,1/1970-01-02/10\na,1/1970-01-02/13\na,1/1970-01-02/16\n"
                            "a,1/1970-01-02/19\n");
        assert_int_equal(pipeline.counts.consumed, 20);
        assert_int_equal(pipeline.counts.rejected, 0);
        assert_int_equal(pipeline.step_counts[0].rejected, 7);
        test_pipeline_clear(&pipeline);
    }
}

static void test_rows_out_of_order_are_found(void **state)
{
    (void)state;
    test_pipeline pipeline;
    test_row rows[] = {ROW("a", 1, 2 * DAY, 0, "r1", 1), ROW("a", 1, 1 * DAY, 0, "r2", 1),
                       ROW("a", 1, 3 * DAY, 0, "r3", 1)};
    start(&pipeline, running);
    test_stream stream;
    test_stream_init(&stream, &pipeline.layout, rows, 3, 10);
    for (int i = 0; i < 2; i++) {
        tide_process *process = NULL;
        tide_process_inputs inputs = {.rows = &stream.base, .unit_prefix = "p"};
        tide_error err;
        tide_error_clear(&err);
        assert_int_equal(tide_process_open(&pipeline.plan, &inputs, &process, &err), TIDE_OK);
        tide_unit unit;
        bool has_unit = false;
        assert_int_equal(tide_process_next(process, &unit, &has_unit, &err), TIDE_BAD_DATA);
        assert_non_null(strstr(err.message, i == 0 ? "order of time" : "order of their hashes"));
        tide_unit_clear(&unit);
        tide_process_close(process);
        rows[0].hash = 9; /* and then one whose series is not in order */
        rows[0].region = "z";
        stream.at = 0;
    }
    test_stream_clear(&stream);
    test_pipeline_clear(&pipeline);
}

static void test_cancel(void **state)
{
    (void)state;
    test_pipeline pipeline;
    test_row rows[5];
    size_t count = fill_rows(rows);
    tide_error err;
    for (int level = TIDE_STOPPING; level <= TIDE_STOP_NOW; level++) {
        start(&pipeline, running);
        pipeline.stream_rows = 1;
        pipeline.cancel_at = 4; /* two or three days are done, the next is open */
        pipeline.cancel_level = (tide_cancel_level)level;
        assert_int_equal(test_pipeline_run(&pipeline, rows, count, &err), TIDE_CANCELLED);
        assert_int_equal(pipeline.unit_count, 0);
        assert_int_equal(pipeline.states.row_count, 0);
        tide_cancel_init(&pipeline.cancel);
        pipeline.cancel_at = 0;
        run(&pipeline, rows, count);
        assert_int_equal(pipeline.counts.consumed, 5);
        test_pipeline_clear(&pipeline);
    }
}

/* A stop that leaves time keeps the unit when no day is open. */
static void test_stopping_between_days_keeps_the_unit(void **state)
{
    (void)state;
    test_pipeline pipeline;
    test_row rows[] = {ROW("a", 1, 1 * DAY, 0, "r1", 1), ROW("a", 1, 99 * DAY, 0, "r2", 1),
                       ROW("a", 1, 99 * DAY, 0, "r3", 1)};
    tide_error err;
    start(&pipeline, running);
    next_run(&pipeline, 1, 50 * DAY);
    pipeline.stream_rows = 1;
    pipeline.cancel_at = 2; /* after r1, before r2, which ends the day and is left */
    pipeline.cancel_level = TIDE_STOPPING;
    assert_int_equal(test_pipeline_run(&pipeline, rows, 3, &err), TIDE_CANCELLED);
    assert_int_equal(pipeline.unit_count, 1);
    assert_int_equal(pipeline.counts.consumed, 1);
    assert_int_equal(state_number(&pipeline, "a", 1, "_last_day"), 1);
    test_pipeline_clear(&pipeline);
}

static void test_damaged_state_is_refused(void **state)
{
    (void)state;
    test_pipeline pipeline;
    test_row rows[5];
    size_t count = fill_rows(rows);
    start(&pipeline, running);
    run(&pipeline, rows, count);
    size_t width = pipeline.plan.state.schema.field_count;
    pipeline.states.cells[width + pipeline.plan.state.rows_column].is_null = true;
    tide_error err;
    assert_int_equal(test_pipeline_run(&pipeline, rows, count, &err), TIDE_BAD_DATA);
    assert_non_null(strstr(err.message, "`_rows`"));
    test_pipeline_clear(&pipeline);
}

/* The whole life of a pipeline, twice, with the Nth allocation failing. */
static tide_code live(test_row *rows, size_t count, const char *const *steps, tide_error *err)
{
    test_pipeline pipeline;
    tide_code code = test_pipeline_init(&pipeline, steps, err);
    pipeline.options.bounds.unit_rows = 2;
    if (code == TIDE_OK) {
        code = test_pipeline_start(&pipeline, err);
    }
    if (code == TIDE_OK) {
        code = test_pipeline_run(&pipeline, rows, count, err);
    }
    if (code == TIDE_OK) {
        code = test_pipeline_next_run(&pipeline, 2, 200 * DAY, err);
    }
    if (code == TIDE_OK) {
        code = test_pipeline_run(&pipeline, rows, count - 2, err);
    }
    test_pipeline_clear(&pipeline);
    return code;
}

static void check_memory(const char *const *steps)
{
    test_row rows[] = {
        ROW("a", 1, 1 * DAY, 0, "r1", 10),  ROW("a", 1, 1 * DAY, 1, "r2", 20),
        ROW("a", 1, 2 * DAY, 0, "r3", 30),  ROW("b", 2, 3 * DAY, 0, "r4", 40),
        ROW("c", 3, 120 * DAY, 0, "r5", 1), {.region = NULL, .id = "r6"},
    };
    for (int for_ever = 0; for_ever <= 1; for_ever++) {
        for (size_t n = 1;; n++) {
            tide_error err;
            tide_error_clear(&err);
            (void)tide_memory_fail_nth(n, for_ever);
            tide_code code = live(rows, 6, steps, &err);
            (void)tide_memory_fail_nth(0, 0);
            if (code == TIDE_OK) {
                assert_true(n > 100);
                break;
            }
            assert_int_equal(code, TIDE_OUT_OF_MEMORY);
        }
    }
}

static void test_failing_allocations(void **state)
{
    (void)state;
    static const char *const waves[] = {"filter", "wave_running", NULL};
    static const char *const kept[] = {"newest", "sum", NULL};
    check_memory(waves);
    check_memory(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days_in_order_with_state),
        cmocka_unit_test(test_second_run_changes_nothing),
        cmocka_unit_test(test_day_that_has_not_ended_is_left),
        cmocka_unit_test(test_late_row_is_reported),
        cmocka_unit_test(test_late_fail_leaves_the_series_alone),
        cmocka_unit_test(test_gone_rows_never_fail),
        cmocka_unit_test(test_resume_takes_own_days_as_seen),
        cmocka_unit_test(test_rows_without_series_or_time_are_rejects),
        cmocka_unit_test(test_units_close_between_days),
        cmocka_unit_test(test_day_over_the_limit_keeps_earlier_days),
        cmocka_unit_test(test_error_of_user_code_names_the_place),
        cmocka_unit_test(test_reject_positions_do_not_depend_on_batches),
        cmocka_unit_test(test_rows_out_of_order_are_found),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_stopping_between_days_keeps_the_unit),
        cmocka_unit_test(test_damaged_state_is_refused),
        cmocka_unit_test(test_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

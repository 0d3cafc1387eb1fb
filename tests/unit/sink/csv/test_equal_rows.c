/* SPDX-License-Identifier: Apache-2.0 */
/* Equal rows that a CSV refuses: without a key each of them is a reject of its own, numbered on
 * from unit to unit and from run to run; one that is retried and refused again stays what it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../store/rows.h"
#include "sink/csv/csv_sink.h"

#define REJECTS "tidemill.sqlite"

typedef struct fixture {
    test_folder folder;
    test_pipeline pipeline;
    tide_sink *sink;
    tide_sink_worker *worker;
} fixture;

static tide_error err;

static void must(tide_code code)
{
    if (code != TIDE_OK) {
        fail_msg("%s: %s", tide_code_name(code), err.message);
    }
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    make_folder(&f->folder);
    make_pipeline(&f->pipeline);
    f->pipeline.target.state = NULL;
    f->pipeline.target.max_rejects = 100;
    *state = f;
    return 0;
}

static void close_all(fixture *f)
{
    close_sink_and_worker(&f->sink, &f->worker);
}

static int tear_down(void **state)
{
    fixture *f = *state;
    close_all(f);
    clear_pipeline(&f->pipeline);
    remove_folder(&f->folder);
    free(f);
    return 0;
}

static void begin(fixture *f, int64_t number, tide_run_status status)
{
    tide_csv_options options = {.directory = f->folder.path, .busy_ms = 2000};
    tide_run_row row = run_row(number, status);
    close_all(f);
    must(tide_csv_sink_open(&options, &f->pipeline.target, &f->sink, &err));
    must(f->sink->vtable->begin(f->sink, &row, &err));
    must(f->sink->vtable->open_worker(f->sink, &f->worker, &err));
}

static void finish(fixture *f, int64_t number)
{
    tide_run_row row = run_row(number, TIDE_RUN_COMPLETE);
    tide_load_result result;
    must(f->sink->vtable->finish(f->sink, &row, &result, &err));
}

/* Rows of so many kinds in turn, those of a kind equal, with U+0000, which a text that becomes a
 * batch has no way to hold. */
static void make_bad_kinds(fixture *f, tide_unit *unit, const char *name, size_t count,
                           size_t kinds)
{
    test_row rows[8] = {{0}};
    tide_column columns[5];
    for (size_t i = 0; i < count; i++) {
        rows[i] = (test_row){7 + (int64_t)(i % kinds), "a", 1, 1, 1};
    }
    make_unit(&f->pipeline, unit, name, 1, rows, count);
    tide_batch_columns(&unit->chunks[0].batch, columns);
    void *texts;
    memcpy(&texts, &columns[1].data, sizeof texts);
    memset(texts, 0, count);
    unit->by_values = f->pipeline.target.state == NULL;
}

static void make_bad_unit(fixture *f, tide_unit *unit, const char *name, size_t count)
{
    make_bad_kinds(f, unit, name, count, 1);
}

static void load_kinds(fixture *f, const char *name, size_t count, size_t kinds)
{
    tide_unit unit;
    tide_load_result result;
    make_bad_kinds(f, &unit, name, count, kinds);
    must(f->sink->vtable->load(f->worker, &unit, &result, &err));
    assert_int_equal(result.refused, (int64_t)count);
    tide_unit_clear(&unit);
}

static void load(fixture *f, const char *name, size_t count)
{
    load_kinds(f, name, count, 1);
}

static void expect_numbers(const fixture *f, const char *expected)
{
    char *text = query_text(in_folder(&f->folder, REJECTS),
                            "SELECT run, substr(position, 37) FROM out_rejects ORDER BY 1, 2");
    assert_string_equal(text, expected);
    free(text);
    assert_int_equal(query_integer(in_folder(&f->folder, REJECTS),
                                   "SELECT count(DISTINCT substr(position, 1, 36)) "
                                   "FROM out_rejects"),
                     1);
}

static void test_each_has_a_number(void **state)
{
    fixture *f = *state;
    begin(f, 1, TIDE_RUN_STARTED);
    load(f, "u", 3);
    load(f, "v", 1);
    expect_numbers(f, "1|/1\n1|/2\n1|/3\n1|/4\n");
    finish(f, 1);
    begin(f, 2, TIDE_RUN_STARTED); /* reads on, as a cursor does */
    load(f, "u", 2);
    finish(f, 2);
    expect_numbers(f, "1|/1\n1|/2\n1|/3\n1|/4\n2|/5\n2|/6\n");
}

static void test_each_kind_has_numbers_of_its_own(void **state)
{
    fixture *f = *state;
    begin(f, 1, TIDE_RUN_STARTED);
    load_kinds(f, "u", 7, 3);
    load_kinds(f, "v", 4, 2);
    finish(f, 1);
    char *text = query_text(in_folder(&f->folder, REJECTS),
                            "SELECT json_extract(row_values, '$.' || (SELECT key FROM "
                            "json_each(row_values) LIMIT 1)), substr(position, 37) "
                            "FROM out_rejects ORDER BY 1, 2");
    assert_string_equal(text, "7|/1\n7|/2\n7|/3\n7|/4\n7|/5\n8|/1\n8|/2\n8|/3\n8|/4\n9|/1\n9|/2\n");
    free(text);
}

static void test_what_was_staged_comes_again(void **state)
{
    fixture *f = *state;
    f->pipeline.target.staged = true;
    begin(f, 1, TIDE_RUN_STARTED);
    load(f, "u", 3);
    begin(f, 1, TIDE_RUN_STARTED); /* resumed: the unit has another name, and other rows */
    load(f, "v", 2);
    load(f, "w", 1);
    finish(f, 1);
    begin(f, 2, TIDE_RUN_STARTED);
    load(f, "x", 1);
    begin(f, 3, TIDE_RUN_STARTED); /* 2 is abandoned */
    load(f, "y", 1);
    finish(f, 3);
    expect_numbers(f, "1|/1\n1|/2\n1|/3\n3|/4\n");
}

static void test_a_replace_numbers_its_own(void **state)
{
    fixture *f = *state;
    f->pipeline.target.mode = TIDE_REPLACE;
    for (int64_t run = 1; run < 3; run++) {
        begin(f, run, TIDE_RUN_STARTED);
        load(f, "u", 2);
        finish(f, run);
    }
    expect_numbers(f, "2|/1\n2|/2\n");
}

static tide_code collect(void *context, const tide_kept_reject *kept, tide_error *error)
{
    return tide_reject_list_add(context, &kept->reject, error);
}

static void test_a_retried_one_keeps_its_number(void **state)
{
    fixture *f = *state;
    tide_reject_list kept;
    tide_unit unit;
    tide_load_result result;
    const tide_reject_query all = {.stage = "load"};
    begin(f, 1, TIDE_RUN_STARTED);
    load(f, "u", 3);
    finish(f, 1);
    begin(f, 2, TIDE_RUN_RETRIED);
    tide_reject_list_init(&kept);
    must(f->sink->vtable->read_rejects(f->sink, &all, collect, &kept, &err));
    make_bad_unit(f, &unit, "retry/1", kept.count);
    unit.retried = &kept;
    must(f->sink->vtable->load(f->worker, &unit, &result, &err));
    tide_unit_clear(&unit);
    tide_reject_list_clear(&kept);
    expect_numbers(f, "2|/1\n2|/2\n2|/3\n");
}

static void test_positions(void **state)
{
    (void)state;
    assert_true(tide_position_is_by_values("row/0123456789abcdef0123456789abcdef"));
    assert_false(tide_position_is_by_values("row/0123456789abcdef0123456789abcdef/1"));
    assert_false(tide_position_is_by_values("row/0123456789abcdef0123456789abcde"));
    assert_false(tide_position_is_by_values("row/0123456789ABCDEF0123456789abcdef"));
    assert_false(tide_position_is_by_values("rows/x.ndjson#1-2#0-4096#1/7"));
    assert_false(tide_position_is_by_values(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_has_a_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_each_kind_has_numbers_of_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_was_staged_comes_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_replace_numbers_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_retried_one_keeps_its_number, set_up, tear_down),
        cmocka_unit_test(test_positions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

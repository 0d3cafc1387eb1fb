/* SPDX-License-Identifier: Apache-2.0 */
/* Append into SQLite: values at their limits, markers, state by ranges, rejects, late rows, reset
 * and accept, what check finds. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../store/rows.h"
#include "sink/sqlite/sqlite_sink.h"

typedef struct fixture {
    test_folder folder;
    test_pipeline pipeline;
    char *path;
    tide_sink *sink;
    tide_sink_worker *worker;
    tide_error err;
} fixture;

static void must(fixture *f, tide_code code)
{
    if (code != TIDE_OK) {
        fail_msg("%s: %s", tide_code_name(code), f->err.message);
    }
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    make_folder(&f->folder);
    make_pipeline(&f->pipeline);
    f->path = strdup(in_folder(&f->folder, "out.db"));
    *state = f;
    return 0;
}

static void open_sink(fixture *f)
{
    tide_sqlite_options options = {.path = f->path, .busy_ms = 2000};
    must(f, tide_sqlite_sink_open(&options, &f->pipeline.target, &f->sink, &f->err));
}

static void begin(fixture *f, int64_t run)
{
    tide_run_row row = run_row(run, TIDE_RUN_STARTED);
    open_sink(f);
    must(f, f->sink->vtable->begin(f->sink, &row, &f->err));
    must(f, f->sink->vtable->open_worker(f->sink, &f->worker, &f->err));
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
    free(f->path);
    free(f);
    return 0;
}

static tide_load_result load(fixture *f, tide_unit *unit)
{
    tide_load_result result;
    must(f, f->sink->vtable->load(f->worker, unit, &result, &f->err));
    tide_unit_clear(unit);
    return result;
}

static void expect(const char *path, const char *sql, const char *wanted)
{
    char *text = query_text(path, sql);
    assert_string_equal(text, wanted);
    free(text);
}

static void test_rows_state_and_record(void **state)
{
    fixture *f = *state;
    tide_unit unit;
    const test_row rows[] = {{1, "a", 1250, 1700000000000001, 0.1}, {2, NULL, -5, -1, INFINITY}};
    begin(f, 1);
    make_unit(&f->pipeline, &unit, "p0/1", 1, rows, 2);
    add_late_row(&f->pipeline, &unit, 77);
    f->pipeline.target.max_rejects = 1;
    add_reject(&unit, "idx/1");
    tide_load_result result = load(f, &unit);
    assert_int_equal(result.loaded, 2);
    assert_int_equal(result.refused, 0);
    tide_run_row done = run_row(1, TIDE_RUN_COMPLETE);
    done.ended_at = 2000;
    expect(f->path, "SELECT unit, emitted, loaded, rejected FROM tidemill_units", "p0/1|2|2|1\n");
    must(f, f->sink->vtable->finish(f->sink, &done, &result, &f->err));
    close_all(f);
    expect(f->path, "SELECT * FROM out ORDER BY id",
           "1|a|12.50|1700000000000001|0.1\n2|null|-0.05|-1|Inf\n");
    expect(f->path,
           "SELECT series, _last_day, _previous_day, _run, _rows, _digest, s1_balance "
           "FROM tidemill_state_balances",
           "s1|2022-01-09|null|1|2|01010203-0000-0000-0000-000000000000|0.333333333333333\n");
    expect(f->path, "SELECT * FROM out_late", "77|0.5\n");
    expect(f->path, "SELECT pipeline, stage, position, step, reason FROM out_rejects",
           "balances|step|idx/1|1 where|division by zero\n");
    expect(f->path, "SELECT run, status, started_at, ended_at, plan FROM tidemill_runs",
           "1|complete|1000|2000|{\"horizon\":1}\n");
    expect(f->path, "SELECT count(*) FROM tidemill_units", "0\n");
    expect(f->path, "SELECT epoch, holder_pid FROM tidemill_lease", "1|null\n");
    expect(f->path, "PRAGMA integrity_check", "ok\n");
}

static void test_unit_twice_is_once(void **state)
{
    fixture *f = *state;
    tide_unit unit;
    begin(f, 1);
    for (int i = 0; i < 2; i++) {
        make_random_unit(&f->pipeline, &unit, "u", 7, 1, 10);
        assert_int_equal(load(f, &unit).loaded, 10);
    }
    make_random_unit(&f->pipeline, &unit, "u", 7, 1, 11);
    tide_load_result result;
    assert_int_equal(f->sink->vtable->load(f->worker, &unit, &result, &f->err),
                     TIDE_STATE_CONFLICT);
    tide_unit_clear(&unit);
    assert_int_equal(query_integer(f->path, "SELECT count(*) FROM out"), 10);
    tide_arena arena;
    const char **names;
    size_t count;
    tide_arena_init(&arena);
    must(f, f->sink->vtable->read_units(f->sink, &arena, &names, &count, &f->err));
    assert_int_equal(count, 1);
    assert_string_equal(names[0], "u");
    tide_arena_clear(&arena);
}

/* Reads a range and checks order and values; gives the number of rows. */
static size_t read_range(fixture *f, tide_hash_range range)
{
    tide_stream *stream;
    must(f, f->sink->vtable->read_states(f->worker, range, &stream, &f->err));
    size_t rows = 0;
    uint64_t last = 0;
    for (;;) {
        tide_batch batch;
        const uint64_t *hashes;
        must(f, stream->vtable->next(stream, &batch, &hashes, &f->err));
        int64_t count = tide_batch_row_count(&batch);
        if (count == 0) {
            break;
        }
        tide_column columns[8];
        tide_batch_columns(&batch, columns);
        for (int64_t row = 0; row < count; row++, rows++) {
            assert_true(hashes[row] >= range.first && hashes[row] <= range.last);
            assert_true(rows == 0 || hashes[row] > last);
            last = hashes[row];
            char name[16] = "";
            tide_str stored = tide_column_str(&columns[1], row);
            memcpy(name, stored.data, stored.size < 15 ? stored.size : 15);
            long long series = strtoll(name + 1, NULL, 10);
            assert_true(hashes[row] == (uint64_t)series * UINT64_C(0x9e3779b97f4a7c15));
            assert_int_equal(tide_column_int32(&columns[2], row), 19000 + series);
            assert_true(tide_column_is_null(&columns[3], row));
            assert_true(tide_column_double(&columns[7], row) == (double)series / 3);
        }
    }
    stream->vtable->close(stream);
    return rows;
}

static void test_states_by_ranges(void **state)
{
    fixture *f = *state;
    begin(f, 1);
    for (int i = 0; i < 300; i++) {
        char name[16];
        tide_unit unit;
        (void)snprintf(name, sizeof name, "u%d", i);
        make_random_unit(&f->pipeline, &unit, name, 1, i, 1);
        load(f, &unit);
    }
    for (uint32_t parts = 1; parts <= 5; parts++) {
        size_t rows = 0;
        for (uint32_t part = 0; part < parts; part++) {
            rows += read_range(f, tide_partition_range(part, parts));
        }
        assert_int_equal(rows, 300);
    }
}

/* A stream sees what was there when it was opened, while loads go on. */
static void test_state_stream_is_a_snapshot(void **state)
{
    fixture *f = *state;
    tide_unit unit;
    begin(f, 1);
    make_random_unit(&f->pipeline, &unit, "a", 1, 5, 1);
    load(f, &unit);
    tide_stream *stream;
    must(f, f->sink->vtable->read_states(f->worker, (tide_hash_range){0, UINT64_MAX}, &stream,
                                         &f->err));
    make_random_unit(&f->pipeline, &unit, "b", 1, 6, 1);
    load(f, &unit);
    tide_batch batch;
    must(f, stream->vtable->next(stream, &batch, NULL, &f->err));
    assert_int_equal(tide_batch_row_count(&batch), 1);
    must(f, stream->vtable->next(stream, &batch, NULL, &f->err));
    assert_int_equal(tide_batch_row_count(&batch), 0);
    stream->vtable->close(stream);
    assert_int_equal(read_range(f, (tide_hash_range){0, UINT64_MAX}), 2);
}

static tide_code load_code(fixture *f, tide_unit *unit, tide_load_result *result)
{
    tide_code code = f->sink->vtable->load(f->worker, unit, result, &f->err);
    tide_unit_clear(unit);
    return code;
}

static void test_refusals_of_the_table(void **state)
{
    fixture *f = *state;
    tide_unit unit;
    tide_load_result result;
    execute_sql(f->path,
                "CREATE TABLE out(id INTEGER UNIQUE ON CONFLICT REPLACE, name TEXT, "
                "amount TEXT CHECK (amount <> '0.13'), at INTEGER, score REAL NOT NULL)");
    f->pipeline.target.max_rejects = 3;
    begin(f, 1);
    const test_row rows[] = {{1, "a", 1, 1, 1},
                             {1, "b", 2, 1, 1},
                             {2, "c", 13, 1, 1},
                             {3, "d", 3, 1, NAN},
                             {4, "e", 4, 1, 1}};
    make_unit(&f->pipeline, &unit, "u", 3, rows, 5);
    assert_int_equal(load_code(f, &unit, &result), TIDE_OK);
    assert_int_equal(result.loaded, 2);
    assert_int_equal(result.refused, 3);
    expect(f->path, "SELECT id, name FROM out ORDER BY id", "1|a\n4|e\n");
    expect(
        f->path, "SELECT position, column_name, sqlstate, reason FROM out_rejects ORDER BY 1",
        "s3/2022-01-11/2|null|SQLITE_CONSTRAINT_UNIQUE|UNIQUE constraint failed: out.id\n"
        "s3/2022-01-11/3|null|SQLITE_CONSTRAINT_CHECK|CHECK constraint failed: amount <> '0.13'\n"
        "s3/2022-01-11/4|score|null|NaN: SQLite has none and would store null\n");
    /* One more is one too many: the unit goes, its reject stays. */
    make_unit(&f->pipeline, &unit, "v", 4, rows, 2);
    assert_int_equal(load_code(f, &unit, &result), TIDE_OVER_REJECTS);
    assert_non_null(strstr(f->err.message, "out_rejects"));
    assert_int_equal(query_integer(f->path, "SELECT count(*) FROM out"), 2);
    assert_int_equal(query_integer(f->path, "SELECT count(*) FROM out_rejects"), 5);
    assert_int_equal(query_integer(f->path, "SELECT count(*) FROM tidemill_state_balances"), 1);
    assert_int_equal(query_integer(f->path, "SELECT count(*) FROM tidemill_units"), 1);
}

static void test_all_rows_refused(void **state)
{
    fixture *f = *state;
    tide_unit unit;
    tide_load_result result;
    execute_sql(f->path,
                "CREATE TABLE out(id INTEGER CHECK (id < 0), name TEXT, amount TEXT, "
                "at INTEGER, score REAL)");
    begin(f, 1);
    make_random_unit(&f->pipeline, &unit, "u", 1, 1, 5000);
    assert_int_equal(load_code(f, &unit, &result), TIDE_OVER_REJECTS);
    int64_t shown = query_integer(f->path, "SELECT count(*) FROM out_rejects");
    assert_true(shown > 0 && shown <= 1002);
    f->pipeline.target.max_rejects = 5000;
    make_random_unit(&f->pipeline, &unit, "u", 1, 1, 5000);
    assert_int_equal(load_code(f, &unit, &result), TIDE_OK);
    assert_int_equal(result.refused, 5000);
    assert_int_equal(query_integer(f->path, "SELECT count(*) FROM out_rejects"), 5000);
    assert_int_equal(query_integer(f->path, "SELECT count(*) FROM tidemill_state_balances"), 1);
}

static void test_triggers(void **state)
{
    fixture *f = *state;
    tide_unit unit;
    tide_load_result result;
    execute_sql(f->path,
                "CREATE TABLE seen(id);"
                "CREATE TABLE out(id INTEGER, name TEXT, amount TEXT, at INTEGER, score REAL);"
                "CREATE TRIGGER t AFTER INSERT ON out BEGIN INSERT INTO seen VALUES (new.id);"
                "SELECT CASE new.id WHEN 1 THEN RAISE(ABORT, 'one') WHEN 2 THEN RAISE(FAIL, 'two')"
                " WHEN 9 THEN RAISE(ROLLBACK, 'nine') END; END;"
                "CREATE TRIGGER b BEFORE INSERT ON out WHEN new.id = 3 "
                "BEGIN SELECT RAISE(IGNORE); END;");
    f->pipeline.target.max_rejects = 10;
    begin(f, 1);
    const test_row rows[] = {
        {1, "a", 1, 1, 1}, {2, "a", 1, 1, 1}, {3, "a", 1, 1, 1}, {4, "a", 1, 1, 1}};
    make_unit(&f->pipeline, &unit, "u", 1, rows, 4);
    assert_int_equal(load_code(f, &unit, &result), TIDE_OK);
    assert_int_equal(result.loaded, 1);
    assert_int_equal(result.refused, 3);
    expect(f->path, "SELECT id FROM out", "4\n");
    expect(f->path, "SELECT id FROM seen", "4\n");
    expect(f->path, "SELECT reason, sqlstate FROM out_rejects ORDER BY position",
           "one|SQLITE_CONSTRAINT_TRIGGER\ntwo|SQLITE_CONSTRAINT_TRIGGER\n"
           "a trigger of the table ignored the row|SQLITE_CONSTRAINT_TRIGGER\n");
    const test_row bad[] = {{5, "a", 1, 1, 1}, {9, "a", 1, 1, 1}};
    make_unit(&f->pipeline, &unit, "v", 2, bad, 2);
    assert_int_equal(load_code(f, &unit, &result), TIDE_REMOTE);
    assert_non_null(strstr(f->err.message, "RAISE(ROLLBACK)"));
    make_unit(&f->pipeline, &unit, "w", 2, bad, 1);
    assert_int_equal(load_code(f, &unit, &result), TIDE_OK);
    expect(f->path, "SELECT id FROM out ORDER BY id", "4\n5\n");
}

static void test_deferred_foreign_key(void **state)
{
    fixture *f = *state;
    tide_unit unit;
    tide_load_result result;
    execute_sql(f->path,
                "CREATE TABLE names(name TEXT PRIMARY KEY); INSERT INTO names VALUES ('a');"
                "CREATE TABLE out(id INTEGER, name TEXT REFERENCES names DEFERRABLE "
                "INITIALLY DEFERRED, amount TEXT, at INTEGER, score REAL)");
    f->pipeline.target.max_rejects = 1;
    begin(f, 1);
    const test_row rows[] = {{1, "a", 1, 1, 1}, {2, "b", 1, 1, 1}, {3, "a", 1, 1, 1}};
    make_unit(&f->pipeline, &unit, "u", 1, rows, 3);
    assert_int_equal(load_code(f, &unit, &result), TIDE_OK);
    assert_int_equal(result.refused, 1);
    expect(f->path, "SELECT id FROM out ORDER BY id", "1\n3\n");
}

static tide_sink_facts check(fixture *f)
{
    tide_sink_facts facts;
    open_sink(f);
    must(f, f->sink->vtable->check(f->sink, &facts, &f->err));
    close_all(f);
    return facts;
}

static void test_check_of_nothing(void **state)
{
    fixture *f = *state;
    tide_sink_facts facts = check(f);
    assert_false(facts.table_exists);
    assert_true(facts.table_empty);
    assert_false(facts.state_exists);
    assert_false(facts.same_table);
    assert_null(facts.fingerprint);
    assert_int_equal(facts.problems.size, 0);
    tide_sink_facts_clear(&facts);
    assert_int_equal(access(f->path, F_OK), -1);
}

static void load_one_run(fixture *f)
{
    tide_unit unit;
    tide_load_result result;
    tide_run_row done = run_row(1, TIDE_RUN_COMPLETE);
    begin(f, 1);
    make_random_unit(&f->pipeline, &unit, "u", 1, 1, 10);
    load(f, &unit);
    must(f, f->sink->vtable->finish(f->sink, &done, &result, &f->err));
    close_all(f);
}

static void test_check_of_table_and_state(void **state)
{
    fixture *f = *state;
    load_one_run(f);
    tide_sink_facts facts = check(f);
    assert_true(facts.table_exists && !facts.table_empty);
    assert_true(facts.state_exists && facts.same_table);
    assert_string_equal(facts.fingerprint, f->pipeline.target.fingerprint);
    assert_string_equal(facts.fingerprint_text, "steps: none\n");
    assert_int_equal(facts.problems.size, 0);
    tide_sink_facts_clear(&facts);
    execute_sql(f->path, "VACUUM");
    facts = check(f);
    assert_true(facts.same_table);
    tide_sink_facts_clear(&facts);
    execute_sql(f->path, "DELETE FROM out");
    facts = check(f);
    assert_true(facts.state_exists && facts.same_table && facts.table_empty);
    tide_sink_facts_clear(&facts);
    execute_sql(f->path,
                "CREATE TABLE copy AS SELECT * FROM out; DROP TABLE out;"
                "ALTER TABLE copy RENAME TO out; INSERT INTO out(id) VALUES (1)");
    facts = check(f);
    assert_true(facts.state_exists && !facts.same_table && !facts.table_empty);
    tide_sink_facts_clear(&facts);
}

static void test_reset_and_accept(void **state)
{
    fixture *f = *state;
    load_one_run(f);
    execute_sql(f->path,
                "CREATE TABLE copy AS SELECT * FROM out; DROP TABLE out;"
                "ALTER TABLE copy RENAME TO out");
    f->pipeline.target.fingerprint = "00000000000000000000000000000002";
    open_sink(f);
    must(f, f->sink->vtable->state_accept(f->sink, &f->err));
    close_all(f);
    tide_sink_facts facts = check(f);
    assert_true(facts.same_table && facts.state_exists);
    assert_string_equal(facts.fingerprint, "00000000000000000000000000000002");
    tide_sink_facts_clear(&facts);
    open_sink(f);
    must(f, f->sink->vtable->state_reset(f->sink, &f->err));
    close_all(f);
    facts = check(f);
    assert_true(facts.table_exists && facts.table_empty && !facts.state_exists);
    assert_false(facts.same_table);
    assert_null(facts.fingerprint);
    tide_sink_facts_clear(&facts);
    expect(f->path, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'tidemill_identity%'",
           "0\n");
    begin(f, 2);
}

static void test_problems_are_explained(void **state)
{
    fixture *f = *state;
    execute_sql(f->path,
                "CREATE TABLE out(id TEXT, name TEXT, amount DECIMAL(12,2), "
                "at INTEGER GENERATED ALWAYS AS (1), must TEXT NOT NULL)");
    tide_sink_facts facts = check(f);
    const char *problems = tide_text_c(&facts.problems);
    assert_non_null(strstr(problems, "column id of out is declared TEXT"));
    assert_non_null(strstr(problems, "column amount of out is declared DECIMAL(12,2)"));
    assert_non_null(strstr(problems, "column at of out is generated"));
    assert_non_null(strstr(problems, "column must of out is NOT NULL without a default"));
    assert_non_null(strstr(problems, "column score (double) is missing in out"));
    tide_sink_facts_clear(&facts);
    tide_run_row row = run_row(1, TIDE_RUN_STARTED);
    open_sink(f);
    assert_int_equal(f->sink->vtable->begin(f->sink, &row, &f->err), TIDE_BAD_CONFIG);
    close_all(f);
    expect(f->path, "SELECT name FROM sqlite_schema WHERE name LIKE 'tidemill%'", "");
}

static void test_not_a_database(void **state)
{
    fixture *f = *state;
    FILE *file = fopen(f->path, "w");
    for (int i = 0; i < 1000; i++) {
        (void)fprintf(file, "this is not a database\n");
    }
    (void)fclose(file);
    tide_sink_facts facts;
    open_sink(f);
    assert_int_equal(f->sink->vtable->check(f->sink, &facts, &f->err), TIDE_BAD_CONFIG);
    assert_non_null(strstr(f->err.message, "no SQLite database"));
}

static void test_runs(void **state)
{
    fixture *f = *state;
    tide_run_row rows[4];
    size_t count;
    open_sink(f);
    must(f, f->sink->vtable->read_runs(f->sink, 4, rows, &count, &f->err));
    assert_int_equal(count, 0);
    close_all(f);
    load_one_run(f);
    begin(f, 2);
    tide_run_row row = run_row(2, TIDE_RUN_FAILED);
    must(f, f->sink->vtable->record(f->sink, &row, &f->err));
    close_all(f);
    begin(f, 3);
    must(f, f->sink->vtable->read_runs(f->sink, 4, rows, &count, &f->err));
    assert_int_equal(count, 3);
    assert_int_equal(rows[0].run, 3);
    assert_int_equal(rows[0].status, TIDE_RUN_STARTED);
    assert_int_equal(rows[1].status, TIDE_RUN_ABANDONED);
    assert_int_equal(rows[2].status, TIDE_RUN_COMPLETE);
    assert_string_equal(rows[2].plan, "{\"horizon\":1}");
    for (size_t i = 0; i < count; i++) {
        tide_run_row_clear(&rows[i]);
    }
}

static void test_names_over_the_limit(void **state)
{
    fixture *f = *state;
    tide_sqlite_options options = {.path = f->path};
    f->pipeline.target.pipeline =
        "a_pipeline_whose_name_is_so_long_that_its_state_table_is_not_one";
    assert_int_equal(tide_sqlite_sink_open(&options, &f->pipeline.target, &f->sink, &f->err),
                     TIDE_BAD_CONFIG);
    f->sink = NULL;
}

static void test_rivals(void **state)
{
    fixture *f = *state;
    load_one_run(f);
    f->pipeline.target.pipeline = "other";
    tide_sink_facts facts = check(f);
    assert_non_null(strstr(tide_text_c(&facts.problems), "written by pipeline balances too"));
    tide_sink_facts_clear(&facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows_state_and_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unit_twice_is_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_states_by_ranges, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_state_stream_is_a_snapshot, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals_of_the_table, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_all_rows_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_triggers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_deferred_foreign_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_check_of_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_check_of_table_and_state, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reset_and_accept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_problems_are_explained, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_a_database, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_names_over_the_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rivals, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

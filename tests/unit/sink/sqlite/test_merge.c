/* SPDX-License-Identifier: Apache-2.0 */
/* Merge, replace and staged append against a naive reference on seeded random rows. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    f->pipeline.target.state = NULL;
    f->pipeline.target.late = NULL;
    *state = f;
    return 0;
}

static void begin(fixture *f, int64_t run)
{
    tide_run_row row = run_row(run, TIDE_RUN_STARTED);
    tide_sqlite_options options = {.path = f->path, .busy_ms = 2000};
    must(f, tide_sqlite_sink_open(&options, &f->pipeline.target, &f->sink, &f->err));
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

static void merge_by_id(fixture *f)
{
    f->pipeline.target.mode = TIDE_MERGE;
    f->pipeline.key[0] = 0;
    f->pipeline.target.key_count = 1;
    f->pipeline.target.newest_column = 3;
}

static tide_load_result load_rows(fixture *f, const char *name, const test_row *rows, size_t count)
{
    tide_unit unit;
    tide_load_result result;
    make_unit(&f->pipeline, &unit, name, 1, rows, count);
    must(f, f->sink->vtable->load(f->worker, &unit, &result, &f->err));
    tide_unit_clear(&unit);
    return result;
}

static tide_load_result finish(fixture *f, int64_t run)
{
    tide_run_row row = run_row(run, TIDE_RUN_COMPLETE);
    tide_load_result result;
    must(f, f->sink->vtable->finish(f->sink, &row, &result, &f->err));
    return result;
}

static void expect(const char *path, const char *sql, const char *wanted)
{
    char *text = query_text(path, sql);
    assert_string_equal(text, wanted);
    free(text);
}

/* The reference: is a greater than b by (at, id, name, amount, score), nulls least? */
static int compare_names(const char *a, const char *b)
{
    if (a == NULL || b == NULL) {
        return (a != NULL) - (b != NULL);
    }
    return strcmp(a, b);
}

static int compare_rows(const test_row *a, const test_row *b)
{
    if (a->at != b->at) {
        return a->at < b->at ? -1 : 1;
    }
    int by_name = compare_names(a->name, b->name);
    if (by_name != 0) {
        return by_name;
    }
    if (a->cents != b->cents) {
        return a->cents < b->cents ? -1 : 1;
    }
    return (a->score > b->score) - (a->score < b->score);
}

enum { KEYS = 40, ROWS = 600, UNITS = 6 };

static test_row random_row(uint64_t *random)
{
    static const char *const names[] = {"a", "b", NULL, "\xc3\xa9", "Z", "a0"};
    return (test_row){
        .id = (int64_t)(next_random(random) % KEYS),
        .name = names[next_random(random) % 6],
        .cents = (int64_t)(next_random(random) % 3000) - 1500,
        .at = (int64_t)(next_random(random) % 3),
        .score = (double)(next_random(random) % 3) - 1,
    };
}

/* What the table must hold, as the query below prints it. */
static char *reference(const test_row *rows, size_t count)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (int64_t id = 0; id < KEYS; id++) {
        const test_row *best = NULL;
        for (size_t i = 0; i < count; i++) {
            if (rows[i].id == id && (best == NULL || compare_rows(&rows[i], best) > 0)) {
                best = &rows[i];
            }
        }
        if (best != NULL) {
            long long cents = llabs((long long)best->cents);
            (void)fprintf(out, "%lld|%s|%s%lld.%02lld|%lld|%.1f\n", (long long)id,
                          best->name == NULL ? "null" : best->name, best->cents < 0 ? "-" : "",
                          cents / 100, cents % 100, (long long)best->at, best->score);
        }
    }
    (void)fclose(out);
    return text;
}

static const char all_rows[] = "SELECT id, name, amount, at, score FROM out ORDER BY id";

static void merge_random(fixture *f, uint64_t seed)
{
    uint64_t random = seed;
    test_row rows[ROWS];
    int64_t loaded = 0;
    int64_t superseded = 0;
    for (int i = 0; i < ROWS; i++) {
        rows[i] = random_row(&random);
    }
    begin(f, 1);
    for (int i = 0; i < UNITS; i++) {
        char name[8];
        (void)snprintf(name, sizeof name, "u%d", i);
        tide_load_result result = load_rows(f, name, rows + i * 100, 100);
        loaded += result.loaded;
        superseded += result.superseded;
        assert_int_equal(result.refused, 0);
    }
    assert_int_equal(loaded + superseded, ROWS);
    char *wanted = reference(rows, ROWS);
    expect(f->path, all_rows, wanted);
    (void)finish(f, 1);
    close_all(f);
    /* The same rows again, in one unit: nothing changes. */
    begin(f, 2);
    tide_load_result result = load_rows(f, "again", rows, ROWS);
    assert_int_equal(result.loaded, 0);
    assert_int_equal(result.superseded, ROWS);
    expect(f->path, all_rows, wanted);
    close_all(f);
    free(wanted);
}

static void test_merge_against_reference(void **state)
{
    fixture *f = *state;
    merge_by_id(f);
    for (uint64_t seed = 1; seed <= 5; seed++) {
        print_message("seed %llu\n", (unsigned long long)seed);
        merge_random(f, seed);
        (void)remove(f->path);
    }
}

static void test_null_key_is_refused(void **state)
{
    fixture *f = *state;
    merge_by_id(f);
    f->pipeline.key[0] = 1; /* name */
    f->pipeline.target.max_rejects = 1;
    begin(f, 1);
    const test_row rows[] = {{1, "a", 1, 1, 1}, {2, NULL, 1, 1, 1}, {3, "a", 1, 2, 1}};
    tide_load_result result = load_rows(f, "u", rows, 3);
    assert_int_equal(result.loaded, 1);
    assert_int_equal(result.superseded, 1);
    assert_int_equal(result.refused, 1);
    expect(f->path, "SELECT id FROM out", "3\n");
    expect(f->path, "SELECT column_name FROM out_rejects", "name\n");
}

static void test_decimals_compare_as_numbers(void **state)
{
    fixture *f = *state;
    merge_by_id(f);
    f->pipeline.target.newest_column = 2; /* amount: "9.00" and "10.00" */
    begin(f, 1);
    const test_row nine = {1, "nine", 900, 1, 1};
    const test_row ten = {1, "ten", 1000, 1, 1};
    const test_row minus = {1, "minus", -20000, 1, 1};
    assert_int_equal(load_rows(f, "a", &nine, 1).loaded, 1);
    assert_int_equal(load_rows(f, "b", &ten, 1).loaded, 1);
    assert_int_equal(load_rows(f, "c", &minus, 1).superseded, 1);
    expect(f->path, "SELECT name FROM out", "ten\n");
}

static void test_merge_needs_a_unique_index(void **state)
{
    fixture *f = *state;
    tide_sqlite_options options = {.path = f->path};
    static const struct {
        const char *sql;
        bool fits;
    } cases[] = {
        {"", false},
        {"CREATE UNIQUE INDEX i ON out(id, name)", false},
        {"CREATE UNIQUE INDEX i ON out(id) WHERE id > 0", false},
        {"CREATE INDEX i ON out(id)", false},
        {"CREATE UNIQUE INDEX i ON out(id COLLATE NOCASE)", false},
        {"CREATE UNIQUE INDEX i ON out(id)", true},
    };
    merge_by_id(f);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        execute_sql(f->path,
                    "DROP TABLE IF EXISTS out; CREATE TABLE out(id INTEGER, name TEXT, "
                    "amount TEXT, at INTEGER, score REAL)");
        execute_sql(f->path, cases[i].sql);
        tide_sink_facts facts;
        must(f, tide_sqlite_sink_open(&options, &f->pipeline.target, &f->sink, &f->err));
        must(f, f->sink->vtable->check(f->sink, &facts, &f->err));
        close_all(f);
        bool complains = strstr(tide_text_c(&facts.problems), "merge needs a unique index") != NULL;
        assert_int_equal(complains, !cases[i].fits);
        tide_sink_facts_clear(&facts);
    }
}

static void test_replace_keeps_table_and_swaps_at_finish(void **state)
{
    fixture *f = *state;
    execute_sql(f->path,
                "CREATE TABLE out(id INTEGER PRIMARY KEY, name TEXT, amount TEXT, "
                "at INTEGER, score REAL, extra TEXT DEFAULT 'x');"
                "CREATE INDEX mine ON out(name); CREATE VIEW v AS SELECT id FROM out;"
                "INSERT INTO out(id) VALUES (100)");
    f->pipeline.target.mode = TIDE_REPLACE;
    begin(f, 1);
    const test_row rows[] = {{1, "a", 1, 1, 1}, {2, "b", 1, 1, 1}};
    assert_int_equal(load_rows(f, "u", rows, 2).loaded, 2);
    expect(f->path, "SELECT id FROM v", "100\n");
    assert_int_equal(finish(f, 1).loaded, 0); /* nothing to take back */
    close_all(f);
    expect(f->path, "SELECT id FROM v", "1\n2\n");
    expect(f->path, "SELECT extra FROM out WHERE id = 1", "x\n");
    expect(f->path, "SELECT name FROM sqlite_schema WHERE name = 'mine' OR name LIKE '%staged%'",
           "mine\n");
}

static void test_replace_resumed_begins_anew(void **state)
{
    fixture *f = *state;
    f->pipeline.target.mode = TIDE_REPLACE;
    begin(f, 1);
    const test_row rows[] = {{1, "a", 1, 1, 1}, {2, "b", 1, 1, 1}};
    (void)load_rows(f, "u", rows, 2);
    close_all(f); /* killed, say */
    begin(f, 1);
    (void)load_rows(f, "u", rows, 1);
    (void)finish(f, 1);
    expect(f->path, "SELECT id FROM out", "1\n");
}

static void test_replace_with_key(void **state)
{
    fixture *f = *state;
    merge_by_id(f);
    f->pipeline.target.mode = TIDE_REPLACE;
    begin(f, 1);
    const test_row first[] = {{1, "a", 1, 5, 1}, {1, "b", 1, 6, 1}, {2, "c", 1, 1, 1}};
    const test_row second[] = {{1, "d", 1, 7, 1}, {2, "e", 1, 0, 1}};
    tide_load_result total = load_rows(f, "u", first, 3);
    tide_load_result more = load_rows(f, "v", second, 2);
    tide_load_result last = finish(f, 1);
    assert_int_equal(total.loaded + more.loaded + last.loaded, 2);
    assert_int_equal(total.superseded + more.superseded + last.superseded, 3);
    expect(f->path, "SELECT id, name FROM out ORDER BY id", "1|d\n2|c\n");
}

static void test_refusals_while_moving(void **state)
{
    fixture *f = *state;
    execute_sql(f->path,
                "CREATE TABLE out(id INTEGER UNIQUE, name TEXT CHECK (name <> 'bad'), "
                "amount TEXT, at INTEGER, score REAL); INSERT INTO out(id) VALUES (9)");
    f->pipeline.target.mode = TIDE_REPLACE;
    f->pipeline.target.max_rejects = 1;
    const test_row rows[] = {{1, "a", 1, 1, 1}, {2, "bad", 1, 1, 1}, {1, "b", 1, 1, 1}};
    tide_run_row row = run_row(1, TIDE_RUN_COMPLETE);
    tide_load_result result;
    begin(f, 1);
    (void)load_rows(f, "u", rows, 3);
    assert_int_equal(f->sink->vtable->finish(f->sink, &row, &result, &f->err), TIDE_OVER_REJECTS);
    close_all(f);
    expect(f->path, "SELECT id FROM out", "9\n");
    expect(f->path, "SELECT position, sqlstate FROM out_rejects ORDER BY 1",
           "u/2|SQLITE_CONSTRAINT_CHECK\nu/3|SQLITE_CONSTRAINT_UNIQUE\n");
    f->pipeline.target.max_rejects = 2;
    begin(f, 1);
    (void)load_rows(f, "u", rows, 3);
    result = finish(f, 1);
    assert_int_equal(result.loaded, -2); /* they were counted when they were staged */
    assert_int_equal(result.refused, 2);
    expect(f->path, "SELECT id, name FROM out", "1|a\n");
}

static void test_staged_append(void **state)
{
    fixture *f = *state;
    execute_sql(f->path,
                "CREATE TABLE out(id INTEGER, name TEXT, amount TEXT, at INTEGER, "
                "score REAL); INSERT INTO out(id) VALUES (9)");
    f->pipeline.target.staged = true;
    begin(f, 1);
    const test_row rows[] = {{1, "a", 1, 1, 1}, {2, "b", 1, 1, 1}};
    (void)load_rows(f, "u", rows, 2);
    expect(f->path, "SELECT id FROM out", "9\n");
    assert_int_equal(finish(f, 1).loaded, 0);
    expect(f->path, "SELECT id FROM out ORDER BY id", "1\n2\n9\n");
}

static void test_replace_is_refused_by_foreign_keys(void **state)
{
    fixture *f = *state;
    tide_sqlite_options options = {.path = f->path};
    tide_sink_facts facts;
    execute_sql(f->path,
                "CREATE TABLE out(id INTEGER PRIMARY KEY, name TEXT, amount TEXT, "
                "at INTEGER, score REAL);"
                "CREATE TABLE child(out_id REFERENCES Out(id))");
    f->pipeline.target.mode = TIDE_REPLACE;
    must(f, tide_sqlite_sink_open(&options, &f->pipeline.target, &f->sink, &f->err));
    must(f, f->sink->vtable->check(f->sink, &facts, &f->err));
    assert_non_null(strstr(tide_text_c(&facts.problems), "a foreign key of child refers to it"));
    tide_sink_facts_clear(&facts);
}

static tide_load_result load_part(fixture *f, const char *name, const test_row *rows, size_t count,
                                  bool continues)
{
    tide_unit unit;
    tide_load_result result;
    make_unit(&f->pipeline, &unit, name, 1, rows, count);
    unit.continues = continues;
    must(f, f->sink->vtable->load(f->worker, &unit, &result, &f->err));
    tide_unit_clear(&unit);
    return result;
}

static void test_unit_in_parts(void **state)
{
    fixture *f = *state;
    const test_row rows[] = {{1, "a", 1, 1, 1},   {2, "b", 1, 1, NAN}, {3, "c", 1, 1, 1},
                             {1, "dup", 1, 1, 1}, {4, "d", 1, 1, 1},   {5, "e", 1, 1, NAN}};
    execute_sql(f->path,
                "CREATE TABLE out(id INTEGER UNIQUE, name TEXT, amount TEXT, at INTEGER, "
                "score REAL)");
    f->pipeline.target.max_rejects = 3;
    begin(f, 1);
    tide_load_result a = load_part(f, "split", rows, 2, true);
    expect(f->path, "SELECT count(*) FROM out", "0\n");
    expect(f->path, "SELECT count(*) FROM out_rejects", "0\n");
    tide_load_result b = load_part(f, "split", rows + 2, 2, true);
    tide_load_result c = load_part(f, "split", rows + 4, 2, false);
    assert_int_equal(a.loaded + b.loaded + c.loaded, 3);
    assert_int_equal(a.refused + b.refused + c.refused, 3);
    expect(f->path, "SELECT id, name FROM out ORDER BY id", "1|a\n3|c\n4|d\n");
    expect(f->path, "SELECT position, sqlstate FROM out_rejects ORDER BY position",
           "split/2|null\nsplit/4|SQLITE_CONSTRAINT_UNIQUE\nsplit/6|null\n");
    expect(f->path, "SELECT unit, emitted, loaded, refused FROM tidemill_units", "split|6|3|3\n");
    expect(f->path, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'tidemill_parts%'", "0\n");
    /* The same unit again: done, and its parts add up to what it did. */
    a = load_part(f, "split", rows, 4, true);
    b = load_part(f, "split", rows + 4, 2, false);
    assert_int_equal(a.loaded + b.loaded, 3);
    assert_int_equal(a.refused + b.refused, 3);
    expect(f->path, "SELECT count(*) FROM out", "3\n");
}

static void test_abandoned_parts(void **state)
{
    fixture *f = *state;
    const test_row rows[] = {{1, "a", 1, 1, 1}, {2, "b", 1, 1, 1}};
    begin(f, 1);
    f->sink->vtable->abandon(f->worker); /* nothing to do */
    (void)load_part(f, "split", rows, 2, true);
    f->sink->vtable->abandon(f->worker);
    expect(f->path, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'tidemill_parts%'", "0\n");
    (void)load_part(f, "split", rows, 1, true);
    (void)load_part(f, "split", rows + 1, 1, false);
    expect(f->path, "SELECT id FROM out ORDER BY id", "1\n2\n");
}

static void test_parts_over_the_limit(void **state)
{
    fixture *f = *state;
    const test_row rows[] = {{1, "a", 1, 1, NAN}, {2, "b", 1, 1, 1}};
    tide_unit unit;
    tide_load_result result;
    begin(f, 1);
    make_unit(&f->pipeline, &unit, "split", 1, rows, 2);
    unit.continues = true;
    assert_int_equal(f->sink->vtable->load(f->worker, &unit, &result, &f->err), TIDE_OVER_REJECTS);
    tide_unit_clear(&unit);
    expect(f->path, "SELECT position FROM out_rejects", "split/1\n");
    expect(f->path, "SELECT count(*) FROM out", "0\n");
}

static void test_parts_into_staging(void **state)
{
    fixture *f = *state;
    const test_row rows[] = {{1, "a", 1, 1, 1}, {2, "b", 1, 1, 1}, {1, "c", 1, 1, 1}};
    execute_sql(f->path,
                "CREATE TABLE out(id INTEGER UNIQUE, name TEXT, amount TEXT, at INTEGER, "
                "score REAL)");
    f->pipeline.target.mode = TIDE_REPLACE;
    f->pipeline.target.max_rejects = 1;
    begin(f, 1);
    (void)load_part(f, "split", rows, 2, true);
    (void)load_part(f, "split", rows + 2, 1, false);
    assert_int_equal(finish(f, 1).refused, 1);
    expect(f->path, "SELECT id, name FROM out ORDER BY id", "1|a\n2|b\n");
    expect(f->path, "SELECT position FROM out_rejects", "split/3\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_merge_against_reference, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_null_key_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_decimals_compare_as_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_merge_needs_a_unique_index, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_replace_keeps_table_and_swaps_at_finish, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_replace_resumed_begins_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_replace_with_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals_while_moving, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_staged_append, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unit_in_parts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_abandoned_parts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_parts_over_the_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_parts_into_staging, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_replace_is_refused_by_foreign_keys, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Rewinding the embedded sinks: what goes, what stays, and that nothing has changed when memory or
 * a write fails on the way. Names of rows stand for their days. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "rows.h"
#include "sink/csv/csv_sink.h"
#include "sink/csv/part_reader.h"
#include "sink/sqlite/sqlite_sink.h"

#define DAY_COLUMN 1 /* name */
#define UNIT_COUNT 3

typedef struct fixture {
    bool is_csv;
    test_folder folder;
    test_pipeline pipeline;
    tide_sink *sink;
    tide_error err;
} fixture;

static void must(fixture *f, tide_code code)
{
    if (code != TIDE_OK) {
        fail_msg("%s: %s", tide_code_name(code), f->err.message);
    }
}

static void open_sink(fixture *f)
{
    tide_csv_options csv = {.directory = f->folder.path, .busy_ms = 2000};
    tide_sqlite_options sqlite = {.path = in_folder(&f->folder, "tidemill.sqlite"),
                                  .busy_ms = 2000};
    must(f, f->is_csv ? tide_csv_sink_open(&csv, &f->pipeline.target, &f->sink, &f->err)
                      : tide_sqlite_sink_open(&sqlite, &f->pipeline.target, &f->sink, &f->err));
}

static void close_sink(fixture *f)
{
    f->sink->vtable->close(f->sink);
    f->sink = NULL;
}

/* State of series s is of day 19000 + s: 2022-01-09, -10, -11. */
static void load_units(fixture *f, tide_sink_worker *worker)
{
    static const test_row rows[UNIT_COUNT][3] = {
        {{1, "2022-01-07", 1, 1, 1}, {2, "2022-01-08", 1, 1, 1}, {3, NULL, 1, 1, 1}},
        {{4, "2022-01-09", 1, 1, 1}, {5, "2022-01-10", 1, 1, 1}, {6, "2022-01-10", 1, 1, 1}},
        {{7, "2022-01-10", 1, 1, 1}, {8, "2022-01-10", 1, 1, 1}, {9, "2022-01-10", 1, 1, 1}},
    };
    static const char *const names[UNIT_COUNT] = {"u1", "u2", "u3"};
    static const char *const rejects[UNIT_COUNT] = {"s,1/2022-01-09/2.4", "s/2022-01-10/1",
                                                    "in.csv:7"};
    for (int i = 0; i < UNIT_COUNT; i++) {
        tide_unit unit;
        tide_load_result result;
        make_unit(&f->pipeline, &unit, names[i], i + 1, rows[i], 3);
        add_reject(&unit, rejects[i]);
        must(f, f->sink->vtable->load(worker, &unit, &result, &f->err));
        tide_unit_clear(&unit);
    }
}

/* A run of three units that was left open. */
static void make_run(fixture *f, bool is_csv)
{
    *f = (fixture){.is_csv = is_csv};
    make_folder(&f->folder);
    make_pipeline(&f->pipeline);
    f->pipeline.target.day_column = DAY_COLUMN;
    f->pipeline.target.max_rejects = 10;
    tide_run_row row = run_row(1, TIDE_RUN_STARTED);
    tide_sink_worker *worker = NULL;
    open_sink(f);
    must(f, f->sink->vtable->begin(f->sink, &row, &f->err));
    must(f, f->sink->vtable->open_worker(f->sink, &worker, &f->err));
    load_units(f, worker);
    f->sink->vtable->close_worker(worker);
    close_sink(f);
}

static void clear(fixture *f)
{
    clear_pipeline(&f->pipeline);
    remove_folder(&f->folder);
}

static tide_code take_back(fixture *f, tide_rewound *done)
{
    tide_rewind rewind = {
        .day = 19001, .day_end = 1, .late_time_column = 0, .at = 5, .loaded_ever = 9};
    open_sink(f);
    tide_code code = f->sink->vtable->state_rewind(f->sink, &rewind, done, &f->err);
    close_sink(f);
    return code;
}

/* Ids of the rows of a part, as it lies in the folder. */
static void append_ids(const char *path, tide_text *out)
{
    tide_part_reader reader;
    tide_error err;
    tide_str record, cell;
    assert_int_equal(tide_part_reader_open(&reader, path, &err), TIDE_OK);
    assert_int_equal(tide_part_reader_next(&reader, &record, &err), TIDE_OK);
    assert_true(record.size > 0);
    while (tide_part_reader_next(&reader, &record, &err) == TIDE_OK && record.size > 0) {
        assert_true(tide_part_find_cell(record, 0, &cell));
        tide_text_append_str(out, cell);
        tide_text_append(out, "\n");
    }
    tide_part_reader_close(&reader);
}

static char *read_ids(fixture *f)
{
    if (!f->is_csv) {
        return query_text(in_folder(&f->folder, "tidemill.sqlite"),
                          "SELECT id FROM out ORDER BY id");
    }
    tide_text ids;
    tide_text_init(&ids);
    for (int i = 1; i <= UNIT_COUNT; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "out/part-000001-%06d.csv", i);
        append_ids(in_folder(&f->folder, name), &ids);
    }
    char *text = strdup(tide_text_c(&ids));
    tide_text_clear(&ids);
    return text;
}

/* All that a rewind may change. */
static char *read_all(fixture *f)
{
    const char *path = in_folder(&f->folder, "tidemill.sqlite");
    char *ids = read_ids(f);
    char *states =
        query_text(path,
                   "SELECT series, _last_day, _previous_day, _rows, s1_balance IS NULL FROM "
                   "tidemill_state_balances ORDER BY 1");
    char *rejects = query_text(path, "SELECT position FROM out_rejects ORDER BY 1");
    char *runs = query_text(path, "SELECT run, status FROM tidemill_runs ORDER BY 1");
    char *all = NULL;
    assert_true(asprintf(&all, "%s-\n%s-\n%s-\n%s", ids, states, rejects, runs) > 0);
    free(ids);
    free(states);
    free(rejects);
    free(runs);
    return all;
}

static const char rewound[] =
    "1\n2\n3\n4\n-\n"
    "s1|2022-01-09|null|3|0\ns2|2022-01-09|null|-1|1\ns3|2022-01-09|null|-1|1\n-\n"
    "in.csv:7\ns,1/2022-01-09/2.4\n-\n"
    "1|abandoned\n2|rewound\n";

static void test_later_days_go(void **state)
{
    fixture f;
    tide_rewound done;
    make_run(&f, *(bool *)*state);
    must(&f, take_back(&f, &done));
    char *all = read_all(&f);
    assert_string_equal(all, rewound);
    free(all);
    assert_int_equal(done.run, 2);
    assert_int_equal(done.rows_deleted, 5);
    assert_int_equal(done.rejects_deleted, 1);
    assert_int_equal(done.series, 2);
    assert_false(done.table_empty);
    assert_int_equal(query_integer(in_folder(&f.folder, "tidemill.sqlite"),
                                   "SELECT count(*) FROM tidemill_units"),
                     0);
    clear(&f);
}

/* All as before, or, where only the names of CSV files failed, all done. */
static void check_after_failure(fixture *f, const char *before)
{
    char *after = read_all(f);
    bool is_before = strcmp(after, before) == 0;
    bool is_committed = strstr(after, "2|rewound") != NULL;
    assert_true(is_before || is_committed);
    free(after);
    tide_rewound done;
    must(f, take_back(f, &done));
    char *ids = read_ids(f);
    assert_string_equal(ids, "1\n2\n3\n4\n");
    free(ids);
}

static void test_every_allocation(void **state)
{
    size_t nth = 0;
    for (bool reached = true; reached;) {
        fixture f;
        tide_rewound done;
        make_run(&f, *(bool *)*state);
        char *before = read_all(&f);
        tide_rewind rewind = {.day = 19001, .day_end = 1, .at = 5, .loaded_ever = 9};
        open_sink(&f);
        (void)tide_memory_fail_nth(++nth, 0);
        tide_code code = f.sink->vtable->state_rewind(f.sink, &rewind, &done, &f.err);
        reached = tide_memory_fail_nth(0, 0) >= nth;
        close_sink(&f);
        if (code != TIDE_OK) {
            assert_int_equal(code, TIDE_OUT_OF_MEMORY);
        }
        check_after_failure(&f, before);
        free(before);
        clear(&f);
    }
    print_message("%zu allocations\n", nth - 1);
    assert_true(nth > 10);
}

static void test_cells_of_records(void **state)
{
    tide_str cell;
    const tide_str record = TIDE_STR("a,\"b,\"\"\n\",,d\r\n");
    (void)state;
    static const char *const cells[] = {"a", "\"b,\"\"\n\"", "", "d"};
    for (size_t i = 0; i < 4; i++) {
        assert_true(tide_part_find_cell(record, i, &cell));
        assert_int_equal(cell.size, strlen(cells[i]));
        assert_memory_equal(cell.data, cells[i], cell.size);
    }
    assert_false(tide_part_find_cell(record, 4, &cell));
}

int main(void)
{
    static bool is_csv[] = {false, true};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_later_days_go, &is_csv[0]),
        cmocka_unit_test_prestate(test_later_days_go, &is_csv[1]),
        cmocka_unit_test_prestate(test_every_allocation, &is_csv[0]),
        cmocka_unit_test_prestate(test_every_allocation, &is_csv[1]),
        cmocka_unit_test(test_cells_of_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

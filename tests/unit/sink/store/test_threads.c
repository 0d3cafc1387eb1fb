/* SPDX-License-Identifier: Apache-2.0 */
/* Several workers, each with its own thread, loading and reading states at the same time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/thread.h"
#include "rows.h"
#include "sink/csv/csv_sink.h"
#include "sink/sqlite/sqlite_sink.h"
#include "sink/store/db.h"

enum { WORKERS = 4, UNITS = 12, UNIT_ROWS = 200, NEW_DATABASES = 100 };

typedef struct worker_data {
    test_pipeline *pipeline;
    tide_sink *sink;
    int number;
    tide_code code;
    tide_error err;
} worker_data;

static tide_code read_some_states(worker_data *data, tide_sink_worker *worker)
{
    tide_stream *stream;
    tide_batch batch;
    TIDE_TRY(data->sink->vtable->read_states(
        worker, tide_partition_range((uint32_t)data->number, WORKERS), &stream, &data->err));
    tide_code code = stream->vtable->next(stream, &batch, NULL, &data->err);
    stream->vtable->close(stream);
    return code;
}

static tide_code load_units(worker_data *data, tide_sink_worker *worker)
{
    for (int i = 0; i < UNITS; i++) {
        tide_unit unit;
        tide_load_result result;
        char name[32];
        (void)snprintf(name, sizeof name, "w%d/%d", data->number, i);
        make_random_unit(data->pipeline, &unit, name, (uint64_t)i,
                         (data->number * UNITS + i) * UNIT_ROWS, UNIT_ROWS);
        tide_code code = read_some_states(data, worker);
        if (code == TIDE_OK) {
            code = data->sink->vtable->load(worker, &unit, &result, &data->err);
        }
        tide_unit_clear(&unit);
        TIDE_TRY(code);
    }
    return TIDE_OK;
}

static void run_worker(void *argument)
{
    worker_data *data = argument;
    tide_sink_worker *worker = NULL;
    data->code = data->sink->vtable->open_worker(data->sink, &worker, &data->err);
    if (data->code == TIDE_OK) {
        data->code = load_units(data, worker);
        data->sink->vtable->close_worker(worker);
    }
}

static void run_workers(test_pipeline *pipeline, tide_sink *sink)
{
    static worker_data data[WORKERS];
    tide_thread threads[WORKERS];
    tide_error err;
    tide_run_row row = run_row(1, TIDE_RUN_STARTED);
    assert_int_equal(sink->vtable->begin(sink, &row, &err), TIDE_OK);
    for (int i = 0; i < WORKERS; i++) {
        data[i] = (worker_data){.pipeline = pipeline, .sink = sink, .number = i};
        assert_int_equal(tide_thread_start(&threads[i], run_worker, &data[i], &err), TIDE_OK);
    }
    for (int i = 0; i < 20; i++) {
        assert_int_equal(sink->vtable->record(sink, &row, &err), TIDE_OK);
    }
    for (int i = 0; i < WORKERS; i++) {
        tide_thread_join(&threads[i]);
        if (data[i].code != TIDE_OK) {
            fail_msg("%s", data[i].err.message);
        }
    }
    tide_load_result result;
    row.status = TIDE_RUN_COMPLETE;
    assert_int_equal(sink->vtable->finish(sink, &row, &result, &err), TIDE_OK);
    sink->vtable->close(sink);
}

static void run_sqlite(tide_sink_mode mode)
{
    test_folder folder;
    test_pipeline pipeline;
    tide_error err;
    tide_sink *sink;
    make_folder(&folder);
    make_pipeline(&pipeline);
    const char *path = in_folder(&folder, "out.db");
    tide_sqlite_options options = {.path = path};
    pipeline.target.mode = mode;
    pipeline.target.key_count = mode == TIDE_MERGE ? 1 : 0;
    pipeline.target.newest_column = 3;
    assert_int_equal(tide_sqlite_sink_open(&options, &pipeline.target, &sink, &err), TIDE_OK);
    run_workers(&pipeline, sink);
    assert_int_equal(query_integer(path, "SELECT count(DISTINCT id) FROM out"),
                     WORKERS * UNITS * UNIT_ROWS);
    assert_int_equal(query_integer(path, "SELECT count(*) FROM tidemill_state_balances"),
                     WORKERS * UNITS);
    clear_pipeline(&pipeline);
    remove_folder(&folder);
}

static void test_sqlite_append(void **state)
{
    (void)state;
    run_sqlite(TIDE_APPEND);
}

static void test_sqlite_merge(void **state)
{
    (void)state;
    run_sqlite(TIDE_MERGE);
}

static void test_csv(void **state)
{
    test_folder folder;
    test_pipeline pipeline;
    tide_error err;
    tide_sink *sink;
    (void)state;
    make_folder(&folder);
    make_pipeline(&pipeline);
    tide_csv_options options = {.directory = folder.path};
    assert_int_equal(tide_csv_sink_open(&options, &pipeline.target, &sink, &err), TIDE_OK);
    run_workers(&pipeline, sink);
    assert_int_equal(query_integer(in_folder(&folder, "tidemill.sqlite"),
                                   "SELECT sum(row_count) FROM tidemill_files"),
                     WORKERS * UNITS * UNIT_ROWS);
    clear_pipeline(&pipeline);
    remove_folder(&folder);
}

/* Opens a database at the same time as the others do. */
typedef struct opener {
    const char *path;
    tide_atomic *waiting; /* for this many more */
    tide_code code;
    tide_error err;
} opener;

static void open_together(void *argument)
{
    opener *o = argument;
    tide_db db;
    tide_db_options options = {.path = o->path, .access = TIDE_DB_CREATE, .cache_kib = 64};
    (void)tide_atomic_add(o->waiting, -1);
    while (tide_atomic_get(o->waiting) > 0) {
    }
    o->code = tide_db_open(&db, &options, &o->err);
    if (o->code == TIDE_OK) {
        o->code = tide_db_execute(&db, "CREATE TABLE IF NOT EXISTS t (v)", &o->err);
        tide_db_close(&db);
    }
}

/* Pipelines that run at a time make the database of all of them. */
static void test_new_database(void **state)
{
    (void)state;
    test_folder folder;
    make_folder(&folder);
    for (int round = 0; round < NEW_DATABASES; round++) {
        opener openers[WORKERS];
        tide_thread threads[WORKERS];
        tide_atomic waiting = {WORKERS};
        char name[32];
        (void)snprintf(name, sizeof name, "new%d.db", round);
        const char *path = in_folder(&folder, name);
        for (int i = 0; i < WORKERS; i++) {
            openers[i] = (opener){.path = path, .waiting = &waiting};
            tide_error err;
            assert_int_equal(tide_thread_start(&threads[i], open_together, &openers[i], &err),
                             TIDE_OK);
        }
        for (int i = 0; i < WORKERS; i++) {
            tide_thread_join(&threads[i]);
            if (openers[i].code != TIDE_OK) {
                fail_msg("round %d: %s", round, openers[i].err.message);
            }
        }
    }
    remove_folder(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sqlite_append),
        cmocka_unit_test(test_sqlite_merge),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_new_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

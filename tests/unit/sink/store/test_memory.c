/* SPDX-License-Identifier: Apache-2.0 */
/* Out of memory at any allocation, ours or the library's: the operation fails cleanly, nothing is
 * committed by halves, and the next attempt succeeds. */
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "rows.h"
#include "sink/csv/csv_sink.h"
#include "sink/sqlite/sqlite_sink.h"

/* The library's allocations, counted and made to fail likewise. */
static sqlite3_mem_methods plain;
static size_t library_made;
static size_t library_failing;

static bool library_fails(void)
{
    return ++library_made == library_failing;
}

static void *fail_malloc(int bytes)
{
    return library_fails() ? NULL : plain.xMalloc(bytes);
}

static void *fail_realloc(void *block, int bytes)
{
    return library_fails() ? NULL : plain.xRealloc(block, bytes);
}

static void use_failing_library(void)
{
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain), SQLITE_OK);
    sqlite3_mem_methods failing = plain;
    failing.xMalloc = fail_malloc;
    failing.xRealloc = fail_realloc;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &failing), SQLITE_OK);
    assert_int_equal(sqlite3_initialize(), SQLITE_OK);
}

typedef struct scenario {
    bool is_csv;
    tide_sink_mode mode;
    bool has_key;
} scenario;

typedef struct round_data {
    test_folder folder;
    test_pipeline pipeline;
    tide_unit unit;
    tide_error err;
} round_data;

static void make_round(const scenario *plan, round_data *data)
{
    make_folder(&data->folder);
    make_pipeline(&data->pipeline);
    data->pipeline.target.mode = plan->mode;
    data->pipeline.target.key_count = plan->has_key ? 1 : 0;
    data->pipeline.target.newest_column = plan->has_key ? 3 : TIDE_NO_FIELD;
    data->pipeline.target.max_rejects = 5;
    make_random_unit(&data->pipeline, &data->unit, "u", 1, 1, 20);
    add_reject(&data->unit, "a");
}

static void clear_round(round_data *data)
{
    tide_unit_clear(&data->unit);
    clear_pipeline(&data->pipeline);
    remove_folder(&data->folder);
}

static tide_code read_all_states(tide_sink_worker *worker, const tide_sink *sink, tide_error *err)
{
    tide_stream *stream;
    tide_batch batch;
    TIDE_TRY(sink->vtable->read_states(worker, (tide_hash_range){0, UINT64_MAX}, &stream, err));
    tide_code code = stream->vtable->next(stream, &batch, NULL, err);
    stream->vtable->close(stream);
    return code;
}

static tide_code use_worker(tide_sink *sink, tide_sink_worker *worker, round_data *data)
{
    tide_load_result result;
    tide_run_row row = run_row(1, TIDE_RUN_COMPLETE);
    TIDE_TRY(read_all_states(worker, sink, &data->err));
    TIDE_TRY(sink->vtable->load(worker, &data->unit, &result, &data->err));
    return sink->vtable->finish(sink, &row, &result, &data->err);
}

static tide_code use_sink(tide_sink *sink, round_data *data)
{
    tide_sink_facts facts;
    tide_run_row row = run_row(1, TIDE_RUN_STARTED);
    tide_sink_worker *worker = NULL;
    TIDE_TRY(sink->vtable->check(sink, &facts, &data->err));
    tide_sink_facts_clear(&facts);
    TIDE_TRY(sink->vtable->begin(sink, &row, &data->err));
    TIDE_TRY(sink->vtable->open_worker(sink, &worker, &data->err));
    tide_code code = use_worker(sink, worker, data);
    sink->vtable->close_worker(worker);
    return code;
}

static tide_code run_round(const scenario *plan, round_data *data)
{
    tide_sink *sink = NULL;
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", data->folder.path, plan->is_csv ? "" : "o.db");
    tide_csv_options csv = {.directory = path};
    tide_sqlite_options sqlite = {.path = path};
    TIDE_TRY(plan->is_csv
                 ? tide_csv_sink_open(&csv, &data->pipeline.target, &sink, &data->err)
                 : tide_sqlite_sink_open(&sqlite, &data->pipeline.target, &sink, &data->err));
    tide_code code = use_sink(sink, data);
    sink->vtable->close(sink);
    return code;
}

static const char *database(const scenario *plan, const round_data *data)
{
    return in_folder(&data->folder, plan->is_csv ? "tidemill.sqlite" : "o.db");
}

/* After a failure the same run succeeds. */
static void finish_round(const scenario *plan, round_data *data)
{
    const char *path = database(plan, data);
    if (run_round(plan, data) != TIDE_OK) {
        fail_msg("%s", data->err.message);
    }
    assert_int_equal(query_integer(path, "SELECT count(*) FROM out_rejects"), 1);
    assert_int_equal(query_integer(path, "SELECT count(*) FROM tidemill_state_balances"), 1);
    if (!plan->is_csv) {
        assert_int_equal(query_integer(path, "SELECT count(*) FROM out"), 20);
    }
}

static bool is_complete(const scenario *plan, const round_data *data)
{
    const char *path = database(plan, data);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return false;
    }
    (void)fclose(file);
    return query_integer(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'tidemill_runs'") >
               0 &&
           query_integer(path, "SELECT status = 'complete' FROM tidemill_runs") == 1;
}

/* One allocation fails; true when it was reached. */
static bool fail_once(const scenario *plan, size_t nth, bool of_library)
{
    round_data data;
    make_round(plan, &data);
    library_made = 0;
    library_failing = of_library ? nth : 0;
    (void)tide_memory_fail_nth(of_library ? 0 : nth, 0);
    tide_code code = run_round(plan, &data);
    size_t ours = tide_memory_fail_nth(0, 0);
    library_failing = 0;
    bool reached = of_library ? library_made >= nth : ours >= nth;
    if (!reached) {
        assert_int_equal(code, TIDE_OK);
    }
    if (code != TIDE_OK) { /* the library gets by without some of its memory */
        assert_int_equal(code, TIDE_OUT_OF_MEMORY);
        assert_true(strlen(data.err.message) > 0);
        if (!is_complete(plan, &data)) {
            finish_round(plan, &data);
        }
    }
    clear_round(&data);
    return reached;
}

static void test_every_allocation(void **state)
{
    const scenario *plan = *state;
    size_t nth = 1;
    while (fail_once(plan, nth, false)) {
        nth++;
    }
    print_message("%zu allocations of ours", nth - 1);
    size_t step = 1;
    for (nth = 1; fail_once(plan, nth, true); nth += step) {
        step = nth < 50 ? 1 : 61; /* the many of every statement are alike */
    }
    print_message(", about %zu of the library\n", nth);
}

int main(void)
{
    static scenario scenarios[] = {
        {false, TIDE_APPEND, false}, {false, TIDE_MERGE, true},   {false, TIDE_REPLACE, false},
        {true, TIDE_APPEND, false},  {true, TIDE_REPLACE, false},
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_every_allocation, &scenarios[0]),
        cmocka_unit_test_prestate(test_every_allocation, &scenarios[1]),
        cmocka_unit_test_prestate(test_every_allocation, &scenarios[2]),
        cmocka_unit_test_prestate(test_every_allocation, &scenarios[3]),
        cmocka_unit_test_prestate(test_every_allocation, &scenarios[4]),
    };
    use_failing_library();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

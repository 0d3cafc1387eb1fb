/* SPDX-License-Identifier: Apache-2.0 */
/* Lease: one run at a time, taken over from the dead, fenced for ever after; and the write lock
 * held by a process that is stopped. */
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "rows.h"
#include "sink/sqlite/sqlite_sink.h"

typedef struct fixture {
    test_folder folder;
    test_pipeline pipeline;
    char *path;
    tide_error err;
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    make_folder(&f->folder);
    make_pipeline(&f->pipeline);
    f->path = strdup(in_folder(&f->folder, "out.db"));
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    clear_pipeline(&f->pipeline);
    remove_folder(&f->folder);
    free(f->path);
    free(f);
    return 0;
}

static tide_code begin(fixture *f, tide_sink **sink)
{
    tide_sqlite_options options = {.path = f->path, .busy_ms = 300};
    tide_run_row row = run_row(1, TIDE_RUN_STARTED);
    tide_code code = tide_sqlite_sink_open(&options, &f->pipeline.target, sink, &f->err);
    return code != TIDE_OK ? code : (*sink)->vtable->begin(*sink, &row, &f->err);
}

static tide_code load(fixture *f, tide_sink *sink, const char *name, int64_t first_id)
{
    tide_sink_worker *worker;
    tide_unit unit;
    tide_load_result result;
    make_random_unit(&f->pipeline, &unit, name, 1, first_id, 3);
    tide_code code = sink->vtable->open_worker(sink, &worker, &f->err);
    if (code == TIDE_OK) {
        code = sink->vtable->load(worker, &unit, &result, &f->err);
        sink->vtable->close_worker(worker);
    }
    tide_unit_clear(&unit);
    return code;
}

static void test_second_run_names_the_first(void **state)
{
    fixture *f = *state;
    tide_sink *first;
    tide_sink *second;
    char pid[32];
    (void)snprintf(pid, sizeof pid, "process %d;", (int)getpid());
    assert_int_equal(begin(f, &first), TIDE_OK);
    assert_int_equal(begin(f, &second), TIDE_IO);
    assert_non_null(strstr(f->err.message, pid));
    assert_int_equal(second->vtable->state_reset(second, &f->err), TIDE_IO);
    second->vtable->close(second); /* has nothing to release */
    assert_int_equal(load(f, first, "u", 1), TIDE_OK);
    first->vtable->close(first);
    assert_int_equal(begin(f, &second), TIDE_OK);
    second->vtable->close(second);
    assert_int_equal(query_integer(f->path, "SELECT epoch FROM tidemill_lease"), 2);
}

/* Another process begins, and then does what `then` says. */
static pid_t begin_elsewhere(fixture *f, void (*then)(tide_sink *sink))
{
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        tide_sink *sink;
        if (begin(f, &sink) != TIDE_OK) {
            (void)fprintf(stderr, "%s\n", f->err.message);
            _exit(3);
        }
        then(sink);
        (void)!write(ready[1], &byte, 1);
        for (;;) {
            (void)pause();
        }
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
    (void)close(ready[1]);
    return pid;
}

static void end_child(pid_t pid)
{
    int status;
    (void)kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void do_nothing(tide_sink *sink)
{
    (void)sink;
}

static void test_dead_holder_is_taken_over(void **state)
{
    fixture *f = *state;
    tide_sink *sink;
    char text[32];
    pid_t pid = begin_elsewhere(f, do_nothing);
    (void)snprintf(text, sizeof text, "process %d", (int)pid);
    assert_int_equal(begin(f, &sink), TIDE_IO);
    assert_non_null(strstr(f->err.message, text));
    sink->vtable->close(sink);
    end_child(pid);
    assert_int_equal(begin(f, &sink), TIDE_OK);
    sink->vtable->close(sink);
    assert_int_equal(query_integer(f->path, "SELECT epoch FROM tidemill_lease"), 2);
}

/* Who was taken for dead (here: of another boot) and is not writes nothing any more. */
static void test_fenced(void **state)
{
    fixture *f = *state;
    tide_sink *first;
    tide_sink *second;
    tide_load_result result;
    tide_run_row row = run_row(1, TIDE_RUN_COMPLETE);
    assert_int_equal(begin(f, &first), TIDE_OK);
    assert_int_equal(load(f, first, "a", 1), TIDE_OK);
    execute_sql(f->path, "UPDATE tidemill_lease SET holder_boot = 'another'");
    assert_int_equal(begin(f, &second), TIDE_OK);
    assert_int_equal(load(f, first, "b", 10), TIDE_FENCED);
    assert_int_equal(first->vtable->record(first, &row, &f->err), TIDE_FENCED);
    assert_int_equal(first->vtable->finish(first, &row, &result, &f->err), TIDE_FENCED);
    first->vtable->close(first); /* leaves the other's lease alone */
    assert_int_equal(load(f, second, "b", 20), TIDE_OK);
    second->vtable->close(second);
    assert_int_equal(query_integer(f->path, "SELECT count(*) FROM out"), 6);
    assert_int_equal(query_integer(f->path, "SELECT max(id) FROM out"), 22);
}

static void test_unseen_holder_is_given_time(void **state)
{
    fixture *f = *state;
    tide_sink *first;
    tide_sink *second;
    assert_int_equal(begin(f, &first), TIDE_OK);
    execute_sql(f->path, "UPDATE tidemill_lease SET holder_namespace = 1");
    assert_int_equal(begin(f, &second), TIDE_IO);
    assert_non_null(strstr(f->err.message, "another container"));
    second->vtable->close(second);
    execute_sql(f->path, "UPDATE tidemill_lease SET renewed_at = renewed_at - 61000000");
    assert_int_equal(begin(f, &second), TIDE_OK);
    second->vtable->close(second);
    first->vtable->close(first);
}

/* Of another boot and another host: a machine that sees the same directory. */
static void test_other_host_is_given_time(void **state)
{
    fixture *f = *state;
    tide_sink *first;
    tide_sink *second;
    assert_int_equal(begin(f, &first), TIDE_OK);
    execute_sql(f->path,
                "UPDATE tidemill_lease SET holder_boot = 'another', holder_host = 'elsewhere'");
    assert_int_equal(begin(f, &second), TIDE_IO);
    assert_non_null(strstr(f->err.message, "host elsewhere"));
    second->vtable->close(second);
    execute_sql(f->path, "UPDATE tidemill_lease SET renewed_at = renewed_at - 61000000");
    assert_int_equal(begin(f, &second), TIDE_OK);
    assert_int_equal(load(f, first, "b", 10), TIDE_FENCED);
    first->vtable->close(first);
    second->vtable->close(second);
}

static void test_file_of_an_earlier_version_gets_hosts(void **state)
{
    fixture *f = *state;
    tide_sink *sink;
    assert_int_equal(begin(f, &sink), TIDE_OK);
    sink->vtable->close(sink);
    execute_sql(f->path, "ALTER TABLE tidemill_lease DROP COLUMN holder_host");
    assert_int_equal(begin(f, &sink), TIDE_OK);
    assert_int_equal(
        query_integer(f->path, "SELECT count(*) FROM tidemill_lease WHERE holder_host <> ''"), 1);
    sink->vtable->close(sink);
}

static void take_write_lock(fixture *f)
{
    sqlite3 *db;
    if (sqlite3_open(f->path, &db) != SQLITE_OK ||
        sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK) {
        _exit(4);
    }
}

static void test_stopped_writer_is_named(void **state)
{
    fixture *f = *state;
    tide_sink *sink;
    char text[64];
    int ready[2];
    char byte = 0;
    int status;
    assert_int_equal(begin(f, &sink), TIDE_OK);
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        take_write_lock(f);
        (void)!write(ready[1], &byte, 1);
        for (;;) {
            (void)pause();
        }
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    (void)kill(pid, SIGSTOP);
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_int_equal(load(f, sink, "u", 1), TIDE_IO);
    (void)snprintf(text, sizeof text, "locked by process %d, which is stopped", (int)pid);
    if (strstr(f->err.message, text) == NULL) {
        fail_msg("%s", f->err.message);
    }
    tide_cancel_raise(&f->pipeline.cancel, TIDE_STOP_NOW);
    assert_int_equal(load(f, sink, "u", 1), TIDE_CANCELLED);
    end_child(pid);
    (void)close(ready[0]);
    (void)close(ready[1]);
    sink->vtable->close(sink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_second_run_names_the_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dead_holder_is_taken_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fenced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unseen_holder_is_given_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_host_is_given_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_file_of_an_earlier_version_gets_hosts, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_stopped_writer_is_named, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

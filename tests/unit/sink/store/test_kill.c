/* SPDX-License-Identifier: Apache-2.0 */
/* Killed at every fault point, then run again: SQLite and CSV must hold what an undisturbed run
 * leaves, and in between only whole units. The child is this program, started anew, so that its
 * fault plan is read from its own environment. Without fault points compiled in only the
 * undisturbed run is looked at. */
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "rows.h"
#include "sink/csv/csv_sink.h"
#include "sink/sqlite/sqlite_sink.h"

enum { UNITS = 4, UNIT_ROWS = 30 };

typedef struct scenario {
    const char *name;
    bool is_csv;
    tide_sink_mode mode;
    bool staged;
    bool has_state;
    bool in_parts; /* each unit in three */
} scenario;

static const scenario scenarios[] = {
    {"sqlite-append", false, TIDE_APPEND, false, true, false},
    {"sqlite-replace", false, TIDE_REPLACE, false, true, false},
    {"sqlite-staged", false, TIDE_APPEND, true, false, false},
    {"csv-append", true, TIDE_APPEND, false, true, false},
    {"csv-replace", true, TIDE_REPLACE, false, true, false},
    {"csv-staged", true, TIDE_APPEND, true, false, false},
    {"sqlite-parts", false, TIDE_APPEND, false, false, true},
    {"csv-parts", true, TIDE_APPEND, false, false, true},
    {"sqlite-staged-parts", false, TIDE_REPLACE, true, false, true},
};

static const scenario *find_scenario(const char *name)
{
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
        if (strcmp(scenarios[i].name, name) == 0) {
            return &scenarios[i];
        }
    }
    return NULL;
}

static void make_scenario(const scenario *plan, test_pipeline *pipeline)
{
    make_pipeline(pipeline);
    pipeline->target.mode = plan->mode;
    pipeline->target.staged = plan->staged;
    pipeline->target.max_rejects = 100;
    if (!plan->has_state) {
        pipeline->target.state = NULL;
    }
}

static void die(const char *what, const tide_error *err)
{
    (void)fprintf(stderr, "%s: %s\n", what, err->message);
    _exit(7);
}

static tide_sink *open_scenario(const scenario *plan, const char *folder, test_pipeline *pipeline)
{
    static char path[512];
    tide_error err;
    tide_sink *sink = NULL;
    (void)snprintf(path, sizeof path, "%s%s", folder, plan->is_csv ? "" : "/out.db");
    tide_csv_options csv = {.directory = path};
    tide_sqlite_options sqlite = {.path = path};
    tide_code code = plan->is_csv ? tide_csv_sink_open(&csv, &pipeline->target, &sink, &err)
                                  : tide_sqlite_sink_open(&sqlite, &pipeline->target, &sink, &err);
    if (code != TIDE_OK) {
        die("open", &err);
    }
    return sink;
}

static void load_part(tide_sink_worker *worker, const tide_sink *sink, tide_unit *unit)
{
    tide_error err;
    tide_load_result result;
    if (sink->vtable->load(worker, unit, &result, &err) != TIDE_OK) {
        die("load", &err);
    }
    tide_unit_clear(unit);
}

static void load_unit(tide_sink_worker *worker, const tide_sink *sink, test_pipeline *pipeline,
                      int number, bool in_parts)
{
    test_row rows[UNIT_ROWS];
    tide_unit unit;
    char name[16];
    int first = 0;
    for (int i = 0; i < UNIT_ROWS; i++) {
        rows[i] = (test_row){number * 100 + i, "a", i, i, i};
    }
    (void)snprintf(name, sizeof name, "u%d", number);
    for (; in_parts && first < 20; first += 10) {
        make_unit(pipeline, &unit, name, number, rows + first, 10);
        unit.continues = true;
        load_part(worker, sink, &unit);
    }
    make_unit(pipeline, &unit, name, number, rows + first, (size_t)(UNIT_ROWS - first));
    if (pipeline->target.state != NULL && pipeline->target.mode == TIDE_APPEND) {
        add_late_row(pipeline, &unit, number);
    }
    add_reject(&unit, name);
    load_part(worker, sink, &unit);
}

/* The run: begins or resumes run 1, loads all units, finishes. */
static void run_all(const scenario *plan, const char *folder, int unit_count)
{
    test_pipeline pipeline;
    tide_error err;
    tide_run_row rows[1];
    size_t count = 0;
    make_scenario(plan, &pipeline);
    tide_sink *sink = open_scenario(plan, folder, &pipeline);
    if (sink->vtable->read_runs(sink, 1, rows, &count, &err) != TIDE_OK) {
        die("read_runs", &err);
    }
    bool complete = count == 1 && rows[0].status == TIDE_RUN_COMPLETE;
    if (count == 1) {
        tide_run_row_clear(&rows[0]);
    }
    if (complete && !plan->is_csv) {
        sink->vtable->close(sink);
        clear_pipeline(&pipeline);
        return;
    }
    int64_t number = complete && plan->is_csv && plan->mode == TIDE_REPLACE ? 2 : 1;
    tide_run_row row = run_row(number, TIDE_RUN_STARTED);
    tide_sink_worker *worker = NULL;
    tide_load_result result;
    /* CSV: begin also of a complete run, as it completes renames and swaps. */
    if (sink->vtable->begin(sink, &row, &err) != TIDE_OK ||
        sink->vtable->open_worker(sink, &worker, &err) != TIDE_OK) {
        die("begin", &err);
    }
    for (int i = 0; i < unit_count && (!complete || number == 2); i++) {
        load_unit(worker, sink, &pipeline, i, plan->in_parts);
    }
    row.status = TIDE_RUN_COMPLETE;
    sink->vtable->close_worker(worker);
    if ((!complete || number == 2) && sink->vtable->finish(sink, &row, &result, &err) != TIDE_OK) {
        die("finish", &err);
    }
    if (complete && number == 1 && sink->vtable->record(sink, &row, &err) != TIDE_OK) {
        die("record", &err);
    }
    sink->vtable->close(sink);
    clear_pipeline(&pipeline);
}

/* Runs the scenario in a process of its own; gives its wait status. */
static int run_child(const scenario *plan, const char *folder, const char *fault, const char *log)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)(fault == NULL ? unsetenv("TIDEMILL_FAULT") : setenv("TIDEMILL_FAULT", fault, 1));
        (void)(log == NULL ? unsetenv("TIDEMILL_FAULT_LOG") : setenv("TIDEMILL_FAULT_LOG", log, 1));
        char child[] = "child";
        char *arguments[] = {child, (char *)(uintptr_t)plan->name, (char *)(uintptr_t)folder, NULL};
        (void)execv("/proc/self/exe", arguments);
        _exit(8);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted lines of all parts, without their headers. */
static char *csv_text(const char *folder)
{
    char pattern[512];
    char *lines[4096];
    size_t count = 0;
    glob_t found;
    (void)snprintf(pattern, sizeof pattern, "%s/out/part-*.csv", folder);
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            char line[512];
            FILE *file = fopen(found.gl_pathv[i], "r");
            assert_non_null(fgets(line, sizeof line, file));
            assert_string_equal(line, "id,name,amount,at,score\r\n");
            while (fgets(line, sizeof line, file) != NULL) {
                lines[count++] = strdup(line);
            }
            (void)fclose(file);
        }
    }
    globfree(&found);
    qsort(lines, count, sizeof *lines, compare_lines);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (size_t i = 0; i < count; i++) {
        (void)fputs(lines[i], out);
        free(lines[i]);
    }
    (void)fclose(out);
    return text;
}

static const char *database(const scenario *plan, const char *folder)
{
    static char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, plan->is_csv ? "tidemill.sqlite" : "out.db");
    return path;
}

static void append(char **text, char *more)
{
    size_t size = strlen(*text) + strlen(more) + 1;
    *text = realloc(*text, size);
    (void)strncat(*text, more, size - strlen(*text) - 1);
    free(more);
}

/* Everything that must be equal whatever was killed. */
static char *dump(const scenario *plan, const char *folder)
{
    const char *path = database(plan, folder);
    char *text =
        plan->is_csv ? csv_text(folder) : query_text(path, "SELECT * FROM out ORDER BY id");
    append(&text, query_text(path,
                             "SELECT pipeline, stage, position, step, column_name, reason, "
                             "sqlstate, row_values, undone "
                             "FROM out_rejects ORDER BY 1, 2, 3"));
    if (plan->has_state && plan->mode == TIDE_APPEND) {
        append(&text, query_text(path, "SELECT * FROM out_late ORDER BY 1"));
    }
    append(&text, query_text(path, "SELECT status FROM tidemill_runs ORDER BY run DESC LIMIT 1"));
    append(&text, query_text(path, "SELECT * FROM tidemill_units"));
    append(&text, query_text(path,
                             "SELECT name FROM sqlite_schema WHERE name LIKE '%staged%' OR "
                             "name LIKE '%parts%'"));
    append(&text, query_text(path, "PRAGMA integrity_check"));
    if (plan->has_state) {
        append(&text, query_text(path, "SELECT * FROM tidemill_state_balances ORDER BY 1"));
    }
    return text;
}

static void look_for_leftovers(const scenario *plan, const char *folder)
{
    static const char *const patterns[] = {"out/.*.tmp", ".out.stage-*"};
    for (size_t i = 0; plan->is_csv && i < 2; i++) {
        char pattern[512];
        glob_t found;
        (void)snprintf(pattern, sizeof pattern, "%s/%s", folder, patterns[i]);
        assert_int_equal(glob(pattern, 0, NULL, &found), GLOB_NOMATCH);
        globfree(&found);
    }
}

static size_t count_lines(const char *text)
{
    size_t lines = 0;
    for (const char *c = text; *c != '\0'; c++) {
        lines += *c == '\n';
    }
    return lines;
}

/* What a reader sees right after a kill: whole units, and all or none of what is swapped in. Parts
 * of a staged CSV append get their names one after the other. */
static void look_at_rows(const scenario *plan, const char *folder)
{
    const char *path = database(plan, folder);
    char *rows;
    if (plan->is_csv) {
        rows = csv_text(folder);
    } else if (access(path, F_OK) != 0 ||
               query_integer(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'out'") == 0) {
        return;
    } else {
        rows = query_text(path, "SELECT * FROM out");
        if (plan->mode == TIDE_APPEND && plan->has_state) {
            int64_t states = query_integer(path, "SELECT count(*) FROM tidemill_state_balances");
            assert_int_equal(count_lines(rows), states * UNIT_ROWS);
            assert_int_equal(query_integer(path, "SELECT count(*) FROM out_late"), states);
            assert_int_equal(query_integer(path, "SELECT count(*) FROM out_rejects"), states);
        }
    }
    size_t count = count_lines(rows);
    assert_int_equal(count % UNIT_ROWS, 0);
    if (plan->mode == TIDE_REPLACE || (plan->staged && !plan->is_csv)) {
        assert_true(count == 0 || count == (size_t)UNITS * UNIT_ROWS);
    }
    free(rows);
}

static size_t count_points(const char *log)
{
    size_t lines = 0;
    FILE *file = fopen(log, "r");
    for (int c = file == NULL ? EOF : fgetc(file); c != EOF; c = fgetc(file)) {
        lines += c == '\n';
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return lines;
}

static void kill_at(const scenario *plan, size_t point, const char *wanted)
{
    test_folder folder;
    char fault[32];
    make_folder(&folder);
    (void)snprintf(fault, sizeof fault, "*:%zu", point);
    int status = run_child(plan, folder.path, fault, NULL);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    look_at_rows(plan, folder.path);
    assert_int_equal(run_child(plan, folder.path, NULL, NULL), 0);
    char *text = dump(plan, folder.path);
    if (strcmp(text, wanted) != 0) {
        fail_msg("%s killed at point %zu: wanted\n%s\nfound\n%s", plan->name, point, wanted, text);
    }
    free(text);
    look_for_leftovers(plan, folder.path);
    remove_folder(&folder);
}

static void test_scenario(void **state)
{
    const scenario *plan = *state;
    test_folder folder;
    make_folder(&folder);
    char *log = strdup(in_folder(&folder, "points.log"));
    assert_int_equal(run_child(plan, folder.path, NULL, log), 0);
    char *wanted = dump(plan, folder.path);
    size_t points = count_points(log);
    assert_true(count_lines(wanted) > (size_t)UNITS * UNIT_ROWS);
    remove_folder(&folder);
    print_message("%s: %zu points\n", plan->name, points);
    for (size_t point = 1; point <= points; point++) {
        kill_at(plan, point, wanted);
    }
    free(wanted);
    free(log);
}

/* Operations that fail instead: the run fails, the next one is as if nothing had been. */
static void test_failing_operations(void **state)
{
    static const char *const faults[] = {"csv.write:2:error", "csv.fsync:3:error",
                                         "csv.rename.before:2:error"};
    const scenario *plan = find_scenario("csv-append");
    (void)state;
    test_folder folder;
    make_folder(&folder);
    assert_int_equal(run_child(plan, folder.path, NULL, NULL), 0);
    char *wanted = dump(plan, folder.path);
    remove_folder(&folder);
    for (size_t i = 0; i < 3; i++) {
        make_folder(&folder);
        int status = run_child(plan, folder.path, faults[i], NULL);
        assert_true(WIFEXITED(status));
        look_at_rows(plan, folder.path);
        assert_int_equal(run_child(plan, folder.path, NULL, NULL), 0);
        char *text = dump(plan, folder.path);
        assert_string_equal(text, wanted);
        free(text);
        look_for_leftovers(plan, folder.path);
        remove_folder(&folder);
    }
    free(wanted);
}

int main(int count, char **arguments)
{
    if (count == 3 && strcmp(arguments[0], "child") == 0) {
        run_all(find_scenario(arguments[1]), arguments[2], UNITS);
        return 0;
    }
    struct CMUnitTest tests[sizeof scenarios / sizeof scenarios[0] + 1];
    size_t test_count = 0;
    for (; test_count < sizeof scenarios / sizeof scenarios[0]; test_count++) {
        tests[test_count] = (struct CMUnitTest){
            .name = scenarios[test_count].name,
            .test_func = test_scenario,
            .initial_state = (void *)(uintptr_t)&scenarios[test_count],
        };
    }
    tests[test_count++] = (struct CMUnitTest)cmocka_unit_test(test_failing_operations);
    return _cmocka_run_group_tests("kill", tests, test_count, NULL, NULL);
}

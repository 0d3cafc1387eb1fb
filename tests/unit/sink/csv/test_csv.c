/* SPDX-License-Identifier: Apache-2.0 */
/* CSV: the text of every type, what check finds, generations, rejects, reset and accept. */
#include <glob.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../store/rows.h"
#include "base/memory.h"
#include "sink/csv/csv_encoder.h"
#include "sink/csv/csv_sink.h"

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
    f->path = strdup(in_folder(&f->folder, "set"));
    *state = f;
    return 0;
}

static void open_sink(fixture *f)
{
    tide_csv_options options = {.directory = f->path, .busy_ms = 2000};
    must(f, tide_csv_sink_open(&options, &f->pipeline.target, &f->sink, &f->err));
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

/* Contents of all parts, by name. */
static char *parts(const fixture *f)
{
    char *text = NULL;
    size_t size = 0;
    glob_t found;
    char pattern[512];
    FILE *out = open_memstream(&text, &size);
    (void)snprintf(pattern, sizeof pattern, "%s/out/*.csv", f->path);
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            FILE *file = fopen(found.gl_pathv[i], "r");
            for (int c = fgetc(file); c != EOF; c = fgetc(file)) {
                (void)fputc(c, out);
            }
            (void)fclose(file);
        }
        globfree(&found);
    }
    (void)fclose(out);
    return text;
}

static void expect_parts(const fixture *f, const char *wanted)
{
    char *text = parts(f);
    assert_string_equal(text, wanted);
    free(text);
}

#define HEADER "id,name,amount,at,score\r\n"

static void test_fields(void **state)
{
    fixture *f = *state;
    const test_row rows[] = {
        {1, "plain", 1250, 0, 0.1},    {2, "", -1, 1, INFINITY},
        {3, NULL, 0, -1, NAN},         {4, "a,b \"c\"\r\nd", 99, 1711922400123000, -0.0},
        {5, "\"", 1, 1, 1e300},        {6, "\"\"x\"", 1, 1, 5e-324},
        {7, " \xc5\xbc;'", 1, 1, 100},
    };
    begin(f, 1);
    assert_int_equal(load_rows(f, "u", rows, 7).loaded, 7);
    expect_parts(f, HEADER
                 "1,plain,12.50,1970-01-01T00:00:00Z,0.1\r\n"
                 "2,\"\",-0.01,1970-01-01T00:00:00.000001Z,Infinity\r\n"
                 "3,,0.00,1969-12-31T23:59:59.999999Z,NaN\r\n"
                 "4,\"a,b \"\"c\"\"\r\nd\",0.99,2024-03-31T22:00:00.123Z,-0\r\n"
                 "5,\"\"\"\",0.01,1970-01-01T00:00:00.000001Z,1e+300\r\n"
                 "6,\"\"\"\"\"x\"\"\",0.01,1970-01-01T00:00:00.000001Z,5e-324\r\n"
                 "7, \xc5\xbc;',0.01,1970-01-01T00:00:00.000001Z,100\r\n");
}

/* The other types, by the encoder alone. */
static void test_other_types(void **state)
{
    static const tide_type_id ids[] = {TIDE_BOOL,  TIDE_INT32, TIDE_DATE, TIDE_UUID,
                                       TIDE_BYTES, TIDE_JSON,  TIDE_INT64};
    tide_schema schema;
    tide_builder builder;
    tide_batch batch;
    tide_csv_encoder encoder;
    tide_text out;
    tide_error err;
    tide_column columns[7];
    uint8_t uuid[16] = {0x12, 0x3e, 0x45, 0x67, 0xe8, 0x9b, 0x12, 0xd3,
                        0xa4, 0x56, 0x42, 0x66, 0x14, 0x17, 0x40, 0xff};
    (void)state;
    tide_schema_init(&schema);
    for (size_t i = 0; i < 7; i++) {
        char name[8];
        (void)snprintf(name, sizeof name, "%s%zu", i == 0 ? "a," : "c", i);
        assert_int_equal(tide_schema_add(&schema, name, (tide_type){.id = ids[i]}, false, &err), 0);
    }
    assert_int_equal(tide_builder_init(&builder, &schema, &err), 0);
    static const tide_str blobs[] = {
        {"", 0}, {"f", 1}, {"fo", 2}, {"foo", 3}, {"\0\xff\xfe\x01", 4}};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(tide_append_bool(&builder.columns[0], i % 2 == 0, &err), 0);
        assert_int_equal(tide_append_int32(&builder.columns[1], i == 0 ? INT32_MIN : i, &err), 0);
        assert_int_equal(tide_append_int32(&builder.columns[2], 19813 * (1 - i), &err), 0);
        assert_int_equal(tide_append_uuid(&builder.columns[3], uuid, &err), 0);
        assert_int_equal(tide_append_str(&builder.columns[4], blobs[i], &err), 0);
        assert_int_equal(tide_append_str(&builder.columns[5], TIDE_STR("{\"a\":1}"), &err), 0);
        assert_int_equal(
            tide_append_int64(&builder.columns[6], i == 0 ? INT64_MIN : INT64_MAX, &err), 0);
        tide_builder_end_row(&builder);
    }
    tide_batch_init(&batch);
    assert_int_equal(tide_builder_view(&builder, &batch, &err), 0);
    tide_batch_columns(&batch, columns);
    assert_int_equal(tide_csv_encoder_init(&encoder, &schema, &err), 0);
    assert_string_equal(tide_text_c(&encoder.header), "\"a,0\",c1,c2,c3,c4,c5,c6\r\n");
    tide_text_init(&out);
    for (int64_t row = 0; row < 5; row++) {
        tide_csv_encode_row(&encoder, columns, row, &out);
    }
#define REST ",\"{\"\"a\"\":1}\","
#define UUID "123e4567-e89b-12d3-a456-4266141740ff"
    assert_string_equal(tide_text_c(&out),
                        "true,-2147483648,2024-03-31," UUID ",\"\"" REST
                        "-9223372036854775808\r\n"
                        "false,1,1970-01-01," UUID ",Zg==" REST
                        "9223372036854775807\r\n"
                        "true,2,1915-10-04," UUID ",Zm8=" REST
                        "9223372036854775807\r\n"
                        "false,3,1861-07-05," UUID ",Zm9v" REST
                        "9223372036854775807\r\n"
                        "true,4,1807-04-07," UUID ",AP/+AQ==" REST "9223372036854775807\r\n");
    tide_text_clear(&out);
    tide_csv_encoder_clear(&encoder);
    tide_batch_clear(&batch);
    tide_builder_clear(&builder);
    tide_schema_clear(&schema);
}

static void test_names_and_modes_of_files(void **state)
{
    fixture *f = *state;
    struct stat status;
    const test_row row = {1, "a", 1, 1, 1};
    mode_t mask = umask(022);
    begin(f, 12);
    (void)load_rows(f, "u", &row, 1);
    (void)load_rows(f, "v", &row, 1);
    (void)load_rows(f, "empty", &row, 0);
    (void)umask(mask);
    char path[512];
    (void)snprintf(path, sizeof path, "%s/out/part-000012-000002.csv", f->path);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0644);
    (void)snprintf(path, sizeof path, "%s/out/part-000012-000003.csv", f->path);
    assert_int_equal(stat(path, &status), -1);
}

static void test_nul_is_refused(void **state)
{
    fixture *f = *state;
    tide_unit unit;
    tide_load_result result;
    const test_row rows[] = {{1, "ab", 1, 1, 1}, {2, "cd", 1, 1, 1}};
    begin(f, 1);
    make_unit(&f->pipeline, &unit, "u", 1, rows, 2);
    tide_column columns[5];
    tide_batch_columns(&unit.chunks[0].batch, columns);
    ((char *)(uintptr_t)columns[1].data)[3] = '\0';
    assert_int_equal(f->sink->vtable->load(f->worker, &unit, &result, &f->err), TIDE_OVER_REJECTS);
    expect_parts(f, "");
    f->pipeline.target.max_rejects = 1;
    must(f, f->sink->vtable->load(f->worker, &unit, &result, &f->err));
    assert_int_equal(result.loaded, 1);
    assert_int_equal(result.refused, 1);
    tide_unit_clear(&unit);
    expect_parts(f, HEADER "1,ab,0.01,1970-01-01T00:00:00.000001Z,1\r\n");
    char *text = query_text(in_folder(&f->folder, "set/tidemill.sqlite"),
                            "SELECT stage, position, column_name FROM out_rejects");
    assert_string_equal(text, "load|s1/2022-01-09/2|name\n");
    free(text);
}

static void test_replace(void **state)
{
    fixture *f = *state;
    const test_row old = {1, "old", 1, 1, 1};
    const test_row new = {2, "new", 1, 1, 1};
    begin(f, 1);
    (void)load_rows(f, "u", &old, 1);
    (void)finish(f, 1);
    close_all(f);
    f->pipeline.target.mode = TIDE_REPLACE;
    begin(f, 2);
    assert_int_equal(load_rows(f, "u", &new, 1).loaded, 1);
    expect_parts(f, HEADER "1,old,0.01,1970-01-01T00:00:00.000001Z,1\r\n");
    assert_int_equal(finish(f, 2).loaded, 0);
    close_all(f);
    expect_parts(f, HEADER "2,new,0.01,1970-01-01T00:00:00.000001Z,1\r\n" HEADER);
    begin(f, 3); /* replaced by nothing: a header is left */
    (void)finish(f, 3);
    expect_parts(f, HEADER);
}

static void test_unit_in_parts(void **state)
{
    fixture *f = *state;
    tide_unit unit;
    tide_load_result result;
    const test_row rows[] = {{1, "a", 1, 1, 1}, {2, "b", 1, 1, 1}};
    begin(f, 1);
    make_unit(&f->pipeline, &unit, "u", 1, rows, 1);
    unit.continues = true;
    for (int i = 0; i < 2; i++) { /* abandoned the first time */
        must(f, f->sink->vtable->load(f->worker, &unit, &result, &f->err));
        assert_int_equal(result.loaded, 1);
        expect_parts(f, "");
        if (i == 0) {
            f->sink->vtable->abandon(f->worker);
        }
    }
    tide_unit_clear(&unit);
    assert_int_equal(load_rows(f, "u", rows + 1, 1).loaded, 1);
    expect_parts(f, HEADER
                 "1,a,0.01,1970-01-01T00:00:00.000001Z,1\r\n"
                 "2,b,0.01,1970-01-01T00:00:00.000001Z,1\r\n");
    assert_int_equal(query_integer(in_folder(&f->folder, "set/tidemill.sqlite"),
                                   "SELECT row_count FROM tidemill_files"),
                     2);
}

static tide_sink_facts check(fixture *f)
{
    tide_sink_facts facts;
    open_sink(f);
    must(f, f->sink->vtable->check(f->sink, &facts, &f->err));
    close_all(f);
    return facts;
}

static void test_check(void **state)
{
    fixture *f = *state;
    const test_row row = {1, "a", 1, 1, 1};
    tide_sink_facts facts = check(f);
    assert_true(!facts.table_exists && facts.table_empty && !facts.state_exists);
    tide_sink_facts_clear(&facts);
    assert_int_equal(access(f->path, F_OK), -1);
    begin(f, 1);
    (void)load_rows(f, "u", &row, 1);
    (void)finish(f, 1);
    close_all(f);
    facts = check(f);
    assert_true(facts.table_exists && !facts.table_empty && facts.state_exists && facts.same_table);
    tide_sink_facts_clear(&facts);
    assert_int_equal(unlink(in_folder(&f->folder, "set/out/part-000001-000001.csv")), 0);
    facts = check(f);
    assert_true(facts.table_empty && facts.state_exists && !facts.same_table);
    tide_sink_facts_clear(&facts);
    open_sink(f);
    must(f, f->sink->vtable->state_accept(f->sink, &f->err));
    close_all(f);
    facts = check(f);
    assert_true(facts.same_table);
    tide_sink_facts_clear(&facts);
}

static void test_merge_is_refused(void **state)
{
    fixture *f = *state;
    f->pipeline.target.mode = TIDE_MERGE;
    f->pipeline.target.key_count = 1;
    f->pipeline.target.newest_column = 3;
    tide_sink_facts facts = check(f);
    assert_non_null(strstr(tide_text_c(&facts.problems), "CSV has append and replace"));
    tide_sink_facts_clear(&facts);
    tide_run_row row = run_row(1, TIDE_RUN_STARTED);
    open_sink(f);
    assert_int_equal(f->sink->vtable->begin(f->sink, &row, &f->err), TIDE_BAD_CONFIG);
}

static void test_replace_spares_strangers(void **state)
{
    fixture *f = *state;
    f->pipeline.target.mode = TIDE_REPLACE;
    assert_int_equal(mkdir(f->path, 0777), 0);
    assert_int_equal(mkdir(in_folder(&f->folder, "set/out"), 0777), 0);
    FILE *file = fopen(in_folder(&f->folder, "set/out/notes.txt"), "w");
    (void)fclose(file);
    tide_sink_facts facts = check(f);
    assert_non_null(strstr(tide_text_c(&facts.problems), "notes.txt"));
    assert_false(facts.table_empty);
    tide_sink_facts_clear(&facts);
}

static void test_reset(void **state)
{
    fixture *f = *state;
    const test_row row = {1, "a", 1, 1, 1};
    begin(f, 1);
    (void)load_rows(f, "u", &row, 1);
    (void)finish(f, 1);
    close_all(f);
    open_sink(f);
    must(f, f->sink->vtable->state_reset(f->sink, &f->err));
    close_all(f);
    expect_parts(f, "");
    tide_sink_facts facts = check(f);
    assert_true(facts.table_empty && !facts.state_exists && facts.fingerprint == NULL);
    tide_sink_facts_clear(&facts);
    begin(f, 2);
    (void)load_rows(f, "u", &row, 1);
    expect_parts(f, HEADER "1,a,0.01,1970-01-01T00:00:00.000001Z,1\r\n");
}

static void test_bad_names(void **state)
{
    static const char *const names[] = {"", ".", "../x", "a/b", ".hidden", "tidemill.sqlite"};
    fixture *f = *state;
    tide_csv_options options = {.directory = f->path};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        f->pipeline.target.table = names[i];
        assert_int_equal(tide_csv_sink_open(&options, &f->pipeline.target, &f->sink, &f->err),
                         TIDE_BAD_CONFIG);
    }
    f->sink = NULL;
}

/* A file may grow to 20 kB: the part doesn't fit, nothing of the unit stays. */
static void test_no_room(void **state)
{
    fixture *f = *state;
    struct rlimit before;
    tide_unit unit;
    tide_load_result result;
    const test_row row = {1, "a", 1, 1, 1};
    begin(f, 1);
    (void)load_rows(f, "u", &row, 1);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit small = {20000, before.rlim_max};
    (void)signal(SIGXFSZ, SIG_IGN);
    make_random_unit(&f->pipeline, &unit, "big", 1, 1, 5000);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    tide_code code = f->sink->vtable->load(f->worker, &unit, &result, &f->err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(code, TIDE_IO);
    assert_non_null(strstr(f->err.message, "nothing of this unit was committed"));
    expect_parts(f, HEADER "1,a,0.01,1970-01-01T00:00:00.000001Z,1\r\n");
    must(f, f->sink->vtable->load(f->worker, &unit, &result, &f->err));
    assert_int_equal(result.loaded, 5000);
    tide_unit_clear(&unit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fields, set_up, tear_down),
        cmocka_unit_test(test_other_types),
        cmocka_unit_test_setup_teardown(test_names_and_modes_of_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nul_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_replace, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unit_in_parts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_check, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_merge_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_replace_spares_strangers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reset, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_room, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns, members, changed files, want of memory. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "file_fixture.h"

static fixture f;

static int begin(void **state)
{
    (void)state;
    fixture_init(&f);
    fixture_column(&f, "n", "int64");
    return 0;
}

static int end(void **state)
{
    (void)state;
    fixture_clear(&f);
    return 0;
}

static const char *path_of(const char *name)
{
    static char paths[2][256]; /* good until the call after the next one */
    static int turn;
    turn = 1 - turn;
    (void)snprintf(paths[turn], sizeof paths[turn], "%s/%s", f.directory, name);
    return paths[turn];
}

/* Members as one line of names. */
static const char *member_names(void)
{
    static char names[256];
    fixture_close(&f);
    assert_int_equal(fixture_open(&f), TIDE_OK);
    names[0] = '\0';
    for (size_t i = 0; i < f.plan.member_count; i++) {
        strcat(names, f.plan.members[i].name);
        strcat(names, " ");
    }
    return names;
}

static void test_patterns(void **state)
{
    (void)state;
    static const char *const files[] = {"b.ndjson",    "a.ndjson", "B.ndjson",
                                        "in/c.ndjson", "in/d.csv", ".hidden.ndjson"};
    assert_int_equal(mkdir(path_of("in"), 0755), 0);
    assert_int_equal(mkdir(path_of("dir.ndjson"), 0755), 0);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        fixture_write(&f, files[i], TIDE_STR("n\n"));
    }
    fixture_pattern(&f, "*.ndjson");
    assert_string_equal(member_names(), "B.ndjson a.ndjson b.ndjson ");
    fixture_pattern(&f, "./a.nd*");
    fixture_pattern(&f, "in/?.*");
    assert_string_equal(member_names(), "B.ndjson a.ndjson b.ndjson in/c.ndjson in/d.csv ");
    /* Another name of the same file is not read again. */
    assert_int_equal(symlink("a.ndjson", path_of("z.ndjson")), 0);
    assert_int_equal(link(path_of("b.ndjson"), path_of("A.ndjson")), 0);
    assert_string_equal(member_names(), "A.ndjson B.ndjson a.ndjson in/c.ndjson in/d.csv ");
    f.options.pattern_count = 0;
    fixture_pattern(&f, path_of("in/c.ndjson"));
    assert_string_equal(member_names() + strlen(f.directory), "/in/c.ndjson ");
}

/* The project's directory may have any name. */
static void test_directory_with_signs(void **state)
{
    (void)state;
    char directory[128];
    assert_int_equal(mkdir(path_of("a[b]*\\c"), 0755), 0);
    assert_int_equal(mkdir(path_of("ab"), 0755), 0);
    fixture_write(&f, "a[b]*\\c/x.ndjson", TIDE_STR("{\"n\": 1}"));
    fixture_write(&f, "ab/y.ndjson", TIDE_STR("{\"n\": 1}"));
    (void)snprintf(directory, sizeof directory, "%s/a[b]*\\c", f.directory);
    f.options.directory = directory;
    fixture_pattern(&f, "*.ndjson");
    assert_string_equal(member_names(), "x.ndjson ");
    fixture_expect(&f, "{\"n\": 1, \"$source\": 0, \"$position\": 0}\n", "");
    fixture_close(&f);
    f.options.directory = f.directory;
}

static void check_failure(tide_code code, const char *says)
{
    assert_int_equal(fixture_run(&f), code);
    if (strstr(f.err.message, says) == NULL) {
        fail_msg("%s", f.err.message);
    }
}

static void test_failures(void **state)
{
    (void)state;
    fixture_pattern(&f, "none-*");
    check_failure(TIDE_BAD_CONFIG, "no file matches none-*");
    f.options.allow_empty = true;
    fixture_expect(&f, "", "");
    fixture_write(&f, "x.txt", TIDE_STR("{}"));
    fixture_pattern(&f, "x.txt");
    check_failure(TIDE_BAD_CONFIG, "can't tell the format of x.txt");
    f.options.format = TIDE_FILE_NDJSON;
    fixture_expect(&f, "{\"n\": null, \"$source\": 0, \"$position\": 0}\n", "");
    assert_int_equal(mkdir(path_of("d"), 0755), 0);
    fixture_pattern(&f, "d");
    check_failure(TIDE_BAD_DATA, "d is not a regular file");
    f.options.pattern_count = 0;
    assert_int_equal(mkfifo(path_of("fifo"), 0644), 0);
    fixture_pattern(&f, "fifo");
    check_failure(TIDE_BAD_DATA, "fifo is not a regular file");
    f.options.pattern_count = 0;
    fixture_write(&f, "bad\xff.ndjson", TIDE_STR("{}"));
    fixture_pattern(&f, "bad*");
    check_failure(TIDE_BAD_DATA, "is not UTF-8: rename it");
    f.specs[0].type = (tide_type){TIDE_DATE, 0, 0};
    f.specs[0].format = "HH";
    check_failure(TIDE_BAD_CONFIG, "column n");
}

static tide_code replan(const tide_member *pinned, size_t count, tide_source_plan *plan)
{
    tide_source_plan_init(plan);
    tide_plan_request request = {.pinned = pinned, .pinned_count = count};
    return f.source->vtable->plan(f.source, &request, plan, &f.err);
}

static void test_pinned_members(void **state)
{
    (void)state;
    tide_source_plan plan;
    fixture_write(&f, "a.ndjson", TIDE_STR("{\"n\": 1}\n{\"n\": 2}\n"));
    fixture_write(&f, "b.ndjson", TIDE_STR("{\"n\": 3}\n"));
    fixture_pattern(&f, "*.ndjson");
    f.options.split_bytes = 9;
    assert_int_equal(fixture_open(&f), TIDE_OK);
    fixture_write(&f, "c.ndjson", TIDE_STR("{\"n\": 4}\n"));
    assert_int_equal(replan(f.plan.members, f.plan.member_count, &plan), TIDE_OK);
    assert_int_equal(plan.member_count, 2);
    assert_int_equal(plan.split_count, 3);
    assert_string_equal(plan.members[0].identity, f.plan.members[0].identity);
    tide_source_plan_clear(&plan);
    fixture_write(&f, "b.ndjson", TIDE_STR("{\"n\": 3}\n\n"));
    assert_int_equal(replan(f.plan.members, f.plan.member_count, &plan), TIDE_BAD_DATA);
    assert_non_null(strstr(f.err.message, "b.ndjson has changed"));
    tide_source_plan_clear(&plan);
    assert_int_equal(unlink(path_of("b.ndjson")), 0);
    assert_int_equal(replan(f.plan.members, f.plan.member_count, &plan), TIDE_BAD_DATA);
    assert_non_null(strstr(f.err.message, "b.ndjson is gone"));
    tide_source_plan_clear(&plan);
}

static void test_changed_before_reading(void **state)
{
    (void)state;
    tide_reader *reader;
    fixture_write(&f, "a.ndjson", TIDE_STR("{\"n\": 1}\n"));
    fixture_pattern(&f, "a.ndjson");
    assert_int_equal(fixture_open(&f), TIDE_OK);
    fixture_write(&f, "a.ndjson", TIDE_STR("{\"n\": 1}\n{}\n"));
    assert_int_equal(f.source->vtable->open_reader(f.source, &f.plan, 0, 1, &reader, &f.err),
                     TIDE_BAD_DATA);
    assert_non_null(strstr(f.err.message, "a.ndjson has changed since it was planned"));
    assert_int_equal(unlink(path_of("a.ndjson")), 0);
    assert_int_equal(f.source->vtable->open_reader(f.source, &f.plan, 0, 1, &reader, &f.err),
                     TIDE_BAD_DATA);
    assert_non_null(strstr(f.err.message, "a.ndjson is gone"));
}

/* Grown, cut, or rewritten in place while it is read. */
static void test_changed_while_reading(void **state)
{
    (void)state;
    tide_text text;
    tide_text_init(&text);
    for (int i = 0; i < 100000; i++) {
        tide_text_append(&text, "{\"n\": 123456789012345}\n");
    }
    fixture_pattern(&f, "a.ndjson");
    for (int change = 0; change < 3; change++) {
        tide_reader *reader;
        tide_read read;
        tide_code code;
        fixture_close(&f);
        fixture_write(&f, "a.ndjson", (tide_str){text.data, text.size});
        assert_int_equal(fixture_open(&f), TIDE_OK);
        assert_int_equal(f.source->vtable->open_reader(f.source, &f.plan, 0, 1, &reader, &f.err),
                         TIDE_OK);
        assert_int_equal(reader->vtable->next(reader, &read, &f.err), TIDE_OK);
        assert_true(tide_batch_row_count(&read.batch) > 0);
        tide_batch_clear(&read.batch);
        if (change == 0) {
            int fd = open(path_of("a.ndjson"), O_WRONLY | O_APPEND);
            assert_int_equal(write(fd, "{}\n", 3), 3);
            (void)close(fd);
        } else if (change == 1) {
            assert_int_equal(truncate(path_of("a.ndjson"), 500000), 0);
        } else {
            struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000, .tv_nsec = 1}};
            assert_int_equal(utimensat(AT_FDCWD, path_of("a.ndjson"), times, 0), 0);
        }
        do {
            code = reader->vtable->next(reader, &read, &f.err);
            if (code == TIDE_OK) {
                assert_false(read.end);
                tide_batch_clear(&read.batch);
            }
        } while (code == TIDE_OK);
        assert_int_equal(code, TIDE_BAD_DATA);
        assert_non_null(strstr(f.err.message, "a.ndjson has changed while it was read"));
        reader->vtable->close(reader);
    }
    tide_text_clear(&text);
}

static void test_cancel(void **state)
{
    (void)state;
    fixture_write(&f, "a.ndjson", TIDE_STR("{\"n\": 1}\n"));
    fixture_pattern(&f, "a.ndjson");
    tide_cancel_raise(&f.cancel, TIDE_STOPPING);
    assert_int_equal(fixture_run(&f), TIDE_CANCELLED);
}

static void test_check(void **state)
{
    (void)state;
    tide_text notes;
    tide_text_init(&notes);
    fixture_write(&f, "a.ndjson", TIDE_STR("{\"n\": 1}\n"));
    fixture_write(&f, "b.csv", TIDE_STR("n\n1\n"));
    fixture_pattern(&f, "*.*");
    assert_int_equal(fixture_open(&f), TIDE_OK);
    assert_int_equal(f.source->vtable->check(f.source, &notes, &f.err), TIDE_OK);
    assert_string_equal(tide_text_c(&notes), "2 files, 13 bytes\n");
    fixture_write(&f, "b.csv", TIDE_STR("m\n1\n"));
    assert_int_equal(f.source->vtable->check(f.source, &notes, &f.err), TIDE_BAD_DATA);
    assert_non_null(strstr(f.err.message, "b.csv has no column `n`"));
    tide_text_clear(&notes);
}

/* Every allocation in turn, once and for ever: a code that unwinds, or all rows. */
static void test_want_of_memory(void **state)
{
    (void)state;
    fixture_write(&f, "a.ndjson", TIDE_STR("{\"n\": 1}\n{\"n\": \"x\"}\n{\"n\": 2}\n"));
    fixture_write(&f, "b.csv", TIDE_STR("n\n3\n\"4\"\ny\n1,2\n"));
    fixture_write_gzip(&f, "c.csv.gz", TIDE_STR("n\n\"\"\"\"\n5\n"), 3);
    fixture_write_zstd(&f, "d.ndjson.zst", TIDE_STR("{\"n\": 6}\n"), 3);
    fixture_pattern(&f, "*.*");
    f.options.split_bytes = 10;
    f.options.buffer_bytes = 4;
    assert_int_equal(fixture_run(&f), TIDE_OK);
    char *rows = strdup(tide_text_c(&f.rows));
    assert_int_equal(f.plan.split_count, 0);
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        tide_code code;
        size_t n = 0;
        do {
            fixture_close(&f);
            tide_text_clear(&f.rows);
            tide_text_clear(&f.rejects);
            assert_true(tide_text_reserve(&f.rows, 4096));
            assert_true(tide_text_reserve(&f.rejects, 4096));
            (void)tide_memory_fail_nth(++n, for_ever);
            code = fixture_run(&f);
            (void)tide_memory_fail_nth(0, 0);
            assert_true(code == TIDE_OK || code == TIDE_OUT_OF_MEMORY);
            fixture_close(&f);
            assert_int_equal(tide_budget_used(&f.budget), 0);
        } while (code != TIDE_OK);
        assert_true(n > 100);
        assert_string_equal(tide_text_c(&f.rows), rows);
    }
    free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_patterns, begin, end),
        cmocka_unit_test_setup_teardown(test_directory_with_signs, begin, end),
        cmocka_unit_test_setup_teardown(test_failures, begin, end),
        cmocka_unit_test_setup_teardown(test_pinned_members, begin, end),
        cmocka_unit_test_setup_teardown(test_changed_before_reading, begin, end),
        cmocka_unit_test_setup_teardown(test_changed_while_reading, begin, end),
        cmocka_unit_test_setup_teardown(test_cancel, begin, end),
        cmocka_unit_test_setup_teardown(test_check, begin, end),
        cmocka_unit_test_setup_teardown(test_want_of_memory, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Part files: what has a name keeps it, on file systems that can refuse to overwrite, on those that
 * only have links, and on those that have neither. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "../store/rows.h"
#include "sink/csv/csv_folder.h"
#include "sink/csv/part_file.h"

typedef enum ability { WHOLE, LINKS_ONLY, NEITHER } ability;

static ability file_system; /* what it can do */

/* In the place of those of the C library. */
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    if (file_system != WHOLE && flags != 0) {
        errno = EINVAL;
        return -1;
    }
    return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
}

int link(const char *from, const char *to)
{
    if (file_system == NEITHER) {
        errno = EPERM;
        return -1;
    }
    return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

typedef struct fixture {
    test_folder folder;
    tide_error err;
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    make_folder(&f->folder);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    file_system = WHOLE;
    remove_folder(&f->folder);
    free(f);
    return 0;
}

static const char *put(const fixture *f, const char *name, const char *text)
{
    const char *path = in_folder(&f->folder, name);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    assert_int_equal(close(file), 0);
    return path;
}

static void expect(const char *path, const char *wanted)
{
    char text[16] = "";
    FILE *file = fopen(path, "r");
    assert_true((file != NULL) == (wanted != NULL));
    if (file != NULL) {
        (void)!fgets(text, sizeof text, file);
        (void)fclose(file);
        assert_string_equal(text, wanted);
    }
}

static void rename_as(fixture *f, ability able)
{
    file_system = able;
    const char *to = in_folder(&f->folder, "b");
    const char *from = put(f, "a", "new");
    assert_int_equal(tide_path_rename_once(from, to, &f->err), TIDE_OK);
    expect(from, NULL);
    expect(to, "new");
    assert_int_equal(tide_path_rename_once(from, to, &f->err), TIDE_OK); /* it was done */
    (void)put(f, "a", "newer");
    assert_int_equal(tide_path_rename_once(from, to, &f->err), TIDE_BAD_CONFIG);
    assert_non_null(strstr(f->err.message, "another file has that name"));
    expect(from, "newer");
    expect(to, "new");
    assert_int_equal(tide_path_replace_once(from, to, &f->err), TIDE_OK);
    assert_int_equal(tide_path_replace_once(from, to, &f->err), TIDE_OK);
    expect(from, NULL);
    expect(to, "newer");
    assert_int_equal(unlink(to), 0);
    assert_int_equal(tide_path_rename_once(from, to, &f->err), TIDE_IO); /* neither is there */
}

static void test_rename(void **state)
{
    for (ability able = WHOLE; able <= NEITHER; able++) {
        rename_as(*state, able);
    }
}

/* The process was killed between a link and the unlink. */
static void test_two_names_of_one_file(void **state)
{
    fixture *f = *state;
    for (ability able = WHOLE; able <= NEITHER; able++) {
        const char *to = in_folder(&f->folder, "b");
        const char *from = put(f, "a", "new");
        file_system = WHOLE;
        assert_int_equal(link(from, to), 0);
        file_system = able;
        assert_int_equal(tide_path_rename_once(from, to, &f->err), TIDE_OK);
        expect(from, NULL);
        expect(to, "new");
        assert_int_equal(unlink(to), 0);
    }
}

static void test_create_overwrites_nothing(void **state)
{
    fixture *f = *state;
    tide_part_file part;
    const char *path = put(f, "a", "old");
    assert_int_equal(tide_part_file_create(&part, path, &f->err), TIDE_IO);
    expect(path, "old");
}

static void test_last_part(void **state)
{
    fixture *f = *state;
    int64_t part = 1;
    assert_int_equal(tide_csv_find_last_part(in_folder(&f->folder, "none"), 7, &part, &f->err),
                     TIDE_OK);
    assert_int_equal(part, 0);
    static const char *const names[] = {"part-000007-000003.csv",
                                        ".part-000007-000012.4.tmp",
                                        "part-7-9.csv",
                                        "part-000008-000099.csv",
                                        "part-000007-99999999999999999999.csv",
                                        "part--.csv",
                                        "part-000007-000077.csv.gz",
                                        "part-7"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)put(f, names[i], "");
    }
    assert_int_equal(tide_csv_find_last_part(f->folder.path, 7, &part, &f->err), TIDE_OK);
    assert_int_equal(part, 12);
}

static void test_remove_folder(void **state)
{
    fixture *f = *state;
    const char *folder = in_folder(&f->folder, "set");
    assert_int_equal(tide_csv_remove_folder(folder, &f->err), TIDE_OK);
    assert_int_equal(mkdir(folder, 0777), 0);
    const char *part = put(f, "set/part-000001-000001.csv", "rows");
    const char *unnamed = put(f, "set/.part-000001-000002.1.tmp", "rows");
    const char *other = put(f, "set/part-000001-000001.csv.bak", "mine");
    assert_int_equal(tide_csv_remove_folder(folder, &f->err), TIDE_BAD_CONFIG);
    assert_non_null(strstr(f->err.message, "part-000001-000001.csv.bak"));
    expect(part, "rows");
    expect(other, "mine");
    assert_int_equal(tide_csv_remove_temporaries(folder, &f->err), TIDE_OK);
    expect(part, "rows");
    expect(unnamed, NULL);
    assert_int_equal(unlink(other), 0);
    assert_int_equal(tide_csv_remove_folder(folder, &f->err), TIDE_OK);
    assert_false(tide_path_is_folder(folder));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rename, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_two_names_of_one_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_create_overwrites_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_last_part, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_remove_folder, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What patterns match, with glob(3) as the oracle; folders that can't be read; want of memory. */
#include <fcntl.h>
#include <glob.h>
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
#include "source/file/file_match.h"

#define PATH_BYTES 512
#define ROUNDS 3000

static char root[64];
static tide_arena arena;
static tide_path_list found;
static tide_error err;
static uint64_t seed;

static size_t draw(size_t below)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (size_t)(seed >> 33) % below;
}

/* NAME, in the folder of a test or in one of its folders. */
static void make(const char *name, int is_folder)
{
    char path[sizeof root + PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    if (is_folder) {
        assert_int_equal(mkdir(path, 0755), 0);
        return;
    }
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_true(file >= 0);
    assert_int_equal(close(file), 0);
}

static int begin(void **state)
{
    static const char *const folders[] = {"", "a/", "b/", "ab/", "b/a/", ".c/", "a*/"};
    static const char *const files[] = {"x.csv", "y.csv", ".z.csv", "a-b", "[a]", "b\\", "ba"};
    char name[PATH_BYTES];
    (void)state;
    (void)snprintf(root, sizeof root, "/tmp/tide-match-XXXXXX");
    assert_non_null(mkdtemp(root));
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        if (folders[i][0] != '\0') {
            make(folders[i], 1);
        }
        for (size_t j = 0; j < sizeof files / sizeof files[0]; j++) {
            (void)snprintf(name, sizeof name, "%s%s", folders[i], files[j]);
            make(name, 0);
        }
    }
    tide_arena_init(&arena);
    return 0;
}

static int end(void **state)
{
    char command[128];
    (void)state;
    tide_path_list_clear(&found);
    tide_arena_clear(&arena);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", root);
    assert_int_equal(system(command), 0);
    return 0;
}

static tide_code match(const char *pattern)
{
    tide_path_list_clear(&found);
    tide_arena_reset(&arena);
    return tide_file_match(&arena, root, pattern, &found, &err);
}

static int compare(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;
    return strcmp(*left, *right);
}

/* One to three names of pieces. */
static void draw_pattern(char *pattern, size_t size)
{
    static const char *const pieces[] = {"a",    "b",   "*",    "?",    "[ab]", "[!a]", "[a-y]",
                                         "\\*",  "\\[", "\\\\", ".",    "x",    ".csv", "*.csv",
                                         "[.z]", "\\a", "-",    "[]b]", "?*",   "]"};
    size_t names = 1 + draw(3), used = 0;
    for (size_t i = 0; i < names; i++) {
        size_t count = 1 + draw(3);
        for (size_t j = 0; j < count; j++) {
            used += (size_t)snprintf(pattern + used, size - used, "%s",
                                     pieces[draw(sizeof pieces / sizeof pieces[0])]);
        }
        used += (size_t)snprintf(pattern + used, size - used, "%s", i + 1 < names ? "/" : "");
    }
}

static void check_as_glob(const char *pattern)
{
    char full[2 * PATH_BYTES];
    glob_t expected = {0};
    (void)snprintf(full, sizeof full, "%s/%s", root, pattern);
    int result = glob(full, GLOB_NOSORT, NULL, &expected);
    assert_true(result == 0 || result == GLOB_NOMATCH);
    assert_int_equal(match(pattern), TIDE_OK);
    if (found.count != expected.gl_pathc) {
        fail_msg("%s: %zu, not %zu", pattern, found.count, expected.gl_pathc);
    }
    if (found.count > 0) {
        qsort(found.items, found.count, sizeof found.items[0], compare);
        qsort(expected.gl_pathv, expected.gl_pathc, sizeof expected.gl_pathv[0], compare);
    }
    for (size_t i = 0; i < found.count; i++) {
        if (strcmp(found.items[i], expected.gl_pathv[i]) != 0) {
            fail_msg("%s: %s, not %s", pattern, found.items[i], expected.gl_pathv[i]);
        }
    }
    globfree(&expected);
}

static void test_as_glob(void **state)
{
    char pattern[PATH_BYTES];
    size_t matched = 0;
    (void)state;
    seed = 20240301;
    for (int i = 0; i < ROUNDS; i++) {
        draw_pattern(pattern, sizeof pattern);
        check_as_glob(pattern);
        matched += found.count > 0;
    }
    assert_true(matched > ROUNDS / 20);
    check_as_glob("");
    check_as_glob("a");
    check_as_glob("a/");
    check_as_glob("../*/a/x.csv");
}

static void test_beginnings(void **state)
{
    char pattern[PATH_BYTES];
    (void)state;
    (void)snprintf(pattern, sizeof pattern, "%s/a/[xy].csv", root);
    assert_int_equal(match(pattern), TIDE_OK); /* the directory does not matter */
    assert_int_equal(found.count, 2);
    assert_int_equal(chdir(root), 0);
    tide_path_list_clear(&found);
    assert_int_equal(tide_file_match(&arena, NULL, "*/x.csv", &found, &err), TIDE_OK);
    assert_int_equal(found.count, 4);
    assert_int_equal(chdir("/"), 0);
}

static void test_wild(void **state)
{
    (void)state;
    assert_true(tide_file_is_wild("a*") && tide_file_is_wild("\\\\?") && tide_file_is_wild("[a]"));
    assert_false(tide_file_is_wild("a\\*") || tide_file_is_wild("a\\") || tide_file_is_wild(""));
}

/* Root may read all; a name that is too long fails for everybody. */
static void test_what_cannot_be_read(void **state)
{
    char pattern[400] = "*/";
    (void)state;
    assert_int_equal(match("a/x.csv/*"), TIDE_OK); /* not a folder: no match */
    assert_int_equal(found.count, 0);
    memset(pattern + 2, 'x', 300);
    assert_int_equal(match(pattern), TIDE_IO);
    assert_non_null(strstr(err.message, "can't look at "));
    (void)snprintf(pattern + 302, sizeof pattern - 302, "/*");
    assert_int_equal(match(pattern), TIDE_IO);
    assert_non_null(strstr(err.message, "can't read the directory "));
}

static void test_without_memory(void **state)
{
    size_t n = 0;
    tide_code code;
    (void)state;
    do {
        tide_arena_clear(&arena);
        (void)tide_memory_fail_nth(++n, 0);
        code = match("*/[a-z]*");
        (void)tide_memory_fail_nth(0, 0);
        assert_true(code == TIDE_OK || code == TIDE_OUT_OF_MEMORY);
    } while (code != TIDE_OK);
    assert_true(n > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_as_glob, begin, end),
        cmocka_unit_test_setup_teardown(test_beginnings, begin, end),
        cmocka_unit_test_setup_teardown(test_wild, begin, end),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_read, begin, end),
        cmocka_unit_test_setup_teardown(test_without_memory, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

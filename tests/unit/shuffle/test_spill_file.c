/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "model.h"
#include "shuffle/spill_file.h"

static char root[64];

static int make_root(void **state)
{
    (void)state;
    (void)snprintf(root, sizeof root, "/tmp/tide-spill-XXXXXX");
    return mkdtemp(root) == NULL ? -1 : 0;
}

static int drop_root(void **state)
{
    (void)state;
    return rmdir(root);
}

static void writes_and_reads_pieces(void **state)
{
    (void)state;
    tide_spill_file file;
    tide_error err;
    int64_t first, second;
    char read[8];
    struct stat facts;
    tide_spill_file_init(&file, root);
    assert_null(file.path);
    assert_int_equal(tide_spill_file_write(&file, TIDE_STR("abc"), &first, &err), TIDE_OK);
    assert_int_equal(tide_spill_file_write(&file, TIDE_STR("defgh"), &second, &err), TIDE_OK);
    assert_int_equal(tide_atomic_get(&file.written_bytes), 8);
    assert_int_equal(tide_spill_file_read(&file, second, 5, read, &err), TIDE_OK);
    assert_memory_equal(read, "defgh", 5);
    assert_int_equal(tide_spill_file_read(&file, first, 3, read, &err), TIDE_OK);
    assert_memory_equal(read, "abc", 3);
    assert_int_equal(stat(file.path, &facts), 0);
    assert_int_equal(facts.st_mode & 07777, 0600);
    assert_int_equal(model_count_files(root), 1);
    tide_spill_file_clear(&file);
    assert_int_equal(model_count_files(root), 0);
}

static void makes_the_directory_for_its_user_only(void **state)
{
    (void)state;
    char inner[80];
    int64_t offset;
    struct stat facts;
    tide_spill_file file;
    tide_error err;
    (void)snprintf(inner, sizeof inner, "%s/inner", root);
    tide_spill_file_init(&file, inner);
    assert_int_equal(tide_spill_file_write(&file, TIDE_STR("a"), &offset, &err), TIDE_OK);
    assert_int_equal(stat(inner, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0700);
    tide_spill_file_clear(&file);
    assert_int_equal(rmdir(inner), 0);
}

/* Does the file system of the tests know holes at all? */
static bool knows_holes(const tide_spill_file *file)
{
    return fallocate(file->descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0;
}

static void gives_space_back(void **state)
{
    (void)state;
    enum { BYTES = 1 << 20 };
    char *bytes = malloc(BYTES);
    int64_t first, second;
    char read[8];
    struct stat before, after;
    tide_spill_file file;
    tide_error err;
    memset(bytes, 'x', BYTES);
    tide_spill_file_init(&file, root);
    assert_int_equal(tide_spill_file_write(&file, (tide_str){bytes, BYTES}, &first, &err), TIDE_OK);
    assert_int_equal(tide_spill_file_write(&file, TIDE_STR("abc"), &second, &err), TIDE_OK);
    assert_int_equal(fsync(file.descriptor), 0); /* blocks are allocated late */
    assert_int_equal(stat(file.path, &before), 0);
    tide_spill_file_release(&file, first, BYTES);
    assert_int_equal(stat(file.path, &after), 0);
    assert_int_equal(after.st_size, before.st_size);
    assert_true(after.st_blocks < before.st_blocks || !knows_holes(&file));
    assert_int_equal(tide_spill_file_read(&file, second, 3, read, &err), TIDE_OK);
    assert_memory_equal(read, "abc", 3);
    tide_spill_file_clear(&file);
    free(bytes);
}

static void says_what_it_could_not_do(void **state)
{
    (void)state;
    char missing[96];
    char read[8];
    int64_t offset;
    tide_spill_file file;
    tide_error err;
    (void)snprintf(missing, sizeof missing, "%s/no/where", root);
    tide_spill_file_init(&file, missing);
    assert_int_equal(tide_spill_file_write(&file, TIDE_STR("a"), &offset, &err), TIDE_IO);
    assert_non_null(strstr(err.message, missing));
    tide_spill_file_clear(&file);

    tide_spill_file_init(&file, root);
    assert_int_equal(tide_spill_file_write(&file, TIDE_STR("abc"), &offset, &err), TIDE_OK);
    assert_int_equal(tide_spill_file_read(&file, offset, 4, read, &err), TIDE_BAD_DATA);
    assert_non_null(strstr(err.message, file.path));
    tide_spill_file_clear(&file);
}

/* The limit on file sizes stands in for a full disk: a short write, then an error. */
static void reports_a_full_disk(void **state)
{
    (void)state;
    enum { BYTES = 100000 };
    char *bytes = calloc(BYTES, 1);
    int64_t offset;
    struct rlimit before;
    tide_spill_file file;
    tide_error err;
    tide_spill_file_init(&file, root);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit limit = {BYTES + 5000, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    tide_code first = tide_spill_file_write(&file, (tide_str){bytes, BYTES}, &offset, &err);
    tide_code second = tide_spill_file_write(&file, (tide_str){bytes, BYTES}, &offset, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(first, TIDE_OK);
    assert_int_equal(second, TIDE_IO);
    assert_int_equal(err.sys_errno, EFBIG);
    assert_non_null(strstr(err.message, file.path));
    assert_non_null(strstr(err.message, "the next 0.1 MB"));
    assert_non_null(strstr(err.message, "0.1 MB that are spilled"));
    assert_non_null(strstr(err.message, "MB that are free"));
    assert_non_null(strstr(err.message, "--memory"));
    tide_spill_file_clear(&file);
    assert_int_equal(model_count_files(root), 0);
    free(bytes);
}

/* A process that dies at once leaves its file; the next one removes it, and nobody else's. */
static void cleans_after_the_dead_only(void **state)
{
    (void)state;
    int64_t offset;
    size_t removed;
    tide_spill_file file;
    tide_error err;
    pid_t child = fork();
    if (child == 0) {
        tide_spill_file_init(&file, root);
        (void)!tide_spill_file_write(&file, TIDE_STR("abc"), &offset, &err);
        (void)raise(SIGKILL);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(model_count_files(root), 1);

    char other[96];
    (void)snprintf(other, sizeof other, "%s/tidemill.yaml", root);
    assert_true(close(open(other, O_CREAT | O_WRONLY, 0600)) == 0);
    tide_spill_file_init(&file, root);
    assert_int_equal(tide_spill_file_write(&file, TIDE_STR("abc"), &offset, &err), TIDE_OK);
    assert_int_equal(model_count_files(root), 3);
    assert_int_equal(tide_spill_clean(root, &removed, &err), TIDE_OK);
    assert_int_equal(removed, 1);
    assert_int_equal(model_count_files(root), 2);
    assert_int_equal(access(file.path, F_OK), 0);
    assert_int_equal(tide_spill_clean(root, &removed, &err), TIDE_OK);
    assert_int_equal(removed, 0);
    tide_spill_file_clear(&file);
    assert_int_equal(unlink(other), 0);
}

static tide_atomic cleaning;

static void clean_again_and_again(void *argument)
{
    (void)argument;
    while (tide_atomic_get(&cleaning) != 0) {
        size_t removed;
        tide_error err;
        (void)!tide_spill_clean(root, &removed, &err);
    }
}

/* However fast a cleaner is, a file that has been made keeps its name. */
static void cleaners_never_take_a_new_file(void **state)
{
    (void)state;
    tide_thread thread;
    tide_error err;
    tide_atomic_set(&cleaning, 1);
    assert_int_equal(tide_thread_start(&thread, clean_again_and_again, NULL, &err), TIDE_OK);
    for (int i = 0; i < 2000; i++) {
        tide_spill_file file;
        int64_t offset;
        tide_spill_file_init(&file, root);
        assert_int_equal(tide_spill_file_write(&file, TIDE_STR("a"), &offset, &err), TIDE_OK);
        assert_int_equal(access(file.path, F_OK), 0);
        tide_spill_file_clear(&file);
    }
    tide_atomic_set(&cleaning, 0);
    tide_thread_join(&thread);
}

static void cleaning_nowhere_is_no_error(void **state)
{
    (void)state;
    char missing[96];
    size_t removed = 1;
    tide_error err;
    (void)snprintf(missing, sizeof missing, "%s/missing", root);
    assert_int_equal(tide_spill_clean(missing, &removed, &err), TIDE_OK);
    assert_int_equal(removed, 0);
    assert_int_equal(tide_spill_clean("/dev/null", &removed, &err), TIDE_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_and_reads_pieces),
        cmocka_unit_test(makes_the_directory_for_its_user_only),
        cmocka_unit_test(gives_space_back),
        cmocka_unit_test(says_what_it_could_not_do),
        cmocka_unit_test(reports_a_full_disk),
        cmocka_unit_test(cleans_after_the_dead_only),
        cmocka_unit_test(cleaners_never_take_a_new_file),
        cmocka_unit_test(cleaning_nowhere_is_no_error),
    };
    return cmocka_run_group_tests(tests, make_root, drop_root);
}

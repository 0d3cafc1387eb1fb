/* SPDX-License-Identifier: Apache-2.0 */
/* The shuffle when memory, disk or data fail: every failure ends clean, and a shuffle that came
 * through gives what it should. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "model.h"

enum { SPLITS = 2, ROWS = 1000 };

static const model_shape shape = {.customers = 20, .times = 50, .hashes = 40, .payload_max = 8};
static const model_options small = {.budget_bytes = 55000, .stream_bytes_max = 1};

static tide_code read_all(model *m, size_t *rows, tide_error *err)
{
    tide_stream *stream;
    *rows = 0;
    TIDE_TRY(tide_shuffle_open_range(m->shuffle, (tide_hash_range){0, UINT64_MAX}, &stream, err));
    tide_code code;
    int64_t count = 0;
    do {
        tide_batch batch;
        const uint64_t *hashes;
        code = stream->vtable->next(stream, &batch, &hashes, err);
        count = code == TIDE_OK ? tide_batch_row_count(&batch) : 0;
        *rows += (size_t)count;
    } while (count > 0);
    stream->vtable->close(stream);
    return code;
}

static tide_code write_batches(tide_shuffle_attempt *attempt, const tide_batch *batches,
                               uint64_t *const *hashes, size_t count, tide_error *err)
{
    for (size_t i = 0; i < count; i++) {
        TIDE_TRY(tide_shuffle_attempt_write(attempt, &batches[i], hashes[i], err));
    }
    return TIDE_OK;
}

/* Everything from create to the last row, in which any step may fail. */
static tide_code run_all(model *m, const model_options *options, const tide_batch *batches,
                         uint64_t *const *hashes, size_t batch_count, size_t *rows, tide_error *err)
{
    m->shuffle = NULL;
    TIDE_TRY(model_create_shuffle(m, options, err));
    for (uint32_t split = 0; split < SPLITS; split++) {
        tide_shuffle_attempt *attempt;
        TIDE_TRY(tide_shuffle_attempt_begin(m->shuffle, split, &attempt, err));
        tide_code code = write_batches(attempt, batches, hashes, batch_count, err);
        if (code == TIDE_OK) {
            code = tide_shuffle_attempt_finish(attempt, err);
        }
        if (code != TIDE_OK) {
            tide_shuffle_attempt_abort(attempt);
            return code;
        }
    }
    TIDE_TRY(tide_shuffle_seal(m->shuffle, 1, err));
    return read_all(m, rows, err);
}

typedef struct input {
    model m;
    tide_batch batches[8];
    uint64_t *hashes[8];
} input;

static void open_input(input *in)
{
    model_open(&in->m, 11, &shape, &small);
    tide_shuffle_destroy(in->m.shuffle);
    in->m.shuffle = NULL;
    for (size_t i = 0; i < 8; i++) {
        model_make_batch(&in->m, &in->m.random, ROWS / 8, &in->batches[i], &in->hashes[i], NULL);
    }
}

static void close_input(input *in)
{
    for (size_t i = 0; i < 8; i++) {
        tide_batch_clear(&in->batches[i]);
        free(in->hashes[i]);
    }
    model_close(&in->m);
}

/* Nothing may be left in the budget or in the directory. */
static void drop_shuffle(input *in)
{
    tide_shuffle_destroy(in->m.shuffle);
    in->m.shuffle = NULL;
    assert_int_equal(tide_budget_used(&in->m.budget), 0);
    assert_int_equal(model_count_files(in->m.directory), 0);
}

static void survives_any_failed_allocation(void **state)
{
    (void)state;
    input in;
    open_input(&in);
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        size_t made = 1;
        size_t n = 0;
        while (made >= n) {
            tide_error err;
            size_t rows = 0;
            (void)tide_memory_fail_nth(++n, for_ever);
            tide_code code = run_all(&in.m, &small, in.batches, in.hashes, 8, &rows, &err);
            made = tide_memory_fail_nth(0, 0);
            assert_true(code == TIDE_OK || code == TIDE_OUT_OF_MEMORY);
            assert_true(code != TIDE_OK || rows == (size_t)SPLITS * (ROWS / 8) * 8);
            drop_shuffle(&in);
        }
        assert_true(n > 100);
    }
    close_input(&in);
}

/* A file may only grow to so many bytes, for limits from nothing to enough. */
static void survives_a_full_disk_at_any_size(void **state)
{
    (void)state;
    input in;
    struct rlimit before;
    size_t failures = 0;
    tide_code code = TIDE_IO;
    open_input(&in);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (rlim_t bytes = 0; code != TIDE_OK; bytes += 4999) {
        tide_error err;
        size_t rows = 0;
        struct rlimit limit = {bytes, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        code = run_all(&in.m, &small, in.batches, in.hashes, 8, &rows, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        if (code != TIDE_OK) {
            failures++;
            assert_int_equal(code, TIDE_IO);
            assert_non_null(strstr(err.message, in.m.directory));
        }
        drop_shuffle(&in);
    }
    assert_true(failures > 5);
    close_input(&in);
}

static void set_file_size_max(const struct rlimit *before, rlim_t bytes)
{
    struct rlimit limit = {bytes, before->rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* An attempt that fails for want of disk takes nothing from the others. */
static void a_failed_attempt_harms_no_other(void **state)
{
    (void)state;
    model m;
    model_rows rows = {0};
    tide_error err;
    tide_shuffle_attempt *attempt;
    struct rlimit before;
    model_open(&m, 13, &shape, &small);
    assert_int_equal(tide_shuffle_attempt_begin(m.shuffle, 0, &attempt, &err), TIDE_OK);
    assert_int_equal(model_write(&m, &m.random, attempt, 3000, 100, &rows, &err), TIDE_OK);
    assert_int_equal(tide_shuffle_attempt_finish(attempt, &err), TIDE_OK);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(tide_shuffle_attempt_begin(m.shuffle, 1, &attempt, &err), TIDE_OK);
    set_file_size_max(&before, (rlim_t)tide_shuffle_get_facts(m.shuffle).spilled_bytes);
    tide_code code = model_write(&m, &m.random, attempt, 3000, 100, NULL, &err);
    set_file_size_max(&before, before.rlim_cur);
    assert_int_equal(code, TIDE_IO);
    tide_shuffle_attempt_abort(attempt);
    assert_int_equal(tide_shuffle_seal(m.shuffle, 1, &err), TIDE_OK);
    model_sort(&rows);
    model_check_all(&m, &rows, 3);
    model_clear_rows(&rows);
    model_close(&m);
}

static int open_spill_file(const char *directory)
{
    DIR *listing = opendir(directory);
    const struct dirent *item;
    int descriptor = -1;
    while ((item = readdir(listing)) != NULL) {
        if (item->d_name[0] != '.') {
            descriptor = openat(dirfd(listing), item->d_name, O_RDWR);
        }
    }
    (void)closedir(listing);
    assert_true(descriptor >= 0);
    return descriptor;
}

/* Any byte of the spill file that changes is noticed, or was of no importance. */
static void notices_damage(void **state)
{
    (void)state;
    input in;
    tide_error err;
    size_t rows;
    open_input(&in);
    assert_int_equal(run_all(&in.m, &small, in.batches, in.hashes, 8, &rows, &err), TIDE_OK);
    assert_int_equal(tide_shuffle_get_facts(in.m.shuffle).disk_runs, 2);
    assert_true(tide_shuffle_get_facts(in.m.shuffle).merge_count > 2);
    int descriptor = open_spill_file(in.m.directory);
    off_t end = lseek(descriptor, 0, SEEK_END);
    size_t noticed = 0;
    for (off_t at = 0; at < end; at += 499) {
        char byte, damaged;
        size_t count;
        assert_int_equal(pread(descriptor, &byte, 1, at), 1);
        damaged = (char)(byte ^ 0x20);
        assert_int_equal(pwrite(descriptor, &damaged, 1, at), 1);
        tide_code code = read_all(&in.m, &count, &err);
        if (code != TIDE_OK) {
            noticed++;
            assert_int_equal(code, TIDE_BAD_DATA);
            assert_non_null(strstr(err.message, in.m.directory));
        } else {
            assert_int_equal(count, rows); /* given back after a merge */
        }
        assert_int_equal(pwrite(descriptor, &byte, 1, at), 1);
    }
    assert_true(noticed > 10);
    assert_int_equal(ftruncate(descriptor, end / 2), 0);
    assert_int_equal(read_all(&in.m, &rows, &err), TIDE_BAD_DATA);
    (void)close(descriptor);
    drop_shuffle(&in);
    close_input(&in);
}

/* Fault points report failures, each in a process of its own, as the plan is read once. */
static void survives_fault(const char *fault)
{
    pid_t child = fork();
    if (child == 0) {
        input in;
        tide_error err;
        size_t rows;
        (void)setenv("TIDEMILL_FAULT", fault, 1);
        open_input(&in);
        tide_code code = run_all(&in.m, &small, in.batches, in.hashes, 8, &rows, &err);
        drop_shuffle(&in);
        close_input(&in);
        _exit(code == TIDE_IO ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fail_msg("%s: status %d", fault, status);
    }
}

static void survives_faults(void **state)
{
    (void)state;
#ifdef TIDE_FAULT_POINTS
    survives_fault("spill.create:1:error");
    survives_fault("spill.write.before:1:error");
    survives_fault("spill.write.before:3:error");
    survives_fault("spill.read:1:error");
    survives_fault("spill.read:7:error");
    survives_fault("merge.pass.before:1:error");
    survives_fault("merge.pass.before:2:error");
#else
    (void)survives_fault;
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survives_faults), /* first: forks before the plan of faults is read */
        cmocka_unit_test(survives_any_failed_allocation),
        cmocka_unit_test(survives_a_full_disk_at_any_size),
        cmocka_unit_test(a_failed_attempt_harms_no_other),
        cmocka_unit_test(notices_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

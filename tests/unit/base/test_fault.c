/* SPDX-License-Identifier: Apache-2.0 */
/* Each case is a child process, as the environment is read once per process and points kill. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fault.h"

static char log_path[] = "/tmp/tidemill_fault_XXXXXX";

/* Passes a, b, a, b, ... 4 times each; exits with the number of reported failures. */
static int run_child(const char *fault)
{
    pid_t child = fork();
    if (child == 0) {
        int failures = 0;
        if (fault != NULL) {
            (void)setenv("TIDEMILL_FAULT", fault, 1);
        }
        (void)setenv("TIDEMILL_FAULT_LOG", log_path, 1);
        for (int i = 0; i < 4; i++) {
            TIDE_FAULT_POINT("room.a");
            failures += TIDE_FAULT_FAILS("room.b");
        }
        _exit(failures);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

#ifdef TIDE_FAULT_POINTS

static void read_log(char *out, size_t size)
{
    FILE *file = fopen(log_path, "r");
    assert_non_null(file);
    if (file != NULL) {
        out[fread(out, 1, size - 1, file)] = '\0';
        (void)fclose(file);
    }
    assert_int_equal(truncate(log_path, 0), 0);
}

static void test_points_do_what_the_environment_says(void **state)
{
    (void)state;
    char log[1000];
    int status = run_child(NULL);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    read_log(log, sizeof log);
    assert_string_equal(log, "room.a\nroom.b\nroom.a\nroom.b\nroom.a\nroom.b\nroom.a\nroom.b\n");

    status = run_child("room.a:2");
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    read_log(log, sizeof log);
    assert_string_equal(log, "room.a\nroom.b\nroom.a\nkilled room.a 2\n");

    status = run_child("*:2");
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    read_log(log, sizeof log);
    assert_string_equal(log, "room.a\nroom.b\nkilled room.b 2\n");

    status = run_child("room.b:3:error");
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    status = run_child("room.b:5:error");
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    status = run_child("room:1");
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    status = run_child("nonsense");
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#else

static void test_points_do_what_the_environment_says(void **state)
{
    (void)state;
    int status = run_child("*:1");
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(access(log_path, F_OK), 0);
}

#endif

static int make_log(void **state)
{
    (void)state;
    int file = mkstemp(log_path);
    return file < 0 ? -1 : close(file);
}

static int drop_log(void **state)
{
    (void)state;
    return unlink(log_path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_points_do_what_the_environment_says),
    };
    return cmocka_run_group_tests(tests, make_log, drop_log);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/process_id.h"

static void test_this_process_is_alive(void **state)
{
    (void)state;
    tide_process_id self;
    tide_process_self(&self);
    assert_int_equal(self.pid, getpid());
    assert_true(self.started > 0);
    assert_int_equal(tide_process_look(&self), TIDE_PROCESS_ALIVE);
}

static void test_a_pid_that_was_used_again_is_dead(void **state)
{
    (void)state;
    tide_process_id self;
    tide_process_self(&self);
    self.started--;
    assert_int_equal(tide_process_look(&self), TIDE_PROCESS_DEAD);
}

static void test_elsewhere_nothing_is_known(void **state)
{
    (void)state;
    tide_process_id other;
    tide_process_self(&other);
    other.boot[0] ^= 1;
    assert_int_equal(tide_process_look(&other), TIDE_PROCESS_OTHER_BOOT);
    tide_process_self(&other);
    other.pid_namespace++;
    assert_int_equal(tide_process_look(&other), TIDE_PROCESS_UNSEEN);
    tide_process_self(&other);
    other.pid = 0;
    assert_int_equal(tide_process_look(&other), TIDE_PROCESS_UNSEEN);
}

static void test_a_zombie_and_a_reaped_process_are_dead(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    tide_process_id id;
    tide_process_self(&id);
    id.pid = child;
    id.started = 0;
    assert_int_equal(tide_process_look(&id), TIDE_PROCESS_DEAD);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(tide_process_look(&id), TIDE_PROCESS_DEAD);
}

static void test_a_stopped_process_is_told(void **state)
{
    (void)state;
    assert_false(tide_process_is_stopped(getpid()));
    pid_t child = fork();
    if (child == 0) {
        (void)raise(SIGSTOP);
        _exit(0);
    }
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WSTOPPED | WNOWAIT), 0);
    assert_true(tide_process_is_stopped(child));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_this_process_is_alive),
        cmocka_unit_test(test_a_pid_that_was_used_again_is_dead),
        cmocka_unit_test(test_elsewhere_nothing_is_known),
        cmocka_unit_test(test_a_zombie_and_a_reaped_process_are_dead),
        cmocka_unit_test(test_a_stopped_process_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

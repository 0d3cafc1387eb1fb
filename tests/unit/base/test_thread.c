/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "base/thread.h"

typedef struct shared {
    tide_mutex mutex;
    tide_condition condition;
    int turn; /* whose turn it is */
    int64_t sum;
    tide_atomic count;
    bool signals_blocked;
} shared;

static void shared_init(shared *s)
{
    *s = (shared){.turn = 0};
    tide_mutex_init(&s->mutex);
    tide_condition_init(&s->condition);
}

static void shared_clear(shared *s)
{
    tide_condition_clear(&s->condition);
    tide_mutex_clear(&s->mutex);
}

static void take_turns(void *argument)
{
    shared *s = argument;
    sigset_t blocked;
    (void)pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    tide_mutex_lock(&s->mutex);
    s->signals_blocked = sigismember(&blocked, SIGTERM) && sigismember(&blocked, SIGINT);
    for (int i = 0; i < 1000; i++) {
        while (s->turn != 1) {
            tide_condition_wait(&s->condition, &s->mutex);
        }
        s->sum += i;
        s->turn = 0;
        tide_condition_signal(&s->condition);
    }
    tide_mutex_unlock(&s->mutex);
}

static void test_two_threads_take_turns(void **state)
{
    (void)state;
    shared s;
    tide_thread thread;
    tide_error err;
    sigset_t mask;
    shared_init(&s);
    assert_int_equal(tide_thread_start(&thread, take_turns, &s, &err), TIDE_OK);
    (void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
    assert_false(sigismember(&mask, SIGTERM)); /* ours are as before */
    tide_mutex_lock(&s.mutex);
    for (int i = 0; i < 1000; i++) {
        s.turn = 1;
        tide_condition_broadcast(&s.condition);
        while (s.turn != 0) {
            assert_true(tide_condition_wait_for(&s.condition, &s.mutex, 60000));
        }
    }
    tide_mutex_unlock(&s.mutex);
    tide_thread_join(&thread);
    assert_int_equal(s.sum, 999 * 1000 / 2);
    assert_true(s.signals_blocked);
    assert_false(thread.started);
    tide_thread_join(&thread); /* nothing to wait for */
    shared_clear(&s);
}

static void test_waiting_ends_by_itself(void **state)
{
    (void)state;
    shared s;
    shared_init(&s);
    int64_t before = tide_monotonic_micros();
    tide_mutex_lock(&s.mutex);
    while (tide_condition_wait_for(&s.condition, &s.mutex, 20)) {
    }
    assert_false(tide_condition_wait_for(&s.condition, &s.mutex, 0));
    assert_false(tide_condition_wait_for(&s.condition, &s.mutex, -5));
    tide_mutex_unlock(&s.mutex);
    assert_true(tide_monotonic_micros() - before >= 20000);
    shared_clear(&s);
}

static void count_up(void *argument)
{
    shared *s = argument;
    for (int i = 0; i < 20000; i++) {
        (void)tide_atomic_add(&s->count, 1);
        int64_t seen = tide_atomic_get(&s->count);
        while (!tide_atomic_swap_if(&s->count, seen, seen + 1)) {
            seen = tide_atomic_get(&s->count);
        }
    }
}

static void test_atomics(void **state)
{
    (void)state;
    shared s;
    tide_thread threads[4];
    tide_error err;
    shared_init(&s);
    tide_atomic_set(&s.count, 5);
    assert_int_equal(tide_atomic_add(&s.count, -2), 3);
    assert_false(tide_atomic_swap_if(&s.count, 4, 9));
    assert_true(tide_atomic_swap_if(&s.count, 3, 0));
    for (int i = 0; i < 4; i++) {
        assert_int_equal(tide_thread_start(&threads[i], count_up, &s, &err), TIDE_OK);
    }
    for (int i = 0; i < 4; i++) {
        tide_thread_join(&threads[i]);
    }
    assert_int_equal(tide_atomic_get(&s.count), 4 * 40000);
    shared_clear(&s);
}

static void test_no_memory_for_a_thread(void **state)
{
    (void)state;
    tide_thread thread;
    tide_error err;
    (void)tide_memory_fail_nth(1, 0);
    assert_int_equal(tide_thread_start(&thread, count_up, NULL, &err), TIDE_OUT_OF_MEMORY);
    (void)tide_memory_fail_nth(0, 0);
    assert_false(thread.started);
    tide_thread_join(&thread);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_threads_take_turns),
        cmocka_unit_test(test_waiting_ends_by_itself),
        cmocka_unit_test(test_atomics),
        cmocka_unit_test(test_no_memory_for_a_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "base/memory.h"
#include "base/problem.h"

typedef struct thread_start {
    void (*run)(void *);
    void *argument;
} thread_start;

static void *run_thread(void *memory)
{
    thread_start start = *(thread_start *)memory;
    tide_free(memory);
    start.run(start.argument);
    return NULL;
}

tide_code tide_thread_start(tide_thread *thread, void (*run)(void *), void *argument,
                            tide_error *err)
{
    thread->started = false;
    thread_start *start = tide_alloc(sizeof *start);
    if (start == NULL) {
        return TIDE_FAIL_MEMORY(err, "starting a thread");
    }
    *start = (thread_start){run, argument};
    sigset_t all, before;
    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* inherited by the new thread */
    int failure = pthread_create(&thread->handle, NULL, run_thread, start);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure != 0) {
        tide_free(start);
        return TIDE_FAIL_ERRNO(err, TIDE_E_THREADS, failure,
                               "can't start a thread (lower --workers, or raise the limit of "
                               "processes)");
    }
    thread->started = true;
    return TIDE_OK;
}

void tide_thread_join(tide_thread *thread)
{
    if (thread->started) {
        (void)pthread_join(thread->handle, NULL);
        thread->started = false;
    }
}

void tide_thread_detach(tide_thread *thread)
{
    if (thread->started) {
        (void)pthread_detach(thread->handle);
        thread->started = false;
    }
}

void tide_mutex_init(tide_mutex *mutex)
{
    (void)pthread_mutex_init(&mutex->handle, NULL);
}

void tide_mutex_clear(tide_mutex *mutex)
{
    (void)pthread_mutex_destroy(&mutex->handle);
}

void tide_mutex_lock(tide_mutex *mutex)
{
    (void)pthread_mutex_lock(&mutex->handle);
}

void tide_mutex_unlock(tide_mutex *mutex)
{
    (void)pthread_mutex_unlock(&mutex->handle);
}

void tide_condition_init(tide_condition *condition)
{
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&condition->handle, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

void tide_condition_clear(tide_condition *condition)
{
    (void)pthread_cond_destroy(&condition->handle);
}

void tide_condition_wait(tide_condition *condition, tide_mutex *mutex)
{
    (void)pthread_cond_wait(&condition->handle, &mutex->handle);
}

bool tide_condition_wait_for(tide_condition *condition, tide_mutex *mutex, int64_t timeout_ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t wait_ms = timeout_ms < 0 ? 0 : timeout_ms;
    until.tv_sec += (time_t)(wait_ms / 1000);
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    return pthread_cond_timedwait(&condition->handle, &mutex->handle, &until) != ETIMEDOUT;
}

void tide_condition_signal(tide_condition *condition)
{
    (void)pthread_cond_signal(&condition->handle);
}

void tide_condition_broadcast(tide_condition *condition)
{
    (void)pthread_cond_broadcast(&condition->handle);
}

int64_t tide_atomic_get(const tide_atomic *atomic)
{
    return atomic_load(&atomic->value);
}

void tide_atomic_set(tide_atomic *atomic, int64_t value)
{
    atomic_store(&atomic->value, value);
}

int64_t tide_atomic_add(tide_atomic *atomic, int64_t delta)
{
    return atomic_fetch_add(&atomic->value, delta) + delta;
}

bool tide_atomic_swap_if(tide_atomic *atomic, int64_t expected, int64_t next)
{
    return atomic_compare_exchange_strong(&atomic->value, &expected, next);
}

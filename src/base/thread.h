/* SPDX-License-Identifier: Apache-2.0 */
/* Threads, locks and the few atomics: only this file and flow/ touch pthreads and <stdatomic.h>. */
#ifndef TIDE_BASE_THREAD_H
#define TIDE_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

typedef struct tide_thread {
    pthread_t handle;
    bool started;
} tide_thread;

/* Signals are blocked in the new thread: the program's own threads handle them. */
TIDE_MUST_CHECK tide_code tide_thread_start(tide_thread *thread, void (*run)(void *),
                                            void *argument, tide_error *err);
/* Waits for its end. Nothing when it was never started. */
void tide_thread_join(tide_thread *thread);

/* Nobody waits for its end; what it touches must be its own. */
void tide_thread_detach(tide_thread *thread);

typedef struct tide_mutex {
    pthread_mutex_t handle;
} tide_mutex;
void tide_mutex_init(tide_mutex *mutex);
void tide_mutex_clear(tide_mutex *mutex);
void tide_mutex_lock(tide_mutex *mutex);
void tide_mutex_unlock(tide_mutex *mutex);

typedef struct tide_condition {
    pthread_cond_t handle; /* waits by the monotonic clock */
} tide_condition;
void tide_condition_init(tide_condition *condition);
void tide_condition_clear(tide_condition *condition);
void tide_condition_wait(tide_condition *condition, tide_mutex *mutex);
/* False when timeout_ms passed. */
bool tide_condition_wait_for(tide_condition *condition, tide_mutex *mutex, int64_t timeout_ms);
void tide_condition_signal(tide_condition *condition);
void tide_condition_broadcast(tide_condition *condition);

/* Counters and flags shared between threads. */
typedef struct tide_atomic {
    _Atomic int64_t value;
} tide_atomic;
int64_t tide_atomic_get(const tide_atomic *atomic);
void tide_atomic_set(tide_atomic *atomic, int64_t value);
/* Returns the value after adding. */
int64_t tide_atomic_add(tide_atomic *atomic, int64_t delta);
/* Sets to `next` if it is `expected`; true when it did. */
bool tide_atomic_swap_if(tide_atomic *atomic, int64_t expected, int64_t next);

#endif

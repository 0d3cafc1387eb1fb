/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/cancel.h"

#include <time.h>

#include "base/calendar.h"

/* How often a sleeper looks at the flag. */
#define CANCEL_POLL_MICROS 50000

void tide_cancel_init(tide_cancel *cancel)
{
    tide_atomic_set(&cancel->level, TIDE_RUNNING);
    tide_atomic_set(&cancel->failed, 0);
    cancel->outer = NULL;
}

void tide_cancel_raise(tide_cancel *cancel, tide_cancel_level level)
{
    int64_t now = tide_atomic_get(&cancel->level);
    while (now < (int64_t)level && !tide_atomic_swap_if(&cancel->level, now, (int64_t)level)) {
        now = tide_atomic_get(&cancel->level);
    }
}

void tide_cancel_fail(tide_cancel *cancel)
{
    tide_atomic_set(&cancel->failed, 1);
}

tide_cancel_level tide_cancel_get(const tide_cancel *cancel)
{
    for (const tide_cancel *each = cancel; each != NULL; each = each->outer) {
        if (tide_atomic_get(&each->failed) != 0) {
            return TIDE_STOP_NOW;
        }
    }
    return tide_cancel_asked(cancel);
}

tide_cancel_level tide_cancel_asked(const tide_cancel *cancel)
{
    int64_t highest = tide_atomic_get(&cancel->level);
    for (const tide_cancel *outer = cancel->outer; outer != NULL; outer = outer->outer) {
        int64_t level = tide_atomic_get(&outer->level);
        highest = level > highest ? level : highest;
    }
    return (tide_cancel_level)highest;
}

tide_code tide_cancel_check(const tide_cancel *cancel, tide_error *err)
{
    switch (tide_cancel_get(cancel)) {
        case TIDE_RUNNING:
            return TIDE_OK;
        case TIDE_STOPPING:
            return TIDE_FAIL(err, TIDE_CANCELLED,
                             "stopped on request; the same command again resumes");
        case TIDE_STOP_NOW:
        default:
            return TIDE_FAIL(err, TIDE_CANCELLED,
                             tide_cancel_asked(cancel) == TIDE_STOP_NOW
                                 ? "stopped at once on request; the same command again resumes"
                                 : "stopped, since other work of the run has failed");
    }
}

tide_code tide_cancel_sleep(const tide_cancel *cancel, int64_t timeout_ms, tide_error *err)
{
    int64_t end = tide_monotonic_micros() + (timeout_ms < 0 ? 0 : timeout_ms) * 1000;
    for (;;) {
        TIDE_TRY(tide_cancel_check(cancel, err));
        int64_t rest = end - tide_monotonic_micros();
        if (rest <= 0) {
            return TIDE_OK;
        }
        int64_t nap = rest < CANCEL_POLL_MICROS ? rest : CANCEL_POLL_MICROS;
        struct timespec pause = {.tv_sec = 0, .tv_nsec = (long)(nap * 1000)};
        (void)nanosleep(&pause, NULL); /* woken early by a signal: the loop looks again */
    }
}

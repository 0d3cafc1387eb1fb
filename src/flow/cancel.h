/* SPDX-License-Identifier: Apache-2.0 */
/* Cancel: one flag, read between batches by every thread of a run. Thread-safe, and may be set from
 * a signal handler.
 *
 * Work that failed stops what goes on beside it as soon as a request to stop now would. But nobody
 * has asked for that, and what is done about the failure - its rejects, the run's record - goes on:
 * who would break that off asks tide_cancel_asked. */
#ifndef TIDE_FLOW_CANCEL_H
#define TIDE_FLOW_CANCEL_H

#include <stdbool.h>

#include "base/thread.h"

typedef enum tide_cancel_level {
    TIDE_RUNNING = 0,
    TIDE_STOPPING, /* finish or roll back the unit in flight, then stop */
    TIDE_STOP_NOW  /* roll back and stop */
} tide_cancel_level;

typedef struct tide_cancel {
    tide_atomic level;  /* as it was asked for */
    tide_atomic failed; /* 1: by tide_cancel_fail */
    const struct tide_cancel
        *outer; /* borrowed; may be NULL: what is raised there counts here, too */
} tide_cancel;

void tide_cancel_init(tide_cancel *cancel);
/* Only ever raises the level. */
void tide_cancel_raise(tide_cancel *cancel, tide_cancel_level level);
/* Some of the work has failed: the rest is to stop at once. */
void tide_cancel_fail(tide_cancel *cancel);
tide_cancel_level tide_cancel_get(const tide_cancel *cancel);
/* Without what tide_cancel_fail has done. */
tide_cancel_level tide_cancel_asked(const tide_cancel *cancel);
/* TIDE_CANCELLED with a sentence when the level is at least STOPPING, else TIDE_OK. */
TIDE_MUST_CHECK tide_code tide_cancel_check(const tide_cancel *cancel, tide_error *err);
/* Sleeps up to timeout_ms, waking within 50 ms of a cancel: for back-off. */
TIDE_MUST_CHECK tide_code tide_cancel_sleep(const tide_cancel *cancel, int64_t timeout_ms,
                                            tide_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Workers: the same body on several threads, joined; the first failure stops the others.
 *
 * The first error that is not a mere consequence (cancelled) is the one reported; if there is none,
 * the last of these: a stop at once comes after one that leaves time. Bodies see the failure of
 * another as a cancel, between batches, but not that another one was cancelled itself.
 */
#ifndef TIDE_RUN_WORKERS_H
#define TIDE_RUN_WORKERS_H

#include "flow/cancel.h"

typedef tide_code (*tide_worker_body)(void *context, unsigned worker, tide_error *err);

/* Runs body(context, 0..count-1) and waits for all. With one worker no thread is started. */
TIDE_MUST_CHECK tide_code tide_workers_run(unsigned count, tide_worker_body body, void *context,
                                           tide_cancel *cancel, tide_error *err);

#endif

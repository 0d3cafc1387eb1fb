/* SPDX-License-Identifier: Apache-2.0 */
/* Read: drains all splits of a source in parallel into an outlet, attempt by attempt.
 *
 * Each worker takes the next split, opens a reader for it and hands batches to the outlet. When an
 * attempt fails in passing, the outlet throws its rows away and the split starts anew, after a
 * pause, at most `attempts_max` times; one whose page was too large does not count. When a snapshot
 * is lost, all splits of it start anew, finished ones included.
 *
 *   outlet: begin -> write* -> finish | abort        per attempt, by one worker's thread
 *           discard                                  of a finished split, by any worker
 */
#ifndef TIDE_RUN_READ_H
#define TIDE_RUN_READ_H

#include "base/log.h"
#include "flow/pool.h"
#include "flow/source.h"
#include "flow/unit.h"
#include "run/progress.h"

typedef struct tide_outlet_vtable {
    tide_code (*begin)(void *outlet, unsigned worker, uint32_t split, uint32_t attempt,
                       void **writer, tide_error *err);
    /* The batch is borrowed during the call. Rows that the outlet refuses become rejects. */
    tide_code (*write)(void *writer, const tide_batch *batch, tide_reject_list *rejects,
                       tide_error *err);
    /* `rejects` are all of the attempt. The writer is gone afterwards, also on failure. */
    tide_code (*finish)(void *writer, const tide_reject_list *rejects, tide_error *err);
    void (*abort)(void *writer);
    /* NULL where a finished split can't be taken back. */
    void (*discard)(void *outlet, uint32_t split);
} tide_outlet_vtable;

typedef struct tide_read_options {
    tide_source *source;
    const tide_source_plan *plan;
    const bool *skip; /* per split: done by an earlier execution; may be NULL */
    unsigned worker_count;
    tide_cancel *cancel;
    tide_pool_member *member; /* a place is taken for each attempt; may be NULL */
    tide_progress *progress;
    const tide_log *log;  /* told of attempts that fail; may be NULL */
    const char *pipeline; /* for it */
    const tide_outlet_vtable *outlet_vtable;
    void *outlet;
    uint32_t attempts_max; /* of a split; 0 = TIDE_SPLIT_ATTEMPTS_MAX */
    int64_t pause_ms;      /* before the second attempt, doubling; 0 = 250 */
    int64_t rejects_max;   /* more than this many is out of bounds: memory */
    bool commits_splits;   /* the outlet's finish commits: readers answer for their member before */
    /* Where pages of readers that are held back go (keeper.h). NULL: nowhere, and they lose what
     * they hold on the server. */
    const tide_schema *schema;
    const char *spill_directory;
} tide_read_options;

/* Rejects of finished attempts are appended to `rejects`, and read, rejected and discarded added to
 * `counts`. */
TIDE_MUST_CHECK tide_code tide_read_all(const tide_read_options *options, tide_reject_list *rejects,
                                        tide_counts *counts, tide_error *err);

#endif

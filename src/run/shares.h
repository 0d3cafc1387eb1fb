/* SPDX-License-Identifier: Apache-2.0 */
/* Shares: how the memory of a run is divided, before anything is opened, so that `plan` can show
 * it.
 *
 *   --memory
 *   |- fixed     the program, its libraries, stacks, what the allocator keeps
 *   |- cache     SQLite's pages, where a sink has them
 *   |- workers   each: page, batches, spilled blocks while they are merged, a unit and what the
 * sink |            makes of it, user code; twice a day where a step wants days whole
 *   +- rows      of all series, in memory between reading and processing; beyond it they spill
 *
 * A worker has no more than it can use: what is left goes to the rows. Nothing is taken while the
 * run goes on, but for rows: parts that are bounded by construction are reserved. One record larger
 * than a batch is held nevertheless, some four times while it is on its way.
 */
#ifndef TIDE_RUN_SHARES_H
#define TIDE_RUN_SHARES_H

#include "run/pipeline.h"

typedef struct tide_shares {
    unsigned worker_count;     /* as asked for, or as many as the memory holds */
    int64_t rows_bytes;        /* held by the shuffle, all workers together */
    int64_t stream_bytes;      /* these are per worker: blocks of spilled rows */
    size_t batch_bytes;        /* one batch of rows, one page */
    int64_t batch_rows;        /* of one call of the steps */
    size_t unit_bytes;         /* one commit unit */
    int64_t unit_rows;         /* as configured, or as many as its bytes have room for */
    size_t max_day_bytes;      /* a day, where a step wants it whole */
    int64_t user_code_bytes;   /* of one step's user code */
    int64_t cache_bytes;       /* SQLite's pages of the one connection that writes */
    int64_t rejects_max;       /* decode rejects that are held until all has been read */
    char why_fewer[256];       /* workers: a sentence, or "" */
    char why_smaller_day[256]; /* likewise, of a day limit that was not set */
} tide_shares;

/* The least that this pipeline needs beside others to be as good as alone with memory_bytes: days
 * that it could hold alone it can hold, too. */
int64_t tide_shares_least(const tide_pipeline *pipeline, int64_t memory_bytes);

/* over_budget when not even one worker has room: the sentence says how much would do. */
TIDE_MUST_CHECK tide_code tide_shares_divide(const tide_pipeline *pipeline, int64_t memory_bytes,
                                             unsigned worker_count, tide_shares *shares,
                                             tide_error *err);

#endif

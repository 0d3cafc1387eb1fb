/* SPDX-License-Identifier: Apache-2.0 */
/* Drain: the splits of one source while they are read - which are waiting, which are done, which
 * have lost their snapshot. What read.c and drain.c share. Thread-safe, but for init, collect and
 * clear. */
#ifndef TIDE_RUN_DRAIN_H
#define TIDE_RUN_DRAIN_H

#include "run/keeper.h"
#include "run/read.h"
#include "run/split_queue.h"

typedef enum tide_split_state {
    TIDE_SPLIT_WAITING = 0,
    TIDE_SPLIT_READING,
    TIDE_SPLIT_DONE
} tide_split_state;

/* Of an attempt; of a split: of the one that has finished. */
typedef struct tide_split_results {
    int64_t rows, rejected;
    tide_reject_list rejects; /* owned */
    uint64_t generation;      /* of its snapshot, that it has read; 0: none */
} tide_split_results;

/* What is kept per split: its rejects stay apart until all has been read, since a lost snapshot may
 * take a finished split back. */
typedef struct tide_split_slot {
    tide_split_state state;
    uint32_t attempts; /* begun so far */
    uint32_t failures; /* of them, but for those whose pages were too large */
    uint64_t lost;     /* the newest generation of its snapshot that is known to be lost */
    tide_split_results results;
} tide_split_slot;

typedef struct tide_drain {
    const tide_read_options *options;
    tide_mutex lock; /* guards all below */
    tide_condition changed;
    tide_split_slot *slots;
    tide_split_queue queue; /* of those that wait */
    size_t reading;
    int64_t discarded;
    int64_t reject_count;
    tide_keeping keeping;
    tide_keeper *keepers; /* per worker */
} tide_drain;

/* To be cleared in either case. */
TIDE_MUST_CHECK tide_code tide_drain_init(tide_drain *drain, const tide_read_options *options,
                                          tide_error *err);
void tide_drain_clear(tide_drain *drain);

/* The next split to be read. False: all are done, or the run was cancelled. */
bool tide_drain_take_split(tide_drain *drain, unsigned worker, uint32_t *split);
/* Lines a split up again whose attempt has failed. */
void tide_drain_put_back(tide_drain *drain, uint32_t split);
/* All splits that have read this generation of their snapshot are read again. remote where one of
 * them is committed. */
TIDE_MUST_CHECK tide_code tide_drain_lose_snapshot(tide_drain *drain, uint32_t split,
                                                   uint64_t generation, tide_error *err);
/* The split is done: results are moved in, unless its snapshot was lost meanwhile. */
TIDE_MUST_CHECK tide_code tide_drain_keep(tide_drain *drain, uint32_t split,
                                          tide_split_results *results, tide_error *err);
/* At the end: see tide_read_all. */
TIDE_MUST_CHECK tide_code tide_drain_collect(const tide_drain *drain, tide_reject_list *rejects,
                                             tide_counts *counts, tide_error *err);

#endif

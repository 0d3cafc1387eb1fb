/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the shuffle share: its inside.
 *
 * Locks: `lock` guards the list of finished runs and the place of each. A run leaves the memory in
 * three moves: MOVING (under the lock: it is claimed, nobody else will touch it), writing (without
 * the lock, rows are only read), DISK (under the lock; `moved` is signalled). discard_split waits
 * for a run that is MOVING. After seal nothing changes any more and no lock is taken.
 */
#ifndef TIDE_SHUFFLE_SHUFFLE_PARTS_H
#define TIDE_SHUFFLE_SHUFFLE_PARTS_H

#include "shuffle/merger.h"
#include "shuffle/shuffle.h"

typedef struct tide_run_list {
    tide_sorted_run **runs; /* owned, each on the heap */
    size_t count, capacity;
} tide_run_list;

struct tide_shuffle {
    tide_shuffle_options options; /* key and order columns: in order and key_columns */
    char *spill_directory;
    uint32_t *key_columns;
    tide_row_order order;
    tide_spill_file file;
    tide_budget resident; /* limit: resident_bytes_max */
    tide_atomic borrowed; /* bytes of the reserve */
    int64_t spill_bytes_min;
    size_t slab_bytes;
    tide_mutex lock;
    tide_condition moved;
    tide_run_list finished;
    tide_shuffle_facts facts; /* run counts are filled in when asked for */
};

/* A run on the heap that the caller owns. */
TIDE_MUST_CHECK tide_code tide_shuffle_make_run(tide_shuffle *shuffle, uint32_t split,
                                                tide_sorted_run **run, tide_error *err);
/* Frees it with its rows, blocks and budget. NULL is allowed. */
void tide_shuffle_free_run(tide_shuffle *shuffle, tide_sorted_run *run);
/* Appends; the list owns the run then. */
TIDE_MUST_CHECK tide_code tide_run_list_add(tide_run_list *list, tide_sorted_run *run,
                                            tide_error *err);

/* Takes memory for rows from the budget, if both limits allow it. */
bool tide_shuffle_take_bytes(tide_shuffle *shuffle, int64_t bytes);
void tide_shuffle_force_bytes(tide_shuffle *shuffle, int64_t bytes);
void tide_shuffle_give_back_bytes(tide_shuffle *shuffle, int64_t bytes);

/* Merges `from` into blocks of `to` (of any place, unchanged; `to` has none yet). */
TIDE_MUST_CHECK tide_code tide_shuffle_write_run(tide_shuffle *shuffle,
                                                 const tide_sorted_run *const *from,
                                                 size_t from_count, tide_sorted_run *to,
                                                 tide_error *err);
/* Writes a sorted run in memory to the disk and frees its memory. On failure it is as before. The
 * run's place is the caller's to change. */
TIDE_MUST_CHECK tide_code tide_shuffle_spill_rows(tide_shuffle *shuffle, tide_sorted_run *run,
                                                  tide_error *err);

/* merge_pass.c */
TIDE_MUST_CHECK tide_code tide_shuffle_merge_passes(tide_shuffle *shuffle, unsigned thread_count,
                                                    tide_error *err);

#endif

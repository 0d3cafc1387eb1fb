/* SPDX-License-Identifier: Apache-2.0 */
/* Sorted run: sorted rows of one attempt, in memory or in the spill file.
 *
 * In the spill file a run is a list of blocks (record/codec.h), each of about
 * TIDE_SPILL_BLOCK_BYTES before compression. The index stays in memory, so a range of hashes is
 * read by going straight to its first block:
 *
 *   blocks   [03..1f] [1f..1f] [1f..40] [41..77] [78..fe]      first and last hash of each
 *   range 20..50               ^------------------^
 *
 * A run is immutable but for its move to the disk, which shuffle.c guards.
 */
#ifndef TIDE_SHUFFLE_SORTED_RUN_H
#define TIDE_SHUFFLE_SORTED_RUN_H

#include "flow/state.h"
#include "shuffle/row_store.h"
#include "shuffle/spill_file.h"

typedef struct tide_block {
    uint64_t first_hash, last_hash;
    int64_t offset;
    uint32_t byte_count;
    uint32_t row_count;
} tide_block;

typedef enum tide_place {
    TIDE_PLACE_MEMORY = 0, /* in rows */
    TIDE_PLACE_MOVING,     /* in rows; a thread is writing them */
    TIDE_PLACE_DISK        /* in blocks */
} tide_place;

typedef struct tide_sorted_run {
    uint32_t split;
    tide_place place;
    bool collided; /* it may hold two keys with one hash */
    int64_t row_count;
    int64_t held_bytes;  /* what its rows take, or took, in memory */
    tide_row_store rows; /* sorted */
    tide_block *blocks;  /* owned */
    size_t block_count, block_capacity;
    int64_t raw_bytes;   /* of the spilled rows before compression */
    int64_t piece_bytes; /* of the spilled rows in the file */
} tide_sorted_run;

/* rows: just initialized, moved in. */
void tide_sorted_run_init(tide_sorted_run *run, const tide_row_store *rows, uint32_t split);
/* Frees memory and gives disk space back. The budget is the caller's business. */
void tide_sorted_run_clear(tide_sorted_run *run, tide_spill_file *file);

/* Index of the first block that may hold rows of `hash` or more. */
size_t tide_sorted_run_find_block(const tide_sorted_run *run, uint64_t hash);
/* Rows with a hash below `hash`: exact for resident runs; a spilled block that straddles it counts
 * in proportion. */
int64_t tide_sorted_run_rows_below(const tide_sorted_run *run, uint64_t hash);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Shuffle: takes rows from all splits in any order, and gives them back sorted, by hash range.
 *
 * The order is total: hash of the key, key values, then the order columns as given (row_order.h);
 * so what comes out does not depend on the number of splits, threads, spills or batches. As long as
 * rows that are equal in all of these are equal altogether - give all columns that matter.
 *
 * A partition is a range of hashes, so one sort serves any number of partitions:
 *
 *   attempts   rows ---> row store ---------------------> sorted runs in memory   --+
 *              rows ---> row store --budget refuses-----> sorted runs on the disk --+- merge ->
 * stream |        ^           |  of a range
 *                                                              +- seal: merge passes+
 *
 * Order of calls: create -> [any threads: attempt_begin -> write ... -> finish or abort;
 * discard_split] -> seal -> [any threads: open_range -> next ... -> close] -> destroy.
 *
 * Threads: an attempt or a stream belongs to one thread; different ones work at the same time.
 * create, seal, destroy are called while nothing else is.
 *
 * Memory: all rows held are taken from the budget. When it refuses, the asking thread spills what
 * is larger: the rows of its own attempt, or the largest finished run. Pieces too small to be worth
 * a run are kept and forced on the budget.
 */
#ifndef TIDE_SHUFFLE_SHUFFLE_H
#define TIDE_SHUFFLE_SHUFFLE_H

#include "flow/budget.h"
#include "flow/cancel.h"
#include "flow/state.h"

typedef struct tide_shuffle tide_shuffle;
typedef struct tide_shuffle_attempt tide_shuffle_attempt;

typedef struct tide_shuffle_options {
    const tide_schema *schema;   /* borrowed for the shuffle's life */
    const uint32_t *key_columns; /* of the hash; copied */
    size_t key_count;
    const uint32_t
        *order_columns; /* after the key: time, ties, id or position, all values; copied */
    size_t order_count;
    const char *spill_directory; /* copied; created (0700) when first needed */
    tide_budget *budget;         /* borrowed */
    tide_budget *reserve;        /* borrowed, may be NULL: rows beyond resident_bytes_max are held
                                    in it while it lasts, before any is spilled */
    const tide_cancel *cancel;   /* borrowed */
    int64_t resident_bytes_max;  /* rows held in memory beyond it are spilled although the budget
                                    would allow them; 0 = only the budget decides. Leave room for
                                    what comes after seal */
    int64_t stream_bytes_max;    /* blocks in memory of one stream or merge; 0 = 16 MB */
    size_t batch_bytes_max;      /* of a stream's batches; 0 = TIDE_BATCH_BYTES_MAX */
} tide_shuffle_options;

TIDE_MUST_CHECK tide_code tide_shuffle_create(const tide_shuffle_options *options,
                                              tide_shuffle **shuffle, tide_error *err);
/* Frees memory, removes the spill file. Attempts and streams must be gone. */
void tide_shuffle_destroy(tide_shuffle *shuffle);

/* Of one attempt. */
typedef struct tide_shuffle_counts {
    int64_t row_count;
    int64_t byte_count; /* as held in memory */
} tide_shuffle_counts;

TIDE_MUST_CHECK tide_code tide_shuffle_attempt_begin(tide_shuffle *shuffle, uint32_t split,
                                                     tide_shuffle_attempt **attempt,
                                                     tide_error *err);
/* Copies the rows; the batch is borrowed during the call. hashes: one per row, or NULL to have them
 * computed from the key columns. After a failure only abort is allowed. */
TIDE_MUST_CHECK tide_code tide_shuffle_attempt_write(tide_shuffle_attempt *attempt,
                                                     const tide_batch *batch,
                                                     const uint64_t *hashes, tide_error *err);
tide_shuffle_counts tide_shuffle_attempt_counts(const tide_shuffle_attempt *attempt);
/* The attempt reached its end: its rows count from now on. At most one attempt of a split may
 * finish (unless the earlier one was discarded). Frees the attempt; on failure it is the caller's
 * still, to abort. */
TIDE_MUST_CHECK tide_code tide_shuffle_attempt_finish(tide_shuffle_attempt *attempt,
                                                      tide_error *err);
/* Throws its rows away and frees it. */
void tide_shuffle_attempt_abort(tide_shuffle_attempt *attempt);

/* Throws the finished attempt of a split away (its snapshot is lost). Before seal only. Returns how
 * many rows it had. */
int64_t tide_shuffle_discard_split(tide_shuffle *shuffle, uint32_t split);

/* All attempts have ended. Merges runs on the disk in passes, by up to thread_count threads (this
 * one included), until a stream can open all that are left within its memory. */
TIDE_MUST_CHECK tide_code tide_shuffle_seal(tide_shuffle *shuffle, unsigned thread_count,
                                            tide_error *err);

/* Rows per partition for a given number of them, for balance: partition_count numbers into rows.
 * Exact in sum; where a spilled block straddles a border, it is shared out in proportion. */
void tide_shuffle_partition_rows(const tide_shuffle *shuffle, uint32_t partition_count,
                                 int64_t *rows);

/* The rows of a range in order. Batches hold at most TIDE_BATCH_ROWS_MAX rows and
 * batch_bytes_max bytes (or a single larger row), and come with their hashes. After a failure
 * of next only close is allowed. Closed with stream->vtable->close. */
TIDE_MUST_CHECK tide_code tide_shuffle_open_range(tide_shuffle *shuffle, tide_hash_range range,
                                                  tide_stream **stream, tide_error *err);

/* What it has done so far, for progress and the run record. */
typedef struct tide_shuffle_facts {
    int64_t row_count;   /* of finished attempts, without discarded ones */
    int64_t byte_count;  /* as held in memory */
    int64_t memory_runs; /* of finished attempts */
    int64_t disk_runs;
    int64_t spilled_bytes; /* written to the disk, merge passes included */
    int64_t spill_count;   /* runs that were written for want of memory */
    int64_t merge_count;   /* merges at seal */
} tide_shuffle_facts;

tide_shuffle_facts tide_shuffle_get_facts(tide_shuffle *shuffle);

#endif

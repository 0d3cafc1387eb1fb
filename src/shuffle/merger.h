/* SPDX-License-Identifier: Apache-2.0 */
/* Merger: the rows of several sorted runs in one order, as batches. Every merge of the shuffle is
 * this one: the streams of partitions, the passes over too many runs, and (of a single run) the
 * writing of a run to the disk.
 *
 * A tree of losers over the cursors' first entries:
 *
 *                 winner 0                 the entry that comes next
 *               /          \
 *         [1] loser 2                      each inner node keeps the loser of its match; the next
 *        /           \                     entry of the winner's cursor replays the path from its
 *   [2] loser 1    [3] loser 3             leaf to the root: log2(k) comparisons a row
 *    /     \        /     \
 *   c0      c1     c2      c3
 *
 * Rows are first picked (row references only), then gathered column by column. A cursor of a
 * spilled run that has used up its block is loaded again only after all that was picked from it has
 * been gathered.
 *
 * Order of calls: init, next... until no rows, clear. One thread; runs may be shared.
 */
#ifndef TIDE_SHUFFLE_MERGER_H
#define TIDE_SHUFFLE_MERGER_H

#include "flow/budget.h"
#include "flow/cancel.h"
#include "shuffle/sorted_cursor.h"

typedef struct tide_merger_options {
    const tide_schema *schema; /* all borrowed */
    const tide_row_order *order;
    const tide_spill_file *file;
    tide_budget *budget; /* what the merger holds is forced on it */
    const tide_cancel *cancel;
    tide_hash_range range;
    size_t batch_rows_max; /* bounds of a batch: a single row may exceed the bytes */
    size_t batch_bytes_max;
} tide_merger_options;

/* The first entry of a cursor, beside those of the others. Heads with the same series number (but
 * 0) are known to have the same key, so that keys are compared once per series and run, not per
 * row. */
typedef struct tide_merger_head {
    uint64_t hash;
    int64_t time;
    tide_row row; /* columns == NULL: the cursor is over, its hash is UINT64_MAX */
    uint64_t series;
} tide_merger_head;

typedef struct tide_merger {
    tide_merger_options options;
    tide_sorted_cursor *cursors; /* owned */
    size_t cursor_count;
    tide_merger_head *heads; /* owned */
    uint64_t series_count;   /* numbers given so far */
    bool collided;           /* two keys with one hash have met */
    uint32_t *tree;          /* owned: [0] the winner, [1..cursor_count) losers */
    tide_row *picks;         /* owned: batch_rows_max; rows in order, not gathered yet */
    uint64_t *pick_hashes;   /* owned */
    size_t pick_begin, pick_end;
    uint32_t *variable_columns; /* owned */
    size_t variable_count;
    size_t fixed_row_bytes;
    tide_builder out;
    tide_batch view;
    uint64_t *hashes; /* owned: of the rows of out */
    tide_load_scratch scratch;
    int64_t forced_bytes;
} tide_merger;

TIDE_MUST_CHECK tide_code tide_merger_init(tide_merger *merger, const tide_merger_options *options,
                                           const tide_sorted_run *const *runs, size_t run_count,
                                           tide_error *err);
void tide_merger_clear(tide_merger *merger);
/* *out and *hashes are borrowed until the next call; no rows = end. */
TIDE_MUST_CHECK tide_code tide_merger_next(tide_merger *merger, tide_batch *out,
                                           const uint64_t **hashes, tide_error *err);

#endif

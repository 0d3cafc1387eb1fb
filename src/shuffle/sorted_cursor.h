/* SPDX-License-Identifier: Apache-2.0 */
/* Sorted cursor: goes through the rows of a run that lie in a range of hashes, as entries.
 *
 * Of a resident run all entries are there at once. Of a spilled run there is one block at a time;
 * when its entries are used up the cursor is hungry, and its rows stay valid until load is called.
 * One thread.
 */
#ifndef TIDE_SHUFFLE_SORTED_CURSOR_H
#define TIDE_SHUFFLE_SORTED_CURSOR_H

#include "record/codec.h"
#include "shuffle/sorted_run.h"

typedef struct tide_sorted_cursor {
    const tide_entry *at, *end; /* borrowed; at == end: hungry or over */
    const tide_slab *slabs;     /* of the entries */
    const tide_sorted_run *run;
    size_t next_block, end_block; /* none left: over */
    /* The block in memory, of a spilled run. */
    tide_builder builder;
    tide_batch view;
    tide_slab block_slab;
    tide_entry *entries;
    size_t entry_capacity;
    uint64_t *hashes;
    size_t hash_capacity;
} tide_sorted_cursor;

/* What cursors of one merge share while they load. */
typedef struct tide_load_scratch {
    const tide_schema *schema;
    const tide_row_order *order;
    const tide_spill_file *file;
    tide_hash_range range;
    tide_codec codec;
    tide_text bytes;
} tide_load_scratch;

/* Loads nothing yet; the run is borrowed for the cursor's life. */
TIDE_MUST_CHECK tide_code tide_sorted_cursor_init(tide_sorted_cursor *cursor,
                                                  const tide_sorted_run *run,
                                                  const tide_load_scratch *scratch,
                                                  tide_error *err);
void tide_sorted_cursor_clear(tide_sorted_cursor *cursor);

static inline bool tide_sorted_cursor_is_hungry(const tide_sorted_cursor *cursor)
{
    return cursor->at == cursor->end && cursor->next_block < cursor->end_block;
}
/* Replaces the block by the next one that has rows in the range; none: over. */
TIDE_MUST_CHECK tide_code tide_sorted_cursor_load(tide_sorted_cursor *cursor,
                                                  tide_load_scratch *scratch, tide_error *err);
/* Memory that the block takes. */
int64_t tide_sorted_cursor_bytes(const tide_sorted_cursor *cursor);

#endif

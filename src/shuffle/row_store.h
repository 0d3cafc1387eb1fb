/* SPDX-License-Identifier: Apache-2.0 */
/* Row store: rows held in memory with one entry each, added in any order, then sorted once.
 *
 * Rows are gathered until they fill a slab, and put into it in order of (hash, time). The entries
 * of all slabs are sorted at the end; reading in that order then goes through every slab from its
 * beginning to its end, and not through all memory at random:
 *
 *   pending rows  c a d b -> slab 0  a b c d     entries  a0 a1 b0 b1 c0 c1 d0 d1
 *                 b d c a -> slab 1  a b c d
 *
 * Order of calls: init, add..., sort (then immutable), clear. Batches are borrowed during add. Not
 * thread-safe before sort.
 */
#ifndef TIDE_SHUFFLE_ROW_STORE_H
#define TIDE_SHUFFLE_ROW_STORE_H

#include "record/builder.h"
#include "shuffle/entry.h"
#include "shuffle/row_order.h"
#include "shuffle/slab.h"

typedef struct tide_row_store {
    const tide_schema *schema;   /* borrowed */
    const tide_row_order *order; /* borrowed */
    tide_slab *slabs;            /* owned */
    size_t slab_count, slab_capacity;
    tide_entry *entries; /* owned */
    size_t row_count, entry_capacity;
    size_t slab_bytes;    /* pending rows become a slab at this size */
    size_t slab_entries;  /* entries of rows in slabs: the first so many, the others are pending */
    tide_builder pending; /* rows in the order in which they came: the slab after the last one */
    tide_builder ordered; /* scratch: the same rows in order */
    bool has_builders;
    int64_t byte_count; /* as add_bytes said */
    bool collided;      /* found by sort: two keys have one hash */
} tide_row_store;

void tide_row_store_init(tide_row_store *store, const tide_schema *schema,
                         const tide_row_order *order, size_t slab_bytes);
void tide_row_store_clear(tide_row_store *store);

/* What adding these rows will hold, for the budget. */
int64_t tide_row_store_add_bytes(const tide_row_store *store, const tide_column *columns,
                                 int64_t row_count);
/* After a failure only clear is allowed. */
TIDE_MUST_CHECK tide_code tide_row_store_add(tide_row_store *store, const tide_column *columns,
                                             const uint64_t *hashes, int64_t row_count,
                                             tide_error *err);
/* Puts the entries into the full order of row_order.h, collisions of hashes included. */
TIDE_MUST_CHECK tide_code tide_row_store_sort(tide_row_store *store, tide_error *err);

static inline tide_row tide_row_store_row(const tide_row_store *store, const tide_entry *entry)
{
    return (tide_row){store->slabs[entry->slab].columns, entry->row};
}

#endif

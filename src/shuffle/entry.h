/* SPDX-License-Identifier: Apache-2.0 */
/* Entry: what stands for a row while rows are sorted - its hash, its sort key, and where it is.
 *
 * Rows themselves never move before they are written out in order. The sort is by (hash, time) on
 * the entries alone, in place, in linear time:
 *
 *   byte 0 of hash   | 00.. 00.. | 01.. | 02.. 02.. 02.. | ...        radix, most significant first
 *   byte 1 of hash   | 00 | 00   | ...
 *   at most 256 left | merge sort by (hash, time)
 *
 * A bucket that stays large (one giant series) goes on through all bytes of the hash and then those
 * of the time. Ties of (hash, time) and different keys with one hash are left to whoever knows the
 * rows: tide_entries_sort_by.
 */
#ifndef TIDE_SHUFFLE_ENTRY_H
#define TIDE_SHUFFLE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef struct tide_entry {
    uint64_t hash;
    int64_t time;  /* the sort key of row_order.h */
    uint32_t slab; /* where the row is: index of its slab, and its row there */
    uint32_t row;
} tide_entry;

/* By (hash, time); entries that are equal in both are in no particular order. */
void tide_entries_sort(tide_entry *entries, size_t count);

typedef bool (*tide_entry_less)(const void *context, const tide_entry *a, const tide_entry *b);

/* By `less`, stable, n log n; allocates as much again as the entries take. */
TIDE_MUST_CHECK tide_code tide_entries_sort_by(tide_entry *entries, size_t count,
                                               tide_entry_less less, const void *context,
                                               tide_error *err);

/* Index of the first of entries[0..count), sorted by hash, with a hash of at least `hash`. */
size_t tide_entries_find(const tide_entry *entries, size_t count, uint64_t hash);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "shuffle/entry.h"

#include <string.h>

#include "base/memory.h"

/* Below this a merge sort with scratch on the stack beats another radix pass. */
#define SMALL_COUNT 256
/* Pieces that insertion sort puts in order before they are merged. */
#define INSERTION_COUNT 12
#define DIGITS 256
/* Bytes of (hash, time). */
#define LEVELS 16

static inline bool less_by_key(const void *context, const tide_entry *a, const tide_entry *b)
{
    (void)context;
    return a->hash != b->hash ? a->hash < b->hash : a->time < b->time;
}

static inline __attribute__((always_inline)) void insertion_sort(tide_entry *entries, size_t count,
                                                                 tide_entry_less less,
                                                                 const void *context)
{
    for (size_t i = 1; i < count; i++) {
        tide_entry moved = entries[i];
        size_t at = i;
        while (at > 0 && less(context, &moved, &entries[at - 1])) {
            entries[at] = entries[at - 1];
            at--;
        }
        entries[at] = moved;
    }
}

/* Merges from[begin, middle) and from[middle, end) to the same places of `to`. */
static inline __attribute__((always_inline)) void merge_pair(const tide_entry *from, tide_entry *to,
                                                             size_t begin, size_t middle,
                                                             size_t end, tide_entry_less less,
                                                             const void *context)
{
    size_t left = begin;
    size_t right = middle;
    for (size_t at = begin; at < end; at++) {
        bool take_right =
            left == middle || (right < end && less(context, &from[right], &from[left]));
        to[at] = take_right ? from[right++] : from[left++];
    }
}

/* Bottom-up and stable; the result is in `entries`. */
static inline __attribute__((always_inline)) void merge_sort(tide_entry *entries, size_t count,
                                                             tide_entry *scratch,
                                                             tide_entry_less less,
                                                             const void *context)
{
    for (size_t begin = 0; begin < count; begin += INSERTION_COUNT) {
        size_t rest = count - begin;
        insertion_sort(entries + begin, rest < INSERTION_COUNT ? rest : INSERTION_COUNT, less,
                       context);
    }
    tide_entry *from = entries;
    tide_entry *to = scratch;
    for (size_t width = INSERTION_COUNT; width < count; width *= 2) {
        for (size_t begin = 0; begin < count; begin += 2 * width) {
            size_t middle = count - begin < width ? count : begin + width;
            size_t end = count - begin < 2 * width ? count : begin + 2 * width;
            merge_pair(from, to, begin, middle, end, less, context);
        }
        tide_entry *swapped = from;
        from = to;
        to = swapped;
    }
    if (from != entries) {
        memcpy(entries, from, count * sizeof *entries);
    }
}

static void sort_small(tide_entry *entries, size_t count)
{
    tide_entry scratch[SMALL_COUNT];
    merge_sort(entries, count, scratch, less_by_key, NULL);
}

/* Byte `level` of (hash, time with its sign turned), counted from the most significant. */
static inline unsigned digit_of(const tide_entry *entry, unsigned level)
{
    uint64_t word = level < 8 ? entry->hash : (uint64_t)entry->time ^ (UINT64_C(1) << 63);
    return (unsigned)(word >> (56 - 8 * (level & 7))) & (DIGITS - 1);
}

/* Puts each entry into the bucket of its digit, by following cycles of misplaced entries. */
static void permute(tide_entry *entries, unsigned level, size_t next[DIGITS],
                    const size_t end[DIGITS])
{
    for (unsigned bucket = 0; bucket < DIGITS; bucket++) {
        while (next[bucket] < end[bucket]) {
            tide_entry moved = entries[next[bucket]];
            unsigned digit = digit_of(&moved, level);
            while (digit != bucket) {
                tide_entry *place = &entries[next[digit]++];
                tide_entry displaced = *place;
                *place = moved;
                moved = displaced;
                digit = digit_of(&moved, level);
            }
            entries[next[bucket]++] = moved;
        }
    }
}

/* Ends of the buckets of a level. True when one bucket holds everything. */
static bool count_digits(const tide_entry *entries, size_t count, unsigned level,
                         size_t end[DIGITS])
{
    memset(end, 0, DIGITS * sizeof *end);
    for (size_t i = 0; i < count; i++) {
        end[digit_of(&entries[i], level)]++;
    }
    if (end[digit_of(&entries[0], level)] == count) {
        return true;
    }
    for (unsigned bucket = 1; bucket < DIGITS; bucket++) {
        end[bucket] += end[bucket - 1];
    }
    return false;
}

static void sort_by_radix(tide_entry *entries, size_t count, unsigned level)
{
    size_t end[DIGITS];
    size_t next[DIGITS];
    if (count <= SMALL_COUNT) {
        sort_small(entries, count);
        return;
    }
    while (count_digits(entries, count, level, end)) {
        if (++level == LEVELS) {
            return;
        }
    }
    next[0] = 0;
    memcpy(next + 1, end, (DIGITS - 1) * sizeof *next);
    permute(entries, level, next, end);
    if (level + 1 == LEVELS) {
        return;
    }
    size_t begin = 0;
    for (unsigned bucket = 0; bucket < DIGITS; bucket++) {
        if (end[bucket] - begin > 1) {
            sort_by_radix(entries + begin, end[bucket] - begin, level + 1);
        }
        begin = end[bucket];
    }
}

void tide_entries_sort(tide_entry *entries, size_t count)
{
    sort_by_radix(entries, count, 0);
}

tide_code tide_entries_sort_by(tide_entry *entries, size_t count, tide_entry_less less,
                               const void *context, tide_error *err)
{
    if (count <= INSERTION_COUNT) {
        insertion_sort(entries, count, less, context);
        return TIDE_OK;
    }
    tide_entry *scratch = tide_alloc(count * sizeof *scratch);
    if (scratch == NULL) {
        return TIDE_FAIL_MEMORY(err, "sorting rows");
    }
    merge_sort(entries, count, scratch, less, context);
    tide_free(scratch);
    return TIDE_OK;
}

size_t tide_entries_find(const tide_entry *entries, size_t count, uint64_t hash)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (entries[middle].hash < hash) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

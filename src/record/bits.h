/* SPDX-License-Identifier: Apache-2.0 */
/* Bits in the Arrow order (bit i of byte i / 8 is row i): values of bool columns, and validity. */
#ifndef TIDE_RECORD_BITS_H
#define TIDE_RECORD_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool tide_bit_read(const uint8_t *bits, int64_t at)
{
    return (bits[at >> 3] >> (at & 7) & 1) != 0;
}

/* The first bit of a byte clears the others, so that bitmaps need no clearing beforehand. */
static inline void tide_bit_write(uint8_t *bits, int64_t at, bool value)
{
    unsigned shift = (unsigned)(at & 7);
    unsigned before = shift == 0 ? 0 : bits[at >> 3] & ~(1u << shift);
    bits[at >> 3] = (uint8_t)(before | (unsigned)value << shift);
}

/* Sets bits [0, count) to 1, the rest of the last byte to 0. */
void tide_bits_fill(uint8_t *bits, int64_t count);
/* Sets `count` bits from `at` on to 1; those before stay. */
void tide_bits_set(uint8_t *bits, int64_t at, int64_t count);
/* Copies bits [from_at, from_at + count) to `to_at`; those before `to_at` stay. */
void tide_bits_copy(uint8_t *to, int64_t to_at, const uint8_t *from, int64_t from_at,
                    int64_t count);
/* How many of the bits [at, at + count) are 0. */
int64_t tide_bits_count_zero(const uint8_t *bits, int64_t at, int64_t count);

#endif

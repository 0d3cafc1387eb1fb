/* SPDX-License-Identifier: Apache-2.0 */
#include "record/bits.h"

#include <string.h>

void tide_bits_fill(uint8_t *bits, int64_t count)
{
    if (count > 0) {
        memset(bits, 0xFF, (size_t)((count + 7) / 8));
    }
    if ((count & 7) != 0) {
        bits[count >> 3] = (uint8_t)(0xFFu >> (8 - (count & 7)));
    }
}

void tide_bits_set(uint8_t *bits, int64_t at, int64_t count)
{
    int64_t i = 0;
    while (i < count && ((at + i) & 7) != 0) {
        tide_bit_write(bits, at + i, true);
        i++;
    }
    tide_bits_fill(bits + ((at + i) >> 3), count - i);
}

/* Eight bits from any position. Reads the next byte only where it holds some of them. */
static uint8_t read_byte(const uint8_t *bits, int64_t at)
{
    unsigned shift = (unsigned)(at & 7);
    unsigned low = bits[at >> 3];
    if (shift == 0) {
        return (uint8_t)low;
    }
    return (uint8_t)((low | (unsigned)bits[(at >> 3) + 1] << 8) >> shift);
}

void tide_bits_copy(uint8_t *to, int64_t to_at, const uint8_t *from, int64_t from_at, int64_t count)
{
    int64_t i = 0;
    while (i < count && ((to_at + i) & 7) != 0) {
        tide_bit_write(to, to_at + i, tide_bit_read(from, from_at + i));
        i++;
    }
    for (; count - i >= 8; i += 8) {
        to[(to_at + i) >> 3] = read_byte(from, from_at + i);
    }
    for (; i < count; i++) {
        tide_bit_write(to, to_at + i, tide_bit_read(from, from_at + i));
    }
}

int64_t tide_bits_count_zero(const uint8_t *bits, int64_t at, int64_t count)
{
    int64_t ones = 0;
    int64_t i = 0;
    while (i < count && ((at + i) & 7) != 0) {
        ones += tide_bit_read(bits, at + i);
        i++;
    }
    for (; count - i >= 64; i += 64) {
        uint64_t word;
        memcpy(&word, bits + ((at + i) >> 3), sizeof word);
        ones += __builtin_popcountll(word);
    }
    for (; i < count; i++) {
        ones += tide_bit_read(bits, at + i);
    }
    return count - ones;
}

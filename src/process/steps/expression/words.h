/* SPDX-License-Identifier: Apache-2.0 */
/* Words: bits of the rows of a chunk, 64 to a word. */
#ifndef TIDE_PROCESS_STEPS_EXPRESSION_WORDS_H
#define TIDE_PROCESS_STEPS_EXPRESSION_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rows evaluated at a time: some vectors of 16 KB stay in the first- and second-level cache. */
#define TIDE_CHUNK_ROWS 1024
#define TIDE_CHUNK_WORDS (TIDE_CHUNK_ROWS / 64)

static inline bool tide_word_bit(const uint64_t *words, int64_t row)
{
    return (words[row >> 6] >> (row & 63) & 1) != 0;
}

static inline bool tide_words_any(const uint64_t *words, size_t count)
{
    uint64_t any = 0;
    for (size_t i = 0; i < count; i++) {
        any |= words[i];
    }
    return any != 0;
}

/* for each row of `rows`, in order: { ... } with int64_t row */
#define TIDE_FOR_ROWS(rows, word_count)                                                   \
    for (size_t word_ = 0; word_ < (word_count); word_++)                                 \
        for (uint64_t bits_ = (rows)[word_]; bits_ != 0; bits_ &= bits_ - 1)              \
            for (int64_t row = (int64_t)(word_ * 64) + __builtin_ctzll(bits_), once_ = 1; \
                 once_ == 1; once_ = 0)

#endif

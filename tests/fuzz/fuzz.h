/* SPDX-License-Identifier: Apache-2.0 */
/* What a fuzz target defines: it returns 0, and aborts where a promise is broken. */
#ifndef TIDE_TEST_FUZZ_H
#define TIDE_TEST_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says which promise, so that a report can be read without a debugger. */
#define FUZZ_CHECK(promise)                                                             \
    do {                                                                                \
        if (!(promise)) {                                                               \
            (void)fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #promise); \
            abort();                                                                    \
        }                                                                               \
    } while (0)

/* From so many bytes on an input is one of a session of large ones (see torture): places in it are
 * chosen by shares, and limits are such as large rows meet. */
#define FUZZ_LARGE_BYTES 4096

/* A place in `size` bytes, its end included. */
static inline size_t fuzz_place(uint8_t choice, size_t size)
{
    return size < FUZZ_LARGE_BYTES ? choice % (size + 1) : size * choice / UINT8_MAX;
}

/* The bytes of an input one by one; zeros behind its end. */
typedef struct fuzz_input {
    const uint8_t *data;
    size_t size;
} fuzz_input;

static inline uint8_t fuzz_take(fuzz_input *input)
{
    if (input->size == 0) {
        return 0;
    }
    input->size--;
    return *input->data++;
}

/* As many bytes as there are, at most `size`, little-endian. */
static inline uint64_t fuzz_take_bytes(fuzz_input *input, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        value |= (uint64_t)fuzz_take(input) << (8 * i);
    }
    return value;
}

/* Numbers that follow from a seed. */
static inline uint64_t fuzz_random(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

#endif

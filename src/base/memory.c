/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Per thread, so that a test counts its own allocations only and the counters need no lock. */
static _Thread_local size_t made;
static _Thread_local size_t failing_nth;
static _Thread_local int failing_for_ever;

static bool allocation_fails(void)
{
    made++;
    if (failing_nth == 0) {
        return false;
    }
    return failing_for_ever != 0 ? made >= failing_nth : made == failing_nth;
}

void *tide_alloc(size_t bytes)
{
    if (allocation_fails()) {
        return NULL;
    }
    return malloc(bytes == 0 ? 1 : bytes);
}

void *tide_alloc_zero(size_t count, size_t bytes_each)
{
    size_t bytes;
    if (allocation_fails() || __builtin_mul_overflow(count, bytes_each, &bytes)) {
        return NULL;
    }
    return bytes == 0 ? calloc(1, 1) : calloc(count, bytes_each);
}

void *tide_resize(void *block, size_t bytes)
{
    if (allocation_fails()) {
        return NULL;
    }
    return realloc(block, bytes == 0 ? 1 : bytes);
}

void tide_free(void *block)
{
    free(block);
}

char *tide_copy_string(const char *string)
{
    if (string == NULL) {
        return NULL;
    }
    size_t bytes = strlen(string) + 1;
    char *copy = tide_alloc(bytes);
    if (copy != NULL) {
        memcpy(copy, string, bytes);
    }
    return copy;
}

tide_code tide_grow(void **items, size_t *capacity, size_t count_min, size_t bytes_each,
                    tide_error *err)
{
    if (count_min <= *capacity) {
        return TIDE_OK;
    }
    size_t count = *capacity > SIZE_MAX / 2 ? count_min : *capacity * 2;
    if (count < count_min) {
        count = count_min;
    }
    if (count < 8) {
        count = 8;
    }
    size_t bytes;
    if (__builtin_mul_overflow(count, bytes_each, &bytes)) {
        return TIDE_FAIL(err, TIDE_OUT_OF_MEMORY, "out of memory: %zu items of %zu bytes", count,
                         bytes_each);
    }
    void *grown = tide_resize(*items, bytes);
    if (grown == NULL) {
        return TIDE_FAIL(err, TIDE_OUT_OF_MEMORY, "out of memory: %zu bytes", bytes);
    }
    *items = grown;
    *capacity = count;
    return TIDE_OK;
}

size_t tide_memory_fail_nth(size_t n, int for_ever)
{
    size_t count = made;
    made = 0;
    failing_nth = n;
    failing_for_ever = for_ever;
    return count;
}

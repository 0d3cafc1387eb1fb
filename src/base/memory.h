/* SPDX-License-Identifier: Apache-2.0 */
/* Memory from the heap, by one door, so that tests can make the Nth allocation fail.
 *
 * All allocations of the project go through here (libraries' own do not). Sizes of arrays are
 * multiplied with an overflow check. NULL means out of memory; nothing here aborts.
 */
#ifndef TIDE_BASE_MEMORY_H
#define TIDE_BASE_MEMORY_H

#include <stddef.h>

#include "base/error.h"

void *tide_alloc(size_t bytes);
void *tide_alloc_zero(size_t count, size_t bytes_each);
/* Like realloc. On NULL the old block is still owned by the caller. */
void *tide_resize(void *block, size_t bytes);
void tide_free(void *block);
/* A terminated copy, owned by the caller. NULL in, NULL out. */
char *tide_copy_string(const char *string);

/* Grows *items (owned) so that it holds at least count_min items of bytes_each; doubles. */
TIDE_MUST_CHECK tide_code tide_grow(void **items, size_t *capacity, size_t count_min,
                                    size_t bytes_each, tide_error *err);

/* Tests only: the Nth allocation from now on this thread fails (1 = the next), 0 = never; with
 * `for_ever`, all after it fail too. Returns how many allocations were made since the last call. */
size_t tide_memory_fail_nth(size_t n, int for_ever);

#endif

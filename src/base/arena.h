/* SPDX-License-Identifier: Apache-2.0 */
/* Arena: memory that is given back all at once, when its lifetime (process, run, worker, batch)
 * ends. Not thread-safe: one owner. Pointers stay valid until reset or clear. */
#ifndef TIDE_BASE_ARENA_H
#define TIDE_BASE_ARENA_H

#include <stddef.h>

#include "base/text.h"

typedef struct tide_arena_block tide_arena_block;

typedef struct tide_arena {
    tide_arena_block *first; /* owned */
    size_t used_bytes;       /* of all blocks */
} tide_arena;

void tide_arena_init(tide_arena *arena);
void tide_arena_clear(tide_arena *arena); /* frees all */
void tide_arena_reset(tide_arena *arena); /* forgets all, keeps one block */
/* Aligned for any type, not zeroed; NULL = out of memory. */
void *tide_arena_alloc(tide_arena *arena, size_t bytes);
void *tide_arena_alloc_zero(tide_arena *arena, size_t count, size_t bytes_each);
/* Terminated copies. */
char *tide_arena_copy_string(tide_arena *arena, const char *string);
char *tide_arena_copy_str(tide_arena *arena, tide_str s);
char *tide_arena_format(tide_arena *arena, const char *format, ...) TIDE_PRINTF(2, 3);

#endif

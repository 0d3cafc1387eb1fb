/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

/* Blocks are a list, newest first; only the newest is filled. Sizes double up to a bound, so that
 * small arenas stay small and big ones need few blocks. */
struct tide_arena_block {
    tide_arena_block *next;
    size_t capacity;
    size_t used;
    _Alignas(max_align_t) unsigned char bytes[];
};

#define BLOCK_BYTES_MIN ((size_t)4 << 10)
#define BLOCK_BYTES_MAX ((size_t)1 << 20)

void tide_arena_init(tide_arena *arena)
{
    arena->first = NULL;
    arena->used_bytes = 0;
}

void tide_arena_clear(tide_arena *arena)
{
    tide_arena_block *block = arena->first;
    while (block != NULL) {
        tide_arena_block *next = block->next;
        tide_free(block);
        block = next;
    }
    tide_arena_init(arena);
}

void tide_arena_reset(tide_arena *arena)
{
    tide_arena_block *kept = arena->first;
    if (kept == NULL) {
        return;
    }
    arena->first = kept->next;
    tide_arena_clear(arena);
    kept->next = NULL;
    kept->used = 0;
    arena->first = kept;
}

static tide_arena_block *add_block(tide_arena *arena, size_t bytes)
{
    size_t capacity = BLOCK_BYTES_MIN;
    if (arena->first != NULL) {
        capacity = arena->first->capacity * 2;
    }
    if (capacity > BLOCK_BYTES_MAX) {
        capacity = BLOCK_BYTES_MAX;
    }
    if (capacity < bytes) {
        capacity = bytes;
    }
    if (capacity > SIZE_MAX - sizeof(tide_arena_block)) {
        return NULL;
    }
    tide_arena_block *block = tide_alloc(sizeof *block + capacity);
    if (block == NULL) {
        return NULL;
    }
    block->next = arena->first;
    block->capacity = capacity;
    block->used = 0;
    arena->first = block;
    return block;
}

void *tide_arena_alloc(tide_arena *arena, size_t bytes)
{
    const size_t alignment = _Alignof(max_align_t);
    if (bytes > SIZE_MAX - alignment) {
        return NULL;
    }
    size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    tide_arena_block *block = arena->first;
    if (block == NULL || block->capacity - block->used < rounded) {
        block = add_block(arena, rounded);
        if (block == NULL) {
            return NULL;
        }
    }
    void *memory = block->bytes + block->used;
    block->used += rounded;
    arena->used_bytes += rounded;
    return memory;
}

void *tide_arena_alloc_zero(tide_arena *arena, size_t count, size_t bytes_each)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, bytes_each, &bytes)) {
        return NULL;
    }
    void *memory = tide_arena_alloc(arena, bytes);
    if (memory != NULL) {
        memset(memory, 0, bytes);
    }
    return memory;
}

char *tide_arena_copy_string(tide_arena *arena, const char *string)
{
    return tide_arena_copy_str(arena, tide_str_of(string));
}

char *tide_arena_copy_str(tide_arena *arena, tide_str s)
{
    if (s.size == SIZE_MAX) {
        return NULL;
    }
    char *copy = tide_arena_alloc(arena, s.size + 1);
    if (copy == NULL) {
        return NULL;
    }
    if (s.size > 0) {
        memcpy(copy, s.data, s.size);
    }
    copy[s.size] = '\0';
    return copy;
}

char *tide_arena_format(tide_arena *arena, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    char *text = NULL;
    if (size >= 0) {
        text = tide_arena_alloc(arena, (size_t)size + 1);
    }
    if (text != NULL) {
        (void)vsnprintf(text, (size_t)size + 1, format, again);
    }
    va_end(again);
    va_end(arguments);
    return text;
}

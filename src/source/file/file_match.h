/* SPDX-License-Identifier: Apache-2.0 */
/* File match: the paths that a pattern names, as glob(7) says: `*`, `?` and `[...]` match within
 * one name and not a dot at its beginning, a backslash takes a character's meaning away.
 *
 * In place of glob(3), which frees names twice when memory runs out in it (glibc 2.36), and takes a
 * directory that can't be read to its end for a shorter one. */
#ifndef TIDE_SOURCE_FILE_FILE_MATCH_H
#define TIDE_SOURCE_FILE_FILE_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

typedef struct tide_path_list {
    const char **items; /* owned: tide_free; the strings are the arena's */
    size_t count;
    size_t capacity;
} tide_path_list;

void tide_path_list_clear(tide_path_list *list);

/* Are there characters in a pattern that stand for others? */
bool tide_file_is_wild(const char *pattern);

/* Adds what exists, in no order; `directory` (NULL or "": the current one), in which no character
 * is special, is where a pattern that does not begin with / starts. Paths begin with it. What is
 * gone by the time is no match; a directory that can't be read is an error. */
TIDE_MUST_CHECK tide_code tide_file_match(tide_arena *arena, const char *directory,
                                          const char *pattern, tide_path_list *found,
                                          tide_error *err);

#endif

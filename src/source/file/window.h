/* SPDX-License-Identifier: Apache-2.0 */
/* Window: a piece of a file's bytes in memory, moved and grown so that a record is whole in it.
 *
 *        data            begin       at               end       capacity   + padding
 *         |  used up      | record    | not looked at  |  free   |
 *
 * Whoever reads records moves begin behind each. One thread.
 */
#ifndef TIDE_SOURCE_FILE_WINDOW_H
#define TIDE_SOURCE_FILE_WINDOW_H

#include "flow/budget.h"
#include "source/file/file_input.h"

typedef struct tide_window {
    tide_file_input *input; /* owned */
    tide_budget *budget;    /* borrowed: counts capacity */
    char *data;             /* owned; with TIDE_JSON_PADDING bytes more than capacity */
    size_t capacity;
    size_t begin, end;
    uint64_t offset; /* of data[0] in the decompressed file */
    bool ended;      /* no bytes behind end */
} tide_window;

TIDE_MUST_CHECK tide_code tide_window_open(tide_window *window, const tide_file_place *place,
                                           tide_budget *budget, tide_error *err);
/* Keeps [begin, end) and reads more behind it, at least a byte or the end; begin becomes 0. */
TIDE_MUST_CHECK tide_code tide_window_more(tide_window *window, tide_error *err);
/* Skips a byte order mark; for the beginning of a file. */
TIDE_MUST_CHECK tide_code tide_window_skip_mark(tide_window *window, tide_error *err);
void tide_window_close(tide_window *window);

/* Where data[at] is in the file. */
static inline uint64_t tide_window_position(const tide_window *window, size_t at)
{
    return window->offset + at;
}

#endif

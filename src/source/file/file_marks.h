/* SPDX-License-Identifier: Apache-2.0 */
/* File marks: what earlier complete runs have read of files.
 *
 * Value of a mark: "SIZE:MTIME_NS END DIGEST [FROM [HORIZON]]". The run has read from FROM on, and
 * processed days that end by HORIZON: if rows were left, they are behind both. Contents are the
 * same when END and DIGEST are.
 */
#ifndef TIDE_SOURCE_FILE_FILE_MARKS_H
#define TIDE_SOURCE_FILE_FILE_MARKS_H

#include "source/file/file_content.h"
#include "source/file/file_glob.h"
#include "source/file/file_input.h"

struct tide_file_view;

/* A mark, parsed. It is `mark->open` when rows of it were left for a later run. */
typedef struct tide_file_mark {
    const tide_read_mark *mark; /* borrowed */
    char identity[TIDE_FILE_IDENTITY_BYTES];
    uint64_t end;
    uint64_t from;   /* 0: from the beginning */
    int64_t horizon; /* INT64_MAX: not told */
    tide_file_digest digest;
    struct tide_file_view *view; /* borrowed: at the file of its path; NULL: there is none */
    bool is_left;                /* rows of its content were left, be it under another name */
    bool is_lost;                /* rows of it were left, and no file holds them */
    bool is_begun;               /* a file begins with it and goes on, if it has gone */
    struct tide_file_view *heir; /* borrowed: at a file that begins with it, if it has gone */
} tide_file_mark;

typedef struct tide_file_marks {
    const tide_read_mark_list *list; /* borrowed; may be NULL */
    tide_file_mark *items;           /* owned; sorted by name */
    tide_file_mark **by_content;     /* owned; sorted by end, then digest */
    size_t count;
} tide_file_marks;

/* False: no such value. Fills identity, end, digest, from and horizon. */
bool tide_file_mark_parse(const char *value, tide_file_mark *mark);
/* From the same. Owned by the arena; NULL: no memory. */
const char *tide_file_mark_print(tide_arena *arena, const tide_file_mark *mark);

/* To be cleared in either case. */
TIDE_MUST_CHECK tide_code tide_file_marks_init(tide_file_marks *marks,
                                               const tide_read_mark_list *list, tide_error *err);
void tide_file_marks_clear(tide_file_marks *marks);

/* The mark of a path; NULL: none. */
tide_file_mark *tide_file_marks_find(const tide_file_marks *marks, const char *name);
/* Those with that content: their number, the first of them in `*first`. */
size_t tide_file_marks_of_content(const tide_file_marks *marks, uint64_t end,
                                  const tide_file_digest *digest, tide_file_mark *const **first);

/* By end, then digest: the order of contents. */
int tide_file_content_compare(uint64_t left_end, const tide_file_digest *left, uint64_t right_end,
                              const tide_file_digest *right);

#endif

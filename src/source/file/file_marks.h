/* SPDX-License-Identifier: Apache-2.0 */
/* File marks: what earlier complete runs have read of files, and what this plan reads.
 *
 * Value of a mark: "SIZE:MTIME_NS END DIGEST". Contents are the same when END and DIGEST are.
 */
#ifndef TIDE_SOURCE_FILE_FILE_MARKS_H
#define TIDE_SOURCE_FILE_FILE_MARKS_H

#include "source/file/file_content.h"
#include "source/file/file_glob.h"
#include "source/file/file_input.h"

/* A mark, parsed. */
typedef struct tide_file_mark {
    const tide_read_mark *mark; /* borrowed; NULL: of a file that this plan reads */
    char identity[TIDE_FILE_IDENTITY_BYTES];
    uint64_t end;
    tide_file_digest digest;
    bool is_absent; /* no found file has its name */
    bool is_gone;   /* absent, or the file there has been seen to hold something else by now */
    bool is_taken;  /* a file with this content is being read, or known, in this plan */
} tide_file_mark;

typedef struct tide_file_marks {
    const tide_read_mark_list *list; /* borrowed; may be NULL */
    tide_file_mark
        *items; /* owned; sorted by mark's name up to mark_count, then files of this plan */
    size_t count, capacity;
    size_t mark_count;
    tide_file_mark **open; /* owned: marks with rows that were left, by their ends */
    size_t open_count, open_capacity;
} tide_file_marks;

/* False: no such value. Fills identity, end and digest. */
bool tide_file_mark_parse(const char *value, tide_file_mark *mark);
/* Owned by the arena; NULL: no memory. */
const char *tide_file_mark_print(tide_arena *arena, const char *identity, uint64_t end,
                                 const tide_file_digest *digest);

/* Room for each of the files is made, so that adding one never fails. To be cleared in either case.
 */
TIDE_MUST_CHECK tide_code tide_file_marks_init(tide_file_marks *marks,
                                               const tide_read_mark_list *list,
                                               const tide_found_files *found, tide_error *err);
void tide_file_marks_clear(tide_file_marks *marks);

/* The mark of a path; NULL: none. */
tide_file_mark *tide_file_marks_find(tide_file_marks *marks, const char *name);
/* A mark with that content: rather one that is open and whose file is gone, since its rows are to
 * be read, and rather any other than one of this plan. */
tide_file_mark *tide_file_marks_find_content(tide_file_marks *marks, uint64_t end,
                                             const tide_file_digest *digest);
/* An open mark of that content, rather one whose file is gone; never `except`. NULL: none. */
tide_file_mark *tide_file_marks_find_open(const tide_file_marks *marks, uint64_t end,
                                          const tide_file_digest *digest,
                                          const tide_file_mark *except);
/* Open marks of that content whose files are absent go to `out` as closed ones. */
TIDE_MUST_CHECK tide_code tide_file_marks_close_absent(const tide_file_marks *marks,
                                                       const tide_file_mark *content,
                                                       tide_read_mark_list *out, tide_error *err);
/* This plan reads, or knows, the content of the mark: no other mark with it is read beside. */
void tide_file_marks_take(tide_file_marks *marks, const tide_file_mark *taken);
/* The same of a content that no mark has. */
void tide_file_marks_add_taken(tide_file_marks *marks, uint64_t end,
                               const tide_file_digest *digest);

bool tide_found_files_have(const tide_found_files *found, const char *name);

#endif

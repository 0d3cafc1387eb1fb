/* SPDX-License-Identifier: Apache-2.0 */
/* File view: what a found file holds, held against what marks know. Nothing is decided here.
 *
 * A file that lies as its mark says is not opened: it holds what it held. All others are read once
 * for their digests: of all that they hold, and of the beginnings that marks know.
 */
#ifndef TIDE_SOURCE_FILE_FILE_VIEW_H
#define TIDE_SOURCE_FILE_FILE_VIEW_H

#include "source/file/file_marks.h"

typedef struct tide_file_view {
    tide_found_file *file; /* borrowed */
    tide_file_mark *own;   /* borrowed: the mark of its path; NULL: none */
    bool is_wanted;        /* to be read again by the user's wish */
    bool is_ranged;        /* plain NDJSON: it may grow */
    bool is_untouched;     /* size and mtime are those of its mark */
    bool is_unread;        /* certainly new: its digest was not taken */
    bool holds;            /* what its own mark says, and nothing but whole records behind */
    uint64_t end;          /* its content */
    tide_file_digest digest;
    tide_file_mark *beginning;     /* the longest content that it begins with and that has gone from
                                      where it was; NULL: none */
    struct tide_file_group *group; /* borrowed: file_verdict.h */
} tide_file_view;

typedef struct tide_file_viewer {
    const tide_file_source_options *options;
    tide_file_marks *marks;
    bool looks_only; /* see tide_plan_request */
    uint64_t *ends;  /* owned, as all that follow */
    tide_file_digest *digests;
    size_t ends_capacity, digests_capacity;
} tide_file_viewer;

/* Has the content of the mark gone from its path, as far as known by now? */
bool tide_file_mark_is_gone(const tide_file_mark *mark);

/* At one file with a mark: does it still hold what that says? Also whether it begins with contents
 * whose paths have no file. */
TIDE_MUST_CHECK tide_code tide_file_view_known(tide_file_viewer *viewer, tide_file_view *view,
                                               tide_error *err);
/* Once all of those are looked at, at each file: whether it begins with what else has gone. */
TIDE_MUST_CHECK tide_code tide_file_view_rest(tide_file_viewer *viewer, tide_file_view *view,
                                              tide_error *err);
void tide_file_viewer_clear(tide_file_viewer *viewer);

#endif

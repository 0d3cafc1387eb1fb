/* SPDX-License-Identifier: Apache-2.0 */
/* File verdict: what is to be read of each found file (the table in file_registry.h).
 *
 * Files with the same content are a group, of which one is read at most. Rows that were left of a
 * content are claimed by one group at most: that of the file they are in, or, if they have gone
 * from there, of one with the same content, or of one that begins with it.
 *
 *   content of a group  |=========================================|
 *   known of it         |------------------------|                     by the longest of its marks
 *   left of it                   |---------------|                     from the first row left on
 *   read                         |--------------------------------|
 */
#ifndef TIDE_SOURCE_FILE_FILE_VERDICT_H
#define TIDE_SOURCE_FILE_FILE_VERDICT_H

#include "base/text.h"
#include "source/file/file_view.h"

typedef struct tide_file_group {
    tide_file_view **views; /* borrowed; by name */
    size_t count;
    tide_file_mark *const *same; /* borrowed: marks with this content */
    size_t same_count;
    uint64_t known;         /* so much of the content has been read */
    uint64_t left;          /* rows were left from here on; UINT64_MAX: none */
    uint64_t left_end;      /* of the content that they were left of; */
    int64_t left_horizon;   /* by a run that had this; INT64_MAX: not known, or of several */
    tide_file_view *reader; /* NULL: nothing is read */
    bool is_changed;        /* none of it is known, and it lies only where other contents lay */
} tide_file_group;

typedef struct tide_file_verdict {
    tide_file_marks *marks; /* borrowed, as the next two */
    tide_file_view *views;  /* by name */
    size_t count;
    bool reads_all;           /* see tide_plan_request */
    int64_t horizon;          /* see tide_plan_request, as reads_all */
    bool rotated;             /* see tide_file_source_options */
    tide_source_plan *plan;   /* borrowed: gets marks and notes */
    tide_file_view **ordered; /* owned: by content, then name */
    tide_file_group *groups;  /* owned */
    size_t group_count;
    tide_text changed; /* initialised; names of files that hold something else than they did */
} tide_file_verdict;

/* Fills what the registry says of each file that was looked at, and `changed`. To be cleared in
 * either case. */
TIDE_MUST_CHECK tide_code tide_file_judge(tide_file_verdict *verdict, tide_error *err);
void tide_file_verdict_clear(tide_file_verdict *verdict);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* File verdict: what is to be read of one found file (the table in file_registry.h).
 *
 * A path says little: files are renamed, copied, and others come to their paths. So the files are
 * looked at in turns, of which each knows more of what is where.
 */
#ifndef TIDE_SOURCE_FILE_FILE_VERDICT_H
#define TIDE_SOURCE_FILE_FILE_VERDICT_H

#include "source/file/file_glob.h"
#include "source/file/file_marks.h"

typedef enum tide_file_turn {
    TIDE_TURN_TOUCHED, /* a mark, but another size or mtime: does it still hold what it held? */
    TIDE_TURN_KEPT,    /* it does */
    TIDE_TURN_OTHERS,  /* no mark, or its content is gone: it may be that of others that are gone */
    TIDE_TURN_SPARE,   /* all it holds was left by one that is gone: unless another one has more */
    TIDE_TURN_COUNT,
} tide_file_turn;

typedef struct tide_registry {
    const tide_file_source_options *options;
    const tide_plan_request *request;
    tide_found_files *found;
    tide_source_plan *plan;
    tide_file_marks marks;
    uint64_t *ends; /* owned */
    tide_file_digest *digests;
    size_t ends_capacity, digests_capacity;
    tide_text changed; /* names of files that hold something else than they did */
} tide_registry;

/* The turn in which the file is looked at first. */
tide_file_turn tide_file_first_turn(tide_registry *registry, const tide_found_file *file);

/* Fills what the registry says of the file, or puts it off to a later turn. */
TIDE_MUST_CHECK tide_code tide_file_judge(tide_registry *registry, tide_found_file *file,
                                          tide_error *err);

#endif

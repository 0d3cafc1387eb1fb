/* SPDX-License-Identifier: Apache-2.0 */
/* File glob: the files that the patterns of a source match. */
#ifndef TIDE_SOURCE_FILE_FILE_GLOB_H
#define TIDE_SOURCE_FILE_FILE_GLOB_H

#include <sys/types.h>

#include "base/arena.h"
#include "source/file/file_source.h"

typedef struct tide_found_file {
    const char *name; /* relative to the directory as the pattern is; arena */
    const char *path; /* to open; arena */
    dev_t device;
    ino_t inode;
    const char *identity; /* SIZE:MTIME_NS; arena */
    uint64_t byte_count;
    /* By the registry (file_registry.h); zero without one. */
    bool is_known; /* needs no reading */
    tide_member_reason reason;
    const char *mark;
    size_t mark_sure;
    const char *current;
    const char *now; /* its name by now; NULL: as it was */
    uint64_t begin, end;
    uint64_t known_bytes, left_end;
    int64_t left_horizon;
} tide_found_file;

typedef struct tide_found_files {
    tide_arena *arena;      /* borrowed: owns the strings */
    tide_found_file *items; /* owned: tide_free */
    size_t count;
    size_t capacity;
} tide_found_files;

/* Fills found with regular files, sorted by name by bytes, each file once (of several names of one
 * file the first). A pattern that matches nothing is bad_config unless options->allow_empty. */
TIDE_MUST_CHECK tide_code tide_file_glob(const tide_file_source_options *options,
                                         tide_found_files *found, tide_error *err);

/* Looks at one file by its name: bad_data when it is gone or not a regular file. */
TIDE_MUST_CHECK tide_code tide_file_look(tide_arena *arena, const char *directory, const char *name,
                                         tide_found_file *file, tide_error *err);

#endif

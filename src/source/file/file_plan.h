/* SPDX-License-Identifier: Apache-2.0 */
/* File plan: patterns to members, members to splits. */
#ifndef TIDE_SOURCE_FILE_FILE_PLAN_H
#define TIDE_SOURCE_FILE_FILE_PLAN_H

#include "source/file/file_source.h"

TIDE_MUST_CHECK tide_code tide_file_plan(const tide_file_source_options *options,
                                         const tide_plan_request *request, tide_source_plan *plan,
                                         tide_error *err);

/* The path to open for a member's name; in the arena, NULL when memory is short. */
char *tide_file_path(tide_arena *arena, const char *directory, const char *name);

/* Is it NDJSON without compression, so that ranges of it can be read? */
TIDE_MUST_CHECK tide_code tide_file_is_ranged(const tide_file_source_options *options,
                                              const char *path, const char *name, bool *is_ranged,
                                              tide_error *err);

/* The format of a file by the options, or by its suffix. bad_config when neither tells. */
TIDE_MUST_CHECK tide_code tide_file_format_of(const tide_file_source_options *options,
                                              const char *name, tide_file_format *format,
                                              tide_error *err);

#endif

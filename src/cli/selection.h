/* SPDX-License-Identifier: Apache-2.0 */
/* Selection: the pipelines of a project file that a command is for - names and globs, minus those
 * of --exclude, and with --failed those whose newest run has not ended well. Always in the order of
 * the project file. */
#ifndef TIDE_CLI_SELECTION_H
#define TIDE_CLI_SELECTION_H

#include "run/project.h"

typedef struct tide_selection {
    char *const *names; /* borrowed; globs with * ? [...]; none: all */
    size_t name_count;
    const char **excluded; /* owned; the words are borrowed */
    size_t excluded_count, excluded_capacity;
    bool only_failed;
} tide_selection;

void tide_selection_clear(tide_selection *selection);
TIDE_MUST_CHECK tide_code tide_selection_exclude(tide_selection *selection, const char *pattern,
                                                 tide_error *err);

/* wanted[i]: is pipeline i of the project selected? A word that matches none is an error that tells
 * the nearest name; so is a selection that leaves none. With only_failed sinks are asked: one that
 * can't be counts as failed, and nothing may be left. */
TIDE_MUST_CHECK tide_code tide_selection_apply(const tide_selection *selection,
                                               const tide_project *project, bool *wanted,
                                               tide_error *err);

#endif

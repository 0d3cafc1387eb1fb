/* SPDX-License-Identifier: Apache-2.0 */
/* Diagnostics: everything that is wrong with a project file, gathered and told at once, each as
 * file:line:column with what was probably meant. One thread. */
#ifndef TIDE_RUN_DIAGNOSTICS_H
#define TIDE_RUN_DIAGNOSTICS_H

#include "base/arena.h"

/* A place in the project file; lines and columns count from 1, 0 = unknown. */
typedef struct tide_mark {
    int line;
    int column;
} tide_mark;

typedef struct tide_diagnostic {
    tide_mark mark;
    const char *message;
} tide_diagnostic;

typedef struct tide_diagnostics {
    tide_arena arena; /* owns the messages */
    const char *path; /* of the project file, borrowed */
    tide_diagnostic *items;
    size_t count;
    size_t capacity;
    bool failed; /* out of memory: some are missing */
} tide_diagnostics;

void tide_diagnostics_init(tide_diagnostics *diagnostics, const char *path);
void tide_diagnostics_clear(tide_diagnostics *diagnostics);
void tide_diagnostics_add(tide_diagnostics *diagnostics, tide_mark mark, const char *format, ...)
    TIDE_PRINTF(3, 4);
/* Adds `word` is not known, with the nearest candidate, else the list of all. */
void tide_diagnostics_add_unknown(tide_diagnostics *diagnostics, tide_mark mark, const char *what,
                                  const char *word, const char *const *candidates, size_t count);
/* Sorted by place. */
void tide_diagnostics_sort(tide_diagnostics *diagnostics);
/* bad_config with all of them, a line each, when there are any; else TIDE_OK. */
TIDE_MUST_CHECK tide_code tide_diagnostics_raise(tide_diagnostics *diagnostics, tide_error *err);
/* "path:line:column: message" of one. */
void tide_diagnostic_print(const tide_diagnostics *diagnostics, size_t i, tide_text *out);

#endif

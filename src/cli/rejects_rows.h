/* SPDX-License-Identifier: Apache-2.0 */
/* Rejects one by one: as lines for people, as JSON lines, as CSV - to standard output or to a file
 * that has its name only once it is complete. */
#ifndef TIDE_CLI_REJECTS_ROWS_H
#define TIDE_CLI_REJECTS_ROWS_H

#include <stdio.h>

#include "run/run.h"

typedef enum tide_rejects_form {
    TIDE_REJECTS_LINES,
    TIDE_REJECTS_NDJSON,
    TIDE_REJECTS_CSV
} tide_rejects_form;

/* Members of a reject as JSON, without braces: its key, why it is one, its values. */
void tide_print_reject_members(const tide_kept_reject *kept, tide_text *out);

typedef struct tide_rejects_writer {
    tide_rejects_form form;
    FILE *file;       /* standard output, or owned */
    const char *path; /* borrowed; NULL: standard output */
    char *temporary;  /* owned: its name until it is complete */
    int64_t row_count;
    tide_text line;
} tide_rejects_writer;

/* `path` decides the form: .csv, .ndjson or .jsonl, "-" is NDJSON on standard output; NULL: lines
 * for people there, or with `json` NDJSON. To be ended in either case. */
TIDE_MUST_CHECK tide_code tide_rejects_writer_begin(tide_rejects_writer *writer, const char *path,
                                                    bool json, tide_error *err);
TIDE_MUST_CHECK tide_code tide_rejects_writer_write(tide_rejects_writer *writer,
                                                    const char *pipeline,
                                                    const tide_kept_reject *kept, tide_error *err);
/* The file gets its name. */
TIDE_MUST_CHECK tide_code tide_rejects_writer_finish(tide_rejects_writer *writer, tide_error *err);
void tide_rejects_writer_end(tide_rejects_writer *writer);

#endif

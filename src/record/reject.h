/* SPDX-License-Identifier: Apache-2.0 */
/* Rejects: rows that can't be decoded, typed, evaluated or loaded, kept with position and reason.
 *
 * Key of a reject: (pipeline, stage, position). They keep decoded values, masked
 * where a column is; of a cell that can't be decoded the reason quotes the beginning, or, masked,
 * tells the length.
 * Position of a record: "INDEX/ID" for Elasticsearch; "PATH:OFFSET" (byte offset in the
 * decompressed file) for files. Of a row that a step was given: "SERIES/DAY/STEP.ORDINAL", or
 * "RECORD/STEP.ORDINAL" without a series. Of an output row: "SERIES/DAY/ORDINAL", "UNIT/ORDINAL"
 * where nothing is ordered, "row/DIGEST" of its values where units differ from execution to
 * execution.
 */
#ifndef TIDE_RECORD_REJECT_H
#define TIDE_RECORD_REJECT_H

#include "base/arena.h"

typedef struct tide_reject {
    const char *stage; /* "decode", "step", "load" */
    const char *step;  /* "2 where" or NULL */
    const char *position;
    const char *column;   /* or NULL */
    const char *reason;   /* a sentence */
    const char *sqlstate; /* load: what the server said; else NULL */
    const char *values;   /* decoded columns as a JSON object, "{}" if none */
} tide_reject;

typedef struct tide_reject_list {
    tide_arena arena; /* owns all strings */
    tide_reject *items;
    size_t count;
    size_t capacity;
} tide_reject_list;

void tide_reject_list_init(tide_reject_list *list);
void tide_reject_list_clear(tide_reject_list *list);
void tide_reject_list_reset(tide_reject_list *list);
/* Memory of the rejects in the list. */
size_t tide_reject_list_bytes(const tide_reject_list *list);
/* Copies all strings. */
TIDE_MUST_CHECK tide_code tide_reject_list_add(tide_reject_list *list, const tide_reject *reject,
                                               tide_error *err);
/* Copies all of `from`. */
TIDE_MUST_CHECK tide_code tide_reject_list_append(tide_reject_list *list,
                                                  const tide_reject_list *from, tide_error *err);

#endif

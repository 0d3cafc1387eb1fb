/* SPDX-License-Identifier: Apache-2.0 */
/* Read mark: how far complete runs have read - of one file, or by the cursor of an index pattern.
 * Marks live beside the run records; they move in the transaction that completes a run, and only
 * then.
 *
 * What a mark's value says is known to the kind of source that wrote it; sinks only keep it.
 */
#ifndef TIDE_FLOW_READ_MARK_H
#define TIDE_FLOW_READ_MARK_H

#include "base/arena.h"

/* Of a run that has appended, or replaced, without keeping marks: what it has loaded is known to
 * none of them. No file has this name. Its value says what kind of run that was; the next complete
 * run that keeps marks, `state accept` and `state reset` take it away. */
#define TIDE_UNACCOUNTED_MARK ""

typedef struct tide_read_mark {
    const char *name;  /* of the file as written; unique within a pipeline */
    const char *value; /* UTF-8 text */
    bool open;         /* must be read again: it held rows that were left for a later run */
} tide_read_mark;

typedef struct tide_read_mark_list {
    tide_arena arena;      /* owns all strings */
    tide_read_mark *items; /* owned */
    size_t count, capacity;
} tide_read_mark_list;

void tide_read_mark_list_init(tide_read_mark_list *list);
void tide_read_mark_list_clear(tide_read_mark_list *list);
/* Copies. */
TIDE_MUST_CHECK tide_code tide_read_mark_list_add(tide_read_mark_list *list,
                                                  const tide_read_mark *mark, tide_error *err);
void tide_read_mark_list_remove(tide_read_mark_list *list, const tide_read_mark *mark);
/* The mark of that name, or NULL, in a list that is sorted by name (by bytes), as sinks give it. */
const tide_read_mark *tide_read_mark_list_find(const tide_read_mark_list *list, const char *name);

#endif

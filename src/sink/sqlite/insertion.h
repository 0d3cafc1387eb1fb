/* SPDX-License-Identifier: Apache-2.0 */
/* Insertion: one row into the table or into staging, and what became of it.
 *
 * A row that the table refuses - constraint, trigger, size - leaves no trace: where triggers or
 * foreign keys could leave one, each row has a savepoint. Foreign keys that are deferred are looked
 * at after each row, as if they were immediate.
 */
#ifndef TIDE_SINK_SQLITE_INSERTION_H
#define TIDE_SINK_SQLITE_INSERTION_H

#include "flow/sink.h"
#include "sink/sqlite/compare_function.h"
#include "sink/store/refusals.h"
#include "sink/store/row_writer.h"

typedef struct tide_insertion {
    tide_db *db;               /* borrowed */
    const tide_target *target; /* borrowed */
    tide_row_writer writer;
    tide_comparison *comparison; /* borrowed; NULL without key */
    bool has_position;           /* into staging: the parameter after the columns */
    bool needs_savepoint;
    char said[256]; /* the server's sentence about the last row that it refused */
} tide_insertion;

typedef enum tide_fate {
    TIDE_ROW_LOADED,
    TIDE_ROW_SUPERSEDED, /* the row that is there is not smaller */
    TIDE_ROW_REFUSED     /* *refusal says why */
} tide_fate;

/* Prepares the statement for `table`. `comparison` NULL: plain insert. On failure nothing is owned.
 * Not for staging: has_position false. */
TIDE_MUST_CHECK tide_code tide_insertion_init(tide_insertion *insertion, tide_db *db,
                                              const tide_target *target, const char *table,
                                              tide_comparison *comparison, bool has_position,
                                              tide_error *err);
void tide_insertion_clear(tide_insertion *insertion);
/* `position` only for staging. *refusal is borrowed until the next call. A failure is one of the
 * transaction, not of the row. */
TIDE_MUST_CHECK tide_code tide_insertion_insert(tide_insertion *insertion,
                                                const tide_column *columns, int64_t row,
                                                tide_str position, tide_fate *fate,
                                                tide_refusal *refusal, tide_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Reject table: <table>_rejects, keyed by (pipeline, stage, position), upserted, so that a row that
 * is met again after a kill is there once. It holds the last run that found it and no time.
 *
 * All but reading happens inside a transaction. */
#ifndef TIDE_SINK_STORE_REJECT_TABLE_H
#define TIDE_SINK_STORE_REJECT_TABLE_H

#include "flow/sink.h"
#include "sink/store/db.h"

/* A table of one pipeline; merges into one table share its rejects. */
typedef struct tide_reject_table {
    tide_db *db;
    const char *name;
    const tide_target *target; /* whose: its pipeline, and how its positions are numbered */
} tide_reject_table;

/* Also gives one of an earlier version the columns that it lacks. */
TIDE_MUST_CHECK tide_code tide_reject_table_create(const tide_reject_table *table, tide_error *err);
/* `undone`: of a unit that was rolled back. */
TIDE_MUST_CHECK tide_code tide_reject_table_write(const tide_reject_table *table,
                                                  const tide_reject_list *rejects, int64_t run,
                                                  bool undone, tide_error *err);
/* Deletes them, as they are loaded again: state_conflict unless all are there. */
TIDE_MUST_CHECK tide_code tide_reject_table_take(const tide_reject_table *table,
                                                 const tide_reject_list *rejects, tide_error *err);
/* The same for those that are dismissed, and none that a later run has found again. */
TIDE_MUST_CHECK tide_code tide_reject_table_dismiss(const tide_reject_table *table,
                                                    const tide_reject_list *rejects, int64_t run,
                                                    tide_error *err);
/* Those that were undone: the run that begins takes their rows again. */
TIDE_MUST_CHECK tide_code tide_reject_table_drop_undone(const tide_reject_table *table,
                                                        tide_error *err);
/* Those by values of runs that have not completed: nothing of what these staged is there, and all
 * of it is read again. */
TIDE_MUST_CHECK tide_code tide_reject_table_drop_staged(const tide_reject_table *table,
                                                        tide_error *err);
/* Those of other runs than this one, which has replaced all rows. */
TIDE_MUST_CHECK tide_code tide_reject_table_drop_replaced(const tide_reject_table *table,
                                                          int64_t run, tide_error *err);
/* All; nothing when there is no table. */
TIDE_MUST_CHECK tide_code tide_reject_table_forget(const tide_reject_table *table, tide_error *err);
/* As the sink's read_rejects; nothing when there is no table. */
TIDE_MUST_CHECK tide_code tide_reject_table_read(const tide_reject_table *table,
                                                 const tide_reject_query *query,
                                                 tide_reject_visitor visit, void *context,
                                                 tide_error *err);

#endif

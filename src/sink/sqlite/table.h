/* SPDX-License-Identifier: Apache-2.0 */
/* Table: the one that the rows are for - whether it fits, making it, and its identity. */
#ifndef TIDE_SINK_SQLITE_TABLE_H
#define TIDE_SINK_SQLITE_TABLE_H

#include "flow/sink.h"
#include "sink/store/db.h"

/* Appends a line to problems for each reason why rows can't go into the (existing) table. */
TIDE_MUST_CHECK tide_code tide_table_check(tide_db *db, const tide_target *target,
                                           tide_text *problems, tide_error *err);
/* Inside a transaction: creates it if it is missing, with a unique index on a merge's key. */
TIDE_MUST_CHECK tide_code tide_table_create(tide_db *db, const tide_target *target,
                                            tide_error *err);
/* Is the table the one that carries this identity? */
TIDE_MUST_CHECK tide_code tide_table_is(tide_db *db, const char *table, const char *identity,
                                        bool *same, tide_error *err);
/* Inside a transaction: gives the table an identity. */
TIDE_MUST_CHECK tide_code tide_table_mark(tide_db *db, const char *table, const char *identity,
                                          tide_error *err);
TIDE_MUST_CHECK tide_code tide_table_unmark(tide_db *db, const char *identity, tide_error *err);
/* For other pipelines that write it, it is another table from now on. */
TIDE_MUST_CHECK tide_code tide_table_unmark_others(tide_db *db, const tide_target *target,
                                                   tide_error *err);
/* Staging: the same columns and "_position", with a unique index where the target has a key. */
TIDE_MUST_CHECK tide_code tide_table_create_staging(tide_db *db, const char *table,
                                                    const tide_target *target, tide_error *err);
#define TIDE_POSITION_COLUMN "_tidemill_position"

#endif

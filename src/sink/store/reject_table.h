/* SPDX-License-Identifier: Apache-2.0 */
/* Reject table: <table>_rejects, keyed by (pipeline, stage, position), upserted, so that a row that
 * is met again after a kill is there once. It holds no run and no time. */
#ifndef TIDE_SINK_STORE_REJECT_TABLE_H
#define TIDE_SINK_STORE_REJECT_TABLE_H

#include "record/reject.h"
#include "sink/store/db.h"

TIDE_MUST_CHECK tide_code tide_reject_table_create(tide_db *db, const char *table, tide_error *err);
/* Inside a transaction. */
TIDE_MUST_CHECK tide_code tide_reject_table_write(tide_db *db, const char *table,
                                                  const char *pipeline,
                                                  const tide_reject_list *rejects, tide_error *err);
/* Only those of the pipeline: merges into one table share its rejects. Inside a transaction. */
TIDE_MUST_CHECK tide_code tide_reject_table_forget(tide_db *db, const char *table,
                                                   const char *pipeline, tide_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* State table: tidemill_state_<pipeline>, clustered by (_hash, series), read by ranges of hashes.
 *
 * Columns keep the EXACT form, so that every value comes back as it was. Columns that steps declare
 * newly are added; ones that they no longer declare stay and are null in rows written from then on.
 */
#ifndef TIDE_SINK_STORE_STATE_TABLE_H
#define TIDE_SINK_STORE_STATE_TABLE_H

#include "flow/state.h"
#include "sink/store/row_writer.h"

/* Inside a transaction: creates the table, or adds the columns it lacks. */
TIDE_MUST_CHECK tide_code tide_state_table_create(tide_db *db, const char *table,
                                                  const tide_state_layout *layout, tide_error *err);
/* Inside a transaction: the steps' columns are dropped and made anew, of whatever types they are
 * now.
 */
TIDE_MUST_CHECK tide_code tide_state_table_renew_values(tide_db *db, const char *table,
                                                        const tide_state_layout *layout,
                                                        tide_error *err);
/* A writer that inserts a row or replaces the one of its key. */
TIDE_MUST_CHECK tide_code tide_state_table_writer(tide_db *db, const char *table,
                                                  const tide_state_layout *layout,
                                                  tide_row_writer *writer, tide_error *err);
/* Rows of a hash range in order of (_hash, series), as of this moment: the stream holds a read
 * snapshot of db, which must live longer and is used for nothing else meanwhile. */
TIDE_MUST_CHECK tide_code tide_state_table_read(tide_db *db, const char *table,
                                                const tide_state_layout *layout,
                                                tide_hash_range range, tide_stream **stream,
                                                tide_error *err);
/* A stream without rows. */
TIDE_MUST_CHECK tide_code tide_state_table_read_none(const tide_state_layout *layout,
                                                     tide_stream **stream, tide_error *err);

#endif

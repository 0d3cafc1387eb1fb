/* SPDX-License-Identifier: Apache-2.0 */
/* Row writer: one prepared statement whose parameters are the columns of a schema, in order. */
#ifndef TIDE_SINK_STORE_ROW_WRITER_H
#define TIDE_SINK_STORE_ROW_WRITER_H

#include "sink/store/db.h"
#include "sink/store/stored_cell.h"

typedef struct tide_row_writer {
    sqlite3_stmt *statement;                    /* owned */
    tide_stored_bind *binds;                    /* owned, one per column */
    char (*scratch)[TIDE_STORED_SCRATCH_BYTES]; /* owned likewise */
    size_t column_count;
} tide_row_writer;

/* Prepares sql (cleared). On failure nothing is owned. */
TIDE_MUST_CHECK tide_code tide_row_writer_init(tide_row_writer *writer, tide_db *db,
                                               const tide_schema *schema, tide_text *sql,
                                               tide_error *err);
/* Also of a zeroed writer. */
void tide_row_writer_clear(tide_row_writer *writer);
/* Binds one row and steps; gives SQLite's extended result code, SQLITE_DONE when it went well. */
int tide_row_writer_write(tide_row_writer *writer, const tide_column *columns, int64_t row);
/* All rows of a batch; the first failure ends it. */
TIDE_MUST_CHECK tide_code tide_row_writer_write_batch(tide_row_writer *writer, tide_db *db,
                                                      const tide_batch *batch, const char *doing,
                                                      tide_error *err);

#endif

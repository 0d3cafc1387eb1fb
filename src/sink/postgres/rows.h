/* SPDX-License-Identifier: Apache-2.0 */
/* Rows: the output rows of a unit in the order in which they are sent, less those that our side
 * refuses (types) or that lose against another row of the same key.
 *
 * The rows borrow the unit, which must outlive them and stay as it is.
 */
#ifndef TIDE_SINK_POSTGRES_ROWS_H
#define TIDE_SINK_POSTGRES_ROWS_H

#include "flow/sink.h"
#include "record/order.h"
#include "sink/postgres/writer.h"

/* What rows are made of; borrowed. */
typedef struct tide_pg_rows_options {
    const tide_unit *unit;
    const tide_schema *schema;
    const tide_pg_layout *layout;
    int64_t rows_before; /* of earlier parts of the unit */
    bool with_position;  /* each row gets its position, a text column after all others */
} tide_pg_rows_options;

typedef struct tide_pg_rows {
    const tide_unit *unit;     /* borrowed */
    const tide_schema *schema; /* borrowed */
    int64_t rows_before;
    size_t chunk_count;
    size_t column_count;        /* of a chunk: the schema's, and perhaps the position */
    int64_t emitted;            /* rows of the unit, whatever becomes of them */
    tide_text *positions;       /* owned; of all rows of a chunk, with_position only */
    int32_t **position_offsets; /* owned, as its items */
    tide_column *columns;       /* owned; column_count per chunk */
    tide_row *rows;             /* owned */
    size_t count;
    size_t bytes; /* of all batches */
    int64_t superseded;
    tide_reject_list refused; /* decided on our side */
} tide_pg_rows;

/* All rows of the unit that pass the layout's fits and, for keyed sinks, have a whole key. */
TIDE_MUST_CHECK tide_code tide_pg_rows_init(tide_pg_rows *rows, const tide_pg_rows_options *options,
                                            tide_error *err);
void tide_pg_rows_clear(tide_pg_rows *rows);
/* Sorts by key, newest, all columns and keeps the last row of each key. `order` compares in that
 * order, its first key_count columns being the key. */
void tide_pg_rows_reduce(tide_pg_rows *rows, const tide_order *order, size_t key_count);
/* A refusal of row `index`, with its position and values; sqlstate and column may be NULL. */
TIDE_MUST_CHECK tide_code tide_pg_rows_refuse(const tide_pg_rows *rows, size_t index,
                                              const char *column, const char *reason,
                                              const char *sqlstate, tide_reject_list *list,
                                              tide_error *err);
/* Bytes of the variable cells of a row. */
size_t tide_pg_row_bytes(const tide_schema *schema, tide_row row);

#endif

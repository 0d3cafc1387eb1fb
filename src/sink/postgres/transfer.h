/* SPDX-License-Identifier: Apache-2.0 */
/* Transfer: one chunk of rows to the server, by binary COPY or as one array per column.
 *
 * Arrays (INSERT ... SELECT FROM unnest($1, $2, ...)) carry what must be upserted: no temporary or
 * staging table is needed, so nothing rests on the session and the catalog does not grow.
 */
#ifndef TIDE_SINK_POSTGRES_TRANSFER_H
#define TIDE_SINK_POSTGRES_TRANSFER_H

#include "sink/postgres/writer.h"

typedef struct tide_pg_chunk {
    const tide_row *rows; /* borrowed */
    size_t count;
    const tide_pg_layout *layout; /* borrowed */
    bool
        null_misfits; /* cells that do not fit become null (late rows), else they are not checked */
    bool escaped;     /* then: and text has escapes (encoding.h) */
} tide_pg_chunk;

/* What the server said to a chunk that it did not take. */
typedef struct tide_pg_refusal {
    bool refused; /* by something about the rows; the transaction has failed */
    size_t line;  /* row that it named, from 1; 0 = none */
    char sqlstate[6];
    char column[256]; /* "" = not named */
    char message[1024];
} tide_pg_refusal;

/* TIDE_OK for a success, and for a refusal when `refusal` is there to tell it. */
TIDE_MUST_CHECK tide_code tide_pg_judge(tide_pg_connection *connection, const PGresult *result,
                                        tide_pg_refusal *refusal, tide_error *err);
/* `sql` is one text with a COPY ... FROM STDIN (FORMAT binary) among other commands that return no
 * rows. With `refusal` a refused chunk is TIDE_OK and told there; else it is an error. *copied is
 * what the server says it took: a trigger of the table may have passed rows over. */
TIDE_MUST_CHECK tide_code tide_pg_copy(tide_pg_connection *connection, tide_pg_encoder *encoder,
                                       const char *sql, const tide_pg_chunk *chunk, int64_t *copied,
                                       tide_pg_refusal *refusal, tide_error *err);
/* `sql` takes one array per column as $1, $2 ...; *affected says how many rows it changed. */
TIDE_MUST_CHECK tide_code tide_pg_send_arrays(tide_pg_connection *connection,
                                              tide_pg_encoder *encoder, const char *sql,
                                              const tide_pg_chunk *chunk, int64_t *affected,
                                              tide_pg_refusal *refusal, tide_error *err);

#endif

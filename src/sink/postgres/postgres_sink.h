/* SPDX-License-Identifier: Apache-2.0 */
/* PostgreSQL sink: output, state, markers, rejects and run records in one database, one transaction
 * per commit unit, rows by binary COPY.
 *
 * Needs PostgreSQL 13 or newer. Each worker has one connection, the lease one more, and control
 * calls one more. Nothing rests on session state, so a pooler in transaction mode may stand
 * between. What it creates lies in the table's schema: see docs/decisions/postgres-sink.md.
 */
#ifndef TIDE_SINK_POSTGRES_POSTGRES_SINK_H
#define TIDE_SINK_POSTGRES_POSTGRES_SINK_H

#include "flow/findings.h"
#include "flow/sink.h"

typedef struct tide_postgres_options {
    const char *conninfo;   /* keyword=value pairs or a postgresql:// URI; copied */
    const char *connection; /* its name in the project file, for messages; copied; may be NULL */
    int attempts_max;       /* of one unit when the connection is lost; 0 = 8 */
    int retry_wait_ms;      /* before the second attempt, doubled each time; 0 = 200 */
} tide_postgres_options;

/* Owned by the caller, who ends it with vtable->close. `target` is borrowed for the sink's life.
 * Does not connect yet; bad_config for a connection string that can't be parsed and for names that
 * PostgreSQL would cut. */
TIDE_MUST_CHECK tide_code tide_postgres_sink_open(const tide_postgres_options *options,
                                                  const tide_target *target, tide_sink **sink,
                                                  tide_error *err);

/* Looks at the server: version, rights, durability, connections, clock. Changes nothing. */
void tide_pg_probe(const tide_postgres_options *options, tide_findings *findings);

#endif

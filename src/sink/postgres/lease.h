/* SPDX-License-Identifier: Apache-2.0 */
/* Lease: the row that says which process may write for a pipeline, and the epoch that fences those
 * which no longer may.
 *
 *   tidemill_lease: pipeline | epoch | holder | renewed_at (the server's clock)
 *
 * Taking raises the epoch. A unit reads the epoch FOR KEY SHARE just before it commits; (pipeline,
 * epoch) is a key, so raising it waits for such units, while renewing (no key) never does. A thread
 * with a connection of its own renews every TIDE_LEASE_RENEW_SECONDS.
 */
#ifndef TIDE_SINK_POSTGRES_LEASE_H
#define TIDE_SINK_POSTGRES_LEASE_H

#include "base/thread.h"
#include "sink/postgres/holder.h"
#include "sink/postgres/names.h"
#include "sink/postgres/retry.h"

typedef struct tide_pg_lease {
    const tide_pg_names *names; /* borrowed, as pipeline */
    const char *pipeline;
    char *epoch_text; /* owned; NULL while not held */
    int64_t epoch;
    char holder[TIDE_PG_HOLDER_BYTES]; /* of this process and this taking */
    tide_pg_connection connection;     /* the thread's own */
    tide_thread thread;
    tide_mutex mutex;
    tide_condition stop_asked;
    tide_atomic stopping; /* 1: the thread is to end; set under mutex */
    tide_atomic lost;     /* 1: the thread has seen another epoch */
} tide_pg_lease;

void tide_pg_lease_init(tide_pg_lease *lease, const tide_pg_names *names, const char *pipeline,
                        const tide_pg_login *login);
/* Takes it, from a dead or silent holder too; io names a living one. Then starts the thread. */
TIDE_MUST_CHECK tide_code tide_pg_lease_take(tide_pg_lease *lease, tide_pg_connection *connection,
                                             const tide_pg_retry *rule, tide_error *err);
/* As the lease stands; 0: nobody has ever taken it. */
TIDE_MUST_CHECK tide_code tide_pg_lease_read_epoch(const tide_pg_lease *lease,
                                                   tide_pg_connection *connection, int64_t *epoch,
                                                   tide_error *err);
/* Inside a transaction: fenced when the epoch has moved, else holds it until the end. */
TIDE_MUST_CHECK tide_code tide_pg_lease_check(const tide_pg_lease *lease,
                                              tide_pg_connection *connection, tide_error *err);
/* The same without holding it, for what is not about to commit. */
TIDE_MUST_CHECK tide_code tide_pg_lease_look(const tide_pg_lease *lease,
                                             tide_pg_connection *connection, tide_error *err);
/* Fenced when the thread has found that out; costs no round trip. */
TIDE_MUST_CHECK tide_code tide_pg_lease_remember(const tide_pg_lease *lease, tide_error *err);
/* After a refusal of the server: a run that was taken over may find its tables gone, and fenced is
 * what happened. Else the error as it is. */
tide_code tide_pg_lease_blame(const tide_pg_lease *lease, tide_pg_connection *connection,
                              tide_error *err);
/* Ends what has that application_name, if it is of this pipeline (`ours`) and its holder is dead or
 * silent, or was taken over already; io names a living one. */
TIDE_MUST_CHECK tide_code tide_pg_lease_end_stale(const tide_pg_lease *lease,
                                                  tide_pg_connection *connection,
                                                  const char *application, bool *ours,
                                                  tide_error *err);
/* Writes "tidemill <pipeline> <epoch> <mark> <who>" (out: at least 64 bytes). */
void tide_pg_lease_application(const tide_pg_lease *lease, const char *who, char *out);
/* renewal.c: what take and clear do with the thread. */
TIDE_MUST_CHECK tide_code tide_pg_renewal_start(tide_pg_lease *lease, tide_error *err);
void tide_pg_renewal_stop(tide_pg_lease *lease);
/* Stops the thread, releases the lease if it is still ours. */
void tide_pg_lease_clear(tide_pg_lease *lease, tide_pg_connection *connection);

#endif

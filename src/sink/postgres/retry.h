/* SPDX-License-Identifier: Apache-2.0 */
/* Retry: runs one transaction's worth of work until it is done, refused for good, or tried too
 * often; connects anew in between, with growing pauses. The work must be safe to repeat. */
#ifndef TIDE_SINK_POSTGRES_RETRY_H
#define TIDE_SINK_POSTGRES_RETRY_H

#include "flow/cancel.h"
#include "sink/postgres/connection.h"

typedef struct tide_pg_retry {
    int attempts_max;
    int wait_ms;               /* before the second attempt; doubled up to 16 s */
    const tide_cancel *cancel; /* may be NULL */
} tide_pg_retry;

/* What the work is told, and tells. */
typedef struct tide_pg_attempt {
    int number;          /* from 1 */
    bool commit_unclear; /* set while nobody knows whether COMMIT was executed; an orderly stop then
                            waits until it is known */
} tide_pg_attempt;

typedef tide_code (*tide_pg_work)(tide_pg_connection *connection, tide_pg_attempt *attempt,
                                  void *argument, tide_error *err);

TIDE_MUST_CHECK tide_code tide_pg_retry_work(const tide_pg_retry *rule,
                                             tide_pg_connection *connection, tide_pg_work work,
                                             void *argument, tide_error *err);

/* Where the operator wants to stop now, a cancelled statement is what that came to. Else the code
 * as it is. */
tide_code tide_pg_stopped(const tide_pg_retry *rule, const tide_pg_connection *connection,
                          tide_code code, tide_error *err);

/* BEGIN, with application_name for this transaction only. A later attempt first ends what an
 * earlier one may have left open under that name: its locks would keep this one waiting for as long
 * as the server has not noticed that the connection is lost. */
TIDE_MUST_CHECK tide_code tide_pg_begin(tide_pg_connection *connection,
                                        const tide_pg_attempt *attempt, const char *application,
                                        tide_error *err);
/* Ends transactions whose name begins so and are not the caller's. Where that is not permitted,
 * nothing happens. */
void tide_pg_end_backends(tide_pg_connection *connection, const char *application_prefix);
TIDE_MUST_CHECK tide_code tide_pg_commit(tide_pg_connection *connection, tide_pg_attempt *attempt,
                                         tide_error *err);

#endif

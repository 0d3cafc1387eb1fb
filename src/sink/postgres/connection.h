/* SPDX-License-Identifier: Apache-2.0 */
/* Connection: libpq with our errors. One thread at a time.
 *
 * Codes: remote_retry when the connection is lost or the server asks to try again (deadlock,
 * serialization, shutdown); remote when it refuses for good. Messages carry the server's primary
 * message and SQLSTATE, never the connection string.
 */
#ifndef TIDE_SINK_POSTGRES_CONNECTION_H
#define TIDE_SINK_POSTGRES_CONNECTION_H

#include <libpq-fe.h>

#include "base/text.h"
#include "flow/cancel.h"

/* How to connect: the user's parameters and our defaults for what they leave open. */
typedef struct tide_pg_login {
    char **keywords; /* owned, NULL-terminated, as values */
    char **values;
    size_t count;
    char *label;               /* owned: how messages call it */
    const tide_cancel *cancel; /* borrowed, or NULL: a request to stop now ends what the server is
                                  at (exchange.c) */
    tide_atomic *silence;      /* borrowed; NULL without cancel. 1: one of the connections had no
                                  answer in time then; the others are less patient */
} tide_pg_login;

TIDE_MUST_CHECK tide_code tide_pg_login_init(tide_pg_login *login, const char *conninfo,
                                             const char *label, tide_error *err);
void tide_pg_login_clear(tide_pg_login *login);

typedef struct tide_pg_connection {
    PGconn *handle; /* owned; NULL while not connected */
    /* A command failed on our side of the wire (memory, poll): its answer may still come, and libpq
     * would take it for that of the next command. Good for nothing but to be left. */
    bool is_unsound;
    /* The last refusal of the server's: the statement was cancelled. */
    bool was_cancelled;
    /* The last attempt to connect failed for a reason that may be gone soon. */
    bool is_refused_for_now;
    const tide_pg_login *login;          /* borrowed */
    int64_t sent_at;                     /* the last command; monotonic */
    int64_t cancelled_at;                /* for the first time; 0: it was not */
    struct tide_pg_canceller *canceller; /* owned; NULL: nobody is cancelling it */
} tide_pg_connection;

void tide_pg_connection_init(tide_pg_connection *connection, const tide_pg_login *login);
/* Connects anew, whatever was there. Always remote_retry on failure: only the caller knows whether
 * the server was ever reached. */
TIDE_MUST_CHECK tide_code tide_pg_connect(tide_pg_connection *connection, tide_error *err);
void tide_pg_disconnect(tide_pg_connection *connection);
bool tide_pg_is_connected(const tide_pg_connection *connection);

/* Runs SQL text of one or several commands; rows are thrown away. */
TIDE_MUST_CHECK tide_code tide_pg_run(tide_pg_connection *connection, const char *sql,
                                      tide_error *err);
/* One command with text parameters (NULL = null). The result is owned by the caller (PQclear) and
 * NULL on failure. */
TIDE_MUST_CHECK tide_code tide_pg_query(tide_pg_connection *connection, const char *sql,
                                        const char *const *parameters, int parameter_count,
                                        PGresult **result, tide_error *err);
/* The same without rows; *affected may be NULL. */
TIDE_MUST_CHECK tide_code tide_pg_change(tide_pg_connection *connection, const char *sql,
                                         const char *const *parameters, int parameter_count,
                                         int64_t *affected, tide_error *err);
/* One row, one column as an owned string (tide_free); NULL for no row or null. */
TIDE_MUST_CHECK tide_code tide_pg_ask(tide_pg_connection *connection, const char *sql,
                                      const char *const *parameters, int parameter_count,
                                      char **answer, tide_error *err);

/* One command with its parameters, as PQexecParams has them. */
typedef struct tide_pg_command {
    const char *sql;
    int count;
    const char *const *values;
    const int *lengths; /* NULL: all are text, as with formats */
    const int *formats;
    bool answers_binary;
} tide_pg_command;

/* exchange.c: as PQexec, PQexecParams and PQsendQuery. All that waits for an answer to these goes
 * through here: on a request to stop now it ends soon, by the server's refusal (was_cancelled) or,
 * from a server that stands still, as a lost connection. */
PGresult *tide_pg_exec(tide_pg_connection *connection, const char *sql);
PGresult *tide_pg_exec_command(tide_pg_connection *connection, const tide_pg_command *command);
bool tide_pg_send(tide_pg_connection *connection, const char *sql);
/* Until PQgetResult has something to give. */
TIDE_MUST_CHECK tide_code tide_pg_await_answer(tide_pg_connection *connection, tide_error *err);
/* Until all is sent; the connection does not block. False when it is lost, or given up. */
bool tide_pg_flush(tide_pg_connection *connection);
/* Waits for the end of a cancel that is under way. */
void tide_pg_end_cancelling(tide_pg_connection *connection);

/* Waits until PQgetResult has something to give, at most until `deadline` (tide_monotonic_micros),
 * or for a moment once `stopping` is 1. remote_retry when nothing came, or the connection is lost.
 */
TIDE_MUST_CHECK tide_code tide_pg_await(tide_pg_connection *connection, int64_t deadline,
                                        const tide_atomic *stopping, tide_error *err);
/* Asked to stop now? */
bool tide_pg_stops_now(const tide_pg_connection *connection);

/* Fills err from a failed result (or the connection when result is NULL). What was no answer of the
 * server's makes the connection a lost one. */
TIDE_MUST_CHECK tide_code tide_pg_fail(tide_pg_connection *connection, const PGresult *result,
                                       tide_error *err);
/* The result was what was hoped for? */
bool tide_pg_succeeded(const PGresult *result);
/* Rolls back whatever is open; a connection that can't is dropped. */
void tide_pg_roll_back(tide_pg_connection *connection);

/* A fault point that fails by cutting the connection (base/fault.h). */
TIDE_MUST_CHECK tide_code tide_pg_fault(tide_pg_connection *connection, const char *name,
                                        tide_error *err);

#endif

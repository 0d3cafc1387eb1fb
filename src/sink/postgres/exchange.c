/* SPDX-License-Identifier: Apache-2.0 */
/* One command and its answers.
 *
 * An answer lasts as long as the server works, or waits for a lock of somebody else. Who wants to
 * stop now does not: a statement that has lasted for longer than a moment is cancelled by then, by
 * the key of its connection - which needs no SQL, role, application_name or place in a pooler -
 * again each second, and a server that does not even answer that is left alone.
 *
 *   send ... asked to stop now ... 1 s old: cancel ... cancel ... 10 s: the connection is given up
 *
 * One connection's patience is enough for all of a sink: what is sent after that - the record of
 * the run, say - is given up 1 s after its first cancel, and nobody connects again.
 *
 * PQcancel connects, and waits until the server has closed that connection: before a server that
 * stands still that is for ever. So a thread does it, which is not waited for beyond that time.
 * libpq before 17 sends the key in clear, also where the connection itself is by TLS: who can read
 * it can cancel statements of this session, and nothing else.
 */
#include <errno.h>
#include <poll.h>
#include <time.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "base/problem.h"
#include "base/thread.h"
#include "sink/postgres/connection.h"

/* How often libpq is asked again for what it has, and it is looked whether to stop now. */
#define LOOK_AT_STOP_MS 250
/* How long a statement may last even then, and from one cancel to the next. */
#define STATEMENT_MICROS 1000000
/* From the first cancel to the end of patience; once that has come, STATEMENT_MICROS. */
#define PATIENCE_MICROS 10000000
#define NAP_MS 5

struct tide_pg_canceller {
    PGcancel *key; /* owned */
    tide_thread thread;
    int64_t started_at;
    tide_atomic done;   /* 1: the thread will not touch this any more, if it owns no part of it */
    tide_atomic owners; /* the connection and the thread; the last one frees it */
};

static void disown(struct tide_pg_canceller *canceller)
{
    if (tide_atomic_add(&canceller->owners, -1) == 0) {
        PQfreeCancel(canceller->key);
        tide_free(canceller);
    }
}

static void cancel_statement(void *argument)
{
    struct tide_pg_canceller *canceller = argument;
    char ignored[256]; /* another one follows, if it was of no use */
    (void)PQcancel(canceller->key, ignored, sizeof ignored);
    tide_atomic_set(&canceller->done, 1);
    disown(canceller);
}

static bool is_done(const tide_pg_connection *connection)
{
    return tide_atomic_get(&connection->canceller->done) != 0;
}

/* The thread has ended, or ends by itself some time. */
static void let_go(tide_pg_connection *connection)
{
    struct tide_pg_canceller *canceller = connection->canceller;
    if (is_done(connection)) {
        tide_thread_join(&canceller->thread);
    } else {
        tide_thread_detach(&canceller->thread);
    }
    disown(canceller);
    connection->canceller = NULL;
}

void tide_pg_end_cancelling(tide_pg_connection *connection)
{
    if (connection->canceller == NULL) {
        return;
    }
    int64_t end = connection->canceller->started_at + PATIENCE_MICROS;
    while (!is_done(connection) && tide_monotonic_micros() < end) {
        struct timespec nap = {.tv_sec = 0, .tv_nsec = NAP_MS * 1000000L};
        (void)nanosleep(&nap, NULL);
    }
    let_go(connection);
}

static void start_cancelling(tide_pg_connection *connection, int64_t now)
{
    tide_error ignored; /* the next look tries again */
    struct tide_pg_canceller *made = tide_alloc_zero(1, sizeof *made);
    if (made == NULL) {
        return;
    }
    made->key = PQgetCancel(connection->handle);
    made->started_at = now;
    tide_atomic_set(&made->owners, 2);
    if (made->key == NULL ||
        tide_thread_start(&made->thread, cancel_statement, made, &ignored) != TIDE_OK) {
        PQfreeCancel(made->key);
        tide_free(made);
        return;
    }
    connection->canceller = made;
}

static tide_code give_up(tide_pg_connection *connection, tide_error *err)
{
    connection->is_unsound = true; /* the answer may still come */
    if (connection->canceller != NULL) {
        let_go(connection);
    }
    return TIDE_FAIL(err, TIDE_E_DATABASE_LOST, "%s: no answer in time", connection->login->label);
}

bool tide_pg_stops_now(const tide_pg_connection *connection)
{
    const tide_cancel *cancel = connection->login->cancel;
    return cancel != NULL && tide_cancel_asked(cancel) == TIDE_STOP_NOW;
}

/* Between two looks at what the server says. */
static tide_code look_at_stop(tide_pg_connection *connection, tide_error *err)
{
    if (!tide_pg_stops_now(connection)) {
        return TIDE_OK;
    }
    int64_t now = tide_monotonic_micros();
    if (now - connection->sent_at < STATEMENT_MICROS) {
        return TIDE_OK;
    }
    if (connection->cancelled_at == 0) {
        connection->cancelled_at = now;
    }
    bool was_silent = tide_atomic_get(connection->login->silence) != 0;
    if (now - connection->cancelled_at > (was_silent ? STATEMENT_MICROS : PATIENCE_MICROS)) {
        tide_atomic_set(connection->login->silence, 1);
        return give_up(connection, err);
    }
    if (connection->canceller != NULL && is_done(connection) &&
        now - connection->canceller->started_at >= STATEMENT_MICROS) {
        let_go(connection);
    }
    if (connection->canceller == NULL) {
        start_cancelling(connection, now);
    }
    return TIDE_OK;
}

static tide_code wait_for_bytes(tide_pg_connection *connection, short events, int64_t wait_ms,
                                tide_error *err)
{
    struct pollfd wait = {.fd = PQsocket(connection->handle), .events = events};
    if (poll(&wait, 1, (int)wait_ms) < 0 && errno != EINTR) {
        return tide_pg_fail(connection, NULL, err);
    }
    return TIDE_OK;
}

/* libpq before 18 takes memory that it did not get for the result of a COPY that asks for rows for
 * bytes that are still to come, and PQgetResult would wait for those for ever. It tries again
 * whenever it is asked whether it is busy; so it is asked once there was memory for a result, and
 * from time to time. Then it reads, too, whether or not the socket has anything: what TLS has
 * deciphered already does not wake a poll. */
static tide_code listen(tide_pg_connection *connection, bool *busy, tide_error *err)
{
    PGconn *handle = connection->handle;
    *busy = PQisBusy(handle) != 0;
    if (!*busy) {
        return TIDE_OK;
    }
    PGresult *probe = PQmakeEmptyPGresult(handle, PGRES_EMPTY_QUERY);
    if (probe == NULL) {
        connection->is_unsound = true;
        return TIDE_FAIL_MEMORY(err, "an answer of PostgreSQL");
    }
    PQclear(probe);
    if (PQconsumeInput(handle) != 1) {
        return tide_pg_fail(connection, NULL, err);
    }
    *busy = PQisBusy(handle) != 0;
    return TIDE_OK;
}

tide_code tide_pg_await(tide_pg_connection *connection, int64_t deadline,
                        const tide_atomic *stopping, tide_error *err)
{
    bool busy;
    bool is_shortened = false;
    for (;;) {
        TIDE_TRY(listen(connection, &busy, err));
        if (!busy) {
            return TIDE_OK;
        }
        int64_t now = tide_monotonic_micros();
        if (!is_shortened && tide_atomic_get(stopping) != 0) {
            is_shortened = true;
            deadline = now + STATEMENT_MICROS < deadline ? now + STATEMENT_MICROS : deadline;
        }
        int64_t left_ms = (deadline - now) / 1000;
        if (left_ms <= 0) {
            return give_up(connection, err);
        }
        TIDE_TRY(wait_for_bytes(connection, POLLIN,
                                left_ms < LOOK_AT_STOP_MS ? left_ms : LOOK_AT_STOP_MS, err));
    }
}

tide_code tide_pg_await_answer(tide_pg_connection *connection, tide_error *err)
{
    bool busy;
    for (;;) {
        TIDE_TRY(listen(connection, &busy, err));
        if (!busy) {
            tide_pg_end_cancelling(connection); /* else it could hit what is sent next */
            return TIDE_OK;
        }
        TIDE_TRY(look_at_stop(connection, err));
        TIDE_TRY(wait_for_bytes(connection, POLLIN, LOOK_AT_STOP_MS, err));
    }
}

bool tide_pg_flush(tide_pg_connection *connection)
{
    tide_error ignored; /* the caller asks the connection why */
    tide_error_clear(&ignored);
    int left;
    while ((left = PQflush(connection->handle)) == 1) {
        if (look_at_stop(connection, &ignored) != TIDE_OK ||
            wait_for_bytes(connection, POLLIN | POLLOUT, LOOK_AT_STOP_MS, &ignored) != TIDE_OK ||
            PQconsumeInput(connection->handle) != 1) {
            return false;
        }
    }
    return left == 0;
}

static void note_sending(tide_pg_connection *connection)
{
    connection->sent_at = tide_monotonic_micros();
    connection->cancelled_at = 0;
}

bool tide_pg_send(tide_pg_connection *connection, const char *sql)
{
    note_sending(connection);
    return PQsendQuery(connection->handle, sql) == 1;
}

/* Like PQexec: the last result, or the first failure - that the connection ended after it explains
 * nothing. */
static PGresult *take_results(tide_pg_connection *connection)
{
    tide_error ignored; /* no result says as much, and the connection why */
    tide_error_clear(&ignored);
    PGresult *kept = NULL;
    while (tide_pg_await_answer(connection, &ignored) == TIDE_OK) {
        PGresult *result = PQgetResult(connection->handle);
        if (result == NULL) {
            return kept;
        }
        if (kept == NULL || tide_pg_succeeded(kept)) {
            PQclear(kept);
            kept = result;
        } else {
            PQclear(result);
        }
    }
    if (tide_pg_succeeded(kept)) {
        PQclear(kept);
        kept = NULL;
    }
    return kept;
}

PGresult *tide_pg_exec(tide_pg_connection *connection, const char *sql)
{
    return tide_pg_send(connection, sql) ? take_results(connection) : NULL;
}

PGresult *tide_pg_exec_command(tide_pg_connection *connection, const tide_pg_command *command)
{
    note_sending(connection);
    return PQsendQueryParams(connection->handle, command->sql, command->count, NULL,
                             command->values, command->lengths, command->formats,
                             command->answers_binary ? 1 : 0) == 1
               ? take_results(connection)
               : NULL;
}

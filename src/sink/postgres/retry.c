/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/postgres/retry.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/calendar.h"
#include "base/fault.h"
#include "base/problem.h"

#define WAIT_MS_MAX 16000
#define POLL_MS 50

/* Like tide_cancel_sleep, but while a COMMIT is unclear only TIDE_STOP_NOW ends it. */
static tide_code pause_for(const tide_pg_retry *rule, const tide_pg_attempt *attempt,
                           int64_t wait_ms, tide_error *err)
{
    int64_t end = tide_monotonic_micros() + wait_ms * 1000;
    do {
        if (rule->cancel != NULL) {
            tide_cancel_level level = tide_cancel_get(rule->cancel);
            if (level == TIDE_STOP_NOW || (level != TIDE_RUNNING && !attempt->commit_unclear)) {
                return tide_cancel_check(rule->cancel, err);
            }
        }
        struct timespec nap = {.tv_sec = 0, .tv_nsec = POLL_MS * 1000000L};
        if (wait_ms < POLL_MS) {
            nap.tv_nsec = (long)wait_ms * 1000000L;
        }
        (void)nanosleep(&nap, NULL);
    } while (tide_monotonic_micros() < end);
    return TIDE_OK;
}

static tide_code attempt_once(tide_pg_connection *connection, tide_pg_work work,
                              tide_pg_attempt *attempt, void *argument, tide_error *err)
{
    if (!tide_pg_is_connected(connection)) {
        TIDE_TRY(tide_pg_connect(connection, err));
    }
    connection->was_cancelled = false;
    tide_code code = work(connection, attempt, argument, err);
    if (code != TIDE_OK) {
        tide_pg_roll_back(connection);
    }
    return code;
}

tide_code tide_pg_stopped(const tide_pg_retry *rule, const tide_pg_connection *connection,
                          tide_code code, tide_error *err)
{
    if (code != TIDE_REMOTE || !connection->was_cancelled || rule->cancel == NULL ||
        tide_cancel_asked(rule->cancel) != TIDE_STOP_NOW) {
        return code;
    }
    tide_error_clear(err);
    return tide_cancel_check(rule->cancel, err);
}

tide_code tide_pg_retry_work(const tide_pg_retry *rule, tide_pg_connection *connection,
                             tide_pg_work work, void *argument, tide_error *err)
{
    tide_pg_attempt attempt = {.number = 1};
    int64_t wait_ms = rule->wait_ms;
    for (;;) {
        tide_error_clear(err);
        tide_code code = attempt_once(connection, work, &attempt, argument, err);
        if (code != TIDE_REMOTE_RETRY) {
            return tide_pg_stopped(rule, connection, code, err);
        }
        if (attempt.number++ >= rule->attempts_max) {
            break;
        }
        TIDE_TRY(pause_for(rule, &attempt, wait_ms, err));
        wait_ms = wait_ms * 2 < WAIT_MS_MAX ? wait_ms * 2 : WAIT_MS_MAX;
    }
    err->code = TIDE_REMOTE;
    err->side = TIDE_SIDE_SINK;
    return tide_error_context(err, "given up after %d attempts%s", rule->attempts_max,
                              attempt.commit_unclear
                                  ? ", without knowing whether the last COMMIT was executed (the "
                                    "next run finds out)"
                                  : "");
}

void tide_pg_end_backends(tide_pg_connection *connection, const char *application_prefix)
{
    tide_error ignored; /* not permitted, or already gone: the epoch protects all the same */
    tide_error_clear(&ignored);
    tide_code code =
        tide_pg_change(connection,
                       "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                       "WHERE datname = current_database() AND pid <> pg_backend_pid() "
                       "AND starts_with(application_name, $1)",
                       &application_prefix, 1, NULL, &ignored);
    (void)code;
}

tide_code tide_pg_begin(tide_pg_connection *connection, const tide_pg_attempt *attempt,
                        const char *application, tide_error *err)
{
    char sql[256];
    if (attempt->number > 1) {
        tide_pg_end_backends(connection, application);
    }
    (void)snprintf(sql, sizeof sql,
                   "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; "
                   "SET LOCAL application_name = '%s'",
                   application);
    TIDE_TRY(tide_pg_run(connection, sql, err));
    return tide_pg_fault(connection, "postgres.begin", err);
}

/* The answer to COMMIT must be "COMMIT": a transaction that had failed is answered "ROLLBACK". */
static tide_code read_commit(tide_pg_connection *connection, tide_pg_attempt *attempt,
                             tide_error *err)
{
    tide_code code = TIDE_OK;
    bool answered = false;
    tide_error later; /* of several errors the first is told */
    tide_error_clear(&later);
    for (;;) {
        tide_code heard = tide_pg_await_answer(connection, code == TIDE_OK ? err : &later);
        if (heard != TIDE_OK) {
            return code == TIDE_OK ? heard : code;
        }
        PGresult *result = PQgetResult(connection->handle);
        if (result == NULL) {
            break;
        }
        if (!tide_pg_succeeded(result)) {
            code = tide_pg_fail(connection, result, err);
        } else if (strcmp(PQcmdStatus(result), "COMMIT") == 0) {
            answered = true;
        }
        PQclear(result);
    }
    if (code == TIDE_OK && !answered) {
        code = tide_pg_is_connected(connection)
                   ? TIDE_FAIL(err, TIDE_E_DATABASE, "PostgreSQL answered COMMIT by rolling back")
                   : tide_pg_fail(connection, NULL, err);
    }
    if (tide_pg_is_connected(connection)) {
        attempt->commit_unclear = false;
    }
    return code;
}

tide_code tide_pg_commit(tide_pg_connection *connection, tide_pg_attempt *attempt, tide_error *err)
{
    TIDE_TRY(tide_pg_fault(connection, "postgres.commit.before", err));
    attempt->commit_unclear = true;
    if (!tide_pg_send(connection, "COMMIT")) {
        return tide_pg_fail(connection, NULL, err);
    }
    TIDE_TRY(tide_pg_fault(connection, "postgres.commit.sent", err));
    TIDE_TRY(read_commit(connection, attempt, err));
    TIDE_FAULT_POINT("postgres.commit.after");
    return TIDE_OK;
}

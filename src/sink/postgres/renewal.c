/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that renews the lease, by a connection of its own.
 *
 * A connection that broke silently would keep a plain query waiting until the system gives it up,
 * longer than others wait for a silent holder. So each renewal has a deadline, after which it is
 * tried once more on a new connection at once: by the latest 10 + 15 + 10 + 15 seconds after the
 * one before. A renewal that finds another epoch ends the run's work: see tide_pg_lease_look.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/calendar.h"
#include "base/fault.h"
#include "base/limits.h"
#include "sink/postgres/lease.h"

/* Tests are in more of a hurry. */
static int64_t wait_ms(void)
{
    return TIDE_FAULT_NUMBER("TIDEMILL_LEASE_RENEW_MS", (int64_t)TIDE_LEASE_RENEW_SECONDS * 1000);
}

static int64_t answer_ms(void)
{
    return TIDE_FAULT_NUMBER("TIDEMILL_LEASE_ANSWER_MS", (int64_t)TIDE_LEASE_ANSWER_SECONDS * 1000);
}

/* How many rows were changed, or found; -1: the connection is of no more use, or the server
 * refused. */
static int64_t send(tide_pg_lease *lease, const char *sql, const char *const *parameters, int count,
                    tide_error *err)
{
    tide_pg_connection *connection = &lease->connection;
    int64_t deadline = tide_monotonic_micros() + answer_ms() * 1000;
    if (PQsendQueryParams(connection->handle, sql, count, NULL, parameters, NULL, NULL, 0) != 1) {
        return -1;
    }
    int64_t changed = -1;
    while (tide_pg_await(connection, deadline, &lease->stopping, err) == TIDE_OK) {
        PGresult *result = PQgetResult(connection->handle);
        if (result == NULL) {
            return changed;
        }
        if (tide_pg_succeeded(result)) {
            changed = strtoll(PQcmdTuples(result), NULL, 10);
        }
        PQclear(result);
    }
    return -1;
}

static bool is_stopping(const tide_pg_lease *lease)
{
    return tide_atomic_get(&lease->stopping) != 0;
}

/* To connect may take its time, and the end of the thread is waited for. What is left of the run is
 * shorter than the lease. */
static bool is_ending(const tide_pg_lease *lease)
{
    return is_stopping(lease) || tide_pg_stops_now(&lease->connection);
}

static int64_t connect_and_send(tide_pg_lease *lease, const char *sql,
                                const char *const *parameters, int count)
{
    tide_error ignored; /* the next turn tries again; units check the epoch themselves */
    tide_error_clear(&ignored);
    if (!tide_pg_is_connected(&lease->connection) &&
        (is_ending(lease) || tide_pg_connect(&lease->connection, &ignored) != TIDE_OK)) {
        return -1;
    }
    int64_t changed = send(lease, sql, parameters, count, &ignored);
    if (changed < 0) {
        tide_pg_disconnect(&lease->connection);
    }
    return changed;
}

/* Whether it was renewed, or is lost for good. */
static bool renew(tide_pg_lease *lease)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "UPDATE %s SET renewed_at = clock_timestamp() "
                   "WHERE pipeline = $1 AND epoch = $2::bigint",
                   lease->names->lease);
    const char *parameters[] = {lease->pipeline, lease->epoch_text};
    int64_t changed = connect_and_send(lease, sql, parameters, 2);
    if (changed < 0) {
        return false;
    }
    if (changed == 0) {
        tide_atomic_set(&lease->lost, 1);
    }
    TIDE_FAULT_POINT("postgres.lease.renewed");
    return true;
}

/* Until the lease is to be renewed, or the thread to end. */
static void wait_for_turn(tide_pg_lease *lease)
{
    int64_t due = tide_monotonic_micros() + wait_ms() * 1000;
    int64_t left_ms = wait_ms();
    while (!is_stopping(lease) && left_ms > 0) {
        (void)tide_condition_wait_for(&lease->stop_asked, &lease->mutex, left_ms);
        left_ms = (due - tide_monotonic_micros()) / 1000;
    }
}

static void run_renewals(void *argument)
{
    tide_pg_lease *lease = argument;
    tide_mutex_lock(&lease->mutex);
    while (!is_stopping(lease)) {
        wait_for_turn(lease);
        if (!is_stopping(lease)) {
            tide_mutex_unlock(&lease->mutex);
            if (!renew(lease)) {
                (void)renew(lease);
            }
            tide_mutex_lock(&lease->mutex);
        }
    }
    tide_mutex_unlock(&lease->mutex);
    tide_pg_disconnect(&lease->connection);
}

tide_code tide_pg_renewal_start(tide_pg_lease *lease, tide_error *err)
{
    return tide_thread_start(&lease->thread, run_renewals, lease, err);
}

void tide_pg_renewal_stop(tide_pg_lease *lease)
{
    tide_mutex_lock(&lease->mutex);
    tide_atomic_set(&lease->stopping, 1);
    tide_condition_signal(&lease->stop_asked);
    tide_mutex_unlock(&lease->mutex);
    tide_thread_join(&lease->thread);
    tide_pg_disconnect(&lease->connection);
}

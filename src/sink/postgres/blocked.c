/* SPDX-License-Identifier: Apache-2.0 */
/* Tables that others keep locked while we look at them, before we have the lease.
 *
 * A run that empties or replaces a table locks it against readers. If it stands still there, nobody
 * could find out that its lease has expired, were the questions that read the table to wait for it
 * as long as it stands. So they wait for a bounded time, then see who it is.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/fault.h"
#include "base/problem.h"
#include "sink/postgres/postgres.h"

#define LOCK_WAIT_MS 5000
/* The advisory lock of those who make the engine's tables. */
#define MAKERS_KEY 7376441850

static int64_t lock_wait_ms(void)
{
    return TIDE_FAULT_NUMBER("TIDEMILL_LOCK_WAIT_MS", (int64_t)LOCK_WAIT_MS);
}

tide_code tide_pg_begin_questions(tide_pg_connection *connection, tide_error *err)
{
    char sql[128];
    (void)snprintf(sql, sizeof sql,
                   "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; "
                   "SET LOCAL lock_timeout = %" PRId64,
                   lock_wait_ms());
    return tide_pg_run(connection, sql, err);
}

/* Two first runs at a time would collide in the catalog. There is no lease yet by which one that
 * stands still could be told from one at work, so nobody ends it. */
tide_code tide_pg_lock_makers(tide_pg_connection *connection, tide_error *err)
{
    char sql[128];
    (void)snprintf(sql, sizeof sql,
                   "SET LOCAL lock_timeout = %" PRId64 "; SELECT pg_advisory_xact_lock(%" PRId64
                   ")",
                   lock_wait_ms(), (int64_t)MAKERS_KEY);
    return tide_pg_run(connection, sql, err);
}

/* The server keeps the key of such a lock as two halves. */
static const char maker_sql[] =
    "SELECT l.pid, coalesce(a.application_name, ''), coalesce(a.usename, ''), "
    "coalesce(host(a.client_addr), 'this machine') "
    "FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid "
    "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.classid = $1::oid "
    "AND l.objid = $2::oid "
    "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())";

static tide_code look_for_maker(tide_pg_connection *connection, tide_pg_attempt *attempt,
                                void *argument, tide_error *err)
{
    (void)attempt;
    PGresult **row = argument;
    char halves[2][24];
    (void)snprintf(halves[0], sizeof halves[0], "%" PRId64, (int64_t)MAKERS_KEY >> 32);
    (void)snprintf(halves[1], sizeof halves[1], "%" PRId64, (int64_t)MAKERS_KEY & UINT32_MAX);
    const char *const parameters[] = {halves[0], halves[1]};
    PQclear(*row);
    *row = NULL;
    return tide_pg_query(connection, maker_sql, parameters, 2, row, err);
}

static void name_maker(const PGresult *row, tide_error *err)
{
    const char *pid = PQgetvalue(row, 0, 0);
    (void)TIDE_FAIL(
        err, TIDE_E_TABLE_LOCKED,
        "another process is making Tidemill's own tables in this database, and does not "
        "go on: pid %s of the server, application_name `%s` (its own pid comes after "
        "`create`), user `%s`, from %s. Let it go on, or end it there, or here (SELECT "
        "pg_terminate_backend(%s)), then try again; nothing was changed",
        pid, PQgetvalue(row, 0, 1), PQgetvalue(row, 0, 2), PQgetvalue(row, 0, 3), pid);
    err->side = TIDE_SIDE_SINK;
}

bool tide_pg_sink_await_maker(tide_pg_sink *sink, bool patient, tide_error *err)
{
    if (err->number != tide_problem_number(TIDE_E_TABLE_LOCKED)) {
        return false;
    }
    tide_error refusal = *err;
    PGresult *row = NULL;
    bool again = false;
    if (tide_pg_retry_work(&sink->retry, &sink->control, look_for_maker, &row, err) == TIDE_OK) {
        *err = refusal;
        if (patient) {
            const tide_cancel *cancel = sink->retry.cancel;
            again = cancel == NULL || tide_cancel_check(cancel, err) == TIDE_OK;
        } else if (PQntuples(row) > 0) {
            name_maker(row, err);
        }
    }
    PQclear(row);
    return again;
}

/* Who keeps readers away: an ACCESS EXCLUSIVE lock, or the wait for one. By catalogs only, since
 * what takes a table's name for more than its oid would wait for the lock. */
static const char blocker_sql[] =
    "WITH RECURSIVE tables(id) AS ("
    "SELECT to_regclass(name)::oid FROM unnest(ARRAY[$1, $2, $3, $4]) AS given(name) UNION "
    "SELECT inhrelid FROM pg_inherits JOIN tables ON inhparent = id), "
    "locked(id) AS (SELECT id FROM tables UNION "
    "SELECT indexrelid FROM pg_index JOIN tables ON indrelid = id) "
    "SELECT l.pid, coalesce(a.application_name, ''), coalesce(a.usename, ''), l.granted, "
    "(pg_blocking_pids(l.pid))[1], (SELECT relname FROM pg_class c WHERE c.oid = l.relation) "
    "FROM pg_locks l JOIN locked ON l.relation = locked.id "
    "LEFT JOIN pg_stat_activity a ON a.pid = l.pid "
    "WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' "
    "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "ORDER BY l.granted DESC, l.pid LIMIT 1";

typedef struct blocker {
    tide_pg_sink *sink;
    PGresult *row; /* owned; of blocker_sql, or NULL */
    bool ours;
} blocker;

static tide_code look(tide_pg_connection *connection, tide_pg_attempt *attempt, void *argument,
                      tide_error *err)
{
    (void)attempt;
    blocker *found = argument;
    const tide_pg_names *names = &found->sink->names;
    const char *const tables[] = {names->target, names->state, names->units, names->pipelines};
    PQclear(found->row);
    found->ours = false;
    TIDE_TRY(tide_pg_query(connection, blocker_sql, tables, 4, &found->row, err));
    if (PQntuples(found->row) == 0) {
        return TIDE_OK;
    }
    return tide_pg_lease_end_stale(&found->sink->lease, connection, PQgetvalue(found->row, 0, 1),
                                   &found->ours, err);
}

static void name_blocker(const blocker *found, tide_error *err)
{
    const PGresult *row = found->row;
    const char *table = PQgetvalue(row, 0, 5);
    const char *pid = PQgetvalue(row, 0, 0);
    bool granted = PQgetvalue(row, 0, 3)[0] == 't';
    const char *ahead = PQgetvalue(row, 0, 4);
    if (PQgetisnull(row, 0, 0) != 0) {
        (void)TIDE_FAIL(err, TIDE_E_TABLE_LOCKED,
                        "table `%s` is locked by a prepared transaction (pg_prepared_xacts): end "
                        "it with COMMIT PREPARED or ROLLBACK PREPARED, then try again; nothing was "
                        "changed",
                        table);
    } else {
        (void)TIDE_FAIL(err, TIDE_E_TABLE_LOCKED,
                        "table `%s` is locked by another session of the server: pid %s, "
                        "application_name `%s`, user `%s`%s%s; let it finish, or end it (SELECT "
                        "pg_terminate_backend(%s)), then try again; nothing was changed",
                        table, pid, PQgetvalue(row, 0, 1), PQgetvalue(row, 0, 2),
                        granted ? "" : ", which itself waits for pid ", granted ? "" : ahead,
                        granted || ahead[0] == '\0' ? pid : ahead);
    }
    err->side = TIDE_SIDE_SINK;
}

/* Gone meanwhile, ended by us, or not yet waited for long enough: the question is asked again. */
static bool ask_again(const blocker *found, bool patient, tide_error *err)
{
    if (patient) {
        const tide_cancel *cancel = found->sink->retry.cancel;
        return cancel == NULL || tide_cancel_check(cancel, err) == TIDE_OK;
    }
    if (PQntuples(found->row) > 0) {
        name_blocker(found, err);
    }
    return false;
}

bool tide_pg_sink_unblock(tide_pg_sink *sink, bool patient, tide_error *err)
{
    if (err->number != tide_problem_number(TIDE_E_TABLE_LOCKED)) {
        return false;
    }
    tide_error refusal = *err;
    blocker found = {.sink = sink};
    bool again = false;
    if (tide_pg_sink_work(sink, look, &found, err) == TIDE_OK) {
        *err = refusal;
        again = ask_again(&found, patient, err);
    }
    PQclear(found.row);
    return again;
}

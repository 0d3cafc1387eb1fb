/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/store/lease.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/calendar.h"
#include "base/limits.h"
#include "base/problem.h"
#include "base/process_id.h"

#define HOST_BYTES 65

static void read_own_host(char out[HOST_BYTES])
{
    out[HOST_BYTES - 1] = '\0';
    if (gethostname(out, HOST_BYTES - 1) != 0) {
        out[0] = '\0';
    }
}

/* A file of an earlier version has no hosts. */
static tide_code add_host(tide_db *db, tide_error *err)
{
    int64_t found = 0;
    TIDE_TRY(tide_db_query_integer(
        db, "SELECT 1 FROM pragma_table_info('tidemill_lease') WHERE name = 'holder_host'", NULL, 0,
        0, &found, err));
    return found == 1
               ? TIDE_OK
               : tide_db_execute(db, "ALTER TABLE tidemill_lease ADD COLUMN holder_host TEXT", err);
}

tide_code tide_lease_create(tide_db *db, tide_error *err)
{
    TIDE_TRY(
        tide_db_execute(db,
                        "CREATE TABLE IF NOT EXISTS tidemill_lease("
                        "pipeline TEXT PRIMARY KEY, epoch INTEGER NOT NULL, holder_boot TEXT, "
                        "holder_namespace INTEGER, holder_pid INTEGER, holder_started INTEGER, "
                        "renewed_at INTEGER NOT NULL, holder_host TEXT) STRICT",
                        err));
    return add_host(db, err);
}

typedef struct lease_row {
    int64_t epoch; /* 0: there was none */
    bool held;
    tide_process_id holder;
    char host[HOST_BYTES]; /* "" when unknown */
    int64_t renewed_at;
} lease_row;

static tide_code read_columns(sqlite3_stmt *statement, lease_row *row, tide_error *err)
{
    const char *boot;
    TIDE_TRY(tide_db_text(statement, 1, &boot, err));
    row->epoch = sqlite3_column_int64(statement, 0);
    row->held = boot != NULL;
    (void)snprintf(row->holder.boot, sizeof row->holder.boot, "%s", boot == NULL ? "" : boot);
    row->holder.pid_namespace = sqlite3_column_int64(statement, 2);
    row->holder.pid = sqlite3_column_int64(statement, 3);
    row->holder.started = sqlite3_column_int64(statement, 4);
    row->renewed_at = sqlite3_column_int64(statement, 5);
    const char *host;
    TIDE_TRY(tide_db_text(statement, 6, &host, err));
    (void)snprintf(row->host, sizeof row->host, "%s", host == NULL ? "" : host);
    return TIDE_OK;
}

static tide_code read_lease(tide_db *db, const char *pipeline, lease_row *row, tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool has_row = false;
    memset(row, 0, sizeof *row);
    TIDE_TRY(tide_db_prepare(db,
                             "SELECT epoch, holder_boot, holder_namespace, holder_pid, "
                             "holder_started, renewed_at, holder_host FROM tidemill_lease "
                             "WHERE pipeline = ?1",
                             &statement, err));
    (void)sqlite3_bind_text(statement, 1, pipeline, -1, SQLITE_STATIC);
    tide_code code = tide_db_step(db, statement, &has_row, "reading the lease", err);
    if (code == TIDE_OK && has_row) {
        code = read_columns(statement, row, err);
    }
    (void)sqlite3_finalize(statement);
    return code;
}

/* Of another boot: this machine was started anew, unless the host's name says that it is another
 * machine, with the file on a disk that both see. */
static bool is_of_this_host(const lease_row *row)
{
    char own[HOST_BYTES];
    read_own_host(own);
    return row->host[0] == '\0' || strcmp(row->host, own) == 0;
}

/* Its holder can't be looked at. */
static tide_code check_silent(const tide_db *db, const char *pipeline, const lease_row *row,
                              tide_error *err)
{
    int64_t age = (tide_now() - row->renewed_at) / TIDE_MICROS_PER_SECOND;
    bool elsewhere = !is_of_this_host(row);
    if (age >= TIDE_LEASE_EXPIRE_SECONDS) {
        return TIDE_OK;
    }
    return TIDE_FAIL(err, TIDE_E_LEASE_HELD,
                     "another run of pipeline %s holds %s: process %lld of %s%s, seen %lld s ago; "
                     "wait for it, or stop it there; its lease ends after %d s of silence",
                     pipeline, db->options.path, (long long)row->holder.pid,
                     elsewhere ? "host " : "another container", elsewhere ? row->host : "",
                     (long long)age, TIDE_LEASE_EXPIRE_SECONDS);
}

static tide_code check_free(tide_db *db, const char *pipeline, const lease_row *row,
                            tide_error *err)
{
    if (!row->held) {
        return TIDE_OK;
    }
    long long pid = (long long)row->holder.pid;
    switch (tide_process_look(&row->holder)) {
        case TIDE_PROCESS_DEAD:
            return TIDE_OK;
        case TIDE_PROCESS_OTHER_BOOT:
            return is_of_this_host(row) ? TIDE_OK : check_silent(db, pipeline, row, err);
        case TIDE_PROCESS_UNSEEN:
            return check_silent(db, pipeline, row, err);
        case TIDE_PROCESS_ALIVE:
        default:
            return TIDE_FAIL(err, TIDE_E_LEASE_HELD,
                             "another run of pipeline %s holds %s: process %lld%s; let it finish, "
                             "or end it and run again",
                             pipeline, db->options.path, pid,
                             tide_process_is_stopped(row->holder.pid) ? ", which is stopped" : "");
    }
}

static tide_code write_lease(tide_db *db, const char *pipeline, int64_t epoch, tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    tide_process_id self;
    char host[HOST_BYTES];
    tide_process_self(&self);
    read_own_host(host);
    TIDE_TRY(tide_db_prepare(db,
                             "INSERT OR REPLACE INTO tidemill_lease(pipeline, epoch, holder_boot, "
                             "holder_namespace, holder_pid, holder_started, renewed_at, "
                             "holder_host) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                             &statement, err));
    (void)sqlite3_bind_text(statement, 1, pipeline, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 2, epoch);
    (void)sqlite3_bind_text(statement, 3, self.boot, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 4, self.pid_namespace);
    (void)sqlite3_bind_int64(statement, 5, self.pid);
    (void)sqlite3_bind_int64(statement, 6, self.started);
    (void)sqlite3_bind_int64(statement, 7, tide_now());
    (void)sqlite3_bind_text(statement, 8, host, -1, SQLITE_STATIC);
    tide_code code = tide_db_run(db, statement, "taking the lease", err);
    (void)sqlite3_finalize(statement);
    return code;
}

tide_code tide_lease_take(tide_db *db, const char *pipeline, int64_t *epoch, tide_error *err)
{
    lease_row row;
    TIDE_TRY(read_lease(db, pipeline, &row, err));
    TIDE_TRY(check_free(db, pipeline, &row, err));
    TIDE_TRY(write_lease(db, pipeline, row.epoch + 1, err));
    *epoch = row.epoch + 1;
    return TIDE_OK;
}

tide_code tide_lease_read_epoch(tide_db *db, const char *pipeline, int64_t *epoch, tide_error *err)
{
    bool exists = false;
    *epoch = 0;
    TIDE_TRY(tide_db_has_table(db, "tidemill_lease", &exists, err));
    return !exists
               ? TIDE_OK
               : tide_db_query_integer(db, "SELECT epoch FROM tidemill_lease WHERE pipeline = ?1",
                                       &pipeline, 1, 0, epoch, err);
}

static tide_code update(tide_db *db, const char *sql, const char *pipeline, int64_t epoch,
                        tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    TIDE_TRY(tide_db_prepare(db, sql, &statement, err));
    (void)sqlite3_bind_text(statement, 1, pipeline, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 2, epoch);
    (void)sqlite3_bind_int64(statement, 3, tide_now());
    tide_code code = tide_db_run(db, statement, "writing the lease", err);
    (void)sqlite3_finalize(statement);
    return code;
}

tide_code tide_lease_renew(tide_db *db, const char *pipeline, int64_t epoch, tide_error *err)
{
    TIDE_TRY(update(db,
                    "UPDATE tidemill_lease SET renewed_at = ?3 WHERE pipeline = ?1 AND epoch = ?2",
                    pipeline, epoch, err));
    if (sqlite3_changes(db->handle) == 1) {
        return TIDE_OK;
    }
    return TIDE_FAIL(err, TIDE_FENCED,
                     "another run of pipeline %s has taken over %s: this one stops and writes "
                     "nothing more",
                     pipeline, db->options.path);
}

tide_code tide_lease_release(tide_db *db, const char *pipeline, int64_t epoch, tide_error *err)
{
    return update(db,
                  "UPDATE tidemill_lease SET holder_boot = NULL, holder_namespace = NULL, "
                  "holder_pid = NULL, holder_started = NULL, holder_host = NULL, "
                  "renewed_at = ?3 "
                  "WHERE pipeline = ?1 AND epoch = ?2",
                  pipeline, epoch, err);
}

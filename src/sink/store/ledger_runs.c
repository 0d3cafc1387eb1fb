/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/memory.h"
#include "base/problem.h"
#include "flow/ledger_version.h"
#include "sink/store/ledger.h"

tide_code tide_ledger_create(tide_db *db, tide_error *err)
{
    return tide_db_execute(
        db,
        "CREATE TABLE IF NOT EXISTS tidemill_pipelines("
        "pipeline TEXT PRIMARY KEY, table_name TEXT NOT NULL, mode TEXT NOT NULL, "
        "key_columns TEXT NOT NULL, fingerprint TEXT, fingerprint_text TEXT, table_identity TEXT, "
        "swap TEXT) STRICT;"
        "CREATE TABLE IF NOT EXISTS tidemill_runs("
        "pipeline TEXT NOT NULL, run INTEGER NOT NULL, status TEXT NOT NULL, "
        "started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL, plan TEXT, record TEXT, "
        "PRIMARY KEY (pipeline, run)) STRICT;"
        "CREATE TABLE IF NOT EXISTS tidemill_units("
        "pipeline TEXT NOT NULL, run INTEGER NOT NULL, unit TEXT NOT NULL, "
        "emitted INTEGER NOT NULL, rejected INTEGER NOT NULL, loaded INTEGER NOT NULL, "
        "superseded INTEGER NOT NULL, refused INTEGER NOT NULL, "
        "PRIMARY KEY (pipeline, run, unit)) STRICT, WITHOUT ROWID;"
        "CREATE TABLE IF NOT EXISTS tidemill_marks("
        "pipeline TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, open INTEGER NOT NULL, "
        "run INTEGER NOT NULL, PRIMARY KEY (pipeline, name)) STRICT, WITHOUT ROWID;"
        "CREATE TABLE IF NOT EXISTS tidemill_ledger("
        "one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL) STRICT;"
        "INSERT INTO tidemill_ledger VALUES(1, " TIDE_LEDGER_VERSION_TEXT
        ") ON CONFLICT (one) DO UPDATE SET version = excluded.version "
        "WHERE version < excluded.version",
        err);
}

tide_code tide_ledger_check_version(tide_db *db, tide_error *err)
{
    bool exists;
    int64_t found = 1;
    TIDE_TRY(tide_db_has_table(db, "tidemill_ledger", &exists, err));
    if (exists) {
        TIDE_TRY(tide_db_query_integer(db, "SELECT max(version) FROM tidemill_ledger", NULL, 0, 1,
                                       &found, err));
    }
    return tide_ledger_version_check(found, err);
}

static bool parse_status(const char *name, tide_run_status *status)
{
    for (int i = TIDE_RUN_STARTED; i <= TIDE_RUN_RETRIED; i++) {
        if (name != NULL && strcmp(name, tide_run_status_name((tide_run_status)i)) == 0) {
            *status = (tide_run_status)i;
            return true;
        }
    }
    return false;
}

/* Null becomes empty. *copy is owned by the caller. */
static tide_code copy_text(sqlite3_stmt *statement, int index, char **copy, tide_error *err)
{
    const char *text;
    TIDE_TRY(tide_db_text(statement, index, &text, err));
    *copy = tide_copy_string(text == NULL ? "" : text);
    return *copy == NULL ? TIDE_FAIL_MEMORY(err, "a run record") : TIDE_OK;
}

static tide_code read_run(sqlite3_stmt *statement, tide_run_row *row, tide_error *err)
{
    const char *status;
    memset(row, 0, sizeof *row);
    row->run = sqlite3_column_int64(statement, 0);
    TIDE_TRY(tide_db_text(statement, 1, &status, err));
    if (!parse_status(status, &row->status)) {
        return TIDE_FAIL(err, TIDE_E_STATE_DAMAGED,
                         "tidemill_runs: run %lld has a status that this version does not know",
                         (long long)row->run);
    }
    row->started_at = sqlite3_column_int64(statement, 2);
    row->ended_at = sqlite3_column_int64(statement, 3);
    tide_code code = copy_text(statement, 4, &row->plan, err);
    if (code == TIDE_OK) {
        code = copy_text(statement, 5, &row->record, err);
    }
    if (code != TIDE_OK) {
        tide_run_row_clear(row);
    }
    return code;
}

static tide_code read_rows(tide_db *db, sqlite3_stmt *statement, tide_run_row *rows, size_t *count,
                           tide_error *err)
{
    for (;;) {
        bool has_row;
        TIDE_TRY(tide_db_step(db, statement, &has_row, "reading runs", err));
        if (!has_row) {
            return TIDE_OK;
        }
        TIDE_TRY(read_run(statement, &rows[*count], err));
        ++*count;
    }
}

tide_code tide_ledger_read_runs(tide_db *db, const char *pipeline, size_t limit, tide_run_row *rows,
                                size_t *count, tide_error *err)
{
    bool exists;
    *count = 0;
    TIDE_TRY(tide_db_has_table(db, "tidemill_runs", &exists, err));
    if (!exists) {
        return TIDE_OK;
    }
    sqlite3_stmt *statement = NULL;
    TIDE_TRY(tide_db_prepare(db,
                             "SELECT run, status, started_at, ended_at, plan, record FROM "
                             "tidemill_runs WHERE pipeline = ?1 ORDER BY run DESC LIMIT ?2",
                             &statement, err));
    (void)sqlite3_bind_text(statement, 1, pipeline, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 2, (int64_t)limit);
    tide_code code = read_rows(db, statement, rows, count, err);
    (void)sqlite3_finalize(statement);
    for (; code != TIDE_OK && *count > 0; --*count) {
        tide_run_row_clear(&rows[*count - 1]);
    }
    return code;
}

/* A run that is complete stays so, whatever went wrong after its last COMMIT: resumed, it would
 * load its rows again. */
tide_code tide_ledger_write_run(tide_db *db, const char *pipeline, const tide_run_row *run,
                                tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    TIDE_TRY(tide_db_prepare(db,
                             "INSERT INTO tidemill_runs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
                             "ON CONFLICT (pipeline, run) DO UPDATE SET status = excluded.status, "
                             "ended_at = excluded.ended_at, plan = excluded.plan, "
                             "record = excluded.record "
                             "WHERE status <> 'complete' OR excluded.status = 'complete'",
                             &statement, err));
    (void)sqlite3_bind_text(statement, 1, pipeline, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 2, run->run);
    (void)sqlite3_bind_text(statement, 3, tide_run_status_name(run->status), -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 4, run->started_at);
    (void)sqlite3_bind_int64(statement, 5, run->ended_at);
    (void)sqlite3_bind_text(statement, 6, run->plan, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 7, run->record, -1, SQLITE_STATIC);
    tide_code code = tide_db_run(db, statement, "writing the run record", err);
    (void)sqlite3_finalize(statement);
    return code;
}

static tide_code execute_before(tide_db *db, const char *sql, const char *pipeline, int64_t run,
                                tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    TIDE_TRY(tide_db_prepare(db, sql, &statement, err));
    (void)sqlite3_bind_text(statement, 1, pipeline, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 2, run);
    tide_code code = tide_db_run(db, statement, "closing earlier runs", err);
    (void)sqlite3_finalize(statement);
    return code;
}

tide_code tide_ledger_close_runs_before(tide_db *db, const char *pipeline, int64_t run,
                                        tide_error *err)
{
    TIDE_TRY(execute_before(db,
                            "UPDATE tidemill_runs SET status = 'abandoned' WHERE pipeline = ?1 AND "
                            "run < ?2 AND status IN ('started', 'failed', 'cancelled')",
                            pipeline, run, err));
    return execute_before(db, "DELETE FROM tidemill_units WHERE pipeline = ?1 AND run <> ?2",
                          pipeline, run, err);
}

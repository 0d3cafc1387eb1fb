/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/store/db.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/calendar.h"
#include "base/problem.h"
#include "sink/store/locker.h"
#include "sink/store/sql.h"

/* A waiter looks again at least this often. */
#define BUSY_PAUSE_MS_MAX 20

/* Another pipeline of this process, which is not stopped while we are not, ends its transaction
 * however long that takes. */
static bool waits_no_longer(tide_db *db)
{
    const tide_cancel *cancel = db->options.cancel;
    if (cancel != NULL && tide_cancel_asked(cancel) >= TIDE_STOP_NOW) {
        return true;
    }
    int64_t now = tide_monotonic_micros();
    if ((now - db->busy_since) / 1000 < db->options.busy_ms) {
        return false;
    }
    db->busy_since = now;
    return !tide_store_is_own_lock(db->options.path);
}

/* Called by SQLite when a lock is taken; 0 gives up. */
static int on_busy(void *context, int calls_before)
{
    tide_db *db = context;
    if (calls_before == 0) {
        db->busy_since = tide_monotonic_micros();
    }
    if (waits_no_longer(db)) {
        return 0;
    }
    int pause_ms = calls_before < BUSY_PAUSE_MS_MAX ? calls_before + 1 : BUSY_PAUSE_MS_MAX;
    struct timespec pause = {0, (long)pause_ms * 1000000};
    (void)nanosleep(&pause, NULL);
    return 1;
}

bool tide_db_exists(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && status.st_size > 0;
}

/* errno of why no files can be made beside the database, 0 if they can. */
static int directory_refuses(const char *path)
{
    tide_text parent;
    tide_text_init(&parent);
    const char *slash = strrchr(path, '/');
    tide_text_append_str(&parent, slash == NULL   ? TIDE_STR(".")
                                  : slash == path ? TIDE_STR("/")
                                                  : (tide_str){path, (size_t)(slash - path)});
    bool failed = tide_text_failed(&parent);
    int sys_errno = failed ? ENOMEM : access(tide_text_c(&parent), W_OK | X_OK) == 0 ? 0 : errno;
    tide_text_clear(&parent);
    return sys_errno;
}

/* Where SQLite can't open a file for writing it opens it for reading, and forgets why: when neither
 * the file nor its directory is in the way, it was this process. */
static tide_code fail_without_reason(const char *path, tide_error *err)
{
    return TIDE_FAIL(
        err, TIDE_IO,
        "can't open %s for writing, although this user may write it: probably too many "
        "files are open (`ulimit -n`); run again",
        path);
}

static tide_code fail_open(tide_db *db, int result, tide_error *err)
{
    const char *path = db->options.path;
    int sys_errno = db->handle == NULL ? 0 : sqlite3_system_errno(db->handle);
    struct stat status;
    if (result == SQLITE_NOMEM || db->handle == NULL) {
        return TIDE_FAIL_MEMORY(err, "a SQLite connection");
    }
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        return TIDE_FAIL(err, TIDE_BAD_CONFIG, "%s is a directory: name a file in it", path);
    }
    int refusal = directory_refuses(path);
    if (refusal != 0) {
        return TIDE_FAIL_ERRNO(err, TIDE_IO, refusal,
                               "can't open %s: the directory must exist and be writable", path);
    }
    return sys_errno == ENOENT && db->options.access == TIDE_DB_CREATE
               ? fail_without_reason(path, err)
               : TIDE_FAIL_ERRNO(err, TIDE_IO, sys_errno, "can't open %s", path);
}

/* SQLite falls back to reading, and would then make its -wal and -shm files as read-only as the
 * database: who gives the permission afterwards is still refused, by these. Where it can't make
 * them, others' are read, if they are there. */
static tide_code refuse_read_only(const tide_db *db, tide_error *err)
{
    bool wants_to_write = db->options.access == TIDE_DB_CREATE;
    if (sqlite3_db_readonly(db->handle, "main") != 1 ||
        (!wants_to_write && directory_refuses(db->options.path) != 0)) {
        return TIDE_OK;
    }
    if (access(db->options.path, W_OK) == 0) {
        return fail_without_reason(db->options.path, err);
    }
    return TIDE_FAIL(err, TIDE_IO,
                     "%s is read-only for this user: give the permission to write it, or run this "
                     "as its owner",
                     db->options.path);
}

/* Of several that open a new database at once, each reads its first page and then wants to write
 * it. SQLite tells all but one of them right away that it is locked, without asking on_busy: none
 * of them could wait with what it has read. From anew they can. */
static tide_code turn_wal_on(tide_db *db, tide_error *err)
{
    static const char sql[] = "PRAGMA journal_mode=WAL";
    int64_t since = tide_monotonic_micros();
    int calls_before = 1;
    int result = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    while ((result & 0xff) == SQLITE_BUSY) {
        db->busy_since = since;
        if (!on_busy(db, calls_before++)) {
            break;
        }
        result = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    }
    return result == SQLITE_OK ? TIDE_OK : tide_db_fail(db, result, sql, err);
}

static tide_code configure(tide_db *db, tide_error *err)
{
    tide_text sql;
    TIDE_TRY(turn_wal_on(db, err));
    tide_text_init(&sql);
    tide_text_append_format(
        &sql, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-%d",
        db->options.cache_kib);
    return tide_db_execute_text(db, &sql, err);
}

tide_code tide_db_open(tide_db *db, const tide_db_options *options, tide_error *err)
{
    memset(db, 0, sizeof *db);
    db->options = *options;
    if (db->options.busy_ms == 0) {
        db->options.busy_ms = TIDE_DB_BUSY_MS;
    }
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (options->access == TIDE_DB_CREATE) {
        flags |= SQLITE_OPEN_CREATE;
    }
    int result = sqlite3_open_v2(options->path, &db->handle, flags, NULL);
    tide_code code = TIDE_OK;
    if (result != SQLITE_OK) {
        code = fail_open(db, result, err);
    } else if (sqlite3_busy_handler(db->handle, on_busy, db) != SQLITE_OK) {
        code = TIDE_FAIL_MEMORY(err, "a SQLite connection");
    } else {
        code = refuse_read_only(db, err);
    }
    if (code == TIDE_OK && options->access == TIDE_DB_CREATE) {
        code = configure(db, err);
    }
    if (code != TIDE_OK) {
        tide_db_close(db);
    }
    return code;
}

void tide_db_close(tide_db *db)
{
    if (db->handle != NULL) {
        (void)sqlite3_close(db->handle);
        db->handle = NULL;
    }
}

static tide_code fail_busy(tide_db *db, const char *doing, tide_error *err)
{
    const tide_cancel *cancel = db->options.cancel;
    if (cancel != NULL && tide_cancel_asked(cancel) >= TIDE_STOP_NOW) {
        return TIDE_FAIL(err, TIDE_CANCELLED, "stopped while waiting for the lock on %s",
                         db->options.path);
    }
    char holder[TIDE_LOCKER_BYTES];
    tide_store_print_locker(db->options.path, holder);
    return TIDE_FAIL(err, TIDE_E_DATABASE_LOCKED,
                     "%s: %s is locked by %s; waited %lld ms: let it finish or end it", doing,
                     db->options.path, holder, (long long)db->options.busy_ms);
}

tide_code tide_db_fail(tide_db *db, int result, const char *doing, tide_error *err)
{
    const char *path = db->options.path;
    const char *said = sqlite3_errmsg(db->handle);
    int sys_errno = sqlite3_system_errno(db->handle);
    switch (result & 0xff) {
        case SQLITE_NOMEM:
            return TIDE_FAIL_MEMORY(err, doing);
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return fail_busy(db, doing, err);
        case SQLITE_FULL:
            return TIDE_FAIL_ERRNO(err, TIDE_E_DISK_FULL, sys_errno == 0 ? ENOSPC : sys_errno,
                                   "%s: no room on the disk of %s; nothing of this was committed: "
                                   "free some and run again",
                                   doing, path);
        case SQLITE_IOERR:
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return TIDE_FAIL_ERRNO(err, TIDE_IO, sys_errno, "%s in %s: %s", doing, path, said);
        case SQLITE_NOTADB:
            return TIDE_FAIL(err, TIDE_BAD_CONFIG,
                             "%s is no SQLite database: name another file, or move it away", path);
        case SQLITE_CORRUPT:
            return TIDE_FAIL(
                err, TIDE_E_DATABASE_DAMAGED,
                "%s: %s can't be read (%s): if the system's log tells of errors of "
                "the disk, mend these and run again; if `pragma integrity_check` finds "
                "it damaged, restore it from a backup",
                doing, path, said);
        default:
            return TIDE_FAIL(err, TIDE_E_DATABASE, "%s in %s: %s", doing, path, said);
    }
}

/* What a statement is called in messages: its first line. */
static void print_doing(const char *sql, char out[80])
{
    size_t length = strcspn(sql, "\n(;");
    length = length < 79 ? length : 79;
    memcpy(out, sql, length);
    out[length] = '\0';
}

tide_code tide_db_execute(tide_db *db, const char *sql, tide_error *err)
{
    int result = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    if (result == SQLITE_OK) {
        return TIDE_OK;
    }
    char doing[80];
    print_doing(sql, doing);
    return tide_db_fail(db, result, doing, err);
}

tide_code tide_db_execute_text(tide_db *db, tide_text *sql, tide_error *err)
{
    tide_code code = tide_text_failed(sql) ? TIDE_FAIL_MEMORY(err, "a statement")
                                           : tide_db_execute(db, tide_text_c(sql), err);
    tide_text_clear(sql);
    return code;
}

tide_code tide_db_prepare(tide_db *db, const char *sql, sqlite3_stmt **statement, tide_error *err)
{
    int result =
        sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
    if (result == SQLITE_OK) {
        return TIDE_OK;
    }
    char doing[80];
    print_doing(sql, doing);
    return tide_db_fail(db, result, doing, err);
}

tide_code tide_db_prepare_text(tide_db *db, tide_text *sql, sqlite3_stmt **statement,
                               tide_error *err)
{
    tide_code code = tide_text_failed(sql) ? TIDE_FAIL_MEMORY(err, "a statement")
                                           : tide_db_prepare(db, tide_text_c(sql), statement, err);
    tide_text_clear(sql);
    return code;
}

tide_code tide_db_run(tide_db *db, sqlite3_stmt *statement, const char *doing, tide_error *err)
{
    int result = sqlite3_step(statement);
    tide_code code = TIDE_OK;
    if (result != SQLITE_DONE && result != SQLITE_ROW) {
        code = tide_db_fail(db, result, doing, err);
    }
    (void)sqlite3_reset(statement);
    return code;
}

tide_code tide_db_step(tide_db *db, sqlite3_stmt *statement, bool *has_row, const char *doing,
                       tide_error *err)
{
    int result = sqlite3_step(statement);
    *has_row = result == SQLITE_ROW;
    if (result == SQLITE_ROW || result == SQLITE_DONE) {
        return TIDE_OK;
    }
    return tide_db_fail(db, result, doing, err);
}

tide_code tide_db_text(sqlite3_stmt *statement, int index, const char **text, tide_error *err)
{
    bool is_null = sqlite3_column_type(statement, index) == SQLITE_NULL;
    *text = is_null ? NULL : (const char *)sqlite3_column_text(statement, index);
    return is_null || *text != NULL ? TIDE_OK : TIDE_FAIL_MEMORY(err, "a stored text");
}

static tide_code prepare_with(tide_db *db, const char *sql, const char *const *texts, size_t count,
                              sqlite3_stmt **statement, tide_error *err)
{
    TIDE_TRY(tide_db_prepare(db, sql, statement, err));
    for (size_t i = 0; i < count; i++) {
        int result = sqlite3_bind_text(*statement, (int)i + 1, texts[i], -1, SQLITE_STATIC);
        if (result != SQLITE_OK) {
            (void)sqlite3_finalize(*statement);
            *statement = NULL;
            return tide_db_fail(db, result, "binding a text", err);
        }
    }
    return TIDE_OK;
}

tide_code tide_db_execute_with(tide_db *db, const char *sql, const char *const *texts, size_t count,
                               tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    char doing[80];
    print_doing(sql, doing);
    TIDE_TRY(prepare_with(db, sql, texts, count, &statement, err));
    tide_code code = tide_db_run(db, statement, doing, err);
    (void)sqlite3_finalize(statement);
    return code;
}

tide_code tide_db_query_integer(tide_db *db, const char *sql, const char *const *texts,
                                size_t count, int64_t absent, int64_t *value, tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool has_row = false;
    char doing[80];
    print_doing(sql, doing);
    *value = absent;
    TIDE_TRY(prepare_with(db, sql, texts, count, &statement, err));
    tide_code code = tide_db_step(db, statement, &has_row, doing, err);
    if (has_row && sqlite3_column_type(statement, 0) != SQLITE_NULL) {
        *value = sqlite3_column_int64(statement, 0);
    }
    (void)sqlite3_finalize(statement);
    return code;
}

tide_code tide_db_has_table(tide_db *db, const char *name, bool *exists, tide_error *err)
{
    int64_t found = 0;
    *exists = false;
    TIDE_TRY(tide_db_query_integer(db,
                                   "SELECT 1 FROM sqlite_schema WHERE type IN ('table', 'view') "
                                   "AND lower(name) = lower(?1)",
                                   &name, 1, 0, &found, err));
    *exists = found != 0;
    return TIDE_OK;
}

tide_code tide_db_has_rows(tide_db *db, const char *table, bool *has_rows, tide_error *err)
{
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append(&sql, "SELECT 1 FROM ");
    tide_sql_append_name(&sql, table);
    tide_text_append(&sql, " LIMIT 1");
    int64_t found = 0;
    tide_code code = tide_text_failed(&sql)
                         ? TIDE_FAIL_MEMORY(err, "a statement")
                         : tide_db_query_integer(db, tide_text_c(&sql), NULL, 0, 0, &found, err);
    tide_text_clear(&sql);
    *has_rows = found != 0;
    return code;
}

tide_code tide_db_drop_table(tide_db *db, const char *table, tide_error *err)
{
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append(&sql, "DROP TABLE IF EXISTS ");
    tide_sql_append_name(&sql, table);
    return tide_db_execute_text(db, &sql, err);
}

tide_code tide_db_empty_table(tide_db *db, const char *table, tide_error *err)
{
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append(&sql, "DELETE FROM ");
    tide_sql_append_name(&sql, table);
    return tide_db_execute_text(db, &sql, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Db: one SQLite connection with our settings, its statements and its errors.
 *
 * WAL and synchronous=FULL: a COMMIT that returned is on the disk, and readers go on while a
 * transaction writes. Foreign keys are enforced. Who waits for the write lock waits up to busy_ms,
 * sooner when the run is told to stop now; the error then names the process that holds it.
 *
 * One thread at a time per connection.
 */
#ifndef TIDE_SINK_STORE_DB_H
#define TIDE_SINK_STORE_DB_H

#include <sqlite3.h>

#include "base/arena.h"
#include "flow/cancel.h"

/* How long a writer waits for another one, unless told otherwise. A transaction of ours takes a
 * second or two; a checkpoint of a slow disk may take longer. */
#define TIDE_DB_BUSY_MS 60000
/* Who only wants to know how things are does not wait for a run to end. */
#define TIDE_DB_LOOK_MS 2000

/* Pages kept in memory by a connection that writes, and by one that reads states. */
#define TIDE_DB_WRITE_CACHE_KIB 32768
#define TIDE_DB_READ_CACHE_KIB 2048

typedef enum tide_db_access {
    TIDE_DB_EXISTING, /* never creates the file */
    TIDE_DB_CREATE
} tide_db_access;

typedef struct tide_db_options {
    const char *path;          /* borrowed for the connection's life */
    int64_t busy_ms;           /* 0 = TIDE_DB_BUSY_MS */
    const tide_cancel *cancel; /* borrowed likewise; may be NULL */
    tide_db_access access;
    int cache_kib;
    size_t batch_bytes; /* of what a stream reads at a time; 0 = TIDE_BATCH_BYTES_MAX */
} tide_db_options;

typedef struct tide_db {
    sqlite3 *handle; /* owned; NULL while closed */
    tide_db_options options;
    int64_t busy_since; /* of the wait in progress */
} tide_db;

/* Does a file exist at path, with anything in it? */
bool tide_db_exists(const char *path);
TIDE_MUST_CHECK tide_code tide_db_open(tide_db *db, const tide_db_options *options,
                                       tide_error *err);
/* Nothing when closed. All statements must be finalized. */
void tide_db_close(tide_db *db);

/* Fills err from a failed call's result code: what was being done, the library's sentence, and what
 * to do. Returns the code. */
tide_code tide_db_fail(tide_db *db, int result, const char *doing, tide_error *err);

/* Runs statements without parameters and results. */
TIDE_MUST_CHECK tide_code tide_db_execute(tide_db *db, const char *sql, tide_error *err);
/* Clears sql; for generated statements: bad when it failed for want of memory. */
TIDE_MUST_CHECK tide_code tide_db_execute_text(tide_db *db, tide_text *sql, tide_error *err);
/* *statement is owned by the caller (sqlite3_finalize). */
TIDE_MUST_CHECK tide_code tide_db_prepare(tide_db *db, const char *sql, sqlite3_stmt **statement,
                                          tide_error *err);
TIDE_MUST_CHECK tide_code tide_db_prepare_text(tide_db *db, tide_text *sql,
                                               sqlite3_stmt **statement, tide_error *err);
/* Steps once and resets: for statements that give no rows. */
TIDE_MUST_CHECK tide_code tide_db_run(tide_db *db, sqlite3_stmt *statement, const char *doing,
                                      tide_error *err);
/* Steps; *has_row says whether there is one. */
TIDE_MUST_CHECK tide_code tide_db_step(tide_db *db, sqlite3_stmt *statement, bool *has_row,
                                       const char *doing, tide_error *err);

/* A column of the row at which the statement stands, borrowed until it moves; NULL for null only. A
 * text may have to be copied to be handed out, so memory may run out: what took the NULL of that
 * for a null would take it for good. */
TIDE_MUST_CHECK tide_code tide_db_text(sqlite3_stmt *statement, int index, const char **text,
                                       tide_error *err);

/* Prepares, binds the texts to ?1, ?2, ... (NULL = null) and, without results, runs it. */
TIDE_MUST_CHECK tide_code tide_db_execute_with(tide_db *db, const char *sql,
                                               const char *const *texts, size_t count,
                                               tide_error *err);
/* The first column of the first row as an integer; `absent` when there is no row or it is null. */
TIDE_MUST_CHECK tide_code tide_db_query_integer(tide_db *db, const char *sql,
                                                const char *const *texts, size_t count,
                                                int64_t absent, int64_t *value, tide_error *err);
TIDE_MUST_CHECK tide_code tide_db_has_table(tide_db *db, const char *name, bool *exists,
                                            tide_error *err);
/* Is there at least one row in the (existing) table? */
TIDE_MUST_CHECK tide_code tide_db_has_rows(tide_db *db, const char *table, bool *has_rows,
                                           tide_error *err);
/* No failure when there is none. */
TIDE_MUST_CHECK tide_code tide_db_drop_table(tide_db *db, const char *table, tide_error *err);
/* Deletes all rows. */
TIDE_MUST_CHECK tide_code tide_db_empty_table(tide_db *db, const char *table, tide_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite sink: output, state, markers, rejects and run records in one database file, one
 * transaction per commit unit. The same units give the same tables as the PostgreSQL sink.
 *
 * How values are stored (tables that it creates are STRICT):
 *   bool, int32, int64  INTEGER           decimal     TEXT with exactly `scale` digits
 *   timestamp           INTEGER, micros   date        TEXT YYYY-MM-DD
 *   double              REAL              uuid        TEXT, lower case
 *   text, json          TEXT              bytes       BLOB
 * SQLite has no NaN, it would store null: such a row is refused; -0 is stored as 0, infinities as
 * they are. State and late rows keep NaN (as the text 'NaN'), -0 and U+0000.
 *
 * Decimals are compared as numbers by a function that only our statements use: no table or index
 * depends on it, so that any tool can open the file. A constant-false partial index
 * tidemill_identity_<token> on the table tells whether it is the one that the state was written
 * with: it goes when the table is dropped, and stays through VACUUM, dump and restore.
 *
 * The file is put into WAL mode. A transaction has the file's one write lock, so a process that is
 * stopped inside of one holds all others up: after busy_ms they fail and name it.
 *
 * One committer: a mutex lets the workers' transactions take turns; rules, sorting and reduction of
 * a unit happen before it is taken, and states are read beside it.
 */
#ifndef TIDE_SINK_SQLITE_SQLITE_SINK_H
#define TIDE_SINK_SQLITE_SQLITE_SINK_H

#include "flow/sink.h"

typedef struct tide_sqlite_options {
    const char *path; /* copied; created by begin, its directory must exist */
    int64_t busy_ms;  /* how long to wait for the file's write lock; 0 = 60 s */
} tide_sqlite_options;

/* Owned by the caller, who ends it with vtable->close. `target` is borrowed for the sink's life.
 * Touches nothing; bad_config for generated names that are too long. */
TIDE_MUST_CHECK tide_code tide_sqlite_sink_open(const tide_sqlite_options *options,
                                                const tide_target *target, tide_sink **sink,
                                                tide_error *err);

#endif

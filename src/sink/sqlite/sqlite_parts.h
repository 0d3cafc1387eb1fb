/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a SQLite sink, shared by this folder's files. */
#ifndef TIDE_SINK_SQLITE_SQLITE_PARTS_H
#define TIDE_SINK_SQLITE_SQLITE_PARTS_H

#include "sink/sqlite/insertion.h"
#include "sink/sqlite/reduction.h"
#include "sink/store/store.h"

typedef struct tide_sqlite_sink {
    tide_store store;
    bool has_key;               /* merge, or replace with key */
    tide_reduction reduction;   /* with key */
    tide_comparison comparison; /* with key; guarded by the store's lock */
    tide_insertion insertion;   /* into the table or staging; after begin; guarded likewise */
    tide_atomic worker_count;   /* ever opened: names their tables of parts */
} tide_sqlite_sink;

struct tide_sink_worker {
    tide_sqlite_sink *sink;
    tide_db reader; /* for states; opened when they are first read */
    tide_unit_parts parts;
    char *parts_table;        /* owned: for units of several parts */
    tide_insertion insertion; /* into parts_table, while parts are open */
};

/* begin, finish, load and abandon of the vtable. */
TIDE_MUST_CHECK tide_code tide_sqlite_begin(tide_sqlite_sink *sink, const tide_run_row *run,
                                            tide_error *err);
TIDE_MUST_CHECK tide_code tide_sqlite_finish(tide_sqlite_sink *sink, const tide_run_row *run,
                                             tide_load_result *result, tide_error *err);
TIDE_MUST_CHECK tide_code tide_sqlite_load(tide_sink_worker *worker, const tide_unit *unit,
                                           tide_load_result *result, tide_error *err);
void tide_sqlite_abandon(tide_sink_worker *worker);

/* Inside a transaction: the table's identity, made when it has none yet, and what wrote it. */
TIDE_MUST_CHECK tide_code tide_sqlite_keep_identity(tide_sqlite_sink *sink, tide_error *err);

/* Rows of one table, which has their positions, into another. */
typedef struct tide_move {
    const char *from;
    const char *to;
    bool with_position; /* `to` is staging too */
    int64_t moved;      /* out */
    int64_t refused;    /* out: these went to the refusals */
} tide_move;

/* Inside a transaction: moves the rows and drops `from`. */
TIDE_MUST_CHECK tide_code tide_sqlite_move(tide_sqlite_sink *sink, tide_move *move,
                                           tide_refusals *refusals, tide_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Store: the embedded SQLite database in which a sink keeps runs, lease, markers, state, rejects
 * and late rows - the SQLite sink beside its table, the CSV sink beside its files.
 *
 * One connection writes; a lock around each transaction makes its users take turns ("one
 * committer"). A mutex instead of a thread of its own: a worker that waits for the commit of its
 * unit has nothing else to do, and nothing is handed over. States are read by connections of their
 * own, which go on while a transaction writes.
 *
 *   open   -> connect (check, read_runs: only when the file exists)
 *          -> begin_run .. commit        creates what is missing, takes the lease
 *          -> enter .. commit | abort    any number, from any thread
 *          -> close                      releases the lease
 *
 * Between enter and commit or abort the caller holds the lock and the write transaction, and the
 * epoch is known to be ours: it can't move before COMMIT.
 */
#ifndef TIDE_SINK_STORE_STORE_H
#define TIDE_SINK_STORE_STORE_H

#include "sink/store/ledger.h"
#include "sink/store/state_table.h"
#include "sink/store/unit_parts.h"

typedef struct tide_store_options {
    const char *path; /* copied */
    int64_t busy_ms;  /* 0 = TIDE_DB_BUSY_MS */
} tide_store_options;

typedef struct tide_store_renewal {
    tide_thread thread;
    tide_mutex mutex;
    tide_condition stop_asked;
    bool stopping; /* under mutex */
} tide_store_renewal;

typedef struct tide_store {
    tide_sink sink;            /* first: a sink that keeps its books here begins with its store */
    tide_db db;                /* the writer; guarded by lock */
    const tide_target *target; /* borrowed */
    char *path;                /* owned */
    int64_t busy_ms;
    tide_mutex lock;
    tide_arena names;         /* owns the names below */
    const char *state_table;  /* NULL without series */
    const char *staged_table; /* NULL unless staged or replace */
    const char *staged_state; /* NULL unless both */
    const char *parts_prefix; /* "tidemill_parts_<pipeline>_": one table per worker */
    const char *rejects_table;
    const char *late_table;       /* NULL: no such rows */
    tide_row_writer state_writer; /* into state_table or staged_state */
    tide_row_writer late_writer;
    int64_t run;           /* 0 before begin */
    int64_t epoch;         /* 0: no lease */
    tide_sink_sight sight; /* of the last check; what this store did itself since is in it */
    bool writable;         /* db may write: opened by begin_run or enter */
    bool is_borrowed;      /* the lease is held for one transaction only */
    int64_t rejected_rows; /* of this run, as far as they went through here */
    tide_store_renewal renewal;
} tide_store;

/* Touches nothing. bad_config for generated names over the limit. */
TIDE_MUST_CHECK tide_code tide_store_open(tide_store *store, const tide_store_options *options,
                                          const tide_target *target, tide_error *err);
/* Releases the lease if it is ours. */
void tide_store_close(tide_store *store);
/* Is staging in use (replace, or append that can't resume)? */
bool tide_store_is_staged(const tide_store *store);

/* Opens an existing database for reading and control; *connected false when there is none. */
TIDE_MUST_CHECK tide_code tide_store_connect(tide_store *store, bool *connected, tide_error *err);
/* First of what a check looks at: who takes the lease after it is found by begin. */
TIDE_MUST_CHECK tide_code tide_store_look_at_lease(tide_store *store, bool connected,
                                                   tide_error *err);
/* Fills state_exists, fingerprint, fingerprint_text and problems of facts, and *row (cleared by the
 * caller). */
TIDE_MUST_CHECK tide_code tide_store_check(tide_store *store, tide_sink_facts *facts,
                                           tide_pipeline_row *row, tide_error *err);
/* Is what tells the pipeline and its table (tidemill_pipelines) to stay as it is until the run
 * ends? Until a replace has put its rows in place, the table is as those before have left it; but
 * the first one has to be known to other pipelines. Inside a transaction. */
TIDE_MUST_CHECK tide_code tide_store_waits_with_identity(tide_store *store, bool *waits,
                                                         tide_error *err);
/* bad_config if another pipeline writes the table, which may not share it. */
TIDE_MUST_CHECK tide_code tide_store_refuse_rivals(tide_store *store, tide_error *err);
/* late_table.c: the table of late rows, told as problems, and inside begin made or fitted. */
TIDE_MUST_CHECK tide_code tide_store_check_late(tide_store *store, tide_text *problems,
                                                tide_error *err);
TIDE_MUST_CHECK tide_code tide_store_prepare_late(tide_store *store, tide_error *err);
/* Types of the state's columns that are not those of the pipeline. A rewind makes states anew, so
 * it is the run that asks. */
TIDE_MUST_CHECK tide_code tide_store_check_state(tide_store *store, tide_text *problems,
                                                 tide_error *err);

/* Inner parts of store.c for store_begin.c. */
TIDE_MUST_CHECK tide_code tide_store_connect_writable(tide_store *store, tide_error *err);
TIDE_MUST_CHECK tide_code tide_store_create_engine_tables(tide_db *db, tide_error *err);
void tide_store_clear_writers(tide_store *store);
/* store_renewal.c: from the commit of begin until close. */
TIDE_MUST_CHECK tide_code tide_store_renewal_start(tide_store *store, tide_error *err);
void tide_store_renewal_stop(tide_store *store);

/* Creates the database and the engine's tables, takes the lease, writes the run record and drops
 * what an earlier execution staged; then the caller holds a transaction, as after enter, in which
 * it creates its own. */
TIDE_MUST_CHECK tide_code tide_store_begin_run(tide_store *store, const tide_run_row *run,
                                               tide_error *err);
/* Ends that transaction; the lease is ours only when it was committed. Makes the writers ready. */
TIDE_MUST_CHECK tide_code tide_store_commit_begin(tide_store *store, tide_error *err);
void tide_store_abort_begin(tide_store *store);

/* Takes lock and write transaction; fenced when the run has lost its lease. Outside a run the lease
 * must be free and is taken. */
TIDE_MUST_CHECK tide_code tide_store_enter(tide_store *store, tide_error *err);
/* Commits and gives the lock back; rolled back on failure. */
TIDE_MUST_CHECK tide_code tide_store_commit(tide_store *store, tide_error *err);
void tide_store_abort(tide_store *store);
/* Ends it by what its work came to: commit when that is OK, else abort. That code, or the commit's.
 */
TIDE_MUST_CHECK tide_code tide_store_end(tide_store *store, tide_code code, tide_error *err);

/* Outside, after an io error: a run that was taken over finds its files gone, and fenced is what
 * happened. Else the error as it is. */
tide_code tide_store_blame(tide_store *store, tide_error *err);

/* Inside: inserts the marker first, of a unit of row_count rows. *done: it was committed before,
 * and result says with what. */
TIDE_MUST_CHECK tide_code tide_store_mark_unit(tide_store *store, const char *unit,
                                               int64_t row_count, tide_load_result *result,
                                               bool *done, tide_error *err);
/* Inside: rejects and counts of all parts, late rows and states of the last one. */
TIDE_MUST_CHECK tide_code tide_store_write_unit(tide_store *store, const tide_unit *unit,
                                                const tide_unit_parts *parts, tide_error *err);
/* Commits it. After an unclear outcome the marker says what became of it. */
TIDE_MUST_CHECK tide_code tide_store_commit_unit(tide_store *store, const char *unit,
                                                 const tide_unit_parts *parts, tide_error *err);
/* Would so many more be too many? Under the lock. */
bool tide_store_over_rejects(const tide_store *store, size_t rejected);
/* Inside. */
TIDE_MUST_CHECK tide_code tide_store_write_rejects(tide_store *store,
                                                   const tide_reject_list *rejects,
                                                   tide_error *err);
/* Outside again, after a unit (or what is named so) had too many: commits them, over_rejects. */
tide_code tide_store_fail_over_rejects(tide_store *store, const char *unit,
                                       const tide_reject_list *rejects, tide_error *err);

/* Inside: staged state takes the place of state, markers go, marks move, the run is complete. */
TIDE_MUST_CHECK tide_code tide_store_finish_run(tide_store *store, const tide_run_row *run,
                                                tide_error *err);
/* Inside: forgets state, fingerprint, identity, markers, marks, rejects and late rows. */
TIDE_MUST_CHECK tide_code tide_store_forget(tide_store *store, tide_error *err);

/* Inside: takes all but the table back, after that was (whose counts *done has), and says so among
 * the runs. */
TIDE_MUST_CHECK tide_code tide_store_rewind(tide_store *store, const tide_rewind *rewind,
                                            tide_rewound *done, tide_error *err);
/* Inside, where the table is in this database: rows of later days go. */
TIDE_MUST_CHECK tide_code tide_store_rewind_table(tide_store *store, const tide_rewind *rewind,
                                                  tide_rewound *done, tide_error *err);

/* Opens another connection, that only reads. */
TIDE_MUST_CHECK tide_code tide_store_open_reader(const tide_store *store, tide_db *db,
                                                 tide_error *err);
/* States of a range, by the worker's own connection `reader`, opened when it is not yet. None for
 * replace. */
TIDE_MUST_CHECK tide_code tide_store_read_states(const tide_store *store, tide_db *reader,
                                                 tide_hash_range range, tide_stream **stream,
                                                 tide_error *err);
/* Of the vtable of a sink that begins with a store. Rejects and the run's record have a transaction
 * of their own; rejects count for tide_store_over_rejects. */
TIDE_MUST_CHECK tide_code tide_store_read_runs(tide_sink *sink, size_t limit, tide_run_row *rows,
                                               size_t *count, tide_error *err);
TIDE_MUST_CHECK tide_code tide_store_read_marks(tide_sink *sink, tide_read_mark_list *marks,
                                                tide_error *err);
TIDE_MUST_CHECK tide_code tide_store_read_units(tide_sink *sink, tide_arena *arena,
                                                const char ***names, size_t *count,
                                                tide_error *err);
TIDE_MUST_CHECK tide_code tide_store_read_rejects(tide_sink *sink, const tide_reject_query *query,
                                                  tide_reject_visitor visit, void *context,
                                                  tide_error *err);
TIDE_MUST_CHECK tide_code tide_store_reject(tide_sink *sink, const tide_reject_list *rejects,
                                            tide_error *err);
TIDE_MUST_CHECK tide_code tide_store_dismiss(tide_sink *sink, const tide_reject_list *rejects,
                                             int64_t run, tide_error *err);
TIDE_MUST_CHECK tide_code tide_store_record(tide_sink *sink, const tide_run_row *run,
                                            tide_error *err);
/* 16 random hexadecimal digits; identity of a table or file set. */
TIDE_MUST_CHECK tide_code tide_store_make_token(char out[17], tide_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The PostgreSQL sink from inside: what its parts share.
 *
 *   sink.c      open, close, workers         lease.c     who may write
 *   check.c     facts and problems           load.c      one unit, one transaction
 *   begin.c     tables, lease, run record  chunks.c    rows by chunks, refusals by bisecting
 *   finish.c    the last transaction
 *   runs.c      run records and markers    reset.c     starting over, accepting
 *   blocked.c   tables that others keep locked
 *   states.c    state upserted and read    question.c  what is asked outside of transactions
 */
#ifndef TIDE_SINK_POSTGRES_POSTGRES_H
#define TIDE_SINK_POSTGRES_POSTGRES_H

#include "sink/postgres/lease.h"
#include "sink/postgres/postgres_sink.h"
#include "sink/postgres/rows.h"
#include "sink/postgres/transfer.h"

typedef struct tide_pg_sink {
    tide_sink base;            /* first: a tide_sink is one of these */
    const tide_target *target; /* borrowed */
    tide_pg_login login;
    tide_pg_names names;
    tide_pg_retry retry;
    tide_atomic silence; /* of the server, for who wants to stop now (connection.h) */
    bool has_waited;     /* for a server that would let nobody in yet: once is enough */
    tide_pg_connection control;
    tide_pg_lease lease;
    bool staged;           /* rows go to names.staging, states to names.staged_state */
    tide_sink_sight sight; /* of the last check */
    /* From here on made by begin, then read-only. */
    bool begun;
    int64_t run;
    bool takes_every_character; /* the database, which is in UTF-8 then (encoding.h) */
    tide_pg_layout output, state, late;
    tide_order order;     /* merge: key, newest, then all columns */
    bool keeps_positions; /* staged rows carry theirs: the target may refuse them at last */
    char *rows_sql;       /* COPY, or the upsert of a merge */
    char *states_sql;
    char *late_sql;
    tide_atomic worker_count;  /* opened so far: their numbers */
    tide_atomic rejected_rows; /* of this run, as far as committed */
} tide_pg_sink;

/* How often questions asked before the lease wait for a lock, 5 s each time. */
#define TIDE_PG_LOCK_WAITS_MAX 6

/* What load has taken of a unit that `continues`; its transaction is open. */
typedef struct tide_pg_parts {
    bool open;
    bool marked_before; /* the unit was committed before: its parts are thrown away */
    int64_t row_count;
    tide_load_result result;
    tide_reject_list rejects; /* refused, and of steps */
} tide_pg_parts;

/* The column of a staging table that keeps positions. */
#define TIDE_PG_POSITION_COLUMN "_tidemill_position"

struct tide_sink_worker {
    tide_pg_sink *sink; /* borrowed; struct of this kind of sink */
    tide_pg_connection connection;
    tide_pg_encoder encoder;
    tide_pg_parts parts;
    char application[64];
};

/* The first time: connects control and makes the names; remote when the server can't be reached,
 * which is told at once. Later connections are made by retries. */
TIDE_MUST_CHECK tide_code tide_pg_sink_connect(tide_pg_sink *sink, tide_error *err);
static inline bool tide_pg_sink_is_keyed(const tide_pg_sink *sink)
{
    return sink->target->key_count > 0 && sink->target->mode != TIDE_APPEND;
}
/* to_regclass of a quoted name. */
TIDE_MUST_CHECK tide_code tide_pg_table_exists(tide_pg_connection *connection, const char *quoted,
                                               bool *exists, tide_error *err);
/* Not connected yet: what is passing inside is final outside. */
tide_code tide_pg_finally(tide_code code, tide_error *err);

/* question.c: by the control connection, again when it is lost; the work must be safe to repeat. */
TIDE_MUST_CHECK tide_code tide_pg_sink_work(tide_pg_sink *sink, tide_pg_work work, void *argument,
                                            tide_error *err);
TIDE_MUST_CHECK tide_code tide_pg_sink_query(tide_pg_sink *sink, const char *sql,
                                             const char *const *parameters, int parameter_count,
                                             PGresult **result, tide_error *err);
/* `quoted` points to one of sink->names, which may have to be made first. */
TIDE_MUST_CHECK tide_code tide_pg_sink_has_table(tide_pg_sink *sink, const char *const *quoted,
                                                 bool *exists, tide_error *err);

/* check.c, columns.c: problems of the target for this pipeline, a line each; with `layout` the
 * writers of its columns (made only when there is no problem with them). */
TIDE_MUST_CHECK tide_code tide_pg_inspect_columns(tide_pg_sink *sink, const char *quoted,
                                                  tide_pg_layout *layout, tide_text *problems,
                                                  tide_error *err);
/* Is a column of the type that we create? Of a row whose third and fourth column are atttypid and
 * atttypmod. */
bool tide_pg_is_natural(tide_type type, const PGresult *result, int row);
/* Of a table of ours: `what` its rows are, and the `cure` beside ALTER TABLE. */
TIDE_MUST_CHECK tide_code tide_pg_check_own_columns(tide_pg_sink *sink, const char *quoted,
                                                    const tide_schema *schema, const char *what,
                                                    const char *cure, tide_text *problems,
                                                    tide_error *err);
TIDE_MUST_CHECK tide_code tide_pg_inspect_table(tide_pg_sink *sink, tide_text *problems,
                                                tide_error *err);
/* Two pipelines may not write one table, except merges with the same key. */
TIDE_MUST_CHECK tide_code tide_pg_check_sharing(tide_pg_sink *sink, tide_text *problems,
                                                tide_error *err);
/* The same, as an error: bad_config. */
TIDE_MUST_CHECK tide_code tide_pg_refuse_sharing(tide_pg_sink *sink, tide_error *err);
/* blocked.c: questions that need tables are asked before the lease is taken, within such a
 * transaction, which waits for no lock for ever: its refusal is TIDE_E_TABLE_LOCKED. */
TIDE_MUST_CHECK tide_code tide_pg_begin_questions(tide_pg_connection *connection, tide_error *err);
/* Whether err, a failure of the above, is one after which to ask again. What a silent or dead
 * holder of the lease has open is ended; a living one is told as such. What is not ours is waited
 * for while `patient`, and then named. */
TIDE_MUST_CHECK bool tide_pg_sink_unblock(tide_pg_sink *sink, bool patient, tide_error *err);
/* Inside the transaction that makes the engine's tables, before any lease: one at a time, waiting
 * for no lock for ever; and the same question after it has failed. */
TIDE_MUST_CHECK tide_code tide_pg_lock_makers(tide_pg_connection *connection, tide_error *err);
TIDE_MUST_CHECK bool tide_pg_sink_await_maker(tide_pg_sink *sink, bool patient, tide_error *err);
tide_code tide_pg_sink_check(tide_sink *sink, tide_sink_facts *facts, tide_error *err);

/* late.c: may the pipeline have rows that came late? Their table is checked, told as problems, and
 * in the transaction of begin made or fitted. */
bool tide_pg_has_late_rows(const tide_pg_sink *sink);
TIDE_MUST_CHECK tide_code tide_pg_check_late(tide_pg_sink *sink, tide_text *problems,
                                             tide_error *err);
TIDE_MUST_CHECK tide_code tide_pg_prepare_late(tide_pg_sink *sink, tide_error *err);
/* late_rows.c */
TIDE_MUST_CHECK tide_code tide_pg_write_late(tide_sink_worker *worker, const tide_unit *unit,
                                             tide_error *err);

/* begin.c: the first problem decides. */
TIDE_MUST_CHECK tide_code tide_pg_refuse_problems(const tide_text *problems, tide_error *err);
tide_code tide_pg_sink_begin(tide_sink *sink, const tide_run_row *run, tide_error *err);
/* tables.c: SQL text of what is created. */
TIDE_MUST_CHECK tide_code tide_pg_create_engine_tables(tide_pg_sink *sink, tide_error *err);
TIDE_MUST_CHECK tide_code tide_pg_create_target(tide_pg_sink *sink, tide_pg_connection *connection,
                                                tide_error *err);
TIDE_MUST_CHECK tide_code tide_pg_create_state(tide_pg_sink *sink, tide_pg_connection *connection,
                                               tide_error *err);
TIDE_MUST_CHECK tide_code tide_pg_create_staging(tide_pg_sink *sink, tide_pg_connection *connection,
                                                 tide_error *err);
/* sql.c: the texts that load sends. */
TIDE_MUST_CHECK tide_code tide_pg_make_sql(tide_pg_sink *sink, tide_error *err);

/* runs.c */
tide_code tide_pg_sink_read_runs(tide_sink *sink, size_t limit, tide_run_row *rows, size_t *count,
                                 tide_error *err);
tide_code tide_pg_sink_read_units(tide_sink *sink, tide_arena *arena, const char ***names,
                                  size_t *count, tide_error *err);
tide_code tide_pg_sink_record(tide_sink *sink, const tide_run_row *run, tide_error *err);
/* Inside a transaction. */
TIDE_MUST_CHECK tide_code tide_pg_write_run(tide_pg_sink *sink, tide_pg_connection *connection,
                                            const tide_run_row *run, tide_error *err);
TIDE_MUST_CHECK tide_code tide_pg_write_identity(tide_pg_sink *sink, tide_pg_connection *connection,
                                                 tide_error *err);
TIDE_MUST_CHECK tide_code tide_pg_drop_markers(tide_pg_sink *sink, tide_pg_connection *connection,
                                               int64_t run, tide_error *err);

/* marks.c */
tide_code tide_pg_sink_read_marks(tide_sink *sink, tide_read_mark_list *marks, tide_error *err);
/* Inside a transaction. */
TIDE_MUST_CHECK tide_code tide_pg_write_marks(tide_pg_sink *sink, tide_pg_connection *connection,
                                              const tide_run_row *run, tide_error *err);
TIDE_MUST_CHECK tide_code tide_pg_forget_marks(tide_pg_sink *sink, tide_pg_connection *connection,
                                               tide_error *err);
/* That no mark knows of them is not told any more (TIDE_UNACCOUNTED_MARK). */
TIDE_MUST_CHECK tide_code tide_pg_accept_rows(tide_pg_sink *sink, tide_pg_connection *connection,
                                              tide_error *err);
/* Open runs of the pipeline become abandoned, and no units of them are known any more; of those
 * before `run`, or of all. */
TIDE_MUST_CHECK tide_code tide_pg_close_runs_before(tide_pg_sink *sink,
                                                    tide_pg_connection *connection, int64_t run,
                                                    tide_error *err);
TIDE_MUST_CHECK tide_code tide_pg_close_runs(tide_pg_sink *sink, tide_pg_connection *connection,
                                             tide_error *err);

/* rejects.c: upserts inside the caller's transaction, once: all that it has. */
TIDE_MUST_CHECK tide_code tide_pg_write_rejects(const tide_pg_sink *sink,
                                                tide_pg_connection *connection,
                                                tide_pg_encoder *encoder,
                                                const tide_reject_list *const *lists,
                                                size_t list_count, bool undone, tide_error *err);
/* What tide_position_is_by_values finds, and what numbering makes of it; and the pieces of that. */
#define TIDE_PG_BY_VALUES_PATTERN "^row/[0-9a-f]{32}$"
#define TIDE_PG_NUMBERED_PATTERN "^row/[0-9a-f]{32}/[0-9]+$"
/* Deletes them, as they are loaded again: state_conflict unless all are there. */
TIDE_MUST_CHECK tide_code tide_pg_take_rejects(const tide_pg_sink *sink,
                                               tide_pg_connection *connection,
                                               tide_pg_encoder *encoder,
                                               const tide_reject_list *rejects, tide_error *err);
/* Those that `run` or one before it has found. */
TIDE_MUST_CHECK tide_code tide_pg_delete_rejects(const tide_pg_sink *sink,
                                                 tide_pg_connection *connection,
                                                 tide_pg_encoder *encoder,
                                                 const tide_reject_list *rejects, int64_t run,
                                                 int64_t *deleted, tide_error *err);
tide_code tide_pg_sink_reject(tide_sink *sink, const tide_reject_list *rejects, tide_error *err);
/* dismiss.c */
tide_code tide_pg_sink_dismiss(tide_sink *sink, const tide_reject_list *rejects, int64_t run,
                               tide_error *err);

/* kept_rejects.c: reads them back. Inside a transaction: drops those that this run takes again:
 * undone ones, or what runs that have not completed had staged; and when it replaces the table,
 * those of earlier runs. */
tide_code tide_pg_sink_read_rejects(tide_sink *sink, const tide_reject_query *query,
                                    tide_reject_visitor visit, void *context, tide_error *err);
TIDE_MUST_CHECK tide_code tide_pg_drop_undone_rejects(const tide_pg_sink *sink,
                                                      tide_pg_connection *connection,
                                                      tide_error *err);
TIDE_MUST_CHECK tide_code tide_pg_drop_staged_rejects(const tide_pg_sink *sink,
                                                      tide_pg_connection *connection,
                                                      tide_error *err);
TIDE_MUST_CHECK tide_code tide_pg_drop_replaced_rejects(const tide_pg_sink *sink,
                                                        tide_pg_connection *connection,
                                                        tide_error *err);

/* limit.c: commits rejects in a transaction of their own; `undone`: their unit was rolled back. */
TIDE_MUST_CHECK tide_code tide_pg_commit_rejects(const tide_pg_sink *sink,
                                                 tide_pg_connection *connection,
                                                 tide_pg_encoder *encoder, const char *application,
                                                 const tide_reject_list *const *lists,
                                                 size_t list_count, bool undone, tide_error *err);
bool tide_pg_is_over_rejects(const tide_pg_sink *sink, int64_t rejected);
/* Always over_rejects, with the first of the lists. */
TIDE_MUST_CHECK tide_code tide_pg_fail_over_rejects(const tide_pg_sink *sink, const char *what,
                                                    const tide_reject_list *const *lists,
                                                    size_t list_count, tide_error *err);

/* marker.c */
typedef struct tide_pg_marker {
    int64_t emitted, rejected;
    tide_load_result result;
} tide_pg_marker;
/* False in *inserted: the unit is committed already. */
TIDE_MUST_CHECK tide_code tide_pg_marker_insert(const tide_pg_sink *sink,
                                                tide_pg_connection *connection, const char *unit,
                                                bool *inserted, tide_error *err);
TIDE_MUST_CHECK tide_code tide_pg_marker_write(const tide_pg_sink *sink,
                                               tide_pg_connection *connection, const char *unit,
                                               const tide_pg_marker *marker, tide_error *err);
TIDE_MUST_CHECK tide_code tide_pg_marker_read(const tide_pg_sink *sink,
                                              tide_pg_connection *connection, const char *unit,
                                              tide_pg_marker *marker, tide_error *err);
/* Rejects of what the run has committed so far, into sink->rejected_rows. */
TIDE_MUST_CHECK tide_code tide_pg_marker_count_rejects(tide_pg_sink *sink,
                                                       tide_pg_connection *connection, int64_t run,
                                                       tide_error *err);

/* chunks.c: loads all rows, refused ones to `refused`; over_rejects when there are too many. */
typedef struct tide_pg_loading {
    tide_pg_rows *rows;       /* borrowed */
    tide_reject_list refused; /* by the server */
    int64_t loaded, superseded;
} tide_pg_loading;
TIDE_MUST_CHECK tide_code tide_pg_load_rows(tide_sink_worker *worker,
                                            tide_pg_connection *connection,
                                            tide_pg_loading *loading, tide_error *err);

/* load.c, states.c */
void tide_pg_sink_abandon(tide_sink_worker *worker);
tide_code tide_pg_sink_load(tide_sink_worker *worker, tide_unit *unit, tide_load_result *result,
                            tide_error *err);
TIDE_MUST_CHECK tide_code tide_pg_write_states(tide_sink_worker *worker,
                                               tide_pg_connection *connection,
                                               const tide_batch *states, tide_error *err);
tide_code tide_pg_sink_read_states(tide_sink_worker *worker, tide_hash_range range,
                                   tide_stream **stream, tide_error *err);

/* finish_rows.c: moves the staged rows into the target, which exists; what that refuses goes to
 * `refused`, and *skipped counts what its triggers or rules pass over. */
TIDE_MUST_CHECK tide_code tide_pg_move_rows(tide_pg_sink *sink, tide_pg_connection *connection,
                                            tide_reject_list *refused, int64_t *skipped,
                                            tide_error *err);

/* finish.c, reset.c */
tide_code tide_pg_sink_finish(tide_sink *sink, const tide_run_row *run, tide_load_result *result,
                              tide_error *err);
tide_code tide_pg_sink_state_reset(tide_sink *sink, tide_error *err);
tide_code tide_pg_sink_state_accept(tide_sink *sink, tide_error *err);
/* Connects and takes the lease, unless it is ours already; then runs the work. */
TIDE_MUST_CHECK tide_code tide_pg_with_lease(tide_pg_sink *sink, tide_pg_work work, void *argument,
                                             tide_error *err);

/* rewind.c */
tide_code tide_pg_sink_state_rewind(tide_sink *sink, const tide_rewind *rewind, tide_rewound *done,
                                    tide_error *err);

#endif

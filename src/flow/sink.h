/* SPDX-License-Identifier: Apache-2.0 */
/* Sink: where a pipeline's output, state and run records live, and what a kind of sink implements.
 *
 * Order of calls, by one thread unless said otherwise:
 *
 *   open -> check            touches nothing; finds whether target and state fit the pipeline
 *        -> read_runs, read_marks   touch nothing
 *        -> begin            creates what is missing, takes the lease, writes the run record
 *        -> [per worker, its own thread] open_worker -> read_states, load ... -> close_worker
 *        -> reject           decode rejects, before any output, in a transaction of their own
 *        -> finish           replace/staged: the final transaction; the record says complete
 *        -> close            releases the lease; also after failure
 *
 * load commits one unit in one transaction: marker first, output rows, rejects, late rows, epoch
 * check, states, COMMIT. When COMMIT's outcome is unknown it finds out by the marker, so load
 * returns TIDE_OK exactly when the unit is committed, and anything else means it is not (and never
 * will be). A run that lost its lease gets TIDE_FENCED.
 */
#ifndef TIDE_FLOW_SINK_H
#define TIDE_FLOW_SINK_H

#include "flow/kept_reject.h"
#include "flow/read_mark.h"
#include "flow/rewind.h"
#include "flow/series_limits.h"
#include "flow/state.h"
#include "flow/unit.h"

typedef enum tide_sink_mode { TIDE_APPEND = 0, TIDE_MERGE, TIDE_REPLACE } tide_sink_mode;

/* What a sink is told of its pipeline; borrowed for its life. */
typedef struct tide_target {
    const char *pipeline;
    const char *table; /* may be "schema.table" for PostgreSQL; CSV: name of the file set */
    tide_sink_mode mode;
    const tide_schema *output;      /* columns of the table, engine's own included */
    const tide_state_layout *state; /* NULL: no series */
    const tide_schema *late;        /* columns of <table>_late */
    const uint32_t *key_columns;    /* merge, replace with key: into output; none: key_count 0 */
    size_t key_count;
    size_t newest_column; /* into output, or TIDE_NO_FIELD */
    size_t day_column;    /* into output, or TIDE_NO_FIELD */
    int64_t max_rejects;
    int64_t cache_bytes;          /* pages of an embedded database; 0 = the usual */
    size_t batch_bytes;           /* of states that are read at a time; 0 = the usual */
    bool looks_only;              /* no run follows: a lock is not waited for as long as by a run */
    bool staged;                  /* rows go to staging, moved by finish */
    const char *fingerprint;      /* of the pipeline: 32 hex digits */
    const char *fingerprint_text; /* what it was made of, a line per part, to tell what changed */
    tide_cancel *cancel;
} tide_target;

/* Does a run that is resumed load all rows once more? Then what earlier executions had refused is
 * refused again, and must not count twice. */
static inline bool tide_target_repeats(const tide_target *target)
{
    return target->mode == TIDE_MERGE && target->state == NULL;
}

/* Why rejects can't be dismissed: how many (long long), of how many (size_t), of which table. */
#define TIDE_DISMISS_CONFLICT                                                                      \
    "%lld of %zu rejects are not in %s any more, or were found again: a run or somebody else has " \
    "changed them meanwhile. Nothing was dismissed; look again"

/* Are equal rows several rows? With a key they are one, and with a series each has its ordinal.
 * Else rejects by values are numbered: in an append on from those of earlier runs, which read other
 * rows; a replace makes all rows anew, and numbers its own. */
static inline bool tide_target_numbers_rejects(const tide_target *target)
{
    return target->key_count == 0 && target->state == NULL;
}

typedef enum tide_run_status {
    TIDE_RUN_STARTED = 0,
    TIDE_RUN_COMPLETE,
    TIDE_RUN_FAILED,    /* can be resumed */
    TIDE_RUN_CANCELLED, /* can be resumed */
    TIDE_RUN_ABANDONED, /* closed by run --new, a reset or rewind, or another pipeline */
    TIDE_RUN_REWOUND,   /* no run: table and state were taken back */
    TIDE_RUN_RETRIED    /* no run: rejects were loaded again; ended_at 0 when it was interrupted */
} tide_run_status;

const char *tide_run_status_name(tide_run_status status);
/* Can it be resumed? */
static inline bool tide_run_status_is_open(tide_run_status status)
{
    return status == TIDE_RUN_STARTED || status == TIDE_RUN_FAILED || status == TIDE_RUN_CANCELLED;
}

/* What the newest run was when another one was chosen. */
typedef struct tide_run_sight {
    bool is_known; /* else begin does not look */
    int64_t run;   /* 0: there was none */
    tide_run_status status;
    int64_t ended_at;
} tide_run_sight;

/* A row of tidemill_runs. Strings are owned by the row. */
typedef struct tide_run_row {
    int64_t run; /* 1, 2, 3 ... per pipeline */
    tide_run_status status;
    int64_t started_at;               /* of the first execution */
    int64_t ended_at;                 /* 0 while it runs */
    char *plan;                       /* JSON: horizon, members, what a resume must keep */
    char *record;                     /* JSON: counts, stages, memory, error */
    const tide_read_mark_list *marks; /* borrowed, may be NULL: what finish keeps beside the run */
    bool drops_marks;                 /* finish drops what earlier runs have kept */
    tide_run_sight sight;             /* for begin */
} tide_run_row;

void tide_run_row_clear(tide_run_row *row);
/* newest: NULL = none. */
tide_run_sight tide_run_sight_of(const tide_run_row *newest);
/* For begin, under the lease: io when the newest run is another one by now, or has ended. What this
 * run is to read was chosen by what had been loaded before that. */
TIDE_MUST_CHECK tide_code tide_run_refuse_overtaken(const tide_run_row *run,
                                                    const tide_run_row *newest, tide_error *err);

/* What a sink remembers of its last check, for begin. Who resets, rewinds or accepts takes the
 * lease for it and leaves no run; who resets a table that others share takes it away from them. */
typedef struct tide_sink_sight {
    bool is_known;
    int64_t epoch;   /* of the pipeline's lease; 0: nobody has ever taken it */
    bool same_table; /* as in the facts */
} tide_sink_sight;

/* The same for the lease, which was taken just now, with this epoch. */
TIDE_MUST_CHECK tide_code tide_run_refuse_held(const tide_run_row *run, const tide_sink_sight *seen,
                                               int64_t epoch, tide_error *err);
/* The same for the table, which is (`same_table`) the one that the pipeline has loaded. */
TIDE_MUST_CHECK tide_code tide_run_refuse_taken(const tide_run_row *run,
                                                const tide_sink_sight *seen, bool same_table,
                                                tide_error *err);

/* What check found. */
typedef struct tide_sink_facts {
    char *server; /* "PostgreSQL 15.18", "SQLite 3.40.1" */
    bool table_exists;
    bool table_empty;   /* true too when it does not exist */
    bool state_exists;  /* with at least one row */
    bool same_table;    /* the table is the one that the state was written with */
    int64_t unit_count; /* committed by a run that has not ended */
    int64_t unit_rows;  /* rows that these have loaded */
    char *fingerprint;  /* stored with the state, or NULL */
    char *fingerprint_text;
    tide_text pending;  /* what is committed and not yet in place, a line each */
    tide_text problems; /* a line each: columns missing, types that do not fit, key without
                           unique index, foreign keys on a replaced table, name too long ... */
} tide_sink_facts;

void tide_sink_facts_clear(tide_sink_facts *facts);

typedef struct tide_load_result {
    int64_t loaded, superseded, refused;
} tide_load_result;

typedef struct tide_sink {
    const struct tide_sink_vtable *vtable;
    const char *kind;
    tide_series_limits limits;
} tide_sink;

typedef struct tide_sink_worker tide_sink_worker; /* each kind has its own */

typedef struct tide_sink_vtable {
    tide_code (*check)(tide_sink *sink, tide_sink_facts *facts, tide_error *err);
    /* Newest first, at most limit rows into rows; *count says how many. */
    tide_code (*read_runs)(tide_sink *sink, size_t limit, tide_run_row *rows, size_t *count,
                           tide_error *err);
    /* Puts in place what `pending` of the facts tells; NULL: there never is anything. Any process
     * may at any time, whoever has the lease; begin does it, too. */
    tide_code (*settle)(tide_sink *sink, tide_error *err);
    /* Adds the pipeline's marks to the list, sorted by name by bytes. */
    tide_code (*read_marks)(tide_sink *sink, tide_read_mark_list *marks, tide_error *err);
    /* Visits what <table>_rejects keeps of the pipeline, in the order of (stage, position), the
     * number at a position's end as a number: so that each series' days come in order. As it was
     * when it began, whatever workers load meanwhile; other calls than theirs must wait. Touches
     * nothing. */
    tide_code (*read_rejects)(tide_sink *sink, const tide_reject_query *query,
                              tide_reject_visitor visit, void *context, tide_error *err);
    /* Writes *run (a new number, or the resumed one), takes the lease and raises the epoch; keeps
     * fingerprint and table identity with the state. io: another run holds the lease (names it), or
     * has held it since run->sight. */
    tide_code (*begin)(tide_sink *sink, const tide_run_row *run, tide_error *err);
    tide_code (*open_worker)(tide_sink *sink, tide_sink_worker **worker, tide_error *err);
    void (*close_worker)(tide_sink_worker *worker);
    /* State rows of a hash range in order of _hash; with replace: none. One stream per worker at a
     * time; it may stay open across load (it reads what was there when it was opened). */
    tide_code (*read_states)(tide_sink_worker *worker, tide_hash_range range, tide_stream **stream,
                             tide_error *err);
    tide_code (*load)(tide_sink_worker *worker, tide_unit *unit, tide_load_result *result,
                      tide_error *err);
    /* Rolls back a unit of which load has taken parts that `continues`; nothing when there is none.
     * A part that is lost with its connection can't be sent again: load says remote_retry, and the
     * split is read anew. */
    void (*abandon)(tide_sink_worker *worker);
    /* Names of the units that this run has committed already (for streaming: splits done).
     * Strings owned by the arena. */
    tide_code (*read_units)(tide_sink *sink, tide_arena *arena, const char ***names, size_t *count,
                            tide_error *err);
    /* Upserts rejects in a transaction of their own. Rejects of units that were rolled back are
     * kept as undone (flow/kept_reject.h); begin drops those, unless it begins a retry. */
    tide_code (*reject)(tide_sink *sink, const tide_reject_list *rejects, tide_error *err);
    /* Forgets rejects whose cause was mended elsewhere: all of them or, when one is not there any
     * more or was found by a later run than `run`, none (state_conflict). io: a run holds the
     * lease. */
    tide_code (*dismiss)(tide_sink *sink, const tide_reject_list *rejects, int64_t run,
                         tide_error *err);
    /* Writes the run record while running or at its end (status and record of *run). A run that is
     * complete stays so. */
    tide_code (*record)(tide_sink *sink, const tide_run_row *run, tide_error *err);
    /* The last transaction: staged rows and state are moved, markers dropped, the run's marks take
     * the place of those with the same name (others stay), *run is complete.
     * Rows that are staged count as loaded in load; *result is what moving them changed: loaded is
     * minus what the table refused, refused is that. */
    tide_code (*finish)(tide_sink *sink, const tide_run_row *run, tide_load_result *result,
                        tide_error *err);
    /* Forgets state, marks, table identity and fingerprint (start over: the table's rows too), or
     * accepts the table as it is. */
    tide_code (*state_reset)(tide_sink *sink, tide_error *err);
    tide_code (*state_accept)(tide_sink *sink, tide_error *err);
    /* Appends with a series: takes table and state back to the end of a day (flow/rewind.h), in one
     * transaction. Open runs are abandoned. io: a run holds the lease. */
    tide_code (*state_rewind)(tide_sink *sink, const tide_rewind *rewind, tide_rewound *done,
                              tide_error *err);
    void (*close)(tide_sink *sink); /* also frees it; releases the lease if held */
} tide_sink_vtable;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Execution: one run of one pipeline while it is going on. The routes (ordered.c, reduced.c,
 * streamed.c, discarded.c) share it; run.c makes and ends it.
 *
 * Threads: everything is set before workers start; they only touch `progress`, and `totals` under
 * `lock`.
 */
#ifndef TIDE_RUN_EXECUTION_H
#define TIDE_RUN_EXECUTION_H

#include "flow/left_rows.h"
#include "run/admit.h"
#include "run/read.h"
#include "run/run.h"
#include "run/run_plan.h"
#include "run/shares.h"

typedef struct tide_execution {
    tide_pipeline *pipeline;
    tide_run_options options; /* defaults filled in */
    tide_run_result *result;
    tide_progress *progress;
    tide_progress own_progress; /* when the caller gave none */
    tide_cancel cancel;
    tide_shares shares;
    tide_budget budget;
    tide_pool_member member; /* of the pool of workers */
    tide_metrics metrics;
    tide_source *source;
    tide_source_plan source_plan;
    tide_sink *sink; /* NULL: discard */
    tide_run_row row;
    tide_run_plan kept; /* what a resume keeps: of the run that is resumed, or of this new one */
    bool plans;         /* else the caller does: what the newest run has planned is not known */
    bool resumed;
    bool has_state;   /* as it was found, of any series */
    bool covers_rows; /* a run that has not ended has appended rows, and is not resumed */
    bool gives_up;    /* the newest run has not ended, but the pipeline is another one by now */
    bool reads_all; /* although there are marks: they do not know what a given up run has loaded */
    bool had_pending;          /* committed by an earlier run, and not in place */
    char unaccounted[32];      /* of which kind a run was whose rows no mark knows; "": none */
    bool completes_last;       /* putting that in place is all there is to do */
    tide_read_mark_list marks; /* of earlier complete runs; empty when all is read anew */
    tide_left_rows left;       /* where rows are that this run leaves */
    bool begun;                /* the sink has taken the lease */
    bool finished;             /* the run's row says complete */
    int64_t loaded_before;     /* rows that earlier runs have loaded, as far as known */
    int64_t loaded_in_run;     /* by the newest run, if it has not ended */
    tide_reject_list rejects;  /* of decoding */
    tide_mutex lock;           /* guards result->counts, steps, unit_count, rejects of units */
    char unit_prefix[64];      /* of this execution */
} tide_execution;

/* Fills in defaults; connects nothing. The execution is to be cleared in either case, which also
 * closes source and sink. */
TIDE_MUST_CHECK tide_code tide_execution_init(tide_execution *execution, tide_pipeline *pipeline,
                                              const tide_run_options *options,
                                              tide_run_result *result, tide_error *err);
void tide_execution_clear(tide_execution *execution);
/* Makes source and sink. */
TIDE_MUST_CHECK tide_code tide_execution_connect(tide_execution *execution, tide_error *err);
/* Connected: do table, state and pipeline fit and belong together? *last is the newest run (to be
 * cleared by the caller), *last_count 0 when there is none. */
TIDE_MUST_CHECK tide_code tide_execution_look(tide_execution *execution, tide_run_row *last,
                                              size_t *last_count, tide_error *err);
/* Connects, looks whether all fit together, chooses the run, plans the source. *last is the newest
 * run before this one (to be cleared by the caller), *last_count 0 when there is none. */
TIDE_MUST_CHECK tide_code tide_execution_prepare(tide_execution *execution, tide_run_row *last,
                                                 size_t *last_count, tide_error *err);
/* Says in err on which side of the data flow `code` came up, unless it says so already. */
TIDE_MUST_CHECK tide_code tide_on_side(tide_code code, tide_side side, tide_error *err);

/* Reads all splits into an outlet; rejects and counts are kept in the execution. */
TIDE_MUST_CHECK tide_code tide_execution_read(tide_execution *execution,
                                              const tide_outlet_vtable *vtable, void *outlet,
                                              const bool *skip, tide_error *err);
/* Commits decode rejects, and stops when they are over the limit. */
TIDE_MUST_CHECK tide_code tide_execution_reject(tide_execution *execution, tide_error *err);
/* Loads a unit and adds its counts; the unit is cleared in either case. */
TIDE_MUST_CHECK tide_code tide_execution_load(tide_execution *execution, tide_sink_worker *worker,
                                              tide_unit *unit, tide_error *err);
/* Tells the process plan its bounds, horizon, run and members. Before workers start. */
void tide_execution_bound_process(tide_execution *execution);
void tide_add_step_counts(tide_step_counts *sum, const tide_step_counts *part, size_t count);
/* Ends the time of the current stage and enters the next. */
void tide_execution_enter(tide_execution *execution, tide_stage stage);
/* Notes a reject for the summary, and counts rejects. */
void tide_execution_note_rejects(tide_execution *execution, const tide_reject_list *rejects);

/* inspect.c: the sink alone, of a pipeline that is not run; bad_config where there is none. To be
 * closed in either case. options: NULL = defaults. */
TIDE_MUST_CHECK tide_code tide_execution_open_sink(tide_execution *execution,
                                                   tide_pipeline *pipeline,
                                                   const tide_run_options *options,
                                                   tide_run_result *result, tide_error *err);
void tide_execution_close_sink(tide_execution *execution, tide_run_result *result);
/* prepare.c: a problem that check found is a config error - the table does not fit the pipeline. */
TIDE_MUST_CHECK tide_code tide_fail_problems(const tide_execution *execution,
                                             const tide_sink_facts *facts, tide_error *err);

/* The routes. */
TIDE_MUST_CHECK tide_code tide_run_ordered(tide_execution *execution, tide_error *err);
TIDE_MUST_CHECK tide_code tide_run_reduced(tide_execution *execution, tide_error *err);
TIDE_MUST_CHECK tide_code tide_run_streamed(tide_execution *execution, tide_error *err);
TIDE_MUST_CHECK tide_code tide_run_discarded(tide_execution *execution, tide_error *err);

/* belongs.c: do table, state and pipeline belong together? state_conflict says what changed and
 * what can be done. */
typedef struct tide_belongs_question {
    const tide_sink_facts *facts;
    const tide_run_row *last;  /* NULL: none */
    const tide_run_plan *kept; /* of the newest run, if it has not ended and its plan matters */
    bool fresh;                /* --new */
    bool resumes;              /* what the newest run has planned */
    bool has_marks;            /* earlier runs have read what this one will not */
    const char *unaccounted;   /* a kind of runs that keep no marks, and have loaded rows; "" */
} tide_belongs_question;
TIDE_MUST_CHECK tide_code tide_check_belongs(const tide_pipeline *pipeline,
                                             const tide_belongs_question *question,
                                             tide_error *err);
/* rewind.c: the first part, as "part: ...", in which the pipeline differs from the stored one so
 * that rows of earlier days are other rows, too; NULL when a rewind can go on from it. */
const char *tide_find_lasting_change(const tide_pipeline *pipeline, const tide_sink_facts *facts);
/* Is there such a line in a text of lines, as fingerprints are? */
bool tide_has_line(const char *text, const char *line, size_t length);
/* incremental.c, in the order of calls: the marks of earlier runs; whether all is read anew
 * (gives_up: --new closes a run that has not ended); what the source is asked; the marks that the
 * complete run leaves, added to an empty list. */
bool tide_is_incremental(const tide_pipeline *pipeline);
TIDE_MUST_CHECK tide_code tide_incremental_look(tide_execution *execution, tide_error *err);
TIDE_MUST_CHECK tide_code tide_incremental_choose(tide_execution *execution, bool gives_up,
                                                  tide_error *err);
/* The interval of a cursor, as a line for the user. */
void tide_incremental_describe(const tide_execution *execution, tide_text *out);
TIDE_MUST_CHECK tide_code tide_incremental_request(const tide_execution *execution,
                                                   tide_plan_request *request, tide_error *err);
/* After the source has planned: a resume keeps the marks of its plan, too. */
void tide_incremental_keep(tide_execution *execution);
TIDE_MUST_CHECK tide_code tide_incremental_begin(tide_execution *execution, tide_error *err);
TIDE_MUST_CHECK tide_code tide_incremental_collect(tide_execution *execution,
                                                   tide_read_mark_list *marks, tide_error *err);
/* Rows loaded by all runs up to this one, as its record says; of a run that has not ended without
 * what its units say. 1 where that is not known. */
int64_t tide_loaded_ever(const tide_run_row *row);
/* After reset or accept: what runs have loaded before says nothing about the table any more, or
 * only that it holds rows (rows = 1). */
TIDE_MUST_CHECK tide_code tide_set_loaded_ever(tide_sink *sink, int64_t rows, tide_error *err);
/* balance.c: the equations of the row balance; anything else is a bug that fails the run. The first
 * is about what was read and went through steps, the second about what was emitted. */
TIDE_MUST_CHECK tide_code tide_check_read_balance(const tide_run_result *result,
                                                  const tide_pipeline *pipeline, tide_error *err);
TIDE_MUST_CHECK tide_code tide_check_load_balance(const tide_run_result *result, tide_error *err);
/* record.c: the run record as JSON. */
void tide_print_record(tide_execution *execution, const tide_error *outcome, tide_text *out);
/* outcome.c: keeps beside the runs that this one failed before it had begun, as far as it can. */
void tide_note_failed_attempt(tide_execution *execution, const tide_error *failure);
/* horizon.c */
TIDE_MUST_CHECK tide_code tide_plan_horizon(const tide_pipeline *pipeline, int64_t now,
                                            int64_t *horizon, tide_error *err);

#endif

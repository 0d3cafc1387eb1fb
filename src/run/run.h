/* SPDX-License-Identifier: Apache-2.0 */
/* Run: everything that can be done with a bound pipeline - check it, plan a run, execute one, look
 * at runs and state. What command line and library are made of.
 *
 * No function prints or exits. A pipeline is used by one of them at a time; different pipelines may
 * run in parallel threads.
 */
#ifndef TIDE_RUN_RUN_H
#define TIDE_RUN_RUN_H

#include "base/log.h"
#include "flow/pool.h"
#include "run/metrics.h"
#include "run/pipeline.h"
#include "run/progress.h"

/* What runs of one process share, so that together they keep to one limit. Borrowed, thread-safe.
 */
typedef struct tide_run_sharing {
    tide_pool *pool;          /* of workers; NULL = this run is alone */
    tide_budget *reserve;     /* memory for rows beyond the run's own, or NULL */
    int64_t memory_bytes_max; /* of all together; 0 = the run's own */
} tide_run_sharing;

typedef struct tide_run_options {
    tide_run_sharing sharing;
    unsigned worker_count;       /* 0 = cores */
    int64_t memory_bytes;        /* 0 = a quarter of what the process may use */
    const char *spill_directory; /* NULL = $TMPDIR or /tmp */
    bool fresh;                  /* --new: close an unfinished run as abandoned */
    const char *const *reread;   /* --reread: files, as written, to be read again; borrowed */
    size_t reread_count;
    bool looks_only;           /* no run follows */
    const tide_cancel *cancel; /* may be NULL */
    const tide_log *log;       /* told what happens; borrowed, may be NULL */
    tide_progress *progress;   /* borrowed; read by a display meanwhile */
} tide_run_options;

/* Seconds of wall time per stage, as they ended. */
typedef struct tide_stage_times {
    int64_t micros[TIDE_STAGE_DONE + 1];
} tide_stage_times;

typedef struct tide_run_result {
    int64_t run;
    tide_run_status status;
    bool resumed;
    bool ordered;
    int64_t horizon;
    tide_counts counts;
    tide_step_counts *steps; /* owned; step_count */
    size_t step_count;
    tide_stage_times times;
    int64_t bytes_read;
    int64_t spilled_bytes;
    int64_t attempts_failed;
    int64_t unit_count;
    int64_t memory_bytes_peak, memory_bytes_mean;
    int64_t cpu_micros, wall_micros;
    int64_t reject_count; /* decode, step and load rejects of this execution */
    char *first_reject;   /* owned: a sentence about one of them, or NULL */
    tide_text notes;      /* a line each: what the user should know */
    tide_text record;     /* JSON, as kept in tidemill_runs */
} tide_run_result;

void tide_run_result_clear(tide_run_result *result);

/* Executes (or resumes) a run to its end. The result is filled as far as it got, also on failure.
 */
TIDE_MUST_CHECK tide_code tide_run_pipeline(tide_pipeline *pipeline,
                                            const tide_run_options *options,
                                            tide_run_result *result, tide_error *err);

/* Reaches source and sink and looks whether they fit; changes nothing. Lines of `notes` are no
 * failures. */
TIDE_MUST_CHECK tide_code tide_check_pipeline(tide_pipeline *pipeline, tide_text *notes,
                                              tide_error *err);

/* What a run would do; changes nothing. */
typedef struct tide_plan_result {
    tide_source_plan source;
    int64_t run;     /* its number */
    bool resumes;    /* an unfinished run */
    int64_t horizon; /* INT64_MAX without a series */
    char *sink_server;
    unsigned worker_count;
    char why_fewer[256]; /* than asked for, or "" */
    int64_t memory_bytes;
    int64_t max_day_bytes;     /* where a step wants days whole, else 0 */
    char why_smaller_day[256]; /* than usual, or "" */
    const char *route;         /* static: how rows travel, in words */
    tide_text notes;
} tide_plan_result;

TIDE_MUST_CHECK tide_code tide_plan_pipeline(tide_pipeline *pipeline,
                                             const tide_run_options *options,
                                             tide_plan_result *result, tide_error *err);
void tide_plan_result_clear(tide_plan_result *result);

/* Newest first; rows are to be cleared by the caller. Where no run follows (`looks_only`), a lock
 * is not waited for as long as by a run. `pending`, unless NULL, is told what the pipeline has
 * committed that is not in place yet, a line each, as check and plan tell it. */
TIDE_MUST_CHECK tide_code tide_list_runs(tide_pipeline *pipeline, bool looks_only, size_t limit,
                                         tide_run_row *rows, size_t *count, tide_text *pending,
                                         tide_error *err);

/* Has the newest attempt at running it not ended well - failed, cancelled, killed, abandoned - or
 * was there none? An attempt counts also when it failed before its run began. */
TIDE_MUST_CHECK tide_code tide_find_failed(tide_pipeline *pipeline, bool *failed, tide_error *err);

/* State of one series (its key as texts, one per series column) or of all: calls `visit` with each
 * batch of the state layout. */
typedef tide_code (*tide_state_visitor)(void *context, const tide_state_layout *layout,
                                        const tide_column *columns, int64_t row_count,
                                        tide_error *err);
TIDE_MUST_CHECK tide_code tide_visit_state(tide_pipeline *pipeline, const char *const *key,
                                           tide_state_visitor visit, void *context,
                                           tide_error *err);
/* Forgets the state and empties the table: the next run starts over. */
TIDE_MUST_CHECK tide_code tide_reset_state(tide_pipeline *pipeline, tide_error *err);
/* Takes table and state back to the end of `day`, as if runs had stopped there: the next run goes
 * on from the day after. For appends with a series; refused while a run holds the lease. */
typedef struct tide_rewind_result {
    int64_t run; /* its number among the runs */
    int64_t rows_deleted, rejects_deleted, late_deleted;
    int64_t series;        /* whose states the next run rebuilds */
    bool pipeline_changed; /* so that all states are rebuilt */
} tide_rewind_result;
/* bad_config for what can be told without the sink: a mode in which it makes no sense, a day that
 * has not ended. */
TIDE_MUST_CHECK tide_code tide_check_rewind(const tide_pipeline *pipeline, int32_t day,
                                            tide_error *err);
TIDE_MUST_CHECK tide_code tide_rewind_state(tide_pipeline *pipeline, int32_t day,
                                            tide_rewind_result *result, tide_error *err);
/* Forgets rejects for good, all or none: state_conflict when one is gone, or was found by a later
 * run than `run`, the last that had found any of them when they were visited. io: a run holds the
 * lease. */
TIDE_MUST_CHECK tide_code tide_dismiss_rejects(tide_pipeline *pipeline,
                                               const tide_reject_list *rejects, int64_t run,
                                               tide_error *err);
/* Visits the rejects that are kept of a pipeline, in a stable order (flow/sink.h). */
TIDE_MUST_CHECK tide_code tide_visit_rejects(tide_pipeline *pipeline,
                                             const tide_reject_query *query,
                                             tide_reject_visitor visit, void *context,
                                             tide_error *err);
/* Loads rejects of loading again, in the order of series, day and ordinal, each exactly once: what
 * is loaded is no reject any more, what is refused again stays one. Refused while a run has not
 * ended, for replace, and where a run would be. */
typedef struct tide_retry_result {
    int64_t run;   /* its number among the runs; 0: there was no run whose rejects there could be */
    bool resumed;  /* an interrupted retry goes on under its number */
    int64_t tried; /* = loaded + superseded + refused + unreadable */
    int64_t loaded, superseded, refused;
    int64_t unreadable;     /* their values are no row of the output */
    char *first_unreadable; /* owned: which one, and why; or NULL */
} tide_retry_result;
/* The result is filled as far as it got, also on failure. cancel may be NULL. */
TIDE_MUST_CHECK tide_code tide_retry_rejects(tide_pipeline *pipeline, const tide_cancel *cancel,
                                             tide_retry_result *result, tide_error *err);
void tide_retry_result_clear(tide_retry_result *result);
/* Takes table and pipeline as they are now as belonging to the state. */
TIDE_MUST_CHECK tide_code tide_accept_state(tide_pipeline *pipeline, tide_error *err);

#endif

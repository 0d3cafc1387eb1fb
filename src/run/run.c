/* SPDX-License-Identifier: Apache-2.0 */
/* One run from its beginning to its end.
 *
 *   connect -> look (facts, newest run) -> plan source -> begin -> route -> balance -> finish
 *
 * Whatever fails after begin leaves a run that the same command resumes; its row says why.
 */
#include "run/run.h"

#include "base/calendar.h"
#include "base/fault.h"
#include "base/memory.h"
#include "base/problem.h"
#include "run/execution.h"

void tide_run_result_clear(tide_run_result *result)
{
    tide_free(result->steps);
    tide_free(result->first_reject);
    tide_text_clear(&result->notes);
    tide_text_clear(&result->record);
    *result = (tide_run_result){0};
}

static void set_record(tide_execution *e, tide_run_status status, const tide_error *outcome)
{
    tide_run_result *result = e->result;
    result->status = e->row.status = status;
    e->row.ended_at = status == TIDE_RUN_STARTED ? 0 : tide_now();
    result->bytes_read = tide_atomic_get(&e->progress->bytes_read);
    result->attempts_failed = tide_atomic_get(&e->progress->attempts_failed);
    tide_text_reset(&result->record);
    tide_print_record(e, outcome, &result->record);
    tide_free(e->row.record);
    e->row.record = tide_copy_string(tide_text_c(&result->record));
}

/* As far as it can be written; else a note says so, but for a lease that is lost: that is the
 * caller's to tell. */
static tide_code write_record(tide_execution *e, tide_error *err)
{
    tide_error_clear(err);
    tide_code code = e->sink->vtable->record(e->sink, &e->row, err);
    if (code != TIDE_OK && code != TIDE_FENCED) {
        tide_text_append(&e->result->notes, err->message);
        tide_text_append_char(&e->result->notes, '\n');
    }
    return code;
}

static tide_code begin(tide_execution *e, tide_run_row *last, size_t last_count, tide_error *err)
{
    if (e->sink == NULL) {
        return TIDE_OK;
    }
    const tide_sink_vtable *vtable = e->sink->vtable;
    tide_error none;
    tide_error_clear(&none);
    set_record(e, TIDE_RUN_STARTED, &none); /* should it be killed: what was loaded before it */
    TIDE_TRY(tide_incremental_begin(e, err));
    e->row.sight = tide_run_sight_of(last_count > 0 ? last : NULL);
    TIDE_FAULT_POINT("run.begin");
    TIDE_TRY(tide_on_side(vtable->begin(e->sink, &e->row, err), TIDE_SIDE_SINK, err));
    e->begun = true;
    bool interrupted = last_count > 0 && last->status == TIDE_RUN_RETRIED && last->ended_at == 0;
    bool leaves_open =
        last_count > 0 && last->run != e->row.run && tide_run_status_is_open(last->status);
    if (leaves_open || interrupted) {
        last->status = interrupted ? TIDE_RUN_RETRIED : TIDE_RUN_ABANDONED;
        last->ended_at = tide_now();
        TIDE_TRY(tide_on_side(vtable->record(e->sink, last, err), TIDE_SIDE_SINK, err));
    }
    return TIDE_OK;
}

static void log_beginning(const tide_execution *e)
{
    tide_log_write(e->options.log, TIDE_LOG_INFO, e->pipeline->config->name, "run_started",
                   "run %lld%s; splits: %zu, workers: %u, memory: %lld MB", (long long)e->row.run,
                   e->resumed ? " is resumed" : "", e->source_plan.split_count,
                   e->options.worker_count, (long long)(e->options.memory_bytes >> 20));
}

/* A line of the notes is an entry. */
static void log_notes(const tide_execution *e)
{
    const char *rest = tide_text_c(&e->result->notes);
    tide_str line;
    while (e->options.log != NULL && tide_str_next_line(&rest, &line)) {
        tide_log_write(e->options.log, TIDE_LOG_INFO, e->pipeline->config->name, "note", "%.*s",
                       TIDE_STR_ARG(line));
    }
}

static void log_end(const tide_execution *e, tide_code code, const tide_error *err)
{
    const tide_counts *counts = &e->result->counts;
    const char *pipeline = e->pipeline->config->name;
    log_notes(e);
    if (code != TIDE_OK) {
        tide_log_level level = code == TIDE_CANCELLED ? TIDE_LOG_WARNING : TIDE_LOG_ERROR;
        tide_log_error(e->options.log, level, pipeline, "run_failed", err);
        return;
    }
    tide_log_write(e->options.log, TIDE_LOG_INFO, pipeline, "run_complete",
                   "run %lld: %lld rows read, %lld loaded, %lld rejected, in %.1f s",
                   (long long)e->row.run, (long long)counts->read, (long long)counts->loaded,
                   (long long)e->result->reject_count, (double)e->result->wall_micros / 1e6);
}

static tide_code run_route(tide_execution *e, tide_error *err)
{
    static tide_code (*const routes[])(tide_execution *, tide_error *) = {
        [TIDE_ROUTE_ORDERED] = tide_run_ordered,
        [TIDE_ROUTE_REDUCED] = tide_run_reduced,
        [TIDE_ROUTE_STREAMED] = tide_run_streamed,
        [TIDE_ROUTE_DISCARDED] = tide_run_discarded,
    };
    return routes[e->pipeline->route](e, err);
}

static tide_code fail_late(const tide_execution *e, tide_error *err)
{
    (void)TIDE_FAIL(err, TIDE_E_LATE_ROWS,
                    "%lld series have late or changed rows and committed nothing, since "
                    "`late: fail` is set; all others are done",
                    (long long)e->result->counts.failed_series);
    err->side = TIDE_SIDE_PROCESS;
    return err->code;
}

/* The last transaction of the run, with which the marks move. Those of runs before one that keeps
 * none do not know what it has loaded, or that a replace has taken their rows away. */
static tide_code finish_sink(tide_execution *e, tide_load_result *moved, tide_error *err)
{
    tide_read_mark_list marks;
    tide_read_mark_list_init(&marks);
    tide_code code = tide_incremental_collect(e, &marks, err);
    if (code == TIDE_OK) {
        e->row.marks = &marks;
        e->row.drops_marks =
            e->pipeline->config->sink.mode == TIDE_REPLACE ||
            (e->pipeline->route == TIDE_ROUTE_ORDERED && !tide_is_incremental(e->pipeline));
        code = tide_on_side(e->sink->vtable->finish(e->sink, &e->row, moved, err), TIDE_SIDE_SINK,
                            err);
    }
    e->row.marks = NULL;
    tide_read_mark_list_clear(&marks);
    return code;
}

/* Staged rows are known to be loaded, or to have lost against others, only once they are moved. All
 * is committed by then: that the record can't say so any more is no reason to run again. */
static tide_code complete(tide_execution *e, const tide_error *outcome, tide_error *err)
{
    tide_counts *counts = &e->result->counts;
    tide_load_result moved = {0};
    set_record(e, TIDE_RUN_COMPLETE, outcome);
    TIDE_TRY(finish_sink(e, &moved, err));
    e->finished = true;
    if (!e->pipeline->target.staged) {
        return TIDE_OK;
    }
    counts->loaded += moved.loaded;
    counts->superseded += moved.superseded;
    counts->refused += moved.refused;
    set_record(e, TIDE_RUN_COMPLETE, outcome);
    tide_error ignored;
    (void)write_record(e, &ignored);
    return TIDE_OK;
}

/* A run in which `late: fail` has held series back is not complete: it is resumed, or closed by
 * --new once somebody has decided what to do. */
static tide_code finish(tide_execution *e, tide_error *err)
{
    bool staged = e->pipeline->target.staged;
    tide_error none;
    tide_error_clear(&none);
    tide_execution_enter(e, TIDE_STAGE_FINISHING);
    TIDE_TRY(tide_check_read_balance(e->result, e->pipeline, err));
    if (e->result->counts.failed_series > 0) {
        return fail_late(e, err);
    }
    if (!staged) {
        TIDE_TRY(tide_check_load_balance(e->result, err));
    }
    if (e->sink != NULL) {
        TIDE_TRY(complete(e, &none, err));
    } else {
        set_record(e, TIDE_RUN_COMPLETE, &none);
    }
    return staged ? tide_check_load_balance(e->result, err) : TIDE_OK;
}

/* Whose lease was taken says that, whatever went wrong before: its backends were ended by the run
 * that took over, and "run the same command again" would be the wrong advice. What that does not
 * explain goes to the notes. */
static void tell_fenced(tide_execution *e, const tide_error *fenced, tide_error *failure)
{
    if (failure->number != tide_problem_number(TIDE_E_DATABASE_LOST)) {
        tide_text_append_format(&e->result->notes, "before that: %s\n", failure->message);
    }
    *failure = *fenced;
    failure->side = TIDE_SIDE_SINK;
    set_record(e, TIDE_RUN_FAILED, failure);
}

/* The run's row says how it ended; if that can't be written, the first failure is what is told. A
 * run whose rows have all been committed stays complete: resumed, it would load them again. */
static void record_failure(tide_execution *e, tide_error *failure)
{
    tide_error other;
    if (e->finished) {
        return;
    }
    set_record(e, failure->code == TIDE_CANCELLED ? TIDE_RUN_CANCELLED : TIDE_RUN_FAILED, failure);
    if (e->begun && failure->code != TIDE_FENCED && write_record(e, &other) == TIDE_FENCED &&
        failure->code != TIDE_CANCELLED) {
        tell_fenced(e, &other, failure);
    }
    if (!e->begun && failure->code != TIDE_CANCELLED) {
        tide_note_failed_attempt(e, failure);
    }
}

static tide_code execute(tide_execution *e, tide_error *err)
{
    tide_run_row last = {0};
    size_t last_count = 0;
    tide_code code = tide_execution_prepare(e, &last, &last_count, err);
    bool has_ended = code != TIDE_OK || e->completes_last;
    if (!has_ended) {
        code = begin(e, &last, last_count, err);
    }
    tide_run_row_clear(&last);
    if (has_ended) {
        return code;
    }
    if (code == TIDE_OK) {
        tide_execution_bound_process(e);
        log_beginning(e);
        code = run_route(e, err);
    }
    return code == TIDE_OK ? finish(e, err) : code;
}

static tide_code execute_measured(tide_execution *e, tide_error *err)
{
    TIDE_TRY(tide_metrics_start(&e->metrics, err));
    tide_code code = execute(e, err);
    tide_metrics_stop(&e->metrics);
    tide_execution_enter(e, TIDE_STAGE_DONE);
    tide_run_result *result = e->result;
    tide_usage usage = tide_metrics_usage(&e->metrics);
    result->memory_bytes_peak = usage.memory_bytes_peak;
    result->memory_bytes_mean = usage.memory_bytes_mean;
    result->cpu_micros = usage.cpu_micros;
    result->wall_micros = usage.wall_micros;
    if (code != TIDE_OK) {
        record_failure(e, err);
        code = err->code;
    }
    log_end(e, code, err);
    return code;
}

tide_code tide_run_pipeline(tide_pipeline *pipeline, const tide_run_options *options,
                            tide_run_result *result, tide_error *err)
{
    tide_execution e;
    tide_code code = tide_execution_init(&e, pipeline, options, result, err);
    if (code == TIDE_OK) {
        int64_t now = tide_monotonic_micros();
        tide_atomic_set(&e.progress->started_at, now);
        tide_atomic_set(&e.progress->stage_began, now);
        code = execute_measured(&e, err);
    }
    tide_execution_clear(&e);
    return code;
}

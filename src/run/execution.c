/* SPDX-License-Identifier: Apache-2.0 */
#include "run/execution.h"

#include "base/calendar.h"
#include "base/memory.h"
#include "shuffle/spill_file.h"

void tide_execution_enter(tide_execution *execution, tide_stage stage)
{
    tide_progress *p = execution->progress;
    int64_t before = tide_atomic_get(&p->stage);
    int64_t spent = tide_monotonic_micros() - tide_atomic_get(&p->stage_began);
    execution->result->times.micros[before] += spent;
    tide_progress_enter(p, stage);
    if (stage != TIDE_STAGE_DONE) {
        tide_log_write(execution->options.log, TIDE_LOG_INFO, execution->pipeline->config->name,
                       "stage", "%s", tide_stage_name(stage));
    }
}

void tide_execution_note_rejects(tide_execution *execution, const tide_reject_list *rejects)
{
    tide_run_result *result = execution->result;
    result->reject_count += (int64_t)rejects->count;
    if (result->first_reject != NULL || rejects->count == 0) {
        return;
    }
    const tide_reject *first = &rejects->items[0];
    tide_text sentence;
    tide_text_init(&sentence);
    tide_text_append_format(&sentence, "%s: ", first->position);
    if (first->column != NULL) {
        tide_text_append_format(&sentence, "column `%s`: ", first->column);
    }
    tide_text_append(&sentence, first->reason);
    result->first_reject = tide_text_take(&sentence);
    tide_text_clear(&sentence);
}

/* Where it can't be looked into nothing will be spilled, or that will be told then. */
static void clean_spill_directory(tide_execution *execution)
{
    size_t removed_count = 0;
    tide_error ignored;
    tide_error_clear(&ignored);
    if (tide_spill_clean(execution->options.spill_directory, &removed_count, &ignored) == TIDE_OK &&
        removed_count > 0) {
        tide_text_append_format(&execution->result->notes,
                                "removed %zu spill files of runs that were killed\n",
                                removed_count);
    }
}

static void note_held_back(tide_execution *execution)
{
    int64_t rows = tide_atomic_get(&execution->progress->held_rows);
    if (rows > 0) {
        tide_text_append_format(
            &execution->result->notes,
            "reading was held back for long: %lld rows (%lld KB) went by way of the disk, so that "
            "nothing expired on the server\n",
            (long long)rows, (long long)(tide_atomic_get(&execution->progress->held_bytes) / 1024));
    }
}

/* Nowhere else is anything committed before all is read. */
static bool commits_splits(const tide_execution *execution)
{
    return execution->pipeline->route == TIDE_ROUTE_STREAMED && !execution->pipeline->target.staged;
}

static tide_code verify(tide_execution *execution, tide_error *err)
{
    tide_source *source = execution->source;
    bool verifies = source->vtable->verify != NULL && !commits_splits(execution);
    return verifies ? source->vtable->verify(source, &execution->source_plan, err) : TIDE_OK;
}

tide_code tide_execution_read(tide_execution *execution, const tide_outlet_vtable *vtable,
                              void *outlet, const bool *skip, tide_error *err)
{
    tide_execution_enter(execution, TIDE_STAGE_READING);
    const tide_connection *connection = execution->pipeline->config->source.connection;
    bool retries_set = connection != NULL && connection->retries >= 0;
    tide_read_options options = {
        .source = execution->source,
        .plan = &execution->source_plan,
        .skip = skip,
        .worker_count = execution->options.worker_count,
        .cancel = &execution->cancel,
        .member = &execution->member,
        .progress = execution->progress,
        .log = execution->options.log,
        .pipeline = execution->pipeline->config->name,
        .outlet_vtable = vtable,
        .outlet = outlet,
        .attempts_max = retries_set ? (uint32_t)connection->retries + 1 : 0,
        .pause_ms = connection != NULL ? connection->retry_pause_micros / 1000 : 0,
        .rejects_max = execution->shares.rejects_max,
        .commits_splits = commits_splits(execution),
        .schema = &execution->pipeline->layout.schema,
        .spill_directory = execution->options.spill_directory,
    };
    clean_spill_directory(execution);
    tide_code code = tide_read_all(&options, &execution->rejects, &execution->result->counts, err);
    if (code == TIDE_OK) {
        code = verify(execution, err);
    }
    note_held_back(execution);
    if (code != TIDE_OK && err->side == TIDE_SIDE_NONE) {
        err->side = TIDE_SIDE_SOURCE;
    }
    return code;
}

static tide_code fail_over_limit(const tide_execution *execution, tide_error *err)
{
    const tide_run_result *result = execution->result;
    return TIDE_FAIL(err, TIDE_OVER_REJECTS,
                     "%lld rows were rejected and max_rejects is %lld; the first at %s. They are "
                     "kept in `%s_rejects`; nothing else was loaded",
                     (long long)execution->rejects.count,
                     (long long)execution->pipeline->config->max_rejects, result->first_reject,
                     execution->sink != NULL ? execution->pipeline->config->sink.table : "");
}

tide_code tide_execution_reject(tide_execution *execution, tide_error *err)
{
    tide_reject_list *rejects = &execution->rejects;
    tide_execution_note_rejects(execution, rejects);
    if (rejects->count > 0 && execution->sink != NULL) {
        tide_code code = execution->sink->vtable->reject(execution->sink, rejects, err);
        if (code != TIDE_OK) {
            err->side = TIDE_SIDE_SINK;
            return code;
        }
    }
    if ((int64_t)rejects->count > execution->pipeline->config->max_rejects) {
        return fail_over_limit(execution, err);
    }
    return TIDE_OK;
}

void tide_execution_bound_process(tide_execution *execution)
{
    tide_pipeline *pipeline = execution->pipeline;
    const tide_shares *shares = &execution->shares;
    tide_process_options *options = &pipeline->process.options;
    options->bounds.batch_bytes = shares->batch_bytes;
    options->bounds.batch_rows = shares->batch_rows;
    options->bounds.unit_bytes = shares->unit_bytes;
    options->bounds.unit_rows = shares->unit_rows;
    options->bounds.max_day_bytes = shares->max_day_bytes;
    if (options->bounds.batch_rows > options->bounds.unit_rows) {
        options->bounds.batch_rows = options->bounds.unit_rows;
    }
    for (size_t i = 0; i < pipeline->step_count; i++) {
        if (pipeline->steps[i].vtable->limit != NULL) {
            pipeline->steps[i].vtable->limit(pipeline->steps[i].definition,
                                             shares->user_code_bytes);
        }
    }
    options->horizon = execution->result->horizon;
    options->run = execution->row.run;
    if (execution->sink != NULL) {
        options->limits = execution->sink->limits;
    }
    options->by_marks = execution->kept.by_marks;
    options->has_cursor = execution->kept.has_cursor;
    options->cursor_column = execution->pipeline->cursor_column;
    options->cursor_known = execution->kept.cursor_known;
    options->left = execution->left.members != NULL ? &execution->left : NULL;
    options->members = execution->source_plan.members;
    options->member_count = execution->source_plan.member_count;
}

void tide_add_step_counts(tide_step_counts *sum, const tide_step_counts *part, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sum[i].rows_in += part[i].rows_in;
        sum[i].rows_out += part[i].rows_out;
        sum[i].filtered += part[i].filtered;
        sum[i].deduplicated += part[i].deduplicated;
        sum[i].rejected += part[i].rejected;
    }
}

static void add_unit(tide_execution *execution, const tide_unit *unit,
                     const tide_load_result *loaded)
{
    tide_run_result *result = execution->result;
    tide_progress *progress = execution->progress;
    tide_mutex_lock(&execution->lock);
    tide_counts_add(&result->counts, &unit->counts);
    result->counts.loaded += loaded->loaded;
    result->counts.superseded += loaded->superseded;
    result->counts.refused += loaded->refused;
    tide_add_step_counts(result->steps, unit->steps, unit->step_count);
    result->unit_count++;
    tide_execution_note_rejects(execution, &unit->rejects);
    tide_mutex_unlock(&execution->lock);
    (void)tide_atomic_add(&progress->rows_loaded, loaded->loaded);
    (void)tide_atomic_add(&progress->days_done, unit->counts.days);
    (void)tide_atomic_add(&progress->series_done, unit->counts.series);
    (void)tide_atomic_add(&progress->units_done, 1);
}

tide_code tide_execution_load(tide_execution *execution, tide_sink_worker *worker, tide_unit *unit,
                              tide_error *err)
{
    tide_load_result loaded = {0};
    tide_code code = TIDE_OK;
    if (tide_unit_has_content(unit)) {
        code = execution->sink->vtable->load(worker, unit, &loaded, err);
    }
    if (code == TIDE_OK) {
        add_unit(execution, unit, &loaded);
    } else if (err->side == TIDE_SIDE_NONE) {
        err->side = TIDE_SIDE_SINK;
    }
    tide_unit_clear(unit);
    return code;
}

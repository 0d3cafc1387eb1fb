/* SPDX-License-Identifier: Apache-2.0 */
/* Everything before a run begins: it touches nothing, so that plan and check can do the same. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "base/problem.h"
#include "run/connect.h"
#include "run/execution.h"

static void note(tide_run_result *result, const char *what, const char *sentence)
{
    if (sentence[0] != '\0') {
        tide_text_append_format(&result->notes, "%s: %s\n", what, sentence);
    }
}

tide_code tide_execution_init(tide_execution *e, tide_pipeline *pipeline,
                              const tide_run_options *options, tide_run_result *result,
                              tide_error *err)
{
    *e = (tide_execution){.pipeline = pipeline, .options = *options, .result = result};
    *result = (tide_run_result){.step_count = pipeline->step_count,
                                .ordered = pipeline->route == TIDE_ROUTE_ORDERED};
    tide_text_init(&result->notes);
    tide_text_init(&result->record);
    tide_source_plan_init(&e->source_plan);
    tide_run_plan_init(&e->kept);
    tide_read_mark_list_init(&e->marks);
    tide_reject_list_init(&e->rejects);
    tide_mutex_init(&e->lock);
    tide_cancel_init(&e->cancel);
    e->cancel.outer = options->cancel;
    e->progress = options->progress != NULL ? options->progress : &e->own_progress;
    if (e->options.worker_count == 0) {
        e->options.worker_count = tide_cores_available();
    }
    if (e->options.memory_bytes == 0) {
        e->options.memory_bytes = tide_memory_default();
    }
    e->options.spill_directory = tide_spill_directory(e->options.spill_directory);
    pipeline->target.cancel = &e->cancel;
    pipeline->target.looks_only = e->options.looks_only;
    (void)snprintf(e->unit_prefix, sizeof e->unit_prefix, "%llx-%lx",
                   (unsigned long long)tide_now(), (unsigned long)getpid());
    int64_t shared = e->options.sharing.memory_bytes_max;
    tide_budget_init(&e->budget, shared > 0 ? shared : e->options.memory_bytes);
    tide_pool_join(options->sharing.pool, &e->member);
    result->steps = tide_alloc_zero(pipeline->step_count + 1, sizeof *result->steps);
    if (result->steps == NULL) {
        return TIDE_FAIL_MEMORY(err, "a run");
    }
    TIDE_TRY(tide_shares_divide(pipeline, e->options.memory_bytes, e->options.worker_count,
                                &e->shares, err));
    e->options.worker_count = e->shares.worker_count;
    note(result, "workers", e->shares.why_fewer);
    note(result, "max_day_bytes", e->shares.why_smaller_day);
    pipeline->target.cache_bytes = e->shares.cache_bytes;
    pipeline->target.batch_bytes = e->shares.batch_bytes;
    return TIDE_OK;
}

tide_code tide_on_side(tide_code code, tide_side side, tide_error *err)
{
    if (code != TIDE_OK && err->side == TIDE_SIDE_NONE) {
        err->side = side;
    }
    return code;
}

tide_code tide_execution_connect(tide_execution *e, tide_error *err)
{
    tide_connect_options options = {&e->cancel, &e->budget, e->options.worker_count,
                                    e->shares.batch_bytes};
    TIDE_TRY(tide_on_side(tide_connect_source(e->pipeline, &options, &e->source, err),
                          TIDE_SIDE_SOURCE, err));
    return tide_on_side(tide_connect_sink(e->pipeline, &e->sink, err), TIDE_SIDE_SINK, err);
}

tide_code tide_fail_problems(const tide_execution *e, const tide_sink_facts *facts, tide_error *err)
{
    size_t size = facts->problems.size;
    const char *lines = tide_text_c(&facts->problems);
    while (size > 0 && lines[size - 1] == '\n') {
        size--;
    }
    return TIDE_FAIL(err, TIDE_E_TABLE_UNFIT, "table `%s` does not fit the pipeline:\n%.*s",
                     e->pipeline->config->sink.table, (int)size, lines);
}

/* What a plan of before does not tell is taken to be as it is now. */
static tide_code read_plan(tide_execution *e, const tide_run_row *last, tide_error *err)
{
    tide_code code = last->plan == NULL || last->plan[0] == '\0'
                         ? TIDE_OK
                         : tide_run_plan_parse(&e->kept, last->plan, err);
    if (!e->kept.knows_stages) {
        e->kept.stages = e->pipeline->target.staged;
    }
    return code;
}

/* The interval of a cursor is one of its field. */
static bool has_other_cursor(const tide_execution *e)
{
    const tide_pipeline *pipeline = e->pipeline;
    const char *field = e->kept.cursor_field;
    return e->kept.has_cursor &&
           (!pipeline->has_cursor ||
            (field != NULL && strcmp(field, pipeline->specs[pipeline->cursor_column].path) != 0));
}

/* Plans of before do not tell. Where there is state, that is what has to belong to the pipeline,
 * and who has accepted the two has decided; but a replace asks for none. */
static bool is_of_this_pipeline(const tide_execution *e, const tide_sink_facts *facts)
{
    const tide_pipeline *pipeline = e->pipeline;
    const tide_run_plan *kept = &e->kept;
    bool has_state = pipeline->route == TIDE_ROUTE_ORDERED && facts->state_exists &&
                     pipeline->config->sink.mode != TIDE_REPLACE;
    return kept->fingerprint == NULL ||
           (kept->keeps_registry == pipeline->keeps_registry &&
            kept->has_cursor == pipeline->has_cursor &&
            kept->appends_again == pipeline->config->sink.again_append &&
            kept->stages == pipeline->target.staged &&
            (has_state || strcmp(kept->fingerprint, pipeline->fingerprint) == 0));
}

/* What was planned before the pipeline was edited may be of no use: a run of mode replace has
 * loaded nothing - what its markers tell of is staged, and not what another mode would find in the
 * table -, a replace needs everything, each cursor has an interval of its own, and another source
 * has other members. */
static bool can_go_on(const tide_execution *e, const tide_sink_facts *facts)
{
    bool replaces = e->pipeline->config->sink.mode == TIDE_REPLACE;
    return (!e->kept.knows_mode || e->kept.replaces == replaces) && !has_other_cursor(e) &&
           is_of_this_pipeline(e, facts);
}

/* Is the newest run resumed, or has it ended, or been given up? */
static tide_code may_resume(tide_execution *e, const tide_run_row *last,
                            const tide_sink_facts *facts, tide_error *err)
{
    bool unfinished = last != NULL && tide_run_status_is_open(last->status);
    if (!unfinished) {
        return TIDE_OK;
    }
    tide_error ignored; /* --new closes a run whose plan can't be read, too */
    tide_error_clear(&ignored);
    tide_code code = read_plan(e, last, e->options.fresh ? &ignored : err);
    e->covers_rows =
        e->kept.covers_rows || (facts->unit_count > 0 && !e->kept.replaces && !e->kept.stages);
    if (e->options.fresh) {
        return TIDE_OK;
    }
    TIDE_TRY(code);
    e->resumed = can_go_on(e, facts);
    e->gives_up = !e->resumed;
    return TIDE_OK;
}

/* Decides which run this is: a new one, or an unfinished one that is resumed. */
static tide_code choose_run(tide_execution *e, tide_run_row *last, tide_error *err)
{
    bool unfinished = last != NULL && tide_run_status_is_open(last->status);
    e->row = (tide_run_row){.run = 1, .status = TIDE_RUN_STARTED, .started_at = tide_now()};
    if (last != NULL) {
        e->loaded_before += tide_loaded_ever(last);
        e->row.run = e->resumed ? last->run : last->run + 1;
    }
    if (e->resumed) {
        e->row.started_at = last->started_at;
        return TIDE_OK;
    }
    if (e->gives_up) {
        tide_text_append_format(&e->source_plan.notes,
                                "run %lld has not ended, but the pipeline has changed since it was "
                                "planned: it is closed, and this run begins anew\n",
                                (long long)last->run);
    }
    tide_run_plan_clear(&e->kept);
    tide_run_plan_init(&e->kept);
    e->kept.covers_rows = e->covers_rows && e->pipeline->config->sink.mode != TIDE_APPEND;
    return tide_incremental_choose(e, unfinished, err);
}

/* What a run that was ended had committed is put in place before anything else: whatever comes of
 * this one. Who looks only finds a table that is not empty. */
static tide_code settle(tide_execution *e, tide_sink_facts *facts, tide_error *err)
{
    const tide_sink_vtable *vtable = e->sink->vtable;
    e->had_pending = facts->pending.size > 0;
    if (!e->had_pending) {
        return TIDE_OK;
    }
    if (e->options.looks_only || vtable->settle == NULL) {
        facts->table_empty = false;
        return TIDE_OK;
    }
    TIDE_TRY(vtable->settle(e->sink, err));
    tide_sink_facts_clear(facts);
    *facts = (tide_sink_facts){0};
    return vtable->check(e->sink, facts, err);
}

static tide_code check_belongs(tide_execution *e, const tide_sink_facts *facts,
                               const tide_run_row *last, tide_error *err)
{
    e->has_state = facts->state_exists;
    if (e->plans) {
        TIDE_TRY(may_resume(e, last, facts, err));
    }
    tide_belongs_question question = {.facts = facts,
                                      .last = last,
                                      .kept = &e->kept,
                                      .fresh = e->options.fresh,
                                      .resumes = e->resumed,
                                      .has_marks = e->marks.count > 0,
                                      .unaccounted = e->unaccounted};
    return tide_check_belongs(e->pipeline, &question, err);
}

tide_code tide_execution_look(tide_execution *e, tide_run_row *last, size_t *last_count,
                              tide_error *err)
{
    tide_sink_facts facts = {0};
    tide_code code = e->sink->vtable->check(e->sink, &facts, err);
    if (code == TIDE_OK) {
        code = settle(e, &facts, err);
    }
    if (code == TIDE_OK && facts.problems.size > 0) {
        code = tide_fail_problems(e, &facts, err);
    }
    if (code == TIDE_OK) {
        code = e->sink->vtable->read_runs(e->sink, 1, last, last_count, err);
    }
    code = tide_on_side(code, TIDE_SIDE_SINK, err);
    if (code == TIDE_OK) {
        code = tide_incremental_look(e, err);
    }
    if (code == TIDE_OK) {
        code = check_belongs(e, &facts, *last_count > 0 ? last : NULL, err);
        e->loaded_before = e->loaded_in_run = facts.unit_rows;
    }
    tide_sink_facts_clear(&facts);
    return code;
}

/* Rows of the run that is resumed are in the table, and nothing would tell them from new ones. */
static bool appends_twice(const tide_execution *e)
{
    const tide_pipeline *pipeline = e->pipeline;
    return pipeline->route == TIDE_ROUTE_STREAMED && !pipeline->target.staged &&
           e->loaded_in_run > 0;
}

/* The members of a run that is resumed, or whatever the patterns match now. */
static tide_code plan_source(tide_execution *e, tide_error *err)
{
    tide_plan_request request;
    e->result->horizon = e->kept.horizon;
    if (!e->resumed || e->kept.members == NULL) {
        TIDE_TRY(tide_plan_horizon(e->pipeline, e->row.started_at, &e->result->horizon, err));
    }
    TIDE_TRY(tide_incremental_request(e, &request, err));
    bool keeps = request.pinned != NULL;
    tide_code code = e->source->vtable->plan(e->source, &request, &e->source_plan, err);
    tide_incremental_keep(e);
    if (code == TIDE_BAD_DATA && keeps) {
        (void)tide_error_context(err,
                                 "run %lld can't be resumed (`tidemill run --new` closes it "
                                 "and begins anew; nothing committed is undone%s)",
                                 (long long)e->row.run,
                                 appends_twice(e) ? ", so what it has appended is appended "
                                                    "once more"
                                                  : "");
    }
    if (code == TIDE_REMOTE_RETRY) {
        (void)tide_error_context(err,
                                 "nothing was planned or read; run the same command again when the "
                                 "source is well");
    }
    TIDE_TRY(tide_on_side(code, TIDE_SIDE_SOURCE, err));
    int64_t rows = 0;
    int64_t bytes = 0;
    for (size_t i = 0; i < e->source_plan.member_count; i++) {
        rows += (int64_t)e->source_plan.members[i].row_count;
        bytes += (int64_t)e->source_plan.members[i].byte_count;
    }
    tide_text_append(&e->result->notes, tide_text_c(&e->source_plan.notes));
    tide_atomic_set(&e->progress->rows_expected, rows);
    tide_atomic_set(&e->progress->bytes_expected, bytes);
    return TIDE_OK;
}

static tide_code print_plan(tide_execution *e, tide_error *err)
{
    tide_text plan;
    tide_text_init(&plan);
    e->kept.horizon = e->result->horizon;
    e->kept.replaces = e->pipeline->config->sink.mode == TIDE_REPLACE;
    e->kept.fingerprint = e->pipeline->fingerprint;
    e->kept.keeps_registry = e->pipeline->keeps_registry;
    e->kept.appends_again = e->pipeline->config->sink.again_append;
    e->kept.stages = e->pipeline->target.staged;
    tide_run_plan_print(&e->kept, &e->source_plan, &plan);
    tide_free(e->row.plan);
    e->row.plan = tide_text_take(&plan);
    tide_text_clear(&plan);
    return e->row.plan == NULL ? TIDE_FAIL_MEMORY(err, "the plan of a run") : TIDE_OK;
}

/* With `again: append` another run would append once more what the last one had committed when it
 * was ended before all was in place. That is now all that was left of it to do: like a run that has
 * not ended it is completed, and none is begun. */
static bool completes_last(const tide_execution *e, const tide_run_row *last)
{
    return e->had_pending && e->pipeline->config->sink.again_append && !e->options.fresh &&
           last != NULL && last->status == TIDE_RUN_COMPLETE;
}

static tide_code take_last(tide_execution *e, const tide_run_row *last, tide_error *err)
{
    tide_run_result *result = e->result;
    e->completes_last = e->resumed = result->resumed = true;
    e->row.run = result->run = last->run;
    result->status = last->status;
    result->horizon = INT64_MAX;
    tide_text_append(&result->record, last->record == NULL ? "" : last->record);
    tide_text_append_format(&e->source_plan.notes,
                            "run %lld had committed all its rows when it was ended: this completes "
                            "it and reads nothing. The run after it appends again\n",
                            (long long)last->run);
    tide_text_append(&result->notes, tide_text_c(&e->source_plan.notes));
    return tide_text_failed(&result->record) || tide_text_failed(&result->notes)
               ? TIDE_FAIL_MEMORY(err, "the record of a run")
               : TIDE_OK;
}

tide_code tide_execution_prepare(tide_execution *e, tide_run_row *last, size_t *last_count,
                                 tide_error *err)
{
    TIDE_TRY(tide_execution_connect(e, err));
    e->plans = true;
    if (e->sink != NULL) {
        TIDE_TRY(tide_execution_look(e, last, last_count, err));
    }
    if (completes_last(e, *last_count > 0 ? last : NULL)) {
        return take_last(e, last, err);
    }
    TIDE_TRY(choose_run(e, *last_count > 0 ? last : NULL, err));
    TIDE_TRY(plan_source(e, err));
    e->result->run = e->row.run;
    e->result->resumed = e->resumed;
    return print_plan(e, err);
}

void tide_execution_clear(tide_execution *e)
{
    if (e->sink != NULL) {
        e->sink->vtable->close(e->sink);
    }
    if (e->source != NULL) {
        e->source->vtable->close(e->source);
    }
    tide_source_plan_clear(&e->source_plan);
    tide_run_plan_clear(&e->kept);
    tide_read_mark_list_clear(&e->marks);
    tide_left_rows_clear(&e->left);
    tide_reject_list_clear(&e->rejects);
    tide_run_row_clear(&e->row);
    tide_mutex_clear(&e->lock);
    tide_pool_leave(&e->member);
    e->pipeline->target.cancel = NULL;
}

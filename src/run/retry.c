/* SPDX-License-Identifier: Apache-2.0 */
/* Loading rejects again, once what was wrong is mended.
 *
 *   lease -> rejects of loading, in order -> typed rows -> units -> record
 *
 * A unit is what it is in a run, and has everything a unit has: one transaction, a marker that
 * tells what became of an unclear COMMIT, the epoch. In it the rejects that its rows are made of go
 * and those that are refused again come back. So at any instant a row is either loaded or a reject,
 * and what is killed is simply begun again.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/calendar.h"
#include "base/fault.h"
#include "base/memory.h"
#include "run/execution.h"
#include "run/reject_values.h"

/* Of a unit: as many as PostgreSQL takes in one array, and little memory. Tests take fewer. */
#define UNIT_ROWS_MAX 8192
#define UNIT_ROWS_VARIABLE "TIDEMILL_RETRY_ROWS"
#define UNIT_BYTES_MAX (4u << 20)

typedef struct retrying {
    tide_execution *execution;
    tide_retry_result *result;
    tide_sink_worker *worker;
    tide_reject_values *values;
    tide_builder builder;
    tide_reject_list rejects; /* of the rows in the builder */
    size_t bytes;
    size_t unit_rows_max;
    int64_t unit_count;
} retrying;

static tide_code check_mode(const tide_pipeline *pipeline, tide_error *err)
{
    const char *name = pipeline->config->name;
    if (pipeline->config->sink.mode != TIDE_REPLACE) {
        return TIDE_OK;
    }
    return TIDE_FAIL(err, TIDE_BAD_CONFIG,
                     "`%s` replaces its table: each run makes all rows anew, those that were "
                     "rejected too. Mend the cause and run it: `tidemill run %s`",
                     name, name);
}

static tide_code check_facts(const tide_execution *e, const tide_sink_facts *facts,
                             const tide_run_row *last, tide_error *err)
{
    const char *name = e->pipeline->config->name;
    if (tide_run_status_is_open(last->status)) {
        return TIDE_FAIL(err, TIDE_STATE_CONFLICT,
                         "run %" PRId64
                         " of `%s` has not ended (%s): it takes the rows of units "
                         "that were rolled back again itself. Mend the cause, or raise "
                         "max_rejects, and finish it first: `tidemill run %s`",
                         last->run, name, tide_run_status_name(last->status), name);
    }
    if (facts->problems.size > 0) {
        return tide_fail_problems(e, facts, err);
    }
    if (!facts->table_exists || !facts->same_table) {
        return TIDE_FAIL(err, TIDE_STATE_CONFLICT,
                         "table `%s` %s, so nothing is loaded into it. Start over: `tidemill state "
                         "%s reset`, which drops the rejects, too",
                         e->pipeline->config->sink.table,
                         facts->table_exists ? "is not the one that the rejects belong to"
                                             : "does not exist any more",
                         name);
    }
    tide_belongs_question question = {
        .facts = facts, .last = last, .kept = &e->kept, .unaccounted = ""};
    return tide_check_belongs(e->pipeline, &question, err);
}

/* An interrupted retry goes on under its number. */
static void choose_run(tide_execution *e, const tide_run_row *last, int64_t unit_rows)
{
    bool interrupted = last->status == TIDE_RUN_RETRIED && last->ended_at == 0;
    e->resumed = interrupted;
    e->loaded_before = tide_loaded_ever(last) + unit_rows;
    e->row = (tide_run_row){.run = interrupted ? last->run : last->run + 1,
                            .status = TIDE_RUN_RETRIED,
                            .started_at = interrupted ? last->started_at : tide_now(),
                            .sight = tide_run_sight_of(last)};
}

/* *found: there is a run, and so perhaps a reject. */
static tide_code look(tide_execution *e, bool *found, tide_error *err)
{
    tide_sink_facts facts = {0};
    tide_run_row last = {0};
    size_t count = 0;
    tide_code code = e->sink->vtable->check(e->sink, &facts, err);
    if (code == TIDE_OK) {
        code = e->sink->vtable->read_runs(e->sink, 1, &last, &count, err);
    }
    code = tide_on_side(code, TIDE_SIDE_SINK, err);
    *found = count > 0;
    if (code == TIDE_OK && *found) {
        code = check_facts(e, &facts, &last, err);
        choose_run(e, &last, facts.unit_rows);
    }
    tide_sink_facts_clear(&facts);
    tide_run_row_clear(&last);
    return code;
}

static void add(tide_text *out, const char *name, int64_t value)
{
    tide_text_append_format(out, ",\"%s\":%" PRId64, name, value);
}

static void print_record(const tide_execution *e, const tide_retry_result *result,
                         const tide_error *outcome, tide_text *out)
{
    char when[48];
    tide_text_append(out, "{\"pipeline\":");
    tide_text_append_json_string(out, tide_str_of(e->pipeline->config->name));
    add(out, "run", e->row.run);
    tide_format_instant(e->row.started_at, when);
    tide_text_append_format(out, ",\"status\":\"retried\",\"resumed\":%s,\"started_at\":\"%s\"",
                            e->resumed ? "true" : "false", when);
    if (e->row.ended_at > 0) {
        tide_format_instant(e->row.ended_at, when);
        tide_text_append_format(out, ",\"ended_at\":\"%s\"", when);
    }
    add(out, "tried", result->tried);
    add(out, "loaded", result->loaded);
    add(out, "superseded", result->superseded);
    add(out, "refused", result->refused);
    add(out, "unreadable", result->unreadable);
    add(out, "loaded_ever", e->loaded_before + result->loaded);
    tide_text_append(out, ",\"error\":");
    if (outcome == NULL) {
        tide_text_append(out, "null}");
    } else {
        tide_text_append_json_string(out, tide_str_of(outcome->message));
        tide_text_append_char(out, '}');
    }
}

static tide_code set_record(tide_execution *e, const tide_retry_result *result,
                            const tide_error *outcome, tide_error *err)
{
    tide_text record;
    tide_text_init(&record);
    print_record(e, result, outcome, &record);
    tide_free(e->row.record);
    e->row.record = tide_text_take(&record);
    tide_text_clear(&record);
    return e->row.record == NULL ? TIDE_FAIL_MEMORY(err, "the record of a retry") : TIDE_OK;
}

/* The unit gets its rows, and names of its own: those of an execution before are taken. */
static tide_code make_unit(retrying *r, tide_unit *unit, tide_error *err)
{
    tide_text name;
    tide_batch batch;
    tide_text_init(&name);
    tide_batch_init(&batch);
    tide_text_append_format(&name, "retry/%s/%" PRId64, r->execution->unit_prefix, ++r->unit_count);
    unit->name = tide_text_take(&name);
    tide_text_clear(&name);
    if (unit->name == NULL) {
        return TIDE_FAIL_MEMORY(err, "the name of a unit");
    }
    unit->retried = &r->rejects;
    TIDE_TRY(tide_builder_finish(&r->builder, &batch, err));
    tide_code code = tide_unit_add_chunk(unit, &batch, NULL, 0, err);
    tide_batch_clear(&batch); /* nothing, once it was moved */
    return code;
}

static tide_code load_unit(retrying *r, tide_error *err)
{
    tide_execution *e = r->execution;
    tide_retry_result *result = r->result;
    tide_load_result loaded = {0};
    tide_unit unit;
    if (r->rejects.count == 0) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_cancel_check(&e->cancel, err));
    tide_unit_init(&unit);
    tide_code code = make_unit(r, &unit, err);
    if (code == TIDE_OK) {
        code = tide_on_side(e->sink->vtable->load(r->worker, &unit, &loaded, err), TIDE_SIDE_SINK,
                            err);
    }
    tide_unit_clear(&unit);
    TIDE_TRY(code);
    result->loaded += loaded.loaded;
    result->superseded += loaded.superseded;
    result->refused += loaded.refused;
    tide_builder_reset(&r->builder);
    tide_reject_list_reset(&r->rejects);
    r->bytes = 0;
    return TIDE_OK;
}

/* It stays as it is: nothing else is known of it. */
static tide_code note_unreadable(retrying *r, const tide_reject *reject, const char *reason,
                                 tide_error *err)
{
    tide_retry_result *result = r->result;
    result->unreadable++;
    if (result->first_unreadable != NULL) {
        return TIDE_OK;
    }
    tide_text sentence;
    tide_text_init(&sentence);
    tide_text_append_format(&sentence, "%s: %s", reject->position, reason);
    result->first_unreadable = tide_text_take(&sentence);
    tide_text_clear(&sentence);
    return result->first_unreadable == NULL ? TIDE_FAIL_MEMORY(err, "a note") : TIDE_OK;
}

static tide_code take_reject(void *context, const tide_kept_reject *kept, tide_error *err)
{
    retrying *r = context;
    const char *reason;
    r->result->tried++;
    TIDE_TRY(tide_reject_values_read(r->values, kept->reject.values, &r->builder, &reason, err));
    if (reason != NULL) {
        return note_unreadable(r, &kept->reject, reason, err);
    }
    /* Of the reject nothing but its key is asked for later. */
    tide_reject key = {
        .stage = kept->reject.stage, .position = kept->reject.position, .reason = "", .values = ""};
    TIDE_TRY(tide_reject_list_add(&r->rejects, &key, err));
    r->bytes += strlen(kept->reject.values);
    return r->rejects.count >= r->unit_rows_max || r->bytes >= UNIT_BYTES_MAX ? load_unit(r, err)
                                                                              : TIDE_OK;
}

static tide_code check_balance(const tide_retry_result *result, tide_error *err)
{
    int64_t sum = result->loaded + result->superseded + result->refused + result->unreadable;
    return sum == result->tried
               ? TIDE_OK
               : TIDE_FAIL(err, TIDE_BAD_DATA,
                           "the rows do not add up: %" PRId64 " rejects tried, but %" PRId64
                           " loaded, superseded, refused or unreadable; this is a bug of Tidemill",
                           result->tried, sum);
}

static tide_code load_all(retrying *r, tide_error *err)
{
    static const tide_reject_query query = {.stage = "load", .committed = true};
    const tide_sink_vtable *vtable = r->execution->sink->vtable;
    const tide_schema *output = r->execution->pipeline->target.output;
    TIDE_TRY(tide_builder_init(&r->builder, output, err));
    TIDE_TRY(tide_reject_values_create(output, &r->values, err));
    TIDE_TRY(tide_on_side(vtable->open_worker(r->execution->sink, &r->worker, err), TIDE_SIDE_SINK,
                          err));
    TIDE_TRY(tide_on_side(vtable->read_rejects(r->execution->sink, &query, take_reject, r, err),
                          TIDE_SIDE_SINK, err));
    TIDE_TRY(load_unit(r, err));
    return check_balance(r->result, err);
}

static tide_code load_rejects(tide_execution *e, tide_retry_result *result, tide_error *err)
{
    retrying r = {.execution = e,
                  .result = result,
                  .unit_rows_max = (size_t)TIDE_FAULT_NUMBER(UNIT_ROWS_VARIABLE, UNIT_ROWS_MAX)};
    tide_reject_list_init(&r.rejects);
    tide_code code = load_all(&r, err);
    if (r.worker != NULL) {
        e->sink->vtable->close_worker(r.worker);
    }
    tide_reject_values_destroy(r.values);
    tide_builder_clear(&r.builder);
    tide_reject_list_clear(&r.rejects);
    return code;
}

/* Says how it ended; what failed is what is told, should that fail too. */
static tide_code end_retry(tide_execution *e, const tide_retry_result *result, tide_code code,
                           tide_error *err)
{
    tide_error later;
    tide_error_clear(&later);
    if (code == TIDE_FENCED) {
        return code;
    }
    e->row.ended_at = tide_now();
    tide_code recorded = set_record(e, result, code == TIDE_OK ? NULL : err, &later);
    if (recorded == TIDE_OK) {
        recorded =
            tide_on_side(e->sink->vtable->record(e->sink, &e->row, &later), TIDE_SIDE_SINK, &later);
    }
    if (code == TIDE_OK && recorded != TIDE_OK) {
        *err = later;
        return recorded;
    }
    return code;
}

static tide_code retry(tide_execution *e, tide_retry_result *result, tide_error *err)
{
    bool found = false;
    TIDE_TRY(look(e, &found, err));
    if (!found) {
        return TIDE_OK;
    }
    TIDE_TRY(set_record(e, result, NULL, err));
    TIDE_TRY(tide_on_side(e->sink->vtable->begin(e->sink, &e->row, err), TIDE_SIDE_SINK, err));
    result->run = e->row.run;
    result->resumed = e->resumed;
    return end_retry(e, result, load_rejects(e, result, err), err);
}

/* Rows go straight into the table, and none is too many: those that are refused were before. */
tide_code tide_retry_rejects(tide_pipeline *pipeline, const tide_cancel *cancel,
                             tide_retry_result *result, tide_error *err)
{
    tide_execution e;
    tide_run_result run;
    tide_run_options options = {.cancel = cancel};
    bool staged = pipeline->target.staged;
    int64_t max_rejects = pipeline->target.max_rejects;
    *result = (tide_retry_result){0};
    TIDE_TRY(check_mode(pipeline, err));
    pipeline->target.staged = false;
    pipeline->target.max_rejects = INT64_MAX / 2;
    tide_code code = tide_execution_open_sink(&e, pipeline, &options, &run, err);
    if (code == TIDE_OK) {
        code = retry(&e, result, err);
    }
    tide_execution_close_sink(&e, &run);
    pipeline->target.staged = staged;
    pipeline->target.max_rejects = max_rejects;
    return code;
}

void tide_retry_result_clear(tide_retry_result *result)
{
    tide_free(result->first_unreadable);
    *result = (tide_retry_result){0};
}

tide_code tide_visit_rejects(tide_pipeline *pipeline, const tide_reject_query *query,
                             tide_reject_visitor visit, void *context, tide_error *err)
{
    tide_execution e;
    tide_run_result run;
    tide_code code = tide_execution_open_sink(&e, pipeline, NULL, &run, err);
    if (code == TIDE_OK) {
        code = tide_on_side(e.sink->vtable->read_rejects(e.sink, query, visit, context, err),
                            TIDE_SIDE_SINK, err);
    }
    tide_execution_close_sink(&e, &run);
    return code;
}

tide_code tide_dismiss_rejects(tide_pipeline *pipeline, const tide_reject_list *rejects,
                               int64_t run, tide_error *err)
{
    tide_execution e;
    tide_run_result result;
    tide_code code = tide_execution_open_sink(&e, pipeline, NULL, &result, err);
    if (code == TIDE_OK) {
        code =
            tide_on_side(e.sink->vtable->dismiss(e.sink, rejects, run, err), TIDE_SIDE_SINK, err);
    }
    tide_execution_close_sink(&e, &result);
    return code;
}

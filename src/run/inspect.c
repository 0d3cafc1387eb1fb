/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at a pipeline without running it: check, plan, runs, state. */
#include <string.h>

#include "base/memory.h"
#include "base/problem.h"
#include "record/cell_parser.h"
#include "record/order.h"
#include "run/execution.h"

#define KEY_COLUMNS_MAX 32

/* Of a sink: what it runs on, if it is asked for, and what is not yet in place. */
static tide_code look_at_sink(tide_execution *e, char **server, tide_text *notes, tide_error *err)
{
    tide_sink_facts facts = {0};
    tide_code code =
        tide_on_side(e->sink->vtable->check(e->sink, &facts, err), TIDE_SIDE_SINK, err);
    tide_text_append(notes, tide_text_c(&facts.pending));
    if (server != NULL) {
        *server = facts.server;
        facts.server = NULL;
    }
    tide_sink_facts_clear(&facts);
    return code;
}

tide_code tide_check_pipeline(tide_pipeline *pipeline, tide_text *notes, tide_error *err)
{
    tide_execution e;
    tide_run_options options = {.looks_only = true};
    tide_run_result result;
    tide_run_row last = {0};
    size_t last_count = 0;
    tide_code code = tide_execution_init(&e, pipeline, &options, &result, err);
    if (code == TIDE_OK) {
        code = tide_execution_prepare(&e, &last, &last_count, err);
    }
    tide_note_masks(pipeline, notes);
    if (code == TIDE_OK && e.sink != NULL) {
        code = look_at_sink(&e, NULL, notes, err);
    }
    if (code == TIDE_OK) {
        code = tide_on_side(e.source->vtable->check(e.source, notes, err), TIDE_SIDE_SOURCE, err);
    }
    tide_run_row_clear(&last);
    tide_execution_clear(&e);
    tide_run_result_clear(&result);
    return code;
}

static const char *describe_route(tide_route route)
{
    static const char *const words[] = {
        [TIDE_ROUTE_ORDERED] =
            "read all, sort by series and time, process day by day, commit units",
        [TIDE_ROUTE_REDUCED] = "read all, sort by key, keep the newest of each key, load",
        [TIDE_ROUTE_STREAMED] = "straight through: each split is committed when it has been read",
        [TIDE_ROUTE_DISCARDED] = "read, decode, count, throw away",
    };
    return words[route];
}

static tide_code fill_plan(tide_execution *e, tide_plan_result *result, tide_error *err)
{
    if (e->sink != NULL) {
        TIDE_TRY(look_at_sink(e, &result->sink_server, &result->notes, err));
    }
    result->run = e->row.run;
    result->resumes = e->resumed;
    result->horizon = e->result->horizon;
    result->worker_count = e->options.worker_count;
    result->memory_bytes = e->options.memory_bytes;
    result->max_day_bytes = (int64_t)e->shares.max_day_bytes;
    memcpy(result->why_fewer, e->shares.why_fewer, sizeof result->why_fewer);
    memcpy(result->why_smaller_day, e->shares.why_smaller_day, sizeof result->why_smaller_day);
    result->route = describe_route(e->pipeline->route);
    tide_source_plan_clear(&result->source);
    result->source = e->source_plan;
    tide_source_plan_init(&e->source_plan);
    return TIDE_OK;
}

tide_code tide_plan_pipeline(tide_pipeline *pipeline, const tide_run_options *options,
                             tide_plan_result *result, tide_error *err)
{
    tide_execution e;
    tide_run_result run;
    tide_run_row last = {0};
    size_t last_count = 0;
    *result = (tide_plan_result){0};
    tide_text_init(&result->notes);
    tide_source_plan_init(&result->source);
    tide_code code = tide_execution_init(&e, pipeline, options, &run, err);
    if (code == TIDE_OK) {
        code = tide_execution_prepare(&e, &last, &last_count, err);
    }
    if (code == TIDE_OK) {
        tide_incremental_describe(&e, &result->notes);
        tide_text_append(&result->notes, tide_text_c(&e.source_plan.notes));
        code = fill_plan(&e, result, err);
    }
    tide_run_row_clear(&last);
    tide_execution_clear(&e);
    tide_run_result_clear(&run);
    return code;
}

void tide_plan_result_clear(tide_plan_result *result)
{
    tide_source_plan_clear(&result->source);
    tide_free(result->sink_server);
    tide_text_clear(&result->notes);
}

tide_code tide_execution_open_sink(tide_execution *e, tide_pipeline *pipeline,
                                   const tide_run_options *options, tide_run_result *result,
                                   tide_error *err)
{
    static const tide_run_options none = {0};
    TIDE_TRY(tide_execution_init(e, pipeline, options == NULL ? &none : options, result, err));
    TIDE_TRY(tide_execution_connect(e, err));
    if (e->sink == NULL) {
        return TIDE_FAIL(err, TIDE_E_NOT_APPLICABLE,
                         "it discards its rows, so it keeps no runs or state");
    }
    return TIDE_OK;
}

void tide_execution_close_sink(tide_execution *e, tide_run_result *result)
{
    tide_execution_clear(e);
    tide_run_result_clear(result);
}

/* Of runs and of what is not in place where that may be. */
static tide_code read_runs(tide_execution *e, size_t limit, tide_run_row *rows, size_t *count,
                           tide_text *pending, tide_error *err)
{
    TIDE_TRY(tide_on_side(e->sink->vtable->read_runs(e->sink, limit, rows, count, err),
                          TIDE_SIDE_SINK, err));
    bool may_lag = e->sink->vtable->settle != NULL;
    return pending != NULL && may_lag ? look_at_sink(e, NULL, pending, err) : TIDE_OK;
}

tide_code tide_list_runs(tide_pipeline *pipeline, bool looks_only, size_t limit, tide_run_row *rows,
                         size_t *count, tide_text *pending, tide_error *err)
{
    tide_execution e;
    tide_run_options options = {.looks_only = looks_only};
    tide_run_result result;
    *count = 0;
    tide_code code = tide_execution_open_sink(&e, pipeline, &options, &result, err);
    if (code == TIDE_OK) {
        code = read_runs(&e, limit, rows, count, pending, err);
    }
    tide_execution_close_sink(&e, &result);
    return code;
}

/* The key's texts as one row of typed cells, and its hash. */
typedef struct series_key {
    tide_schema schema;
    tide_builder builder;
    tide_batch batch;
    tide_column columns[KEY_COLUMNS_MAX];
    uint64_t hash;
} series_key;

static tide_code parse_key_column(const tide_pipeline *pipeline, size_t i, const char *text,
                                  tide_column_builder *column, tide_error *err)
{
    /* A masked series is asked for as it is shown. */
    tide_column_spec spec = pipeline->specs[pipeline->series_columns[i]];
    tide_cell_parser *parser = NULL;
    const char *reason = NULL;
    spec.type = tide_column_spec_type(&spec);
    spec.mask = (tide_mask){.kind = TIDE_MASK_NONE};
    TIDE_TRY(tide_cell_parser_create(&spec, &parser, err));
    tide_code code = tide_cell_parse(parser, tide_str_of(text), column, &reason, err);
    if (code == TIDE_OK && reason != NULL) {
        code = TIDE_FAIL(err, TIDE_E_USAGE, "series column `%s`: %s", spec.name, reason);
    }
    tide_cell_parser_destroy(parser);
    return code;
}

static tide_code fill_key(series_key *key, const tide_pipeline *pipeline, const char *const *texts,
                          tide_error *err)
{
    uint32_t numbers[KEY_COLUMNS_MAX];
    for (size_t i = 0; i < pipeline->series_count; i++) {
        TIDE_TRY(parse_key_column(pipeline, i, texts[i], &key->builder.columns[i], err));
        numbers[i] = (uint32_t)i;
    }
    tide_builder_end_row(&key->builder);
    TIDE_TRY(tide_builder_view(&key->builder, &key->batch, err));
    tide_batch_columns(&key->batch, key->columns);
    tide_hash_rows(key->columns, numbers, pipeline->series_count, 1, &key->hash);
    return TIDE_OK;
}

static tide_code make_key(series_key *key, const tide_pipeline *pipeline, const char *const *texts,
                          tide_error *err)
{
    tide_schema_init(&key->schema);
    tide_batch_init(&key->batch);
    if (pipeline->series_count > KEY_COLUMNS_MAX) {
        return TIDE_FAIL(err, TIDE_E_NOT_APPLICABLE,
                         "a series of more than %d columns can't be shown", KEY_COLUMNS_MAX);
    }
    for (size_t i = 0; i < pipeline->series_count; i++) {
        const tide_field *field = &pipeline->declared.fields[pipeline->series_columns[i]];
        TIDE_TRY(tide_schema_add(&key->schema, field->name, field->type, true, err));
    }
    TIDE_TRY(tide_builder_init(&key->builder, &key->schema, err));
    return fill_key(key, pipeline, texts, err);
}

static void clear_key(series_key *key)
{
    tide_batch_clear(&key->batch);
    tide_builder_clear(&key->builder);
    tide_schema_clear(&key->schema);
}

/* One batch of states; with a key only the row of that very series. */
static tide_code visit_batch(const tide_pipeline *pipeline, const tide_batch *batch,
                             const series_key *key, tide_state_visitor visit, void *context,
                             tide_error *err)
{
    const tide_state_layout *layout = &pipeline->process.state;
    tide_column *columns = tide_alloc_zero(layout->schema.field_count, sizeof *columns);
    if (columns == NULL) {
        return TIDE_FAIL_MEMORY(err, "reading state");
    }
    tide_batch_columns(batch, columns);
    int64_t rows = tide_batch_row_count(batch);
    bool wanted = true;
    for (size_t i = 0; key != NULL && wanted && i < layout->series_count; i++) {
        const tide_column *column = &columns[layout->series_begin + i];
        wanted = rows == 1 && tide_compare_for(column->type)(column, 0, &key->columns[i], 0) == 0;
    }
    tide_code code = wanted ? visit(context, layout, columns, rows, err) : TIDE_OK;
    tide_free(columns);
    return code;
}

static tide_code visit_stream(const tide_pipeline *pipeline, tide_stream *stream,
                              const series_key *key, tide_state_visitor visit, void *context,
                              tide_error *err)
{
    for (;;) {
        tide_batch batch;
        const uint64_t *hashes = NULL;
        tide_batch_init(&batch);
        TIDE_TRY(stream->vtable->next(stream, &batch, &hashes, err));
        bool end = tide_batch_row_count(&batch) == 0;
        tide_code code = end ? TIDE_OK : visit_batch(pipeline, &batch, key, visit, context, err);
        tide_batch_clear(&batch);
        if (end || code != TIDE_OK) {
            return code;
        }
    }
}

static tide_code visit_range(tide_execution *e, tide_hash_range range, const series_key *key,
                             tide_state_visitor visit, void *context, tide_error *err)
{
    tide_sink_worker *worker = NULL;
    tide_stream *stream = NULL;
    TIDE_TRY(e->sink->vtable->open_worker(e->sink, &worker, err));
    tide_code code = e->sink->vtable->read_states(worker, range, &stream, err);
    if (code == TIDE_OK) {
        code = visit_stream(e->pipeline, stream, key, visit, context, err);
        stream->vtable->close(stream);
    }
    e->sink->vtable->close_worker(worker);
    return code;
}

static tide_code fail_no_state(const tide_pipeline *pipeline, tide_error *err)
{
    return TIDE_FAIL(err, TIDE_E_NOT_APPLICABLE, "`%s` has no `series:`, so it has no state",
                     pipeline->config->name);
}

static tide_code visit_existing(tide_execution *e, const char *const *texts,
                                tide_state_visitor visit, void *context, tide_error *err)
{
    tide_sink_facts facts = {0};
    tide_code code = e->sink->vtable->check(e->sink, &facts, err);
    bool exists = facts.state_exists;
    tide_sink_facts_clear(&facts);
    if (code != TIDE_OK || !exists) {
        return code;
    }
    if (texts == NULL) {
        return visit_range(e, (tide_hash_range){0, UINT64_MAX}, NULL, visit, context, err);
    }
    series_key key = {0};
    code = make_key(&key, e->pipeline, texts, err);
    if (code == TIDE_OK) {
        code = visit_range(e, (tide_hash_range){key.hash, key.hash}, &key, visit, context, err);
    }
    clear_key(&key);
    return code;
}

tide_code tide_visit_state(tide_pipeline *pipeline, const char *const *key,
                           tide_state_visitor visit, void *context, tide_error *err)
{
    if (pipeline->route != TIDE_ROUTE_ORDERED) {
        return fail_no_state(pipeline, err);
    }
    tide_execution e;
    tide_run_result result;
    tide_code code = tide_execution_open_sink(&e, pipeline, NULL, &result, err);
    if (code == TIDE_OK) {
        code = tide_on_side(visit_existing(&e, key, visit, context, err), TIDE_SIDE_SINK, err);
    }
    tide_execution_close_sink(&e, &result);
    return code;
}

/* What is there now is taken as it is: rows and state are missed only when they go after this. */
static tide_code accept_state(tide_sink *sink, bool has_state, tide_error *err)
{
    tide_sink_facts facts = {0};
    TIDE_TRY(sink->vtable->state_accept(sink, err));
    TIDE_TRY(sink->vtable->check(sink, &facts, err));
    bool both = (facts.state_exists || !has_state) && facts.table_exists && !facts.table_empty;
    tide_sink_facts_clear(&facts);
    return tide_set_loaded_ever(sink, both ? 1 : 0, err);
}

static tide_code reset_state(tide_sink *sink, tide_error *err)
{
    TIDE_TRY(sink->vtable->state_reset(sink, err));
    return tide_set_loaded_ever(sink, 0, err);
}

static tide_code change_state(tide_pipeline *pipeline, bool reset, tide_error *err)
{
    tide_execution e;
    tide_run_result result;
    tide_code code = tide_execution_open_sink(&e, pipeline, NULL, &result, err);
    if (code == TIDE_OK) {
        code = reset ? reset_state(e.sink, err)
                     : accept_state(e.sink, pipeline->route == TIDE_ROUTE_ORDERED, err);
        code = tide_on_side(code, TIDE_SIDE_SINK, err);
    }
    tide_execution_close_sink(&e, &result);
    return code;
}

tide_code tide_reset_state(tide_pipeline *pipeline, tide_error *err)
{
    return change_state(pipeline, true, err);
}

tide_code tide_accept_state(tide_pipeline *pipeline, tide_error *err)
{
    bool has_marks = tide_is_incremental(pipeline); /* of what was read, which may stay, too */
    return pipeline->route == TIDE_ROUTE_ORDERED || has_marks ? change_state(pipeline, false, err)
                                                              : fail_no_state(pipeline, err);
}

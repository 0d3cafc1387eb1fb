/* SPDX-License-Identifier: Apache-2.0 */
#include "run/pipeline.h"

#include <string.h>

#include "base/limits.h"
#include "flow/table_names.h"
#include "run/config_reader.h"

void tide_bind_note(tide_binder *binder, tide_mark mark, tide_error *err)
{
    tide_diagnostics_add(binder->diagnostics, mark, "%s", err->message);
    tide_error_clear(err);
}

void *tide_bind_alloc(tide_binder *binder, size_t count, size_t bytes_each)
{
    void *memory = tide_arena_alloc_zero(&binder->pipeline->arena, count + 1, bytes_each);
    if (memory == NULL) {
        binder->diagnostics->failed = true;
    }
    return memory;
}

size_t tide_bind_find(tide_binder *binder, tide_mark mark, const tide_schema *schema,
                      const char *what, const char *name)
{
    size_t found = tide_schema_find(schema, name);
    if (found != TIDE_NO_FIELD) {
        return found;
    }
    const char **names = tide_bind_alloc(binder, schema->field_count, sizeof *names);
    for (size_t i = 0; names != NULL && i < schema->field_count; i++) {
        names[i] = schema->fields[i].name;
    }
    if (names != NULL) {
        tide_diagnostics_add_unknown(binder->diagnostics, mark, what, name, names,
                                     schema->field_count);
    }
    return TIDE_NO_FIELD;
}

static tide_route route_of(const tide_pipeline_config *config)
{
    if (config->sink.discard) {
        return TIDE_ROUTE_DISCARDED;
    }
    if (config->series.count > 0) {
        return TIDE_ROUTE_ORDERED;
    }
    return config->sink.key.count > 0 ? TIDE_ROUTE_REDUCED : TIDE_ROUTE_STREAMED;
}

static void bind_pipeline_zone(tide_binder *binder)
{
    tide_pipeline *pipeline = binder->pipeline;
    const char *name = pipeline->config->timezone != NULL ? pipeline->config->timezone : "UTC";
    tide_error err;
    tide_error_clear(&err);
    if (tide_zone_open(name, &pipeline->zone, &err) != TIDE_OK) {
        tide_bind_note(binder, pipeline->config->timezone_mark, &err);
    }
}

/* Layouts of state and output, and with them everything that a sink is told. */
static void bind_process(tide_binder *binder)
{
    tide_pipeline *pipeline = binder->pipeline;
    const tide_pipeline_config *config = pipeline->config;
    tide_process_options options = {
        .layout = &pipeline->layout,
        .series_columns = pipeline->series_columns,
        .series_count = pipeline->series_count,
        .time_column = pipeline->time_column,
        .zone = pipeline->zone,
        .late = (tide_process_late)config->late,
        .steps = pipeline->steps,
        .step_count = pipeline->step_count,
        .output = pipeline->output_items,
        .output_count = pipeline->output_count,
        .add_series_and_day =
            pipeline->route == TIDE_ROUTE_ORDERED && config->sink.mode == TIDE_APPEND,
        .key = (const char *const *)config->sink.key.items,
        .key_count = config->sink.key.count,
        .bounds = {.unit_rows = config->unit_rows,
                   .unit_bytes = (size_t)config->unit_bytes,
                   .unit_seconds = config->unit_seconds,
                   .max_day_bytes = (size_t)config->max_day_bytes},
    };
    tide_error err;
    tide_error_clear(&err);
    if (tide_process_plan_init(&pipeline->process, &options, &err) != TIDE_OK) {
        tide_bind_note(binder, config->sink.mark, &err);
        return;
    }
    pipeline->newest_column = TIDE_NO_FIELD;
    if (config->sink.newest != NULL) {
        pipeline->newest_column =
            tide_bind_find(binder, config->sink.newest_mark, &pipeline->process.output.schema,
                           "output column", config->sink.newest);
    }
}

/* Generated names that PostgreSQL would cut silently are refused. */
static void check_generated_names(tide_binder *binder)
{
    static const struct {
        const char *prefix, *suffix;
        bool of_pipeline;
    } generated[] = {{TIDE_STAGED_STATE_PREFIX, "", true},
                     {"", TIDE_REJECTS_SUFFIX, false},
                     {"", TIDE_LATE_SUFFIX, false}};
    const tide_pipeline_config *config = binder->pipeline->config;
    for (size_t i = 0; !config->sink.discard && i < TIDE_COUNT_OF(generated); i++) {
        const char *dot = config->sink.table == NULL ? NULL : strrchr(config->sink.table, '.');
        const char *table = dot != NULL ? dot + 1 : config->sink.table;
        const char *name = generated[i].of_pipeline ? config->name : table;
        if (name != NULL &&
            strlen(generated[i].prefix) + strlen(name) + strlen(generated[i].suffix) >
                TIDE_IDENTIFIER_BYTES_MAX) {
            tide_diagnostics_add(binder->diagnostics, config->mark,
                                 "the table `%s%s%s` would have a name over %d bytes: choose a "
                                 "shorter name for the %s",
                                 generated[i].prefix, name, generated[i].suffix,
                                 TIDE_IDENTIFIER_BYTES_MAX,
                                 generated[i].of_pipeline ? "pipeline" : "table");
        }
    }
}

static void fill_target(tide_pipeline *pipeline)
{
    const tide_pipeline_config *config = pipeline->config;
    bool ordered = pipeline->route == TIDE_ROUTE_ORDERED;
    pipeline->target = (tide_target){
        .pipeline = config->name,
        .table = config->sink.table,
        .mode = config->sink.mode,
        .output = &pipeline->process.output.schema,
        .state = ordered ? &pipeline->process.state : NULL,
        .late = &pipeline->declared,
        .key_columns = pipeline->process.key_columns,
        .key_count = config->sink.key.count,
        .newest_column = pipeline->newest_column,
        .day_column = ordered ? pipeline->process.output.day_column : TIDE_NO_FIELD,
        .max_rejects = config->max_rejects,
        .staged = config->sink.mode == TIDE_REPLACE ||
                  (pipeline->route == TIDE_ROUTE_STREAMED &&
                   (config->source.pit || config->source.slices > 0)),
        .fingerprint = pipeline->fingerprint,
        .fingerprint_text = tide_text_c(&pipeline->fingerprint_text),
    };
}

tide_code tide_pipeline_bind(tide_pipeline *pipeline, const tide_project *project,
                             const tide_pipeline_config *config, tide_diagnostics *diagnostics,
                             tide_error *err)
{
    *pipeline = (tide_pipeline){.project = project,
                                .config = config,
                                .route = route_of(config),
                                .keeps_registry = tide_config_keeps_registry(config)};
    tide_arena_init(&pipeline->arena);
    tide_schema_init(&pipeline->declared);
    tide_text_init(&pipeline->fingerprint_text);
    tide_binder binder = {pipeline, diagnostics};
    size_t found_before = diagnostics->count;
    bind_pipeline_zone(&binder);
    check_generated_names(&binder);
    bool usable = tide_bind_columns(&binder) && diagnostics->count == found_before;
    usable = usable && tide_bind_steps(&binder) && diagnostics->count == found_before;
    if (usable) {
        bind_process(&binder);
    }
    if (diagnostics->count > found_before || diagnostics->failed) {
        return tide_diagnostics_raise(diagnostics, err);
    }
    TIDE_TRY(tide_bind_fingerprint(pipeline, err));
    fill_target(pipeline);
    return TIDE_OK;
}

void tide_pipeline_clear(tide_pipeline *pipeline)
{
    tide_process_plan_clear(&pipeline->process);
    for (size_t i = 0; i < pipeline->step_count; i++) {
        tide_step_clear(&pipeline->steps[i]);
    }
    for (size_t i = 0; i < pipeline->spec_count; i++) {
        tide_value_clear(&pipeline->specs[i].default_value,
                         tide_column_spec_type(&pipeline->specs[i]));
        tide_zone_close(pipeline->column_zones[i]);
    }
    tide_source_layout_clear(&pipeline->layout);
    tide_schema_clear(&pipeline->declared);
    tide_zone_close(pipeline->zone);
    tide_text_clear(&pipeline->fingerprint_text);
    tide_arena_clear(&pipeline->arena);
}

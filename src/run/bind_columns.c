/* SPDX-License-Identifier: Apache-2.0 */
/* Binding of columns: types, origins, formats, zones and defaults. */
#include <string.h>

#include "base/limits.h"
#include "record/cell_parser.h"
#include "run/config_reader.h"
#include "run/pipeline.h"

static const struct origin_word {
    const char *word;
    tide_origin origin;
    bool of_documents; /* known for Elasticsearch and for hits in files */
    bool of_files;
} origin_words[] = {
    {"_id", TIDE_FROM_ID, true, true},          {"_index", TIDE_FROM_INDEX, true, true},
    {"_seq_no", TIDE_FROM_SEQ_NO, true, false}, {"_version", TIDE_FROM_VERSION, true, false},
    {"_file", TIDE_FROM_FILE, false, true},     {"_position", TIDE_FROM_POSITION, false, true},
};

static void bind_origin(tide_binder *binder, const tide_column_config *config,
                        tide_column_spec *spec)
{
    bool files = binder->pipeline->config->source.connection == NULL;
    const char *from = config->from != NULL ? config->from : config->name;
    spec->path = from;
    for (size_t i = 0; i < TIDE_COUNT_OF(origin_words); i++) {
        const struct origin_word *word = &origin_words[i];
        if (strcmp(word->word, from) != 0) {
            continue;
        }
        spec->origin = word->origin;
        if (files ? !word->of_files : !word->of_documents) {
            tide_diagnostics_add(binder->diagnostics, config->mark,
                                 "column `%s`: `%s` does not exist for %s", config->name, from,
                                 files ? "files" : "Elasticsearch");
        }
    }
}

static void bind_zone(tide_binder *binder, const tide_column_config *config, size_t i)
{
    tide_pipeline *pipeline = binder->pipeline;
    tide_error err;
    tide_error_clear(&err);
    if (config->zone == NULL) {
        return;
    }
    if (tide_zone_open(config->zone, &pipeline->column_zones[i], &err) != TIDE_OK) {
        tide_bind_note(binder, config->mark, &err);
        return;
    }
    pipeline->specs[i].zone = pipeline->column_zones[i];
}

static void bind_array(const tide_column_config *config, tide_column_spec *spec)
{
    if (config->array != NULL && strcmp(config->array, "first") == 0) {
        spec->array = TIDE_ARRAY_FIRST;
    } else if (config->array != NULL && strcmp(config->array, "json") == 0) {
        spec->array = TIDE_ARRAY_JSON;
    }
}

/* Reads the default as a cell of the column's type. */
static tide_code parse_default(const tide_column_config *config, tide_column_spec *spec,
                               tide_cell_parser *parser, const char **reason, tide_error *err)
{
    tide_schema schema;
    tide_builder builder;
    tide_batch batch;
    tide_column column;
    tide_schema_init(&schema);
    tide_code code =
        tide_schema_add(&schema, config->name, tide_column_spec_type(spec), false, err);
    if (code != TIDE_OK) {
        return code;
    }
    code = tide_builder_init(&builder, &schema, err);
    if (code != TIDE_OK) {
        tide_schema_clear(&schema);
        return code;
    }
    tide_batch_init(&batch);
    code = tide_cell_parse(parser, tide_str_of(config->default_text), &builder.columns[0], reason,
                           err);
    if (code == TIDE_OK && *reason == NULL) {
        tide_builder_end_row(&builder);
        code = tide_builder_view(&builder, &batch, err);
        if (code == TIDE_OK) {
            tide_batch_columns(&batch, &column);
            code = tide_value_read(&spec->default_value, &column, 0, err);
            spec->has_default = code == TIDE_OK;
        }
    }
    tide_batch_clear(&batch);
    tide_builder_clear(&builder);
    tide_schema_clear(&schema);
    return code;
}

/* Compiles the column's format once, so that a bad one is found now, and reads its default. */
static void check_format(tide_binder *binder, const tide_column_config *config,
                         tide_column_spec *spec)
{
    tide_error err;
    tide_error_clear(&err);
    tide_cell_parser *parser = NULL;
    const char *reason = NULL;
    spec->default_value = tide_value_null();
    if (tide_cell_parser_create(spec, &parser, &err) != TIDE_OK ||
        (config->default_text != NULL &&
         parse_default(config, spec, parser, &reason, &err) != TIDE_OK)) {
        tide_bind_note(binder, config->mark, &err);
    } else if (reason != NULL) {
        tide_diagnostics_add(binder->diagnostics, config->mark, "default of column `%s`: %s",
                             config->name, reason);
    }
    tide_cell_parser_destroy(parser);
}

static bool has_time_format(tide_type type)
{
    return type.id == TIDE_TIMESTAMP || type.id == TIDE_DATE;
}

static void check_column(tide_binder *binder, const tide_column_config *config,
                         const tide_column_spec *spec)
{
    if (strlen(config->name) > TIDE_IDENTIFIER_BYTES_MAX) {
        tide_diagnostics_add(binder->diagnostics, config->mark,
                             "column `%s`: a name has at most %d bytes", config->name,
                             TIDE_IDENTIFIER_BYTES_MAX);
    }
    if (config->name[0] == '$' || config->name[0] == '\0') {
        tide_diagnostics_add(binder->diagnostics, config->mark,
                             "column `%s`: a name is not empty and does not begin with $",
                             config->name);
    }
    if ((config->format != NULL || config->zone != NULL || config->truncate) &&
        !has_time_format(spec->type)) {
        tide_diagnostics_add(binder->diagnostics, config->mark,
                             "column `%s`: format, zone and truncate are for timestamps and dates",
                             config->name);
    }
}

static void bind_column(tide_binder *binder, size_t i)
{
    tide_pipeline *pipeline = binder->pipeline;
    const tide_column_config *config = &pipeline->config->columns.items[i];
    tide_column_spec *spec = &pipeline->specs[i];
    tide_error err;
    tide_error_clear(&err);
    *spec = (tide_column_spec){.name = config->name,
                               .format = config->format,
                               .required = config->required,
                               .truncate = config->truncate};
    spec->type.id = TIDE_TEXT;
    if (config->type != NULL &&
        tide_type_parse(tide_str_of(config->type), &spec->type, &err) != TIDE_OK) {
        tide_bind_note(binder, config->type_mark, &err);
        return;
    }
    bind_origin(binder, config, spec);
    bind_zone(binder, config, i);
    bind_array(config, spec);
    tide_bind_mask(binder, config, spec);
    check_column(binder, config, spec);
    check_format(binder, config, spec);
    spec->malformed_is_null =
        config->malformed_is_null; /* a default that does not fit is an error */
}

static bool bind_layout(tide_binder *binder)
{
    tide_pipeline *pipeline = binder->pipeline;
    tide_error err;
    tide_error_clear(&err);
    tide_column_specs specs = {pipeline->specs, pipeline->spec_count};
    bool of_elasticsearch = pipeline->config->source.connection != NULL;
    tide_code code = tide_source_layout_init(&pipeline->layout, specs, of_elasticsearch, &err);
    for (size_t i = 0; code == TIDE_OK && i < pipeline->layout.declared_count; i++) {
        const tide_field *field = &pipeline->layout.schema.fields[i];
        code =
            tide_schema_add(&pipeline->declared, field->name, field->type, field->not_null, &err);
    }
    if (code != TIDE_OK) {
        tide_bind_note(binder, pipeline->config->mark, &err);
    }
    return code == TIDE_OK;
}

static uint32_t *bind_names(tide_binder *binder, const tide_words *words, const char *what,
                            size_t *count)
{
    uint32_t *columns = tide_bind_alloc(binder, words->count, sizeof *columns);
    *count = 0;
    for (size_t i = 0; columns != NULL && i < words->count; i++) {
        size_t column = tide_bind_find(binder, words->marks[i], &binder->pipeline->declared, what,
                                       words->items[i]);
        if (column != TIDE_NO_FIELD) {
            columns[(*count)++] = (uint32_t)column;
        }
    }
    return columns;
}

static void bind_time(tide_binder *binder)
{
    tide_pipeline *pipeline = binder->pipeline;
    const tide_pipeline_config *config = pipeline->config;
    pipeline->time_column = TIDE_NO_FIELD;
    if (config->time == NULL) {
        return;
    }
    pipeline->time_column =
        tide_bind_find(binder, config->time_mark, &pipeline->declared, "column", config->time);
    if (pipeline->time_column != TIDE_NO_FIELD &&
        pipeline->declared.fields[pipeline->time_column].type.id != TIDE_TIMESTAMP) {
        bool masked = pipeline->specs[pipeline->time_column].mask.kind != TIDE_MASK_NONE;
        tide_diagnostics_add(binder->diagnostics, config->time_mark,
                             "`time: %s` must be a column of type timestamp%s", config->time,
                             masked ? ", also behind its mask: truncate keeps the type" : "");
    }
}

/* The same value has many spellings, and PostgreSQL has no equality for it. */
static void refuse_json_series(tide_binder *binder)
{
    const tide_pipeline *pipeline = binder->pipeline;
    for (size_t i = 0; i < pipeline->series_count; i++) {
        const tide_field *field = &pipeline->declared.fields[pipeline->series_columns[i]];
        if (field->type.id == TIDE_JSON) {
            tide_diagnostics_add(binder->diagnostics, pipeline->config->mark,
                                 "series column `%s` is json, which has no equality: declare it as "
                                 "text",
                                 field->name);
        }
    }
}

/* The server compares what it has indexed, and the engine what it has decoded. */
static void refuse_own_reading(tide_binder *binder, const tide_column_config *column)
{
    const tide_pipeline_config *config = binder->pipeline->config;
    if (column->mask.kind != TIDE_MASK_NONE) {
        tide_diagnostics_add(binder->diagnostics, config->cursor_mark,
                             "`cursor: %s` can't be masked: it is compared with what the server "
                             "was asked for",
                             config->cursor);
    }
}

/* A row without a cursor could not be told from one that was read before: it is a reject. */
static void bind_cursor(tide_binder *binder)
{
    tide_pipeline *pipeline = binder->pipeline;
    const tide_pipeline_config *config = pipeline->config;
    for (size_t i = 0; config->cursor != NULL && i < config->columns.count; i++) {
        const tide_column_config *column = &config->columns.items[i];
        tide_column_spec *spec = &pipeline->specs[i];
        if (strcmp(column->name, config->cursor) != 0) {
            continue;
        }
        pipeline->has_cursor = true;
        pipeline->cursor_column = i;
        spec->required = true;
        if (column->zone != NULL && strcmp(column->zone, "UTC") != 0) {
            tide_diagnostics_add(
                binder->diagnostics, config->cursor_mark,
                "`cursor: %s`: the server takes instants without a zone as UTC, so "
                "the column's `zone` can only be UTC",
                config->cursor);
        }
        refuse_own_reading(binder, column);
        if (spec->type.id != TIDE_TIMESTAMP || spec->origin != TIDE_FROM_PATH ||
            column->default_text != NULL) {
            tide_diagnostics_add(
                binder->diagnostics, config->cursor_mark,
                "`cursor: %s` must be a column of type timestamp that is read from "
                "a field, without a default",
                config->cursor);
        }
    }
}

bool tide_bind_columns(tide_binder *binder)
{
    tide_pipeline *pipeline = binder->pipeline;
    const tide_pipeline_config *config = pipeline->config;
    size_t count = config->columns.count;
    if (count > TIDE_COLUMNS_MAX) {
        tide_diagnostics_add(binder->diagnostics, config->mark, "at most %d columns",
                             TIDE_COLUMNS_MAX);
        return false;
    }
    pipeline->specs = tide_bind_alloc(binder, count, sizeof *pipeline->specs);
    pipeline->column_zones = tide_bind_alloc(binder, count, sizeof(tide_zone *));
    if (pipeline->specs == NULL || pipeline->column_zones == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        pipeline->spec_count = i + 1;
        bind_column(binder, i);
    }
    bind_cursor(binder);
    if (!bind_layout(binder)) {
        return false;
    }
    if (config->cursor != NULL && !pipeline->has_cursor) {
        (void)tide_bind_find(binder, config->cursor_mark, &pipeline->declared, "column",
                             config->cursor);
    }
    pipeline->series_columns =
        bind_names(binder, &config->series, "column", &pipeline->series_count);
    refuse_json_series(binder);
    pipeline->tie_columns = bind_names(binder, &config->tie, "column", &pipeline->tie_count);
    bind_time(binder);
    tide_check_masked_roles(binder);
    return true;
}

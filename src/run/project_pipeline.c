/* SPDX-License-Identifier: Apache-2.0 */
/* The `pipelines:` part of a project file, except steps. */
#include <string.h>

#include "run/config_reader.h"

/* What servers can be brought to allow. */
#define PAGE_SIZE_MAX 1000000
#define SLICES_MAX 65536

/* A reader of one member of a struct, named `name`, by tide_config_read_<how>. */
#define READ_MEMBER(name, type, member, how)                                        \
    static void name(tide_config_reader *reader, const tide_yaml *node, void *into) \
    {                                                                               \
        tide_config_read_##how(reader, node, &((type *)into)->member);              \
    }

static const tide_connection *find_connection(tide_config_reader *reader, const tide_yaml *node)
{
    const char *name = NULL;
    tide_config_read_text(reader, node, &name);
    const tide_project *project = reader->project;
    const char **names = tide_config_alloc(reader, project->connection_count, sizeof *names);
    if (name == NULL || names == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < project->connection_count; i++) {
        names[i] = project->connections[i].name;
        if (strcmp(names[i], name) == 0) {
            return &project->connections[i];
        }
    }
    tide_diagnostics_add_unknown(reader->diagnostics, node->mark, "connection", name, names,
                                 project->connection_count);
    return NULL;
}

/* --- source --- */

static void read_source_connection(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_source_config *source = into;
    source->connection = find_connection(reader, node);
    if (source->connection != NULL && source->connection->kind != TIDE_CONNECTION_ELASTICSEARCH) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "`%s` is not an elasticsearch connection, so it can't be a source",
                             source->connection->name);
    }
}

static void read_query(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_source_config *source = into;
    tide_text json;
    tide_text_init(&json);
    if (node->kind == TIDE_YAML_SCALAR) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "a query is written as in a search request, e.g. "
                             "{term: {channel: app}}");
    } else {
        tide_yaml_print_json(node, &json);
        source->query = tide_arena_copy_string(&reader->project->arena, tide_text_c(&json));
        reader->diagnostics->failed |= source->query == NULL;
    }
    tide_text_clear(&json);
}

static void read_snapshot(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    static const char *const words[] = {"scroll", "pit"};
    size_t choice = 0;
    tide_config_read_choice(reader, node, words, TIDE_COUNT_OF(words), &choice);
    ((tide_source_config *)into)->pit = choice == 1;
}

static void read_format(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    static const char *const words[] = {"ndjson", "csv"};
    size_t choice = 0;
    tide_config_read_choice(reader, node, words, TIDE_COUNT_OF(words), &choice);
    ((tide_source_config *)into)->format = words[choice];
}

READ_MEMBER(read_index, tide_source_config, index, words)
READ_MEMBER(read_files, tide_source_config, files, words)
READ_MEMBER(read_page_size, tide_source_config, page_size, count)
READ_MEMBER(read_slices, tide_source_config, slices, count)
READ_MEMBER(read_keep_alive, tide_source_config, keep_alive_micros, duration)
READ_MEMBER(read_compressed, tide_source_config, compressed, bool)
READ_MEMBER(read_delimiter, tide_source_config, delimiter, text)
READ_MEMBER(read_split_bytes, tide_source_config, split_bytes, size)
READ_MEMBER(read_allow_empty, tide_source_config, allow_empty, bool)
READ_MEMBER(read_registry, tide_source_config, registry, bool)
READ_MEMBER(read_rotated, tide_source_config, rotated, bool)

static const tide_config_key source_keys[] = {
    {"connection", read_source_connection, false},
    {"index", read_index, false},
    {"query", read_query, false},
    {"page_size", read_page_size, false},
    {"slices", read_slices, false},
    {"snapshot", read_snapshot, false},
    {"keep_alive", read_keep_alive, false},
    {"compressed", read_compressed, false},
    {"files", read_files, false},
    {"format", read_format, false},
    {"delimiter", read_delimiter, false},
    {"split_bytes", read_split_bytes, false},
    {"allow_empty", read_allow_empty, false},
    {"registry", read_registry, false},
    {"rotated", read_rotated, false},
};

static void check_source(tide_config_reader *reader, const tide_yaml *node,
                         const tide_source_config *source)
{
    bool connected = tide_yaml_get(node, "connection") != NULL;
    if (connected == (source->files.count > 0)) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "a source has either `connection:` and `index:`, or `files:`");
    } else if (connected && source->index.count == 0) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "a source with `connection:` needs `index:`");
    } else if (!connected &&
               (source->index.count > 0 || source->query != NULL || source->page_size > 0 ||
                source->slices > 0 || source->pit || source->keep_alive_micros > 0)) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "index, query, page_size, slices, snapshot and keep_alive need "
                             "`connection:`");
    }
    if (connected &&
        (source->format != NULL || source->delimiter != NULL || source->split_bytes > 0)) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "format, delimiter and split_bytes need `files:`");
    } else if (!connected && source->compressed) {
        tide_diagnostics_add(reader->diagnostics, node->mark, "compressed needs `connection:`");
    }
    if (source->page_size > PAGE_SIZE_MAX || source->slices > SLICES_MAX) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "at most %d for `page_size`, and %d for `slices`", PAGE_SIZE_MAX,
                             SLICES_MAX);
    }
    if (source->delimiter != NULL && strlen(source->delimiter) != 1) {
        tide_diagnostics_add(reader->diagnostics, node->mark, "`delimiter` is one character");
    }
}

static void read_source(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_source_config *source = &((tide_pipeline_config *)into)->source;
    source->mark = node->mark;
    if (tide_config_read_mapping(reader, node, source_keys, TIDE_COUNT_OF(source_keys), "a source",
                                 source)) {
        check_source(reader, node, source);
    }
}

/* --- columns --- */

static void read_column_type(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_column_config *column = into;
    column->type_mark = node->mark;
    tide_config_read_text(reader, node, &column->type);
}

static void read_array(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    static const char *const words[] = {"reject", "first", "json"};
    size_t choice = 0;
    tide_config_read_choice(reader, node, words, TIDE_COUNT_OF(words), &choice);
    ((tide_column_config *)into)->array = words[choice];
}

static void read_malformed(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    static const char *const words[] = {"reject", "null"};
    size_t choice = 1;
    /* Without quotes the word is YAML's own null; nothing at all is forgotten, not meant. */
    if (!tide_yaml_is_null(node) || node->text[0] == '\0') {
        tide_config_read_choice(reader, node, words, TIDE_COUNT_OF(words), &choice);
    }
    ((tide_column_config *)into)->malformed_is_null = choice == 1;
}

READ_MEMBER(read_from, tide_column_config, from, text)
READ_MEMBER(read_column_format, tide_column_config, format, text)
READ_MEMBER(read_zone, tide_column_config, zone, text)
READ_MEMBER(read_default, tide_column_config, default_text, text)
READ_MEMBER(read_required, tide_column_config, required, bool)
READ_MEMBER(read_truncate, tide_column_config, truncate, bool)

static const tide_config_key column_keys[] = {
    {"type", read_column_type, true},      {"from", read_from, false},
    {"format", read_column_format, false}, {"zone", read_zone, false},
    {"array", read_array, false},          {"default", read_default, false},
    {"required", read_required, false},    {"truncate", read_truncate, false},
    {"malformed", read_malformed, false},  {"mask", tide_config_read_mask, false},
};

static void read_columns(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_columns_config *columns = &((tide_pipeline_config *)into)->columns;
    if (node->kind != TIDE_YAML_MAPPING || node->count == 0) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "columns are written as `name: type` or "
                             "`name: {type: ..., from: ...}`");
        return;
    }
    columns->items = tide_config_alloc(reader, node->count, sizeof *columns->items);
    for (size_t i = 0; columns->items != NULL && i < node->count; i++) {
        tide_column_config *column = &columns->items[columns->count++];
        column->name = node->keys[i]->text;
        column->mark = node->keys[i]->mark;
        column->type_mark = column->mark;
        if (node->values[i]->kind == TIDE_YAML_SCALAR) {
            read_column_type(reader, node->values[i], column);
        } else {
            tide_config_read_mapping(reader, node->values[i], column_keys,
                                     TIDE_COUNT_OF(column_keys), "a column", column);
        }
    }
}

/* --- sink --- */

static void read_sink_connection(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_sink_config *sink = into;
    sink->connection = find_connection(reader, node);
    if (sink->connection != NULL && sink->connection->kind == TIDE_CONNECTION_ELASTICSEARCH) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "`%s` is an elasticsearch connection, so it can't be a sink",
                             sink->connection->name);
    }
}

static void read_mode(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    static const char *const words[] = {"append", "merge", "replace"};
    size_t choice = 0;
    tide_config_read_choice(reader, node, words, TIDE_COUNT_OF(words), &choice);
    ((tide_sink_config *)into)->mode = (tide_sink_mode)choice;
}

static void read_newest(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_sink_config *sink = into;
    sink->newest_mark = node->mark;
    tide_config_read_text(reader, node, &sink->newest);
}

static void read_again(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    static const char *const words[] = {"append"};
    size_t choice = SIZE_MAX;
    tide_config_read_choice(reader, node, words, TIDE_COUNT_OF(words), &choice);
    ((tide_sink_config *)into)->again_append = choice == 0;
}

READ_MEMBER(read_table, tide_sink_config, table, text)
READ_MEMBER(read_key, tide_sink_config, key, words)
READ_MEMBER(read_discard, tide_sink_config, discard, bool)

static const tide_config_key sink_keys[] = {
    {"connection", read_sink_connection, false},
    {"table", read_table, false},
    {"mode", read_mode, false},
    {"key", read_key, false},
    {"newest", read_newest, false},
    {"again", read_again, false},
    {"discard", read_discard, false},
};

static void check_sink(tide_config_reader *reader, const tide_yaml *node,
                       const tide_sink_config *sink)
{
    bool connected = tide_yaml_get(node, "connection") != NULL;
    if (connected == sink->discard) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "a sink has either `connection:` and `table:`, or `discard: true`");
    } else if (sink->discard && node->count > 1) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "`discard: true` throws all rows away: nothing else goes with it");
    } else if (connected && (sink->table == NULL || sink->table[0] == '\0')) {
        tide_diagnostics_add(reader->diagnostics, node->mark, "a sink needs `table:`");
    } else if (sink->mode == TIDE_MERGE && (sink->key.count == 0 || sink->newest == NULL)) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "mode merge needs `key:` and `newest:`: of rows with the same key "
                             "the one with the greatest `newest` wins");
    } else if (sink->mode == TIDE_APPEND && (sink->key.count > 0 || sink->newest != NULL)) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "`key:` and `newest:` are for mode merge and replace");
    } else if ((sink->key.count > 0) != (sink->newest != NULL)) {
        tide_diagnostics_add(reader->diagnostics, node->mark, "`key:` and `newest:` go together");
    }
}

static void read_sink(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_sink_config *sink = &((tide_pipeline_config *)into)->sink;
    sink->mark = node->mark;
    if (tide_config_read_mapping(reader, node, sink_keys, TIDE_COUNT_OF(sink_keys), "a sink",
                                 sink)) {
        check_sink(reader, node, sink);
    }
}

/* --- pipeline --- */

static void read_time(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    ((tide_pipeline_config *)into)->time_mark = node->mark;
    tide_config_read_text(reader, node, &((tide_pipeline_config *)into)->time);
}

static void read_timezone(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    ((tide_pipeline_config *)into)->timezone_mark = node->mark;
    tide_config_read_text(reader, node, &((tide_pipeline_config *)into)->timezone);
}

static void read_until(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    ((tide_pipeline_config *)into)->until_mark = node->mark;
    tide_config_read_text(reader, node, &((tide_pipeline_config *)into)->until);
}

static void read_late(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    static const char *const words[] = {"report", "fail", "drop", "replay"};
    size_t choice = 0;
    tide_config_read_choice(reader, node, words, TIDE_COUNT_OF(words), &choice);
    if (choice == 3) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "`late: replay` does not exist yet: use report, fail or drop");
        return;
    }
    ((tide_pipeline_config *)into)->late = (tide_late_rule)choice;
}

static void read_cursor(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    ((tide_pipeline_config *)into)->cursor_mark = node->mark;
    tide_config_read_text(reader, node, &((tide_pipeline_config *)into)->cursor);
}

READ_MEMBER(read_lag, tide_pipeline_config, lag_micros, duration)
READ_MEMBER(read_series, tide_pipeline_config, series, words)
READ_MEMBER(read_tie, tide_pipeline_config, tie, words)
READ_MEMBER(read_grace, tide_pipeline_config, grace_micros, duration)
READ_MEMBER(read_max_future, tide_pipeline_config, max_future_micros, duration)
READ_MEMBER(read_max_rejects, tide_pipeline_config, max_rejects, count)
READ_MEMBER(read_max_day_bytes, tide_pipeline_config, max_day_bytes, size)
READ_MEMBER(read_partitions, tide_pipeline_config, partitions, count)
READ_MEMBER(read_unit_rows, tide_pipeline_config, unit_rows, count)
READ_MEMBER(read_unit_bytes, tide_pipeline_config, unit_bytes, size)
READ_MEMBER(read_unit_seconds, tide_pipeline_config, unit_seconds, count)

static const tide_config_key commit_keys[] = {
    {"rows", read_unit_rows, false},
    {"bytes", read_unit_bytes, false},
    {"seconds", read_unit_seconds, false},
};

static void read_commit(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_config_read_mapping(reader, node, commit_keys, TIDE_COUNT_OF(commit_keys), "commit", into);
}

static const tide_config_key pipeline_keys[] = {
    {"source", read_source, true},
    {"columns", read_columns, true},
    {"series", read_series, false},
    {"time", read_time, false},
    {"timezone", read_timezone, false},
    {"tie", read_tie, false},
    {"late", read_late, false},
    {"grace", read_grace, false},
    {"until", read_until, false},
    {"cursor", read_cursor, false},
    {"lag", read_lag, false},
    {"max_future", read_max_future, false},
    {"max_rejects", read_max_rejects, false},
    {"max_day_bytes", read_max_day_bytes, false},
    {"partitions", read_partitions, false},
    {"commit", read_commit, false},
    {"steps", tide_config_read_steps, false},
    {"sink", read_sink, true},
};

void tide_config_read_pipelines(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_project *project = into;
    if (node->kind != TIDE_YAML_MAPPING || node->count == 0) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "pipelines are written as `name: {source: ..., sink: ...}`");
        return;
    }
    project->pipelines = tide_config_alloc(reader, node->count, sizeof *project->pipelines);
    for (size_t i = 0; project->pipelines != NULL && i < node->count; i++) {
        tide_pipeline_config *pipeline = &project->pipelines[project->pipeline_count++];
        pipeline->name = node->keys[i]->text;
        pipeline->mark = node->keys[i]->mark;
        pipeline->max_future_micros = -1;
        pipeline->lag_micros = -1;
        if (tide_config_read_mapping(reader, node->values[i], pipeline_keys,
                                     TIDE_COUNT_OF(pipeline_keys), "a pipeline", pipeline)) {
            tide_config_check_pipeline(reader, node->values[i], pipeline);
        }
    }
    tide_config_check_tables(reader);
}

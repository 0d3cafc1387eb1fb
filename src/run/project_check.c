/* SPDX-License-Identifier: Apache-2.0 */
/* What keys of a pipeline, and several pipelines, have to do with each other. */
#include <string.h>
#include <strings.h>

#include "flow/table_names.h"
#include "run/config_reader.h"

#define PARTITIONS_MAX 65536

/* What speaks of days or of order means nothing to rows without either. */
static void check_unordered(tide_config_reader *reader, const tide_yaml *node,
                            const tide_pipeline_config *pipeline)
{
    static const char *const keys[] = {"tie", "late", "grace", "max_future", "max_day_bytes"};
    for (size_t i = 0; i < TIDE_COUNT_OF(keys); i++) {
        const tide_yaml *value = tide_yaml_get(node, keys[i]);
        if (value != NULL) {
            tide_diagnostics_add(reader->diagnostics, value->mark,
                                 "`%s:` needs `series:` and `time:`", keys[i]);
        }
    }
    if (pipeline->until != NULL) {
        tide_diagnostics_add(reader->diagnostics, pipeline->until_mark,
                             "`until:` needs `series:` and `time:`; without them a `where:` can "
                             "leave rows out");
    }
    if (pipeline->sink.connection != NULL && pipeline->sink.mode == TIDE_APPEND &&
        pipeline->source.connection != NULL && !pipeline->sink.again_append &&
        pipeline->cursor == NULL) {
        tide_diagnostics_add(reader->diagnostics, pipeline->sink.mark,
                             "appending without `series:` would append all rows again in every "
                             "run: give a `cursor:`, set `again: append` in the sink if that is "
                             "wanted, use mode merge or replace, or give `series:` and `time:`");
    }
}

static void check_cursor(tide_config_reader *reader, const tide_yaml *node,
                         const tide_pipeline_config *pipeline)
{
    const tide_yaml *lag = tide_yaml_get(node, "lag");
    if (pipeline->cursor == NULL && lag != NULL) {
        tide_diagnostics_add(reader->diagnostics, lag->mark, "`lag:` needs `cursor:`");
    }
    if (pipeline->cursor == NULL) {
        return;
    }
    if (pipeline->source.connection == NULL) {
        tide_diagnostics_add(reader->diagnostics, pipeline->cursor_mark,
                             "`cursor:` is for Elasticsearch; of files `registry: true` in the "
                             "source reads only what is new");
    } else if (pipeline->sink.discard || pipeline->sink.mode == TIDE_REPLACE ||
               pipeline->sink.again_append) {
        tide_diagnostics_add(reader->diagnostics, pipeline->cursor_mark,
                             "`cursor:` reads only what is new, so it does not go together with "
                             "mode replace, `again: append` or `discard: true`, which want "
                             "everything in every run");
    }
}

/* What has been read is not read again; so what was made of it must stay. */
static void check_registry(tide_config_reader *reader, const tide_pipeline_config *pipeline)
{
    if (!pipeline->source.registry) {
        return;
    }
    if (pipeline->source.connection != NULL) {
        tide_diagnostics_add(reader->diagnostics, pipeline->source.mark,
                             "`registry: true` is for `files:`");
    } else if (pipeline->sink.discard || pipeline->sink.mode == TIDE_REPLACE ||
               pipeline->sink.again_append) {
        tide_diagnostics_add(reader->diagnostics, pipeline->source.mark,
                             "`registry: true` reads only what is new, so it does not go together "
                             "with mode replace, `again: append` or `discard: true`, which want "
                             "everything in every run");
    }
}

/* Appending without a series is only right once, so there the registry needs no asking. */
bool tide_config_keeps_registry(const tide_pipeline_config *config)
{
    const tide_sink_config *sink = &config->sink;
    bool appends = config->series.count == 0 && sink->mode == TIDE_APPEND && !sink->again_append;
    return config->source.connection == NULL && !sink->discard &&
           (config->source.registry || appends);
}

static void check_rotated(tide_config_reader *reader, const tide_pipeline_config *pipeline)
{
    if (pipeline->source.rotated && !tide_config_keeps_registry(pipeline)) {
        tide_diagnostics_add(reader->diagnostics, pipeline->source.mark,
                             "`rotated: true` needs a registry of files: `registry: true` in the "
                             "source, which append without `series:` has by itself");
    }
}

/* With a series what is there is found out by its state. */
static void check_again(tide_config_reader *reader, const tide_pipeline_config *pipeline)
{
    if (pipeline->sink.again_append &&
        (pipeline->series.count > 0 || pipeline->sink.mode != TIDE_APPEND)) {
        tide_diagnostics_add(reader->diagnostics, pipeline->sink.mark,
                             "`again: append` is for mode append without `series:`: here a row is "
                             "never loaded twice");
    }
}

static void check_repeated(tide_config_reader *reader, const tide_words *words, const char *what)
{
    for (size_t i = 0; i < words->count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(words->items[i], words->items[k]) == 0) {
                tide_diagnostics_add(reader->diagnostics, words->marks[i],
                                     "`%s` is in `%s:` already", words->items[i], what);
            }
        }
    }
}

void tide_config_check_pipeline(tide_config_reader *reader, const tide_yaml *node,
                                const tide_pipeline_config *pipeline)
{
    bool ordered = pipeline->series.count > 0;
    if (ordered != (pipeline->time != NULL)) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "`series:` and `time:` go together: the rows of a series are "
                             "processed in order of time");
    } else if (!ordered) {
        check_unordered(reader, node, pipeline);
    }
    check_again(reader, pipeline);
    check_registry(reader, pipeline);
    check_rotated(reader, pipeline);
    check_cursor(reader, node, pipeline);
    check_repeated(reader, &pipeline->series, "series");
    check_repeated(reader, &pipeline->tie, "tie");
    check_repeated(reader, &pipeline->sink.key, "key");
    if (pipeline->partitions > PARTITIONS_MAX) {
        tide_diagnostics_add(reader->diagnostics, node->mark, "at most %d partitions",
                             PARTITIONS_MAX);
    }
}

static bool same_database(const tide_sink_config *a, const tide_sink_config *b)
{
    return a->connection != NULL && b->connection != NULL && a->table != NULL && b->table != NULL &&
           a->connection->kind == b->connection->kind && a->connection->hosts.count > 0 &&
           b->connection->hosts.count > 0 &&
           strcmp(a->connection->hosts.items[0], b->connection->hosts.items[0]) == 0;
}

/* SQLite takes names for the same that differ in case, and what CSV keeps beside its files is
 * there. */
static bool knows_case(const tide_sink_config *sink)
{
    return sink->connection->kind == TIDE_CONNECTION_POSTGRES;
}

/* Is the table of `a` that of `b` with the suffix behind its name? */
static bool same_table(const tide_sink_config *a, const tide_sink_config *b, const char *suffix)
{
    size_t size = strlen(b->table);
    int (*compare)(const char *, const char *, size_t) = knows_case(a) ? strncmp : strncasecmp;
    return strlen(a->table) == size + strlen(suffix) && compare(a->table, b->table, size) == 0 &&
           compare(a->table + size, suffix, strlen(suffix)) == 0;
}

/* Files have a folder each; what is kept beside them is in a database without them. */
static void check_beside(tide_config_reader *reader, const tide_pipeline_config *pipeline,
                         const tide_pipeline_config *other)
{
    static const char *const suffixes[] = {TIDE_REJECTS_SUFFIX, TIDE_LATE_SUFFIX};
    for (size_t i = 0; i < TIDE_COUNT_OF(suffixes); i++) {
        if (pipeline->sink.connection->kind != TIDE_CONNECTION_CSV &&
            same_table(&pipeline->sink, &other->sink, suffixes[i])) {
            tide_diagnostics_add(reader->diagnostics, pipeline->sink.mark,
                                 "table `%s` is where pipeline `%s` keeps what belongs to its "
                                 "table `%s`: choose another name",
                                 pipeline->sink.table, other->name, other->sink.table);
        }
    }
}

static bool is_engines(const char *table)
{
    const char *dot = strrchr(table, '.');
    return strncasecmp(dot != NULL ? dot + 1 : table, TIDE_ENGINE_PREFIX,
                       strlen(TIDE_ENGINE_PREFIX)) == 0;
}

static void check_engines(tide_config_reader *reader, const tide_pipeline_config *pipeline)
{
    if (pipeline->sink.table != NULL && is_engines(pipeline->sink.table)) {
        tide_diagnostics_add(reader->diagnostics, pipeline->sink.mark,
                             "table `%s`: names that begin with `" TIDE_ENGINE_PREFIX
                             "` are those of state and runs; choose another one",
                             pipeline->sink.table);
    }
}

/* Their states would be one table, or what they stage. */
static void check_names(tide_config_reader *reader, const tide_pipeline_config *first,
                        const tide_pipeline_config *later)
{
    if (!knows_case(&later->sink) && strcasecmp(first->name, later->name) == 0) {
        tide_diagnostics_add(
            reader->diagnostics, later->sink.mark,
            "pipeline `%s` and pipeline `%s` differ in case alone, which SQLite "
            "does not tell apart in the names of what it keeps of them: rename one",
            later->name, first->name);
    }
}

/* Only merges with the same key. */
static bool may_share(const tide_sink_config *a, const tide_sink_config *b)
{
    bool same = a->mode == TIDE_MERGE && b->mode == TIDE_MERGE && a->key.count == b->key.count;
    for (size_t i = 0; same && i < a->key.count; i++) {
        same = strcmp(a->key.items[i], b->key.items[i]) == 0;
    }
    return same;
}

void tide_config_check_tables(tide_config_reader *reader)
{
    const tide_project *project = reader->project;
    for (size_t i = 0; i < project->pipeline_count; i++) {
        const tide_pipeline_config *later = &project->pipelines[i];
        check_engines(reader, later);
        for (size_t k = 0; k < i; k++) {
            const tide_pipeline_config *first = &project->pipelines[k];
            if (!same_database(&first->sink, &later->sink)) {
                continue;
            }
            check_names(reader, first, later);
            check_beside(reader, first, later);
            check_beside(reader, later, first);
            if (same_table(&first->sink, &later->sink, "") &&
                !may_share(&first->sink, &later->sink)) {
                tide_diagnostics_add(reader->diagnostics, later->sink.mark,
                                     "table `%s` is written by pipeline `%s` too: only merges with "
                                     "the same key may share a table",
                                     later->sink.table, first->name);
            }
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "run/connect.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "sink/csv/csv_sink.h"
#include "sink/sqlite/sqlite_sink.h"
#include "source/file/file_source.h"

static tide_source_options source_options_of(const tide_pipeline *pipeline,
                                             const tide_connect_options *options)
{
    return (tide_source_options){
        .columns = {pipeline->specs, pipeline->spec_count},
        .layout = &pipeline->layout,
        .cancel = options->cancel,
        .budget = options->budget,
        .worker_count = options->worker_count,
        .batch_bytes = options->batch_bytes != 0 ? options->batch_bytes : TIDE_BATCH_BYTES_MAX,
    };
}

tide_es_options tide_es_options_of(const tide_connection *connection)
{
    return (tide_es_options){
        .urls = connection->hosts.items,
        .url_count = connection->hosts.count,
        .user = connection->user,
        .password = connection->password,
        .api_key = connection->api_key,
        .bearer_token = connection->bearer_token,
        .ca_file = connection->ca_file,
        .client_cert = connection->client_cert,
        .client_key = connection->client_key,
        .client_key_password = connection->client_key_password,
        .insecure = !connection->verify,
        .request_timeout_ms = connection->timeout_micros / 1000,
        .sends_max = connection->retries >= 0 ? (uint32_t)connection->retries + 1 : 0,
        .retry_pause_ms = connection->retry_pause_micros / 1000,
    };
}

static tide_code connect_elasticsearch(const tide_pipeline *pipeline,
                                       const tide_connect_options *options, tide_source **source,
                                       tide_error *err)
{
    const tide_source_config *config = &pipeline->config->source;
    tide_source_options shared = source_options_of(pipeline, options);
    tide_es_options es = tide_es_options_of(config->connection);
    es.compressed = config->compressed;
    es.indices = config->index.items;
    es.index_count = config->index.count;
    es.allow_empty = config->allow_empty;
    es.query = config->query;
    es.page_size = (uint32_t)config->page_size;
    es.slices = (uint32_t)config->slices;
    es.snapshot = config->pit ? TIDE_ES_PIT : TIDE_ES_SCROLL;
    es.keep_alive_ms = config->keep_alive_micros / 1000;
    return tide_es_source_open(&es, &shared, source, err);
}

/* Windows of files are smaller than usual where batches are. */
#define FILE_BUFFER_BYTES (512u << 10)

static tide_file_format file_format_of(const char *word)
{
    if (word == NULL) {
        return TIDE_FILE_BY_SUFFIX;
    }
    return strcmp(word, "csv") == 0 ? TIDE_FILE_CSV : TIDE_FILE_NDJSON;
}

static tide_code connect_files(const tide_pipeline *pipeline, const tide_connect_options *options,
                               tide_source **source, tide_error *err)
{
    const tide_source_config *config = &pipeline->config->source;
    tide_file_source_options files = {
        .source = source_options_of(pipeline, options),
        .directory = pipeline->project->directory,
        .patterns = config->files.items,
        .pattern_count = config->files.count,
        .format = file_format_of(config->format),
        .delimiter = config->delimiter != NULL ? config->delimiter[0] : '\0',
        .allow_empty = config->allow_empty,
        .rotated = config->rotated,
        .split_bytes = (uint64_t)config->split_bytes,
        .buffer_bytes = options->batch_bytes < FILE_BUFFER_BYTES ? options->batch_bytes : 0,
    };
    return tide_file_source_open(&files, source, err);
}

tide_code tide_connect_source(const tide_pipeline *pipeline, const tide_connect_options *options,
                              tide_source **source, tide_error *err)
{
    return pipeline->config->source.connection != NULL
               ? connect_elasticsearch(pipeline, options, source, err)
               : connect_files(pipeline, options, source, err);
}

const char *tide_project_resolve(const tide_project *project, const char *path, char *out,
                                 size_t out_bytes)
{
    if (path[0] == '/' || strcmp(project->directory, ".") == 0) {
        return path;
    }
    int length = snprintf(out, out_bytes, "%s/%s", project->directory, path);
    return length > 0 && (size_t)length < out_bytes ? out : path;
}

tide_postgres_options tide_postgres_options_of(const tide_connection *connection)
{
    return (tide_postgres_options){.conninfo = connection->hosts.items[0],
                                   .connection = connection->name};
}

static tide_code connect_postgres(const tide_pipeline *pipeline, const tide_connection *connection,
                                  tide_sink **sink, tide_error *err)
{
    tide_postgres_options options = tide_postgres_options_of(connection);
    return tide_postgres_sink_open(&options, &pipeline->target, sink, err);
}

static tide_code connect_sqlite(const tide_pipeline *pipeline, const tide_connection *connection,
                                tide_sink **sink, tide_error *err)
{
    char path[4096];
    tide_sqlite_options options = {
        .path =
            tide_project_resolve(pipeline->project, connection->hosts.items[0], path, sizeof path)};
    return tide_sqlite_sink_open(&options, &pipeline->target, sink, err);
}

static tide_code connect_csv(const tide_pipeline *pipeline, const tide_connection *connection,
                             tide_sink **sink, tide_error *err)
{
    char path[4096];
    tide_csv_options options = {
        .directory =
            tide_project_resolve(pipeline->project, connection->hosts.items[0], path, sizeof path)};
    return tide_csv_sink_open(&options, &pipeline->target, sink, err);
}

tide_code tide_connect_sink(const tide_pipeline *pipeline, tide_sink **sink, tide_error *err)
{
    static tide_code (*const kinds[])(const tide_pipeline *, const tide_connection *, tide_sink **,
                                      tide_error *) = {
        [TIDE_CONNECTION_POSTGRES] = connect_postgres,
        [TIDE_CONNECTION_SQLITE] = connect_sqlite,
        [TIDE_CONNECTION_CSV] = connect_csv,
    };
    const tide_connection *connection = pipeline->config->sink.connection;
    *sink = NULL;
    return connection == NULL ? TIDE_OK : kinds[connection->kind](pipeline, connection, sink, err);
}

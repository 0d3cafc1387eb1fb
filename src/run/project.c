/* SPDX-License-Identifier: Apache-2.0 */
#include "run/project.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/problem.h"
#include "run/config_reader.h"

#define PROJECT_BYTES_MAX (16u << 20)
/* With the longest pauses that is more than four hours. */
#define RETRIES_MAX 1000

static const char *const kind_words[] = {"elasticsearch", "postgres", "sqlite", "csv"};

/* A connection's key says its kind: elasticsearch: URL, postgres: CONNINFO, ... */
static void read_kind(tide_config_reader *reader, const tide_yaml *node,
                      tide_connection *connection, tide_connection_kind kind)
{
    if (connection->hosts.count > 0) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "a connection is of one kind: it is `%s` already",
                             kind_words[connection->kind]);
        return;
    }
    connection->kind = kind;
    tide_config_read_words(reader, node, &connection->hosts);
    if (kind != TIDE_CONNECTION_ELASTICSEARCH && connection->hosts.count > 1) {
        tide_diagnostics_add(reader->diagnostics, node->mark, "`%s` takes one text, not a list",
                             kind_words[kind]);
    }
}
static void read_elasticsearch(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    read_kind(reader, node, into, TIDE_CONNECTION_ELASTICSEARCH);
}
static void read_postgres(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    read_kind(reader, node, into, TIDE_CONNECTION_POSTGRES);
}
static void read_sqlite(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    read_kind(reader, node, into, TIDE_CONNECTION_SQLITE);
}
static void read_csv(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    read_kind(reader, node, into, TIDE_CONNECTION_CSV);
}
static void read_user(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_config_read_text(reader, node, &((tide_connection *)into)->user);
}
static void read_password(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_config_read_text(reader, node, &((tide_connection *)into)->password);
}
static void read_api_key(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_config_read_text(reader, node, &((tide_connection *)into)->api_key);
}
static void read_bearer_token(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_config_read_text(reader, node, &((tide_connection *)into)->bearer_token);
}
static void read_client_cert(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_config_read_text(reader, node, &((tide_connection *)into)->client_cert);
}
static void read_client_key(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_config_read_text(reader, node, &((tide_connection *)into)->client_key);
}
static void read_client_key_password(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_config_read_text(reader, node, &((tide_connection *)into)->client_key_password);
}
static void read_verify(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_config_read_bool(reader, node, &((tide_connection *)into)->verify);
}
static void read_ca_file(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_config_read_text(reader, node, &((tide_connection *)into)->ca_file);
}

static void read_timeout(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_config_read_duration(reader, node, &((tide_connection *)into)->timeout_micros);
}
static void read_retries(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_connection *connection = into;
    tide_config_read_count(reader, node, &connection->retries);
    if (connection->retries > RETRIES_MAX) {
        tide_diagnostics_add(reader->diagnostics, node->mark, "at most %d retries", RETRIES_MAX);
    }
}
static void read_retry_pause(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_config_read_duration(reader, node, &((tide_connection *)into)->retry_pause_micros);
}

static const tide_config_key connection_keys[] = {
    {"elasticsearch", read_elasticsearch, false},
    {"postgres", read_postgres, false},
    {"sqlite", read_sqlite, false},
    {"csv", read_csv, false},
    {"user", read_user, false},
    {"password", read_password, false},
    {"api_key", read_api_key, false},
    {"bearer_token", read_bearer_token, false},
    {"ca_file", read_ca_file, false},
    {"client_cert", read_client_cert, false},
    {"client_key", read_client_key, false},
    {"client_key_password", read_client_key_password, false},
    {"verify", read_verify, false},
    {"timeout", read_timeout, false},
    {"retries", read_retries, false},
    {"retry_pause", read_retry_pause, false},
};

static bool has_access(const tide_connection *connection)
{
    return connection->user || connection->password || connection->api_key ||
           connection->bearer_token || connection->ca_file || connection->client_cert ||
           connection->client_key || connection->client_key_password || !connection->verify;
}

static int count_credentials(const tide_connection *connection)
{
    return (connection->user != NULL) + (connection->api_key != NULL) +
           (connection->bearer_token != NULL);
}

static void check_connection(tide_config_reader *reader, const tide_yaml *node,
                             const tide_connection *connection)
{
    if (connection->hosts.count == 0) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "a connection needs one of `elasticsearch:`, `postgres:`, "
                             "`sqlite:`, `csv:`");
    } else if (connection->kind != TIDE_CONNECTION_ELASTICSEARCH && has_access(connection)) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "user, password, keys, tokens and certificates are for "
                             "`elasticsearch:`%s",
                             connection->kind == TIDE_CONNECTION_POSTGRES
                                 ? "; for postgres write them into its conninfo"
                                 : "");
    } else if (connection->kind != TIDE_CONNECTION_ELASTICSEARCH &&
               (connection->timeout_micros > 0 || connection->retries >= 0 ||
                connection->retry_pause_micros > 0)) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "timeout, retries and retry_pause are for `elasticsearch:`");
    } else if (connection->password != NULL && connection->user == NULL) {
        tide_diagnostics_add(reader->diagnostics, node->mark, "`password:` needs `user:`");
    } else if (connection->client_key != NULL && connection->client_cert == NULL) {
        tide_diagnostics_add(reader->diagnostics, node->mark, "`client_key:` needs `client_cert:`");
    } else if (count_credentials(connection) > 1) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "give one of `user:`, `api_key:` and `bearer_token:`");
    }
}

/* Relative paths start from where the project file lies. */
static void resolve_path(tide_config_reader *reader, const char **path)
{
    const char *directory = reader->project->directory;
    if (*path == NULL || (*path)[0] == '/' || directory == NULL || strcmp(directory, ".") == 0) {
        return;
    }
    *path = tide_arena_format(&reader->project->arena, "%s/%s", directory, *path);
    reader->diagnostics->failed = reader->diagnostics->failed || *path == NULL;
}

static void resolve_files(tide_config_reader *reader, tide_connection *connection)
{
    resolve_path(reader, &connection->ca_file);
    resolve_path(reader, &connection->client_cert);
    resolve_path(reader, &connection->client_key);
}

static void read_connection(tide_config_reader *reader, const tide_yaml *node,
                            tide_connection *connection)
{
    const tide_diagnostics *diagnostics = reader->diagnostics;
    size_t found_before = diagnostics->count;
    connection->retries = -1;
    connection->verify = true;
    if (tide_config_read_mapping(reader, node, connection_keys, TIDE_COUNT_OF(connection_keys),
                                 "a connection", connection)) {
        check_connection(reader, node, connection);
        resolve_files(reader, connection);
    }
    connection->is_sound =
        !node->is_incomplete && diagnostics->count == found_before && !diagnostics->failed;
}

static void read_connections(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_project *project = into;
    if (node->kind != TIDE_YAML_MAPPING) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "connections are written as `name: {postgres: ...}`");
        return;
    }
    project->connections = tide_config_alloc(reader, node->count, sizeof *project->connections);
    for (size_t i = 0; project->connections != NULL && i < node->count; i++) {
        tide_connection *connection = &project->connections[project->connection_count++];
        connection->name = node->keys[i]->text;
        connection->mark = node->keys[i]->mark;
        read_connection(reader, node->values[i], connection);
    }
}

static void read_nothing(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    (void)reader;
    (void)node;
    (void)into;
}

/* Pipelines refer to connections, so those are read first wherever they stand in the file. */
static void read_root(tide_config_reader *reader, const tide_yaml *root)
{
    static const tide_config_key first[] = {{"connections", read_connections, false},
                                            {"pipelines", read_nothing, true}};
    if (!tide_config_read_mapping(reader, root, first, TIDE_COUNT_OF(first), "a project file",
                                  reader->project)) {
        return;
    }
    const tide_yaml *pipelines = tide_yaml_get(root, "pipelines");
    if (pipelines != NULL) {
        tide_config_read_pipelines(reader, pipelines, reader->project);
    }
}

static tide_code read_file(const char *path, tide_text *text, tide_error *err)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return TIDE_FAIL_ERRNO(err, TIDE_E_PROJECT_UNREADABLE, errno,
                               "can't open the project file %s (-f FILE names another)", path);
    }
    char buffer[8192];
    while (!feof(file) && !ferror(file) && text->size <= PROJECT_BYTES_MAX) {
        size_t n = fread(buffer, 1, sizeof buffer, file);
        tide_text_append_str(text, (tide_str){buffer, n});
    }
    tide_code code = TIDE_OK;
    if (ferror(file)) {
        code = TIDE_FAIL_ERRNO(err, TIDE_E_PROJECT_UNREADABLE, errno,
                               "can't read the project file %s", path);
    } else if (text->size > PROJECT_BYTES_MAX) {
        code = TIDE_FAIL(err, TIDE_E_PROJECT_UNREADABLE, "the project file %s is larger than 16 MB",
                         path);
    } else if (tide_text_failed(text)) {
        code = TIDE_FAIL_MEMORY(err, "reading the project file");
    }
    (void)fclose(file);
    return code;
}

static const char *directory_of(tide_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return ".";
    }
    return slash == path ? "/"
                         : tide_arena_copy_str(arena, (tide_str){path, (size_t)(slash - path)});
}

static tide_code parse(tide_project *project, tide_str text, tide_diagnostics *diagnostics,
                       tide_error *err)
{
    const tide_yaml *root;
    tide_config_reader reader = {project, diagnostics};
    tide_yaml_expander expander = {&reader, tide_config_expand};
    TIDE_TRY(tide_yaml_parse_expanded(text, project->path, &project->arena, &expander, &root, err));
    if (root == NULL) {
        return TIDE_FAIL(err, TIDE_E_FINDINGS, "%s is empty: it needs `pipelines:`", project->path);
    }
    read_root(&reader, root);
    return tide_diagnostics_raise(diagnostics, err);
}

tide_code tide_project_load(tide_project *project, const char *path, tide_diagnostics *diagnostics,
                            tide_error *err)
{
    *project = (tide_project){0};
    tide_arena_init(&project->arena);
    project->path = tide_arena_copy_string(&project->arena, path);
    project->directory = directory_of(&project->arena, path);
    if (project->path == NULL || project->directory == NULL) {
        return TIDE_FAIL_MEMORY(err, "reading the project file");
    }
    tide_text text;
    tide_text_init(&text);
    tide_code code = read_file(path, &text, err);
    if (code == TIDE_OK) {
        code = parse(project, (tide_str){tide_text_c(&text), text.size}, diagnostics, err);
    }
    tide_text_clear(&text);
    return code;
}

void tide_project_clear(tide_project *project)
{
    tide_arena_clear(&project->arena);
}

const tide_pipeline_config *tide_project_find(const tide_project *project, const char *name)
{
    for (size_t i = 0; i < project->pipeline_count; i++) {
        if (strcmp(project->pipelines[i].name, name) == 0) {
            return &project->pipelines[i];
        }
    }
    return NULL;
}

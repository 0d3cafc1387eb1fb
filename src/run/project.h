/* SPDX-License-Identifier: Apache-2.0 */
/* Project: what a project file says, read and checked word by word, before anything is opened.
 *
 * Loading finds every unknown key, bad value and unknown connection at once (run/diagnostics.h).
 * What needs types and zones - columns, expressions, scripts - is checked when a pipeline is bound
 * (run/pipeline.h). ${NAME} in any scalar is replaced from the environment (never printed again).
 * Everything lives in the project's arena; immutable after loading, shared by threads.
 */
#ifndef TIDE_RUN_PROJECT_H
#define TIDE_RUN_PROJECT_H

#include "flow/sink.h"
#include "record/mask.h"
#include "run/yaml.h"

typedef enum tide_connection_kind {
    TIDE_CONNECTION_ELASTICSEARCH = 0,
    TIDE_CONNECTION_POSTGRES,
    TIDE_CONNECTION_SQLITE,
    TIDE_CONNECTION_CSV
} tide_connection_kind;

/* A list of words with the place of each. */
typedef struct tide_words {
    const char **items;
    tide_mark *marks;
    size_t count;
} tide_words;

typedef struct tide_connection {
    const char *name;
    tide_mark mark;
    tide_connection_kind kind;
    tide_words hosts; /* elasticsearch: URLs; others: one word: conninfo, path, directory */
    const char *user, *password, *api_key, *bearer_token;
    const char *ca_file, *client_cert, *client_key; /* paths, resolved */
    const char *client_key_password;
    bool verify;                /* the server's certificate */
    bool is_sound;              /* nothing was found wrong with it: it can be connected to */
    int64_t timeout_micros;     /* 0 = default */
    int64_t retries;            /* -1 = default */
    int64_t retry_pause_micros; /* 0 = default */
} tide_connection;

typedef struct tide_source_config {
    tide_mark mark;
    const tide_connection *connection; /* NULL: files */
    tide_words index;
    const char *query;         /* JSON, or NULL */
    int64_t page_size, slices; /* 0 = default */
    int64_t keep_alive_micros; /* 0 = default */
    bool pit;
    bool compressed; /* ask the server for gzip answers */
    tide_words files;
    const char *format; /* "ndjson", "csv", or NULL = by suffix */
    const char *delimiter;
    int64_t split_bytes; /* 0 = default */
    bool allow_empty;
    bool registry; /* of files: kept also where it is not by itself */
    bool rotated;  /* files: names are given on */
} tide_source_config;

typedef struct tide_mask_config {
    tide_mask_kind kind;
    tide_mark mark;
    const char *key;      /* hash: never printed or recorded */
    const char *truncate; /* as it is written */
    tide_mark truncate_mark;
} tide_mask_config;

typedef struct tide_column_config {
    const char *name;
    tide_mark mark;
    const char *type;
    tide_mark type_mark;
    const char *from; /* NULL = name */
    const char *format;
    const char *zone;
    const char *array;
    const char *default_text; /* NULL = none */
    bool required, truncate, malformed_is_null;
    tide_mask_config mask;
} tide_column_config;

typedef struct tide_columns_config {
    tide_column_config *items;
    size_t count;
} tide_columns_config;

typedef enum tide_step_kind {
    TIDE_STEP_WHERE = 0,
    TIDE_STEP_DERIVE,
    TIDE_STEP_KEEP,
    TIDE_STEP_LUA
} tide_step_kind;

typedef struct tide_named_text {
    const char *name;
    const char *text; /* expression or type */
    const char *type; /* derive: declared type or NULL */
    const char *from; /* output: "series", "day" or NULL */
    tide_mark mark;
} tide_named_text;

typedef struct tide_named_texts {
    tide_named_text *items;
    size_t count;
} tide_named_texts;

typedef struct tide_step_config {
    tide_step_kind kind;
    tide_mark mark;
    const char *text;         /* where: expression; keep: newest | oldest; lua: path */
    tide_words by;            /* keep */
    tide_named_texts derived; /* derive */
    tide_named_texts state;   /* lua: name and type */
    tide_named_texts output;  /* lua */
    bool int64_exact;
} tide_step_config;

typedef struct tide_sink_config {
    tide_mark mark;
    const tide_connection *connection; /* NULL: discard */
    bool discard;
    bool again_append;
    const char *table;
    tide_sink_mode mode;
    tide_words key;
    const char *newest;
    tide_mark newest_mark;
} tide_sink_config;

typedef enum tide_late_rule { TIDE_LATE_REPORT = 0, TIDE_LATE_FAIL, TIDE_LATE_DROP } tide_late_rule;

typedef struct tide_pipeline_config {
    const char *name;
    tide_mark mark;
    tide_source_config source;
    tide_columns_config columns;
    tide_words series;
    const char *time;
    tide_mark time_mark;
    const char *timezone;
    tide_mark timezone_mark;
    tide_words tie;
    tide_late_rule late;
    int64_t grace_micros;
    int64_t max_future_micros; /* -1 = none */
    const char *cursor;        /* NULL = none */
    tide_mark cursor_mark;
    int64_t lag_micros; /* -1 = default */
    const char *until;
    tide_mark until_mark;
    int64_t max_rejects;
    int64_t max_day_bytes;
    int64_t unit_rows, unit_bytes, unit_seconds; /* 0 = default */
    int64_t partitions;                          /* 0 = chosen by the plan */
    tide_step_config *steps;
    size_t step_count;
    tide_sink_config sink;
} tide_pipeline_config;

typedef struct tide_project {
    tide_arena arena;
    const char *path;      /* of the project file, as given */
    const char *directory; /* that relative paths start from */
    tide_connection *connections;
    size_t connection_count;
    tide_pipeline_config *pipelines;
    size_t pipeline_count;
    bool has_masks; /* a column of some pipeline is masked */
} tide_project;

/* Reads the file. On any finding: bad_config, with the findings in `diagnostics` (initialised by
 * the caller); what could be read is there nevertheless, of use are connections that are sound. The
 * project is to be cleared in either case. */
TIDE_MUST_CHECK tide_code tide_project_load(tide_project *project, const char *path,
                                            tide_diagnostics *diagnostics, tide_error *err);
void tide_project_clear(tide_project *project);
/* Of the files that are read; without one every run reads all. */
bool tide_config_keeps_registry(const tide_pipeline_config *pipeline);
const tide_pipeline_config *tide_project_find(const tide_project *project, const char *name);

/* "5 min", "90s", "2h", "1 day" in microseconds; "64 MB", "1GiB", "4096" in bytes. */
bool tide_parse_duration(const char *text, int64_t *micros);
bool tide_parse_size(const char *text, int64_t *bytes);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Connect: makes the source and the sink of a pipeline, by the kind of its connections. A new kind
 * is one function and one row in connect.c. */
#ifndef TIDE_RUN_CONNECT_H
#define TIDE_RUN_CONNECT_H

#include "run/pipeline.h"
#include "sink/postgres/postgres_sink.h"
#include "source/elasticsearch/elasticsearch_source.h"

/* What the run shares with its source; borrowed for the source's life. */
typedef struct tide_connect_options {
    tide_cancel *cancel;
    tide_budget *budget;
    unsigned worker_count;
    size_t batch_bytes; /* 0 = the usual */
} tide_connect_options;

/* Owned by the caller: source->vtable->close. */
TIDE_MUST_CHECK tide_code tide_connect_source(const tide_pipeline *pipeline,
                                              const tide_connect_options *options,
                                              tide_source **source, tide_error *err);
/* NULL for a pipeline that discards. pipeline->target is borrowed for the sink's life. */
TIDE_MUST_CHECK tide_code tide_connect_sink(const tide_pipeline *pipeline, tide_sink **sink,
                                            tide_error *err);

/* What a connection says by itself; strings are borrowed from it. */
tide_es_options tide_es_options_of(const tide_connection *connection);
tide_postgres_options tide_postgres_options_of(const tide_connection *connection);
/* Paths in the project file start from where it lies. `out` is used where that changes them; a path
 * that does not fit stays as it is. */
const char *tide_project_resolve(const tide_project *project, const char *path, char *out,
                                 size_t out_bytes);

#endif

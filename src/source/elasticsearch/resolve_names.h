/* SPDX-License-Identifier: Apache-2.0 */
/* Resolve names: which concrete indices names, patterns, aliases and data streams stand for; the
 * first part of tide_es_indices_resolve. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_RESOLVE_NAMES_H
#define TIDE_SOURCE_ELASTICSEARCH_RESOLVE_NAMES_H

#include "source/elasticsearch/indices.h"
#include "source/elasticsearch/refusal.h"

typedef struct tide_es_resolver {
    tide_es_indices *indices;
    const tide_es_server *server;
    tide_http *http;
    tide_http_answer *answer;
    tide_arena arena;      /* of the answers */
    const char **patterns; /* that are looked for; arena */
    size_t pattern_count;
} tide_es_resolver;

TIDE_MUST_CHECK tide_code tide_es_resolver_ask(tide_es_resolver *resolver, const char *path,
                                               const tide_json_node **root,
                                               tide_es_refusal *refusal, tide_error *err);

/* Fills the indices' names, sorted. *root: the server's answer; NULL when nothing was left to be
 * asked for. */
TIDE_MUST_CHECK tide_code tide_es_resolve_names(tide_es_resolver *resolver,
                                                const char *const *patterns, size_t pattern_count,
                                                const tide_json_node **root, tide_error *err);

#endif

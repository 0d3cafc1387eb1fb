/* SPDX-License-Identifier: Apache-2.0 */
/* Indices: the concrete open indices behind names, patterns, aliases and data streams, with what a
 * plan needs of each. A handful of requests, whatever the number of shards:
 *
 *   _resolve/index/EXPRESSION   names, aliases and data streams that match (EXPRESSION/_alias where
 *                               the server is older than that)
 *   _alias/NAMES                only where an index is reached through an alias alone
 *   _cat/indices/NAMES          uuid, shards, documents, bytes (_settings where that is forbidden)
 *   NAMES/_mapping              only the configuration of _source
 *
 * An index that is reached under its own name, or as part of a data stream, is read whole. One
 * reached through aliases alone keeps their filters (any of them) and routing. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_INDICES_H
#define TIDE_SOURCE_ELASTICSEARCH_INDICES_H

#include "source/elasticsearch/server.h"

typedef struct tide_es_index {
    const char *name;
    const char *uuid;
    uint32_t shard_count;
    uint64_t document_count; /* estimates: nested documents count too */
    uint64_t byte_count;
    const char *filter;  /* JSON text of the aliases' filters, or NULL */
    const char *routing; /* of the aliases, or NULL */
    bool whole;          /* reached otherwise than through aliases */
    bool closed;
} tide_es_index;

typedef struct tide_es_indices {
    tide_arena arena;     /* owns all strings */
    tide_es_index *items; /* owned; sorted by name, by bytes */
    size_t count;
    size_t capacity;
    bool allow_empty; /* set by the caller: names and patterns may match nothing */
    bool has_types;   /* the server's mappings stand under the name of a type, unless told not to */
} tide_es_indices;

void tide_es_indices_init(tide_es_indices *indices);
void tide_es_indices_clear(tide_es_indices *indices);

/* bad_config when a name does not exist (with the nearest one that does) or nothing matches, unless
 * that is allowed, and when an index is closed. */
TIDE_MUST_CHECK tide_code tide_es_indices_resolve(tide_es_indices *indices,
                                                  const tide_es_server *server, tide_http *http,
                                                  tide_http_answer *answer,
                                                  const char *const *patterns, size_t pattern_count,
                                                  tide_error *err);
/* NULL when there is none. */
tide_es_index *tide_es_indices_find(const tide_es_indices *indices, const char *name);

/* A call per group of indices whose names fit one request line: path is "PREFIX" names "SUFFIX".
 * Where the suffix asks for mappings, old servers are asked to leave the names of types out. */
typedef tide_code (*tide_es_group_visit)(void *context, const char *path, tide_error *err);
TIDE_MUST_CHECK tide_code tide_es_indices_in_groups(const tide_es_indices *indices,
                                                    const char *prefix, const char *suffix,
                                                    tide_es_group_visit visit, void *context,
                                                    tide_error *err);
/* Appends text with everything escaped that may not stand in a path; `*` and `,` stay. */
void tide_es_append_escaped(tide_text *out, const char *text);

#endif

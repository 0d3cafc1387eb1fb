/* SPDX-License-Identifier: Apache-2.0 */
/* Elasticsearch source: reads indices of Elasticsearch (6.8 and later) and OpenSearch (1 and
 * later) slice by slice. Nothing is refused by version; what a server lacks is said where it is
 * asked for.
 *
 * Members are the concrete indices behind names, wildcards, aliases and data streams; an alias'
 * filter and routing are kept. Each index is read in splits:
 *
 *   snapshot     splits of an index of 4 shards                 one instant?
 *   scroll       "uses slice 1/4" .. "uses slice 4/4"           per slice
 *   pit          8 (a multiple of the shards)                   per index
 *
 * A scroll slice is the shards s with s % slices == slice, chosen by shard (one search context for
 * each shard, not for each slice and shard). A context lives for keep_alive from one request to the
 * next, and one page is asked for ahead: a consumer that is away for longer than keep_alive calls
 * next_aside meanwhile, or loses its scroll, and the split starts anew.
 *
 * The rows of an attempt are those of one context: no request that may have moved it is sent twice,
 * the number of rows must be the total that the server gave, and positions must grow from page to
 * page. Whatever does not fit is remote_retry.
 */
#ifndef TIDE_SOURCE_ELASTICSEARCH_ELASTICSEARCH_SOURCE_H
#define TIDE_SOURCE_ELASTICSEARCH_ELASTICSEARCH_SOURCE_H

#include "flow/findings.h"
#include "flow/source.h"

typedef enum tide_es_snapshot {
    TIDE_ES_SCROLL = 0,
    TIDE_ES_PIT /* one instant for all slices of an index */
} tide_es_snapshot;

/* NULL or 0 = the default. All strings are copied by open. */
typedef struct tide_es_options {
    const char *const
        *urls;        /* "https://host:9200/prefix"; "https://user:password@host" works too */
    size_t url_count; /* at least 1; readers are spread over them, a host that fails is avoided */
    const char *user;
    const char *password;
    const char *api_key; /* the encoded form, as given by the server ("id:key" in base64) */
    const char *bearer_token;
    const char *ca_file;     /* PEM; default the system's */
    const char *client_cert; /* PEM */
    const char *client_key;  /* PEM; default in the file of client_cert */
    const char *client_key_password;
    bool insecure;   /* true: the server's certificate is not checked */
    bool compressed; /* ask for gzip: for thin links, it costs the server twice the time */
    const char *const *indices; /* names, patterns, "-pattern", aliases, data streams */
    size_t index_count;         /* at least 1 */
    bool allow_empty;           /* a name or pattern that matches nothing is fine */
    const char *query;          /* JSON text of the query clause; default all documents */
    uint32_t page_size;         /* default by document size: at most 1500 (scroll), 8192 (pit) */
    uint32_t slices;            /* per index; default the shards (scroll); more than shards: pit */
    tide_es_snapshot snapshot;
    int64_t keep_alive_ms;      /* default 5 min */
    int64_t connect_timeout_ms; /* default 10 s */
    int64_t request_timeout_ms; /* default 2 min; without a byte for that long a request fails */
    uint32_t sends_max;         /* of a request that is refused in passing; default 6 */
    int64_t retry_pause_ms;     /* default 250; doubles with each repetition of a refused request */
    size_t answer_bytes_max;    /* default 192 MB; a larger page makes the next attempt's smaller */
} tide_es_options;

/* Checks the options, connects nowhere. bad_config names the option. The source is owned by the
 * caller: source->vtable->close(source). */
TIDE_MUST_CHECK tide_code tide_es_source_open(const tide_es_options *options,
                                              const tide_source_options *source_options,
                                              tide_source **source, tide_error *err);

/* One field of the mappings of all members. */
typedef struct tide_es_field {
    const char *path;        /* "payment.amount" */
    const char *type;        /* "keyword", "date", ... of the first index that has it */
    const char *other_type;  /* another index' differing type, or NULL */
    const char *other_index; /* that index */
    const char *format;      /* dates: the mapping's format, or NULL */
} tide_es_field;

typedef struct tide_es_fields {
    tide_arena arena;     /* owns all */
    tide_es_field *items; /* sorted by path */
    size_t count;
    size_t capacity;
    const char *source_disabled; /* an index that keeps no _source, or NULL */
    const char *source_filtered; /* an index that keeps part of it (includes, excludes), or NULL */
} tide_es_fields;

/* Reads the mapped fields of `source` (made by tide_es_source_open). Clear them in any case. */
TIDE_MUST_CHECK tide_code tide_es_source_fields(tide_source *source, tide_es_fields *fields,
                                                tide_error *err);
/* Looks at each host: server, health, clock, open contexts. Reads no document; takes the options'
 * indices for nothing. */
void tide_es_probe(const tide_es_options *options, const tide_cancel *cancel,
                   tide_findings *findings);

void tide_es_fields_init(tide_es_fields *fields);
void tide_es_fields_clear(tide_es_fields *fields);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Source state: what readers share. Written while the source is planned, read-only afterwards but
 * for what guards itself. Not for other rooms. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_SOURCE_STATE_H
#define TIDE_SOURCE_ELASTICSEARCH_SOURCE_STATE_H

#include "source/elasticsearch/contexts.h"
#include "source/elasticsearch/snapshot.h"
#include "source/elasticsearch/typing.h"

/* A context that could not be closed when it should have been: the end of the source tries again.
 */
typedef struct tide_es_leftover {
    char *id; /* owned */
    bool pit;
    struct tide_es_leftover *next;
} tide_es_leftover;

typedef struct tide_es_source {
    tide_source base;
    tide_arena arena; /* owns the option strings below */
    tide_http_settings settings;
    tide_source_options engine; /* borrowed pointers */
    const char **patterns;
    size_t pattern_count;
    bool allow_empty;
    const char *query;
    uint32_t page_size; /* 0 = by document size */
    uint32_t slices;    /* 0 = by shards */
    tide_es_snapshot snapshot;
    int64_t keep_alive_ms;
    bool wants_seq_no, wants_version;

    /* From plan. */
    tide_es_server server;
    tide_es_indices indices;          /* index i is member i */
    tide_es_typing typing;            /* of member i */
    bool *uses_pit;                   /* by member; owned */
    tide_es_snapshot_slot *snapshots; /* by member; owned */
    tide_atomic *page_shifts;         /* by split: how often its pages were halved; owned */
    size_t split_count;

    tide_es_contexts contexts;
    tide_atomic connection_count; /* made so far: spreads them over the urls */
    tide_mutex idle_guard;
    tide_http **idle; /* owned: connections that readers left behind, for the next ones */
    size_t idle_count, idle_capacity;
    tide_mutex leftover_guard;
    tide_es_leftover *leftovers;
} tide_es_source;

/* Closes a scroll or PIT with a short timeout, also when cancelled; what fails is kept for the end
 * of the source. Never fails. */
void tide_es_source_close_context(tide_es_source *source, tide_http *http, tide_http_answer *answer,
                                  tide_str id, bool pit);

/* A connection for a reader, which may be one that is open already; to be returned. */
TIDE_MUST_CHECK tide_code tide_es_source_take_http(tide_es_source *source, tide_http **http,
                                                   tide_error *err);
void tide_es_source_return_http(tide_es_source *source, tide_http *http);
void tide_es_source_destroy_idle(tide_es_source *source);

/* A reader of one slice; see flow/source.h. */
TIDE_MUST_CHECK tide_code tide_es_reader_open(tide_es_source *source, const tide_split *split,
                                              uint32_t split_number, tide_reader **reader,
                                              tide_error *err);

/* The vtable's plan, verify and check. */
TIDE_MUST_CHECK tide_code tide_es_verify(tide_source *source, const tide_source_plan *plan,
                                         tide_error *err);
TIDE_MUST_CHECK tide_code tide_es_plan(tide_source *source, const tide_plan_request *request,
                                       tide_source_plan *plan, tide_error *err);
TIDE_MUST_CHECK tide_code tide_es_check(tide_source *source, tide_text *notes, tide_error *err);

/* Appends the fields of all indices' mappings. */
TIDE_MUST_CHECK tide_code tide_es_fields_read(tide_es_fields *fields,
                                              const tide_es_indices *indices, tide_http *http,
                                              tide_http_answer *answer, tide_error *err);
const tide_es_field *tide_es_fields_find(const tide_es_fields *fields, const char *path);

#endif

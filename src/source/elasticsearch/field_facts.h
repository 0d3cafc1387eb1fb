/* SPDX-License-Identifier: Apache-2.0 */
/* Field facts: what the mappings of the indices say of the wanted paths, index by index. Asked for
 * by name, since whole mappings can be megabytes:
 *
 *   NAMES/_mapping/field/PATHS   the paths, what stands above them, and what aliases stand for
 *   NAMES/_mapping/field/...   only what is copied to another field
 *   NAMES/_mapping               only _source and runtime fields
 */
#ifndef TIDE_SOURCE_ELASTICSEARCH_FIELD_FACTS_H
#define TIDE_SOURCE_ELASTICSEARCH_FIELD_FACTS_H

#include "record/column_spec.h"
#include "source/elasticsearch/indices.h"

typedef struct tide_es_fact {
    const char *path;
    const tide_json_node *mapping; /* {"type": "keyword", ...}; of a copy_to: the source's name */
    struct tide_es_fact *next;
} tide_es_fact;

/* What is known of one index. Nodes without `raw`: the answers are gone. */
typedef struct tide_es_index_facts {
    tide_es_fact *fields;          /* leaves: objects are not among them */
    tide_es_fact *copies;          /* path: the field that gets values; mapping->key: from where */
    const tide_json_node *source;  /* the configuration of _source, or NULL */
    const tide_json_node *runtime; /* its members are the runtime fields, or NULL */
} tide_es_index_facts;

typedef struct tide_es_facts {
    tide_arena arena;
    tide_es_index_facts *indices; /* by the number of the index; arena */
    const char **paths;           /* that are asked for; owned */
    size_t path_count, path_capacity;
    size_t asked_count; /* of paths */
} tide_es_facts;

void tide_es_facts_init(tide_es_facts *facts);
void tide_es_facts_clear(tide_es_facts *facts);
TIDE_MUST_CHECK tide_code tide_es_facts_read(tide_es_facts *facts, const tide_es_indices *indices,
                                             tide_column_specs columns, tide_http *http,
                                             tide_http_answer *answer, tide_error *err);

/* The mapping of a leaf, or NULL. */
const tide_json_node *tide_es_fact_of(const tide_es_index_facts *index, const char *path);
/* The field whose values are copied to `path`, or NULL. */
const char *tide_es_fact_copied_from(const tide_es_index_facts *index, const char *path);
/* Of a list of steps with dots between: calls for each proper beginning, the longest first, until
 * one returns true. */
typedef bool (*tide_es_parent_visit)(void *context, const char *parent, const char *rest);
bool tide_es_visit_parents(const char *path, tide_es_parent_visit visit, void *context);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Flattened: a field that is mapped as flattened or flat_object holds objects whose keys have no
 * mapping of their own, but are fields all the same: `labels.env`, `labels.a.b`, or by an alias of
 * `labels`. One key may go on where another ends: {"a": 1, "a.b": 2} has both. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_FLATTENED_H
#define TIDE_SOURCE_ELASTICSEARCH_FLATTENED_H

#include "source/elasticsearch/field_facts.h"

typedef struct tide_es_key {
    const tide_json_node *mapping; /* of the flattened field above it; NULL: it is no such key */
    const char *type;              /* "key of flattened", "key of flat_object" */
    const char *path;              /* in the documents; borrowed, or in the arena */
} tide_es_key;

TIDE_MUST_CHECK tide_code tide_es_key_find(const tide_es_index_facts *facts, const char *path,
                                           tide_arena *arena, tide_es_key *key, tide_error *err);
bool tide_es_is_key_type(const char *type);

#endif

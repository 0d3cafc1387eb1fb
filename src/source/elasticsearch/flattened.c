/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/flattened.h"

#include <string.h>

static const char *const types[] = {"flattened", "flat_object"};
static const char *const key_types[] = {"key of flattened", "key of flat_object"};
#define TYPE_COUNT (sizeof types / sizeof *types)

typedef struct search {
    const tide_es_index_facts *facts;
    tide_es_key *key;
    const char *field, *rest; /* of the key: what is mapped, and what is below it */
} search;

static const char *option(const tide_json_node *mapping, const char *name)
{
    return tide_json_text(tide_json_member(mapping, name));
}

static bool enter_parent(void *context, const char *parent, const char *rest)
{
    search *s = context;
    const tide_json_node *mapping = tide_es_fact_of(s->facts, parent);
    const char *type = option(mapping, "type");
    const char *target = option(mapping, "path");
    if (type != NULL && target != NULL && strcmp(type, "alias") == 0) {
        mapping = tide_es_fact_of(s->facts, target);
        type = option(mapping, "type");
        s->field = target;
    } else {
        s->field = NULL;
    }
    s->rest = rest;
    for (size_t i = 0; type != NULL && i < TYPE_COUNT; i++) {
        if (strcmp(type, types[i]) == 0) {
            s->key->mapping = mapping;
            s->key->type = key_types[i];
        }
    }
    return mapping != NULL;
}

tide_code tide_es_key_find(const tide_es_index_facts *facts, const char *path, tide_arena *arena,
                           tide_es_key *key, tide_error *err)
{
    search s = {.facts = facts, .key = key};
    *key = (tide_es_key){.path = path};
    (void)tide_es_visit_parents(path, enter_parent, &s);
    if (key->mapping != NULL && s.field != NULL) {
        key->path = tide_arena_format(arena, "%s.%s", s.field, s.rest);
    }
    return key->path != NULL ? TIDE_OK : TIDE_FAIL_MEMORY(err, "the typed columns");
}

bool tide_es_is_key_type(const char *type)
{
    return strcmp(type, key_types[0]) == 0 || strcmp(type, key_types[1]) == 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/alias.h"

#include <string.h>

/* What is known so far of one index. */
typedef struct gathered {
    tide_text filter;  /* JSON texts joined by commas */
    tide_text routing; /* values joined by commas */
    size_t alias_count;
    bool unfiltered, unrouted;
} gathered;

static bool needs_aliases(const tide_es_indices *indices)
{
    bool needs = false;
    for (size_t i = 0; i < indices->count; i++) {
        needs = needs || !indices->items[i].whole;
    }
    return needs;
}

static tide_code ask(tide_http *http, tide_http_answer *answer, const tide_json_node *aliases,
                     tide_arena *arena, const tide_json_node **root, tide_error *err)
{
    tide_text path;
    tide_text_init(&path);
    tide_text_append(&path, "/_alias/");
    for (const tide_json_node *at = aliases->first_child; at != NULL; at = at->next) {
        const char *name = tide_json_text(tide_json_member(at, "name"));
        tide_text_append(&path, at == aliases->first_child ? "" : ",");
        tide_es_append_escaped(&path, name != NULL ? name : "");
    }
    tide_http_request request = {.method = "GET", .path = tide_text_c(&path), .repeatable = true};
    tide_code code = tide_text_failed(&path)
                         ? TIDE_FAIL_MEMORY(err, "a request")
                         : tide_es_ask(http, &request, answer, arena, root, NULL, err);
    tide_text_clear(&path);
    return code;
}

/* Aliases of a data stream stand under its name: its backing indices are .ds-NAME-DATE-NUMBER. */
static bool belongs_to(const char *key, const char *index)
{
    size_t size = strlen(key);
    return strcmp(key, index) == 0 ||
           (strncmp(index, ".ds-", 4) == 0 && strncmp(index + 4, key, size) == 0 &&
            index[4 + size] == '-');
}

static void gather_alias(gathered *g, const tide_json_node *alias)
{
    const tide_json_node *filter = tide_json_member(alias, "filter");
    const char *routing = tide_json_text(tide_json_member(alias, "search_routing"));
    g->unfiltered = g->unfiltered || filter == NULL;
    g->unrouted = g->unrouted || routing == NULL;
    if (filter != NULL) {
        tide_text_append(&g->filter, g->filter.size > 0 ? "," : "");
        tide_text_append_str(&g->filter, filter->raw);
    }
    if (routing != NULL) {
        tide_text_append(&g->routing, g->routing.size > 0 ? "," : "");
        tide_text_append(&g->routing, routing);
    }
    g->alias_count++;
}

static tide_code conclude(tide_es_indices *indices, tide_es_index *index, gathered *g,
                          tide_error *err)
{
    if (g->alias_count == 0) {
        return TIDE_FAIL(err, TIDE_REMOTE,
                         "index `%s` was reached through an alias, but the server does not tell "
                         "which filter that alias has; name the index itself",
                         index->name);
    }
    if (!g->unfiltered) {
        index->filter = tide_arena_format(&indices->arena, "{\"bool\":{\"should\":[%s]}}",
                                          tide_text_c(&g->filter));
    }
    if (!g->unrouted) {
        index->routing = tide_arena_copy_string(&indices->arena, tide_text_c(&g->routing));
    }
    bool failed = tide_text_failed(&g->filter) || tide_text_failed(&g->routing) ||
                  (!g->unfiltered && index->filter == NULL) ||
                  (!g->unrouted && index->routing == NULL);
    return failed ? TIDE_FAIL_MEMORY(err, "the filters of aliases") : TIDE_OK;
}

static tide_code apply_to(tide_es_indices *indices, tide_es_index *index,
                          const tide_json_node *root, tide_error *err)
{
    gathered g = {.alias_count = 0};
    tide_text_init(&g.filter);
    tide_text_init(&g.routing);
    for (const tide_json_node *at = root->first_child; at != NULL; at = at->next) {
        const tide_json_node *aliases = tide_json_member(at, "aliases");
        if (at->key == NULL || aliases == NULL || !belongs_to(at->key, index->name)) {
            continue;
        }
        for (const tide_json_node *alias = aliases->first_child; alias != NULL;
             alias = alias->next) {
            gather_alias(&g, alias);
        }
    }
    tide_code code = conclude(indices, index, &g, err);
    tide_text_clear(&g.filter);
    tide_text_clear(&g.routing);
    return code;
}

tide_code tide_es_aliases_apply(tide_es_indices *indices, const tide_json_node *resolved,
                                tide_http *http, tide_http_answer *answer, tide_error *err)
{
    const tide_json_node *aliases = tide_json_member(resolved, "aliases");
    if (!needs_aliases(indices) || aliases == NULL) {
        return TIDE_OK;
    }
    const tide_json_node *root = NULL;
    tide_arena arena;
    tide_arena_init(&arena);
    tide_code code = ask(http, answer, aliases, &arena, &root, err);
    for (size_t i = 0; i < indices->count && code == TIDE_OK; i++) {
        if (!indices->items[i].whole) {
            code = apply_to(indices, &indices->items[i], root, err);
        }
    }
    tide_arena_clear(&arena);
    return code;
}

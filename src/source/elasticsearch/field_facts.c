/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/field_facts.h"

#include <string.h>

#include "base/memory.h"

/* Of a request line, beside the names of the indices. */
#define PATHS_BYTES_MAX 400

/* A longer path is read as it is written. */
#define PATH_BYTES_MAX 1000

typedef struct asker {
    tide_es_facts *facts;
    const tide_es_indices *indices;
    tide_http *http;
    tide_http_answer *answer;
} asker;

void tide_es_facts_init(tide_es_facts *facts)
{
    memset(facts, 0, sizeof *facts);
    tide_arena_init(&facts->arena);
}

void tide_es_facts_clear(tide_es_facts *facts)
{
    tide_free(facts->paths);
    tide_arena_clear(&facts->arena);
    tide_es_facts_init(facts);
}

const tide_json_node *tide_es_fact_of(const tide_es_index_facts *index, const char *path)
{
    for (const tide_es_fact *fact = index->fields; fact != NULL; fact = fact->next) {
        if (strcmp(fact->path, path) == 0) {
            return fact->mapping;
        }
    }
    return NULL;
}

const char *tide_es_fact_copied_from(const tide_es_index_facts *index, const char *path)
{
    for (const tide_es_fact *fact = index->copies; fact != NULL; fact = fact->next) {
        if (strcmp(fact->path, path) == 0) {
            return fact->mapping->key;
        }
    }
    return NULL;
}

bool tide_es_visit_parents(const char *path, tide_es_parent_visit visit, void *context)
{
    char parent[PATH_BYTES_MAX];
    size_t size = strlen(path);
    if (size >= sizeof parent) {
        return false;
    }
    memcpy(parent, path, size + 1);
    for (char *dot = strrchr(parent, '.'); dot != NULL; dot = strrchr(parent, '.')) {
        *dot = '\0';
        if (visit(context, parent, path + (dot - parent) + 1)) {
            return true;
        }
    }
    return false;
}

static bool is_wanted(const tide_es_facts *facts, const char *path)
{
    for (size_t i = 0; i < facts->path_count; i++) {
        if (strcmp(facts->paths[i], path) == 0) {
            return true;
        }
    }
    return false;
}

/* The server would take `*` and `,` for patterns and lists. */
static tide_code want_path(tide_es_facts *facts, const char *path, tide_error *err)
{
    if (strpbrk(path, "*,") != NULL || is_wanted(facts, path)) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_grow((void **)&facts->paths, &facts->path_capacity, facts->path_count + 1,
                       sizeof *facts->paths, err));
    const char *copy = tide_arena_copy_string(&facts->arena, path);
    if (copy == NULL) {
        return TIDE_FAIL_MEMORY(err, "the mapped fields");
    }
    facts->paths[facts->path_count++] = copy;
    return TIDE_OK;
}

typedef struct wanting {
    tide_es_facts *facts;
    tide_code code;
    tide_error *err;
} wanting;

static bool want_parent(void *context, const char *parent, const char *rest)
{
    wanting *w = context;
    (void)rest;
    w->code = want_path(w->facts, parent, w->err);
    return w->code != TIDE_OK;
}

static tide_code want(tide_es_facts *facts, const char *path, tide_error *err)
{
    wanting w = {facts, TIDE_OK, err};
    TIDE_TRY(want_path(facts, path, err));
    (void)tide_es_visit_parents(path, want_parent, &w);
    return w.code;
}

static tide_es_index_facts *facts_of(const asker *a, const char *index)
{
    const tide_es_index *found = index != NULL ? tide_es_indices_find(a->indices, index) : NULL;
    return found != NULL ? &a->facts->indices[found - a->indices->items] : NULL;
}

static tide_code add_fact(asker *a, tide_es_fact **list, const char *path,
                          const tide_json_node *mapping, tide_error *err)
{
    tide_es_fact *fact = tide_arena_alloc_zero(&a->facts->arena, 1, sizeof *fact);
    if (fact == NULL) {
        return TIDE_FAIL_MEMORY(err, "the mapped fields");
    }
    *fact = (tide_es_fact){.path = path, .mapping = mapping, .next = *list};
    *list = fact;
    return TIDE_OK;
}

/* field: {"mapping": {"<last part of its name>": {"type": ..., ...}}} */
static tide_code add_field(asker *a, tide_es_index_facts *index, const tide_json_node *field,
                           tide_error *err)
{
    const tide_json_node *mapping = tide_json_member(field, "mapping");
    const tide_json_node *inner = mapping == NULL ? NULL : mapping->first_child;
    const char *target = tide_json_text(tide_json_member(inner, "path"));
    const char *type = tide_json_text(tide_json_member(inner, "type"));
    if (inner == NULL || type == NULL) {
        return TIDE_OK;
    }
    if (strcmp(type, "alias") == 0 && target != NULL) {
        TIDE_TRY(want(a->facts, target, err));
    }
    return add_fact(a, &index->fields, field->key, inner, err);
}

/* field: {"mapping": {"<last part of its name>": {"copy_to": ["<path>", ...]}}} */
static tide_code add_copies(asker *a, tide_es_index_facts *index, const tide_json_node *field,
                            tide_error *err)
{
    const tide_json_node *mapping = tide_json_member(field, "mapping");
    const tide_json_node *inner = mapping == NULL ? NULL : mapping->first_child;
    const tide_json_node *list = tide_json_member(inner, "copy_to");
    bool is_array = list != NULL && list->kind == TIDE_JSON_ARRAY;
    const tide_json_node *at = is_array ? list->first_child : list;
    for (; at != NULL; at = is_array ? at->next : NULL) {
        const char *path = tide_json_text(at);
        if (path != NULL && is_wanted(a->facts, path)) {
            TIDE_TRY(add_fact(a, &index->copies, path, field, err));
        }
    }
    return TIDE_OK;
}

typedef tide_code (*field_visit)(asker *a, tide_es_index_facts *index, const tide_json_node *field,
                                 tide_error *err);

/* {"<index>": {"mappings": {"<path>": {...}, ...}}} */
static tide_code ask_fields(asker *a, const char *path, field_visit visit, tide_error *err)
{
    const tide_json_node *root = NULL;
    tide_http_request request = {.method = "GET", .path = path, .repeatable = true};
    TIDE_TRY(tide_es_ask(a->http, &request, a->answer, &a->facts->arena, &root, NULL, err));
    for (const tide_json_node *at = root->first_child; at != NULL; at = at->next) {
        tide_es_index_facts *index = facts_of(a, at->key);
        const tide_json_node *fields = tide_json_member(at, "mappings");
        fields = fields == NULL ? NULL : fields->first_child;
        for (; index != NULL && fields != NULL; fields = fields->next) {
            TIDE_TRY(visit(a, index, fields, err));
        }
    }
    return TIDE_OK;
}

static tide_code visit_fields(void *context, const char *path, tide_error *err)
{
    return ask_fields(context, path, add_field, err);
}

static tide_code visit_copies(void *context, const char *path, tide_error *err)
{
    return ask_fields(context, path, add_copies, err);
}

static tide_code visit_rest(void *context, const char *path, tide_error *err)
{
    asker *a = context;
    const tide_json_node *root = NULL;
    tide_http_request request = {.method = "GET", .path = path, .repeatable = true};
    TIDE_TRY(tide_es_ask(a->http, &request, a->answer, &a->facts->arena, &root, NULL, err));
    for (const tide_json_node *at = root->first_child; at != NULL; at = at->next) {
        tide_es_index_facts *index = facts_of(a, at->key);
        if (index != NULL) {
            index->source = tide_json_path(at, "mappings", "_source", TIDE_JSON_END);
            index->runtime = tide_json_path(at, "mappings", "runtime", TIDE_JSON_END);
        }
    }
    return TIDE_OK;
}

/* Asks for the paths from asked_count on, as many as fit. */
static tide_code ask_paths(asker *a, tide_error *err)
{
    static const char filter[] =
        "?include_defaults=true&filter_path=**.type,**.path,**.format,**.locale,**.null_value,"
        "**.coerce,**.ignore_above,**.normalizer,**.value,**.fields";
    tide_es_facts *facts = a->facts;
    tide_text suffix;
    tide_text_init(&suffix);
    tide_text_append(&suffix, "/_mapping/field/");
    for (size_t i = 0; facts->asked_count < facts->path_count && suffix.size < PATHS_BYTES_MAX;
         i++) {
        tide_text_append(&suffix, i > 0 ? "," : "");
        tide_es_append_escaped(&suffix, facts->paths[facts->asked_count++]);
    }
    tide_text_append(&suffix, filter);
    tide_code code = tide_text_failed(&suffix)
                         ? TIDE_FAIL_MEMORY(err, "a request")
                         : tide_es_indices_in_groups(a->indices, "/", tide_text_c(&suffix),
                                                     visit_fields, a, err);
    tide_text_clear(&suffix);
    return code;
}

tide_code tide_es_facts_read(tide_es_facts *facts, const tide_es_indices *indices,
                             tide_column_specs columns, tide_http *http, tide_http_answer *answer,
                             tide_error *err)
{
    asker a = {facts, indices, http, answer};
    if (indices->count == 0) {
        return TIDE_OK;
    }
    facts->indices = tide_arena_alloc_zero(&facts->arena, indices->count, sizeof *facts->indices);
    if (facts->indices == NULL) {
        return TIDE_FAIL_MEMORY(err, "the mapped fields");
    }
    for (size_t i = 0; i < columns.count; i++) {
        if (columns.specs[i].origin == TIDE_FROM_PATH) {
            TIDE_TRY(want(facts, columns.specs[i].path, err));
        }
    }
    TIDE_TRY(tide_es_indices_in_groups(
        indices, "/", "/_mapping?filter_path=*.mappings._source,*.mappings.runtime", visit_rest, &a,
        err));
    while (facts->asked_count < facts->path_count) {
        TIDE_TRY(ask_paths(&a, err));
    }
    return facts->path_count == 0
               ? TIDE_OK
               : tide_es_indices_in_groups(
                     indices, "/", "/_mapping/field/*?filter_path=*.mappings.*.mapping.*.copy_to",
                     visit_copies, &a, err);
}

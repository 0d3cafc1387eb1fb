/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of mappings: walks `properties`, index by index, then joins what has the same path. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "source/elasticsearch/source_state.h"

typedef struct walker {
    tide_es_fields *fields;
    tide_http *http;
    tide_http_answer *answer;
} walker;

void tide_es_fields_init(tide_es_fields *fields)
{
    memset(fields, 0, sizeof *fields);
    tide_arena_init(&fields->arena);
}

void tide_es_fields_clear(tide_es_fields *fields)
{
    tide_free(fields->items);
    tide_arena_clear(&fields->arena);
    tide_es_fields_init(fields);
}

/* other_index holds the field's own index until the fields are joined. */
static tide_code add_field(tide_es_fields *fields, const char *path, const tide_json_node *node,
                           const char *index, tide_error *err)
{
    const char *type = tide_json_text(tide_json_member(node, "type"));
    const char *format = tide_json_text(tide_json_member(node, "format"));
    TIDE_TRY(tide_grow((void **)&fields->items, &fields->capacity, fields->count + 1,
                       sizeof *fields->items, err));
    tide_es_field *field = &fields->items[fields->count];
    memset(field, 0, sizeof *field);
    field->path = path;
    field->type = tide_arena_copy_string(&fields->arena, type != NULL ? type : "object");
    field->format = format != NULL ? tide_arena_copy_string(&fields->arena, format) : NULL;
    field->other_index = index;
    if (field->type == NULL || (format != NULL && field->format == NULL)) {
        return TIDE_FAIL_MEMORY(err, "the mapped fields");
    }
    fields->count++;
    return TIDE_OK;
}

/* The tree's depth is bounded by its parser. */
static tide_code walk(tide_es_fields *fields, const char *prefix, const tide_json_node *properties,
                      const char *index, tide_error *err)
{
    if (properties == NULL) {
        return TIDE_OK;
    }
    for (const tide_json_node *at = properties->first_child; at != NULL; at = at->next) {
        const char *path = tide_arena_format(&fields->arena, "%s%s%s", prefix,
                                             *prefix != '\0' ? "." : "", at->key);
        if (path == NULL) {
            return TIDE_FAIL_MEMORY(err, "the mapped fields");
        }
        TIDE_TRY(add_field(fields, path, at, index, err));
        TIDE_TRY(walk(fields, path, tide_json_member(at, "properties"), index, err));
    }
    return TIDE_OK;
}

static void note_source(tide_es_fields *fields, const tide_json_node *mappings, const char *index)
{
    const tide_json_node *source = tide_json_member(mappings, "_source");
    const tide_json_node *enabled = tide_json_member(source, "enabled");
    if (enabled != NULL && enabled->kind == TIDE_JSON_FALSE) {
        fields->source_disabled = index;
    }
    if (tide_json_member(source, "includes") != NULL ||
        tide_json_member(source, "excludes") != NULL) {
        fields->source_filtered = index;
    }
}

static tide_code read_mappings(void *context, const tide_json_node *root, tide_arena *arena,
                               tide_error *err)
{
    tide_es_fields *fields = ((walker *)context)->fields;
    (void)arena;
    for (const tide_json_node *at = root->first_child; at != NULL; at = at->next) {
        const char *index = tide_arena_copy_string(&fields->arena, at->key != NULL ? at->key : "");
        if (index == NULL) {
            return TIDE_FAIL_MEMORY(err, "the mapped fields");
        }
        const tide_json_node *mappings = tide_json_member(at, "mappings");
        note_source(fields, mappings, index);
        TIDE_TRY(walk(fields, "", tide_json_member(mappings, "properties"), index, err));
    }
    return TIDE_OK;
}

static tide_code visit(void *context, const char *path, tide_error *err)
{
    walker *w = context;
    tide_http_request request = {.method = "GET", .path = path, .repeatable = true};
    return tide_es_ask_and_visit(w->http, &request, w->answer, read_mappings, w, err);
}

static int compare_fields(const void *a, const void *b)
{
    const tide_es_field *left = a, *right = b;
    int order = strcmp(left->path, right->path);
    return order != 0 ? order : strcmp(left->other_index, right->other_index);
}

/* Of fields with one path the first stays, with the first other type among the rest. */
static void join(tide_es_fields *fields)
{
    size_t kept = 0;
    for (size_t i = 0; i < fields->count; i++) {
        tide_es_field *field = &fields->items[i];
        tide_es_field *last = kept > 0 ? &fields->items[kept - 1] : NULL;
        if (last == NULL || strcmp(last->path, field->path) != 0) {
            fields->items[kept] = *field;
            fields->items[kept++].other_index = NULL;
        } else if (last->other_type == NULL && strcmp(last->type, field->type) != 0) {
            last->other_type = field->type;
            last->other_index = field->other_index;
        }
    }
    fields->count = kept;
}

tide_code tide_es_fields_read(tide_es_fields *fields, const tide_es_indices *indices,
                              tide_http *http, tide_http_answer *answer, tide_error *err)
{
    walker w = {fields, http, answer};
    TIDE_TRY(tide_es_indices_in_groups(indices, "/", "/_mapping", visit, &w, err));
    if (fields->count > 0) {
        qsort(fields->items, fields->count, sizeof *fields->items, compare_fields);
        join(fields);
    }
    return TIDE_OK;
}

const tide_es_field *tide_es_fields_find(const tide_es_fields *fields, const char *path)
{
    size_t low = 0, high = fields->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(fields->items[middle].path, path);
        if (order == 0) {
            return &fields->items[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

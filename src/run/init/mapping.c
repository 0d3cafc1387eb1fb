/* SPDX-License-Identifier: Apache-2.0 */
/* Fields by mappings. Multi-fields and runtime fields are not in the documents, so they are not
 * looked at. */
#include <stdio.h>
#include <string.h>

#include "run/init/init.h"
#include "source/elasticsearch/stored_source.h"

typedef struct walker {
    tide_profile *profile;
    const char *index;
} walker;

static bool is_false(const tide_json_node *node)
{
    const char *text = tide_json_text(node);
    return node != NULL &&
           (node->kind == TIDE_JSON_FALSE || (text != NULL && strcmp(text, "false") == 0));
}

static bool is_true(const tide_json_node *node)
{
    const char *text = tide_json_text(node);
    return node != NULL &&
           (node->kind == TIDE_JSON_TRUE || (text != NULL && strcmp(text, "true") == 0));
}

static tide_code mark_copy(walker *w, const tide_json_node *to, tide_error *err)
{
    const char *path = tide_json_text(to);
    tide_init_field *field;
    if (to != NULL && to->kind == TIDE_JSON_ARRAY) {
        for (const tide_json_node *at = to->first_child; at != NULL; at = at->next) {
            TIDE_TRY(mark_copy(w, at, err));
        }
        return TIDE_OK;
    }
    if (path == NULL) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_profile_field(w->profile, path, &field, err));
    field->is_copy = true;
    return TIDE_OK;
}

static char *copy(walker *w, const char *text)
{
    return text == NULL ? NULL : tide_arena_copy_string(&w->profile->arena, text);
}

/* The first index decides; one that differs is remembered. */
static void note_type(walker *w, tide_init_field *field, const char *type,
                      const tide_json_node *node)
{
    const char *format = tide_json_text(tide_json_member(node, "format"));
    field->ignores_malformed =
        field->ignores_malformed || is_true(tide_json_member(node, "ignore_malformed"));
    if (field->mapped == NULL) {
        field->mapped = copy(w, type);
        field->mapped_in = copy(w, w->index);
        field->format = copy(w, format);
        return;
    }
    bool same_type = strcmp(field->mapped, type) == 0;
    if (!same_type && field->other == NULL) {
        field->other = copy(w, type);
        field->other_in = copy(w, w->index);
    } else if (same_type && format != NULL &&
               (field->format == NULL || strcmp(field->format, format) != 0)) {
        const char *first = field->format != NULL ? field->format : "strict_date_optional_time";
        field->format = strstr(first, format) != NULL
                            ? first
                            : tide_arena_format(&w->profile->arena, "%s||%s", first, format);
    }
}

static tide_code walk(walker *w, const char *prefix, const tide_json_node *properties,
                      tide_error *err)
{
    const tide_json_node *at = properties != NULL ? properties->first_child : NULL;
    for (; at != NULL; at = at->next) {
        tide_init_field *field;
        char path[1024];
        int size =
            snprintf(path, sizeof path, "%s%s%s", prefix, *prefix != '\0' ? "." : "", at->key);
        if (size < 0 || (size_t)size >= sizeof path) {
            continue;
        }
        const char *type = tide_json_text(tide_json_member(at, "type"));
        const tide_json_node *parts = tide_json_member(at, "properties");
        bool is_object = (type == NULL || strcmp(type, "object") == 0) && parts != NULL &&
                         parts->first_child != NULL && !is_false(tide_json_member(at, "enabled"));
        TIDE_TRY(tide_profile_field(w->profile, path, &field, err));
        note_type(w, field, type != NULL ? type : "object", at);
        field->is_object = field->other == NULL && is_object;
        field->alias = copy(w, type != NULL && strcmp(type, "alias") == 0
                                   ? tide_json_text(tide_json_member(at, "path"))
                                   : NULL);
        TIDE_TRY(mark_copy(w, tide_json_member(at, "copy_to"), err));
        if (is_object) {
            TIDE_TRY(walk(w, field->path, parts, err));
        }
    }
    return TIDE_OK;
}

tide_code tide_init_read_mapping(tide_profile *profile, const char *index,
                                 const tide_json_node *mappings, const char **trouble,
                                 tide_error *err)
{
    walker w = {profile, index};
    const tide_json_node *source = tide_json_member(mappings, "_source");
    if (is_false(tide_json_member(source, "enabled"))) {
        *trouble = tide_arena_format(
            &profile->arena, "index %s does not keep its documents (_source is disabled)", index);
    }
    TIDE_TRY(walk(&w, "", tide_json_member(mappings, "properties"), err));
    for (size_t i = 0; source != NULL && i < profile->count; i++) {
        if (!tide_es_source_keeps(source, profile->fields[i]->path)) {
            profile->fields[i]->dropped_in = copy(&w, index);
        }
    }
    return TIDE_OK;
}

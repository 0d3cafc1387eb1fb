/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/old_resolve.h"

#include <string.h>

#include "base/problem.h"
#include "base/text.h"
#include "source/elasticsearch/index_names.h"

typedef struct expression {
    const char *const *patterns;
    size_t pattern_count;
} expression;

static bool is_meant(const char *pattern, const char *name)
{
    return strcmp(pattern, "_all") == 0 || tide_es_name_matches(pattern, name);
}

static bool reaches(const expression *e, const char *name)
{
    bool reached = false;
    for (size_t i = 0; i < e->pattern_count; i++) {
        const char *pattern = e->patterns[i];
        if (*pattern == '-' && i > 0) {
            reached = reached && !is_meant(pattern + 1, name);
        } else {
            reached = reached || is_meant(pattern, name);
        }
    }
    return reached;
}

static void append_name(tide_text *out, const char *name)
{
    tide_text_append(out, "{\"name\":");
    tide_text_append_json_string(out, tide_str_of(name));
}

static void append_index(tide_text *out, const char *name, bool *first)
{
    tide_text_append(out, *first ? "" : ",");
    append_name(out, name);
    tide_text_append_char(out, '}');
    *first = false;
}

static void append_indices(tide_text *out, const expression *e, const tide_json_node *root)
{
    bool first = true;
    for (const tide_json_node *at = root->first_child; at != NULL; at = at->next) {
        if (reaches(e, at->key)) {
            append_index(out, at->key, &first);
        }
    }
}

static const tide_json_node *alias_of(const tide_json_node *index, const char *alias)
{
    return tide_json_member(tide_json_member(index, "aliases"), alias);
}

static bool came_before(const tide_json_node *root, const tide_json_node *index, const char *alias)
{
    const tide_json_node *at = root->first_child;
    while (at != index && alias_of(at, alias) == NULL) {
        at = at->next;
    }
    return at != index;
}

/* from: the first index of this alias. */
static void append_alias(tide_text *out, const tide_json_node *from, const char *alias, bool *first)
{
    tide_text_append(out, *first ? "" : ",");
    append_name(out, alias);
    tide_text_append(out, ",\"indices\":[");
    for (const tide_json_node *at = from; at != NULL; at = at->next) {
        if (alias_of(at, alias) != NULL) {
            tide_text_append(out, at == from ? "" : ",");
            tide_text_append_json_string(out, tide_str_of(at->key));
        }
    }
    tide_text_append(out, "]}");
    *first = false;
}

static void append_aliases(tide_text *out, const expression *e, const tide_json_node *root)
{
    bool first = true;
    for (const tide_json_node *index = root->first_child; index != NULL; index = index->next) {
        const tide_json_node *aliases = tide_json_member(index, "aliases");
        const tide_json_node *at = aliases != NULL ? aliases->first_child : NULL;
        for (; at != NULL; at = at->next) {
            if (reaches(e, at->key) && !came_before(root, index, at->key)) {
                append_alias(out, index, at->key, &first);
            }
        }
    }
}

/* What a date in a name comes to, only the server knows. */
static tide_code refuse_dates(const expression *e, tide_error *err)
{
    for (size_t i = 0; i < e->pattern_count; i++) {
        if (e->patterns[i][0] == '<') {
            return TIDE_FAIL(err, TIDE_E_NO_INDEX,
                             "index `%s`: names with dates need Elasticsearch 7.9 or later; write "
                             "the name itself",
                             e->patterns[i]);
        }
    }
    return TIDE_OK;
}

tide_code tide_es_old_resolve(tide_arena *arena, const tide_json_node *aliases,
                              const char *const *patterns, size_t pattern_count,
                              const tide_json_node **resolved, tide_error *err)
{
    expression e = {patterns, pattern_count};
    TIDE_TRY(refuse_dates(&e, err));
    tide_text text;
    tide_text_init(&text);
    tide_text_append(&text, "{\"indices\":[");
    append_indices(&text, &e, aliases);
    tide_text_append(&text, "],\"aliases\":[");
    append_aliases(&text, &e, aliases);
    tide_text_append(&text, "]}");
    tide_code code =
        tide_text_failed(&text)
            ? TIDE_FAIL_MEMORY(err, "the list of indices")
            : tide_json_tree_parse(arena, (tide_str){text.data, text.size}, resolved, err);
    tide_text_clear(&text);
    return code;
}

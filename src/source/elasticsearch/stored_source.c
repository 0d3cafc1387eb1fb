/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/stored_source.h"

#include <stdio.h>
#include <string.h>

#include "base/problem.h"
#include "source/elasticsearch/index_names.h"

/* Of a request line, beside the names of the indices. */
#define PATHS_BYTES_MAX 400

typedef struct stored_source {
    tide_column_specs columns;
    tide_http *http;
    tide_http_answer *answer;
    tide_arena arena; /* of the answer */
} stored_source;

static tide_code ask(stored_source *s, const char *path, const tide_json_node **root,
                     tide_error *err)
{
    tide_http_request request = {.method = "GET", .path = path, .repeatable = true};
    tide_arena_clear(&s->arena);
    tide_arena_init(&s->arena);
    return tide_es_ask(s->http, &request, s->answer, &s->arena, root, NULL, err);
}

/* The server's rule: a pattern takes what it matches and all that is below. */
static bool takes(const char *pattern, const char *path)
{
    char below[512];
    int size = snprintf(below, sizeof below, "%s.*", pattern);
    return tide_es_name_matches(pattern, path) ||
           (size < (int)sizeof below && tide_es_name_matches(below, path));
}

/* Does the pattern speak of something within the path? "a.b" of "a". */
static bool is_within(const char *pattern, const char *path)
{
    size_t size = strlen(path);
    return strncmp(pattern, path, size) == 0 && pattern[size] == '.';
}

static bool is_kept(const tide_json_node *source, const char *path)
{
    const tide_json_node *includes = tide_json_member(source, "includes");
    const tide_json_node *excludes = tide_json_member(source, "excludes");
    const tide_json_node *at = includes == NULL ? NULL : includes->first_child;
    bool kept = at == NULL;
    for (; at != NULL && !kept; at = at->next) {
        const char *pattern = tide_json_text(at);
        kept = pattern != NULL && (takes(pattern, path) || is_within(pattern, path));
    }
    for (at = excludes == NULL ? NULL : excludes->first_child; at != NULL && kept; at = at->next) {
        const char *pattern = tide_json_text(at);
        kept = pattern == NULL || !takes(pattern, path);
    }
    return kept;
}

static tide_code check_source(const stored_source *s, const char *index,
                              const tide_json_node *source, tide_error *err)
{
    const tide_json_node *enabled = tide_json_member(source, "enabled");
    if (enabled != NULL && enabled->kind == TIDE_JSON_FALSE) {
        return TIDE_FAIL(err, TIDE_E_INDEX_UNFIT,
                         "%s: index `%s` does not keep the documents (its mapping has _source "
                         "disabled): they can't be read back; leave it out with `-%s`",
                         tide_http_url(s->http), index, index);
    }
    for (size_t i = 0; i < s->columns.count; i++) {
        const tide_column_spec *spec = &s->columns.specs[i];
        if (spec->origin == TIDE_FROM_PATH && !is_kept(source, spec->path)) {
            return TIDE_FAIL(err, TIDE_E_INDEX_UNFIT,
                             "%s: column %s: index `%s` does not keep `%s` (its mapping's _source "
                             "has includes or excludes): it would be null in every row; leave "
                             "the column out, or the index with `-%s`",
                             tide_http_url(s->http), spec->name, index, spec->path, index);
        }
    }
    return TIDE_OK;
}

static tide_code visit_source(void *context, const char *path, tide_error *err)
{
    stored_source *s = context;
    const tide_json_node *root;
    TIDE_TRY(ask(s, path, &root, err));
    for (const tide_json_node *at = root->first_child; at != NULL; at = at->next) {
        TIDE_TRY(check_source(s, at->key, tide_json_path(at, "mappings", "_source", TIDE_JSON_END),
                              err));
    }
    return TIDE_OK;
}

static const tide_column_spec *column_of(const stored_source *s, const char *path)
{
    for (size_t i = 0; i < s->columns.count; i++) {
        const tide_column_spec *spec = &s->columns.specs[i];
        if (spec->origin == TIDE_FROM_PATH && strcmp(spec->path, path) == 0) {
            return spec;
        }
    }
    return NULL;
}

/* field: {"mapping": {"<last part of its name>": {"type": "alias", "path": "..."}}} */
static tide_code check_field(const stored_source *s, const char *index, const tide_json_node *field,
                             tide_error *err)
{
    const tide_json_node *mapping = tide_json_member(field, "mapping");
    const tide_json_node *inner = mapping == NULL ? NULL : mapping->first_child;
    const char *type = tide_json_text(tide_json_member(inner, "type"));
    const char *target = tide_json_text(tide_json_member(inner, "path"));
    const tide_column_spec *spec = column_of(s, field->key);
    if (spec == NULL || type == NULL || target == NULL || strcmp(type, "alias") != 0 ||
        column_of(s, target) != NULL) {
        return TIDE_OK;
    }
    return TIDE_FAIL(err, TIDE_E_INDEX_UNFIT,
                     "%s: column %s: in index `%s` the field `%s` is an alias of `%s`, under which "
                     "the documents hold it: write `from: %s`",
                     tide_http_url(s->http), spec->name, index, spec->path, target, target);
}

static tide_code visit_fields(void *context, const char *path, tide_error *err)
{
    stored_source *s = context;
    const tide_json_node *root;
    TIDE_TRY(ask(s, path, &root, err));
    for (const tide_json_node *at = root->first_child; at != NULL; at = at->next) {
        const tide_json_node *fields = tide_json_member(at, "mappings");
        fields = fields == NULL ? NULL : fields->first_child;
        for (; fields != NULL; fields = fields->next) {
            TIDE_TRY(check_field(s, at->key, fields, err));
        }
    }
    return TIDE_OK;
}

/* The server would take these for patterns and lists. */
static bool is_askable(const tide_column_spec *spec)
{
    return spec->origin == TIDE_FROM_PATH && strpbrk(spec->path, "*,") == NULL;
}

/* Asks for the columns from *next on, as many as fit. */
static tide_code check_fields(stored_source *s, const tide_es_indices *indices, size_t *next,
                              tide_error *err)
{
    tide_text suffix;
    size_t asked = 0;
    tide_text_init(&suffix);
    tide_text_append(&suffix, "/_mapping/field/");
    for (; *next < s->columns.count && suffix.size < PATHS_BYTES_MAX; (*next)++) {
        if (!is_askable(&s->columns.specs[*next])) {
            continue;
        }
        if (asked++ > 0) {
            tide_text_append_char(&suffix, ',');
        }
        tide_es_append_escaped(&suffix, s->columns.specs[*next].path);
    }
    tide_text_append(&suffix,
                     "?filter_path=*.mappings.*.mapping.*.type,"
                     "*.mappings.*.mapping.*.path");
    tide_code code = TIDE_OK;
    if (tide_text_failed(&suffix)) {
        code = TIDE_FAIL_MEMORY(err, "a request");
    } else if (asked > 0) {
        code = tide_es_indices_in_groups(indices, "/", tide_text_c(&suffix), visit_fields, s, err);
    }
    tide_text_clear(&suffix);
    return code;
}

static tide_code check_all(stored_source *s, const tide_es_indices *indices, tide_error *err)
{
    TIDE_TRY(tide_es_indices_in_groups(indices, "/", "/_mapping?filter_path=*.mappings._source",
                                       visit_source, s, err));
    for (size_t next = 0; next < s->columns.count;) {
        TIDE_TRY(check_fields(s, indices, &next, err));
    }
    return TIDE_OK;
}

tide_code tide_es_stored_source_check(const tide_es_indices *indices, tide_column_specs columns,
                                      tide_http *http, tide_http_answer *answer, tide_error *err)
{
    stored_source s = {.columns = columns, .http = http, .answer = answer};
    tide_arena_init(&s.arena);
    tide_code code = check_all(&s, indices, err);
    tide_arena_clear(&s.arena);
    return code;
}

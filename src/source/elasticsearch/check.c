/* SPDX-License-Identifier: Apache-2.0 */
/* Check: connects, resolves, and compares the wanted columns with the mappings. What is odd but may
 * be meant becomes a note. */
#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "base/problem.h"
#include "source/elasticsearch/flattened.h"
#include "source/elasticsearch/source_state.h"

/* Everything that check and the list of fields need of the server. */
typedef struct survey {
    tide_es_server server;
    tide_es_indices indices;
    tide_es_typing typing;
    tide_es_fields *fields;
} survey;

static bool is_one_of(const char *type, const char *const *types)
{
    for (; *types != NULL; types++) {
        if (strcmp(type, *types) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_numeric(tide_type_id id)
{
    return id == TIDE_INT32 || id == TIDE_INT64 || id == TIDE_DOUBLE || id == TIDE_DECIMAL;
}

/* Could values of a field mapped so be read as the column's type? Text may hold anything. */
static bool fits(tide_type_id wanted, const char *mapped)
{
    static const char *const numbers[] = {"long",          "integer", "short",      "byte",
                                          "double",        "float",   "half_float", "scaled_float",
                                          "unsigned_long", NULL};
    static const char *const structures[] = {"object",    "nested",      "geo_point", "geo_shape",
                                             "flattened", "flat_object", "join",      NULL};
    bool is_date = strcmp(mapped, "date") == 0 || strcmp(mapped, "date_nanos") == 0;
    if (wanted == TIDE_JSON || tide_es_is_key_type(mapped)) {
        return true;
    }
    if (is_one_of(mapped, structures)) {
        return false;
    }
    if (is_one_of(mapped, numbers)) {
        return is_numeric(wanted) || wanted == TIDE_TEXT || wanted == TIDE_TIMESTAMP;
    }
    if (is_date) {
        return wanted == TIDE_TIMESTAMP || wanted == TIDE_DATE || wanted == TIDE_TEXT ||
               wanted == TIDE_INT64;
    }
    if (strcmp(mapped, "boolean") == 0) {
        return wanted == TIDE_BOOL || wanted == TIDE_TEXT;
    }
    return !is_numeric(wanted) && wanted != TIDE_BOOL;
}

static tide_code note_missing(const tide_column_spec *spec, const tide_es_fields *fields,
                              tide_text *notes, tide_error *err)
{
    const char **paths = tide_alloc_zero(fields->count + 1, sizeof *paths);
    if (paths == NULL) {
        return TIDE_FAIL_MEMORY(err, "the mapped fields");
    }
    for (size_t i = 0; i < fields->count; i++) {
        paths[i] = fields->items[i].path;
    }
    const char *nearest = tide_text_nearest(spec->path, paths, fields->count);
    tide_text_append_format(notes, "column %s: no index maps a field `%s`", spec->name, spec->path);
    if (nearest != NULL) {
        tide_text_append_format(notes, "; did you mean `%s`?", nearest);
    } else {
        tide_text_append(notes, "; unless documents hold it unmapped, every value is missing");
    }
    tide_text_append_char(notes, '\n');
    tide_free(paths);
    return TIDE_OK;
}

/* How the fields of column `i` are mapped, aliases and sub-fields resolved: the first type, and the
 * first other one with its index. */
typedef struct mapped_types {
    const char *first, *other, *other_index;
} mapped_types;

static mapped_types types_of(const survey *s, size_t column)
{
    mapped_types found = {NULL, NULL, NULL};
    for (size_t i = 0; i < s->indices.count; i++) {
        const char *type = s->typing.types[i][column];
        if (found.first == NULL) {
            found.first = type;
        } else if (type != NULL && found.other == NULL && strcmp(type, found.first) != 0) {
            found.other = type;
            found.other_index = s->indices.items[i].name;
        }
    }
    return found;
}

static tide_code compare_column(const tide_column_spec *spec, mapped_types types,
                                const tide_es_fields *fields, tide_text *notes, tide_error *err)
{
    char name[24];
    if (spec->origin != TIDE_FROM_PATH || spec->path == NULL) {
        return TIDE_OK;
    }
    const tide_es_field *field = tide_es_fields_find(fields, spec->path);
    if (types.first == NULL && field == NULL) {
        return note_missing(spec, fields, notes, err);
    }
    if (types.first == NULL) { /* an object, which has no type of its own */
        types = (mapped_types){field->type, field->other_type, field->other_index};
    }
    if (!fits(spec->type.id, types.first)) {
        tide_text_append_format(notes, "column %s is %s, but `%s` is mapped as %s\n", spec->name,
                                tide_type_format(spec->type, name), spec->path, types.first);
    }
    if (types.other != NULL) {
        tide_text_append_format(notes,
                                "column %s: `%s` is mapped as %s in some indices and as %s in "
                                "others (%s)\n",
                                spec->name, spec->path, types.first, types.other,
                                types.other_index);
    }
    return TIDE_OK;
}

static tide_code compare_columns(const tide_es_source *source, const survey *s, tide_text *notes,
                                 tide_error *err)
{
    if (s->fields->source_filtered != NULL) {
        tide_text_append_format(notes,
                                "index %s stores only part of each document (its mapping's _source "
                                "has includes or excludes)\n",
                                s->fields->source_filtered);
    }
    for (size_t i = 0; i < source->engine.columns.count; i++) {
        TIDE_TRY(compare_column(&source->engine.columns.specs[i], types_of(s, i), s->fields, notes,
                                err));
    }
    return tide_text_failed(notes) ? TIDE_FAIL_MEMORY(err, "notes") : TIDE_OK;
}

static void note_server(const tide_es_source *source, const tide_es_server *server,
                        const tide_es_indices *indices, tide_text *notes)
{
    uint64_t documents = 0;
    for (size_t i = 0; i < indices->count; i++) {
        documents += indices->items[i].document_count;
    }
    tide_text_append_format(notes, "%s, %zu %s, about %" PRIu64 " documents\n", server->name,
                            indices->count, indices->count == 1 ? "index" : "indices", documents);
    if (tide_http_settings_exposed(&source->settings)) {
        tide_text_append(notes, "the password or api_key travels unencrypted: the url is http\n");
    }
    if (source->settings.insecure) {
        tide_text_append(notes, "insecure: the server's certificate is not checked\n");
    }
}

static tide_code visit_verdict(void *context, const tide_json_node *root, tide_arena *arena,
                               tide_error *err)
{
    const tide_http *http = context;
    const tide_json_node *valid = tide_json_member(root, "valid");
    (void)arena;
    if (valid == NULL || valid->kind != TIDE_JSON_FALSE) {
        return TIDE_OK;
    }
    const char *why = tide_json_text(tide_json_member(root, "error"));
    const tide_json_node *first = tide_json_member(root, "explanations");
    if (why == NULL && first != NULL) {
        why = tide_json_text(tide_json_member(first->first_child, "error"));
    }
    return TIDE_FAIL(err, TIDE_E_QUERY, "%s: the query is refused: %s", tide_http_url(http),
                     why != NULL ? why : "not valid");
}

/* A query that the server does not understand would fail the run at its first request. */
static tide_code check_query(const tide_es_source *source, const survey *s, tide_http *http,
                             tide_http_answer *answer, tide_error *err)
{
    if (source->query == NULL || s->indices.count == 0) {
        return TIDE_OK;
    }
    tide_text path, body;
    tide_text_init(&path);
    tide_text_init(&body);
    tide_text_append_char(&path, '/');
    tide_es_append_escaped(&path, s->indices.items[0].name);
    tide_text_append(&path, "/_validate/query?explain=true");
    tide_text_append(&body, "{\"query\":");
    tide_text_append(&body, source->query);
    tide_text_append_char(&body, '}');
    tide_http_request request = {.method = "POST",
                                 .path = tide_text_c(&path),
                                 .body = {body.data, body.size},
                                 .repeatable = true};
    tide_code code = tide_text_failed(&path) || tide_text_failed(&body)
                         ? TIDE_FAIL_MEMORY(err, "a request")
                         : tide_es_ask_and_visit(http, &request, answer, visit_verdict, http, err);
    tide_text_clear(&path);
    tide_text_clear(&body);
    return code;
}

static tide_code look(tide_es_source *source, survey *s, tide_http *http, tide_http_answer *answer,
                      tide_error *err)
{
    TIDE_TRY(tide_es_server_detect(http, answer, &s->server, err));
    s->indices.allow_empty = source->allow_empty;
    TIDE_TRY(tide_es_indices_resolve(&s->indices, &s->server, http, answer, source->patterns,
                                     source->pattern_count, err));
    TIDE_TRY(
        tide_es_typing_read(&s->typing, &s->indices, source->engine.columns, http, answer, err));
    TIDE_TRY(check_query(source, s, http, answer, err));
    return tide_es_fields_read(s->fields, &s->indices, http, answer, err);
}

static tide_code survey_server(tide_es_source *source, survey *s, tide_error *err)
{
    tide_http *http = NULL;
    tide_http_answer answer;
    tide_http_answer_init(&answer, source->engine.budget);
    tide_code code = tide_http_create(&source->settings, source->engine.cancel, 0, &http, err);
    if (code == TIDE_OK) {
        code = look(source, s, http, &answer, err);
    }
    tide_http_destroy(http);
    tide_http_answer_clear(&answer);
    return code;
}

tide_code tide_es_check(tide_source *base, tide_text *notes, tide_error *err)
{
    tide_es_source *source = (tide_es_source *)base;
    tide_es_fields fields;
    survey s = {.fields = &fields};
    tide_es_fields_init(&fields);
    tide_es_indices_init(&s.indices);
    tide_es_typing_init(&s.typing);
    tide_code code = survey_server(source, &s, err);
    if (code == TIDE_OK) {
        note_server(source, &s.server, &s.indices, notes);
    }
    if (code == TIDE_OK && s.indices.count > 0) {
        code = compare_columns(source, &s, notes, err);
    }
    tide_es_typing_clear(&s.typing);
    tide_es_indices_clear(&s.indices);
    tide_es_fields_clear(&fields);
    return code;
}

tide_code tide_es_source_fields(tide_source *base, tide_es_fields *fields, tide_error *err)
{
    survey s = {.fields = fields};
    tide_es_indices_init(&s.indices);
    tide_es_typing_init(&s.typing);
    tide_code code = survey_server((tide_es_source *)base, &s, err);
    tide_es_typing_clear(&s.typing);
    tide_es_indices_clear(&s.indices);
    return code;
}

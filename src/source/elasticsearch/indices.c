/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/indices.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/problem.h"
#include "source/elasticsearch/alias.h"
#include "source/elasticsearch/index_names.h"
#include "source/elasticsearch/old_resolve.h"

/* Servers read at most 4096 bytes of a request line. */
#define GROUP_BYTES_MAX 3000
#define CAT_PARAMETERS "?format=json&bytes=b&h=index,uuid,status,pri,docs.count,pri.store.size"

void tide_es_indices_init(tide_es_indices *indices)
{
    memset(indices, 0, sizeof *indices);
    tide_arena_init(&indices->arena);
}

void tide_es_indices_clear(tide_es_indices *indices)
{
    tide_free(indices->items);
    tide_arena_clear(&indices->arena);
    tide_es_indices_init(indices);
}

tide_es_index *tide_es_indices_find(const tide_es_indices *indices, const char *name)
{
    for (size_t i = 0; i < indices->count; i++) {
        if (strcmp(indices->items[i].name, name) == 0) {
            return &indices->items[i];
        }
    }
    return NULL;
}

void tide_es_append_escaped(tide_text *out, const char *text)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~*,";
    static const char hex[] = "0123456789ABCDEF";
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (strchr(plain, *text) != NULL) {
            tide_text_append_char(out, *text);
        } else {
            tide_text_append_char(out, '%');
            tide_text_append_char(out, hex[c >> 4]);
            tide_text_append_char(out, hex[c & 15]);
        }
    }
}

/* So that the answers have one form, whatever the server. */
static void append_without_types(tide_text *path, const tide_es_indices *indices,
                                 const char *suffix)
{
    if (indices->has_types && strstr(suffix, "/_mapping") != NULL) {
        tide_text_append_char(path, strchr(suffix, '?') != NULL ? '&' : '?');
        tide_text_append(path, "include_type_name=false");
    }
}

tide_code tide_es_indices_in_groups(const tide_es_indices *indices, const char *prefix,
                                    const char *suffix, tide_es_group_visit visit, void *context,
                                    tide_error *err)
{
    tide_code code = TIDE_OK;
    tide_text path;
    tide_text_init(&path);
    for (size_t i = 0; i < indices->count && code == TIDE_OK;) {
        tide_text_reset(&path);
        tide_text_append(&path, prefix);
        size_t in_group = 0;
        while (i < indices->count && (in_group == 0 || path.size < GROUP_BYTES_MAX)) {
            if (in_group++ > 0) {
                tide_text_append_char(&path, ',');
            }
            tide_es_append_escaped(&path, indices->items[i++].name);
        }
        tide_text_append(&path, suffix);
        append_without_types(&path, indices, suffix);
        code = tide_text_failed(&path) ? TIDE_FAIL_MEMORY(err, "a request")
                                       : visit(context, tide_text_c(&path), err);
    }
    tide_text_clear(&path);
    return code;
}

/* Finds or adds. Names are few thousand at most; the list is short-lived. */
static tide_code add_index(tide_es_indices *indices, const char *name, bool whole, bool closed,
                           tide_error *err)
{
    tide_es_index *index = tide_es_indices_find(indices, name);
    if (index == NULL) {
        TIDE_TRY(tide_grow((void **)&indices->items, &indices->capacity, indices->count + 1,
                           sizeof *indices->items, err));
        index = &indices->items[indices->count];
        memset(index, 0, sizeof *index);
        index->name = tide_arena_copy_string(&indices->arena, name);
        if (index->name == NULL) {
            return TIDE_FAIL_MEMORY(err, "the list of indices");
        }
        indices->count++;
    }
    index->whole = index->whole || whole;
    index->closed = index->closed || closed;
    return TIDE_OK;
}

static const tide_json_node *first_of(const tide_json_node *array)
{
    return array != NULL && array->kind == TIDE_JSON_ARRAY ? array->first_child : NULL;
}

static bool has_attribute(const tide_json_node *item, const char *attribute)
{
    const tide_json_node *at = first_of(tide_json_member(item, "attributes"));
    while (at != NULL && (at->text == NULL || strcmp(at->text, attribute) != 0)) {
        at = at->next;
    }
    return at != NULL;
}

/* What an alias or a data stream stands for: a name or a list of names. */
static tide_code add_behind(tide_es_indices *indices, const tide_json_node *names, bool whole,
                            tide_error *err)
{
    if (tide_json_text(names) != NULL) {
        return add_index(indices, names->text, whole, false, err);
    }
    for (const tide_json_node *at = first_of(names); at != NULL; at = at->next) {
        if (at->text != NULL) {
            TIDE_TRY(add_index(indices, at->text, whole, false, err));
        }
    }
    return TIDE_OK;
}

static tide_code add_resolved(tide_es_indices *indices, const tide_json_node *root, tide_error *err)
{
    const tide_json_node *at;
    for (at = first_of(tide_json_member(root, "indices")); at != NULL; at = at->next) {
        const char *name = tide_json_text(tide_json_member(at, "name"));
        if (name != NULL) {
            TIDE_TRY(add_index(indices, name, true, has_attribute(at, "closed"), err));
        }
    }
    for (at = first_of(tide_json_member(root, "data_streams")); at != NULL; at = at->next) {
        TIDE_TRY(add_behind(indices, tide_json_member(at, "backing_indices"), true, err));
    }
    for (at = first_of(tide_json_member(root, "aliases")); at != NULL; at = at->next) {
        TIDE_TRY(add_behind(indices, tide_json_member(at, "indices"), false, err));
    }
    return TIDE_OK;
}

typedef struct resolver {
    tide_es_indices *indices;
    const tide_es_server *server;
    tide_http *http;
    tide_http_answer *answer;
    tide_arena arena; /* of the answers */
    const char *const *patterns;
    size_t pattern_count;
} resolver;

static tide_code ask(resolver *r, const char *path, const tide_json_node **root,
                     tide_es_refusal *refusal, tide_error *err)
{
    tide_http_request request = {.method = "GET", .path = path, .repeatable = true};
    return tide_es_ask(r->http, &request, r->answer, &r->arena, root, refusal, err);
}

static tide_code check_patterns(const resolver *r, tide_error *err)
{
    for (size_t i = 0; i < r->pattern_count; i++) {
        const char *pattern = r->patterns[i];
        if (*pattern == '\0') {
            return TIDE_FAIL(err, TIDE_E_NO_INDEX, "index: a name is empty");
        }
        if (strchr(pattern, ':') != NULL) {
            return TIDE_FAIL(
                err, TIDE_E_NO_INDEX,
                "index `%s`: indices of other clusters can't be read through this one; "
                "make a connection to that cluster",
                pattern);
        }
    }
    return TIDE_OK;
}

static void append_patterns(const resolver *r, tide_text *out)
{
    for (size_t i = 0; i < r->pattern_count; i++) {
        if (i > 0) {
            tide_text_append_char(out, ',');
        }
        tide_es_append_escaped(out, r->patterns[i]);
    }
}

/* All names that exist are asked for, for "did you mean". Having none is no error here. */
static tide_code fail_unmatched(resolver *r, const char *pattern, tide_error *err)
{
    tide_error ignored;
    tide_error_clear(&ignored);
    const tide_json_node *all = NULL;
    static const char *const any[] = {"*"};
    if (r->server->has_resolve) {
        (void)!ask(r, "/_resolve/index/*", &all, NULL, &ignored);
    } else if (ask(r, "/_alias", &all, NULL, &ignored) == TIDE_OK) {
        (void)!tide_es_old_resolve(&r->arena, all, any, 1, &all, &ignored);
    }
    const char *nearest = tide_es_names_nearest(all, pattern);
    bool is_pattern = strchr(pattern, '*') != NULL;
    return TIDE_FAIL(err, TIDE_E_NO_INDEX, "%s: %s `%s`%s%s%s", tide_http_url(r->http),
                     is_pattern ? "no index, alias or data stream matches"
                                : "there is no index, alias or data stream",
                     pattern, nearest != NULL ? "; did you mean `" : "",
                     nearest != NULL ? nearest : "", nearest != NULL ? "`?" : "");
}

/* The server's answer says which name it was. */
static tide_code fail_missing(resolver *r, tide_error *err)
{
    tide_error ignored;
    tide_error_clear(&ignored);
    const tide_json_node *root = NULL;
    const char *missing = NULL;
    if (tide_json_tree_parse(&r->arena, tide_http_answer_text(r->answer), &root, &ignored) ==
        TIDE_OK) {
        missing = tide_json_text(tide_json_path(root, "error", "index", TIDE_JSON_END));
    }
    return fail_unmatched(r, missing != NULL ? missing : r->patterns[0], err);
}

static tide_code fail_if_closed(const resolver *r, tide_error *err)
{
    for (size_t i = 0; i < r->indices->count; i++) {
        if (r->indices->items[i].closed) {
            const char *name = r->indices->items[i].name;
            return TIDE_FAIL(err, TIDE_E_NO_INDEX,
                             "%s: index `%s` is closed: open it (POST /%s/_open), or leave it out "
                             "with `-%s`",
                             tide_http_url(r->http), name, name, name);
        }
    }
    return TIDE_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const tide_es_index *)a)->name, ((const tide_es_index *)b)->name);
}

static tide_code resolve_names(resolver *r, const tide_json_node **root, tide_error *err)
{
    *root = NULL;
    tide_es_refusal refusal = {.size_max = 0};
    tide_text path;
    tide_text_init(&path);
    tide_text_append(&path, r->server->has_resolve ? "/_resolve/index/" : "/");
    append_patterns(r, &path);
    tide_text_append(&path, r->server->has_resolve ? "" : "/_alias");
    tide_text_append(&path, "?expand_wildcards=open,closed");
    tide_code code = tide_text_failed(&path) ? TIDE_FAIL_MEMORY(err, "a request")
                                             : ask(r, tide_text_c(&path), root, &refusal, err);
    tide_text_clear(&path);
    if (code == TIDE_OK && !r->server->has_resolve) {
        code = tide_es_old_resolve(&r->arena, *root, r->patterns, r->pattern_count, root, err);
    }
    if (code != TIDE_OK && refusal.index_missing) {
        return fail_missing(r, err);
    }
    TIDE_TRY(code);
    const char *unmatched = tide_es_names_unmatched(*root, r->patterns, r->pattern_count);
    if (unmatched != NULL) {
        return fail_unmatched(r, unmatched, err);
    }
    TIDE_TRY(add_resolved(r->indices, *root, err));
    if (r->indices->count == 0) {
        return fail_unmatched(r, r->patterns[0], err);
    }
    qsort(r->indices->items, r->indices->count, sizeof *r->indices->items, compare_names);
    return fail_if_closed(r, err);
}

static tide_code keep_string(resolver *r, const char *text, const char **out, tide_error *err)
{
    *out = tide_arena_copy_string(&r->indices->arena, text);
    return *out != NULL ? TIDE_OK : TIDE_FAIL_MEMORY(err, "the list of indices");
}

static tide_code read_cat(resolver *r, const tide_json_node *root, tide_error *err)
{
    for (const tide_json_node *at = first_of(root); at != NULL; at = at->next) {
        const char *name = tide_json_text(tide_json_member(at, "index"));
        const char *uuid = tide_json_text(tide_json_member(at, "uuid"));
        const char *status = tide_json_text(tide_json_member(at, "status"));
        tide_es_index *index = name != NULL ? tide_es_indices_find(r->indices, name) : NULL;
        if (index == NULL || uuid == NULL) {
            continue;
        }
        TIDE_TRY(keep_string(r, uuid, &index->uuid, err));
        index->closed = status != NULL && strcmp(status, "close") == 0;
        index->shard_count = (uint32_t)tide_json_uint(tide_json_member(at, "pri"), 0);
        index->document_count = tide_json_uint(tide_json_member(at, "docs.count"), 0);
        index->byte_count = tide_json_uint(tide_json_member(at, "pri.store.size"), 0);
    }
    return TIDE_OK;
}

static tide_code visit_cat(void *context, const char *path, tide_error *err)
{
    resolver *r = context;
    const tide_json_node *root;
    TIDE_TRY(ask(r, path, &root, NULL, err));
    return read_cat(r, root, err);
}

static tide_code visit_settings(void *context, const char *path, tide_error *err)
{
    resolver *r = context;
    const tide_json_node *root;
    TIDE_TRY(ask(r, path, &root, NULL, err));
    for (const tide_json_node *at = root->first_child; at != NULL; at = at->next) {
        const tide_json_node *settings = tide_json_path(at, "settings", "index", TIDE_JSON_END);
        const char *uuid = tide_json_text(tide_json_member(settings, "uuid"));
        tide_es_index *index = at->key != NULL ? tide_es_indices_find(r->indices, at->key) : NULL;
        if (index == NULL || uuid == NULL) {
            continue;
        }
        TIDE_TRY(keep_string(r, uuid, &index->uuid, err));
        index->shard_count =
            (uint32_t)tide_json_uint(tide_json_member(settings, "number_of_shards"), 0);
    }
    return TIDE_OK;
}

static tide_code read_facts(resolver *r, tide_error *err)
{
    tide_code code = tide_es_indices_in_groups(
        r->indices, "/_cat/indices/",
        r->server->has_resolve ? CAT_PARAMETERS "&expand_wildcards=all" : CAT_PARAMETERS, visit_cat,
        r, err);
    if (code != TIDE_OK && r->answer->status == 403) {
        tide_error_clear(err);
        code = tide_es_indices_in_groups(
            r->indices, "/",
            "/_settings?filter_path=*.settings.index.uuid,*.settings.index.number_of_shards",
            visit_settings, r, err);
    }
    TIDE_TRY(code);
    TIDE_TRY(fail_if_closed(r, err));
    for (size_t i = 0; i < r->indices->count; i++) {
        if (r->indices->items[i].uuid == NULL || r->indices->items[i].shard_count == 0) {
            return TIDE_FAIL(err, TIDE_REMOTE,
                             "%s: nothing is told about index `%s`; was it "
                             "deleted a moment ago?",
                             tide_http_url(r->http), r->indices->items[i].name);
        }
    }
    return TIDE_OK;
}

static tide_code resolve(resolver *r, tide_error *err)
{
    const tide_json_node *root;
    TIDE_TRY(check_patterns(r, err));
    TIDE_TRY(resolve_names(r, &root, err));
    TIDE_TRY(tide_es_aliases_apply(r->indices, root, r->http, r->answer, err));
    return read_facts(r, err);
}

tide_code tide_es_indices_resolve(tide_es_indices *indices, const tide_es_server *server,
                                  tide_http *http, tide_http_answer *answer,
                                  const char *const *patterns, size_t pattern_count,
                                  tide_error *err)
{
    resolver r = {.indices = indices,
                  .server = server,
                  .http = http,
                  .answer = answer,
                  .patterns = patterns,
                  .pattern_count = pattern_count};
    tide_arena_init(&r.arena);
    indices->has_types = server->has_types;
    tide_code code = resolve(&r, err);
    tide_arena_clear(&r.arena);
    return code;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/indices.h"

#include <string.h>

#include "base/memory.h"
#include "base/problem.h"
#include "source/elasticsearch/alias.h"
#include "source/elasticsearch/resolve_names.h"

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

static tide_code fail_if_closed(const tide_es_resolver *r, tide_error *err)
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

static tide_code keep_string(tide_es_resolver *r, const char *text, const char **out,
                             tide_error *err)
{
    *out = tide_arena_copy_string(&r->indices->arena, text);
    return *out != NULL ? TIDE_OK : TIDE_FAIL_MEMORY(err, "the list of indices");
}

static tide_code read_cat(tide_es_resolver *r, const tide_json_node *root, tide_error *err)
{
    for (const tide_json_node *at = tide_json_first(root); at != NULL; at = at->next) {
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
    tide_es_resolver *r = context;
    const tide_json_node *root;
    TIDE_TRY(tide_es_resolver_ask(r, path, &root, NULL, err));
    return read_cat(r, root, err);
}

static tide_code visit_settings(void *context, const char *path, tide_error *err)
{
    tide_es_resolver *r = context;
    const tide_json_node *root;
    TIDE_TRY(tide_es_resolver_ask(r, path, &root, NULL, err));
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

static tide_code read_facts(tide_es_resolver *r, tide_error *err)
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

static tide_code resolve(tide_es_resolver *r, const char *const *patterns, size_t pattern_count,
                         tide_error *err)
{
    const tide_json_node *root;
    TIDE_TRY(tide_es_resolve_names(r, patterns, pattern_count, &root, err));
    if (r->indices->count == 0) {
        return TIDE_OK;
    }
    TIDE_TRY(fail_if_closed(r, err));
    TIDE_TRY(tide_es_aliases_apply(r->indices, root, r->http, r->answer, err));
    return read_facts(r, err);
}

tide_code tide_es_indices_resolve(tide_es_indices *indices, const tide_es_server *server,
                                  tide_http *http, tide_http_answer *answer,
                                  const char *const *patterns, size_t pattern_count,
                                  tide_error *err)
{
    tide_es_resolver r = {.indices = indices, .server = server, .http = http, .answer = answer};
    tide_arena_init(&r.arena);
    indices->has_types = server->has_types;
    tide_code code = resolve(&r, patterns, pattern_count, err);
    tide_arena_clear(&r.arena);
    return code;
}

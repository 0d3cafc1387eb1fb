/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/resolve_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/problem.h"
#include "source/elasticsearch/index_names.h"
#include "source/elasticsearch/old_resolve.h"

tide_code tide_es_resolver_ask(tide_es_resolver *r, const char *path, const tide_json_node **root,
                               tide_es_refusal *refusal, tide_error *err)
{
    tide_http_request request = {.method = "GET", .path = path, .repeatable = true};
    return tide_es_ask(r->http, &request, r->answer, &r->arena, root, refusal, err);
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

static bool has_attribute(const tide_json_node *item, const char *attribute)
{
    const tide_json_node *at = tide_json_first(tide_json_member(item, "attributes"));
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
    for (const tide_json_node *at = tide_json_first(names); at != NULL; at = at->next) {
        if (at->text != NULL) {
            TIDE_TRY(add_index(indices, at->text, whole, false, err));
        }
    }
    return TIDE_OK;
}

static tide_code add_resolved(tide_es_indices *indices, const tide_json_node *root, tide_error *err)
{
    const tide_json_node *at;
    for (at = tide_json_first(tide_json_member(root, "indices")); at != NULL; at = at->next) {
        const char *name = tide_json_text(tide_json_member(at, "name"));
        if (name != NULL) {
            TIDE_TRY(add_index(indices, name, true, has_attribute(at, "closed"), err));
        }
    }
    for (at = tide_json_first(tide_json_member(root, "data_streams")); at != NULL; at = at->next) {
        TIDE_TRY(add_behind(indices, tide_json_member(at, "backing_indices"), true, err));
    }
    for (at = tide_json_first(tide_json_member(root, "aliases")); at != NULL; at = at->next) {
        TIDE_TRY(add_behind(indices, tide_json_member(at, "indices"), false, err));
    }
    return TIDE_OK;
}

static tide_code check_patterns(const tide_es_resolver *r, tide_error *err)
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

/* All names that exist are asked for, for "did you mean". Having none is no error here. */
static tide_code fail_unmatched(tide_es_resolver *r, const char *pattern, tide_error *err)
{
    tide_error ignored;
    tide_error_clear(&ignored);
    const tide_json_node *all = NULL;
    static const char *const any[] = {"*"};
    if (r->server->has_resolve) {
        (void)!tide_es_resolver_ask(r, "/_resolve/index/*", &all, NULL, &ignored);
    } else if (tide_es_resolver_ask(r, "/_alias", &all, NULL, &ignored) == TIDE_OK) {
        (void)!tide_es_old_resolve(&r->arena, all, any, 1, &all, &ignored);
    }
    const char *nearest = tide_es_names_nearest(all, pattern);
    bool is_pattern = strchr(pattern, '*') != NULL;
    return TIDE_FAIL(err, TIDE_E_NO_INDEX,
                     "%s: %s `%s`%s%s%s (`allow_empty: true` would take none)",
                     tide_http_url(r->http),
                     is_pattern ? "no index, alias or data stream matches"
                                : "there is no index, alias or data stream",
                     pattern, nearest != NULL ? "; did you mean `" : "",
                     nearest != NULL ? nearest : "", nearest != NULL ? "`?" : "");
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const tide_es_index *)a)->name, ((const tide_es_index *)b)->name);
}

static void append_patterns(const tide_es_resolver *r, tide_text *out)
{
    for (size_t i = 0; i < r->pattern_count; i++) {
        if (i > 0) {
            tide_text_append_char(out, ',');
        }
        tide_es_append_escaped(out, r->patterns[i]);
    }
}

static tide_code ask_patterns(tide_es_resolver *r, const tide_json_node **root,
                              tide_es_refusal *refusal, tide_error *err)
{
    tide_text path;
    tide_text_init(&path);
    tide_text_append(&path, r->server->has_resolve ? "/_resolve/index/" : "/");
    append_patterns(r, &path);
    tide_text_append(&path, r->server->has_resolve ? "" : "/_alias");
    tide_text_append(&path, "?expand_wildcards=open,closed");
    tide_code code = tide_text_failed(&path)
                         ? TIDE_FAIL_MEMORY(err, "a request")
                         : tide_es_resolver_ask(r, tide_text_c(&path), root, refusal, err);
    tide_text_clear(&path);
    if (code == TIDE_OK && !r->server->has_resolve) {
        code = tide_es_old_resolve(&r->arena, *root, r->patterns, r->pattern_count, root, err);
    }
    return code;
}

/* The name that the server does not know, as its answer says. */
static const char *missing_name(tide_es_resolver *r)
{
    tide_error ignored;
    tide_error_clear(&ignored);
    const tide_json_node *root = NULL;
    if (tide_json_tree_parse(&r->arena, tide_http_answer_text(r->answer), &root, &ignored) !=
        TIDE_OK) {
        return NULL;
    }
    return tide_json_text(tide_json_path(root, "error", "index", TIDE_JSON_END));
}

static bool wants_any(const tide_es_resolver *r)
{
    bool wants = false;
    for (size_t i = 0; i < r->pattern_count; i++) {
        wants = wants || r->patterns[i][0] != '-';
    }
    return wants;
}

/* False: the name is none of the patterns. */
static bool leave_out(tide_es_resolver *r, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; name != NULL && i < r->pattern_count; i++) {
        if (strcmp(r->patterns[i], name) != 0) {
            r->patterns[kept++] = r->patterns[i];
        }
    }
    bool left = name != NULL && kept < r->pattern_count;
    r->pattern_count = left ? kept : r->pattern_count;
    return left;
}

/* Of several names a server refuses all when one is missing, and names that one. */
static tide_code ask_until_known(tide_es_resolver *r, const tide_json_node **root, tide_error *err)
{
    while (wants_any(r)) {
        tide_es_refusal refusal = {.size_max = 0};
        tide_code code = ask_patterns(r, root, &refusal, err);
        if (code == TIDE_OK || !refusal.index_missing) {
            return code;
        }
        const char *missing = missing_name(r);
        if (!r->indices->allow_empty || !leave_out(r, missing)) {
            return fail_unmatched(r, missing != NULL ? missing : r->patterns[0], err);
        }
        tide_error_clear(err);
    }
    return TIDE_OK;
}

static tide_code copy_patterns(tide_es_resolver *r, const char *const *patterns,
                               size_t pattern_count, tide_error *err)
{
    r->patterns = tide_arena_alloc_zero(&r->arena, pattern_count + 1, sizeof *r->patterns);
    if (r->patterns == NULL) {
        return TIDE_FAIL_MEMORY(err, "the list of indices");
    }
    for (size_t i = 0; i < pattern_count; i++) {
        r->patterns[i] = patterns[i];
    }
    r->pattern_count = pattern_count;
    return TIDE_OK;
}

tide_code tide_es_resolve_names(tide_es_resolver *r, const char *const *patterns,
                                size_t pattern_count, const tide_json_node **root, tide_error *err)
{
    *root = NULL;
    TIDE_TRY(copy_patterns(r, patterns, pattern_count, err));
    TIDE_TRY(check_patterns(r, err));
    TIDE_TRY(ask_until_known(r, root, err));
    bool may_miss = r->indices->allow_empty;
    const char *unmatched =
        may_miss ? NULL : tide_es_names_unmatched(*root, r->patterns, r->pattern_count);
    if (unmatched != NULL) {
        return fail_unmatched(r, unmatched, err);
    }
    if (*root != NULL) {
        TIDE_TRY(add_resolved(r->indices, *root, err));
    }
    if (r->indices->count == 0) {
        return may_miss ? TIDE_OK : fail_unmatched(r, r->patterns[0], err);
    }
    qsort(r->indices->items, r->indices->count, sizeof *r->indices->items, compare_names);
    return TIDE_OK;
}

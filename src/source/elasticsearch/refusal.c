/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/refusal.h"

#include <stdlib.h>
#include <string.h>

#include "base/problem.h"
#include "source/elasticsearch/json_tree.h"

#define BEGINNING_BYTES 64

const char *tide_es_print_beginning(tide_str text, char *out)
{
    size_t size = text.size < BEGINNING_BYTES ? text.size : BEGINNING_BYTES;
    char *at = out;
    *at++ = '`';
    for (size_t i = 0; i < size; i++) {
        char c = text.data[i];
        *at++ = c >= ' ' && c < 0x7F ? c : '.';
    }
    if (size < text.size) {
        memcpy(at, "...", 3);
        at += 3;
    }
    *at++ = '`';
    *at = '\0';
    return out;
}

/* The innermost reason is the one that helps: the first failed shard's, else the root cause, then
 * down along caused_by. */
static const tide_json_node *innermost(const tide_json_node *error)
{
    const tide_json_node *shards = tide_json_member(error, "failed_shards");
    const tide_json_node *roots = tide_json_member(error, "root_cause");
    const tide_json_node *at = error;
    if (shards != NULL && shards->first_child != NULL) {
        at = tide_json_member(shards->first_child, "reason");
    } else if (roots != NULL && roots->first_child != NULL) {
        at = roots->first_child;
    }
    const tide_json_node *cause;
    while ((cause = tide_json_member(at, "caused_by")) != NULL) {
        at = cause;
    }
    return at != NULL ? at : error;
}

static void describe(tide_arena *arena, tide_str text, const char **type, const char **reason)
{
    tide_error ignored;
    tide_error_clear(&ignored);
    const tide_json_node *root = NULL;
    *type = "";
    *reason = NULL;
    if (tide_json_tree_parse(arena, text, &root, &ignored) != TIDE_OK) {
        return;
    }
    const tide_json_node *error = tide_json_member(root, "error");
    *reason = tide_json_text(error);
    if (*reason == NULL) {
        const tide_json_node *inner = innermost(error);
        const char *inner_type = tide_json_text(tide_json_member(inner, "type"));
        *type = inner_type != NULL ? inner_type : "";
        *reason = tide_json_text(tide_json_member(inner, "reason"));
    }
}

/* "Batch size is too large, size must be less than or equal to: [500] but was [1500]. ... by
 * changing the [index.max_result_window] index level setting.", and alike for a result window. */
static int64_t read_size_max(const char *reason)
{
    static const char before[] = "must be less than or equal to: [";
    const char *at = reason != NULL ? strstr(reason, before) : NULL;
    if (at == NULL || strstr(at, "[index.max_result_window]") == NULL) {
        return 0;
    }
    return strtoll(at + strlen(before), NULL, 10);
}

/* What a gateway for TLS writes instead of an answer of the server. */
static bool wants_certificate(tide_str text)
{
    static const char *const words[] = {"No required SSL certificate", "SSL certificate error"};
    for (size_t i = 0; text.size > 0 && i < sizeof words / sizeof words[0]; i++) {
        if (memmem(text.data, text.size, words[i], strlen(words[i])) != NULL) {
            return true;
        }
    }
    return false;
}

/* Errors without a type are of the part that chooses who answers a path. Any server of JSON may say
 * `{"error": "Not Found"}`. */
static bool is_of_router(const char *reason)
{
    static const char *const words[] = {"no handler found for uri",
                                        "Incorrect HTTP method for uri"};
    bool found = false;
    for (size_t i = 0; reason != NULL && i < sizeof words / sizeof words[0]; i++) {
        found = found || strncmp(reason, words[i], strlen(words[i])) == 0;
    }
    return found;
}

static tide_problem problem_of(const tide_http_answer *answer, const tide_es_refusal *refusal)
{
    if (refusal->context_missing) {
        return TIDE_E_SNAPSHOT_LOST;
    }
    if (wants_certificate(tide_http_answer_text(answer))) {
        return TIDE_E_CERTIFICATE;
    }
    bool closed = answer->status == 401 || answer->status == 403;
    return closed ? TIDE_E_NOT_LET_IN : TIDE_E_HTTP_REFUSED;
}

static tide_code code_of(const tide_http_answer *answer, const tide_es_refusal *refusal)
{
    long status = answer->status;
    if (status == 429 || status >= 500 || refusal->context_missing || refusal->too_large) {
        return TIDE_REMOTE_RETRY;
    }
    bool query = status == 400 && !wants_certificate(tide_http_answer_text(answer));
    return query ? TIDE_BAD_CONFIG : TIDE_REMOTE;
}

#define FOREIGN                                                                        \
    "; this is not how Elasticsearch or OpenSearch answers: check the address of the " \
    "connection in the project file"

static const char *advice(const tide_http *http, long status, tide_str text,
                          const tide_es_refusal *refusal)
{
    const tide_http_settings *settings = tide_http_settings_of(http);
    if (refusal->context_missing) {
        return "; it expired (raise keep_alive) or the server closed it";
    }
    if (wants_certificate(text)) {
        return settings->client_cert != NULL
                   ? "; client_cert is not accepted: it must be of an authority that the server "
                     "knows, and not expired"
                   : "; the server asks for a client certificate: give client_cert and client_key";
    }
    switch (status) {
        case 400:
            return refusal->is_foreign ? FOREIGN : "; check the query and the index names";
        case 401:
            return settings->user == NULL && settings->api_key == NULL &&
                           settings->bearer_token == NULL
                       ? "; the server wants to know who asks: give user and password, api_key or "
                         "bearer_token"
                       : "; check user and password, api_key or bearer_token";
        case 403:
            return refusal->is_foreign
                       ? "; a proxy in between does not let this through, or this is "
                         "another server: check the address of the connection in the "
                         "project file"
                       : "; the user needs the privileges read and view_index_metadata on "
                         "these indices";
        case 404:
        case 405:
            return refusal->is_foreign ? FOREIGN : "";
        case 407:
            return "; a proxy in between wants to know who asks: give user and password in the "
                   "variable of the environment that names it";
        case 429:
            return "; the server is overloaded: fewer workers or smaller pages help";
        case 502:
        case 503:
        case 504:
            return "; the server, or a gateway before it, is not ready: run again when it is";
        default:
            return status >= 500 ? "; the server's log says more" : "";
    }
}

tide_code tide_es_refuse(const tide_http *http, const tide_http_request *request,
                         const tide_http_answer *answer, tide_es_refusal *refusal, tide_error *err)
{
    tide_es_refusal local = {.size_max = 0};
    char beginning[80];
    const char *type, *reason;
    tide_arena arena;
    tide_arena_init(&arena);
    describe(&arena, tide_http_answer_text(answer), &type, &reason);
    local.context_missing = strcmp(type, "search_context_missing_exception") == 0;
    local.size_max = read_size_max(reason);
    local.too_large = local.size_max > 0 || strcmp(type, "circuit_breaking_exception") == 0;
    local.index_missing = strcmp(type, "index_not_found_exception") == 0;
    local.is_foreign = *type == '\0' && !is_of_router(reason);
    if (reason == NULL) {
        reason = tide_es_print_beginning(tide_http_answer_text(answer), beginning);
    }
    tide_text others;
    tide_text_init(&others);
    tide_http_append_others(http, &others);
    tide_code code =
        TIDE_FAIL(err, TIDE_PROBLEM_AS(problem_of(answer, &local), code_of(answer, &local)),
                  "%s: %s %.*s was answered with HTTP status %ld: %s%s%s%s%s", tide_http_url(http),
                  request->method, (int)strcspn(request->path, "?"), request->path, answer->status,
                  type, *type != '\0' ? ": " : "", reason,
                  advice(http, answer->status, tide_http_answer_text(answer), &local),
                  tide_text_failed(&others) ? "" : tide_text_c(&others));
    tide_text_clear(&others);
    tide_arena_clear(&arena);
    if (refusal != NULL) {
        *refusal = local;
    }
    return code;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/problem.h"

#define VERSION_MAX 9999
/* An answer that is not JSON, or none to what was asked, may have been mutilated on its way. */
#define ASKINGS_MAX 3

/* Whatever is asked here may be asked twice, but for what opens something. */
static tide_code send(tide_http *http, const tide_http_request *request, tide_http_answer *answer,
                      tide_error *err)
{
    return request->repeatable ? tide_http_send_curiously(http, request, answer, err)
                               : tide_http_send_patiently(http, request, answer, err);
}

static tide_code parse(const tide_http *http, const tide_http_request *request,
                       const tide_http_answer *answer, tide_arena *arena,
                       const tide_json_node **root, tide_error *err)
{
    tide_str text = tide_http_answer_text(answer);
    tide_code code = tide_json_tree_parse(arena, text, root, err);
    if (code == TIDE_BAD_DATA) {
        char beginning[80];
        return TIDE_FAIL(
            err, TIDE_E_STRANGE_ANSWER,
            "%s: the answer to %s %.*s is not JSON (HTTP status %ld, it begins with "
            "%s); is this the port of Elasticsearch or OpenSearch? Check the address of "
            "the connection in the project file",
            tide_http_url(http), request->method, (int)strcspn(request->path, "?"), request->path,
            answer->status, tide_es_print_beginning(text, beginning));
    }
    return code;
}

tide_code tide_es_ask(tide_http *http, const tide_http_request *request, tide_http_answer *answer,
                      tide_arena *arena, const tide_json_node **root, tide_es_refusal *refusal,
                      tide_error *err)
{
    for (unsigned sends = 1;; sends++) {
        TIDE_TRY(send(http, request, answer, err));
        if (answer->status >= 400) {
            return tide_es_refuse(http, request, answer, refusal, err);
        }
        tide_code code = parse(http, request, answer, arena, root, err);
        if (code != TIDE_REMOTE_RETRY || !request->repeatable || sends >= ASKINGS_MAX) {
            return code;
        }
        tide_error_clear(err);
        TIDE_TRY(tide_http_pause(http, answer, sends, err));
    }
}

/* *heard: there is an answer, and the code is what the visitor makes of it. */
static tide_code ask_and_visit_once(tide_http *http, const tide_http_request *request,
                                    tide_http_answer *answer, tide_es_answer_visit visit,
                                    void *context, bool *heard, tide_error *err)
{
    const tide_json_node *root = NULL;
    tide_arena arena;
    tide_arena_init(&arena);
    tide_code code = tide_es_ask(http, request, answer, &arena, &root, NULL, err);
    *heard = code == TIDE_OK;
    if (code == TIDE_OK) {
        code = visit(context, root, &arena, err);
    }
    tide_arena_clear(&arena);
    return code;
}

tide_code tide_es_ask_and_visit(tide_http *http, const tide_http_request *request,
                                tide_http_answer *answer, tide_es_answer_visit visit, void *context,
                                tide_error *err)
{
    for (unsigned sends = 1;; sends++) {
        bool heard = false;
        tide_code code = ask_and_visit_once(http, request, answer, visit, context, &heard, err);
        if (!heard || code != TIDE_REMOTE_RETRY || !request->repeatable || sends >= ASKINGS_MAX) {
            return code;
        }
        tide_error_clear(err);
        TIDE_TRY(tide_http_pause(http, answer, sends, err));
    }
}

/* Leaves both at 0, as unknown, if it is no `major.minor`. */
static void read_version(tide_es_server *server, const char *version)
{
    char *dot;
    long major = strtol(version, &dot, 10);
    if (dot == version || *dot != '.' || major < 0 || major > VERSION_MAX) {
        return;
    }
    char *rest;
    long minor = strtol(dot + 1, &rest, 10);
    if (rest == dot + 1 || minor < 0 || minor > VERSION_MAX) {
        return;
    }
    server->major = (int)major;
    server->minor = (int)minor;
}

static bool at_least(const tide_es_server *server, int major, int minor)
{
    return server->major > major || (server->major == major && server->minor >= minor);
}

static void conclude(tide_es_server *server, const char *version)
{
    bool unknown = server->major == 0;
    (void)snprintf(server->name, sizeof server->name, "%s%s%.32s",
                   server->opensearch ? "OpenSearch" : "Elasticsearch", unknown ? "" : " ",
                   unknown ? "" : version);
    /* OpenSearch has PIT since 2.4, and says 7.10.2 where it is told to look like Elasticsearch. */
    bool pretends = server->opensearch && server->major == 7;
    server->has_pit = unknown || pretends ||
                      (server->opensearch ? at_least(server, 2, 4) : at_least(server, 7, 10));
    server->has_resolve = unknown || server->opensearch || at_least(server, 7, 9);
    server->has_types = !unknown && !server->opensearch && server->major < 7;
    server->has_shard_doc = !server->opensearch && (unknown || at_least(server, 7, 12));
}

/* No answer was withheld, and none is of a server that can be read. */
static tide_code fail_foreign(const tide_http *http, const tide_http_answer *answer,
                              tide_error *err)
{
    char beginning[80];
    tide_problem problem = TIDE_E_STRANGE_ANSWER;
    return TIDE_FAIL(err, TIDE_PROBLEM_AS(problem, TIDE_REMOTE),
                     "%s: what answers here does not say that it is Elasticsearch or OpenSearch "
                     "(its last answer begins with %s): check the address of the connection in "
                     "the project file",
                     tide_http_url(http),
                     tide_es_print_beginning(tide_http_answer_text(answer), beginning));
}

static bool conclude_from_root(tide_es_server *server, const tide_json_node *root)
{
    const char *version = tide_json_text(tide_json_path(root, "version", "number", TIDE_JSON_END));
    const char *product =
        tide_json_text(tide_json_path(root, "version", "distribution", TIDE_JSON_END));
    const char *tagline = tide_json_text(tide_json_member(root, "tagline"));
    if (version == NULL) {
        return false;
    }
    server->opensearch = (product != NULL && strcmp(product, "opensearch") == 0) ||
                         (tagline != NULL && strstr(tagline, "OpenSearch") != NULL);
    server->is_told = true;
    read_version(server, version);
    conclude(server, version);
    return true;
}

/* A node tells its version only. Elasticsearch names itself in a header since 7.14; below 5 it is
 * OpenSearch. */
static void conclude_from_node(tide_es_server *server, const tide_json_node *root,
                               bool elastic_product)
{
    const tide_json_node *nodes = tide_json_member(root, "nodes");
    const tide_json_node *node = nodes != NULL ? nodes->first_child : NULL;
    const char *version = tide_json_text(tide_json_member(node, "version"));
    server->is_told = server->is_told || version != NULL || elastic_product;
    read_version(server, version != NULL ? version : "");
    bool old = server->major >= 5 && server->major <= 7;
    server->opensearch = !elastic_product && !old;
    conclude(server, version != NULL ? version : "");
}

/* Is it a status by which a healthy server keeps this answer to itself? */
static bool is_closed(long status)
{
    return status == 400 || status == 403 || status == 404 || status == 405;
}

/* *is_told: it is one of these servers by how it refuses. */
static tide_code ask_unless_closed(tide_http *http, const char *path, tide_http_answer *answer,
                                   tide_arena *arena, const tide_json_node **root, bool *is_told,
                                   tide_error *err)
{
    tide_http_request request = {.method = "GET", .path = path, .repeatable = true};
    tide_es_refusal refusal = {.is_foreign = true};
    *root = NULL;
    tide_code code = tide_es_ask(http, &request, answer, arena, root, &refusal, err);
    if (code != TIDE_OK && answer->status >= 400 && is_closed(answer->status)) {
        *is_told = *is_told || !refusal.is_foreign;
        tide_error_clear(err);
        return TIDE_OK;
    }
    return code;
}

/* A gateway may give answers of its own to whatever but searches. */
static tide_code ask_by_search(tide_http *http, tide_http_answer *answer, tide_arena *arena,
                               tide_es_server *server, tide_error *err)
{
    const tide_json_node *root;
    TIDE_TRY(ask_unless_closed(http, "/_search?size=0&terminate_after=1&filter_path=_shards.total",
                               answer, arena, &root, &server->is_told, err));
    if (tide_json_member(root, "_shards") == NULL) {
        return server->is_told || root == NULL ? TIDE_OK : fail_foreign(http, answer, err);
    }
    conclude_from_node(server, root, answer->elastic_product);
    server->is_told = true;
    return TIDE_OK;
}

static tide_code detect(tide_http *http, tide_http_answer *answer, tide_arena *arena,
                        tide_es_server *server, tide_error *err)
{
    const tide_json_node *root;
    TIDE_TRY(ask_unless_closed(http, "/", answer, arena, &root, &server->is_told, err));
    if (conclude_from_root(server, root)) {
        return TIDE_OK;
    }
    bool elastic_product = answer->elastic_product;
    bool has_root = root != NULL;
    TIDE_TRY(ask_unless_closed(http, "/_nodes/_local?filter_path=nodes.*.version", answer, arena,
                               &root, &server->is_told, err));
    conclude_from_node(server, root, elastic_product || answer->elastic_product);
    bool is_doubtful = !server->is_told && has_root && root != NULL;
    return is_doubtful ? ask_by_search(http, answer, arena, server, err) : TIDE_OK;
}

tide_code tide_es_server_detect(tide_http *http, tide_http_answer *answer, tide_es_server *server,
                                tide_error *err)
{
    tide_arena arena;
    tide_arena_init(&arena);
    memset(server, 0, sizeof *server);
    tide_code code = detect(http, answer, &arena, server, err);
    tide_arena_clear(&arena);
    return code;
}

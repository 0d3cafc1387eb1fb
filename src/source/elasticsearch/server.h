/* SPDX-License-Identifier: Apache-2.0 */
/* Server: which product and version answers, and what it can do. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_SERVER_H
#define TIDE_SOURCE_ELASTICSEARCH_SERVER_H

#include "source/elasticsearch/json_tree.h"
#include "source/elasticsearch/refusal.h"

typedef struct tide_es_server {
    bool opensearch;
    int major, minor; /* 0.0 when the server does not tell */
    char name[64];    /* "Elasticsearch 8.11.0" */
    bool is_told;     /* else the product is a guess */
    bool has_pit;
    bool has_shard_doc; /* sorting by _shard_doc */
    bool has_resolve;   /* _resolve/index, and all that came with hidden indices */
    bool has_types;     /* mappings stand under the name of a type, unless told not to */
} tide_es_server;

/* Asks `GET /`; where that is closed, the local node. The user may be allowed neither: then the
 * headers decide and the version stays unknown, which is no error. Who answers both with something
 * else is no such server. */
TIDE_MUST_CHECK tide_code tide_es_server_detect(tide_http *http, tide_http_answer *answer,
                                                tide_es_server *server, tide_error *err);

/* Sends a control request patiently; any status but 2xx is raised. The root lives in the arena. */
TIDE_MUST_CHECK tide_code tide_es_ask(tide_http *http, const tide_http_request *request,
                                      tide_http_answer *answer, tide_arena *arena,
                                      const tide_json_node **root, tide_es_refusal *refusal,
                                      tide_error *err);
/* The same for an answer that is looked at once: root and arena are borrowed for the visit. What
 * the visitor calls remote_retry is no answer, and is asked for again a few times as what is no
 * JSON: of such a one it must not have kept anything that another visit would double. */
typedef tide_code (*tide_es_answer_visit)(void *context, const tide_json_node *root,
                                          tide_arena *arena, tide_error *err);
TIDE_MUST_CHECK tide_code tide_es_ask_and_visit(tide_http *http, const tide_http_request *request,
                                                tide_http_answer *answer,
                                                tide_es_answer_visit visit, void *context,
                                                tide_error *err);

#endif

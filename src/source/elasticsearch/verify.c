/* SPDX-License-Identifier: Apache-2.0 */
/* After reading: is each index still the one that was planned? Searches go by name, and an index
 * that is deleted and made anew before its turn answers to the same name, with another mapping. One
 * that is gone or closed by now was read to its end. */
#include <string.h>

#include "base/problem.h"
#include "source/elasticsearch/source_state.h"

#define SETTINGS                                                                    \
    "/_settings?ignore_unavailable=true&allow_no_indices=true&expand_wildcards=all" \
    "&filter_path=*.settings.index.uuid"

typedef struct verification {
    const tide_es_source *source;
    tide_http *http;
    tide_http_answer *answer;
} verification;

static tide_code compare(void *context, const tide_json_node *root, tide_arena *arena,
                         tide_error *err)
{
    const verification *v = context;
    (void)arena;
    for (const tide_json_node *at = root->first_child; at != NULL; at = at->next) {
        const tide_es_index *index =
            at->key != NULL ? tide_es_indices_find(&v->source->indices, at->key) : NULL;
        const char *uuid =
            tide_json_text(tide_json_path(at, "settings", "index", "uuid", TIDE_JSON_END));
        if (index != NULL && uuid != NULL && strcmp(index->uuid, uuid) != 0) {
            return TIDE_FAIL(err, TIDE_E_INPUT_CHANGED,
                             "%s: index `%s` was deleted and made anew after the run was planned "
                             "(uuid %s, was %s): what was read of it is of either; `run --new` "
                             "plans and reads anew",
                             tide_http_url(v->http), index->name, uuid, index->uuid);
        }
    }
    return TIDE_OK;
}

static tide_code ask(void *context, const char *path, tide_error *err)
{
    verification *v = context;
    tide_http_request request = {.method = "GET", .path = path, .repeatable = true};
    return tide_es_ask_and_visit(v->http, &request, v->answer, compare, v, err);
}

tide_code tide_es_verify(tide_source *base, const tide_source_plan *plan, tide_error *err)
{
    (void)plan; /* the source remembers */
    tide_es_source *source = (tide_es_source *)base;
    verification v = {.source = source};
    tide_http_answer answer;
    tide_http_answer_init(&answer, source->engine.budget);
    v.answer = &answer;
    tide_code code = tide_es_source_take_http(source, &v.http, err);
    if (code == TIDE_OK) {
        code = tide_es_indices_in_groups(&source->indices, "/", SETTINGS, ask, &v, err);
    }
    if (code != TIDE_OK && answer.status == 403) {
        tide_error_clear(err); /* then it can't be told */
        code = TIDE_OK;
    }
    tide_es_source_return_http(source, v.http);
    tide_http_answer_clear(&answer);
    return code;
}

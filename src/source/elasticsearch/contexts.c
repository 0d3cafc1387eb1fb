/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/contexts.h"

#include <inttypes.h>

#include "base/calendar.h"
#include "base/problem.h"

#define LIMIT_USUAL 500
#define LIMIT_MAX 1000000
/* A cancel is seen this soon. */
#define POLL_MS 50

void tide_es_contexts_init(tide_es_contexts *contexts, int64_t wait_ms_max)
{
    tide_mutex_init(&contexts->lock);
    tide_condition_init(&contexts->changed);
    contexts->open = 0;
    contexts->open_max = LIMIT_USUAL / 2;
    contexts->wait_ms_max = wait_ms_max;
}

void tide_es_contexts_clear(tide_es_contexts *contexts)
{
    tide_condition_clear(&contexts->changed);
    tide_mutex_clear(&contexts->lock);
}

/* What is set for now overrides what is set for good, and that the default. */
static int64_t limit_of(const tide_json_node *root, const char *name, int64_t otherwise)
{
    static const char *const levels[] = {"transient", "persistent", "defaults"};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        const tide_json_node *node = tide_json_path(root, levels[i], "search", name, TIDE_JSON_END);
        if (node != NULL) {
            uint64_t limit = tide_json_uint(node, (uint64_t)otherwise);
            return limit < LIMIT_MAX ? (int64_t)limit : LIMIT_MAX;
        }
    }
    return otherwise;
}

static tide_code note_limit(void *context, const tide_json_node *root, tide_arena *arena,
                            tide_error *err)
{
    tide_es_contexts *contexts = context;
    (void)arena;
    (void)err;
    int64_t scrolls = limit_of(root, "max_open_scroll_context", LIMIT_USUAL);
    int64_t pits = limit_of(root, "max_open_pit_context", LIMIT_MAX);
    int64_t limit = scrolls < pits ? scrolls : pits;
    contexts->open_max = limit > 1 ? limit / 2 : 1;
    return TIDE_OK;
}

tide_code tide_es_contexts_read_limit(tide_es_contexts *contexts, tide_http *http,
                                      tide_http_answer *answer, tide_error *err)
{
    tide_http_request request = {.method = "GET",
                                 .path =
                                     "/_cluster/settings?include_defaults=true&filter_path="
                                     "*.search.max_open_*",
                                 .repeatable = true};
    tide_code code = tide_es_ask_and_visit(http, &request, answer, note_limit, contexts, err);
    if (code == TIDE_OK || code == TIDE_CANCELLED || code == TIDE_OUT_OF_MEMORY) {
        return code;
    }
    tide_error_clear(err);
    return TIDE_OK;
}

static bool has_room(const tide_es_contexts *contexts, int64_t count)
{
    return contexts->open == 0 || contexts->open + count <= contexts->open_max;
}

tide_code tide_es_contexts_take(tide_es_contexts *contexts, int64_t count,
                                const tide_cancel *cancel, tide_error *err)
{
    int64_t deadline = tide_monotonic_micros() + 1000 * contexts->wait_ms_max;
    tide_code code = TIDE_OK;
    tide_mutex_lock(&contexts->lock);
    while (!has_room(contexts, count) && code == TIDE_OK) {
        (void)tide_condition_wait_for(&contexts->changed, &contexts->lock, POLL_MS);
        code = tide_cancel_check(cancel, err);
        if (code == TIDE_OK && tide_monotonic_micros() > deadline) {
            code = TIDE_FAIL(err, TIDE_PROBLEM_AS(TIDE_E_HTTP_REFUSED, TIDE_REMOTE_RETRY),
                             "%" PRId64
                             " search contexts are open, half of what the server "
                             "allows, and %" PRId64
                             " more are needed: raise its "
                             "search.max_open_scroll_context, or take fewer workers",
                             contexts->open, count);
        }
    }
    contexts->open += code == TIDE_OK ? count : 0;
    tide_mutex_unlock(&contexts->lock);
    return code;
}

void tide_es_contexts_give(tide_es_contexts *contexts, int64_t count)
{
    tide_mutex_lock(&contexts->lock);
    contexts->open -= count;
    tide_condition_broadcast(&contexts->changed);
    tide_mutex_unlock(&contexts->lock);
}

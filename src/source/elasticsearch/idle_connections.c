/* SPDX-License-Identifier: Apache-2.0 */
/* Idle connections: what a reader leaves, the next one takes, so that hundreds of small indices do
 * not cost a connection and a handshake each. */
#include "base/memory.h"
#include "source/elasticsearch/source_state.h"

/* The one that was left last is the likeliest to be open still. */
static tide_http *take_idle(tide_es_source *source)
{
    tide_mutex_lock(&source->idle_guard);
    tide_http *http = source->idle_count > 0 ? source->idle[--source->idle_count] : NULL;
    tide_mutex_unlock(&source->idle_guard);
    return http;
}

tide_code tide_es_source_take_http(tide_es_source *source, tide_http **http, tide_error *err)
{
    *http = take_idle(source);
    if (*http != NULL) {
        return TIDE_OK;
    }
    size_t number = (size_t)tide_atomic_add(&source->connection_count, 1) - 1;
    return tide_http_create(&source->settings, source->engine.cancel, number, http, err);
}

void tide_es_source_return_http(tide_es_source *source, tide_http *http)
{
    if (http == NULL) {
        return;
    }
    tide_http_abort(http);
    tide_error ignored;
    tide_error_clear(&ignored);
    tide_mutex_lock(&source->idle_guard);
    bool kept = tide_grow((void **)&source->idle, &source->idle_capacity, source->idle_count + 1,
                          sizeof(tide_http *), &ignored) == TIDE_OK;
    if (kept) {
        source->idle[source->idle_count++] = http;
    }
    tide_mutex_unlock(&source->idle_guard);
    if (!kept) {
        tide_http_destroy(http);
    }
}

void tide_es_source_destroy_idle(tide_es_source *source)
{
    tide_http *http;
    while ((http = take_idle(source)) != NULL) {
        tide_http_destroy(http);
    }
    tide_free(source->idle);
}

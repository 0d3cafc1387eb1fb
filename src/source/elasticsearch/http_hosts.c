/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/http_hosts.h"

#include <stdio.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "base/thread.h"

#define AVOID_MS_MAX (INT64_C(5) * 60 * 1000)
#define REASON_BYTES_MAX 300

typedef struct host {
    unsigned failures;     /* since it last answered */
    int64_t avoided_until; /* monotonic microseconds */
    char reason[REASON_BYTES_MAX];
} host;

struct tide_http_hosts {
    tide_mutex lock;
    int64_t avoid_ms;
    size_t count;
    host *items;
};

tide_code tide_http_hosts_create(size_t count, int64_t avoid_ms, tide_http_hosts **out,
                                 tide_error *err)
{
    tide_http_hosts *hosts = tide_alloc_zero(1, sizeof *hosts);
    host *items = tide_alloc_zero(count, sizeof *items);
    if (hosts == NULL || items == NULL) {
        tide_free(hosts);
        tide_free(items);
        return TIDE_FAIL_MEMORY(err, "connection settings");
    }
    tide_mutex_init(&hosts->lock);
    hosts->avoid_ms = avoid_ms;
    hosts->count = count;
    hosts->items = items;
    *out = hosts;
    return TIDE_OK;
}

void tide_http_hosts_destroy(tide_http_hosts *hosts)
{
    if (hosts != NULL) {
        tide_mutex_clear(&hosts->lock);
        tide_free(hosts->items);
        tide_free(hosts);
    }
}

static bool is_well(const host *h, int64_t now)
{
    return h->failures == 0 || now >= h->avoided_until;
}

/* Under the lock. */
static size_t choose(const tide_http_hosts *hosts, size_t preferred, const bool *tried)
{
    int64_t now = tide_monotonic_micros();
    size_t best = hosts->count;
    for (size_t i = 0; i < hosts->count; i++) {
        size_t at = (preferred + i) % hosts->count;
        if (tried != NULL && tried[at]) {
            continue;
        }
        if (is_well(&hosts->items[at], now)) {
            return at;
        }
        if (best == hosts->count ||
            hosts->items[at].avoided_until < hosts->items[best].avoided_until) {
            best = at;
        }
    }
    return best;
}

size_t tide_http_hosts_choose(tide_http_hosts *hosts, size_t preferred, const bool *tried)
{
    tide_mutex_lock(&hosts->lock);
    size_t chosen = choose(hosts, preferred, tried);
    tide_mutex_unlock(&hosts->lock);
    return chosen;
}

bool tide_http_hosts_any_well(tide_http_hosts *hosts)
{
    bool any = false;
    tide_mutex_lock(&hosts->lock);
    int64_t now = tide_monotonic_micros();
    for (size_t i = 0; i < hosts->count; i++) {
        any = any || is_well(&hosts->items[i], now);
    }
    tide_mutex_unlock(&hosts->lock);
    return any;
}

void tide_http_hosts_answered(tide_http_hosts *hosts, size_t index)
{
    tide_mutex_lock(&hosts->lock);
    hosts->items[index].failures = 0;
    tide_mutex_unlock(&hosts->lock);
}

void tide_http_hosts_failed(tide_http_hosts *hosts, size_t index, const char *reason)
{
    tide_mutex_lock(&hosts->lock);
    host *h = &hosts->items[index];
    int64_t avoid_ms = hosts->avoid_ms;
    for (unsigned i = 0; i < h->failures && avoid_ms < AVOID_MS_MAX; i++) {
        avoid_ms *= 2;
    }
    avoid_ms = avoid_ms < AVOID_MS_MAX ? avoid_ms : AVOID_MS_MAX;
    h->failures++;
    h->avoided_until = tide_monotonic_micros() + 1000 * avoid_ms;
    (void)snprintf(h->reason, sizeof h->reason, "%s", reason);
    tide_mutex_unlock(&hosts->lock);
}

void tide_http_hosts_append_others(tide_http_hosts *hosts, size_t index, char *const *urls,
                                   tide_text *out)
{
    tide_mutex_lock(&hosts->lock);
    for (size_t i = 0; i < hosts->count; i++) {
        if (i != index && hosts->items[i].failures > 0) {
            tide_text_append_format(out, "; before that %s: %s", urls[i], hosts->items[i].reason);
        }
    }
    tide_mutex_unlock(&hosts->lock);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at a connection, host by host: does it answer, as what, how well is it, how late is it. */
#include <curl/curl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "source/elasticsearch/elasticsearch_source.h"
#include "source/elasticsearch/server.h"

#define ANSWER_BYTES_MAX (INT64_C(16) << 20)
/* A run is patient, who asks how things are wants to know. */
#define ANSWER_TIMEOUT_MS 10000

typedef struct probe {
    tide_http *http;
    tide_http_answer answer;
    tide_arena arena;
    tide_findings *findings;
    const tide_cancel *cancel;
} probe;

/* False where the server does not answer, which is a finding about `subject`. *root is NULL where
 * the user may not ask that, or the server does not know it. */
static bool ask(probe *p, const char *subject, const char *path, const tide_json_node **root)
{
    tide_error err;
    tide_error_clear(&err);
    *root = NULL;
    tide_http_request request = {.method = "GET", .path = path, .repeatable = true};
    p->answer.status = 0;
    tide_code code = tide_es_ask(p->http, &request, &p->answer, &p->arena, root, NULL, &err);
    bool may_not = p->answer.status >= 400 && p->answer.status < 500 && p->answer.status != 429;
    if (code == TIDE_OK || may_not) {
        *root = code == TIDE_OK ? *root : NULL;
        return true;
    }
    tide_findings_add(p->findings, TIDE_WARNING, subject,
                      "a cluster without a master, or with too much to do, answers some questions "
                      "only: runs may have to wait for it",
                      "not told: %s", err.message);
    return false;
}

static void look_at_health(probe *p)
{
    const tide_json_node *root;
    if (!ask(p, "health", "/_cluster/health?filter_path=status", &root)) {
        return;
    }
    const char *status = tide_json_text(tide_json_member(root, "status"));
    if (status == NULL) {
        tide_findings_add(p->findings, TIDE_FINE, "health", NULL,
                          "not told to this user (privilege `monitor`)");
    } else if (strcmp(status, "red") == 0) {
        tide_findings_add(p->findings, TIDE_FAILURE, "health",
                          "GET _cluster/allocation/explain tells which shards are missing; runs "
                          "that need them fail rather than leave documents out",
                          "red: some primary shards are missing");
    } else {
        tide_findings_add(p->findings, TIDE_FINE, "health", NULL, "%s", status);
    }
}

/* The setting stands in one of three groups; the first that has it counts. */
static uint64_t read_context_limit(probe *p)
{
    static const char *const groups[] = {"transient", "persistent", "defaults"};
    const tide_json_node *root;
    if (!ask(
            p, "search contexts",
            "/_cluster/settings?include_defaults=true&filter_path=*.search.max_open_scroll_context",
            &root)) {
        return 0;
    }
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        const char *text = tide_json_text(
            tide_json_path(root, groups[i], "search", "max_open_scroll_context", TIDE_JSON_END));
        if (text != NULL) {
            return strtoull(text, NULL, 10);
        }
    }
    return 0;
}

static void look_at_contexts(probe *p, uint64_t open)
{
    uint64_t limit = read_context_limit(p);
    if (limit == 0) {
        return;
    }
    if (limit >= INT32_MAX) { /* as Elasticsearch 6 has it unless told otherwise */
        tide_findings_add(p->findings, TIDE_FINE, "search contexts", NULL,
                          "%" PRIu64 " open on this node, any number allowed", open);
        return;
    }
    bool tight = open > limit / 2;
    tide_findings_add(p->findings, tight ? TIDE_WARNING : TIDE_FINE, "search contexts",
                      tight ? "other clients hold scrolls open: let them expire, close them "
                              "(DELETE _search/scroll/_all closes everybody's), or raise "
                              "search.max_open_scroll_context"
                            : NULL,
                      "%" PRIu64 " open on this node, %" PRIu64 " allowed", open, limit);
}

static void look_at_node(probe *p)
{
    int64_t before = tide_now();
    const tide_json_node *root;
    if (!ask(p, "clock",
             "/_nodes/_local/stats/indices/search"
             "?filter_path=nodes.*.timestamp,nodes.*.indices.search.open_contexts",
             &root)) {
        return;
    }
    int64_t after = tide_now();
    const tide_json_node *nodes = tide_json_member(root, "nodes");
    const tide_json_node *node = nodes != NULL ? nodes->first_child : NULL;
    uint64_t millis = tide_json_uint(tide_json_member(node, "timestamp"), 0);
    if (millis == 0) {
        return;
    }
    /* The server cuts its clock to milliseconds. */
    tide_findings_add_clock(p->findings, before - 1000, (int64_t)millis * 1000, after);
    look_at_contexts(
        p, tide_json_uint(tide_json_path(node, "indices", "search", "open_contexts", TIDE_JSON_END),
                          0));
}

/* A proxy, the rights of the user, or something else altogether. */
static void tell_unknown(probe *p)
{
    tide_findings_add(p->findings, TIDE_WARNING, "server",
                      "if runs fail, check the address of the connection in the project file; if "
                      "they don't, a proxy or the user's rights keep it back (privilege `monitor`)",
                      "something answers at %s and does not say whether it is Elasticsearch or "
                      "OpenSearch (HTTP status %ld)",
                      tide_http_url(p->http), p->answer.status);
}

static void look_at_version(probe *p, const tide_es_server *server, int64_t micros)
{
    if (!server->is_told) {
        tell_unknown(p);
        return;
    }
    tide_findings_add(p->findings, TIDE_FINE, "server", NULL, "%s at %s, %s; answered in %.1f ms",
                      server->name, tide_http_url(p->http),
                      server->has_pit ? "scroll and point in time" : "scroll only",
                      (double)micros / 1000);
}

static tide_code look_at_host(probe *p, const tide_http_settings *settings, size_t host,
                              tide_error *err)
{
    TIDE_TRY(tide_http_create(settings, p->cancel, host, &p->http, err));
    tide_es_server server;
    int64_t before = tide_monotonic_micros();
    TIDE_TRY(tide_es_server_detect(p->http, &p->answer, &server, err));
    look_at_version(p, &server, tide_monotonic_micros() - before);
    look_at_health(p);
    look_at_node(p);
    return TIDE_OK;
}

/* Each host by itself: failover would hide one that is down. */
static tide_code probe_host(const tide_es_options *options, size_t host, const tide_cancel *cancel,
                            tide_findings *findings, tide_error *err)
{
    tide_es_options one = *options;
    one.urls = &options->urls[host];
    one.url_count = 1;
    one.sends_max = 1;
    if (one.request_timeout_ms == 0 || one.request_timeout_ms > ANSWER_TIMEOUT_MS) {
        one.request_timeout_ms = ANSWER_TIMEOUT_MS;
    }
    tide_http_settings settings;
    probe p = {.findings = findings, .cancel = cancel};
    tide_arena_init(&p.arena);
    tide_budget budget;
    tide_budget_init(&budget, ANSWER_BYTES_MAX);
    tide_http_answer_init(&p.answer, &budget);
    tide_code code = tide_http_settings_init(&settings, &one, err);
    if (code == TIDE_OK) {
        code = look_at_host(&p, &settings, 0, err);
    }
    if (code == TIDE_OK && host == 0 && tide_http_settings_exposed(&settings)) {
        tide_findings_add(findings, TIDE_WARNING, "secrets", "use an https:// URL",
                          "the password or key travels unencrypted");
    }
    tide_http_destroy(p.http);
    tide_http_answer_clear(&p.answer);
    tide_arena_clear(&p.arena);
    tide_http_settings_clear(&settings);
    return code;
}

void tide_es_probe(const tide_es_options *options, const tide_cancel *cancel,
                   tide_findings *findings)
{
    const char *versions = curl_version(); /* its own, that of TLS, and of all that it is made of */
    size_t own = strcspn(versions, " ");
    own += strspn(versions + own, " ");
    own += strcspn(versions + own, " ");
    tide_findings_add(findings, TIDE_FINE, "library", NULL, "%.*s", (int)own, versions);
    for (size_t i = 0; i < options->url_count; i++) {
        tide_error err;
        tide_error_clear(&err);
        if (probe_host(options, i, cancel, findings, &err) != TIDE_OK) {
            tide_findings_add(findings, TIDE_FAILURE, "server",
                              tide_findings_explain(findings, &err), "%s", err.message);
        }
    }
}

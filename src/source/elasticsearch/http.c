/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/http.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "source/elasticsearch/http_answer.h"
#include "source/elasticsearch/http_state.h"

tide_code tide_http_create(const tide_http_settings *settings, const tide_cancel *cancel,
                           size_t first_url, tide_http **out, tide_error *err)
{
    tide_http *http = tide_alloc_zero(1, sizeof *http);
    if (http == NULL) {
        return TIDE_FAIL_MEMORY(err, "a connection");
    }
    http->settings = settings;
    http->cancel = cancel;
    http->home = first_url % settings->url_count;
    http->url_index = http->home;
    tide_text_init(&http->url);
    tide_text_init(&http->target);
    http->tried = tide_alloc_zero(settings->url_count, sizeof *http->tried);
    http->multi = curl_multi_init();
    http->easy = curl_easy_init();
    if (http->tried == NULL || http->multi == NULL || http->easy == NULL ||
        !tide_http_setup(http)) {
        tide_http_destroy(http);
        return TIDE_FAIL_MEMORY(err, "a connection");
    }
    *out = http;
    return TIDE_OK;
}

void tide_http_destroy(tide_http *http)
{
    if (http == NULL) {
        return;
    }
    tide_http_abort(http);
    curl_easy_cleanup(http->easy);
    curl_multi_cleanup(http->multi);
    curl_slist_free_all(http->headers);
    tide_text_clear(&http->url);
    tide_text_clear(&http->target);
    tide_free(http->tried);
    tide_free(http);
}

bool tide_http_busy(const tide_http *http)
{
    return http->request != NULL;
}

tide_http_failure tide_http_last_failure(const tide_http *http)
{
    return http->failure;
}

const tide_http_settings *tide_http_settings_of(const tide_http *http)
{
    return http->settings;
}

const tide_cancel *tide_http_cancel_of(const tide_http *http)
{
    return http->cancel;
}

const char *tide_http_url(const tide_http *http)
{
    return http->settings->urls[http->url_index];
}

void tide_http_append_others(const tide_http *http, tide_text *out)
{
    tide_http_hosts_append_others(http->settings->hosts, http->url_index, http->settings->urls,
                                  out);
}

void tide_http_abort(tide_http *http)
{
    if (http->request != NULL) {
        (void)curl_multi_remove_handle(http->multi, http->easy);
        http->request = NULL;
        http->answer = NULL;
    }
}

/* Hands http->request to the library, for the url that is in turn. */
static tide_code start(tide_http *http, tide_error *err)
{
    tide_text_reset(&http->url);
    tide_text_append(&http->url, tide_http_url(http));
    tide_text_append(&http->url, http->request->path);
    http->sent_bytes = 0;
    http->too_large = false;
    http->failure = TIDE_HTTP_NONE;
    http->reason[0] = '\0';
    tide_http_answer_reset(http->answer);
    int running = 0;
    if (tide_text_failed(&http->url) || !tide_http_setup_request(http) ||
        curl_multi_add_handle(http->multi, http->easy) != CURLM_OK) {
        http->request = NULL;
        http->answer = NULL;
        return TIDE_FAIL_MEMORY(err, "a request");
    }
    /* A failure of the library itself shows again, and is handled, in finish. */
    (void)curl_multi_perform(http->multi, &running);
    return TIDE_OK;
}

tide_code tide_http_begin(tide_http *http, const tide_http_request *request,
                          tide_http_answer *answer, tide_error *err)
{
    http->request = request;
    http->answer = answer;
    memset(http->tried, 0, http->settings->url_count * sizeof *http->tried);
    http->url_index = tide_http_hosts_choose(http->settings->hosts, http->home, NULL);
    return start(http, err);
}

static void read_status(tide_http *http)
{
    curl_off_t body = 0;
    long headers = 0;
    (void)curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &http->answer->status);
    (void)curl_easy_getinfo(http->easy, CURLINFO_SIZE_DOWNLOAD_T, &body);
    (void)curl_easy_getinfo(http->easy, CURLINFO_HEADER_SIZE, &headers);
    http->answer->wire_bytes = (uint64_t)body + (uint64_t)headers;
}

/* A gateway that can't reach the server, or a server that is going down, is no host to come back to
 * at once. */
static void note_answer(tide_http *http)
{
    long status = http->answer->status;
    if (status == 502 || status == 503 || status == 504) {
        char reason[40];
        (void)snprintf(reason, sizeof reason, "it answered with HTTP status %ld", status);
        tide_http_hosts_failed(http->settings->hosts, http->url_index, reason);
    } else {
        tide_http_hosts_answered(http->settings->hosts, http->url_index);
    }
}

/* Where no connection came about, the other urls are tried, each once. */
static tide_code finish_at_any_url(tide_http *http, tide_error *err)
{
    for (;;) {
        CURLcode result = CURLE_OK;
        TIDE_TRY(tide_http_wait(http, &result, err));
        if (result == CURLE_OK) {
            read_status(http);
            note_answer(http);
            return TIDE_OK;
        }
        tide_code code = tide_http_explain(http, result, err);
        http->tried[http->url_index] = true;
        size_t next = tide_http_hosts_choose(http->settings->hosts, http->home, http->tried);
        if (http->failure != TIDE_HTTP_NOT_SENT || next == http->settings->url_count) {
            return code;
        }
        (void)curl_multi_remove_handle(http->multi, http->easy);
        http->url_index = next;
        tide_error_clear(err);
        TIDE_TRY(start(http, err));
    }
}

tide_code tide_http_finish(tide_http *http, tide_error *err)
{
    tide_code code = finish_at_any_url(http, err);
    if (code != TIDE_CANCELLED) {
        tide_http_abort(http);
    }
    return code;
}

tide_code tide_http_send(tide_http *http, const tide_http_request *request,
                         tide_http_answer *answer, tide_error *err)
{
    TIDE_TRY(tide_http_begin(http, request, answer, err));
    return tide_http_finish(http, err);
}

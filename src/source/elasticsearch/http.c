/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/http.h"

#include <curl/curl.h>
#include <string.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "base/problem.h"
#include "source/elasticsearch/http_answer.h"

/* A cancel is seen this soon. */
#define POLL_MS 50
/* An answer that comes slower than this for a whole timeout is given up. */
#define BYTES_PER_SECOND_MIN 1024
#define RECEIVE_BUFFER_BYTES (256L << 10)

struct tide_http {
    const tide_http_settings *settings;
    const tide_cancel *cancel;
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    size_t url_index;
    const tide_http_request *request; /* NULL = idle */
    tide_http_answer *answer;
    size_t sent_bytes; /* of the body */
    tide_text url;
    tide_http_failure failure;
    bool too_large;
    char reason[CURL_ERROR_SIZE];
};

static size_t receive_body(char *data, size_t size, size_t count, void *context)
{
    tide_http *http = context;
    tide_http_answer *answer = http->answer;
    size_t bytes = size * count;
    size_t room = http->settings->answer_bytes_max - answer->size;
    /* What still fits is kept: it may name the scroll that is to be closed. */
    size_t kept = bytes < room ? bytes : room;
    bool appended = tide_http_answer_append(answer, data, kept);
    http->too_large = !appended || kept < bytes;
    return appended ? kept : 0;
}

static size_t receive_header(char *data, size_t size, size_t count, void *context)
{
    tide_http_answer_read_header(((tide_http *)context)->answer, (tide_str){data, size * count});
    return size * count;
}

static size_t send_body(char *out, size_t size, size_t count, void *context)
{
    tide_http *http = context;
    size_t left = http->request->body.size - http->sent_bytes;
    size_t bytes = size * count < left ? size * count : left;
    if (bytes > 0) {
        memcpy(out, http->request->body.data + http->sent_bytes, bytes);
        http->sent_bytes += bytes;
    }
    return bytes;
}

/* The library asks for this only to send a body again. Where a first sending may have been executed
 * that must not happen: the failure makes it give up. */
static int rewind_body(void *context, curl_off_t offset, int origin)
{
    tide_http *http = context;
    if (!http->request->repeatable || origin != SEEK_SET || offset < 0 ||
        (size_t)offset > http->request->body.size) {
        return CURL_SEEKFUNC_FAIL;
    }
    http->sent_bytes = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

#define SET(option, value) (curl_easy_setopt(http->easy, (option), (value)) == CURLE_OK)

static bool add_header(tide_http *http, const char *line)
{
    struct curl_slist *longer = curl_slist_append(http->headers, line);
    if (longer == NULL) {
        return false;
    }
    http->headers = longer;
    return true;
}

static bool set_headers(tide_http *http)
{
    bool ok = add_header(http, "Content-Type: application/json") &&
              add_header(http, "Accept: application/json") && add_header(http, "Expect:");
    if (ok && http->settings->api_key != NULL) {
        tide_text line;
        tide_text_init(&line);
        tide_text_append_format(&line, "Authorization: ApiKey %s", http->settings->api_key);
        ok = !tide_text_failed(&line) && add_header(http, tide_text_c(&line));
        tide_text_clear(&line);
    }
    return ok && SET(CURLOPT_HTTPHEADER, http->headers);
}

static bool set_access(tide_http *http)
{
    const tide_http_settings *settings = http->settings;
    bool ok = SET(CURLOPT_SSL_VERIFYPEER, settings->insecure ? 0L : 1L) &&
              SET(CURLOPT_SSL_VERIFYHOST, settings->insecure ? 0L : 2L);
    if (ok && settings->ca_file != NULL) {
        ok = SET(CURLOPT_CAINFO, settings->ca_file);
    }
    if (ok && settings->user != NULL) {
        ok = SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) && SET(CURLOPT_USERNAME, settings->user) &&
             SET(CURLOPT_PASSWORD, settings->password != NULL ? settings->password : "");
    }
    if (ok && settings->compressed) {
        ok = SET(CURLOPT_ACCEPT_ENCODING, "gzip");
    }
    return ok;
}

static bool set_transfer(tide_http *http)
{
    long connect_ms = (long)http->settings->connect_timeout_ms;
    return SET(CURLOPT_NOSIGNAL, 1L) && SET(CURLOPT_FOLLOWLOCATION, 0L) &&
           SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
           SET(CURLOPT_CONNECTTIMEOUT_MS, connect_ms) && SET(CURLOPT_TCP_KEEPALIVE, 1L) &&
           SET(CURLOPT_BUFFERSIZE, RECEIVE_BUFFER_BYTES) &&
           SET(CURLOPT_ERRORBUFFER, http->reason) && SET(CURLOPT_WRITEFUNCTION, receive_body) &&
           SET(CURLOPT_WRITEDATA, http) && SET(CURLOPT_HEADERFUNCTION, receive_header) &&
           SET(CURLOPT_HEADERDATA, http) && SET(CURLOPT_READFUNCTION, send_body) &&
           SET(CURLOPT_READDATA, http) && SET(CURLOPT_SEEKFUNCTION, rewind_body) &&
           SET(CURLOPT_SEEKDATA, http);
}

tide_code tide_http_create(const tide_http_settings *settings, const tide_cancel *cancel,
                           size_t first_url, tide_http **out, tide_error *err)
{
    tide_http *http = tide_alloc_zero(1, sizeof *http);
    if (http == NULL) {
        return TIDE_FAIL_MEMORY(err, "a connection");
    }
    http->settings = settings;
    http->cancel = cancel;
    http->url_index = first_url % settings->url_count;
    tide_text_init(&http->url);
    http->multi = curl_multi_init();
    http->easy = curl_easy_init();
    if (http->multi == NULL || http->easy == NULL || !set_headers(http) || !set_access(http) ||
        !set_transfer(http)) {
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

void tide_http_abort(tide_http *http)
{
    if (http->request != NULL) {
        (void)curl_multi_remove_handle(http->multi, http->easy);
        http->request = NULL;
        http->answer = NULL;
    }
}

static bool set_method(tide_http *http, const tide_http_request *request)
{
    bool has_body = strcmp(request->method, "GET") != 0;
    if (!has_body) {
        return SET(CURLOPT_CUSTOMREQUEST, NULL) && SET(CURLOPT_HTTPGET, 1L);
    }
    return SET(CURLOPT_POST, 1L) && SET(CURLOPT_CUSTOMREQUEST, request->method) &&
           SET(CURLOPT_POSTFIELDS, NULL) &&
           SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size);
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
    if (tide_text_failed(&http->url) || !set_method(http, http->request) ||
        !SET(CURLOPT_URL, tide_text_c(&http->url)) ||
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
    return start(http, err);
}

static bool is_done(tide_http *http, CURLcode *result)
{
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            *result = message->data.result;
            return true;
        }
    }
    return false;
}

/* Time counts only while somebody waits here: a caller may leave an answer lying for as long as it
 * likes. */
typedef struct patience {
    int64_t last_progress, first_byte; /* monotonic microseconds; first_byte 0 = none yet */
    size_t seen_bytes, first_bytes;
    int64_t timeout;
} patience;

static bool is_too_slow(patience *p, size_t bytes)
{
    int64_t now = tide_monotonic_micros();
    if (bytes > p->seen_bytes) {
        if (p->first_byte == 0) {
            p->first_byte = now;
            p->first_bytes = bytes;
        }
        p->seen_bytes = bytes;
        p->last_progress = now;
    }
    int64_t dripping = p->first_byte > 0 ? now - p->first_byte : 0;
    bool drips =
        dripping > p->timeout && (int64_t)(bytes - p->first_bytes) <
                                     dripping / TIDE_MICROS_PER_SECOND * BYTES_PER_SECOND_MIN;
    return drips || now - p->last_progress > p->timeout;
}

/* Waits until the transfer has ended one way or the other. */
static tide_code wait_for_end(tide_http *http, CURLcode *result, tide_error *err)
{
    int64_t timeout_ms = http->request->timeout_ms > 0 ? http->request->timeout_ms
                                                       : http->settings->request_timeout_ms;
    int64_t now = tide_monotonic_micros();
    patience p = {now, 0, 0, 0, 1000 * timeout_ms};
    for (;;) {
        int running = 0;
        if (curl_multi_perform(http->multi, &running) != CURLM_OK) {
            *result = CURLE_OUT_OF_MEMORY;
            return TIDE_OK;
        }
        if (is_done(http, result)) {
            return TIDE_OK;
        }
        if (!http->request->despite_cancel) {
            TIDE_TRY(tide_cancel_check(http->cancel, err));
        }
        if (is_too_slow(&p, http->answer->size)) {
            *result = CURLE_OPERATION_TIMEDOUT;
            return TIDE_OK;
        }
        if (curl_multi_poll(http->multi, NULL, 0, POLL_MS, NULL) != CURLM_OK) {
            *result = CURLE_OUT_OF_MEMORY;
            return TIDE_OK;
        }
    }
}

static bool was_not_sent(tide_http *http, CURLcode result)
{
    if (result == CURLE_COULDNT_CONNECT || result == CURLE_COULDNT_RESOLVE_HOST) {
        return true;
    }
    long bytes = 0;
    curl_off_t total_connected = 0;
    (void)curl_easy_getinfo(http->easy, CURLINFO_REQUEST_SIZE, &bytes);
    (void)curl_easy_getinfo(http->easy, CURLINFO_CONNECT_TIME_T, &total_connected);
    return result == CURLE_OPERATION_TIMEDOUT && bytes == 0 && total_connected == 0;
}

static const char *advice(CURLcode result)
{
    switch (result) {
        case CURLE_COULDNT_CONNECT:
            return "; is the server running there, and the port right?";
        case CURLE_COULDNT_RESOLVE_HOST:
            return "; check the name of the host";
        case CURLE_SSL_CONNECT_ERROR:
            return "; does the server speak TLS on this port (https), or plain http?";
        case CURLE_GOT_NOTHING:
            return "; if the server speaks TLS on this port, the url must begin with https";
        case CURLE_PEER_FAILED_VERIFICATION:
            return "; the certificate must be for the host in the url, and of an authority that "
                   "the system or ca_file knows";
        case CURLE_SSL_CACERT_BADFILE:
            return "; ca_file must be a readable PEM file";
        default:
            return "";
    }
}

static bool is_final(CURLcode result)
{
    return result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE ||
           result == CURLE_URL_MALFORMAT || result == CURLE_UNSUPPORTED_PROTOCOL;
}

/* The path without its query string: that is what an operator knows. */
static int path_size(const tide_http_request *request)
{
    return (int)strcspn(request->path, "?");
}

static tide_code explain(tide_http *http, CURLcode result, tide_error *err)
{
    const tide_http_request *request = http->request;
    size_t received = http->answer->size;
    if (http->too_large) {
        http->failure = TIDE_HTTP_TOO_LARGE;
        return TIDE_FAIL(
            err, TIDE_REMOTE_RETRY, "%s: the answer to %s %.*s does not fit: more than %zu bytes",
            tide_http_url(http), request->method, path_size(request), request->path, received);
    }
    http->failure = was_not_sent(http, result) ? TIDE_HTTP_NOT_SENT : TIDE_HTTP_AMBIGUOUS;
    if (result == CURLE_OUT_OF_MEMORY) {
        return TIDE_FAIL_MEMORY(err, "a request");
    }
    const char *reason = result == CURLE_OPERATION_TIMEDOUT ? "timed out" : http->reason;
    tide_code code = is_final(result) ? TIDE_REMOTE : TIDE_REMOTE_RETRY;
    return TIDE_FAIL(err, TIDE_PROBLEM_AS(TIDE_E_UNREACHABLE, code),
                     "%s: %s %.*s failed after %zu bytes of the answer: %s%s", tide_http_url(http),
                     request->method, path_size(request), request->path, received,
                     *reason != '\0' ? reason : curl_easy_strerror(result), advice(result));
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

/* Where no connection came about, the other urls are tried, each once. */
static tide_code finish_at_any_url(tide_http *http, tide_error *err)
{
    for (size_t tried = 1;; tried++) {
        CURLcode result = CURLE_OK;
        TIDE_TRY(wait_for_end(http, &result, err));
        if (result == CURLE_OK) {
            read_status(http);
            return TIDE_OK;
        }
        tide_code code = explain(http, result, err);
        if (http->failure != TIDE_HTTP_NOT_SENT || tried >= http->settings->url_count) {
            return code;
        }
        (void)curl_multi_remove_handle(http->multi, http->easy);
        http->url_index = (http->url_index + 1) % http->settings->url_count;
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

/* SPDX-License-Identifier: Apache-2.0 */
/* What requests are made with: bodies in both directions, headers, credentials, certificates. */
#include <string.h>

#include "source/elasticsearch/http_answer.h"
#include "source/elasticsearch/http_state.h"

#define RECEIVE_BUFFER_BYTES (256L << 10)

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

static bool add_authorization(tide_http *http, const char *scheme, const char *secret)
{
    tide_text line;
    tide_text_init(&line);
    tide_text_append_format(&line, "Authorization: %s %s", scheme, secret);
    bool ok = !tide_text_failed(&line) && add_header(http, tide_text_c(&line));
    tide_text_clear(&line);
    return ok;
}

static bool set_headers(tide_http *http)
{
    bool ok = add_header(http, "Content-Type: application/json") &&
              add_header(http, "Accept: application/json") && add_header(http, "Expect:");
    if (ok && http->settings->api_key != NULL) {
        ok = add_authorization(http, "ApiKey", http->settings->api_key);
    }
    if (ok && http->settings->bearer_token != NULL) {
        ok = add_authorization(http, "Bearer", http->settings->bearer_token);
    }
    return ok && SET(CURLOPT_HTTPHEADER, http->headers);
}

/* Without a client_key the key is in the file of the certificate. */
static bool set_certificates(tide_http *http)
{
    const tide_http_settings *settings = http->settings;
    bool ok = SET(CURLOPT_SSL_VERIFYPEER, settings->insecure ? 0L : 1L) &&
              SET(CURLOPT_SSL_VERIFYHOST, settings->insecure ? 0L : 2L);
    if (ok && settings->ca_file != NULL) {
        ok = SET(CURLOPT_CAINFO, settings->ca_file);
    }
    if (ok && settings->client_cert != NULL) {
        const char *key = settings->client_key;
        ok = SET(CURLOPT_SSLCERT, settings->client_cert) &&
             SET(CURLOPT_SSLKEY, key != NULL ? key : settings->client_cert);
    }
    if (ok && settings->client_key_password != NULL) {
        ok = SET(CURLOPT_KEYPASSWD, settings->client_key_password);
    }
    return ok;
}

static bool set_access(tide_http *http)
{
    const tide_http_settings *settings = http->settings;
    bool ok = true;
    if (settings->user != NULL) {
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

bool tide_http_setup(tide_http *http)
{
    return set_headers(http) && set_certificates(http) && set_access(http) && set_transfer(http);
}

static bool set_method(tide_http *http)
{
    const tide_http_request *request = http->request;
    bool has_body = strcmp(request->method, "GET") != 0;
    if (!has_body) {
        return SET(CURLOPT_CUSTOMREQUEST, NULL) && SET(CURLOPT_HTTPGET, 1L);
    }
    return SET(CURLOPT_POST, 1L) && SET(CURLOPT_CUSTOMREQUEST, request->method) &&
           SET(CURLOPT_POSTFIELDS, NULL) &&
           SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size);
}

/* The library makes the request line of its parsed url, and some versions leave out the query where
 * they have no memory for it: another question, with an answer that looks well. So the line is
 * given as it is; but a proxy of plain HTTP wants the whole url in it, which the library writes, or
 * fails. */
static bool set_target(tide_http *http)
{
    const tide_http_settings *settings = http->settings;
    bool in_whole = settings->proxies[http->url_index].variable != NULL &&
                    strncmp(settings->urls[http->url_index], "http:", 5) == 0;
    tide_text_reset(&http->target);
    tide_text_append(&http->target, settings->paths[http->url_index]);
    tide_text_append(&http->target, http->request->path);
    return !tide_text_failed(&http->target) &&
           SET(CURLOPT_REQUEST_TARGET, in_whole ? NULL : tide_text_c(&http->target));
}

/* Without one that is set the library looks into the environment. */
static bool set_proxy(tide_http *http)
{
    bool is_usable = http->settings->proxies[http->url_index].is_usable;
    return SET(CURLOPT_PROXY, is_usable ? NULL : TIDE_HTTP_NO_PROXY_NAME);
}

bool tide_http_setup_request(tide_http *http)
{
    return set_method(http) && set_target(http) && set_proxy(http) &&
           SET(CURLOPT_URL, tide_text_c(&http->url));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a request that got no answer: in words, and what to do about it. */
#include <string.h>

#include "base/problem.h"
#include "base/userinfo.h"
#include "source/elasticsearch/http_state.h"

/* Of an answer that is a refusal. */
#define BAD_STATUS_FIRST 400

/* What OpenSSL says of a server's certificate (X509_V_ERR_...). */
enum { NOT_YET_VALID = 9, EXPIRED = 10, ISSUER_UNKNOWN_FIRST = 18, ISSUER_UNKNOWN_LAST = 21 };

/* No byte of a request travels before the handshake of TLS is over. */
static bool failed_in_handshake(CURLcode result)
{
    return result == CURLE_SSL_CONNECT_ERROR || result == CURLE_PEER_FAILED_VERIFICATION ||
           result == CURLE_SSL_CACERT_BADFILE || result == CURLE_SSL_CERTPROBLEM;
}

/* The server's answer to a certificate, or to none: in TLS 1.3 it comes after our side of the
 * handshake is over, and the server has not looked at the request. */
static bool refused_certificate(const tide_http *http)
{
    static const char *const alerts[] = {"alert certificate required", "alert bad certificate",
                                         "alert unknown ca", "alert certificate expired",
                                         "alert handshake failure"};
    for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++) {
        if (strstr(http->reason, alerts[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static bool was_not_sent(tide_http *http, CURLcode result)
{
    if (result == CURLE_COULDNT_CONNECT || result == CURLE_COULDNT_RESOLVE_HOST ||
        result == CURLE_COULDNT_RESOLVE_PROXY || failed_in_handshake(result) ||
        refused_certificate(http)) {
        return true;
    }
    long bytes = 0;
    curl_off_t total_connected = 0;
    (void)curl_easy_getinfo(http->easy, CURLINFO_REQUEST_SIZE, &bytes);
    (void)curl_easy_getinfo(http->easy, CURLINFO_CONNECT_TIME_T, &total_connected);
    return result == CURLE_OPERATION_TIMEDOUT && bytes == 0 && total_connected == 0;
}

static const char *advice_on_server_certificate(const tide_http *http)
{
    long found = 0;
    (void)curl_easy_getinfo(http->easy, CURLINFO_SSL_VERIFYRESULT, &found);
    if (found == EXPIRED) {
        return "; have the certificate renewed";
    }
    if (found == NOT_YET_VALID) {
        return "; compare the clocks of both machines";
    }
    if (found >= ISSUER_UNKNOWN_FIRST && found <= ISSUER_UNKNOWN_LAST) {
        return http->settings->ca_file != NULL
                   ? "; the authority that signed it is not in ca_file"
                   : "; name a file with the authority that signed it as ca_file";
    }
    return "; the certificate must be for the host in the url, and of an authority that the system "
           "or ca_file knows";
}

static const char *advice_on_client_certificate(const tide_http *http)
{
    return http->settings->client_cert != NULL
               ? "; the server does not accept client_cert: it must be of an authority that the "
                 "server knows, and not expired"
               : "; the server asks for a client certificate: give client_cert and client_key";
}

#define CHECK_ADDRESS_SENTENCE "Check the address of the connection in the project file"
#define CHECK_ADDRESS "check the address of the connection in the project file"

/* A connection that ends without a byte of an answer: a server that stops, or a wrong port. */
static const char *advice_on_silent_end(const tide_http *http)
{
    bool encrypted = strncmp(tide_http_url(http), "https:", strlen("https:")) == 0;
    if (http->answer->size > 0) {
        return "";
    }
    return encrypted
               ? "; is this the port of Elasticsearch or OpenSearch? If the server "
                 "runs, " CHECK_ADDRESS
               : "; is this the port of Elasticsearch or OpenSearch? If the server speaks TLS on "
                 "this port, the url must begin with https; else " CHECK_ADDRESS;
}

static const char *advice(const tide_http *http, CURLcode result)
{
    if (refused_certificate(http)) {
        return advice_on_client_certificate(http);
    }
    switch (result) {
        case CURLE_COULDNT_CONNECT:
            return "; is the server running there? If it is, " CHECK_ADDRESS;
        case CURLE_COULDNT_RESOLVE_HOST:
            return "; " CHECK_ADDRESS;
        case CURLE_SSL_CONNECT_ERROR:
            return "; does the server speak TLS on this port (https), or plain "
                   "http? " CHECK_ADDRESS_SENTENCE;
        case CURLE_GOT_NOTHING:
        case CURLE_RECV_ERROR:
        case CURLE_SEND_ERROR:
            return advice_on_silent_end(http);
        case CURLE_OPERATION_TIMEDOUT:
            return http->failure == TIDE_HTTP_NOT_SENT
                       ? "; is a firewall in between? If not, " CHECK_ADDRESS
                       : "; if the server is slow and well, raise `timeout` of the connection";
        case CURLE_UNSUPPORTED_PROTOCOL:
            return "; is this the port of Elasticsearch or OpenSearch? " CHECK_ADDRESS_SENTENCE;
        case CURLE_PEER_FAILED_VERIFICATION:
            return advice_on_server_certificate(http);
        case CURLE_SSL_CACERT_BADFILE:
            return "; ca_file must be a readable PEM file";
        case CURLE_SSL_CERTPROBLEM:
            return "; client_cert and client_key must be readable PEM files that belong together, "
                   "client_key_password the key's password if it has one";
        default:
            return "";
    }
}

/* Bytes that are no HTTP, in answer to a request: a wrong port, but also what was left of an answer
 * that was longer than it had said. */
static bool is_no_http(const tide_http *http, CURLcode result)
{
    long bytes = 0;
    (void)curl_easy_getinfo(http->easy, CURLINFO_REQUEST_SIZE, &bytes);
    return result == CURLE_UNSUPPORTED_PROTOCOL && bytes > 0;
}

static bool is_final(const tide_http *http, CURLcode result)
{
    return result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE ||
           result == CURLE_SSL_CERTPROBLEM || result == CURLE_URL_MALFORMAT ||
           (result == CURLE_UNSUPPORTED_PROTOCOL && !is_no_http(http, result)) ||
           refused_certificate(http);
}

/* The path without its query string: that is what an operator knows. */
static int path_size(const tide_http_request *request)
{
    return (int)strcspn(request->path, "?");
}

static tide_problem problem_of(const tide_http *http, CURLcode result)
{
    bool certificate = result == CURLE_PEER_FAILED_VERIFICATION ||
                       result == CURLE_SSL_CACERT_BADFILE || result == CURLE_SSL_CERTPROBLEM ||
                       refused_certificate(http);
    return certificate ? TIDE_E_CERTIFICATE : TIDE_E_UNREACHABLE;
}

static const tide_http_proxy *proxy_of(const tide_http *http)
{
    return &http->settings->proxies[http->url_index];
}

/* The library's own words, but for those that hold an address with what may be a password. */
static const char *reason_of(const tide_http *http, CURLcode result)
{
    if (result == CURLE_OPERATION_TIMEDOUT) {
        return "timed out";
    }
    bool is_shown = http->reason[0] != '\0' && strchr(http->reason, '@') == NULL;
    return is_shown ? http->reason : curl_easy_strerror(result);
}

static tide_code fail_of_proxy(tide_http *http, const char *others, tide_error *err)
{
    tide_http_hosts_failed(http->settings->hosts, http->url_index, "its proxy can't be used");
    return TIDE_FAIL(err, TIDE_E_CONNECTION,
                     "%s: the variable `%s` of the environment does not name a proxy in the form "
                     "http://host:port or http://user:password@host:port; %s. no_proxy exempts "
                     "hosts from it%s",
                     tide_http_url(http), proxy_of(http)->variable, TIDE_USERINFO_ADVICE, others);
}

/* It is only known whether the library asked it after it has answered. */
static void append_proxy(const tide_http *http, CURLcode result, tide_text *out)
{
    const char *variable = proxy_of(http)->variable;
    long answered = 0;
    (void)curl_easy_getinfo(http->easy, CURLINFO_HTTP_CONNECTCODE, &answered);
    if (variable != NULL && (http->failure == TIDE_HTTP_NOT_SENT || result == CURLE_PROXY ||
                             answered >= BAD_STATUS_FIRST)) {
        tide_text_append_format(out,
                                "; unless no_proxy exempts the host, the way there is the proxy "
                                "that `%s` of the environment names: check that, too",
                                variable);
    }
}

static tide_code fail(tide_http *http, CURLcode result, const char *others, tide_error *err)
{
    const tide_http_request *request = http->request;
    const char *reason = reason_of(http, result);
    tide_http_hosts_failed(http->settings->hosts, http->url_index, reason);
    tide_code code = is_final(http, result) ? TIDE_REMOTE : TIDE_REMOTE_RETRY;
    return TIDE_FAIL(err, TIDE_PROBLEM_AS(problem_of(http, result), code),
                     "%s: %s %.*s failed after %zu bytes of the answer: %s%s%s",
                     tide_http_url(http), request->method, path_size(request), request->path,
                     http->answer->size, reason, advice(http, result), others);
}

tide_code tide_http_explain(tide_http *http, CURLcode result, tide_error *err)
{
    const tide_http_request *request = http->request;
    if (http->too_large) {
        http->failure = TIDE_HTTP_TOO_LARGE;
        return TIDE_FAIL(err, TIDE_REMOTE_RETRY,
                         "%s: the answer to %s %.*s does not fit: more than %zu bytes",
                         tide_http_url(http), request->method, path_size(request), request->path,
                         http->answer->size);
    }
    http->failure = was_not_sent(http, result) ? TIDE_HTTP_NOT_SENT : TIDE_HTTP_AMBIGUOUS;
    if (result == CURLE_OUT_OF_MEMORY) {
        return TIDE_FAIL_MEMORY(err, "a request");
    }
    tide_text others;
    tide_text_init(&others);
    bool by_proxy = result == CURLE_COULDNT_RESOLVE_PROXY && !proxy_of(http)->is_usable;
    if (!by_proxy) {
        append_proxy(http, result, &others);
    }
    tide_http_append_others(http, &others);
    const char *more = tide_text_failed(&others) ? "" : tide_text_c(&others);
    tide_code code = by_proxy ? fail_of_proxy(http, more, err) : fail(http, result, more, err);
    tide_text_clear(&others);
    return code;
}

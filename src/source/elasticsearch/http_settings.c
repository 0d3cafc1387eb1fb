/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/http_settings.h"

#include <curl/curl.h>
#include <string.h>

#include "base/memory.h"
#include "base/problem.h"
#include "base/thread.h"
#include "base/userinfo.h"

#define CONNECT_TIMEOUT_MS 10000
#define REQUEST_TIMEOUT_MS 120000
#define SENDS_MAX 6
#define RETRY_PAUSE_MS 250

/* A host that failed is avoided for so many pauses, at first. */
#define AVOID_PAUSES 20

/* A page of the default size is about 1 MB. Beyond this, pages are made smaller. */
#define ANSWER_BYTES_MAX (192u << 20)

/* Initialising is not thread-safe in all versions of the library; it is never undone, since others
 * in this process may use it too. */
static tide_code init_library(tide_error *err)
{
    static tide_mutex guard = {PTHREAD_MUTEX_INITIALIZER};
    static bool done = false;
    tide_mutex_lock(&guard);
    CURLcode result = done ? CURLE_OK : curl_global_init(CURL_GLOBAL_DEFAULT);
    done = done || result == CURLE_OK;
    tide_mutex_unlock(&guard);
    return result == CURLE_OK
               ? TIDE_OK
               : TIDE_FAIL(err, TIDE_OUT_OF_MEMORY, "libcurl can't be initialised: %s",
                           curl_easy_strerror(result));
}

static tide_code copy(char **to, const char *from, tide_error *err)
{
    if (from == NULL || *from == '\0') {
        return TIDE_OK;
    }
    tide_free(*to);
    *to = tide_copy_string(from);
    return *to != NULL ? TIDE_OK : TIDE_FAIL_MEMORY(err, "connection settings");
}

/* Moves a part of the URL, decoded, into *to where it is still empty, and takes it out of the URL.
 */
static tide_code take_part(CURLU *url, CURLUPart part, char **to, tide_error *err)
{
    char *text = NULL;
    CURLUcode result = curl_url_get(url, part, &text, CURLU_URLDECODE);
    tide_code code = TIDE_OK;
    if (result == CURLUE_OK && *to == NULL) {
        code = copy(to, text, err);
    }
    curl_free(text);
    (void)curl_url_set(url, part, NULL, 0);
    return code;
}

static bool is_http(CURLU *url)
{
    char *scheme = NULL;
    bool is = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
    curl_free(scheme);
    return is;
}

/* A part of the URL without slashes at its end; "" is no failure. */
static tide_code write_part(CURLU *url, CURLUPart part, unsigned flags, char **out, tide_error *err)
{
    char *text = NULL;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK) {
        return TIDE_FAIL_MEMORY(err, "connection settings");
    }
    size_t size = strlen(text);
    while (size > 0 && text[size - 1] == '/') {
        text[--size] = '\0';
    }
    *out = tide_copy_string(text);
    curl_free(text);
    return *out != NULL ? TIDE_OK : TIDE_FAIL_MEMORY(err, "connection settings");
}

static tide_code write_url(CURLU *url, char **whole, char **path, tide_error *err)
{
    (void)curl_url_set(url, CURLUPART_QUERY, NULL, 0);
    (void)curl_url_set(url, CURLUPART_FRAGMENT, NULL, 0);
    TIDE_TRY(write_part(url, CURLUPART_URL, 0, whole, err));
    return write_part(url, CURLUPART_PATH, CURLU_URLENCODE, path, err);
}

/* Messages never repeat the text: it may hold a password. */
static tide_code parse_url(CURLU *url, const char *text, size_t number, tide_error *err)
{
    CURLUcode result = curl_url_set(url, CURLUPART_URL, text, 0);
    if (result == CURLUE_OUT_OF_MEMORY) {
        return TIDE_FAIL_MEMORY(err, "connection settings");
    }
    if (!tide_userinfo_is_encoded(text)) {
        return TIDE_FAIL(err, TIDE_E_CONNECTION,
                         "elasticsearch url %zu has a `@` behind a / ? # or another `@`: %s; or "
                         "give `user` and `password`",
                         number, TIDE_USERINFO_ADVICE);
    }
    return result == CURLUE_OK && is_http(url)
               ? TIDE_OK
               : TIDE_FAIL(err, TIDE_E_CONNECTION,
                           "elasticsearch url %zu is not of the form https://host:9200 or "
                           "http://host:9200",
                           number);
}

static tide_code take_url(tide_http_settings *settings, CURLU *url, const char *text, size_t number,
                          tide_error *err)
{
    TIDE_TRY(parse_url(url, text, number, err));
    TIDE_TRY(take_part(url, CURLUPART_USER, &settings->user, err));
    TIDE_TRY(take_part(url, CURLUPART_PASSWORD, &settings->password, err));
    size_t at = settings->url_count++;
    TIDE_TRY(write_url(url, &settings->urls[at], &settings->paths[at], err));
    return tide_http_proxy_find(settings->urls[at], &settings->proxies[at], err);
}

static tide_code add_url(tide_http_settings *settings, const char *text, size_t number,
                         tide_error *err)
{
    CURLU *url = curl_url();
    if (url == NULL) {
        return TIDE_FAIL_MEMORY(err, "connection settings");
    }
    tide_code code = take_url(settings, url, text, number, err);
    curl_url_cleanup(url);
    return code;
}

static int64_t or_default(int64_t value, int64_t otherwise)
{
    return value > 0 ? value : otherwise;
}

static tide_code add_urls(tide_http_settings *settings, const tide_es_options *options,
                          tide_error *err)
{
    if (options->url_count == 0) {
        return TIDE_FAIL(err, TIDE_E_CONNECTION,
                         "elasticsearch needs a url, e.g. https://host:9200");
    }
    settings->urls = tide_alloc_zero(options->url_count, sizeof *settings->urls);
    settings->paths = tide_alloc_zero(options->url_count, sizeof *settings->paths);
    settings->proxies = tide_alloc_zero(options->url_count, sizeof *settings->proxies);
    if (settings->urls == NULL || settings->paths == NULL || settings->proxies == NULL) {
        return TIDE_FAIL_MEMORY(err, "connection settings");
    }
    for (size_t i = 0; i < options->url_count; i++) {
        TIDE_TRY(add_url(settings, options->urls[i], i + 1, err));
    }
    return TIDE_OK;
}

/* A key or token may come from a file, with the end of its line. */
static tide_code copy_secret(char **to, const char *from, const char *name, tide_error *err)
{
    TIDE_TRY(copy(to, from, err));
    size_t size = *to != NULL ? strlen(*to) : 0;
    while (size > 0 && strchr(" \t\r\n", (*to)[size - 1]) != NULL) {
        (*to)[--size] = '\0';
    }
    for (size_t i = 0; i < size; i++) {
        if ((*to)[i] <= ' ' || (*to)[i] > '~') {
            return TIDE_FAIL(err, TIDE_E_CONNECTION,
                             "elasticsearch: %s has a blank, a line break or the like in it", name);
        }
    }
    return TIDE_OK;
}

static tide_code copy_access(tide_http_settings *settings, const tide_es_options *options,
                             tide_error *err)
{
    TIDE_TRY(copy(&settings->user, options->user, err));
    TIDE_TRY(copy(&settings->password, options->password, err));
    TIDE_TRY(copy_secret(&settings->api_key, options->api_key, "api_key", err));
    TIDE_TRY(copy_secret(&settings->bearer_token, options->bearer_token, "bearer_token", err));
    TIDE_TRY(copy(&settings->ca_file, options->ca_file, err));
    TIDE_TRY(copy(&settings->client_cert, options->client_cert, err));
    TIDE_TRY(copy(&settings->client_key, options->client_key, err));
    return copy(&settings->client_key_password, options->client_key_password, err);
}

static tide_code check_access(const tide_http_settings *settings, tide_error *err)
{
    int ways =
        (settings->user != NULL) + (settings->api_key != NULL) + (settings->bearer_token != NULL);
    if (ways > 1) {
        return TIDE_FAIL(err, TIDE_E_CONNECTION,
                         "elasticsearch has more than one of user, api_key and bearer_token: give "
                         "one of them");
    }
    if (settings->api_key != NULL && strchr(settings->api_key, ':') != NULL) {
        return TIDE_FAIL(err, TIDE_E_CONNECTION,
                         "elasticsearch: api_key is id:key in the clear; give its `encoded` form, "
                         "the base64 of it");
    }
    if (settings->client_key != NULL && settings->client_cert == NULL) {
        return TIDE_FAIL(err, TIDE_E_CONNECTION, "elasticsearch: client_key needs client_cert");
    }
    return TIDE_OK;
}

tide_code tide_http_settings_init(tide_http_settings *settings, const tide_es_options *options,
                                  tide_error *err)
{
    memset(settings, 0, sizeof *settings);
    settings->insecure = options->insecure;
    settings->compressed = options->compressed;
    settings->connect_timeout_ms = or_default(options->connect_timeout_ms, CONNECT_TIMEOUT_MS);
    settings->request_timeout_ms = or_default(options->request_timeout_ms, REQUEST_TIMEOUT_MS);
    settings->retry_pause_ms = or_default(options->retry_pause_ms, RETRY_PAUSE_MS);
    settings->sends_max = options->sends_max > 0 ? options->sends_max : SENDS_MAX;
    settings->answer_bytes_max =
        options->answer_bytes_max > 0 ? options->answer_bytes_max : ANSWER_BYTES_MAX;
    TIDE_TRY(init_library(err));
    TIDE_TRY(copy_access(settings, options, err));
    TIDE_TRY(add_urls(settings, options, err));
    TIDE_TRY(tide_http_hosts_create(settings->url_count, AVOID_PAUSES * settings->retry_pause_ms,
                                    &settings->hosts, err));
    return check_access(settings, err);
}

void tide_http_settings_clear(tide_http_settings *settings)
{
    for (size_t i = 0; i < settings->url_count; i++) {
        tide_free(settings->urls[i]);
        tide_free(settings->paths[i]);
    }
    tide_free(settings->urls);
    tide_free(settings->paths);
    tide_free(settings->proxies);
    tide_free(settings->user);
    tide_free(settings->password);
    tide_free(settings->api_key);
    tide_free(settings->bearer_token);
    tide_free(settings->ca_file);
    tide_free(settings->client_cert);
    tide_free(settings->client_key);
    tide_free(settings->client_key_password);
    tide_http_hosts_destroy(settings->hosts);
    memset(settings, 0, sizeof *settings);
}

bool tide_http_settings_exposed(const tide_http_settings *settings)
{
    bool exposed = false;
    for (size_t i = 0; i < settings->url_count; i++) {
        exposed = exposed || strncmp(settings->urls[i], "http:", 5) == 0;
    }
    return exposed &&
           (settings->user != NULL || settings->api_key != NULL || settings->bearer_token != NULL);
}

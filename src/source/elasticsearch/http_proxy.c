/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/http_proxy.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/userinfo.h"

/* In the order in which they are asked; HTTP_PROXY is none, since servers of CGI set it. */
static const char *const of_http[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};
static const char *const of_https[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                                       NULL};

static const char *find_variable(const char *url)
{
    const char *const *name = strncmp(url, "https:", strlen("https:")) == 0 ? of_https : of_http;
    for (; *name != NULL; name++) {
        const char *value = getenv(*name);
        if (value != NULL && *value != '\0') {
            return *name;
        }
    }
    return NULL;
}

static bool is_of_proxies(const char *scheme)
{
    static const char *const schemes[] = {"http",    "https",  "socks",  "socks4",
                                          "socks4a", "socks5", "socks5h"};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (strcasecmp(scheme, schemes[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* With the flags of the library itself. */
static CURLUcode parse(CURLU *url, const char *value, bool *is_known)
{
    char *scheme = NULL;
    CURLUcode result =
        curl_url_set(url, CURLUPART_URL, value, CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME);
    if (result == CURLUE_OK) {
        result = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0);
    }
    *is_known = result == CURLUE_OK && is_of_proxies(scheme);
    curl_free(scheme);
    return result;
}

tide_code tide_http_proxy_find(const char *url, tide_http_proxy *out, tide_error *err)
{
    *out = (tide_http_proxy){.variable = find_variable(url), .is_usable = true};
    const char *value = out->variable != NULL ? getenv(out->variable) : NULL;
    if (value == NULL) {
        return TIDE_OK;
    }
    CURLU *parsed = curl_url();
    bool is_known = false;
    CURLUcode result = parsed != NULL ? parse(parsed, value, &is_known) : CURLUE_OUT_OF_MEMORY;
    curl_url_cleanup(parsed);
    if (result == CURLUE_OUT_OF_MEMORY) {
        return TIDE_FAIL_MEMORY(err, "connection settings");
    }
    out->is_usable = is_known && tide_userinfo_is_encoded(value);
    return TIDE_OK;
}

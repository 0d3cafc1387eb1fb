/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP settings: where the server is and how to be let in. Shared by all connections of a source,
 * read-only once made, but for what guards itself. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_HTTP_SETTINGS_H
#define TIDE_SOURCE_ELASTICSEARCH_HTTP_SETTINGS_H

#include <stdint.h>

#include "source/elasticsearch/elasticsearch_source.h"
#include "source/elasticsearch/http_hosts.h"
#include "source/elasticsearch/http_proxy.h"

typedef struct tide_http_settings {
    char **urls;              /* owned; without credentials and without a slash at the end */
    char **paths;             /* owned; of the urls, percent-encoded: "" where there is none */
    tide_http_proxy *proxies; /* owned; of the urls */
    size_t url_count;
    tide_http_hosts *hosts; /* owned; how the urls do */
    char *user;             /* owned; NULL = none */
    char *password;
    char *api_key;
    char *bearer_token;
    char *ca_file;
    char *client_cert;
    char *client_key;
    char *client_key_password;
    bool insecure;
    bool compressed;
    int64_t connect_timeout_ms;
    int64_t request_timeout_ms;
    uint32_t sends_max;      /* of a request that is refused in passing */
    int64_t retry_pause_ms;  /* before the first repetition; doubles */
    size_t answer_bytes_max; /* of one answer */
} tide_http_settings;

/* Also makes the HTTP library ready, once per process. bad_config for what is no URL. Clear the
 * settings in any case. */
TIDE_MUST_CHECK tide_code tide_http_settings_init(tide_http_settings *settings,
                                                  const tide_es_options *options, tide_error *err);
void tide_http_settings_clear(tide_http_settings *settings);
/* Would a password or key travel unencrypted? */
bool tide_http_settings_exposed(const tide_http_settings *settings);

#endif

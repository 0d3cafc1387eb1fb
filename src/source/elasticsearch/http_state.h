/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP state: one connection, in four files: http.c makes requests, http_setup.c what they are made
 * with, http_wait.c waits, http_failure.c says what went wrong. Not for others. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_HTTP_STATE_H
#define TIDE_SOURCE_ELASTICSEARCH_HTTP_STATE_H

#include <curl/curl.h>

#include "source/elasticsearch/http.h"

struct tide_http {
    const tide_http_settings *settings;
    const tide_cancel *cancel;
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    size_t home;                      /* the url to use where it is well */
    size_t url_index;                 /* in use */
    bool *tried;                      /* owned; the urls that this request could not be sent to */
    const tide_http_request *request; /* NULL = idle */
    tide_http_answer *answer;
    size_t sent_bytes; /* of the body */
    tide_text url;
    tide_text target; /* what the request line says */
    tide_http_failure failure;
    bool too_large;
    char reason[CURL_ERROR_SIZE];
};

/* Credentials, certificates and all that stays the same from request to request. False when out of
 * memory. */
TIDE_MUST_CHECK bool tide_http_setup(tide_http *http);
/* What the next request is: method and url. */
TIDE_MUST_CHECK bool tide_http_setup_request(tide_http *http);

/* Waits until the transfer has ended one way or the other. */
TIDE_MUST_CHECK tide_code tide_http_wait(tide_http *http, CURLcode *result, tide_error *err);

/* Raises what became of the request that ended with `result`, and notes it of its host. */
TIDE_MUST_CHECK tide_code tide_http_explain(tide_http *http, CURLcode result, tide_error *err);

#endif

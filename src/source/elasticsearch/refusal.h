/* SPDX-License-Identifier: Apache-2.0 */
/* Refusal: what a server's answer with an error status means, and what the caller does next. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_REFUSAL_H
#define TIDE_SOURCE_ELASTICSEARCH_REFUSAL_H

#include "source/elasticsearch/http.h"

typedef struct tide_es_refusal {
    bool context_missing; /* the scroll or PIT is gone */
    bool too_large;       /* a limit of the server: ask for less */
    int64_t size_max;     /* the limit in documents, where the server names it; else 0 */
    bool index_missing;   /* index_not_found_exception */
    bool is_foreign;      /* not in the form in which these servers tell errors */
} tide_es_refusal;

/* For an answer with status >= 400: raises the error with the server's own reason and says what to
 * do. 429 and 5xx and a missing context are remote_retry, a bad query bad_config, all else remote.
 * refusal may be NULL. */
tide_code tide_es_refuse(const tide_http *http, const tide_http_request *request,
                         const tide_http_answer *answer, tide_es_refusal *refusal, tide_error *err);

/* "`<html><head>...`": how an answer begins that is not what was expected. out: at least 80 bytes.
 */
const char *tide_es_print_beginning(tide_str text, char *out);

#endif

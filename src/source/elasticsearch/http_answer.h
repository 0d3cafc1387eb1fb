/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP answer, as the connection fills it. The struct is that of http.h. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_HTTP_ANSWER_H
#define TIDE_SOURCE_ELASTICSEARCH_HTTP_ANSWER_H

#include "source/elasticsearch/http.h"

/* Empties it, keeps its memory. */
void tide_http_answer_reset(tide_http_answer *answer);
/* False when memory does not hold it. */
TIDE_MUST_CHECK bool tide_http_answer_append(tide_http_answer *answer, const char *data,
                                             size_t bytes);
/* Takes what is of use out of a header line. */
void tide_http_answer_read_header(tide_http_answer *answer, tide_str line);

#endif

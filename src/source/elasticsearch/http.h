/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP: one connection to one host at a time, one request at a time, kept alive from request to
 * request. Each request goes to the first url if that is well, else to another one; one that could
 * not be sent at all goes to the others in turn.
 *
 *   begin   hands the request to the network and returns; the server works while the caller does
 *   finish  waits for the whole answer
 *   abort   gives the request up (the connection with it)
 *
 * An answer with any status is TIDE_OK; failures are those of the wire, told apart by
 * http->failure. A request is on the wire at most once, unless it says `repeatable`: the library's
 * habit of sending it again when a kept connection turns out to be dead is switched off.
 * Not thread-safe: one owner. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_HTTP_H
#define TIDE_SOURCE_ELASTICSEARCH_HTTP_H

#include "source/elasticsearch/http_settings.h"

typedef enum tide_http_failure {
    TIDE_HTTP_NONE = 0,
    TIDE_HTTP_NOT_SENT,  /* no connection was made: the server knows nothing of it */
    TIDE_HTTP_AMBIGUOUS, /* it may have been executed */
    TIDE_HTTP_TOO_LARGE  /* the answer has more bytes than allowed, or than memory holds */
} tide_http_failure;

typedef struct tide_http_request {
    const char *method;
    const char *path; /* with query string, begins with a slash; borrowed until finish */
    tide_str body;    /* JSON; borrowed until finish */
    bool repeatable;
    bool despite_cancel; /* for giving back what is open on the server */
    int64_t timeout_ms;  /* without a byte; 0 = request_timeout_ms of the settings */
} tide_http_request;

/* Reused from request to request: keeps its memory, which the budget counts. */
typedef struct tide_http_answer {
    long status;
    char *data; /* owned; TIDE_JSON_PADDING bytes follow the `size` ones */
    size_t size;
    size_t capacity;
    int64_t retry_after_ms; /* -1 = the server did not say */
    bool elastic_product;   /* header X-elastic-product: Elasticsearch */
    uint64_t wire_bytes;
    tide_budget *budget; /* borrowed */
} tide_http_answer;

void tide_http_answer_init(tide_http_answer *answer, tide_budget *budget);
void tide_http_answer_clear(tide_http_answer *answer);
tide_str tide_http_answer_text(const tide_http_answer *answer);

typedef struct tide_http tide_http;

/* first_url: which of the settings' urls to prefer (mod their count). Settings and cancel are
 * borrowed for its life. Owned by the caller. */
TIDE_MUST_CHECK tide_code tide_http_create(const tide_http_settings *settings,
                                           const tide_cancel *cancel, size_t first_url,
                                           tide_http **http, tide_error *err);
void tide_http_destroy(tide_http *http);

/* request and answer are borrowed until finish or abort. Where finish is cancelled the request
 * stays under way: it may be made `despite_cancel` and finished, or aborted. */
TIDE_MUST_CHECK tide_code tide_http_begin(tide_http *http, const tide_http_request *request,
                                          tide_http_answer *answer, tide_error *err);
TIDE_MUST_CHECK tide_code tide_http_finish(tide_http *http, tide_error *err);
void tide_http_abort(tide_http *http);
/* begin and finish. */
TIDE_MUST_CHECK tide_code tide_http_send(tide_http *http, const tide_http_request *request,
                                         tide_http_answer *answer, tide_error *err);
/* The same for requests that a server may refuse before it does anything: after 429, 502, 503 and
 * 504 it is sent again, with growing pauses or as the server says. The last answer is given as it
 * is. */
TIDE_MUST_CHECK tide_code tide_http_send_patiently(tide_http *http,
                                                   const tide_http_request *request,
                                                   tide_http_answer *answer, tide_error *err);
/* The same, and a few times also after failures of the wire, but not where no connection is made at
 * all: for repeatable questions at the beginning, when the url may be wrong. */
TIDE_MUST_CHECK tide_code tide_http_send_curiously(tide_http *http,
                                                   const tide_http_request *request,
                                                   tide_http_answer *answer, tide_error *err);
/* The same after any failure of the wire: for repeatable requests only. */
TIDE_MUST_CHECK tide_code tide_http_send_stubbornly(tide_http *http,
                                                    const tide_http_request *request,
                                                    tide_http_answer *answer, tide_error *err);
/* The pause after `sends` sendings, which doubles with each, or what the server says in `answer`.
 */
TIDE_MUST_CHECK tide_code tide_http_pause(tide_http *http, const tide_http_answer *answer,
                                          unsigned sends, tide_error *err);
/* 429, 502, 503, 504. */
bool tide_http_status_is_passing(long status);

bool tide_http_busy(const tide_http *http);
/* Of the last failure. */
tide_http_failure tide_http_last_failure(const tide_http *http);
const tide_http_settings *tide_http_settings_of(const tide_http *http);
const tide_cancel *tide_http_cancel_of(const tide_http *http);
/* The url in use, for messages: without credentials. */
const char *tide_http_url(const tide_http *http);
/* Appends what was said by other hosts that failed and have not answered since. */
void tide_http_append_others(const tide_http *http, tide_text *out);

#endif

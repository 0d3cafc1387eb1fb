/* SPDX-License-Identifier: Apache-2.0 */
/* Search requests: the paths and bodies by which one slice of one index is read, in the words of
 * each product. Whole documents are asked for, as stored: naming fields costs the server two to
 * three times the work. Partial results are always refused. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_SEARCH_REQUEST_H
#define TIDE_SOURCE_ELASTICSEARCH_SEARCH_REQUEST_H

#include "source/elasticsearch/indices.h"

/* What is read: the same for all attempts but for page_size. */
typedef struct tide_es_slice {
    const tide_es_index *index; /* borrowed, as all pointers here */
    const tide_es_server *server;
    const char *query; /* JSON text or NULL */
    uint32_t slice, slice_count;
    uint32_t page_size;
    int64_t keep_alive_ms;
    bool wants_seq_no, wants_version;
} tide_es_slice;

/* A request in the making: owns its texts. */
typedef struct tide_es_message {
    tide_text path, body;
    tide_http_request request; /* views of the texts, set by each function below */
} tide_es_message;

void tide_es_message_init(tide_es_message *message);
void tide_es_message_clear(tide_es_message *message);

/* Each fills the message; out of memory is the only failure. */
/* One page, and nothing that stays open. */
TIDE_MUST_CHECK tide_code tide_es_search_once(tide_es_message *message, const tide_es_slice *slice,
                                              tide_error *err);
TIDE_MUST_CHECK tide_code tide_es_scroll_open(tide_es_message *message, const tide_es_slice *slice,
                                              tide_error *err);
TIDE_MUST_CHECK tide_code tide_es_scroll_next(tide_es_message *message, const tide_es_slice *slice,
                                              tide_str scroll_id, tide_error *err);
TIDE_MUST_CHECK tide_code tide_es_scroll_close(tide_es_message *message, tide_str scroll_id,
                                               tide_error *err);
TIDE_MUST_CHECK tide_code tide_es_pit_open(tide_es_message *message, const tide_es_slice *slice,
                                           tide_error *err);
/* search_after: JSON text; empty for the first page, which also counts the hits. */
TIDE_MUST_CHECK tide_code tide_es_pit_next(tide_es_message *message, const tide_es_slice *slice,
                                           tide_str pit_id, tide_str search_after, tide_error *err);
TIDE_MUST_CHECK tide_code tide_es_pit_close(tide_es_message *message, bool opensearch,
                                            tide_str pit_id, tide_error *err);

/* A question that changes nothing. */
TIDE_MUST_CHECK tide_code tide_es_message_ask(tide_es_message *message, const char *path,
                                              tide_error *err);

/* How many shards a search of the slice asks, or 0 where the server decides (routing). */
uint32_t tide_es_slice_shards(const tide_es_slice *slice, bool pit);

/* What the beginning and the end of an answer give away before it is decoded, so that the next
 * request can be on its way meanwhile. Only exactly the expected form counts; else empty, or -1. */
tide_str tide_es_peek_scroll_id(tide_str answer);
tide_str tide_es_peek_pit_id(tide_str answer);
/* Of the answer to opening a PIT. */
tide_str tide_es_peek_opened_pit_id(tide_str answer);
tide_str tide_es_peek_last_sort(tide_str answer);
int64_t tide_es_peek_total(tide_str answer);
bool tide_es_peek_has_hits(tide_str answer);

#endif

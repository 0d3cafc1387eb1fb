/* SPDX-License-Identifier: Apache-2.0 */
/* Reader state: one attempt at one slice, in three files: reader_fetch.c gets pages, reader_check.c
 * holds them against what was promised, reader.c is what the engine sees. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_READER_STATE_H
#define TIDE_SOURCE_ELASTICSEARCH_READER_STATE_H

#include "record/json_decoder.h"
#include "source/elasticsearch/source_state.h"

/* What one kind of next gives. */
typedef struct tide_es_output {
    tide_builder builder;
    tide_batch view;
    tide_reject_list rejects;
    int64_t budget_bytes; /* counted for the builder */
} tide_es_output;

typedef struct tide_es_reader {
    tide_reader base;
    tide_es_source *source;
    const tide_split *split;
    uint32_t split_number;
    tide_es_slice slice;
    bool pit;
    tide_http *http;
    tide_es_message message;     /* the request that is on its way, or was last */
    tide_http_answer answers[2]; /* [turn] is the page in work, the other is being received */
    unsigned turn;
    tide_json_decoder *decoder;
    tide_es_output outputs[2]; /* of next, and of next_aside */
    tide_es_output *output;    /* the one in work */
    tide_text id;              /* newest scroll id; PIT: copy of the newest id */
    tide_text sort;            /* of the last hit so far, JSON text */
    int64_t contexts;          /* taken for the scroll */
    int64_t total, received;
    bool once;     /* its documents should fit one page: a plain search, and nothing is opened */
    bool outgrown; /* they do not: what came is thrown away, and all of them are read by a scroll */
    bool opened;   /* the opening request was answered */
    bool acquired; /* takes part in the PIT */
    bool ahead;    /* the next page has been asked for */
    bool complete; /* all rows were handed out */
    bool asks_who; /* the index has been asked for its uuid */
    bool knows_who; /* it is the one that was planned */
    bool broken;
} tide_es_reader;

static inline tide_http_answer *tide_es_reader_answer(tide_es_reader *r)
{
    return &r->answers[r->turn];
}

static inline tide_str tide_es_text_str(const tide_text *text)
{
    return (tide_str){text->data, text->size};
}

TIDE_MUST_CHECK tide_code tide_es_reader_remember(tide_text *text, tide_str value, tide_error *err);

/* The next page, whole, into the answer in turn, whatever its status. */
TIDE_MUST_CHECK tide_code tide_es_reader_receive(tide_es_reader *r, tide_error *err);
/* Sends the request for the page after the one that has arrived, if it is sure what to ask. */
TIDE_MUST_CHECK tide_code tide_es_reader_ask_ahead(tide_es_reader *r, tide_error *err);
void tide_es_reader_leave_pit(tide_es_reader *r, bool lost);
/* Everything was handed out: keeps the PIT alive for its other slices. Should that fail, they will
 * find out. */
TIDE_MUST_CHECK tide_code tide_es_reader_renew(tide_es_reader *r, tide_error *err);
/* Gives back what is open on the server. */
void tide_es_reader_close_contexts(tide_es_reader *r);

/* Fills err with remote_retry and makes the next attempt's pages smaller: half as large, or as
 * often halved as size_max, if that is not 0, asks for; an error for good where they can't be. err
 * holds the reason. */
tide_code tide_es_reader_refuse_size(tide_es_reader *r, int64_t size_max, tide_error *err);
/* For readers that commit, once the last page has come: sends the question which index stands under
 * the name, so that it travels while a page that is the only one is in work; and waits for the
 * answer. */
TIDE_MUST_CHECK tide_code tide_es_reader_ask_who(tide_es_reader *r, tide_error *err);
TIDE_MUST_CHECK tide_code tide_es_reader_check_who(tide_es_reader *r, tide_error *err);
/* Is the decoded page the one that was asked for, whole, in its turn and within the total? Moves
 * the position on. */
TIDE_MUST_CHECK tide_code tide_es_reader_check_page(tide_es_reader *r, const tide_search_page *page,
                                                    tide_error *err);

#endif

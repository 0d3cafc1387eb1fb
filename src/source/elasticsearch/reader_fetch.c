/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "base/problem.h"
#include "source/elasticsearch/json_tree.h"
#include "source/elasticsearch/reader_state.h"

/* How long a cancelled run waits for an opening request, to learn what is to be closed. */
#define LAST_WORDS_MS 2000

tide_code tide_es_reader_remember(tide_text *text, tide_str value, tide_error *err)
{
    tide_text_reset(text);
    tide_text_append_str(text, value);
    return tide_text_failed(text) ? TIDE_FAIL_MEMORY(err, "a position") : TIDE_OK;
}

/* Whatever became of the opening request: if its answer names a scroll, that must be closed some
 * day. Later ids are believed when the page has been decoded: they may be mutilated. */
static void learn_scroll_id(tide_es_reader *r)
{
    tide_str id = tide_es_peek_scroll_id(tide_http_answer_text(tide_es_reader_answer(r)));
    if (id.size > 0 && r->id.size == 0) {
        tide_error ignored;
        tide_error_clear(&ignored);
        (void)!tide_es_reader_remember(&r->id, id, &ignored);
    }
}

static void hear_last_words(tide_es_reader *r)
{
    tide_error ignored;
    tide_error_clear(&ignored);
    if (tide_http_busy(r->http)) {
        r->message.request.despite_cancel = true;
        r->message.request.timeout_ms = LAST_WORDS_MS;
        (void)!tide_http_finish(r->http, &ignored);
    }
}

/* One for each shard; of routing, only the server knows to how many it leads. */
static int64_t contexts_needed(const tide_es_reader *r)
{
    uint32_t shards = tide_es_slice_shards(&r->slice, false);
    return shards > 0 ? shards : r->slice.index->shard_count;
}

static tide_code open_scroll(tide_es_reader *r, tide_error *err)
{
    TIDE_TRY(tide_es_scroll_open(&r->message, &r->slice, err));
    TIDE_TRY(tide_es_contexts_take(&r->source->contexts, contexts_needed(r),
                                   r->source->engine.cancel, err));
    r->contexts = contexts_needed(r);
    tide_code code =
        tide_http_send_patiently(r->http, &r->message.request, tide_es_reader_answer(r), err);
    if (code == TIDE_CANCELLED) {
        hear_last_words(r);
    }
    learn_scroll_id(r);
    return code;
}

static tide_code receive_scroll(tide_es_reader *r, tide_error *err)
{
    if (!r->opened) {
        return open_scroll(r, err);
    }
    tide_code code;
    if (r->ahead) {
        code = tide_http_finish(r->http, err);
    } else {
        TIDE_TRY(tide_es_scroll_next(&r->message, &r->slice, tide_es_text_str(&r->id), err));
        code = tide_http_send(r->http, &r->message.request, tide_es_reader_answer(r), err);
    }
    r->ahead = false;
    return code;
}

static tide_code receive_once(tide_es_reader *r, tide_error *err)
{
    TIDE_TRY(tide_es_search_once(&r->message, &r->slice, err));
    return tide_http_send_patiently(r->http, &r->message.request, tide_es_reader_answer(r), err);
}

/* newer_id: of an answer that has not been decoded yet; may be empty. */
static tide_code prepare_pit(tide_es_reader *r, tide_str search_after, tide_str newer_id,
                             tide_error *err)
{
    if (!tide_es_snapshot_id(&r->source->snapshots[r->split->member], r->base.snapshot_generation,
                             &r->id)) {
        r->base.lost_snapshot = true;
        return TIDE_FAIL(err, TIDE_E_SNAPSHOT_LOST, "the snapshot was lost by another slice of it");
    }
    if (tide_text_failed(&r->id)) {
        return TIDE_FAIL_MEMORY(err, "a position");
    }
    tide_str id = newer_id.size > 0 ? newer_id : tide_es_text_str(&r->id);
    return tide_es_pit_next(&r->message, &r->slice, id, search_after, err);
}

/* Also where nothing is to be closed. Whatever became of it, the next one may be opened. */
static void close_pit(tide_es_reader *r, tide_es_closing *closing)
{
    if (closing->id.size > 0) {
        tide_es_source_close_context(r->source, r->http, tide_es_reader_answer(r),
                                     tide_es_text_str(&closing->id), true);
    }
    tide_es_contexts_give(&r->source->contexts, closing->contexts);
    tide_text_clear(&closing->id);
}

static tide_code acquire_pit(tide_es_reader *r, tide_error *err)
{
    tide_es_snapshot_slot *slot = &r->source->snapshots[r->split->member];
    tide_es_closing closing;
    tide_code code = tide_es_snapshot_acquire(slot, &r->slice, r->http, tide_es_reader_answer(r),
                                              &r->base.snapshot_generation, &r->base.lost_snapshot,
                                              &closing, err);
    r->acquired = code == TIDE_OK;
    close_pit(r, &closing);
    return code;
}

/* The same page of the same snapshot may be asked for as often as it takes. */
static tide_code receive_pit(tide_es_reader *r, tide_error *err)
{
    if (!r->acquired) {
        TIDE_TRY(acquire_pit(r, err));
    }
    tide_code code = TIDE_OK;
    bool first = !r->ahead;
    bool again = first;
    if (r->ahead) {
        r->ahead = false;
        code = tide_http_finish(r->http, err);
        again = code == TIDE_OK ? tide_http_status_is_passing(tide_es_reader_answer(r)->status)
                                : code == TIDE_REMOTE_RETRY &&
                                      tide_http_last_failure(r->http) != TIDE_HTTP_TOO_LARGE;
    } else {
        TIDE_TRY(prepare_pit(r, tide_es_text_str(&r->sort), (tide_str){NULL, 0}, err));
    }
    if (again) {
        if (!first) {
            tide_error_clear(err);
            TIDE_TRY(tide_http_pause(r->http, tide_es_reader_answer(r), 1, err));
        }
        code =
            tide_http_send_stubbornly(r->http, &r->message.request, tide_es_reader_answer(r), err);
    }
    return code;
}

/* Of the answer to a request that asks for no documents. */
static void learn_pit_id(tide_es_reader *r)
{
    const tide_json_node *root = NULL;
    tide_error ignored;
    tide_arena arena;
    tide_error_clear(&ignored);
    tide_arena_init(&arena);
    const tide_http_answer *answer = tide_es_reader_answer(r);
    if (answer->status < 300 &&
        tide_json_tree_parse(&arena, tide_http_answer_text(answer), &root, &ignored) == TIDE_OK) {
        const char *id = tide_json_text(tide_json_member(root, "pit_id"));
        tide_es_snapshot_renew(&r->source->snapshots[r->split->member], r->base.snapshot_generation,
                               id != NULL ? tide_str_of(id) : (tide_str){NULL, 0});
    }
    tide_arena_clear(&arena);
}

tide_code tide_es_reader_renew(tide_es_reader *r, tide_error *err)
{
    tide_es_slice nothing = r->slice;
    nothing.page_size = 0;
    tide_str nowhere = {NULL, 0};
    if (tide_es_snapshot_id(&r->source->snapshots[r->split->member], r->base.snapshot_generation,
                            &r->id) &&
        !tide_text_failed(&r->id)) {
        TIDE_TRY(tide_es_pit_next(&r->message, &nothing, tide_es_text_str(&r->id), nowhere, err));
        tide_code code =
            tide_http_send(r->http, &r->message.request, tide_es_reader_answer(r), err);
        if (code == TIDE_OK) {
            learn_pit_id(r);
        } else if (code != TIDE_REMOTE_RETRY) {
            return code;
        }
        tide_error_clear(err);
    }
    return TIDE_OK;
}

void tide_es_reader_leave_pit(tide_es_reader *r, bool lost)
{
    if (!r->acquired) {
        return;
    }
    tide_es_closing closing;
    r->acquired = false;
    tide_es_snapshot_release(&r->source->snapshots[r->split->member], r->base.snapshot_generation,
                             r->slice.slice, r->complete, lost, &closing);
    close_pit(r, &closing);
}

static tide_code ask_for_scroll_page(tide_es_reader *r, tide_error *err)
{
    tide_str id = tide_es_peek_scroll_id(tide_http_answer_text(tide_es_reader_answer(r)));
    if (id.size == 0) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_es_scroll_next(&r->message, &r->slice, id, err));
    r->ahead = true;
    return TIDE_OK;
}

static tide_code ask_for_pit_page(tide_es_reader *r, tide_error *err)
{
    tide_str text = tide_http_answer_text(tide_es_reader_answer(r));
    tide_str sort = tide_es_peek_last_sort(text);
    if (sort.size == 0) {
        return TIDE_OK;
    }
    TIDE_TRY(prepare_pit(r, sort, tide_es_peek_pit_id(text), err));
    r->ahead = true;
    return TIDE_OK;
}

tide_code tide_es_reader_ask_ahead(tide_es_reader *r, tide_error *err)
{
    tide_str text = tide_http_answer_text(tide_es_reader_answer(r));
    int64_t total = r->opened ? -1 : tide_es_peek_total(text);
    bool is_all = total >= 0 && total <= r->slice.page_size;
    if (r->once || is_all || !tide_es_peek_has_hits(text)) {
        return TIDE_OK;
    }
    TIDE_TRY(r->pit ? ask_for_pit_page(r, err) : ask_for_scroll_page(r, err));
    if (!r->ahead) {
        return TIDE_OK;
    }
    tide_code code = tide_http_begin(r->http, &r->message.request, &r->answers[1 - r->turn], err);
    r->ahead = code == TIDE_OK;
    return code;
}

tide_code tide_es_reader_receive(tide_es_reader *r, tide_error *err)
{
    if (r->ahead) {
        r->turn = 1 - r->turn;
    }
    tide_code code = r->pit    ? receive_pit(r, err)
                     : r->once ? receive_once(r, err)
                               : receive_scroll(r, err);
    bool too_large = code != TIDE_OK && tide_http_last_failure(r->http) == TIDE_HTTP_TOO_LARGE;
    return too_large ? tide_es_reader_refuse_size(r, 0, err) : code;
}

void tide_es_reader_close_contexts(tide_es_reader *r)
{
    tide_http_abort(r->http);
    if (r->pit) {
        tide_es_reader_leave_pit(r, false);
    } else if (r->id.size > 0) {
        tide_es_source_close_context(r->source, r->http, tide_es_reader_answer(r),
                                     tide_es_text_str(&r->id), false);
    }
    tide_es_contexts_give(&r->source->contexts, r->contexts);
    r->contexts = 0;
}

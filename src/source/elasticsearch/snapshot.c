/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/snapshot.h"

#include <string.h>

#include "base/memory.h"
#include "base/problem.h"

tide_code tide_es_snapshot_init(tide_es_snapshot_slot *slot, uint32_t slice_count,
                                tide_es_contexts *contexts, tide_error *err)
{
    memset(slot, 0, sizeof *slot);
    slot->contexts = contexts;
    slot->ended = tide_alloc_zero(slice_count, sizeof *slot->ended);
    if (slot->ended == NULL) {
        return TIDE_FAIL_MEMORY(err, "a snapshot");
    }
    slot->slice_count = slice_count;
    slot->generation = 1;
    tide_text_init(&slot->id);
    tide_mutex_init(&slot->mutex);
    return TIDE_OK;
}

void tide_es_snapshot_clear(tide_es_snapshot_slot *slot)
{
    if (slot->ended == NULL) {
        return;
    }
    tide_es_contexts_give(slot->contexts, slot->taken);
    tide_mutex_clear(&slot->mutex);
    tide_text_clear(&slot->id);
    tide_free(slot->ended);
    slot->ended = NULL;
}

/* How long a cancelled run waits for an opening request, to learn what is to be closed. */
#define LAST_WORDS_MS 2000

/* Whatever the answer came to: what it names is open on the server. */
static void learn_id(tide_http *http, tide_http_request *request, const tide_http_answer *answer,
                     tide_text *to_close)
{
    tide_error ignored;
    tide_error_clear(&ignored);
    if (tide_http_busy(http)) {
        request->despite_cancel = true;
        request->timeout_ms = LAST_WORDS_MS;
        (void)!tide_http_finish(http, &ignored);
    }
    tide_text_append_str(to_close, tide_es_peek_opened_pit_id(tide_http_answer_text(answer)));
}

static tide_code open_pit(tide_es_snapshot_slot *slot, const tide_es_slice *slice, tide_http *http,
                          tide_http_answer *answer, tide_text *to_close, tide_error *err)
{
    const tide_json_node *root = NULL;
    tide_arena arena;
    tide_arena_init(&arena);
    tide_es_message message;
    tide_es_message_init(&message);
    tide_code code = tide_es_pit_open(&message, slice, err);
    if (code == TIDE_OK) {
        code = tide_es_ask(http, &message.request, answer, &arena, &root, NULL, err);
    }
    if (code == TIDE_OK) {
        const char *id =
            tide_json_text(tide_json_member(root, slice->server->opensearch ? "pit_id" : "id"));
        tide_text_reset(&slot->id);
        tide_text_append(&slot->id, id != NULL ? id : "");
        if (id == NULL) {
            code = TIDE_FAIL(err, TIDE_E_STRANGE_ANSWER, "%s: no id in the answer to %s",
                             tide_http_url(http), message.request.path);
        } else if (tide_text_failed(&slot->id)) {
            code = TIDE_FAIL_MEMORY(err, "a snapshot");
        }
    }
    if (code != TIDE_OK) {
        learn_id(http, &message.request, answer, to_close);
    }
    tide_es_message_clear(&message);
    tide_arena_clear(&arena);
    return code;
}

static tide_code open_within_limit(tide_es_snapshot_slot *slot, const tide_es_slice *slice,
                                   tide_http *http, tide_http_answer *answer,
                                   tide_es_closing *closing, tide_error *err)
{
    int64_t count = slice->index->shard_count;
    TIDE_TRY(tide_es_contexts_take(slot->contexts, count, tide_http_cancel_of(http), err));
    tide_code code = open_pit(slot, slice, http, answer, &closing->id, err);
    slot->open = code == TIDE_OK;
    slot->taken = slot->open ? count : 0;
    closing->contexts = slot->open ? 0 : count;
    return code;
}

static tide_code acquire(tide_es_snapshot_slot *slot, const tide_es_slice *slice, tide_http *http,
                         tide_http_answer *answer, bool *lost, tide_es_closing *closing,
                         tide_error *err)
{
    if (slot->complete) {
        slot->complete = false;
        *lost = true;
        return TIDE_FAIL(err, TIDE_E_SNAPSHOT_LOST,
                         "the snapshot of index `%s` was closed when all slices had been read",
                         slice->index->name);
    }
    if (!slot->open) {
        TIDE_TRY(open_within_limit(slot, slice, http, answer, closing, err));
    }
    slot->ended[slice->slice] = false;
    slot->reader_count++;
    return TIDE_OK;
}

tide_code tide_es_snapshot_acquire(tide_es_snapshot_slot *slot, const tide_es_slice *slice,
                                   tide_http *http, tide_http_answer *answer, uint64_t *generation,
                                   bool *lost, tide_es_closing *closing, tide_error *err)
{
    memset(closing, 0, sizeof *closing);
    tide_mutex_lock(&slot->mutex);
    tide_code code = acquire(slot, slice, http, answer, lost, closing, err);
    *generation = slot->generation - (*lost ? 1 : 0);
    tide_mutex_unlock(&slot->mutex);
    return code;
}

bool tide_es_snapshot_id(tide_es_snapshot_slot *slot, uint64_t generation, tide_text *id)
{
    tide_mutex_lock(&slot->mutex);
    bool same = slot->open && slot->generation == generation;
    if (same) {
        tide_text_reset(id);
        tide_text_append_str(id, (tide_str){slot->id.data, slot->id.size});
    }
    tide_mutex_unlock(&slot->mutex);
    return same;
}

void tide_es_snapshot_renew(tide_es_snapshot_slot *slot, uint64_t generation, tide_str id)
{
    tide_mutex_lock(&slot->mutex);
    bool same = slot->open && slot->generation == generation && id.size > 0 &&
                !tide_str_equal(id, (tide_str){slot->id.data, slot->id.size});
    if (same && tide_text_reserve(&slot->id, id.size + 1)) {
        tide_text_reset(&slot->id);
        tide_text_append_str(&slot->id, id);
    }
    tide_mutex_unlock(&slot->mutex);
}

static bool all_ended(const tide_es_snapshot_slot *slot)
{
    for (uint32_t i = 0; i < slot->slice_count; i++) {
        if (!slot->ended[i]) {
            return false;
        }
    }
    return true;
}

static void move_to(tide_es_closing *closing, tide_es_snapshot_slot *slot)
{
    *closing = (tide_es_closing){slot->id, slot->taken};
    tide_text_init(&slot->id);
    memset(slot->ended, 0, slot->slice_count * sizeof *slot->ended);
    slot->taken = 0;
    slot->open = false;
    slot->reader_count = 0;
    slot->generation++;
}

void tide_es_snapshot_release(tide_es_snapshot_slot *slot, uint64_t generation, uint32_t slice,
                              bool ended, bool lost, tide_es_closing *closing)
{
    memset(closing, 0, sizeof *closing);
    tide_mutex_lock(&slot->mutex);
    if (slot->open && slot->generation == generation) {
        slot->reader_count--;
        slot->ended[slice] = ended;
        bool complete = slot->reader_count == 0 && all_ended(slot);
        if (complete || lost) {
            slot->complete = complete;
            move_to(closing, slot);
        }
    }
    tide_mutex_unlock(&slot->mutex);
}

void tide_es_snapshot_abandon(tide_es_snapshot_slot *slot, tide_es_closing *closing)
{
    memset(closing, 0, sizeof *closing);
    if (slot->ended == NULL) {
        return;
    }
    tide_mutex_lock(&slot->mutex);
    if (slot->open) {
        move_to(closing, slot);
    }
    tide_mutex_unlock(&slot->mutex);
}

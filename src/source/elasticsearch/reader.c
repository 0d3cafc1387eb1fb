/* SPDX-License-Identifier: Apache-2.0 */
/* Reader: one attempt at one slice, a page per call of next.
 *
 *   server   page 1 |        page 2         |        page 3        | ...
 *   wire            v^                      v^
 *   reader           decode 1, hand out 1    decode 2, hand out 2    ...
 *
 * As soon as a page has arrived whole, the next one is asked for, before the first is decoded: what
 * is needed for that stands at the beginning or the end of the answer. Everything is checked again
 * when the page has been decoded. A split that should fit one page is asked for by a plain search.
 * An attempt that fails for whatever reason stays failed. */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "base/problem.h"
#include "source/elasticsearch/reader_state.h"

static tide_code check_status(tide_es_reader *r, tide_error *err)
{
    tide_es_refusal refusal;
    if (tide_es_reader_answer(r)->status < 400) {
        return TIDE_OK;
    }
    tide_code code =
        tide_es_refuse(r->http, &r->message.request, tide_es_reader_answer(r), &refusal, err);
    if (refusal.context_missing) {
        r->base.lost_snapshot = r->pit;
        tide_text_reset(&r->id);
    }
    return refusal.too_large ? tide_es_reader_refuse_size(r, refusal.size_max, err) : code;
}

static void count_builder(tide_es_reader *r)
{
    tide_es_output *output = r->output;
    int64_t bytes = (int64_t)tide_builder_bytes(&output->builder);
    if (bytes > output->budget_bytes) {
        tide_budget_force(r->source->engine.budget, bytes - output->budget_bytes);
        output->budget_bytes = bytes;
    }
}

static tide_code decode(tide_es_reader *r, tide_search_page *page, tide_error *err)
{
    tide_str text = tide_http_answer_text(tide_es_reader_answer(r));
    tide_provenance from = {.source = (int32_t)r->split->member,
                            .name = tide_str_of(r->slice.index->name)};
    tide_code code = tide_json_decode_page(r->decoder, text, &from, &r->output->builder,
                                           &r->output->rejects, page, err);
    count_builder(r);
    if (code == TIDE_BAD_DATA) {
        char beginning[80], reason[256];
        (void)snprintf(reason, sizeof reason, "%.255s", err->message);
        return TIDE_FAIL(err, TIDE_E_STRANGE_ANSWER,
                         "%s: an answer of %zu bytes is not a whole search answer (%s; it begins "
                         "with %s)",
                         tide_http_url(r->http), text.size, reason,
                         tide_es_print_beginning(text, beginning));
    }
    if (code == TIDE_OUT_OF_MEMORY || code == TIDE_OVER_BUDGET) {
        return tide_es_reader_refuse_size(r, 0, err);
    }
    return code;
}

static void reset_output(tide_es_output *output)
{
    tide_batch_clear(&output->view);
    tide_builder_reset(&output->builder);
    tide_reject_list_reset(&output->rejects);
}

static tide_code read_page(tide_es_reader *r, tide_read *out, tide_error *err)
{
    tide_search_page page = {.total = -1};
    TIDE_TRY(tide_cancel_check(r->source->engine.cancel, err));
    TIDE_TRY(tide_es_reader_receive(r, err));
    out->byte_count += tide_es_reader_answer(r)->wire_bytes;
    TIDE_TRY(check_status(r, err));
    TIDE_TRY(tide_es_reader_ask_ahead(r, err));
    r->opened = true;
    TIDE_TRY(decode(r, &page, err));
    TIDE_TRY(tide_es_reader_check_page(r, &page, err));
    out->end = page.hit_count == 0;
    return TIDE_OK;
}

/* A split that was to fit one page and has grown since it was planned is read by a scroll, from its
 * beginning: nothing of it has been handed out. */
static tide_code read_next(tide_es_reader *r, tide_read *out, tide_error *err)
{
    TIDE_TRY(read_page(r, out, err));
    if (!r->outgrown) {
        return TIDE_OK;
    }
    reset_output(r->output);
    r->once = r->outgrown = r->opened = false;
    r->total = -1;
    return read_page(r, out, err);
}

static tide_code next_page(tide_es_reader *r, tide_read *out, tide_error *err)
{
    if (r->broken) {
        return TIDE_FAIL(err, TIDE_REMOTE_RETRY, "this attempt has failed before");
    }
    if (r->complete) {
        out->end = true;
    } else {
        TIDE_TRY(read_next(r, out, err));
    }
    if (r->complete && r->base.commits) {
        TIDE_TRY(out->end ? tide_es_reader_check_who(r, err) : tide_es_reader_ask_who(r, err));
    }
    TIDE_TRY(tide_builder_view(&r->output->builder, &r->output->view, err));
    out->batch = r->output->view;
    out->rejects = &r->output->rejects;
    return TIDE_OK;
}

static tide_code next_into(tide_es_reader *r, tide_es_output *output, tide_read *out,
                           tide_error *err)
{
    memset(out, 0, sizeof *out);
    r->output = output;
    reset_output(output);
    tide_code code = next_page(r, out, err);
    if (code == TIDE_OK) {
        return TIDE_OK;
    }
    r->broken = true;
    if (r->base.lost_snapshot) {
        tide_es_reader_leave_pit(r, true);
    }
    return tide_error_context(err, "%s", r->split->name);
}

static tide_code next(tide_reader *base, tide_read *out, tide_error *err)
{
    tide_es_reader *r = (tide_es_reader *)base;
    return next_into(r, &r->outputs[0], out, err);
}

static tide_code next_aside(tide_reader *base, tide_read *out, tide_error *err)
{
    tide_es_reader *r = (tide_es_reader *)base;
    tide_es_output *aside = &r->outputs[1];
    if (aside->builder.schema == NULL) {
        TIDE_TRY(tide_builder_init(&aside->builder, &r->source->engine.layout->schema, err));
    }
    bool was_complete = r->complete;
    TIDE_TRY(next_into(r, aside, out, err));
    return was_complete && r->pit ? tide_es_reader_renew(r, err) : TIDE_OK;
}

static void clear_output(tide_es_reader *r, tide_es_output *output)
{
    tide_batch_clear(&output->view);
    tide_builder_clear(&output->builder);
    tide_reject_list_clear(&output->rejects);
    tide_budget_give_back(r->source->engine.budget, output->budget_bytes);
}

static void close_reader(tide_reader *base)
{
    tide_es_reader *r = (tide_es_reader *)base;
    if (r->http != NULL) {
        tide_es_reader_close_contexts(r);
    }
    tide_es_source_return_http(r->source, r->http);
    tide_es_message_clear(&r->message);
    tide_http_answer_clear(&r->answers[0]);
    tide_http_answer_clear(&r->answers[1]);
    tide_json_decoder_destroy(r->decoder);
    clear_output(r, &r->outputs[0]);
    clear_output(r, &r->outputs[1]);
    tide_text_clear(&r->id);
    tide_text_clear(&r->sort);
    tide_free(r);
}

static const tide_reader_vtable vtable = {
    .next = next, .next_aside = next_aside, .close = close_reader};

/* A batch of answer a page where documents are large: the store holds them compressed, by half or
 * so. */
#define PAGE_SIZE_SCROLL 1500u
#define PAGE_SIZE_PIT 8192u
#define PAGE_SIZE_MIN 16u

static uint32_t page_size(const tide_es_reader *r, const tide_es_index *index)
{
    uint64_t size = r->source->page_size;
    if (size == 0) {
        uint64_t each =
            index->document_count > 0 ? 2 * index->byte_count / index->document_count + 1 : 1;
        uint64_t most = r->pit ? PAGE_SIZE_PIT : PAGE_SIZE_SCROLL;
        uint64_t aim = r->source->engine.batch_bytes;
        size = (aim > 0 ? aim : TIDE_BATCH_BYTES_MAX) / each;
        size = size > most ? most : size < PAGE_SIZE_MIN ? PAGE_SIZE_MIN : size;
    }
    size >>= tide_atomic_get(&r->source->page_shifts[r->split_number]);
    return size > 0 ? (uint32_t)size : 1;
}

/* Shards that documents are dealt out to by chance hold about as many each. Where that is wrong, or
 * the index has grown, a page was asked for in vain. */
static bool fits_one_page(const tide_es_reader *r)
{
    const tide_es_index *index = r->slice.index;
    bool is_known = index->document_count > 0 || index->byte_count > 0;
    uint64_t mean = index->document_count / r->slice.slice_count;
    bool fits = index->document_count <= r->slice.page_size ||
                (r->slice.slice_count > 1 && mean + mean / 4 < r->slice.page_size);
    return is_known && fits;
}

static void fill_slice(tide_es_reader *r)
{
    tide_es_source *source = r->source;
    const tide_es_index *index = &source->indices.items[r->split->member];
    r->pit = source->uses_pit[r->split->member];
    r->slice = (tide_es_slice){
        .index = index,
        .server = &source->server,
        .query = source->query,
        .slice = (uint32_t)r->split->begin,
        .slice_count = (uint32_t)r->split->end,
        .page_size = page_size(r, index),
        .keep_alive_ms = source->keep_alive_ms,
        .wants_seq_no = source->wants_seq_no,
        .wants_version = source->wants_version,
    };
    r->once = !r->pit && fits_one_page(r);
}

static tide_code init_parts(tide_es_reader *r, tide_error *err)
{
    const tide_source_options *engine = &r->source->engine;
    tide_column_specs columns = tide_es_typing_of(&r->source->typing, r->split->member);
    TIDE_TRY(tide_builder_init(&r->outputs[0].builder, &engine->layout->schema, err));
    TIDE_TRY(tide_json_decoder_create(columns, TIDE_HIDDEN_ID, &r->decoder, err));
    return tide_es_source_take_http(r->source, &r->http, err);
}

tide_code tide_es_reader_open(tide_es_source *source, const tide_split *split,
                              uint32_t split_number, tide_reader **out, tide_error *err)
{
    tide_es_reader *r = tide_alloc_zero(1, sizeof *r);
    if (r == NULL) {
        return TIDE_FAIL_MEMORY(err, "a reader");
    }
    r->base.vtable = &vtable;
    r->base.patience_ms = source->keep_alive_ms;
    r->source = source;
    r->split = split;
    r->split_number = split_number;
    r->total = -1;
    fill_slice(r);
    tide_es_message_init(&r->message);
    tide_http_answer_init(&r->answers[0], source->engine.budget);
    tide_http_answer_init(&r->answers[1], source->engine.budget);
    for (int i = 0; i < 2; i++) {
        tide_batch_init(&r->outputs[i].view);
        tide_reject_list_init(&r->outputs[i].rejects);
    }
    tide_code code = init_parts(r, err);
    if (code != TIDE_OK) {
        close_reader(&r->base);
        return code;
    }
    *out = &r->base;
    return TIDE_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A search answer: its hits to rows, and the facts around them. */
#include "record/decimal.h"
#include "record/json_row.h"
#include "record/json_text.h"

/* One answer while it is read. */
typedef struct page_reader {
    tide_json_row row;
    const tide_json_tokens *tokens;
    tide_search_page *page;
    uint32_t last_sort; /* token, 0 = none */
    bool has_hits;
} page_reader;

static bool key_is(const tide_json_members *members, const char *key)
{
    return tide_str_equal_c(members->key, key);
}

static tide_json_members begin_members(const page_reader *reader, uint32_t at)
{
    return (tide_json_members){.tokens = reader->tokens, .next = at};
}

static bool is_object(const page_reader *reader, uint32_t at)
{
    return tide_json_char(reader->tokens, at) == '{';
}

/* The meaning of a string, in the page or the decoder; other values as they are written. */
static tide_code read_string(page_reader *reader, uint32_t at, tide_str *out, tide_error *err)
{
    tide_json_decoder *decoder = reader->row.decoder;
    tide_str text = tide_json_value_text(reader->tokens, at);
    *out = text;
    if (!tide_json_is_string(text) || tide_json_read_string(text, &decoder->scratch, out) != NULL) {
        return TIDE_OK;
    }
    if (out->data != decoder->scratch.data) {
        return TIDE_OK;
    }
    if (tide_text_failed(&decoder->scratch)) {
        return TIDE_FAIL_MEMORY(err, "a string of a search answer");
    }
    out->data = tide_arena_copy_str(&decoder->strings, *out);
    return out->data == NULL ? TIDE_FAIL_MEMORY(err, "a string of a search answer") : TIDE_OK;
}

static void read_count(const page_reader *reader, uint32_t at, int64_t *out)
{
    int64_t value;
    if (tide_int64_parse(tide_json_scalar(reader->tokens, at), &value) == TIDE_NUMBER_OK) {
        *out = value;
    }
}

static bool read_shards(page_reader *reader, uint32_t at)
{
    tide_json_members members = begin_members(reader, at);
    tide_search_page *page = reader->page;
    while (is_object(reader, at) && tide_json_members_next(&members)) {
        if (key_is(&members, "total")) {
            read_count(reader, members.value, &page->shards_total);
        } else if (key_is(&members, "failed")) {
            read_count(reader, members.value, &page->shards_failed);
        } else if (key_is(&members, "skipped")) {
            read_count(reader, members.value, &page->shards_skipped);
        } else if (key_is(&members, "failures") &&
                   tide_json_char(reader->tokens, members.value) == '[' &&
                   is_object(reader, members.value + 1)) {
            page->failure = tide_json_value_text(reader->tokens, members.value + 1);
        }
    }
    return !members.malformed;
}

/* {"type": ..., "reason": ...}, or in old answers a string. */
static tide_code read_error(page_reader *reader, uint32_t at, tide_error *err)
{
    tide_json_members members = begin_members(reader, at);
    tide_search_page *page = reader->page;
    page->is_error = true;
    if (!is_object(reader, at)) {
        return read_string(reader, at, &page->error_reason, err);
    }
    while (tide_json_members_next(&members)) {
        if (key_is(&members, "type")) {
            TIDE_TRY(read_string(reader, members.value, &page->error_type, err));
        } else if (key_is(&members, "reason")) {
            TIDE_TRY(read_string(reader, members.value, &page->error_reason, err));
        }
    }
    return TIDE_OK;
}

/* A number (6.x), or {"value": N, "relation": "eq"}. */
static void read_total(page_reader *reader, uint32_t at)
{
    tide_json_members members = begin_members(reader, at);
    if (!is_object(reader, at)) {
        read_count(reader, at, &reader->page->total);
        return;
    }
    while (tide_json_members_next(&members)) {
        if (key_is(&members, "value")) {
            read_count(reader, members.value, &reader->page->total);
        }
    }
}

/* One hit; *next is behind it, 0 when it is malformed. */
static tide_code read_hit(page_reader *reader, uint32_t at, uint32_t *next, tide_error *err)
{
    tide_json_walk *walk = &reader->row.decoder->walk;
    *next = 0;
    if (!is_object(reader, at)) {
        return TIDE_OK;
    }
    tide_json_walk_reset(walk);
    walk->paths = &reader->row.decoder->hit;
    walk->source = &reader->row.decoder->source;
    *next = tide_json_walk_object(walk, &walk->paths->root, at);
    if (walk->code != TIDE_OK || *next == 0) {
        return walk->code;
    }
    reader->page->hit_count++;
    reader->last_sort = walk->metas[TIDE_JSON_META_SORT];
    return tide_json_finish_row(&reader->row, err);
}

/* The array of hits. *end is behind it, 0 when it is malformed. */
static tide_code read_hit_list(page_reader *reader, uint32_t at, uint32_t *end, tide_error *err)
{
    const tide_json_tokens *tokens = reader->tokens;
    *end = 0;
    if (tide_json_char(tokens, at) != '[' || at + 1 >= tokens->count) {
        return TIDE_OK;
    }
    reader->has_hits = true;
    at++;
    if (tide_json_char(tokens, at) == ']') {
        *end = at + 1;
        return TIDE_OK;
    }
    while (at < tokens->count) {
        TIDE_TRY(read_hit(reader, at, &at, err));
        if (at == 0 || at >= tokens->count) {
            return TIDE_OK;
        }
        char sign = tide_json_char(tokens, at);
        at++;
        if (sign != ',') {
            *end = sign == ']' ? at : 0;
            return TIDE_OK;
        }
    }
    return TIDE_OK;
}

/* The object around the list of hits. Its members are not stepped over first, as the outer ones
 * are: that would go over the tokens of all hits twice. *end is behind it, 0 when malformed. */
static tide_code read_hits(page_reader *reader, uint32_t at, uint32_t *end, tide_error *err)
{
    const tide_json_tokens *tokens = reader->tokens;
    *end = 0;
    if (!is_object(reader, at)) {
        return TIDE_OK;
    }
    at++;
    while (at + 3 < tokens->count && tide_json_char(tokens, at + 1) == ':') {
        tide_str key = tide_json_scalar(tokens, at);
        at += 2;
        if (tide_str_equal(key, TIDE_STR("\"hits\""))) {
            TIDE_TRY(read_hit_list(reader, at, &at, err));
        } else {
            if (tide_str_equal(key, TIDE_STR("\"total\""))) {
                read_total(reader, at);
            }
            at = tide_json_skip(tokens, at);
        }
        if (at == 0 || at >= tokens->count) {
            return TIDE_OK;
        }
        char sign = tide_json_char(tokens, at);
        at++;
        if (sign != ',') {
            *end = sign == '}' ? at : 0;
            return TIDE_OK;
        }
    }
    return TIDE_OK;
}

static tide_code read_member(page_reader *reader, tide_str key, uint32_t at, uint32_t *end,
                             tide_error *err)
{
    tide_search_page *page = reader->page;
    if (tide_str_equal(key, TIDE_STR("\"hits\""))) {
        return read_hits(reader, at, end, err);
    }
    *end = tide_json_skip(reader->tokens, at);
    if (*end == 0) {
        return TIDE_OK;
    }
    if (tide_str_equal(key, TIDE_STR("\"_scroll_id\""))) {
        return read_string(reader, at, &page->scroll_id, err);
    }
    if (tide_str_equal(key, TIDE_STR("\"pit_id\""))) {
        return read_string(reader, at, &page->pit_id, err);
    }
    if (tide_str_equal(key, TIDE_STR("\"error\""))) {
        return read_error(reader, at, err);
    }
    if (tide_str_equal(key, TIDE_STR("\"timed_out\""))) {
        page->timed_out = tide_json_char(reader->tokens, at) == 't';
    } else if (tide_str_equal(key, TIDE_STR("\"_shards\"")) && !read_shards(reader, at)) {
        *end = 0;
    }
    return TIDE_OK;
}

/* *end is behind the answer, 0 when it is malformed. */
static tide_code read_page(page_reader *reader, uint32_t *end, tide_error *err)
{
    const tide_json_tokens *tokens = reader->tokens;
    uint32_t at = 1;
    *end = 0;
    if (!is_object(reader, 0)) {
        return TIDE_OK;
    }
    while (at + 3 < tokens->count && tide_json_char(tokens, at + 1) == ':') {
        tide_str key = tide_json_scalar(tokens, at);
        TIDE_TRY(read_member(reader, key, at + 2, &at, err));
        if (at == 0 || at >= tokens->count) {
            return TIDE_OK;
        }
        char sign = tide_json_char(tokens, at);
        at++;
        if (sign != ',') {
            *end = sign == '}' ? at : 0;
            return TIDE_OK;
        }
    }
    return TIDE_OK;
}

static tide_code read_indexed(page_reader *reader, tide_error *err)
{
    uint32_t end;
    TIDE_TRY(read_page(reader, &end, err));
    if (end == 0) {
        return TIDE_FAIL(err, TIDE_BAD_DATA, "the search answer is not JSON: was it cut?");
    }
    if (end < reader->tokens->count) {
        return TIDE_FAIL(err, TIDE_BAD_DATA, "the search answer is followed by other text");
    }
    if (!reader->has_hits && !reader->page->is_error) {
        return TIDE_FAIL(err, TIDE_BAD_DATA, "the search answer has no hits and no error");
    }
    if (reader->row.decoder->is_damaged) {
        return TIDE_FAIL(err, TIDE_BAD_DATA,
                         "the search answer is not JSON: there is a control character in it");
    }
    if (reader->last_sort != 0) {
        reader->page->last_sort = tide_json_value_text(reader->tokens, reader->last_sort);
    }
    return TIDE_OK;
}

tide_code tide_json_decode_page(tide_json_decoder *decoder, tide_str json,
                                const tide_provenance *from, tide_builder *builder,
                                tide_reject_list *rejects, tide_search_page *page, tide_error *err)
{
    int64_t rows_before = builder->row_count;
    size_t rejects_before = rejects->count;
    page_reader reader = {
        .row = {.decoder = decoder,
                .from = from,
                .builder = builder,
                .rejects = rejects,
                .is_hit = true},
        .tokens = &decoder->walk.tokens,
        .page = page,
    };
    const char *refusal;
    *page = (tide_search_page){.total = -1};
    tide_arena_reset(&decoder->strings);
    decoder->walk.err = err;
    decoder->walk.code = TIDE_OK;
    decoder->is_damaged = false;
    TIDE_TRY(tide_json_index_build(decoder->index, json, &decoder->walk.tokens, &refusal, err));
    if (refusal != NULL) {
        return TIDE_FAIL(err, TIDE_BAD_DATA, "the search answer %s", refusal);
    }
    tide_code code = read_indexed(&reader, err);
    if (code != TIDE_OK) {
        builder->row_count = rows_before;
        tide_builder_cancel_row(builder);
        rejects->count = rejects_before;
    }
    return code;
}

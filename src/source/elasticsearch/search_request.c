/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/search_request.h"

#include <inttypes.h>
#include <string.h>

void tide_es_message_init(tide_es_message *message)
{
    memset(message, 0, sizeof *message);
    tide_text_init(&message->path);
    tide_text_init(&message->body);
}

void tide_es_message_clear(tide_es_message *message)
{
    tide_text_clear(&message->path);
    tide_text_clear(&message->body);
}

static void restart(tide_es_message *message)
{
    tide_text_reset(&message->path);
    tide_text_reset(&message->body);
}

static tide_code seal(tide_es_message *message, const char *method, bool repeatable,
                      tide_error *err)
{
    if (tide_text_failed(&message->path) || tide_text_failed(&message->body)) {
        tide_es_message_clear(message);
        return TIDE_FAIL_MEMORY(err, "a request");
    }
    message->request = (tide_http_request){
        .method = method,
        .path = tide_text_c(&message->path),
        .body = {message->body.data, message->body.size},
        .repeatable = repeatable,
    };
    return TIDE_OK;
}

static void append_query(tide_text *body, const tide_es_slice *slice)
{
    const char *filter = slice->index->filter;
    if (filter != NULL && slice->query != NULL) {
        tide_text_append_format(body, ",\"query\":{\"bool\":{\"filter\":[%s,", filter);
        tide_text_append(body, slice->query);
        tide_text_append(body, "]}}");
    } else if (filter != NULL || slice->query != NULL) {
        tide_text_append(body, ",\"query\":");
        tide_text_append(body, filter != NULL ? filter : slice->query);
    }
}

static void append_body(tide_text *body, const tide_es_slice *slice, bool count)
{
    tide_text_append_format(body, "{\"size\":%" PRIu32 ",\"track_total_hits\":%s", slice->page_size,
                            count ? "true" : "false");
    tide_text_append(body, slice->wants_seq_no ? ",\"seq_no_primary_term\":true" : "");
    tide_text_append(body, slice->wants_version ? ",\"version\":true" : "");
    append_query(body, slice);
}

/* The shards of a slice, by number. The `slice` clause would choose the same ones, but open a
 * context on each of the others too. */
static void append_shards(tide_text *path, const tide_es_slice *slice)
{
    if (slice->slice_count <= 1 || slice->index->routing != NULL) {
        return;
    }
    tide_text_append(path, "&preference=_shards:");
    for (uint32_t s = slice->slice; s < slice->index->shard_count; s += slice->slice_count) {
        tide_text_append_format(path, "%s%" PRIu32, s == slice->slice ? "" : ",", s);
    }
}

static void append_routing(tide_text *path, const tide_es_slice *slice)
{
    if (slice->index->routing != NULL) {
        tide_text_append(path, "&routing=");
        tide_es_append_escaped(path, slice->index->routing);
    }
}

uint32_t tide_es_slice_shards(const tide_es_slice *slice, bool pit)
{
    if (slice->index->routing != NULL) {
        return 0;
    }
    if (pit || slice->slice_count <= 1) {
        return slice->index->shard_count;
    }
    return (slice->index->shard_count - slice->slice + slice->slice_count - 1) / slice->slice_count;
}

/* The first page of a slice, in the order in which documents are stored. */
static void append_search(tide_es_message *message, const tide_es_slice *slice, bool scrolls)
{
    tide_text_append_char(&message->path, '/');
    tide_es_append_escaped(&message->path, slice->index->name);
    tide_text_append(&message->path, "/_search?");
    if (scrolls) {
        tide_text_append_format(&message->path, "scroll=%" PRId64 "ms&", slice->keep_alive_ms);
    }
    tide_text_append(&message->path, "allow_partial_search_results=false");
    append_shards(&message->path, slice);
    append_routing(&message->path, slice);
    append_body(&message->body, slice, true);
    tide_text_append(&message->body, ",\"sort\":[\"_doc\"]}");
}

tide_code tide_es_search_once(tide_es_message *message, const tide_es_slice *slice, tide_error *err)
{
    restart(message);
    append_search(message, slice, false);
    return seal(message, "POST", true, err);
}

tide_code tide_es_scroll_open(tide_es_message *message, const tide_es_slice *slice, tide_error *err)
{
    restart(message);
    append_search(message, slice, true);
    return seal(message, "POST", false, err);
}

tide_code tide_es_scroll_next(tide_es_message *message, const tide_es_slice *slice,
                              tide_str scroll_id, tide_error *err)
{
    restart(message);
    tide_text_append(&message->path, "/_search/scroll");
    tide_text_append_format(&message->body,
                            "{\"scroll\":\"%" PRId64 "ms\",\"scroll_id\":", slice->keep_alive_ms);
    tide_text_append_json_string(&message->body, scroll_id);
    tide_text_append_char(&message->body, '}');
    return seal(message, "POST", false, err);
}

tide_code tide_es_scroll_close(tide_es_message *message, tide_str scroll_id, tide_error *err)
{
    restart(message);
    tide_text_append(&message->path, "/_search/scroll");
    tide_text_append(&message->body, "{\"scroll_id\":[");
    tide_text_append_json_string(&message->body, scroll_id);
    tide_text_append(&message->body, "]}");
    return seal(message, "DELETE", true, err);
}

tide_code tide_es_pit_open(tide_es_message *message, const tide_es_slice *slice, tide_error *err)
{
    restart(message);
    tide_text_append_char(&message->path, '/');
    tide_es_append_escaped(&message->path, slice->index->name);
    if (slice->server->opensearch) {
        tide_text_append(&message->path,
                         "/_search/point_in_time?allow_partial_pit_creation=false&keep_alive=");
    } else {
        tide_text_append(&message->path, "/_pit?keep_alive=");
    }
    tide_text_append_format(&message->path, "%" PRId64 "ms", slice->keep_alive_ms);
    append_routing(&message->path, slice);
    return seal(message, "POST", false, err);
}

tide_code tide_es_pit_next(tide_es_message *message, const tide_es_slice *slice, tide_str pit_id,
                           tide_str search_after, tide_error *err)
{
    tide_text *body = &message->body;
    restart(message);
    tide_text_append(&message->path, "/_search?allow_partial_search_results=false");
    append_body(body, slice, search_after.size == 0);
    tide_text_append(body, ",\"pit\":{\"id\":");
    tide_text_append_json_string(body, pit_id);
    tide_text_append_format(body, ",\"keep_alive\":\"%" PRId64 "ms\"}", slice->keep_alive_ms);
    tide_text_append_format(body, ",\"sort\":[{\"%s\":\"asc\"}]",
                            slice->server->has_shard_doc ? "_shard_doc" : "_seq_no");
    if (slice->slice_count > 1) {
        tide_text_append_format(body, ",\"slice\":{\"id\":%" PRIu32 ",\"max\":%" PRIu32 "}",
                                slice->slice, slice->slice_count);
    }
    if (search_after.size > 0) {
        tide_text_append(body, ",\"search_after\":");
        tide_text_append_str(body, search_after);
    }
    tide_text_append_char(body, '}');
    return seal(message, "POST", true, err);
}

tide_code tide_es_pit_close(tide_es_message *message, bool opensearch, tide_str pit_id,
                            tide_error *err)
{
    restart(message);
    tide_text_append(&message->path, opensearch ? "/_search/point_in_time" : "/_pit");
    tide_text_append(&message->body, opensearch ? "{\"pit_id\":[" : "{\"id\":");
    tide_text_append_json_string(&message->body, pit_id);
    tide_text_append(&message->body, opensearch ? "]}" : "}");
    return seal(message, "DELETE", true, err);
}

tide_code tide_es_message_ask(tide_es_message *message, const char *path, tide_error *err)
{
    restart(message);
    tide_text_append(&message->path, path);
    return seal(message, "GET", true, err);
}

/* Ids are base64: nothing to unescape, and whatever else is in one, the answer is mutilated. */
static tide_str peek_id(tide_str answer, const char *prefix)
{
    if (answer.size == 0 || !tide_str_starts_with(answer, prefix)) {
        return (tide_str){NULL, 0};
    }
    const char *begin = answer.data + strlen(prefix);
    const char *end = memchr(begin, '"', answer.size - strlen(prefix));
    if (end == NULL) {
        return (tide_str){NULL, 0};
    }
    for (const char *at = begin; at < end; at++) {
        if (*at <= ' ' || *at > '~' || *at == '\\') {
            return (tide_str){NULL, 0};
        }
    }
    return (tide_str){begin, (size_t)(end - begin)};
}

tide_str tide_es_peek_scroll_id(tide_str answer)
{
    return peek_id(answer, "{\"_scroll_id\":\"");
}

tide_str tide_es_peek_pit_id(tide_str answer)
{
    return peek_id(answer, "{\"pit_id\":\"");
}

tide_str tide_es_peek_opened_pit_id(tide_str answer)
{
    tide_str id = peek_id(answer, "{\"id\":\"");
    return id.size > 0 ? id : tide_es_peek_pit_id(answer);
}

static bool ends_with(tide_str s, const char *suffix)
{
    size_t size = strlen(suffix);
    return s.size >= size && memcmp(s.data + s.size - size, suffix, size) == 0;
}

/* ..."sort":[4294967296]}]}} - the last hit, the hits, the object around them and the answer are
 * closed; a document that merely contains such a text would still be open. */
tide_str tide_es_peek_last_sort(tide_str answer)
{
    static const char begin[] = "\"sort\":[";
    static const char close[] = "]}]}}";
    if (!ends_with(answer, close)) {
        return (tide_str){NULL, 0};
    }
    const char *end = answer.data + answer.size - strlen(close);
    const char *at = end;
    while (at > answer.data && at[-1] >= '0' && at[-1] <= '9') {
        at--;
    }
    size_t size = strlen(begin);
    if (at == end || (size_t)(at - answer.data) < size || memcmp(at - size, begin, size) != 0) {
        return (tide_str){NULL, 0};
    }
    return (tide_str){at - 1, (size_t)(end - at) + 2};
}

int64_t tide_es_peek_total(tide_str answer)
{
    static const char before[] = "\"hits\":{\"total\":";
    static const char inside[] = "{\"value\":"; /* a bare number before Elasticsearch 7 */
    tide_str id = tide_es_peek_scroll_id(answer);
    id = id.size > 0 ? id : tide_es_peek_pit_id(answer);
    if (id.size == 0) {
        return -1;
    }
    /* Between the id and the hits there are a few numbers only. */
    const char *from = id.data + id.size;
    size_t left = (size_t)(answer.data + answer.size - from);
    const char *at = memmem(from, left < 400 ? left : 400, before, strlen(before));
    if (at == NULL) {
        return -1;
    }
    const char *end = answer.data + answer.size;
    at += strlen(before);
    if ((size_t)(end - at) >= strlen(inside) && memcmp(at, inside, strlen(inside)) == 0) {
        at += strlen(inside);
    }
    if (at == end || *at < '0' || *at > '9') {
        return -1;
    }
    int64_t total = 0;
    while (at < end && *at >= '0' && *at <= '9' && total < INT64_MAX / 100) {
        total = 10 * total + (*at++ - '0');
    }
    return total;
}

bool tide_es_peek_has_hits(tide_str answer)
{
    return ends_with(answer, "}]}}");
}

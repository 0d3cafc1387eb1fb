/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/problem.h"
#include "source/elasticsearch/reader_state.h"

#define PAGE_SHIFTS_MAX 31

tide_code tide_es_reader_refuse_size(tide_es_reader *r, int64_t size_max, tide_error *err)
{
    tide_atomic *shifts = &r->source->page_shifts[r->split_number];
    if (r->slice.page_size <= 1 || tide_atomic_get(shifts) >= PAGE_SHIFTS_MAX) {
        err->code = err->code == TIDE_OUT_OF_MEMORY ? TIDE_OUT_OF_MEMORY : TIDE_BAD_DATA;
        return tide_error_context(err, "even a page of one document does not fit");
    }
    uint32_t size = r->slice.page_size;
    do {
        (void)tide_atomic_add(shifts, 1);
        size /= 2;
    } while (size > 1 && size_max > 0 && size > size_max);
    r->base.page_too_large = true;
    err->code = TIDE_REMOTE_RETRY;
    return tide_error_context(
        err, "a page of %" PRIu32 " documents does not fit, the next attempt asks for %" PRIu32,
        r->slice.page_size, size);
}

static tide_code check_whole(tide_es_reader *r, const tide_search_page *page, tide_error *err)
{
    const char *url = tide_http_url(r->http);
    if (page->is_error) {
        return TIDE_FAIL(err, TIDE_E_STRANGE_ANSWER, "%s: the answer is an error: %.*s: %.*s", url,
                         TIDE_STR_ARG(page->error_type), TIDE_STR_ARG(page->error_reason));
    }
    if (page->timed_out) {
        return TIDE_FAIL(err, TIDE_E_PARTIAL_ANSWER,
                         "%s: the server ran out of its own time limit and gave part of the hits",
                         url);
    }
    if (page->shards_failed > 0) {
        int size = (int)(page->failure.size < 500 ? page->failure.size : 500);
        return TIDE_FAIL(err, TIDE_E_PARTIAL_ANSWER,
                         "%s: %" PRId64 " of %" PRId64 " shards failed: %.*s", url,
                         page->shards_failed, page->shards_total, size, page->failure.data);
    }
    return TIDE_OK;
}

static tide_code check_first(tide_es_reader *r, const tide_search_page *page, tide_error *err)
{
    uint32_t shards = tide_es_slice_shards(&r->slice, r->pit);
    if (page->total < 0) {
        return TIDE_FAIL(err, TIDE_E_STRANGE_ANSWER, "%s: the answer has no hits.total",
                         tide_http_url(r->http));
    }
    if (shards > 0 && page->shards_total != shards) {
        return TIDE_FAIL(err, TIDE_E_PARTIAL_ANSWER,
                         "%s: %" PRId64 " shards were searched instead of %" PRIu32
                         "; was the index made anew?",
                         tide_http_url(r->http), page->shards_total, shards);
    }
    r->total = page->total;
    return TIDE_OK;
}

/* Positions grow. Only where several shards are merged by document number can two pages end at the
 * same one, and then no more documents can have it than there are shards. A page that comes again,
 * or an old one, is found out here. */
static bool may_tie(const tide_es_reader *r, const tide_search_page *page)
{
    return !r->pit && page->hit_count < (int64_t)r->slice.index->shard_count &&
           tide_es_slice_shards(&r->slice, r->pit) != 1;
}

static tide_code check_order(tide_es_reader *r, const tide_search_page *page, tide_error *err)
{
    if (page->last_sort.size < 2 || page->last_sort.data[0] != '[') {
        return TIDE_FAIL(err, TIDE_E_PAGES_CONTRADICT, "%s: a hit has no sort value",
                         tide_http_url(r->http));
    }
    if (r->sort.size > 0) {
        long long before = strtoll(tide_text_c(&r->sort) + 1, NULL, 10);
        long long now = strtoll(page->last_sort.data + 1, NULL, 10);
        if (now < before || (now == before && !may_tie(r, page))) {
            return TIDE_FAIL(err, TIDE_E_PAGES_CONTRADICT,
                             "%s: a page came twice or out of turn (its last position %lld is not "
                             "after %lld)",
                             tide_http_url(r->http), now, before);
        }
    }
    return tide_es_reader_remember(&r->sort, page->last_sort, err);
}

/* All pages but the last are as large as was asked for. By the count alone a page that lacks hits
 * could be made up for by another that has some of them twice. */
static tide_code check_size(const tide_es_reader *r, const tide_search_page *page, tide_error *err)
{
    int64_t left = r->total - r->received;
    int64_t wanted = left < (int64_t)r->slice.page_size ? left : (int64_t)r->slice.page_size;
    if (!r->once && page->hit_count > 0 && left >= page->hit_count && page->hit_count != wanted) {
        return TIDE_FAIL(err, TIDE_E_PARTIAL_ANSWER,
                         "%s: a page of %" PRId64
                         " documents came where the server should have "
                         "given %" PRId64,
                         tide_http_url(r->http), page->hit_count, wanted);
    }
    return TIDE_OK;
}

static tide_code check_count(tide_es_reader *r, const tide_search_page *page, tide_error *err)
{
    TIDE_TRY(check_size(r, page, err));
    r->received += page->hit_count;
    bool is_end = page->hit_count == 0;
    bool must_be_all = is_end || r->once;
    if (r->received > r->total || (must_be_all && r->received != r->total)) {
        return TIDE_FAIL(err, TIDE_E_PARTIAL_ANSWER,
                         "%s: %" PRId64 " documents came where the server had counted %" PRId64,
                         tide_http_url(r->http), r->received, r->total);
    }
    /* A first page that holds everything needs no empty one after it. */
    r->complete = is_end || (r->received == r->total && !r->ahead);
    return TIDE_OK;
}

/* What was asked for ahead must be what the decoded page says. */
static tide_code keep_position(tide_es_reader *r, const tide_search_page *page, tide_error *err)
{
    tide_str text = tide_http_answer_text(tide_es_reader_answer(r));
    if (r->ahead) {
        bool same = r->pit ? tide_str_equal(tide_es_peek_last_sort(text), page->last_sort)
                           : tide_str_equal(tide_es_peek_scroll_id(text), page->scroll_id);
        if (!same) {
            return TIDE_FAIL(err, TIDE_E_PAGES_CONTRADICT, "%s: an answer contradicts itself",
                             tide_http_url(r->http));
        }
    }
    if (r->pit) {
        tide_es_snapshot_renew(&r->source->snapshots[r->split->member], r->base.snapshot_generation,
                               page->pit_id);
        return TIDE_OK;
    }
    if (page->scroll_id.size == 0) {
        return TIDE_FAIL(err, TIDE_E_STRANGE_ANSWER, "%s: the answer has no _scroll_id",
                         tide_http_url(r->http));
    }
    return tide_es_reader_remember(&r->id, page->scroll_id, err);
}

tide_code tide_es_reader_check_page(tide_es_reader *r, const tide_search_page *page,
                                    tide_error *err)
{
    TIDE_TRY(check_whole(r, page, err));
    if (r->total < 0) {
        TIDE_TRY(check_first(r, page, err));
    }
    if (r->once && r->total > (int64_t)r->slice.page_size) {
        r->outgrown = true; /* whatever came is thrown away */
        return TIDE_OK;
    }
    if (page->hit_count > 0) {
        TIDE_TRY(check_order(r, page, err));
    }
    if (!r->once) {
        TIDE_TRY(keep_position(r, page, err));
    }
    return check_count(r, page, err);
}

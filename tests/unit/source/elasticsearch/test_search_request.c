/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/search_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

typedef struct fixture {
    tide_es_index index;
    tide_es_server server;
    tide_es_slice slice;
    tide_es_message message;
    tide_error err;
} fixture;

static void init(fixture *f)
{
    memset(f, 0, sizeof *f);
    f->index = (tide_es_index){.name = "uses", .uuid = "u", .shard_count = 7};
    f->server.has_shard_doc = true;
    f->slice = (tide_es_slice){.index = &f->index,
                               .server = &f->server,
                               .slice = 1,
                               .slice_count = 3,
                               .page_size = 100,
                               .keep_alive_ms = 5000};
    tide_es_message_init(&f->message);
}

static void expect(const fixture *f, const char *method, const char *path, const char *body)
{
    assert_string_equal(f->message.request.method, method);
    assert_string_equal(f->message.request.path, path);
    assert_int_equal(f->message.request.body.size, strlen(body));
    assert_memory_equal(f->message.request.body.data, body, strlen(body));
}

static void a_scroll_slice_is_its_shards(void **state)
{
    (void)state;
    fixture f;
    init(&f);
    assert_int_equal(tide_es_scroll_open(&f.message, &f.slice, &f.err), TIDE_OK);
    expect(&f, "POST",
           "/uses/_search?scroll=5000ms&allow_partial_search_results=false"
           "&preference=_shards:1,4",
           "{\"size\":100,\"track_total_hits\":true,\"sort\":[\"_doc\"]}");
    assert_false(f.message.request.repeatable);
    assert_int_equal(tide_es_search_once(&f.message, &f.slice, &f.err), TIDE_OK);
    expect(&f, "POST", "/uses/_search?allow_partial_search_results=false&preference=_shards:1,4",
           "{\"size\":100,\"track_total_hits\":true,\"sort\":[\"_doc\"]}");
    assert_true(f.message.request.repeatable);
    tide_es_message_clear(&f.message);
}

/* Whatever the numbers, each shard is in exactly one slice and counted there. */
static void slices_cover_all_shards_once(void **state)
{
    (void)state;
    for (uint32_t shards = 1; shards <= 20; shards++) {
        for (uint32_t slices = 1; slices <= shards; slices++) {
            int seen[20] = {0};
            uint32_t counted = 0;
            for (uint32_t slice = 0; slice < slices; slice++) {
                fixture f;
                init(&f);
                f.index.shard_count = shards;
                f.slice.slice = slice;
                f.slice.slice_count = slices;
                assert_int_equal(tide_es_scroll_open(&f.message, &f.slice, &f.err), TIDE_OK);
                const char *list = strstr(f.message.request.path, "_shards:");
                assert_true((list != NULL) == (slices > 1));
                uint32_t in_slice = 0;
                for (const char *at = list; at != NULL; at = strchr(at + 1, ',')) {
                    unsigned shard = 99;
                    sscanf(at, in_slice == 0 ? "_shards:%u" : ",%u", &shard);
                    assert_in_range(shard, 0, shards - 1);
                    seen[shard]++;
                    in_slice++;
                }
                assert_int_equal(tide_es_slice_shards(&f.slice, false),
                                 slices > 1 ? in_slice : shards);
                counted += tide_es_slice_shards(&f.slice, false);
                tide_es_message_clear(&f.message);
            }
            assert_int_equal(counted, shards);
            for (uint32_t shard = 0; shard < shards; shard++) {
                assert_int_equal(seen[shard], slices > 1 ? 1 : 0);
            }
        }
    }
}

static void filters_of_aliases_join_the_query(void **state)
{
    (void)state;
    fixture f;
    init(&f);
    f.slice.slice_count = 1;
    f.slice.slice = 0;
    f.index.filter = "{\"term\":{\"a\":1}}";
    f.index.routing = "r&1,r 2";
    f.slice.wants_seq_no = f.slice.wants_version = true;
    assert_int_equal(tide_es_scroll_open(&f.message, &f.slice, &f.err), TIDE_OK);
    expect(&f, "POST",
           "/uses/_search?scroll=5000ms&allow_partial_search_results=false&routing=r%261,r%202",
           "{\"size\":100,\"track_total_hits\":true,\"seq_no_primary_term\":true,\"version\":true,"
           "\"query\":{\"term\":{\"a\":1}},\"sort\":[\"_doc\"]}");
    assert_int_equal(tide_es_slice_shards(&f.slice, false), 0);
    f.slice.query = "{\"match_all\":{}}";
    assert_int_equal(tide_es_scroll_open(&f.message, &f.slice, &f.err), TIDE_OK);
    assert_non_null(strstr(tide_text_c(&f.message.body),
                           "\"query\":{\"bool\":{\"filter\":[{\"term\":{\"a\":1}},"
                           "{\"match_all\":{}}]}}"));
    tide_es_message_clear(&f.message);
}

static void each_product_has_its_words_for_pit(void **state)
{
    (void)state;
    fixture f;
    init(&f);
    tide_str none = {NULL, 0};
    assert_int_equal(tide_es_pit_open(&f.message, &f.slice, &f.err), TIDE_OK);
    expect(&f, "POST", "/uses/_pit?keep_alive=5000ms", "");
    assert_int_equal(tide_es_pit_next(&f.message, &f.slice, TIDE_STR("id"), none, &f.err), TIDE_OK);
    expect(
        &f, "POST", "/_search?allow_partial_search_results=false",
        "{\"size\":100,\"track_total_hits\":true,\"pit\":{\"id\":\"id\",\"keep_alive\":\"5000ms\"},"
        "\"sort\":[{\"_shard_doc\":\"asc\"}],\"slice\":{\"id\":1,\"max\":3}}");
    assert_true(f.message.request.repeatable);
    assert_int_equal(
        tide_es_pit_next(&f.message, &f.slice, TIDE_STR("id"), TIDE_STR("[7]"), &f.err), TIDE_OK);
    assert_non_null(strstr(tide_text_c(&f.message.body), "\"track_total_hits\":false"));
    assert_non_null(strstr(tide_text_c(&f.message.body), ",\"search_after\":[7]}"));
    assert_int_equal(tide_es_pit_close(&f.message, false, TIDE_STR("id"), &f.err), TIDE_OK);
    expect(&f, "DELETE", "/_pit", "{\"id\":\"id\"}");
    f.server = (tide_es_server){.opensearch = true};
    assert_int_equal(tide_es_pit_open(&f.message, &f.slice, &f.err), TIDE_OK);
    expect(&f, "POST",
           "/uses/_search/point_in_time?allow_partial_pit_creation=false&keep_alive=5000ms", "");
    assert_int_equal(tide_es_pit_next(&f.message, &f.slice, TIDE_STR("id"), none, &f.err), TIDE_OK);
    assert_non_null(strstr(tide_text_c(&f.message.body), "\"sort\":[{\"_seq_no\":\"asc\"}]"));
    assert_int_equal(tide_es_pit_close(&f.message, true, TIDE_STR("id"), &f.err), TIDE_OK);
    expect(&f, "DELETE", "/_search/point_in_time", "{\"pit_id\":[\"id\"]}");
    tide_es_message_clear(&f.message);
}

#define HEAD                                                                              \
    "{\"_scroll_id\":\"abc==\",\"took\":1,\"timed_out\":false,\"_shards\":{\"total\":1}," \
    "\"hits\":{\"total\":{\"value\":31,\"relation\":\"eq\"},\"max_score\":null,\"hits\":["

static void peeks_at_answers(void **state)
{
    (void)state;
    tide_str page = TIDE_STR(HEAD "{\"_id\":\"1\",\"_source\":{},\"sort\":[41]}]}}");
    assert_true(tide_str_equal_c(tide_es_peek_scroll_id(page), "abc=="));
    assert_true(tide_str_equal_c(tide_es_peek_last_sort(page), "[41]"));
    assert_int_equal(tide_es_peek_total(page), 31);
    /* As Elasticsearch 6 writes it. */
    tide_str old = TIDE_STR("{\"_scroll_id\":\"a\",\"hits\":{\"total\":7,\"hits\":[");
    assert_int_equal(tide_es_peek_total(old), 7);
    old = TIDE_STR("{\"_scroll_id\":\"a\",\"hits\":{\"total\":null,\"hits\":[");
    assert_int_equal(tide_es_peek_total(old), -1);
    assert_true(tide_es_peek_has_hits(page));
    assert_int_equal(tide_es_peek_pit_id(page).size, 0);
    assert_true(tide_str_equal_c(tide_es_peek_pit_id(TIDE_STR("{\"pit_id\":\"p\",")), "p"));
    assert_false(tide_es_peek_has_hits(TIDE_STR(HEAD "]}}")));
}

/* A guess would be worse than waiting for the decoder. */
static void does_not_guess(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "{",
                                        "{\"took\":1}",
                                        "{\"_scroll_id\":\"abc",
                                        "{\"_scroll_id\":\"a\\\"b\"",
                                        "{\"_scroll_id\":\"\"",
                                        " {\"_scroll_id\":\"abc\"}",
                                        HEAD "{\"_source\":{\"sort\":[41]}}]}}",
                                        HEAD "{\"sort\":[41,2]}]}}",
                                        HEAD "{\"sort\":[null]}]}}",
                                        HEAD "{\"sort\":[41]}]}",
                                        "[41]}]}}",
                                        "1]}]}}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        tide_str text = tide_str_of(texts[i]);
        assert_int_equal(tide_es_peek_last_sort(text).size, 0);
        assert_true(i >= 7 || tide_es_peek_scroll_id(text).size == 0);
        assert_true(i >= 7 || tide_es_peek_total(text) == -1);
    }
}

static void allocation_failures_are_codes(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        fixture f;
        init(&f);
        tide_memory_fail_nth(n, 0);
        tide_code code = tide_es_scroll_open(&f.message, &f.slice, &f.err);
        size_t made = tide_memory_fail_nth(0, 0);
        tide_es_message_clear(&f.message);
        assert_true(code == TIDE_OK || code == TIDE_OUT_OF_MEMORY);
        if (made < n) {
            assert_int_equal(code, TIDE_OK);
            assert_true(n > 1);
            return;
        }
        assert_int_equal(code, TIDE_OUT_OF_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scroll_slice_is_its_shards),
        cmocka_unit_test(slices_cover_all_shards_once),
        cmocka_unit_test(filters_of_aliases_join_the_query),
        cmocka_unit_test(each_product_has_its_words_for_pit),
        cmocka_unit_test(peeks_at_answers),
        cmocka_unit_test(does_not_guess),
        cmocka_unit_test(allocation_failures_are_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

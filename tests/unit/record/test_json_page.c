/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "decode_rows.h"

#define SEED 20240331u

static const char answer[] =
    "{\"_scroll_id\":\"DnF1\",\"pit_id\":\"p\\u0041=\",\"took\":3,\"timed_out\":false,"
    "\"_shards\":{\"total\":4,\"successful\":3,\"skipped\":1,\"failed\":0},"
    "\"hits\":{\"total\":{\"value\":10000,\"relation\":\"gte\"},\"max_score\":null,\"hits\":["
    "{\"_index\":\"uses-1\",\"_id\":\"a\",\"_score\":null,\"_source\":{\"n\":1},\"sort\":[1,\"x\"]}"
    ","
    "{\"_index\":\"uses-2\",\"_id\":\"b/\\u00e9\",\"_source\":{\"n\":\"no\"},\"sort\":[2]},"
    "{\"_source\":{\"n\":3},\"_id\":\"c\",\"sort\":[ 3 , {\"a\":[]} ]}"
    "]}}";

static decode_rows rows;

static void begin(void)
{
    decode_rows_init(&rows, TIDE_HIDDEN_ID);
    decode_rows_column(&rows, "n", "int64", NULL);
    decode_rows_column(&rows, "index", "text", NULL)->origin = TIDE_FROM_INDEX;
}

static void open_rows(void)
{
    assert_int_equal(decode_rows_open(&rows), TIDE_OK);
}

static void check_str(tide_str s, const char *expected)
{
    assert_int_equal(s.size, strlen(expected));
    assert_memory_equal(s.data, expected, s.size);
}

static void test_page(void **state)
{
    (void)state;
    tide_search_page page;
    begin();
    open_rows();
    for (int round = 0; round < 2; round++) {
        assert_int_equal(decode_rows_page(&rows, TIDE_STR(answer), &page), TIDE_OK);
        check_str(page.scroll_id, "DnF1");
        check_str(page.pit_id, "pA=");
        check_str(page.last_sort, "[ 3 , {\"a\":[]} ]");
        assert_int_equal(page.hit_count, 3);
        assert_int_equal(page.total, 10000);
        assert_int_equal(page.shards_total, 4);
        assert_int_equal(page.shards_skipped, 1);
        assert_int_equal(page.shards_failed, 0);
        assert_false(page.timed_out);
        assert_false(page.is_error);
        assert_string_equal(
            decode_rows_print(&rows),
            "{\"n\": 1, \"index\": \"uses-1\", \"$source\": 7, \"$id\": \"a\"}\n"
            "{\"n\": 3, \"index\": \"uses-2024\", \"$source\": 7, \"$id\": \"c\"}\n"
            "! uses-2/b/\xC3\xA9 n: `no` is not of type int64 {\"index\": \"uses-2\"}\n");
    }
    decode_rows_clear(&rows);
}

/* Asked for again, the value may be whole: it is no reject. What a server may have stored is one.
 */
static void test_damaged_values(void **state)
{
    (void)state;
    static const char *const damaged[] = {
        "1\x01"
        "2",
        "\x1f", "tru\x01", "[1,\x02 2]"};
    tide_search_page page;
    char text[256];
    begin();
    decode_rows_column(&rows, "j", "json", NULL);
    open_rows();
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(text, sizeof text,
                       "{\"hits\":{\"hits\":[{\"_id\":\"a\",\"_source\":{\"n\":1}},"
                       "{\"_id\":\"b\",\"_source\":{\"%s\":%s}}]}}",
                       i == 3 ? "j" : "n", damaged[i]);
        assert_int_equal(decode_rows_page(&rows, tide_str_of(text), &page), TIDE_BAD_DATA);
        assert_string_equal(decode_rows_print(&rows), "");
    }
    assert_int_equal(
        decode_rows_page(
            &rows, TIDE_STR("{\"hits\":{\"hits\":[{\"_id\":\"b\",\"_source\":{\"n\":NaN}}]}}"),
            &page),
        TIDE_OK);
    assert_non_null(strstr(decode_rows_print(&rows), "! uses-2024/b n: `NaN` is not JSON"));
    decode_rows_clear(&rows);
}

static void test_empty_page(void **state)
{
    (void)state;
    tide_search_page page;
    begin();
    open_rows();
    assert_int_equal(
        decode_rows_page(&rows, TIDE_STR("{\"timed_out\":true,\"hits\":{\"total\":7,\"hits\":[]}}"),
                         &page),
        TIDE_OK);
    assert_int_equal(page.hit_count, 0);
    assert_int_equal(page.total, 7);
    assert_true(page.timed_out);
    assert_int_equal(page.scroll_id.size, 0);
    assert_int_equal(page.last_sort.size, 0);
    assert_int_equal(decode_rows_page(&rows, TIDE_STR("{\"hits\":{\"hits\":[]}}"), &page), TIDE_OK);
    assert_int_equal(page.total, -1);
    assert_string_equal(decode_rows_print(&rows), "");
    decode_rows_clear(&rows);
}

static void test_failures(void **state)
{
    (void)state;
    tide_search_page page;
    begin();
    open_rows();
    assert_int_equal(
        decode_rows_page(
            &rows,
            TIDE_STR("{\"_shards\":{\"total\":2,\"failed\":1,\"failures\":[{\"shard\":0,"
                     "\"reason\":{\"type\":\"t\"}},{\"shard\":1}]},\"hits\":{\"hits\":[]}}"),
            &page),
        TIDE_OK);
    assert_int_equal(page.shards_failed, 1);
    check_str(page.failure, "{\"shard\":0,\"reason\":{\"type\":\"t\"}}");
    assert_int_equal(decode_rows_page(&rows,
                                      TIDE_STR("{\"error\":{\"root_cause\":[{\"type\":\"x\"}],"
                                               "\"type\":\"parsing\",\"reason\":\"bad \\\"q\\\"\"},"
                                               "\"status\":400}"),
                                      &page),
                     TIDE_OK);
    assert_true(page.is_error);
    check_str(page.error_type, "parsing");
    check_str(page.error_reason, "bad \"q\"");
    assert_int_equal(decode_rows_page(&rows, TIDE_STR("{\"error\":\"plain\"}"), &page), TIDE_OK);
    check_str(page.error_reason, "plain");
    decode_rows_clear(&rows);
}

/* A hit without what it must have is a reject; an answer without hits is bad_data. */
static void test_incomplete_hits(void **state)
{
    (void)state;
    tide_search_page page;
    begin();
    open_rows();
    assert_int_equal(decode_rows_page(&rows,
                                      TIDE_STR("{\"hits\":{\"hits\":[{\"_id\":\"a\"},"
                                               "{\"_source\":{\"n\":1}},"
                                               "{\"_id\":\"b\",\"_source\":null},{}]}}"),
                                      &page),
                     TIDE_OK);
    assert_int_equal(page.hit_count, 4);
    assert_string_equal(
        decode_rows_print(&rows),
        "! uses-2024/a -: the hit has no _source: is it switched off in the index's mapping? {}\n"
        "! uses-2024/? -: the hit has no _id {\"n\": 1, \"index\": \"uses-2024\"}\n"
        "! uses-2024/b -: the hit has no _source: is it switched off in the index's mapping? {}\n"
        "! uses-2024/? -: the hit has no _source: is it switched off in the index's mapping? {}\n");
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "null",
        "{\"hits\":{}}",
        "{\"hits\":[]}",
        "{\"hits\":{\"hits\":{}}}",
        "{\"hits\":{\"hits\":[1]}}",
        "{\"hits\":{\"hits\":[{},]}}",
        "{\"hits\":{\"hits\":[]}} {}",
        "{\"hits\":{\"hits\":[]}}}",
        "{\"took\":1}",
        "{\"_shards\":{1},\"hits\":{\"hits\":[]}}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        tide_code code = decode_rows_page(&rows, tide_str_of(bad[i]), &page);
        if (code != TIDE_BAD_DATA) {
            fail_msg("`%s`: %d", bad[i], code);
        }
        assert_string_equal(decode_rows_print(&rows), "");
    }
    decode_rows_clear(&rows);
}

/* Cut at any byte: bad_data, and what was there before is all that is there. */
static void test_cut_pages(void **state)
{
    (void)state;
    tide_search_page page;
    begin();
    open_rows();
    for (size_t size = 0; size < sizeof answer - 1; size++) {
        assert_int_equal(decode_rows_page(&rows,
                                          TIDE_STR("{\"hits\":{\"hits\":[{\"_id\":\"a\","
                                                   "\"_source\":{}},{}]}}"),
                                          &page),
                         TIDE_OK);
        assert_int_equal(decode_rows_page(&rows, (tide_str){answer, size}, &page), TIDE_BAD_DATA);
        assert_int_equal(rows.builder.row_count, 1);
        assert_int_equal(rows.rejects.count, 1);
        assert_string_equal(
            decode_rows_print(&rows),
            "{\"n\": null, \"index\": \"uses-2024\", \"$source\": 7, \"$id\": \"a\"}\n"
            "! uses-2024/? -: the hit has no _source: is it switched off in the index's mapping? "
            "{}\n");
    }
    decode_rows_clear(&rows);
}

static void test_damaged_pages(void **state)
{
    (void)state;
    unsigned seed = SEED;
    int kept = 0;
    begin();
    open_rows();
    print_message("seed %u\n", seed);
    for (int round = 0; round < 50000; round++) {
        char copy[sizeof answer];
        tide_search_page page;
        memcpy(copy, answer, sizeof answer);
        for (int i = rand_r(&seed) % 2; i >= 0; i--) {
            copy[(size_t)rand_r(&seed) % (sizeof answer - 1)] =
                "{}[]:,\"\\ 0a\x80\n-.etfn"[rand_r(&seed) % 20];
        }
        tide_code code = decode_rows_page(&rows, (tide_str){copy, sizeof answer - 1}, &page);
        assert_true(code == TIDE_OK || code == TIDE_BAD_DATA);
        int64_t made = rows.builder.row_count + (int64_t)rows.rejects.count;
        assert_int_equal(made, code == TIDE_OK ? page.hit_count : 0);
        kept += code == TIDE_OK;
        tide_builder_reset(&rows.builder);
        tide_reject_list_reset(&rows.rejects);
    }
    assert_true(kept > 1000 && kept < 49000);
    decode_rows_clear(&rows);
}

static void test_want_of_memory(void **state)
{
    (void)state;
    tide_code code;
    size_t n = 0;
    do {
        tide_search_page page;
        begin();
        (void)tide_memory_fail_nth(++n, 0);
        code = decode_rows_open(&rows);
        if (code == TIDE_OK) {
            code = decode_rows_page(&rows, TIDE_STR(answer), &page);
        }
        (void)tide_memory_fail_nth(0, 0);
        assert_true(code == TIDE_OK || code == TIDE_OUT_OF_MEMORY);
        decode_rows_clear(&rows);
    } while (code != TIDE_OK);
    assert_true(n > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page),
        cmocka_unit_test(test_damaged_values),
        cmocka_unit_test(test_empty_page),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_incomplete_hits),
        cmocka_unit_test(test_cut_pages),
        cmocka_unit_test(test_damaged_pages),
        cmocka_unit_test(test_want_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

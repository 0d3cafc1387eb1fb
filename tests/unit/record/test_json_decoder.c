/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/memory.h"
#include "decode_rows.h"
#include "record/json_text.h"

#define SEED 20240331u
#define TAIL ", \"$source\": 7, \"$position\": 42}\n"

static decode_rows rows;

static void open_rows(void)
{
    if (decode_rows_open(&rows) != TIDE_OK) {
        fail_msg("%s", rows.err.message);
    }
}

static void begin(void)
{
    decode_rows_init(&rows, TIDE_HIDDEN_POSITION);
}

static void expect(const char *json, const char *printed)
{
    assert_string_equal(decode_rows_one(&rows, json), printed);
}

/* Each path, spelled in all ways, in any order, with other keys between. */
static void test_paths(void **state)
{
    (void)state;
    static const char *const same[] = {
        "{\"a\":{\"b\":{\"c\":1}},\"d\":2}",
        "{\"a.b\":{\"c\":1},\"d\":2}",
        "{\"a\":{\"b.c\":1},\"d\":2}",
        "{\"a.b.c\":1,\"d\":2}",
        "{\"d\":2,\"a.b.c\":1}",
        " { \"x\" : [ 1 , { \"a\" : 5 } ] , \"a\" : { \"b\" : { \"c\" : 1 , \"d\":9 } } , \"d\" : "
        "2 } ",
        "{\"a\":{\"x\":{\"b\":{\"c\":7}}},\"a.b\":{\"c\":1},\"a.d\":8,\"d\":2}",
        "{\"\\u0061\":{\"b\":{\"\\u0063\":1}},\"d\":2}",
        "{\"a.\\u0062.c\":1,\"d\":2,\"\":3,\".\":4,\"a.\":5,\".a\":6,\"a..b.c\":7}",
        "{\"d\":3,\"a\":{\"b\":{\"c\":4}},\"d\":2,\"a\":{\"b\":{\"c\":1}}}",
        "{\"a\":{\"b\":{\"c\":null}},\"d\":2,\"a.b.c\":1}",
        "{\"a.b.c\":1,\"d\":2,\"a\":[]}",
        "{\"a.b.c\":1,\"d\":2,\"a\":{\"b\":[{\"x\":7}]}}",
        "{\"a.b.c\":1,\"a\":5,\"d\":2}",
        "{\"a\":null,\"a.b.c\":1,\"d\":2}",
        "{\"a_key_of_more_than_fifteen_bytes\":0,\"a.b.c\":1,\"d\":2}",
        "{\"a_key_of_more_than_sixty_bytes_which_is_in_no_dictionary_of_any_kind\":0,"
        "\"a.b.c\":1,\"d\":2}",
    };
    begin();
    decode_rows_column(&rows, "c", "int64", "a.b.c");
    decode_rows_column(&rows, "d", "int32", NULL);
    open_rows();
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
            expect(same[i], "{\"c\": 1, \"d\": 2" TAIL);
        }
    }
    expect("{}", "{\"c\": null, \"d\": null" TAIL);
    expect("{\"a\":{},\"d\":null}", "{\"c\": null, \"d\": null" TAIL);
    expect("{\"a\":{\"b\":null},\"d\":null}", "{\"c\": null, \"d\": null" TAIL);
    expect("{\"a\":{\"b\":5}}",
           "! in/a.ndjson:42 c: a part of the column's path is not an object "
           "{\"d\": null}\n");
    decode_rows_clear(&rows);
}

/* Several values, as in a list. Nothing that was decoded before matters. */
static void test_spelled_twice(void **state)
{
    (void)state;
    static const char *const several[] = {
        "{\"d\":2,\"a\":{\"b\":{\"c\":4}},\"a.b.c\":1}",
        "{\"d\":2,\"a.b.c\":4,\"a\":{\"b\":{\"c\":1}}}",
        "{\"d\":2,\"a.b\":{\"c\":4},\"a\":{\"b\":{\"c\":1}}}",
        "{\"d\":2,\"a\":{\"b\":{\"c\":4},\"\\u0062.c\":1}}",
        "{\"d\":2,\"a.b.c\":4,\"a\":[{},{\"b.c\":1}]}",
    };
    for (size_t i = 0; i < sizeof several / sizeof several[0]; i++) {
        begin();
        decode_rows_column(&rows, "c", "int64", "a.b.c");
        decode_rows_column(&rows, "d", "int32", NULL);
        open_rows();
        for (int round = 0; round < 3; round++) {
            expect(several[i],
                   "! in/a.ndjson:42 c: the document has several values under the path, spelled in "
                   "several ways; `array: first` would take the first one {\"d\": 2}\n");
            expect("{\"a\":{\"b\":{\"c\":1}},\"d\":2}", "{\"c\": 1, \"d\": 2" TAIL);
        }
        decode_rows_clear(&rows);
    }
}

static void test_prefix_paths(void **state)
{
    (void)state;
    begin();
    decode_rows_column(&rows, "whole", "json", "a");
    decode_rows_column(&rows, "b", "text", "a.b");
    decode_rows_column(&rows, "again", "text", "a.b");
    open_rows();
    expect("{\"a\":{\"b\": \"x\", \"c\":[1,2]}}",
           "{\"whole\": {\"b\": \"x\", \"c\":[1,2]}, \"b\": \"x\", \"again\": \"x\"" TAIL);
    expect("{\"a\":{}}", "{\"whole\": {}, \"b\": null, \"again\": null" TAIL);
    expect("{\"a.b\":\"y\"}", "{\"whole\": null, \"b\": \"y\", \"again\": \"y\"" TAIL);
    decode_rows_clear(&rows);
}

static void test_strings(void **state)
{
    (void)state;
    begin();
    decode_rows_column(&rows, "t", "text", NULL);
    open_rows();
    expect("{\"t\":\"\"}", "{\"t\": \"\"" TAIL);
    expect("{\"t\":\"a\\\"b\\\\\"}", "{\"t\": \"a\\\"b\\\\\"" TAIL);
    expect("{\"t\":\"\\ud83d\\ude00\\u00e9\"}", "{\"t\": \"\xF0\x9F\x98\x80\xC3\xA9\"" TAIL);
    expect("{\"t\":\"\xF0\x9F\x98\x80\"}", "{\"t\": \"\xF0\x9F\x98\x80\"" TAIL);
    expect("{\"t\":\"a}],{\\\"[\"}", "{\"t\": \"a}],{\\\"[\"" TAIL);
    expect("{\"t\":12.50}", "{\"t\": \"12.50\"" TAIL);
    expect("{\"t\":true}", "{\"t\": \"true\"" TAIL);
    expect(
        "{\"t\":\"\\u0000\"}",
        "! in/a.ndjson:42 t: `\"\\u0000\"` has the character U+0000, which PostgreSQL can't hold "
        "{}\n");
    expect("{\"t\":\"\\ud800\"}",
           "! in/a.ndjson:42 t: `\"\\ud800\"` has a lone surrogate, which is "
           "no character {}\n");
    expect("{\"t\":\"\\q\"}",
           "! in/a.ndjson:42 t: `\"\\q\"` has an escape that JSON does not know {}\n");
    expect("{\"t\":{\"a\":1}}", "! in/a.ndjson:42 t: the value is an object {}\n");
    decode_rows_clear(&rows);
}

static void test_numbers(void **state)
{
    (void)state;
    begin();
    decode_rows_column(&rows, "i", "int64", NULL);
    decode_rows_column(&rows, "f", "double", NULL);
    decode_rows_column(&rows, "x", "decimal(38,2)", NULL);
    open_rows();
    expect("{\"i\":9223372036854775807,\"f\":0.1,\"x\":123456789012345678901234567890123456.78}",
           "{\"i\": 9223372036854775807, \"f\": 0.1, "
           "\"x\": 123456789012345678901234567890123456.78" TAIL);
    expect("{\"i\" : -9223372036854775808 , \"f\" : 1e308 , \"x\" : -0.01 }",
           "{\"i\": -9223372036854775808, \"f\": 1e+308, \"x\": -0.01" TAIL);
    expect("{\"i\":\"12\",\"f\":\"1.5\",\"x\":\"1e3\"}",
           "{\"i\": 12, \"f\": 1.5, \"x\": 1000.00" TAIL);
    expect("{\"i\":9223372036854775808,\"f\":1,\"x\":1}",
           "! in/a.ndjson:42 i: `9223372036854775808` is beyond the range of int64 "
           "{\"f\": 1, \"x\": 1.00}\n");
    expect("{\"i\":1,\"f\":01,\"x\":1}",
           "! in/a.ndjson:42 f: `01` is not JSON {\"i\": 1, \"x\": 1.00}\n");
    expect("{\"i\":1,\"f\":1.,\"x\":-}", "! in/a.ndjson:42 f: `1.` is not JSON {\"i\": 1}\n");
    expect("{\"i\":nul,\"f\":1}",
           "! in/a.ndjson:42 i: `nul` is not JSON {\"f\": 1, \"x\": null}\n");
    expect("{\"i\":{},\"f\":[1],\"x\":false}", "! in/a.ndjson:42 i: the value is an object {}\n");
    decode_rows_clear(&rows);
}

static void test_arrays(void **state)
{
    (void)state;
    begin();
    decode_rows_column(&rows, "r", "text", "r");
    decode_rows_column(&rows, "f", "text", "f")->array = TIDE_ARRAY_FIRST;
    decode_rows_column(&rows, "j", "text", "j")->array = TIDE_ARRAY_JSON;
    decode_rows_column(&rows, "w", "json", "w");
    decode_rows_column(&rows, "below", "int64", "o.p")->array = TIDE_ARRAY_FIRST;
    open_rows();
    expect(
        "{\"r\":\"x\",\"f\":[\"a\",\"b\"],\"j\":[1, "
        "{\"a\":2}],\"w\":[],\"o\":[{\"p\":3},{\"p\":4}]}",
        "{\"r\": \"x\", \"f\": \"a\", \"j\": \"[1, {\\\"a\\\":2}]\", \"w\": [], \"below\": 3" TAIL);
    expect("{\"f\":[[[7]]],\"j\":\"z\",\"w\":{\"a\":[1]},\"o\":[[],{\"p\":4}]}",
           "{\"r\": null, \"f\": \"7\", \"j\": \"z\", \"w\": {\"a\":[1]}, \"below\": null" TAIL);
    expect("{\"f\":[],\"o\":{\"p\":[5,6]}}",
           "{\"r\": null, \"f\": null, \"j\": null, \"w\": null, \"below\": 5" TAIL);
    expect("{\"o\":[{\"p\":3}],\"r\":\"behind it\"}",
           "{\"r\": \"behind it\", \"f\": null, \"j\": null, \"w\": null, \"below\": 3" TAIL);
    expect("{\"f\":[null],\"o\":[null]}",
           "{\"r\": null, \"f\": null, \"j\": null, \"w\": null, \"below\": null" TAIL);
    expect("{\"r\":[\"only\"]}",
           "! in/a.ndjson:42 r: the value is an array; `array: first` would take its first element "
           "{\"f\": null, \"j\": null, \"w\": null, \"below\": null}\n");
    expect("{\"f\":[{\"a\":1}]}",
           "! in/a.ndjson:42 f: the array's first element is an object "
           "{\"r\": null, \"j\": null, \"w\": null, \"below\": null}\n");
    expect("{\"j\":[1,\"\\ud800\"]}",
           "! in/a.ndjson:42 j: `[1,\"\\ud800\"]` has a lone surrogate, which is no character "
           "{\"r\": null, \"f\": null, \"w\": null, \"below\": null}\n");
    expect("{\"j\":[1,2}}",
           "! in/a.ndjson:42 j: `[1,2}` is not JSON "
           "{\"r\": null, \"f\": null, \"w\": null, \"below\": null}\n");
    decode_rows_clear(&rows);

    begin();
    decode_rows_column(&rows, "b", "int64", "a.b");
    open_rows();
    expect("{\"a\":[{\"b\":1}]}",
           "! in/a.ndjson:42 b: the value is within an array; `array: first` would take its first "
           "element {}\n");
    decode_rows_clear(&rows);

    begin();
    decode_rows_column(&rows, "b", "int64", "a.b")->array = TIDE_ARRAY_JSON;
    assert_int_equal(decode_rows_open(&rows), TIDE_BAD_CONFIG);
    assert_non_null(strstr(rows.err.message, "column b"));
    decode_rows_clear(&rows);
}

static void test_defaults(void **state)
{
    (void)state;
    begin();
    tide_column_spec *spec = decode_rows_column(&rows, "n", "int64", NULL);
    spec->has_default = true;
    spec->default_value.as.integer = -1;
    decode_rows_column(&rows, "r", "text", NULL)->required = true;
    open_rows();
    expect("{\"r\":\"x\"}", "{\"n\": -1, \"r\": \"x\"" TAIL);
    expect("{\"n\":null,\"r\":\"x\"}", "{\"n\": -1, \"r\": \"x\"" TAIL);
    expect("{\"n\":3,\"r\":null}",
           "! in/a.ndjson:42 r: the value is missing or null, and the "
           "column is required {\"n\": 3}\n");
    decode_rows_clear(&rows);
}

static void test_broken_documents(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *says;
    } broken[] = {
        {"", "is empty"},
        {"  ", "is empty"},
        {"{", "cut"},
        {"}", "not a JSON object"},
        {"[]", "not a JSON object"},
        {"12", "not a JSON object"},
        {"null", "not a JSON object"},
        {"{\"a\":1", "cut"},
        {"{\"a\":1,", "cut"},
        {"{\"a\":", "cut"},
        {"{\"a\"", "cut"},
        {"{\"a\":1}}", "followed by other text"},
        {"{\"a\":1} {\"a\":2}", "followed by other text"},
        {"{\"a\":1},", "followed by other text"},
        {"{\"a\":1,}", "not JSON"},
        {"{\"a\" 1}", "not JSON"},
        {"{\"a\":1 \"b\":2}", "not JSON"},
        {"{\"b\":1 2}", "not JSON"},
        {"{\"b\":,\"a\":1}", "not JSON"},
        {"{\"b\":}", "not JSON"},
        {"{,\"b\":1}", "not JSON"},
        {"{b:1}", "not JSON"},
        {"{\"b\"x:1}", "not JSON"},
        {"{\"a\":\"x}", "stays open"},
        {"{\"a\":\"x\ty\"}", "control character"},
        {"{\"a\":\"\xC3\"}", "not UTF-8"},
        {"{\"a\":\"\xED\xA0\x80\"}", "not UTF-8"},
        {"{\"b\":[1,2}", "cut"},
        {"{\"b\":{\"c\":[}", "cut"},
    };
    begin();
    decode_rows_column(&rows, "a", "text", NULL);
    open_rows();
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
            const char *printed = decode_rows_one(&rows, broken[i].json);
            if (strstr(printed, "! in/a.ndjson:42 -: the document ") != printed ||
                strstr(printed, broken[i].says) == NULL) {
                fail_msg("`%s`: %s", broken[i].json, printed);
            }
        }
        expect("{\"a\":\"x\"}", "{\"a\": \"x\"" TAIL);
    }
    decode_rows_clear(&rows);
}

static void test_deep_documents(void **state)
{
    (void)state;
    size_t levels = 200000;
    begin();
    decode_rows_column(&rows, "a", "json", NULL);
    decode_rows_column(&rows, "b", "text", NULL);
    open_rows();
    tide_text text;
    tide_text_init(&text);
    tide_text_append(&text, "{\"x\":");
    for (size_t i = 0; i < levels; i++) {
        tide_text_append(&text, "[");
    }
    for (size_t i = 0; i < levels; i++) {
        tide_text_append(&text, "]");
    }
    tide_text_append(&text, ",\"b\":1}");
    expect(tide_text_c(&text), "{\"a\": null, \"b\": \"1\"" TAIL);
    text.data[2] = 'a';
    const char *printed = decode_rows_one(&rows, tide_text_c(&text));
    assert_non_null(strstr(printed,
                           "has more than 1000 objects and arrays within each other "
                           "{\"b\": \"1\"}"));
    text.data[text.size - 9] = ' ';
    printed = decode_rows_one(&rows, tide_text_c(&text));
    assert_non_null(strstr(printed, "was it cut?"));
    tide_text_clear(&text);
    decode_rows_clear(&rows);

    /* A path of many steps. */
    begin();
    tide_text path;
    tide_text_init(&path);
    for (int i = 0; i < TIDE_JSON_DEPTH_MAX; i++) {
        tide_text_append(&path, i == 0 ? "a" : ".a");
    }
    decode_rows_column(&rows, "p", "int32", tide_text_c(&path));
    open_rows();
    tide_text_init(&text);
    for (int i = 0; i < TIDE_JSON_DEPTH_MAX; i++) {
        tide_text_append(&text, "{\"a\":");
    }
    tide_text_append(&text, "5");
    for (int i = 0; i < TIDE_JSON_DEPTH_MAX; i++) {
        tide_text_append(&text, "}");
    }
    expect(tide_text_c(&text), "{\"p\": 5" TAIL);
    tide_text_clear(&text);
    decode_rows_clear(&rows);
    begin();
    tide_text_append(&path, ".a");
    decode_rows_column(&rows, "p", "int32", tide_text_c(&path));
    assert_int_equal(decode_rows_open(&rows), TIDE_BAD_CONFIG);
    decode_rows_clear(&rows);
    tide_text_clear(&path);
}

static void test_too_large(void **state)
{
    (void)state;
    size_t size = TIDE_DOCUMENT_BYTES_MAX + 1;
    char *text = calloc(1, size + TIDE_JSON_PADDING);
    tide_provenance from = {.source = 7, .name = TIDE_STR("in/a.ndjson"), .position = 42};
    begin();
    decode_rows_column(&rows, "a", "json", NULL);
    open_rows();
    assert_int_equal(tide_json_decode_document(rows.decoder, (tide_str){text, size}, &from,
                                               &rows.builder, &rows.rejects, &rows.err),
                     TIDE_OK);
    assert_string_equal(decode_rows_print(&rows),
                        "! in/a.ndjson:42 -: the document is larger than 64 MB {}\n");
    free(text);
    decode_rows_clear(&rows);
}

static void test_hits_in_files(void **state)
{
    (void)state;
    begin();
    decode_rows_column(&rows, "id", "text", NULL)->origin = TIDE_FROM_ID;
    decode_rows_column(&rows, "index", "text", NULL)->origin = TIDE_FROM_INDEX;
    decode_rows_column(&rows, "seq", "int64", NULL)->origin = TIDE_FROM_SEQ_NO;
    decode_rows_column(&rows, "version", "int32", NULL)->origin = TIDE_FROM_VERSION;
    decode_rows_column(&rows, "file", "text", NULL)->origin = TIDE_FROM_FILE;
    decode_rows_column(&rows, "at", "int64", NULL)->origin = TIDE_FROM_POSITION;
    decode_rows_column(&rows, "a", "int64", NULL);
    open_rows();
    expect(
        "{\"_index\":\"i\",\"_id\":\"x\\ty\",\"_seq_no\":5,\"_version\":2,\"_source\":{\"a\":1,"
        "\"_id\":\"no\"},\"a\":9}",
        "{\"id\": \"x\\ty\", \"index\": \"i\", \"seq\": 5, \"version\": 2, "
        "\"file\": \"in/a.ndjson\", \"at\": 42, \"a\": 1" TAIL);
    expect("{\"a\":9,\"_source\":{\"a\":1},\"_id\":\"x\"}",
           "{\"id\": \"x\", \"index\": null, \"seq\": null, \"version\": null, "
           "\"file\": \"in/a.ndjson\", \"at\": 42, \"a\": 1" TAIL);
    /* Without _id and _index, or without an object, _source is a key like others. */
    expect("{\"_source\":{\"a\":1},\"a\":9}",
           "{\"id\": null, \"index\": null, \"seq\": null, \"version\": null, "
           "\"file\": \"in/a.ndjson\", \"at\": 42, \"a\": 9" TAIL);
    expect("{\"_id\":\"x\",\"_source\":3,\"a\":9}",
           "{\"id\": \"x\", \"index\": null, \"seq\": null, \"version\": null, "
           "\"file\": \"in/a.ndjson\", \"at\": 42, \"a\": 9" TAIL);
    decode_rows_clear(&rows);
}

/* Documents whose keys come in any order, are missing, unknown or spelled otherwise, against what
 * was put in. */
static void test_random_orders(void **state)
{
    (void)state;
    enum { KEYS = 40 };
    unsigned seed = SEED;
    char names[KEYS][40];
    print_message("seed %u\n", seed);
    begin();
    for (int i = 0; i < KEYS; i++) {
        (void)snprintf(names[i], sizeof names[i],
                       i % 3 == 0   ? "k%d"
                       : i % 3 == 1 ? "obj.k%d"
                                    : "a_long_key_for_the_memcmp_%d",
                       i);
        if (i % 2 == 0) {
            decode_rows_column(&rows, names[i], "int64", NULL);
        }
    }
    open_rows();
    for (int round = 0; round < 3000; round++) {
        int64_t values[KEYS];
        tide_text json;
        tide_text_init(&json);
        tide_text_append(&json, "{\"first\":[{}]");
        int start = rand_r(&seed) % 8 == 0 ? rand_r(&seed) % KEYS : 0;
        for (int k = 0; k < KEYS; k++) {
            int i = (start + k) % KEYS;
            values[i] = rand_r(&seed) % 20 == 0 ? -1 : rand_r(&seed);
            if (values[i] < 0) {
                continue;
            }
            if (i % 3 == 1 && rand_r(&seed) % 2 == 0) {
                tide_text_append_format(&json, ",\"obj\":{\"k%d\":%d}", i, (int)values[i]);
            } else {
                tide_text_append_format(&json, ",\"%s\":%d", names[i], (int)values[i]);
            }
            if (rand_r(&seed) % 50 == 0) {
                tide_text_append_format(&json, ",\"extra%d\":\"]}\"", rand_r(&seed) % 9000);
            }
        }
        tide_text_append(&json, "}");
        assert_int_equal(decode_rows_document(&rows, (tide_str){json.data, json.size}, 1), TIDE_OK);
        tide_text_clear(&json);
        assert_int_equal(rows.builder.row_count, 1);
        for (size_t c = 0; c < rows.count; c++) {
            tide_column view;
            tide_column_builder_view(&rows.builder.columns[c], &view);
            int64_t expected = values[2 * c];
            assert_int_equal(tide_column_is_null(&view, 0), expected < 0);
            if (expected >= 0) {
                assert_int_equal(tide_column_int64(&view, 0), expected);
            }
        }
        tide_builder_reset(&rows.builder);
    }
    decode_rows_clear(&rows);
}

/* More keys than a dictionary learns. */
static void test_keys_that_are_data(void **state)
{
    (void)state;
    begin();
    decode_rows_column(&rows, "a", "int64", NULL);
    decode_rows_column(&rows, "late", "int64", "x.late");
    open_rows();
    for (int i = 0; i < 10000; i++) {
        char json[80];
        (void)snprintf(json, sizeof json, "{\"key%d\":1,\"a\":%d}", i, i);
        assert_int_equal(decode_rows_document(&rows, tide_str_of(json), i), TIDE_OK);
    }
    tide_column view;
    tide_column_builder_view(&rows.builder.columns[0], &view);
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(tide_column_int64(&view, i), i);
    }
    tide_builder_reset(&rows.builder);
    expect("{\"x.late\":3}", "{\"a\": null, \"late\": 3" TAIL);
    decode_rows_clear(&rows);
}

/* Damaged in one byte, cut anywhere: a row or a reject, never more, never a step beyond. */
static void test_damaged_documents(void **state)
{
    (void)state;
    static const char json[] =
        "{\"_index\":\"i\",\"_id\":\"x\",\"_source\":{\"a\":{\"b\":1.5,\"c\":\"t\\u00e9\\ud83d"
        "\\ude00\"},\"d\":[{\"e\":[1,2]}],\"f\":\"2024-03-31T12:34:56.789Z\",\"g\":true,"
        "\"a.c\":null,\"raw\":{\"x\":[{\"y\":-1e5}]}}}";
    unsigned seed = SEED;
    begin();
    decode_rows_column(&rows, "b", "double", "a.b");
    decode_rows_column(&rows, "c", "text", "a.c");
    decode_rows_column(&rows, "e", "int64", "d.e")->array = TIDE_ARRAY_FIRST;
    decode_rows_column(&rows, "f", "timestamp", NULL);
    decode_rows_column(&rows, "g", "bool", NULL);
    decode_rows_column(&rows, "raw", "json", NULL);
    decode_rows_column(&rows, "id", "text", NULL)->origin = TIDE_FROM_ID;
    open_rows();
    for (int round = 0; round < 100000; round++) {
        char copy[sizeof json];
        size_t size = sizeof json - 1;
        memcpy(copy, json, size);
        if (round < (int)size) {
            size = (size_t)round;
        } else {
            for (int i = rand_r(&seed) % 3; i >= 0; i--) {
                copy[(size_t)rand_r(&seed) % size] =
                    "{}[]:,\"\\ 0a\x80\n-.etfn"[rand_r(&seed) % 20];
            }
        }
        assert_int_equal(decode_rows_document(&rows, (tide_str){copy, size}, 1), TIDE_OK);
        assert_int_equal(rows.builder.row_count + (int64_t)rows.rejects.count, 1);
        tide_builder_reset(&rows.builder);
        tide_reject_list_reset(&rows.rejects);
    }
    decode_rows_clear(&rows);
}

static tide_code decode_once(void)
{
    TIDE_TRY(decode_rows_open(&rows));
    TIDE_TRY(decode_rows_document(
        &rows, TIDE_STR("{\"a\":\"x\\ty\",\"b\":12,\"\\u0063\":\"2024-03-31T12:34:56.789Z\"}"), 1));
    TIDE_TRY(decode_rows_document(&rows, TIDE_STR("{\"a\":\"x\",\"b\":\"no\"}"), 1));
    return decode_rows_document(&rows, TIDE_STR("{"), 1);
}

static void test_want_of_memory(void **state)
{
    (void)state;
    tide_code code;
    size_t n = 0;
    do {
        begin();
        decode_rows_column(&rows, "a", "text", NULL);
        decode_rows_column(&rows, "b", "int64", NULL);
        decode_rows_column(&rows, "c", "timestamp", NULL);
        (void)tide_memory_fail_nth(++n, 0);
        code = decode_once();
        (void)tide_memory_fail_nth(0, 0);
        assert_true(code == TIDE_OK || code == TIDE_OUT_OF_MEMORY);
        decode_rows_clear(&rows);
    } while (code != TIDE_OK);
    assert_true(n > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_spelled_twice),
        cmocka_unit_test(test_prefix_paths),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_broken_documents),
        cmocka_unit_test(test_deep_documents),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_hits_in_files),
        cmocka_unit_test(test_random_orders),
        cmocka_unit_test(test_keys_that_are_data),
        cmocka_unit_test(test_damaged_documents),
        cmocka_unit_test(test_want_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

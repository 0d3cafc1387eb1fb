/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/json_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/memory.h"

static tide_code parse(tide_arena *arena, const char *text, const tide_json_node **root)
{
    tide_error err;
    tide_error_clear(&err);
    *root = NULL;
    return tide_json_tree_parse(arena, tide_str_of(text), root, &err);
}

static void reads_values(void **state)
{
    (void)state;
    const tide_json_node *root;
    tide_arena arena;
    tide_arena_init(&arena);
    const char *text =
        " {\"a\" : [1, -2.5e3, \"x\\n\\u00e9\\ud83d\\ude00\\ud800\"], \"b\":{},\"c\":null,"
        "\"d\":true,\"e\":false,\"docs.count\":\"17\", \"n\": 42} ";
    assert_int_equal(parse(&arena, text, &root), TIDE_OK);
    const tide_json_node *a = tide_json_member(root, "a");
    assert_int_equal(a->kind, TIDE_JSON_ARRAY);
    assert_string_equal(tide_json_text(a->first_child), "1");
    assert_string_equal(tide_json_text(a->first_child->next), "-2.5e3");
    assert_string_equal(tide_json_text(a->first_child->next->next),
                        "x\n\xC3\xA9\xF0\x9F\x98\x80\xEF\xBF\xBD");
    assert_null(a->first_child->next->next->next);
    assert_true(tide_str_equal_c(a->raw, "[1, -2.5e3, \"x\\n\\u00e9\\ud83d\\ude00\\ud800\"]"));
    assert_int_equal(tide_json_member(root, "b")->kind, TIDE_JSON_OBJECT);
    assert_int_equal(tide_json_member(root, "c")->kind, TIDE_JSON_NULL);
    assert_int_equal(tide_json_member(root, "d")->kind, TIDE_JSON_TRUE);
    assert_int_equal(tide_json_member(root, "e")->kind, TIDE_JSON_FALSE);
    assert_int_equal(tide_json_uint(tide_json_member(root, "docs.count"), 0), 17);
    assert_int_equal(tide_json_uint(tide_json_member(root, "n"), 0), 42);
    assert_int_equal(tide_json_uint(tide_json_member(root, "c"), 7), 7);
    assert_null(tide_json_path(root, "b", "nothing", "below", TIDE_JSON_END));
    assert_null(tide_json_member(NULL, "x"));
    assert_null(tide_json_text(root));
    tide_arena_clear(&arena);
}

static void refuses_what_is_not_json(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",         " ",         "{",        "}",           "[1,",         "{\"a\"}",
        "{\"a\":}", "{a:1}",     "\"x",      "\"\\x\"",     "\"\\u12g4\"", "tru",
        "1 2",      "[1}",       "{,}",      "<html>",      "\"\\",        "\"a\x1F\"",
        "\"a\nb\"", "\"\xC3(\"", "\"\xFF\"", "{\"\x80\":1}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const tide_json_node *root;
        tide_arena arena;
        tide_arena_init(&arena);
        assert_int_equal(parse(&arena, texts[i], &root), TIDE_BAD_DATA);
        tide_arena_clear(&arena);
    }
}

static void bounds_depth(void **state)
{
    (void)state;
    enum { DEPTH = 100000 };
    char *text = malloc(2 * DEPTH + 1);
    memset(text, '[', DEPTH);
    memset(text + DEPTH, ']', DEPTH);
    text[2 * DEPTH] = '\0';
    const tide_json_node *root;
    tide_arena arena;
    tide_arena_init(&arena);
    assert_int_equal(parse(&arena, text, &root), TIDE_BAD_DATA);
    tide_arena_clear(&arena);
    free(text);
}

/* Every prefix of a document, and every document with one byte changed, ends one way or the
 * other. */
static void survives_damage(void **state)
{
    (void)state;
    static const char text[] =
        "{\"error\":{\"type\":\"x\\u00e9\",\"list\":[1,2,{\"a\":null}]},\"status\":404}";
    unsigned seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    for (size_t i = 0; i < sizeof text - 1; i++) {
        for (int j = 0; j < 50; j++) {
            char *copy = malloc(sizeof text);
            memcpy(copy, text, sizeof text);
            copy[i] = (char)(j == 0 ? '\0' : rand_r(&seed));
            tide_error err;
            const tide_json_node *root;
            tide_arena arena;
            tide_arena_init(&arena);
            tide_str s = {copy, j == 0 ? i : sizeof text - 1};
            tide_code code = tide_json_tree_parse(&arena, s, &root, &err);
            assert_true(code == TIDE_OK || code == TIDE_BAD_DATA);
            assert_true(j > 0 || code == TIDE_BAD_DATA);
            tide_arena_clear(&arena);
            free(copy);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_values),
        cmocka_unit_test(refuses_what_is_not_json),
        cmocka_unit_test(bounds_depth),
        cmocka_unit_test(survives_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

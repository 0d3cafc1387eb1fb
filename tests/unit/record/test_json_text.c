/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "record/json_text.h"

static const char *const good[] = {
    "null",
    "true",
    "false",
    "0",
    "-0",
    "12",
    "-1.5e+10",
    "1E5",
    "\"\"",
    "\"a\\n\\u00e9\"",
    "[]",
    "{}",
    " [ 1 , [ ] , { } ] ",
    "{\"a\":1,\"b\":[{\"c\":null}]}",
    "\"\\ud83d\\ude00\"",
    "[[[[[]]]]]",
    "\t\r\n1\t",
    "{\"\":\"\"}",
    "\"\xC3\xA9\"",
    "[true,false,null,\"x\",-1]",
};

static const char *const bad[] = {
    "",
    " ",
    "nul",
    "nulll",
    "True",
    "01",
    "-",
    "1.",
    ".5",
    "1e",
    "+1",
    "1e+",
    "0x1",
    "\"",
    "\"a",
    "\"\\x\"",
    "\"\\u12g4\"",
    "\"\\u123\"",
    "\"\\",
    "\"\n\"",
    "[",
    "]",
    "[1",
    "[1,",
    "[1,]",
    "[,]",
    "{",
    "}",
    "{\"a\"",
    "{\"a\":",
    "{\"a\":}",
    "{\"a\":1,}",
    "{a:1}",
    "{1:1}",
    "[1}",
    "{\"a\":1]",
    "1 2",
    "[] []",
    "\"a\"\"b\"",
    "[1 2]",
    "{\"a\" 1}",
    "{\"a\":1 \"b\":2}",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\ud800x\"",
    "\"\\ud800\\u0041\"",
    "\"\\udc00\"",
    "nan",
    "Infinity",
    "'a'",
};

/* Each in memory of its exact size, so that a sanitizer sees a step beyond. */
static const char *refusal_of(const char *text, size_t size)
{
    char *copy = malloc(size == 0 ? 1 : size);
    memcpy(copy, text, size);
    const char *refusal = tide_json_refusal((tide_str){copy, size});
    free(copy);
    return refusal;
}

static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        const char *refusal = refusal_of(good[i], strlen(good[i]));
        if (refusal != NULL) {
            fail_msg("`%s` %s", good[i], refusal);
        }
        /* What is cut is no value, unless it was a number or had blanks. */
        for (size_t size = 0; size < strlen(good[i]); size++) {
            if (strchr("[{\"tfn", good[i][0]) != NULL) {
                assert_non_null(refusal_of(good[i], size));
            }
        }
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (refusal_of(bad[i], strlen(bad[i])) == NULL) {
            fail_msg("`%s` was taken", bad[i]);
        }
    }
}

static void test_depth(void **state)
{
    (void)state;
    size_t size = 2 * TIDE_JSON_DEPTH_MAX;
    char *text = malloc(size + 2);
    memset(text, '[', TIDE_JSON_DEPTH_MAX);
    memset(text + TIDE_JSON_DEPTH_MAX, ']', TIDE_JSON_DEPTH_MAX);
    assert_null(tide_json_refusal((tide_str){text, size}));
    memset(text, '[', TIDE_JSON_DEPTH_MAX + 1);
    memset(text + TIDE_JSON_DEPTH_MAX + 1, ']', TIDE_JSON_DEPTH_MAX + 1);
    assert_string_equal(tide_json_refusal((tide_str){text, size + 2}),
                        "has more than 1000 objects and arrays within each other");
    free(text);
}

static void check_unescaped(const char *inside, const char *expected)
{
    tide_text out;
    tide_text_init(&out);
    tide_text_append(&out, "before ");
    assert_null(tide_json_unescape(tide_str_of(inside), &out));
    assert_string_equal(tide_text_c(&out) + 7, expected);
    assert_int_equal(out.size, 7 + strlen(expected));
    tide_text_clear(&out);
}

static void test_unescape(void **state)
{
    (void)state;
    check_unescaped("", "");
    check_unescaped("plain", "plain");
    check_unescaped("\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t");
    check_unescaped("a\\u0041b", "aAb");
    check_unescaped("\\u00e9\\u20ac\\uD83D\\uDE00", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
    check_unescaped("\\uffff\\u07ff\\u0800", "\xEF\xBF\xBF\xDF\xBF\xE0\xA0\x80");
}

static void test_unescape_refusals(void **state)
{
    (void)state;
    static const char *const insides[] = {"\\x",     "\\u12",          "\\u0000",   "\\ud800",
                                          "\\udfff", "\\ud800\\ud800", "\\ud800\\", "\\"};
    for (size_t i = 0; i < sizeof insides / sizeof insides[0]; i++) {
        tide_text out;
        tide_text_init(&out);
        assert_non_null(tide_json_unescape(tide_str_of(insides[i]), &out));
        tide_text_clear(&out);
    }
    tide_text out;
    tide_text_init(&out);
    (void)tide_memory_fail_nth(1, 0);
    assert_null(tide_json_unescape(TIDE_STR("a"), &out));
    (void)tide_memory_fail_nth(0, 0);
    assert_true(tide_text_failed(&out));
    tide_text_clear(&out);
}

static void test_numbers(void **state)
{
    (void)state;
    static const char *const numbers[] = {"0", "-0", "10", "1.5", "1e5", "1E-05", "-0.0e+0"};
    static const char *const others[] = {"",   "-",   "00", "01", "1.", ".1",
                                         "1e", "1e+", "+1", "1a", "1 "};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        assert_true(tide_json_is_number(tide_str_of(numbers[i])));
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(tide_json_is_number(tide_str_of(others[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),   cmocka_unit_test(test_depth),
        cmocka_unit_test(test_unescape), cmocka_unit_test(test_unescape_refusals),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

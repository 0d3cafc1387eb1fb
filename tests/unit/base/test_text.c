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
#include "base/text.h"

static void test_views(void **state)
{
    (void)state;
    assert_true(tide_str_equal(TIDE_STR("abc"), tide_str_of("abc")));
    assert_false(tide_str_equal(TIDE_STR("abc"), TIDE_STR("abd")));
    assert_false(tide_str_equal(TIDE_STR("abc"), TIDE_STR("ab")));
    assert_true(tide_str_equal((tide_str){NULL, 0}, TIDE_STR("")));
    assert_true(tide_str_equal_c(TIDE_STR("x"), "x"));
    assert_true(tide_str_starts_with(TIDE_STR("abc"), "ab"));
    assert_true(tide_str_starts_with(TIDE_STR("abc"), ""));
    assert_false(tide_str_starts_with(TIDE_STR("a"), "ab"));
    assert_true(tide_str_compare(TIDE_STR("a"), TIDE_STR("b")) < 0);
    assert_true(tide_str_compare(TIDE_STR("ab"), TIDE_STR("a")) > 0);
    assert_true(tide_str_compare(TIDE_STR("\xFF"), TIDE_STR("a")) > 0);
    assert_int_equal(tide_str_compare((tide_str){NULL, 0}, TIDE_STR("")), 0);
}

static void expect_lines(const char *text, const char *const *lines)
{
    tide_str line;
    while (tide_str_next_line(&text, &line)) {
        assert_non_null(*lines);
        assert_true(tide_str_equal_c(line, *lines));
        lines++;
    }
    assert_null(*lines);
    assert_false(tide_str_next_line(&text, &line)); /* and it stays so */
}

static void test_lines(void **state)
{
    (void)state;
    expect_lines("", (const char *const[]){NULL});
    expect_lines("a", (const char *const[]){"a", NULL});
    expect_lines("a\nbc\n", (const char *const[]){"a", "bc", NULL});
    expect_lines("\n\nx", (const char *const[]){"", "", "x", NULL});
}

static void test_appends(void **state)
{
    (void)state;
    tide_text text;
    tide_text_init(&text);
    assert_string_equal(tide_text_c(&text), "");
    tide_text_append(&text, "a");
    tide_text_append_char(&text, 'b');
    tide_text_append_str(&text, (tide_str){"cde", 2});
    tide_text_append_str(&text, (tide_str){NULL, 0});
    tide_text_append_format(&text, "-%03d-%s", 7, "xyz");
    assert_string_equal(tide_text_c(&text), "abcd-007-xyz");
    assert_int_equal(text.size, strlen(text.data));
    tide_text_reset(&text);
    assert_string_equal(tide_text_c(&text), "");
    for (int i = 0; i < 3000; i++) {
        tide_text_append_format(&text, "%d,", i);
    }
    assert_int_equal(text.size, 10 * 2 + 90 * 3 + 900 * 4 + 2000 * 5);
    char *taken = tide_text_take(&text);
    assert_int_equal(strlen(taken), 13890);
    assert_null(text.data);
    tide_free(taken);
    taken = tide_text_take(&text); /* of nothing: an empty string, owned */
    assert_string_equal(taken, "");
    tide_free(taken);
}

static void test_a_failed_text_stays_failed(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 4; n++) {
        tide_text text;
        tide_text_init(&text);
        (void)tide_memory_fail_nth(n, 0);
        for (int i = 0; i < 50; i++) {
            tide_text_append_format(&text, "%010d", i);
            tide_text_append_json_string(&text, TIDE_STR("a\nb"));
        }
        size_t made = tide_memory_fail_nth(0, 0);
        assert_true(made >= n);
        assert_true(tide_text_failed(&text));
        assert_int_equal(text.size, 0);
        assert_string_equal(tide_text_c(&text), "");
        assert_null(tide_text_take(&text));
        tide_text_reset(&text);
        tide_text_append(&text, "again");
        assert_string_equal(tide_text_c(&text), "again");
        tide_text_clear(&text);
    }
}

static void check_json(tide_str in, const char *expected)
{
    tide_text text;
    tide_text_init(&text);
    tide_text_append_json_string(&text, in);
    assert_string_equal(tide_text_c(&text), expected);
    tide_text_clear(&text);
}

static void test_json_strings(void **state)
{
    (void)state;
    check_json(TIDE_STR(""), "\"\"");
    check_json((tide_str){NULL, 0}, "\"\"");
    check_json(TIDE_STR("plain"), "\"plain\"");
    check_json(TIDE_STR("a\"b\\c\nd\re\tf\bg"), "\"a\\\"b\\\\c\\nd\\re\\tf\\u0008g\"");
    check_json((tide_str){"\0", 1}, "\"\\u0000\"");
    check_json(TIDE_STR("\xC5\xBC\xF0\x9F\x8C\x8A"), "\"\xC5\xBC\xF0\x9F\x8C\x8A\"");
    check_json(TIDE_STR("\x7F\xC2\x80\xC2\x85\xC2\x9F\xC2\xA0"),
               "\"\\u007f\\u0080\\u0085\\u009f\xC2\xA0\"");
    check_json(TIDE_STR("\xE2\x80\xA7\xE2\x80\xA8\xE2\x80\xA9\xEF\xBB\xBF\xEF\xBF\xBD\xEF\xBF\xBF"),
               "\"\xE2\x80\xA7\\u2028\\u2029\\ufeff\xEF\xBF\xBD\\uffff\"");
    check_json(TIDE_STR("a\xFF\xC5"), "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"");
    check_json(TIDE_STR("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

/* A decoder written the other way round: to code points, then by their ranges. */
static bool naive_utf8(const unsigned char *s, size_t size)
{
    size_t i = 0;
    while (i < size) {
        size_t length = s[i] < 0x80       ? 1
                        : s[i] >> 5 == 6  ? 2
                        : s[i] >> 4 == 14 ? 3
                        : s[i] >> 3 == 30 ? 4
                                          : 0;
        if (length == 0 || i + length > size) {
            return false;
        }
        uint32_t point = length == 1 ? s[i] : s[i] & (0xFFu >> (length + 1));
        for (size_t j = 1; j < length; j++) {
            if (s[i + j] >> 6 != 2) {
                return false;
            }
            point = point << 6 | (s[i + j] & 0x3Fu);
        }
        static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
        if (point < least[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) {
            return false;
        }
        i += length;
    }
    return true;
}

static void test_utf8_against_a_naive_decoder(void **state)
{
    (void)state;
    unsigned seed = 20261121;
    print_message("seed %u\n", seed);
    size_t valid = 0;
    for (int round = 0; round < 200000; round++) {
        unsigned char text[24];
        size_t size = 0;
        while (size < 18) {
            unsigned kind = (unsigned)rand_r(&seed) % 16;
            if (kind < 8) {
                text[size++] = (unsigned char)(rand_r(&seed) % 128);
            } else if (kind < 15) {
                static const char *const pieces[] = {
                    "\xC2\x80",     "\xDF\xBF",         "\xE0\xA0\x80",    "\xED\x9F\xBF",
                    "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"};
                size_t length = strlen(pieces[kind - 8]);
                memcpy(text + size, pieces[kind - 8], length);
                size += length;
            } else {
                text[size++] = (unsigned char)(rand_r(&seed) % 256);
            }
        }
        if (rand_r(&seed) % 2 == 0) {
            text[(size_t)rand_r(&seed) % size] = (unsigned char)(rand_r(&seed) % 256);
        }
        bool expected = naive_utf8(text, size);
        valid += expected;
        assert_int_equal(tide_utf8_valid((tide_str){(const char *)text, size}), expected);
    }
    assert_in_range(valid, 20000, 180000);
    assert_true(tide_utf8_valid((tide_str){NULL, 0}));
}

/* All sequences of two and three bytes, and of four that begin as such. */
static void test_utf8_exhaustively(void **state)
{
    (void)state;
    for (uint32_t value = 0; value < 0x1000000; value += 1) {
        unsigned char text[3] = {(unsigned char)(value >> 16), (unsigned char)(value >> 8),
                                 (unsigned char)value};
        if (text[0] < 0xC0 && (value & 0xFF) != 0) {
            continue; /* the rest is the two-byte case */
        }
        if (tide_utf8_valid((tide_str){(const char *)text, 3}) != naive_utf8(text, 3)) {
            fail_msg("%02x %02x %02x", text[0], text[1], text[2]);
        }
    }
    for (uint32_t value = 0; value < 0x1000000; value += 5) {
        unsigned char text[4] = {(unsigned char)(0xF0 | (value & 7)), (unsigned char)(value >> 16),
                                 (unsigned char)(value >> 8), (unsigned char)value};
        if (tide_utf8_valid((tide_str){(const char *)text, 4}) != naive_utf8(text, 4)) {
            fail_msg("%02x %02x %02x %02x", text[0], text[1], text[2], text[3]);
        }
    }
}

static void test_nearest(void **state)
{
    (void)state;
    static const char *const words[] = {"timestamp", "text", "double", "decimal", "date"};
    assert_string_equal(tide_text_nearest("timestmap", words, 5), "timestamp");
    assert_string_equal(tide_text_nearest("tetx", words, 5), "text");
    assert_string_equal(tide_text_nearest("duoble", words, 5), "double");
    assert_string_equal(tide_text_nearest("date", words, 5), "date");
    assert_null(tide_text_nearest("banana", words, 5));
    assert_null(tide_text_nearest("", words, 5));
    assert_null(tide_text_nearest("x", words, 0));
    char word[200];
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    assert_null(tide_text_nearest(word, words, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_appends),
        cmocka_unit_test(test_a_failed_text_stays_failed),
        cmocka_unit_test(test_json_strings),
        cmocka_unit_test(test_utf8_against_a_naive_decoder),
        cmocka_unit_test(test_utf8_exhaustively),
        cmocka_unit_test(test_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "file_fixture.h"

static fixture f;
static tide_text text, expected;

static int begin(void **state)
{
    (void)state;
    fixture_init(&f);
    fixture_column(&f, "n", "int64");
    fixture_pattern(&f, "a*");
    f.options.format = TIDE_FILE_NDJSON;
    tide_text_init(&text);
    tide_text_init(&expected);
    for (int i = 0; i < 300; i++) {
        tide_text_append_format(&expected, "{\"n\": %d, \"$source\": 0, \"$position\": %zu}\n", i,
                                text.size);
        tide_text_append_format(&text, "{\"n\": %d}\n", i);
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    fixture_clear(&f);
    tide_text_clear(&text);
    tide_text_clear(&expected);
    return 0;
}

static tide_str content(void)
{
    return (tide_str){text.data, text.size};
}

/* In one member or many (cut within lines, too), told by content: no suffix says it. */
static void test_members(void **state)
{
    (void)state;
    static const size_t parts[] = {1, 7, 100, 1000, 100000};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        for (size_t buffer = 1; buffer < 5000; buffer = buffer * 17 + 3) {
            f.options.buffer_bytes = buffer;
            f.options.split_bytes = 10; /* not for compressed files */
            fixture_write_gzip(&f, "a.ndjson", content(), parts[i]);
            fixture_expect(&f, tide_text_c(&expected), "");
            fixture_write_zstd(&f, "a.ndjson", content(), parts[i]);
            fixture_expect(&f, tide_text_c(&expected), "");
        }
    }
}

static void test_suffixes(void **state)
{
    (void)state;
    f.options.format = TIDE_FILE_BY_SUFFIX;
    fixture_write_gzip(&f, "a.ndjson.gz", content(), 1000);
    fixture_expect(&f, tide_text_c(&expected), "");
    fixture_write(&f, "a.ndjson.gz", content());
    assert_int_equal(fixture_run(&f), TIDE_BAD_DATA);
    assert_non_null(strstr(f.err.message, "a.ndjson.gz is named as a gzip file"));
}

static void test_empty_content(void **state)
{
    (void)state;
    fixture_write_gzip(&f, "a.gz", TIDE_STR(""), 1);
    fixture_expect(&f, "", "");
    fixture_write_zstd(&f, "a.gz", TIDE_STR(""), 1);
    fixture_expect(&f, "", "");
}

/* Cut at any byte: an error that names the file, but between two members, where nothing tells. */
static void check_cuts(const char *name, const char *suffix, size_t boundaries_max)
{
    size_t size;
    size_t boundaries = 0;
    char *whole = fixture_read(&f, name, &size);
    for (size_t cut = 0; cut < size; cut++) {
        fixture_write(&f, name, (tide_str){whole, cut});
        f.options.buffer_bytes = cut % 3 == 0 ? 0 : cut;
        tide_code code = fixture_run(&f);
        if (code == TIDE_OK) {
            boundaries++;
        } else {
            assert_int_equal(code, TIDE_BAD_DATA);
            assert_non_null(strstr(f.err.message, suffix));
        }
    }
    assert_int_equal(boundaries, boundaries_max);
    fixture_write(&f, name, (tide_str){whole, size});
    fixture_expect(&f, tide_text_c(&expected), "");
    free(whole);
}

static void test_cut_files(void **state)
{
    (void)state;
    fixture_write_gzip(&f, "a.ndjson.gz", content(), 100000);
    check_cuts("a.ndjson.gz", "a.ndjson.gz", 0);
}

static void test_cut_zstd_files(void **state)
{
    (void)state;
    fixture_write_zstd(&f, "a.ndjson.zst", content(), 100000);
    check_cuts("a.ndjson.zst", "a.ndjson.zst", 0);
}

static void test_cut_between_members(void **state)
{
    (void)state;
    fixture_write_gzip(&f, "a.gz", content(), 1500);
    check_cuts("a.gz", "a.gz", (text.size - 1) / 1500);
    fixture_write_zstd(&f, "a.gz", content(), 1500);
    check_cuts("a.gz", "a.gz", (text.size - 1) / 1500);
}

static void test_damage(void **state)
{
    (void)state;
    for (int zstd = 0; zstd < 2; zstd++) {
        size_t size;
        (zstd ? fixture_write_zstd : fixture_write_gzip)(&f, "a.x", content(), 100000);
        char *whole = fixture_read(&f, "a.x", &size);
        char *longer = malloc(size + 4);
        memcpy(longer, whole, size);
        memcpy(longer + size, "abcd", 4);
        fixture_write(&f, "a.x", (tide_str){longer, size + 4});
        assert_int_equal(fixture_run(&f), TIDE_BAD_DATA);
        assert_non_null(strstr(f.err.message, "a.x: the "));
        assert_non_null(strstr(f.err.message, "data is damaged"));
        whole[size / 2] = (char)(whole[size / 2] ^ 0x55);
        fixture_write(&f, "a.x", (tide_str){whole, size});
        assert_true(fixture_run(&f) == TIDE_BAD_DATA || zstd); /* zstd has no checksum by default */
        free(whole);
        free(longer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_members, begin, end),
        cmocka_unit_test_setup_teardown(test_suffixes, begin, end),
        cmocka_unit_test_setup_teardown(test_empty_content, begin, end),
        cmocka_unit_test_setup_teardown(test_cut_files, begin, end),
        cmocka_unit_test_setup_teardown(test_cut_zstd_files, begin, end),
        cmocka_unit_test_setup_teardown(test_cut_between_members, begin, end),
        cmocka_unit_test_setup_teardown(test_damage, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

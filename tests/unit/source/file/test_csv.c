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

#define SEED 20240331u

static fixture f;

static int begin(void **state)
{
    (void)state;
    fixture_init(&f);
    fixture_pattern(&f, "a.csv");
    return 0;
}

static int end(void **state)
{
    (void)state;
    fixture_clear(&f);
    return 0;
}

static void two_columns(void)
{
    fixture_column(&f, "t", "text");
    fixture_column(&f, "n", "int64");
}

static void check(const char *content, const char *rows, const char *rejects)
{
    fixture_write(&f, "a.csv", tide_str_of(content));
    for (size_t buffer = 1; buffer < 200; buffer = buffer * 2 + 1) {
        f.options.buffer_bytes = buffer;
        fixture_expect(&f, rows, rejects);
    }
}

static void test_records(void **state)
{
    (void)state;
    two_columns();
    check("x,n,t\n1,2,a\n3,4,b",
          "{\"t\": \"a\", \"n\": 2, \"$source\": 0, \"$position\": 6}\n"
          "{\"t\": \"b\", \"n\": 4, \"$source\": 0, \"$position\": 12}\n",
          "");
    check("\xEF\xBB\xBFt,n\r\n\r\n\"a,\"\"b\"\"\r\nc\",1\r\n\n\"\",\r\n,\"\"\r\n",
          "{\"t\": \"a,\\\"b\\\"\\r\\nc\", \"n\": 1, \"$source\": 0, \"$position\": 10}\n"
          "{\"t\": \"\", \"n\": null, \"$source\": 0, \"$position\": 27}\n"
          "{\"t\": null, \"n\": null, \"$source\": 0, \"$position\": 32}\n",
          "");
    check("t,n\na\"b,\"1\"\nc\r,2\r\n",
          "{\"t\": \"a\\\"b\", \"n\": 1, \"$source\": 0, \"$position\": 4}\n"
          "{\"t\": \"c\\r\", \"n\": 2, \"$source\": 0, \"$position\": 12}\n",
          "");
    check("t,n\n", "", "");
    check("t,n", "", "");
    check("\"t\",\"n\"\n\"a\",1\r", "{\"t\": \"a\", \"n\": 1, \"$source\": 0, \"$position\": 8}\n",
          "");
}

static void test_delimiter(void **state)
{
    (void)state;
    two_columns();
    f.options.delimiter = ';';
    check("t;n\na,b;1\n", "{\"t\": \"a,b\", \"n\": 1, \"$source\": 0, \"$position\": 4}\n", "");
    static const char bad[] = {'"', '\n', '\r', '\xE9'};
    for (size_t i = 0; i < sizeof bad; i++) {
        f.options.delimiter = bad[i];
        assert_int_equal(fixture_run(&f), TIDE_BAD_CONFIG);
    }
}

static void test_rejects(void **state)
{
    (void)state;
    two_columns();
    fixture_column(&f, "u", "text");
    check(
        "t,n,u\n"
        "a,1\n"
        "a,1,2,3\n"
        "a,x,b\n"
        "\"a\"b,1,c\n"
        "\xFF,1,d\n"
        "a,1,ok\n"
        "\"open,1,e\n",
        "{\"t\": \"a\", \"n\": 1, \"u\": \"ok\", \"$source\": 0, \"$position\": 39}\n",
        "a.csv:6 -: the record has 2 fields, and the header has 3 {}\n"
        "a.csv:10 -: the record has 4 fields, and the header has 3 {}\n"
        "a.csv:18 n: `x` is not of type int64 {\"t\": \"a\", \"u\": \"b\"}\n"
        "a.csv:24 -: the record has text behind a closing quote {}\n"
        "a.csv:33 -: the record is not UTF-8 {}\n"
        "a.csv:46 -: the record has a quote that stays open until the end of the file {}\n");
}

static void test_values(void **state)
{
    (void)state;
    fixture_column(&f, "file", "text")->origin = TIDE_FROM_FILE;
    fixture_column(&f, "at", "int64")->origin = TIDE_FROM_POSITION;
    fixture_column(&f, "b", "bool");
    tide_column_spec *spec = fixture_column(&f, "d", "decimal(10,2)");
    spec->has_default = true;
    spec->default_value.as.decimal = 150;
    fixture_column(&f, "r", "uuid")->required = true;
    check("d,b,r\n1.25,,123e4567-e89b-12d3-a456-426614174000\n,true,\n",
          "{\"file\": \"a.csv\", \"at\": 6, \"b\": null, \"d\": 1.25, "
          "\"r\": \"123e4567-e89b-12d3-a456-426614174000\", \"$source\": 0, \"$position\": 6}\n",
          "a.csv:49 r: the value is missing or null, and the column is required "
          "{\"file\": \"a.csv\", \"at\": 49, \"b\": true, \"d\": 1.50}\n");
}

static void check_failure(const char *content, tide_code code, const char *says)
{
    fixture_write(&f, "a.csv", tide_str_of(content));
    assert_int_equal(fixture_run(&f), code);
    assert_non_null(strstr(f.err.message, "a.csv"));
    if (strstr(f.err.message, says) == NULL) {
        fail_msg("%s", f.err.message);
    }
}

static void test_headers(void **state)
{
    (void)state;
    two_columns();
    check_failure("text,m\n", TIDE_BAD_DATA, "no column `t`");
    check_failure("t,N\n", TIDE_BAD_DATA, "no column `n`");
    check_failure("", TIDE_BAD_DATA, "is empty");
    check_failure("\n\n", TIDE_BAD_DATA, "is empty");
    check_failure("t,n,t\n", TIDE_BAD_DATA, "`t` 2 times");
    check_failure("t,\"n\n", TIDE_BAD_DATA, "the header of a.csv has a quote");
    f.options.allow_empty = true;
    check("", "", "");
    f.column_count = 0;
    fixture_column(&f, "customer_id", "text");
    check_failure("customer_uid,x\n", TIDE_BAD_DATA, "did you mean `customer_uid`?");
    f.column_count = 0;
    fixture_column(&f, "id", "text")->origin = TIDE_FROM_ID;
    check_failure("id\n", TIDE_BAD_CONFIG, "column id");
}

static void test_too_large_records(void **state)
{
    (void)state;
    two_columns();
    tide_text text;
    tide_text_init(&text);
    tide_text_append(&text, "t,n\na,1\n\"");
    for (int i = 0; i < 20000; i++) {
        tide_text_append(&text, "a line, and \"\"another\"\"\n");
    }
    tide_text_append(&text, "\",2\nb,3\n");
    fixture_write(&f, "a.csv", (tide_str){text.data, text.size});
    f.options.record_bytes_max = 100;
    f.options.buffer_bytes = 64;
    fixture_expect(&f,
                   "{\"t\": \"a\", \"n\": 1, \"$source\": 0, \"$position\": 4}\n"
                   "{\"t\": \"b\", \"n\": 3, \"$source\": 0, \"$position\": 480013}\n",
                   "a.csv:8 -: the record is larger than a record may be {}\n");
    assert_true(tide_budget_peak(&f.budget) < 4096);
    tide_text_clear(&text);
}

/* Random cells, written in any permitted way; expected from the cells. */
static void append_cell(tide_text *out, tide_str cell, bool in_quotes)
{
    if (!in_quotes) {
        tide_text_append_str(out, cell);
        return;
    }
    tide_text_append_char(out, '"');
    for (size_t i = 0; i < cell.size; i++) {
        tide_text_append_char(out, cell.data[i]);
        if (cell.data[i] == '"') {
            tide_text_append_char(out, '"');
        }
    }
    tide_text_append_char(out, '"');
}

static void test_random_cells(void **state)
{
    (void)state;
    static const char letters[] = "ab\"\",\n\r;\t \xC3\xA9";
    unsigned seed = SEED;
    print_message("seed %u\n", seed);
    fixture_column(&f, "c1", "text");
    fixture_column(&f, "c2", "text");
    for (int round = 0; round < 200; round++) {
        tide_text text, expected;
        tide_text_init(&text);
        tide_text_init(&expected);
        tide_text_append(&text, "c1,c2\n");
        for (int row = rand_r(&seed) % 20; row > 0; row--) {
            size_t position = text.size;
            tide_text_append_char(&expected, '{');
            for (int column = 1; column <= 2; column++) {
                char cell[24];
                size_t size = 0;
                for (int i = rand_r(&seed) % 8; i > 0; i--) {
                    int letter = rand_r(&seed) % 11;
                    cell[size++] = letters[letter];
                    if (letter == 10) {
                        cell[size++] = letters[11];
                    }
                }
                tide_str s = {cell, size};
                bool plain = rand_r(&seed) % 2 == 0 && (size == 0 || cell[0] != '"') &&
                             (size == 0 || cell[size - 1] != '\r') &&
                             memchr(cell, ',', size) == NULL && memchr(cell, '\n', size) == NULL &&
                             !(size == 0 && column == 1);
                append_cell(&text, s, !plain);
                tide_text_append(&text, column == 1 ? "," : rand_r(&seed) % 2 ? "\n" : "\r\n");
                tide_text_append_format(&expected, "\"c%d\": ", column);
                if (plain && size == 0) {
                    tide_text_append(&expected, "null");
                } else {
                    tide_text_append_json_string(&expected, s);
                }
                tide_text_append(&expected, ", ");
            }
            tide_text_append_format(&expected, "\"$source\": 0, \"$position\": %zu}\n", position);
        }
        fixture_write(&f, "a.csv", (tide_str){text.data, text.size});
        f.options.buffer_bytes = 1 + (size_t)rand_r(&seed) % 200;
        fixture_expect(&f, tide_text_c(&expected), "");
        tide_text_clear(&text);
        tide_text_clear(&expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_records, begin, end),
        cmocka_unit_test_setup_teardown(test_delimiter, begin, end),
        cmocka_unit_test_setup_teardown(test_rejects, begin, end),
        cmocka_unit_test_setup_teardown(test_values, begin, end),
        cmocka_unit_test_setup_teardown(test_headers, begin, end),
        cmocka_unit_test_setup_teardown(test_too_large_records, begin, end),
        cmocka_unit_test_setup_teardown(test_random_cells, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

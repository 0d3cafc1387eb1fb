/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "record/cell_parser.h"

typedef enum token_kind { TEXT, NUMBER, BOOL } token_kind;

typedef struct example {
    const char *type;
    token_kind kind;
    const char *text;
    const char *cell; /* as printed in JSON; NULL = refused */
    const char *reason;
} example;

#define DIGITS_38 "12345678901234567890123456789012345678"

static const example examples[] = {
    {"bool", TEXT, "true", "true", NULL},
    {"bool", TEXT, "False", "false", NULL},
    {"bool", TEXT, "t", "true", NULL},
    {"bool", TEXT, "", "false", NULL},
    {"bool", TEXT, "yes", NULL, "`yes` is not of type bool"},
    {"bool", NUMBER, "1", NULL, "`1` is not of type bool"},
    {"bool", BOOL, "true", "true", NULL},
    {"int32", TEXT, "2147483647", "2147483647", NULL},
    {"int32", NUMBER, "-2147483648", "-2147483648", NULL},
    {"int32", NUMBER, "2147483648", NULL, "`2147483648` is beyond the range of int32"},
    {"int32", NUMBER, "-2147483649", NULL, "`-2147483649` is beyond the range of int32"},
    {"int64", NUMBER, "9223372036854775807", "9223372036854775807", NULL},
    {"int64", NUMBER, "-9223372036854775808", "-9223372036854775808", NULL},
    {"int64", NUMBER, "9223372036854775808", NULL,
     "`9223372036854775808` is beyond the range of int64"},
    {"int64", NUMBER, "12.0", "12", NULL},
    {"int64", NUMBER, "1.2e1", "12", NULL},
    {"int64", NUMBER, "12.5", NULL, "`12.5` has more digits after the point than int64 holds"},
    {"int64", TEXT, "12", "12", NULL},
    {"int64", TEXT, "", "null", NULL},
    {"int64", TEXT, "12a", NULL, "`12a` is not of type int64"},
    {"int64", TEXT, " 12", NULL, "` 12` is not of type int64"},
    {"int64", BOOL, "true", NULL, "`true` is not of type int64"},
    {"double", NUMBER, "0.1", "0.1", NULL},
    {"double", NUMBER, "-0", "-0", NULL},
    {"double", NUMBER, "1e400", NULL, "`1e400` is beyond the range of double"},
    {"double", TEXT, "1.5", "1.5", NULL},
    {"double", TEXT, "NaN", "\"NaN\"", NULL},
    {"double", TEXT, "", "null", NULL},
    {"double", TEXT, "1,5", NULL, "`1,5` is not of type double"},
    {"decimal(38,0)", NUMBER, DIGITS_38, DIGITS_38, NULL},
    {"decimal(38,0)", NUMBER, DIGITS_38 "9", NULL,
     "`" DIGITS_38 "9` is beyond the range of decimal(38,0)"},
    {"decimal(12,2)", NUMBER, "0.1", "0.10", NULL},
    {"decimal(12,2)", TEXT, "-12.340", "-12.34", NULL},
    {"decimal(12,2)", TEXT, "", "null", NULL},
    {"decimal(12,2)", NUMBER, "0.125", NULL,
     "`0.125` has more digits after the point than decimal(12,2) holds"},
    {"decimal(38,20)", NUMBER, "0.10000000000000000001", "0.10000000000000000001", NULL},
    {"text", TEXT, "", "\"\"", NULL},
    {"text", TEXT, "a\"b", "\"a\\\"b\"", NULL},
    {"text", NUMBER, "1.50", "\"1.50\"", NULL},
    {"text", BOOL, "false", "\"false\"", NULL},
    {"bytes", TEXT, "aGVsbG8=", "\"aGVsbG8=\"", NULL},
    {"bytes", TEXT, "aGVsbG8", "\"aGVsbG8=\"", NULL},
    {"bytes", TEXT, "", "\"\"", NULL},
    {"bytes", TEXT, "aGVs\r\nbG8=\n", "\"aGVsbG8=\"", NULL},
    {"bytes", TEXT, " aG Vs bG8 ", "\"aGVsbG8=\"", NULL},
    {"bytes", TEXT, "aGVsbG8=x", NULL, "`aGVsbG8=x` is not base64"},
    {"bytes", TEXT, "a===", NULL, "`a===` is not base64"},
    {"bytes", TEXT, "====", NULL, "`====` is not base64"},
    {"bytes", TEXT, "aGVsbG8==", NULL, "`aGVsbG8==` is not base64"},
    {"bytes", TEXT, "a", NULL, "`a` is not base64"},
    {"bytes", TEXT, "aB", "\"aA==\"", NULL},
    {"bytes", TEXT, "a-_b", NULL, "`a-_b` is not base64"},
    {"bytes", NUMBER, "12", NULL, "`12` is not of type bytes"},
    {"date", TEXT, "2024-03-31", "\"2024-03-31\"", NULL},
    {"date", TEXT, "2024-03-32", NULL,
     "`2024-03-32` is no date or time of the years -9999 to 9999"},
    {"date", TEXT, "2024-03-31T10:00:00Z", NULL,
     "`2024-03-31T10:00:00Z` has a time of day; `truncate: true` would cut it"},
    {"date", BOOL, "true", NULL, "`true` is not of type date"},
    {"timestamp", TEXT, "2024-03-31T22:00:00Z", "\"2024-03-31T22:00:00Z\"", NULL},
    {"timestamp", NUMBER, "1000", "\"1970-01-01T00:00:01Z\"", NULL},
    {"timestamp", TEXT, "2024-03-31T22:00:00", NULL,
     "`2024-03-31T22:00:00` has no offset from UTC; set the column's `zone`"},
    {"timestamp", TEXT, "31.03.2024", NULL,
     "`31.03.2024` is not a timestamp in the format ISO 8601 or epoch_millis"},
    {"uuid", TEXT, "123e4567-e89b-12d3-a456-426614174000",
     "\"123e4567-e89b-12d3-a456-426614174000\"", NULL},
    {"uuid", TEXT, "123E4567E89B12D3A456426614174000", "\"123e4567-e89b-12d3-a456-426614174000\"",
     NULL},
    {"uuid", TEXT, "123e4567-e89b-12d3-a456-42661417400", NULL,
     "`123e4567-e89b-12d3-a456-42661417400` is not of type uuid"},
    {"uuid", TEXT, "123e4567+e89b-12d3-a456-426614174000", NULL,
     "`123e4567+e89b-12d3-a456-426614174000` is not of type uuid"},
    {"uuid", TEXT, "g23e4567-e89b-12d3-a456-426614174000", NULL,
     "`g23e4567-e89b-12d3-a456-426614174000` is not of type uuid"},
    {"json", TEXT, "{\"a\": [1]}", "{\"a\": [1]}", NULL},
    {"json", TEXT, "{\"a\": [1}", NULL, "`{\"a\": [1}` is not JSON"},
    {"json", NUMBER, "1.50", "1.50", NULL},
};

static tide_error err;
static tide_column_builder column;

static tide_code parse(tide_cell_parser *parser, token_kind kind, tide_str text,
                       const char **reason)
{
    switch (kind) {
        case NUMBER:
            return tide_cell_parse_number(parser, text, &column, reason, &err);
        case BOOL:
            return tide_cell_parse_bool(parser, text.data[0] == 't', &column, reason, &err);
        case TEXT:
            break;
    }
    return tide_cell_parse(parser, text, &column, reason, &err);
}

static void check_printed(const char *expected)
{
    tide_column view;
    tide_text printed;
    tide_text_init(&printed);
    tide_column_builder_view(&column, &view);
    tide_column_print_json(&view, 0, &printed);
    assert_string_equal(tide_text_c(&printed), expected);
    tide_text_clear(&printed);
}

static void check_example(const example *e)
{
    tide_column_spec spec = {.name = "c"};
    tide_cell_parser *parser;
    const char *reason = "not set";
    size_t size = strlen(e->text);
    char *copy = malloc(size + 1); /* exact, for a sanitizer: no terminator */
    copy = realloc(copy, size == 0 ? 1 : size);
    memcpy(copy, e->text, size);
    assert_int_equal(tide_type_parse(tide_str_of(e->type), &spec.type, &err), TIDE_OK);
    assert_int_equal(tide_cell_parser_create(&spec, &parser, &err), TIDE_OK);
    tide_column_builder_init(&column, spec.type);
    assert_int_equal(parse(parser, e->kind, (tide_str){copy, size}, &reason), TIDE_OK);
    if (e->cell != NULL) {
        if (reason != NULL) {
            fail_msg("%s: %s", e->type, reason);
        }
        assert_int_equal(column.row_count, 1);
        check_printed(e->cell);
    } else {
        assert_int_equal(column.row_count, 0);
        assert_non_null(reason);
        assert_string_equal(reason, e->reason);
    }
    tide_column_builder_clear(&column);
    tide_cell_parser_destroy(parser);
    free(copy);
}

static void test_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        check_example(&examples[i]);
    }
}

static void test_missing(void **state)
{
    (void)state;
    tide_column_spec spec = {.name = "c", .type = {TIDE_INT64, 0, 0}};
    tide_cell_parser *parser;
    const char *reason;
    tide_column_builder_init(&column, spec.type);
    assert_int_equal(tide_cell_parser_create(&spec, &parser, &err), TIDE_OK);
    assert_int_equal(tide_cell_append_missing(parser, &column, &reason, &err), TIDE_OK);
    assert_null(reason);
    check_printed("null");
    spec.required = true;
    assert_int_equal(tide_cell_append_missing(parser, &column, &reason, &err), TIDE_OK);
    assert_non_null(strstr(reason, "required"));
    assert_int_equal(column.row_count, 1);
    spec.has_default = true;
    spec.default_value.as.integer = 5;
    tide_column_builder_reset(&column);
    assert_int_equal(tide_cell_append_missing(parser, &column, &reason, &err), TIDE_OK);
    assert_null(reason);
    check_printed("5");
    /* An empty text is no number, so the default again. */
    tide_column_builder_reset(&column);
    assert_int_equal(tide_cell_parse(parser, TIDE_STR(""), &column, &reason, &err), TIDE_OK);
    check_printed("5");
    tide_cell_parser_destroy(parser);
    tide_column_builder_clear(&column);
}

static void test_nul_in_text(void **state)
{
    (void)state;
    tide_column_spec spec = {.name = "c", .type = {TIDE_TEXT, 0, 0}};
    tide_cell_parser *parser;
    const char *reason;
    tide_column_builder_init(&column, spec.type);
    assert_int_equal(tide_cell_parser_create(&spec, &parser, &err), TIDE_OK);
    assert_int_equal(tide_cell_parse(parser, (tide_str){"a\0b", 3}, &column, &reason, &err),
                     TIDE_OK);
    assert_non_null(strstr(reason, "U+0000"));
    assert_int_equal(column.row_count, 0);
    tide_cell_parser_destroy(parser);
    tide_column_builder_clear(&column);
}

/* A long value is cut between characters. */
static void test_long_reason(void **state)
{
    (void)state;
    tide_column_spec spec = {.name = "c", .type = {TIDE_UUID, 0, 0}};
    tide_cell_parser *parser;
    const char *reason;
    tide_text text;
    tide_text_init(&text);
    tide_text_append(&text, "x");
    for (int i = 0; i < 500; i++) {
        tide_text_append(&text, "\xE2\x82\xAC");
    }
    tide_column_builder_init(&column, spec.type);
    assert_int_equal(tide_cell_parser_create(&spec, &parser, &err), TIDE_OK);
    assert_int_equal(
        tide_cell_parse(parser, (tide_str){text.data, text.size}, &column, &reason, &err), TIDE_OK);
    assert_true(tide_utf8_valid(tide_str_of(reason)));
    assert_non_null(strstr(reason, "...` is not of type uuid"));
    tide_cell_parser_destroy(parser);
    tide_column_builder_clear(&column);
    tide_text_clear(&text);
}

static void test_want_of_memory(void **state)
{
    (void)state;
    static const char *const types[] = {"bytes", "timestamp", "text", "decimal(10,2)"};
    static const char *const texts[] = {"aGVsbG8=", "2024-03-31T22:00:00Z", "hello", "1.5"};
    for (size_t i = 0; i < 4; i++) {
        tide_column_spec spec = {.name = "c"};
        assert_int_equal(tide_type_parse(tide_str_of(types[i]), &spec.type, &err), TIDE_OK);
        tide_code code;
        size_t n = 0;
        do {
            tide_cell_parser *parser = NULL;
            const char *reason;
            tide_column_builder_init(&column, spec.type);
            (void)tide_memory_fail_nth(++n, 0);
            code = tide_cell_parser_create(&spec, &parser, &err);
            if (code == TIDE_OK) {
                code = tide_cell_parse(parser, tide_str_of(texts[i]), &column, &reason, &err);
            }
            (void)tide_memory_fail_nth(0, 0);
            assert_true(code == TIDE_OK || code == TIDE_OUT_OF_MEMORY);
            tide_cell_parser_destroy(parser);
            tide_column_builder_clear(&column);
        } while (code != TIDE_OK);
        assert_true(n > 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),       cmocka_unit_test(test_missing),
        cmocka_unit_test(test_nul_in_text),    cmocka_unit_test(test_long_reason),
        cmocka_unit_test(test_want_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

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
#include "record/cell_parser.h"

#define REPEAT_MAX 256

/* RFC 4231, section 4. A key or message is a text, or a byte repeated. */
static const struct vector {
    const char *key;
    uint8_t key_byte;
    size_t key_size;
    const char *message;
    uint8_t message_byte;
    size_t message_size;
    const char *hash; /* case 5: its first 128 bits */
} vectors[] = {
    {NULL, 0x0b, 20, "Hi There", 0, 0,
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"Jefe", 0, 0, "what do ya want for nothing?", 0, 0,
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {NULL, 0xaa, 20, NULL, 0xdd, 50,
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16"
     "\x17\x18\x19",
     0, 0, NULL, 0xcd, 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {NULL, 0x0c, 20, "Test With Truncation", 0, 0, "a3b6167473100ee06e0c796c2955552b"},
    {NULL, 0xaa, 131, "Test Using Larger Than Block-Size Key - Hash Key First", 0, 0,
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {NULL, 0xaa, 131,
     "This is a test using a larger than block-size key and a larger than block-size data. The key "
     "needs to be hashed before being used by the HMAC algorithm.",
     0, 0, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static tide_error err;
static tide_column_builder column;

static tide_str bytes_of(const char *text, uint8_t byte, size_t size, char buffer[REPEAT_MAX])
{
    if (text != NULL) {
        return tide_str_of(text);
    }
    memset(buffer, byte, size);
    return (tide_str){buffer, size};
}

static void test_published_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const struct vector *v = &vectors[i];
        char key[REPEAT_MAX], message[REPEAT_MAX], digits[TIDE_KEYED_HASH_CHARS];
        tide_keyed_hash *hash;
        tide_str from = bytes_of(v->message, v->message_byte, v->message_size, message);
        assert_int_equal(
            tide_keyed_hash_create(bytes_of(v->key, v->key_byte, v->key_size, key), &hash, &err),
            TIDE_OK);
        memset(key, 0, sizeof key); /* the hash has its own */
        for (int again = 0; again < 2; again++) {
            assert_int_equal(tide_keyed_hash_hex(hash, from, digits, &err), TIDE_OK);
            assert_memory_equal(digits, v->hash, strlen(v->hash));
        }
        tide_keyed_hash_destroy(hash);
    }
}

static const char key_text[] = "0123456789abcdef";

static void init_spec(tide_column_spec *spec, const char *type, tide_mask_kind kind)
{
    *spec = (tide_column_spec){.name = "c", .path = "c"};
    assert_int_equal(tide_type_parse(tide_str_of(type), &spec->type, &err), TIDE_OK);
    spec->mask = (tide_mask){.kind = kind, .key = tide_str_of(key_text)};
}

/* The cell as JSON; NULL with *reason. Borrowed until the next call. */
static const char *print_cell(const tide_column_spec *spec, const char *text, const char **reason)
{
    static tide_text printed;
    static char said[300];
    tide_cell_parser *parser;
    tide_column view;
    tide_text_clear(&printed);
    assert_int_equal(tide_cell_parser_create(spec, &parser, &err), TIDE_OK);
    tide_column_builder_init(&column, tide_column_spec_type(spec));
    assert_int_equal(tide_cell_parse(parser, tide_str_of(text), &column, reason, &err), TIDE_OK);
    tide_column_builder_view(&column, &view);
    if (*reason != NULL) {
        assert_int_equal(column.row_count, 0);
        (void)snprintf(said, sizeof said, "%s", *reason);
        *reason = said;
    } else {
        assert_int_equal(column.row_count, 1);
        tide_column_print_json(&view, 0, &printed);
    }
    tide_column_builder_clear(&column);
    tide_cell_parser_destroy(parser);
    return *reason == NULL ? tide_text_c(&printed) : NULL;
}

static void check_cell(const tide_column_spec *spec, const char *text, const char *expected)
{
    const char *reason;
    const char *printed = print_cell(spec, text, &reason);
    assert_null(reason);
    assert_string_equal(printed, expected);
}

/* Different spellings of one value have one mask; it is that of the text on the right. */
static void test_hashed_is_the_value(void **state)
{
    (void)state;
    static const char *const examples[][3] = {
        {"bool", "T", "true"},
        {"int32", "1.2e1", "12"},
        {"int64", "-12.0", "-12"},
        {"double", "0.10", "0.1"},
        {"double", "-0", "0"},
        {"double", "1e22", "1e+22"},
        {"double", "1e5", "100000"},
        {"double", "9007199254740993", "9007199254740992"},
        {"double", "NaN", "NaN"},
        {"decimal(12,2)", "12.5", "12.50"},
        {"text", "Łódź", "Łódź"},
        {"text", "", ""},
        {"bytes", "aGVsbG8", "hello"},
        {"date", "2024-03-31", "2024-03-31"},
        {"timestamp", "2024-03-31T23:30:00.1+02:00", "2024-03-31T21:30:00.100Z"},
        {"timestamp", "1711920600000", "2024-03-31T21:30:00Z"},
    };
    tide_keyed_hash *hash;
    assert_int_equal(tide_keyed_hash_create(tide_str_of(key_text), &hash, &err), TIDE_OK);
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        tide_column_spec spec;
        char expected[TIDE_KEYED_HASH_CHARS + 3] = "\"";
        init_spec(&spec, examples[i][0], TIDE_MASK_HASH);
        assert_int_equal(tide_keyed_hash_hex(hash, tide_str_of(examples[i][2]), expected + 1, &err),
                         TIDE_OK);
        expected[TIDE_KEYED_HASH_CHARS + 1] = '"';
        check_cell(&spec, examples[i][1], expected);
    }
    tide_keyed_hash_destroy(hash);
}

/* Known from Python: hmac.new(key, b"3f25...", "sha256").digest()[:16], version and variant set. */
static void test_uuid_stays_a_uuid(void **state)
{
    (void)state;
    tide_column_spec spec;
    init_spec(&spec, "uuid", TIDE_MASK_HASH);
    check_cell(&spec, "3F2504E04F8911D39A0C0305E82C3301",
               "\"18efefdf-39b3-8390-8f31-b0acf559acef\"");
}

static void test_redact_and_null(void **state)
{
    (void)state;
    tide_column_spec spec;
    init_spec(&spec, "text", TIDE_MASK_REDACT);
    check_cell(&spec, "secret", "\"***\"");
    init_spec(&spec, "int64", TIDE_MASK_REDACT);
    check_cell(&spec, "17", "null");
    init_spec(&spec, "json", TIDE_MASK_REDACT);
    check_cell(&spec, "{\"a\": 1}", "null");
    init_spec(&spec, "text", TIDE_MASK_NULL);
    check_cell(&spec, "secret", "null");
}

static void test_truncate(void **state)
{
    (void)state;
    tide_column_spec spec;
    init_spec(&spec, "text", TIDE_MASK_TRUNCATE);
    spec.mask.characters = 3;
    check_cell(&spec, "Łódź", "\"Łód\"");
    check_cell(&spec,
               "\xF0\x9F\x99\x82"
               "e\xCC\x81x",
               "\"\xF0\x9F\x99\x82"
               "e\xCC\x81\"");
    check_cell(&spec, "ab", "\"ab\"");
    init_spec(&spec, "int32", TIDE_MASK_TRUNCATE);
    spec.mask.multiple = 1000;
    check_cell(&spec, "1999", "1000");
    check_cell(&spec, "-1999", "-1000");
    check_cell(&spec, "-2147483648", "-2147483000");
    init_spec(&spec, "int64", TIDE_MASK_TRUNCATE);
    spec.mask.multiple = INT64_MAX;
    check_cell(&spec, "-9223372036854775808", "-9223372036854775807");
    init_spec(&spec, "decimal(12,2)", TIDE_MASK_TRUNCATE);
    spec.mask.multiple = 50;
    check_cell(&spec, "-12.99", "-12.50");
    init_spec(&spec, "double", TIDE_MASK_TRUNCATE);
    spec.mask.multiple = 10;
    check_cell(&spec, "129.9", "120");
    check_cell(&spec, "-Infinity", "\"-Infinity\"");
    init_spec(&spec, "date", TIDE_MASK_TRUNCATE);
    spec.mask.unit = TIDE_MASK_MONTH;
    check_cell(&spec, "2024-02-29", "\"2024-02-01\"");
    spec.mask.unit = TIDE_MASK_YEAR;
    check_cell(&spec, "1969-12-31", "\"1969-01-01\"");
}

/* The local day, month and year: Warsaw's March ends at 22:00 UTC, and begins at 23:00. */
static void test_truncate_timestamp(void **state)
{
    (void)state;
    static const struct {
        tide_mask_unit unit;
        const char *from, *to;
    } examples[] = {
        {TIDE_MASK_DAY, "2024-03-31T21:59:59.999999Z", "\"2024-03-30T23:00:00Z\""},
        {TIDE_MASK_DAY, "2024-03-31T22:00:00Z", "\"2024-03-31T22:00:00Z\""},
        {TIDE_MASK_MONTH, "2024-03-31T21:59:59Z", "\"2024-02-29T23:00:00Z\""},
        {TIDE_MASK_MONTH, "2024-03-31T22:00:00Z", "\"2024-03-31T22:00:00Z\""},
        {TIDE_MASK_YEAR, "2024-03-31T22:00:00Z", "\"2023-12-31T23:00:00Z\""},
    };
    tide_zone *zone;
    assert_int_equal(tide_zone_open("Europe/Warsaw", &zone, &err), TIDE_OK);
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        tide_column_spec spec;
        init_spec(&spec, "timestamp", TIDE_MASK_TRUNCATE);
        spec.mask.unit = examples[i].unit;
        spec.mask.zone = zone;
        check_cell(&spec, examples[i].from, examples[i].to);
    }
    tide_zone_close(zone);
}

/* Nothing of the value but its length. */
static void test_reasons_hide_the_value(void **state)
{
    (void)state;
    static const char *const examples[][3] = {
        {"int64", "4111111111111111x", "the masked value of 17 bytes is not of type int64"},
        {"int32", "2147483648", "the masked value of 10 bytes is beyond the range of int32"},
        {"bool", "?", "the masked value of 1 byte is not of type bool"},
        {"uuid", "no", "the masked value of 2 bytes is not of type uuid"},
        {"json", "{\"a\":", "the masked value of 5 bytes is not JSON"},
        {"timestamp", "31 March",
         "the masked value of 8 bytes is not a timestamp in the format ISO 8601 or epoch_millis"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        tide_column_spec spec;
        const char *reason;
        init_spec(&spec, examples[i][0], TIDE_MASK_REDACT);
        assert_null(print_cell(&spec, examples[i][1], &reason));
        assert_memory_equal(reason, examples[i][2], strlen(examples[i][2]));
    }
}

static void test_missing(void **state)
{
    (void)state;
    tide_column_spec spec;
    const char *reason;
    init_spec(&spec, "int64", TIDE_MASK_HASH);
    check_cell(&spec, "", "null"); /* an empty text is no number */
    spec.required = true;
    assert_null(print_cell(&spec, "", &reason));
    assert_non_null(strstr(reason, "required"));
    spec.has_default = true; /* as binding leaves it: masked */
    assert_int_equal(tide_value_set_bytes(&spec.default_value, TIDE_STR("m"), &err), TIDE_OK);
    check_cell(&spec, "", "\"m\"");
    tide_value_clear(&spec.default_value, tide_column_spec_type(&spec));
}

static void check_one(decode_rows *rows, const char *json, const char *expected)
{
    assert_string_equal(decode_rows_one(rows, json), expected);
}

/* Strings with escapes, raw arrays and objects, numbers and words: whatever way a cell comes. */
static void test_documents(void **state)
{
    (void)state;
    decode_rows rows;
    decode_rows_init(&rows, TIDE_HIDDEN_POSITION);
    tide_column_spec *a = decode_rows_column(&rows, "a", "text", NULL);
    a->mask = (tide_mask){.kind = TIDE_MASK_REDACT};
    a->array = TIDE_ARRAY_JSON;
    decode_rows_column(&rows, "j", "json", NULL)->mask = (tide_mask){.kind = TIDE_MASK_NULL};
    decode_rows_column(&rows, "n", "int64", NULL);
    assert_int_equal(decode_rows_open(&rows), TIDE_OK);
    check_one(&rows, "{\"a\":\"x\\u0041\",\"j\":\"s\",\"n\":1}",
              "{\"a\": \"***\", \"j\": null, \"n\": 1, \"$source\": 7, \"$position\": 42}\n");
    check_one(&rows, "{\"a\":[\"s\"],\"j\":{\"s\":1},\"n\":1}",
              "{\"a\": \"***\", \"j\": null, \"n\": 1, \"$source\": 7, \"$position\": 42}\n");
    check_one(&rows, "{\"a\":12,\"j\":[true],\"n\":1}",
              "{\"a\": \"***\", \"j\": null, \"n\": 1, \"$source\": 7, \"$position\": 42}\n");
    check_one(&rows, "{\"a\":null,\"j\":true,\"n\":\"x\"}",
              "! in/a.ndjson:42 n: `x` is not of type int64 {\"a\": null, \"j\": null}\n");
    check_one(&rows, "{\"a\":\"secret\\ud800\",\"j\":1,\"n\":1}",
              "! in/a.ndjson:42 a: the masked value of 14 bytes has a lone surrogate, which is no "
              "character {\"j\": null, "
              "\"n\": 1}\n");
    decode_rows_clear(&rows);
}

/* Known from Python: hmac.new(key, b"secret", "sha256"). */
#define SECRET_MASK "59fa6a4dccc441a2ceb3d563296276a0a2293d927d294d695cca0ca3c3556b35"

/* Where _id is masked, rows and rejects are known by the mask alone. */
static void test_document_ids(void **state)
{
    (void)state;
    decode_rows rows;
    decode_rows_init(&rows, TIDE_HIDDEN_ID);
    tide_column_spec *id = decode_rows_column(&rows, "id", "text", "_id");
    id->origin = TIDE_FROM_ID;
    id->mask = (tide_mask){.kind = TIDE_MASK_HASH, .key = tide_str_of(key_text)};
    decode_rows_column(&rows, "n", "int64", NULL);
    assert_int_equal(decode_rows_open(&rows), TIDE_OK);
    const char *said =
        decode_rows_one(&rows, "{\"_index\":\"i\",\"_id\":\"se\\u0063ret\",\"_source\":{\"n\":1}}");
    assert_null(strstr(said, "secret"));
    assert_non_null(strstr(said, "\"id\": \"" SECRET_MASK "\""));
    assert_non_null(strstr(said, "\"$id\": \"" SECRET_MASK "\""));
    said = decode_rows_one(&rows, "{\"_index\":\"i\",\"_id\":\"secret\",\"_source\":{\"n\":{}}}");
    assert_null(strstr(said, "secret"));
    assert_non_null(strstr(said, "! i/" SECRET_MASK " n: "));
    decode_rows_clear(&rows);
}

static void test_want_of_memory(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        tide_column_spec spec;
        tide_cell_parser *parser = NULL;
        const char *reason;
        init_spec(&spec, "text", TIDE_MASK_HASH);
        tide_column_builder_init(&column, tide_column_spec_type(&spec));
        (void)tide_memory_fail_nth(n, 0);
        tide_code code = tide_cell_parser_create(&spec, &parser, &err);
        if (code == TIDE_OK) {
            code = tide_cell_parse(parser, TIDE_STR("hello"), &column, &reason, &err);
        }
        (void)tide_memory_fail_nth(0, 0);
        assert_true(code == TIDE_OK || code == TIDE_OUT_OF_MEMORY);
        tide_cell_parser_destroy(parser);
        tide_column_builder_clear(&column);
        if (code == TIDE_OK) {
            assert_true(n > 4);
            return;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_vectors),
        cmocka_unit_test(test_hashed_is_the_value),
        cmocka_unit_test(test_uuid_stays_a_uuid),
        cmocka_unit_test(test_redact_and_null),
        cmocka_unit_test(test_truncate),
        cmocka_unit_test(test_truncate_timestamp),
        cmocka_unit_test(test_reasons_hide_the_value),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_documents),
        cmocka_unit_test(test_document_ids),
        cmocka_unit_test(test_want_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "random_rows.h"
#include "record/order.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#define SEED 20261121

/* One column of a type, filled by hand. */
typedef struct one_column {
    tide_column_builder builder;
    tide_column view;
    tide_error err;
} one_column;

static void begin_column(one_column *c, tide_type_id id)
{
    tide_column_builder_init(&c->builder, (tide_type){id, 20, 4});
}

/* Rows 0, 1, 2 ... are in ascending order, except that `equal_from` and the one after are equal. */
static void check_order(one_column *c, int64_t equal_from)
{
    tide_column_builder_view(&c->builder, &c->view);
    tide_compare_values compare = tide_compare_for(c->view.type);
    for (int64_t i = 0; i < c->view.row_count; i++) {
        for (int64_t j = 0; j < c->view.row_count; j++) {
            int order = compare(&c->view, i, &c->view, j);
            bool equal =
                i == j || (i == equal_from && j == i + 1) || (j == equal_from && i == j + 1);
            int expected = equal ? 0 : i < j ? -1 : 1;
            assert_int_equal((order > 0) - (order < 0), expected);
        }
    }
    tide_column_builder_clear(&c->builder);
}

static void test_orders_of_types(void **state)
{
    (void)state;
    static const double doubles[] = {-INFINITY, -1.5, -0.0, 0.0, 4e-324, 1.5, INFINITY, NAN};
    static const int64_t wide[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
    static const int32_t narrow[] = {INT32_MIN, -1, 0, 1, INT32_MAX};
    static const char *const texts[] = {"", "A", "a", "aa", "b", "\xC5\xBC", "\xFF"};
    one_column c;

    begin_column(&c, TIDE_DOUBLE);
    assert_int_equal(tide_append_null(&c.builder, &c.err), TIDE_OK);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(tide_append_double(&c.builder, doubles[i], &c.err), TIDE_OK);
    }
    check_order(&c, 3); /* -0 and 0 */

    begin_column(&c, TIDE_DOUBLE);
    assert_int_equal(tide_append_double(&c.builder, 1, &c.err), TIDE_OK);
    assert_int_equal(tide_append_double(&c.builder, NAN, &c.err), TIDE_OK);
    assert_int_equal(tide_append_double(&c.builder, -NAN, &c.err), TIDE_OK);
    check_order(&c, 1);

    static const tide_type_id wides[] = {TIDE_INT64, TIDE_TIMESTAMP};
    for (size_t t = 0; t < 2; t++) {
        begin_column(&c, wides[t]);
        assert_int_equal(tide_append_null(&c.builder, &c.err), TIDE_OK);
        for (size_t i = 0; i < 5; i++) {
            assert_int_equal(tide_append_int64(&c.builder, wide[i], &c.err), TIDE_OK);
        }
        check_order(&c, -1);
    }
    static const tide_type_id narrows[] = {TIDE_INT32, TIDE_DATE};
    for (size_t t = 0; t < 2; t++) {
        begin_column(&c, narrows[t]);
        for (size_t i = 0; i < 5; i++) {
            assert_int_equal(tide_append_int32(&c.builder, narrow[i], &c.err), TIDE_OK);
        }
        check_order(&c, -1);
    }
    static const tide_type_id strings[] = {TIDE_TEXT, TIDE_BYTES, TIDE_JSON};
    for (size_t t = 0; t < 3; t++) {
        begin_column(&c, strings[t]);
        assert_int_equal(tide_append_null(&c.builder, &c.err), TIDE_OK);
        for (size_t i = 0; i < 7; i++) {
            assert_int_equal(tide_append_str(&c.builder, tide_str_of(texts[i]), &c.err), TIDE_OK);
        }
        check_order(&c, -1);
    }
    begin_column(&c, TIDE_BOOL);
    assert_int_equal(tide_append_null(&c.builder, &c.err), TIDE_OK);
    assert_int_equal(tide_append_bool(&c.builder, false, &c.err), TIDE_OK);
    assert_int_equal(tide_append_bool(&c.builder, true, &c.err), TIDE_OK);
    check_order(&c, -1);

    begin_column(&c, TIDE_DECIMAL);
    assert_int_equal(tide_append_decimal(&c.builder, -((tide_int128)1 << 90), &c.err), TIDE_OK);
    assert_int_equal(tide_append_decimal(&c.builder, -1, &c.err), TIDE_OK);
    assert_int_equal(tide_append_decimal(&c.builder, 0, &c.err), TIDE_OK);
    assert_int_equal(tide_append_decimal(&c.builder, (tide_int128)1 << 90, &c.err), TIDE_OK);
    check_order(&c, -1);

    begin_column(&c, TIDE_UUID);
    uint8_t uuid[16] = {0};
    for (int i = 0; i < 5; i++) {
        uuid[i == 4 ? 0 : 15 - i] = 0x90;
        assert_int_equal(tide_append_uuid(&c.builder, uuid, &c.err), TIDE_OK);
    }
    check_order(&c, -1);
}

static void test_lexicographic_order(void **state)
{
    (void)state;
    unsigned seed = SEED;
    const uint32_t by[] = {0, 5, 2};
    tide_schema schema;
    tide_batch batch;
    tide_column columns[RANDOM_TYPES];
    tide_order order;
    tide_error err;
    random_schema(&schema);
    random_row *rows = random_rows(100, &seed, 40);
    random_batch(rows, 100, &schema, &batch);
    tide_batch_columns(&batch, columns);
    assert_int_equal(tide_order_init(&order, &schema, by, 3, &err), TIDE_OK);
    for (int64_t i = 0; i < 100; i++) {
        for (int64_t j = 0; j < 100; j++) {
            int expected = 0;
            for (size_t k = 0; k < 3 && expected == 0; k++) {
                expected =
                    tide_compare_for(columns[by[k]].type)(&columns[by[k]], i, &columns[by[k]], j);
            }
            int found = tide_order_compare(&order, (tide_row){columns, i}, (tide_row){columns, j});
            assert_int_equal((found > 0) - (found < 0), (expected > 0) - (expected < 0));
        }
    }
    tide_order_clear(&order);
    for (size_t n = 1; n <= 2; n++) {
        (void)tide_memory_fail_nth(n, 0);
        assert_int_equal(tide_order_init(&order, &schema, by, 3, &err), TIDE_OUT_OF_MEMORY);
        (void)tide_memory_fail_nth(0, 0);
    }
    tide_batch_clear(&batch);
    tide_schema_clear(&schema);
    free(rows);
}

/* The canonical encoding as order.h says it, into one buffer. */
static size_t naive_encode(const random_row *row, const uint32_t *picked, size_t count,
                           uint8_t *out)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        const random_cell *cell = &row->cells[picked[i]];
        tide_type_id id = (tide_type_id)(picked[i] + TIDE_BOOL);
        out[at++] = !cell->is_null;
        if (cell->is_null) {
            continue;
        }
        if (id == TIDE_TEXT || id == TIDE_BYTES || id == TIDE_JSON) {
            uint64_t size = cell->size;
            memcpy(out + at, &size, 8);
            at += 8;
        }
        memcpy(out + at, cell->bytes, cell->size);
        at += cell->size;
    }
    return at;
}

static void test_hash_and_digest_against_the_encoding(void **state)
{
    (void)state;
    static const uint32_t keys[][RANDOM_TYPES] = {
        {5}, {10}, {2}, {5, 2}, {0, 1, 4, 9, 7}, {6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6}};
    static const size_t counts[] = {1, 1, 1, 2, 5, 11};
    unsigned seed = SEED;
    print_message("seed %u\n", seed);
    for (int nulls = 0; nulls <= 30; nulls += 15) {
        random_row *rows = random_rows(500, &seed, nulls);
        tide_schema schema;
        tide_batch batch;
        tide_column columns[RANDOM_TYPES];
        uint64_t hashes[500];
        random_schema(&schema);
        random_batch(rows, 500, &schema, &batch);
        tide_batch_columns(&batch, columns);
        for (size_t k = 0; k < 6; k++) {
            tide_hash_rows(columns, keys[k], counts[k], 500, hashes);
            for (int64_t i = 0; i < 500; i++) {
                uint8_t encoded[2000];
                size_t size = naive_encode(&rows[i], keys[k], counts[k], encoded);
                assert_int_equal(hashes[i], XXH3_64bits(encoded, size));
                tide_digest digest = tide_digest_row(columns, keys[k], counts[k], i);
                XXH128_hash_t expected = XXH3_128bits(encoded, size);
                assert_int_equal(digest.low, expected.low64);
                assert_int_equal(digest.high, expected.high64);
            }
        }
        tide_batch_clear(&batch);
        tide_schema_clear(&schema);
        free(rows);
    }
}

/* State stores hashes: these may never change. */
static void test_hash_version_1(void **state)
{
    (void)state;
    tide_schema schema;
    tide_builder builder;
    tide_batch batch;
    tide_column columns[2];
    tide_error err;
    const uint32_t text_key[] = {0};
    const uint32_t both[] = {0, 1};
    uint64_t hashes[3];
    char long_text[1000];
    memset(long_text, 'x', sizeof long_text);
    tide_schema_init(&schema);
    assert_int_equal(tide_schema_add(&schema, "t", (tide_type){TIDE_TEXT, 0, 0}, false, &err),
                     TIDE_OK);
    assert_int_equal(tide_schema_add(&schema, "d", (tide_type){TIDE_DOUBLE, 0, 0}, false, &err),
                     TIDE_OK);
    assert_int_equal(tide_builder_init(&builder, &schema, &err), TIDE_OK);
    const tide_str texts[] = {TIDE_STR("customer-1"), {long_text, 1000}, TIDE_STR("")};
    const double doubles[] = {-0.0, -NAN, 0.0};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(tide_append_str(&builder.columns[0], texts[i], &err), TIDE_OK);
        assert_int_equal(tide_append_double(&builder.columns[1], doubles[i], &err), TIDE_OK);
        tide_builder_end_row(&builder);
    }
    assert_int_equal(tide_builder_view(&builder, &batch, &err), TIDE_OK);
    tide_batch_columns(&batch, columns);
    tide_hash_rows(columns, text_key, 1, 3, hashes);
    for (size_t i = 0; i < 3; i++) {
        uint8_t encoded[1100] = {1};
        uint64_t size = texts[i].size;
        memcpy(encoded + 1, &size, 8);
        memcpy(encoded + 9, texts[i].data, texts[i].size);
        assert_int_equal(hashes[i], XXH3_64bits(encoded, 9 + texts[i].size));
        /* -0 counts as 0, any NaN as the one. */
        uint64_t bits = i == 1 ? UINT64_C(0x7ff8000000000000) : 0;
        uint64_t found;
        encoded[9 + texts[i].size] = 1;
        memcpy(encoded + 10 + texts[i].size, &bits, 8);
        tide_column one[2] = {columns[0], columns[1]};
        uint64_t all[3];
        tide_hash_rows(one, both, 2, 3, all);
        found = all[i];
        assert_int_equal(found, XXH3_64bits(encoded, 18 + texts[i].size));
        XXH128_hash_t expected = XXH3_128bits(encoded, 18 + texts[i].size);
        assert_int_equal(tide_digest_row(columns, both, 2, (int64_t)i).high, expected.high64);
    }
    assert_int_equal(hashes[0], UINT64_C(0xd1849a43477e88f6));
    tide_batch_clear(&batch);
    tide_builder_clear(&builder);
    tide_schema_clear(&schema);
}

static void test_digests_add_up_in_any_order(void **state)
{
    (void)state;
    unsigned seed = SEED;
    tide_digest rows[100], forth = {0, 0}, back = {0, 0};
    __extension__ unsigned __int128 sum = 0;
    for (size_t i = 0; i < 100; i++) {
        rows[i].low = (uint64_t)rand_r(&seed) << 33 | (uint64_t)rand_r(&seed);
        rows[i].high = (uint64_t)rand_r(&seed) << 33 | (uint64_t)rand_r(&seed);
        sum += (tide_uint128)rows[i].high << 64 | rows[i].low;
    }
    for (size_t i = 0; i < 100; i++) {
        tide_digest_add(&forth, rows[i]);
        tide_digest_add(&back, rows[99 - i]);
    }
    assert_true(tide_digest_equal(forth, back));
    assert_int_equal(forth.low, (uint64_t)sum);
    assert_int_equal(forth.high, (uint64_t)(sum >> 64));
    uint8_t bytes[16];
    tide_digest_encode((tide_digest){.low = 0x1122334455667788, .high = 0x99AABBCCDDEEFF01}, bytes);
    const uint8_t expected[16] = {0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0x01,
                                  0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
    assert_memory_equal(bytes, expected, 16);
    tide_digest_encode(forth, bytes);
    assert_true(tide_digest_equal(tide_digest_decode(bytes), forth));
    tide_digest_add(&back, rows[0]);
    assert_false(tide_digest_equal(forth, back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders_of_types),
        cmocka_unit_test(test_lexicographic_order),
        cmocka_unit_test(test_hash_and_digest_against_the_encoding),
        cmocka_unit_test(test_hash_version_1),
        cmocka_unit_test(test_digests_add_up_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "random_rows.h"
#include "record/codec.h"

#define SEED 20261121
#define ROWS 700

static tide_schema schema;
static random_row *rows;
static uint64_t hashes[ROWS];
static tide_batch batch;

static int make_rows(void **state)
{
    (void)state;
    unsigned seed = SEED;
    random_schema(&schema);
    rows = random_rows(ROWS, &seed, 5);
    for (size_t i = 0; i < ROWS; i++) {
        hashes[i] = (uint64_t)rand_r(&seed) << 32 | (uint64_t)i;
        rows[i].cells[3].is_null = false; /* a column without nulls */
        rows[i].cells[3].size = 8;
    }
    random_batch(rows, ROWS, &schema, &batch);
    return 0;
}

static int drop_rows(void **state)
{
    (void)state;
    tide_batch_clear(&batch);
    tide_schema_clear(&schema);
    free(rows);
    return 0;
}

static void check_builder(tide_builder *builder, const size_t *expected, size_t count,
                          const uint64_t *decoded)
{
    tide_batch view;
    tide_error err;
    tide_column columns[RANDOM_TYPES];
    assert_int_equal(tide_builder_view(builder, &view, &err), TIDE_OK);
    assert_int_equal(tide_batch_row_count(&view), count);
    tide_batch_columns(&view, columns);
    for (size_t i = 0; i < count; i++) {
        random_check(&rows[expected[i]], columns, (int64_t)i);
        assert_int_equal(decoded[i], hashes[expected[i]]);
    }
    tide_batch_clear(&view);
}

/* Any ranges of a batch, one after the other into the same builder. */
static void test_ranges_come_back(void **state)
{
    (void)state;
    unsigned seed = SEED;
    print_message("seed %u\n", seed);
    tide_codec writer, reader;
    tide_builder builder;
    tide_error err;
    uint64_t *decoded = NULL;
    size_t capacity = 0;
    tide_codec_init(&writer);
    tide_codec_init(&reader);
    assert_int_equal(tide_builder_init(&builder, &schema, &err), TIDE_OK);
    for (int round = 0; round < 30; round++) {
        size_t expected[4 * ROWS];
        size_t count = 0;
        for (int part = 0; part < 4; part++) {
            int64_t begin = rand_r(&seed) % ROWS;
            int64_t end = part == 3 ? begin : begin + rand_r(&seed) % (ROWS + 1 - begin);
            tide_str block;
            size_t payload = 0;
            assert_int_equal(tide_codec_encode(&writer, &batch, hashes, begin, end, &block, &err),
                             TIDE_OK);
            assert_int_equal(tide_codec_payload_bytes((const uint8_t *)block.data, &payload, &err),
                             TIDE_OK);
            assert_int_equal(block.size, TIDE_CODEC_HEADER_BYTES + payload);
            assert_int_equal(tide_codec_decode(&reader, block, &builder, &decoded, &capacity, &err),
                             TIDE_OK);
            for (int64_t i = begin; i < end; i++) {
                expected[count++] = (size_t)i;
            }
        }
        check_builder(&builder, expected, count, decoded);
        tide_builder_reset(&builder);
    }
    tide_builder_clear(&builder);
    tide_codec_clear(&writer);
    tide_codec_clear(&reader);
    tide_free(decoded);
}

/* What memory held before must not show, not even in the 7 bits after the last row: fresh or used,
 * builders and codecs make the same block. */
static void test_equal_rows_make_equal_blocks(void **state)
{
    (void)state;
    unsigned seed = SEED + 1;
    random_row *others = random_rows(ROWS, &seed, 50);
    tide_codec fresh, used;
    tide_builder builder;
    tide_batch view;
    tide_error err;
    tide_str expected, found;
    tide_codec_init(&fresh);
    tide_codec_init(&used);
    assert_true(tide_text_reserve(&used.raw, 1 << 20));
    memset(used.raw.data, 0xFF, 1 << 20);
    assert_int_equal(tide_builder_init(&builder, &schema, &err), TIDE_OK);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < ROWS; i++) {
            assert_int_equal(random_append(round == 0 ? &others[i] : &rows[i], &builder, &err),
                             TIDE_OK);
            tide_builder_end_row(&builder);
        }
        assert_int_equal(tide_builder_view(&builder, &view, &err), TIDE_OK);
        assert_int_equal(tide_codec_encode(&used, &view, hashes, 3, ROWS, &found, &err), TIDE_OK);
        tide_batch_clear(&view);
        if (round == 0) {
            tide_builder_reset(&builder);
        }
    }
    assert_int_equal(tide_codec_encode(&fresh, &batch, hashes, 3, ROWS, &expected, &err), TIDE_OK);
    assert_int_equal(found.size, expected.size);
    assert_memory_equal(found.data, expected.data, expected.size);
    tide_builder_clear(&builder);
    tide_codec_clear(&fresh);
    tide_codec_clear(&used);
    free(others);
}

/* Every byte of a block changed in several ways, and every length: never taken for good. */
static void test_damage_is_seen(void **state)
{
    (void)state;
    static const uint8_t flips[] = {0x01, 0x80, 0xFF};
    tide_codec writer, reader;
    tide_builder builder;
    tide_error err;
    tide_str block;
    uint64_t *decoded = NULL;
    size_t capacity = 0;
    tide_codec_init(&writer);
    tide_codec_init(&reader);
    assert_int_equal(tide_builder_init(&builder, &schema, &err), TIDE_OK);
    assert_int_equal(tide_codec_encode(&writer, &batch, hashes, 10, 30, &block, &err), TIDE_OK);
    char *copy = malloc(block.size);
    assert_non_null(copy);
    for (size_t at = 0; at < block.size; at++) {
        memcpy(copy, block.data, block.size);
        for (size_t flip = 0; flip < sizeof flips; flip++) {
            copy[at] = (char)((uint8_t)block.data[at] ^ flips[flip]);
            tide_code code = tide_codec_decode(&reader, (tide_str){copy, block.size}, &builder,
                                               &decoded, &capacity, &err);
            assert_int_equal(code, TIDE_BAD_DATA);
            size_t payload;
            code = tide_codec_payload_bytes((const uint8_t *)copy, &payload, &err);
            assert_int_equal(code, at < TIDE_CODEC_HEADER_BYTES ? TIDE_BAD_DATA : TIDE_OK);
            tide_builder_reset(&builder);
        }
        tide_str cut = {block.data, at};
        assert_int_equal(tide_codec_decode(&reader, cut, &builder, &decoded, &capacity, &err),
                         TIDE_BAD_DATA);
    }
    free(copy);
    tide_builder_clear(&builder);
    tide_codec_clear(&writer);
    tide_codec_clear(&reader);
    tide_free(decoded);
}

static void test_other_columns_are_refused(void **state)
{
    (void)state;
    tide_codec codec;
    tide_schema other;
    tide_builder builder;
    tide_error err;
    tide_str block;
    uint64_t *decoded = NULL;
    size_t capacity = 0;
    tide_codec_init(&codec);
    assert_int_equal(tide_schema_copy(&schema, &other, &err), TIDE_OK);
    other.fields[TIDE_DECIMAL - 1].type.scale++;
    assert_int_equal(tide_builder_init(&builder, &other, &err), TIDE_OK);
    assert_int_equal(tide_codec_encode(&codec, &batch, hashes, 0, ROWS, &block, &err), TIDE_OK);
    char *copy = malloc(block.size);
    memcpy(copy, block.data, block.size);
    tide_code code = tide_codec_decode(&codec, (tide_str){copy, block.size}, &builder, &decoded,
                                       &capacity, &err);
    assert_int_equal(code, TIDE_BAD_DATA);
    assert_non_null(strstr(err.message, "other columns"));
    free(copy);
    tide_builder_clear(&builder);
    tide_schema_clear(&other);
    tide_codec_clear(&codec);
}

static tide_code round_trip(tide_error *err)
{
    tide_codec writer, reader;
    tide_builder builder;
    tide_str block;
    uint64_t *decoded = NULL;
    size_t capacity = 0;
    TIDE_TRY(tide_builder_init(&builder, &schema, err));
    tide_codec_init(&writer);
    tide_codec_init(&reader);
    tide_code code = tide_codec_encode(&writer, &batch, hashes, 0, ROWS, &block, err);
    if (code == TIDE_OK) {
        code = tide_codec_decode(&reader, block, &builder, &decoded, &capacity, err);
    }
    tide_builder_clear(&builder);
    tide_codec_clear(&writer);
    tide_codec_clear(&reader);
    tide_free(decoded);
    return code;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    size_t n = 1;
    for (;; n++) {
        tide_error err;
        (void)tide_memory_fail_nth(n, 0);
        tide_code code = round_trip(&err);
        (void)tide_memory_fail_nth(0, 0);
        if (code == TIDE_OK) {
            break;
        }
        assert_int_equal(code, TIDE_OUT_OF_MEMORY);
    }
    assert_true(n > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges_come_back),
        cmocka_unit_test(test_equal_rows_make_equal_blocks),
        cmocka_unit_test(test_damage_is_seen),
        cmocka_unit_test(test_other_columns_are_refused),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, make_rows, drop_rows);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Import of batches from outside: in our form, in other forms, and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/problem.h"
#include "random_rows.h"

#define ROWS 200

static tide_schema schema;
static random_row *rows;
static tide_batch source;

static int make_source(void **state)
{
    (void)state;
    unsigned seed = 20261121;
    random_schema(&schema);
    rows = random_rows(ROWS, &seed, 10);
    return 0;
}

static int drop_source(void **state)
{
    (void)state;
    tide_schema_clear(&schema);
    free(rows);
    return 0;
}

static void check_rows(const tide_batch *batch, size_t first, size_t count)
{
    tide_column columns[RANDOM_TYPES];
    assert_int_equal(tide_batch_row_count(batch), count);
    assert_int_equal(batch->array.offset, 0);
    tide_batch_columns(batch, columns);
    for (size_t i = 0; i < count; i++) {
        random_check(&rows[first + i], columns, (int64_t)i);
    }
}

static void test_our_form_is_moved(void **state)
{
    (void)state;
    tide_batch out;
    tide_error err;
    random_batch(rows, ROWS, &schema, &source);
    const void *data = source.array.children[2]->buffers[1];
    assert_int_equal(tide_batch_import(&source.array, &schema, &out, &err), TIDE_OK);
    assert_null(source.array.release);
    assert_ptr_equal(out.array.children[2]->buffers[1], data);
    check_rows(&out, 0, ROWS);
    tide_batch_clear(&out);
}

static void test_slices_are_copied(void **state)
{
    (void)state;
    tide_batch out;
    tide_error err;
    random_batch(rows, ROWS, &schema, &source);
    source.array.offset = 13; /* a slice of the rows ... */
    source.array.length = 100;
    for (size_t i = 0; i < RANDOM_TYPES; i++) { /* ... of slices of the columns */
        source.array.children[i]->offset = 7;
        source.array.children[i]->length = ROWS - 7;
        source.array.children[i]->null_count = -1;
    }
    assert_int_equal(tide_batch_import(&source.array, &schema, &out, &err), TIDE_OK);
    assert_null(source.array.release);
    check_rows(&out, 20, 100);
    tide_batch_clear(&out);
}

static void test_shifted_columns_are_copied(void **state)
{
    (void)state;
    tide_batch out;
    tide_error err;
    random_batch(rows, ROWS, &schema, &source);
    source.array.length = 100;
    for (size_t i = 0; i < RANDOM_TYPES; i++) {
        source.array.children[i]->offset = 9;
        source.array.children[i]->length = 100;
        source.array.children[i]->null_count = -1;
    }
    assert_int_equal(tide_batch_import(&source.array, &schema, &out, &err), TIDE_OK);
    check_rows(&out, 9, 100);
    tide_batch_clear(&out);
}

static void test_no_rows(void **state)
{
    (void)state;
    tide_batch out;
    tide_error err;
    random_batch(rows, 0, &schema, &source);
    source.array.children[TIDE_TEXT - 1]->buffers[1] = NULL;
    assert_int_equal(tide_batch_import(&source.array, &schema, &out, &err), TIDE_OK);
    check_rows(&out, 0, 0);
    assert_true(tide_batch_bytes(&out) >= 3 * sizeof(int32_t));
    tide_batch_clear(&out);
}

/* Buffers are const for readers; these tests own them. */
static void *writable(const void *buffer)
{
    void *same;
    memcpy(&same, &buffer, sizeof same);
    return same;
}

typedef void (*damage)(struct ArrowArray *array);

static void lose_a_column(struct ArrowArray *a)
{
    /* The last child is not reached by the release any more. */
    a->children[10]->release(a->children[10]);
    a->n_children = 10;
}
static void grow_longer(struct ArrowArray *a)
{
    a->length = ROWS + 1;
}
static void have_negative_length(struct ArrowArray *a)
{
    a->length = -1;
}
static void have_negative_offset(struct ArrowArray *a)
{
    a->children[3]->offset = -1;
}
static void have_huge_offset(struct ArrowArray *a)
{
    a->offset = INT64_MAX - 10;
}
static void shorten_a_column(struct ArrowArray *a)
{
    a->children[4]->length--;
}
static void lose_values(struct ArrowArray *a)
{
    a->children[1]->buffers[1] = NULL;
}
static void lose_bytes(struct ArrowArray *a)
{
    a->children[TIDE_TEXT - 1]->buffers[2] = NULL;
}
static void lose_validity(struct ArrowArray *a)
{
    a->children[1]->buffers[0] = NULL;
}
static void lose_a_buffer(struct ArrowArray *a)
{
    a->children[TIDE_TEXT - 1]->n_buffers = 2;
}
static void step_back(struct ArrowArray *a)
{
    int32_t *offsets = writable(a->children[TIDE_BYTES - 1]->buffers[1]);
    offsets[50] = offsets[51] + 1;
}
static void begin_below(struct ArrowArray *a)
{
    int32_t *offsets = writable(a->children[TIDE_BYTES - 1]->buffers[1]);
    offsets[0] = -4;
}
static void break_utf8(struct ArrowArray *a)
{
    uint8_t *bytes = writable(a->children[TIDE_JSON - 1]->buffers[2]);
    bytes[100] = 0xFF;
}
static void outgrow_decimal(struct ArrowArray *a)
{
    tide_int128 *values = writable(a->children[TIDE_DECIMAL - 1]->buffers[1]);
    for (int i = 0; i < 20; i++) {
        values[i] = (tide_int128)1 << 100;
    }
}

static void test_damage_is_refused(void **state)
{
    (void)state;
    static const damage damages[] = {
        lose_a_column,    grow_longer, have_negative_length, have_negative_offset, have_huge_offset,
        shorten_a_column, lose_values, lose_bytes,           lose_validity,        lose_a_buffer,
        step_back,        begin_below, break_utf8,           outgrow_decimal,
    };
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        tide_batch out;
        tide_error err;
        random_batch(rows, ROWS, &schema, &source);
        damages[i](&source.array);
        if (tide_batch_import(&source.array, &schema, &out, &err) != TIDE_BAD_DATA) {
            fail_msg("damage %zu was not seen", i);
        }
        assert_null(source.array.release);
        assert_null(out.array.release);
    }
}

static void test_nulls_where_none_may_be(void **state)
{
    (void)state;
    tide_batch out;
    tide_error err;
    random_batch(rows, ROWS, &schema, &source);
    schema.fields[5].not_null = true;
    assert_int_equal(tide_batch_import(&source.array, &schema, &out, &err), TIDE_BAD_DATA);
    schema.fields[5].not_null = false;
    assert_non_null(strstr(err.message, "c6"));
    assert_int_equal(err.number, tide_problem_number(TIDE_E_ARROW));
    assert_int_equal(tide_batch_import(&source.array, &schema, &out, &err), TIDE_BAD_DATA);
}

static void test_null_rows_are_refused(void **state)
{
    (void)state;
    tide_batch out;
    tide_error err;
    const uint8_t validity[ROWS / 8 + 1] = {0xFF, 0xFE};
    random_batch(rows, 16, &schema, &source);
    source.array.buffers[0] = validity;
    source.array.null_count = -1;
    assert_int_equal(tide_batch_import(&source.array, &schema, &out, &err), TIDE_BAD_DATA);
    assert_non_null(strstr(err.message, "null as a whole"));
}

static void test_out_of_memory(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        tide_batch out;
        tide_error err;
        random_batch(rows, ROWS, &schema, &source);
        source.array.offset = 1;
        source.array.length = ROWS - 1;
        (void)tide_memory_fail_nth(n, 0);
        tide_code code = tide_batch_import(&source.array, &schema, &out, &err);
        (void)tide_memory_fail_nth(0, 0);
        assert_null(source.array.release);
        if (code == TIDE_OK) {
            check_rows(&out, 1, ROWS - 1);
            tide_batch_clear(&out);
            assert_true(n > 20);
            break;
        }
        assert_int_equal(code, TIDE_OUT_OF_MEMORY);
        assert_null(out.array.release);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_our_form_is_moved),
        cmocka_unit_test(test_slices_are_copied),
        cmocka_unit_test(test_shifted_columns_are_copied),
        cmocka_unit_test(test_no_rows),
        cmocka_unit_test(test_damage_is_refused),
        cmocka_unit_test(test_nulls_where_none_may_be),
        cmocka_unit_test(test_null_rows_are_refused),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, make_source, drop_source);
}

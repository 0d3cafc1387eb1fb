/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "model.h"
#include "shuffle/spill_shelf.h"

enum { BATCHES = 3, ROWS = 500 };

static char root[64];
static tide_schema schema;
static tide_error err;

static int begin(void **state)
{
    (void)state;
    (void)snprintf(root, sizeof root, "/tmp/tide-shelf-XXXXXX");
    tide_schema_init(&schema);
    return mkdtemp(root) == NULL ||
           tide_schema_add(&schema, "n", (tide_type){.id = TIDE_INT64}, false, &err) != TIDE_OK ||
           tide_schema_add(&schema, "s", (tide_type){.id = TIDE_TEXT}, false, &err) != TIDE_OK;
}

static int end(void **state)
{
    (void)state;
    tide_schema_clear(&schema);
    return rmdir(root);
}

/* What row n has: every fifth text is null, one is empty, others differ in length. */
static tide_str text_of(int64_t n, char out[64])
{
    int size = n % 7 == 1 ? 0 : snprintf(out, 64, "%0*lld", (int)(1 + n % 40), (long long)n);
    return (tide_str){out, (size_t)size};
}

static tide_code put(tide_shelf *shelf, int64_t first, int64_t count)
{
    tide_builder builder;
    tide_batch view;
    char text[64];
    assert_int_equal(tide_builder_init(&builder, &schema, &err), TIDE_OK);
    for (int64_t n = first; n < first + count; n++) {
        assert_int_equal(tide_append_int64(&builder.columns[0], n, &err), TIDE_OK);
        assert_int_equal(n % 5 == 0 ? tide_append_null(&builder.columns[1], &err)
                                    : tide_append_str(&builder.columns[1], text_of(n, text), &err),
                         TIDE_OK);
        tide_builder_end_row(&builder);
    }
    assert_int_equal(tide_builder_view(&builder, &view, &err), TIDE_OK);
    tide_code code = shelf->vtable->put(shelf, &view, &err);
    tide_batch_clear(&view);
    tide_builder_clear(&builder);
    return code;
}

static void expect_row(const tide_batch *batch, int64_t row, int64_t n)
{
    tide_column columns[2];
    char text[64];
    tide_batch_columns(batch, columns);
    assert_int_equal(tide_column_int64(&columns[0], row), n);
    assert_int_equal(tide_column_is_null(&columns[1], row), n % 5 == 0);
    if (n % 5 != 0) {
        tide_str wanted = text_of(n, text), found = tide_column_str(&columns[1], row);
        assert_int_equal(found.size, wanted.size);
        assert_memory_equal(found.data, wanted.data, wanted.size);
    }
}

/* Reads all: rows 0, 1, ... count - 1. */
static void expect_rows(const tide_shelf *shelf, int64_t count)
{
    tide_stream *stream;
    tide_batch batch;
    int64_t n = 0;
    assert_int_equal(shelf->vtable->read(shelf, &stream, &err), TIDE_OK);
    do {
        assert_int_equal(stream->vtable->next(stream, &batch, NULL, &err), TIDE_OK);
        for (int64_t row = 0; row < tide_batch_row_count(&batch); row++) {
            expect_row(&batch, row, n++);
        }
    } while (tide_batch_row_count(&batch) > 0);
    stream->vtable->close(stream);
    assert_int_equal(n, count);
}

static void gives_what_was_put_as_often_as_asked(void **state)
{
    (void)state;
    tide_spill_shelves shelves;
    tide_shelf *one, *other;
    tide_spill_shelves_init(&shelves, root);
    assert_int_equal(shelves.maker.make(&shelves.maker, &schema, &one, &err), TIDE_OK);
    assert_int_equal(shelves.maker.make(&shelves.maker, &schema, &other, &err), TIDE_OK);
    expect_rows(one, 0);
    assert_int_equal(model_count_files(root), 0); /* nothing was put */
    for (int64_t i = 0; i < BATCHES; i++) {
        assert_int_equal(put(one, i * ROWS, ROWS), TIDE_OK);
        assert_int_equal(put(other, i, 1), TIDE_OK);
        expect_rows(one, (i + 1) * ROWS);
    }
    expect_rows(one, BATCHES * ROWS);
    one->vtable->close(one);
    expect_rows(other, BATCHES);
    other->vtable->close(other);
    tide_spill_shelves_clear(&shelves);
    assert_int_equal(model_count_files(root), 0);
}

/* What could not be put is not there, and what was is. */
static void a_full_disk_loses_nothing_that_was_put(void **state)
{
    (void)state;
    tide_spill_shelves shelves;
    tide_shelf *shelf;
    struct rlimit before, tight;
    tide_spill_shelves_init(&shelves, root);
    assert_int_equal(shelves.maker.make(&shelves.maker, &schema, &shelf, &err), TIDE_OK);
    assert_int_equal(put(shelf, 0, ROWS), TIDE_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    tight = (struct rlimit){(rlim_t)tide_atomic_get(&shelves.file.end) + 10, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    tide_code code = put(shelf, ROWS, ROWS);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_not_equal(code, TIDE_OK);
    assert_int_equal(err.side, TIDE_SIDE_PROCESS);
    expect_rows(shelf, ROWS);
    shelf->vtable->close(shelf);
    tide_spill_shelves_clear(&shelves);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gives_what_was_put_as_often_as_asked, begin, end),
        cmocka_unit_test_setup_teardown(a_full_disk_loses_nothing_that_was_put, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

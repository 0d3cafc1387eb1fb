/* SPDX-License-Identifier: Apache-2.0 */
/* Cells as the server's protocol documents them, and a buffer that grows when memory allows. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "record/builder.h"
#include "sink/postgres/writer.h"

typedef struct fixture {
    tide_schema schema;
    tide_builder builder;
    tide_batch view;
    tide_column column;
    tide_pg_encoder encoder;
    tide_error err;
} fixture;

static void open_column(fixture *f, tide_type type)
{
    *f = (fixture){0};
    tide_schema_init(&f->schema);
    tide_pg_encoder_init(&f->encoder);
    assert_int_equal(tide_schema_add(&f->schema, "c", type, false, &f->err), TIDE_OK);
    assert_int_equal(tide_builder_init(&f->builder, &f->schema, &f->err), TIDE_OK);
}

static tide_column_builder *cells(fixture *f)
{
    return &f->builder.columns[0];
}

static void view_column(fixture *f)
{
    tide_builder_end_rows(&f->builder);
    assert_int_equal(tide_builder_view(&f->builder, &f->view, &f->err), TIDE_OK);
    tide_batch_columns(&f->view, &f->column);
}

static void close_column(fixture *f)
{
    tide_batch_clear(&f->view);
    tide_builder_clear(&f->builder);
    tide_schema_clear(&f->schema);
    tide_pg_encoder_clear(&f->encoder);
}

static tide_pg_writer choose(tide_type type, Oid oid, int32_t modifier, bool canonical)
{
    tide_pg_writer writer;
    const char *advice;
    tide_pg_server_type theirs = {oid, modifier, "theirs"};
    assert_true(tide_pg_writer_choose(type, &theirs, canonical, &writer, &advice));
    return writer;
}

static void expect_cell(fixture *f, const tide_pg_writer *writer, int64_t row, const char *bytes,
                        size_t size)
{
    assert_int_equal(tide_pg_encoder_begin(&f->encoder, NULL, 64, &f->err), TIDE_OK);
    writer->write(&f->encoder, writer, &f->column, row);
    assert_int_equal(tide_pg_encoder_finish(&f->encoder, &f->err), TIDE_OK);
    assert_int_equal(f->encoder.size, size);
    assert_memory_equal(f->encoder.data, bytes, size);
}
#define EXPECT_CELL(f, writer, row, literal) \
    expect_cell((f), (writer), (row), (literal), sizeof(literal) - 1)

static void integers(void **state)
{
    (void)state;
    fixture f;
    open_column(&f, (tide_type){.id = TIDE_INT32});
    assert_int_equal(tide_append_int32(cells(&f), -2, &f.err), TIDE_OK);
    assert_int_equal(tide_append_null(cells(&f), &f.err), TIDE_OK);
    assert_int_equal(tide_append_int32(cells(&f), 20300, &f.err), TIDE_OK);
    view_column(&f);
    tide_pg_writer plain = choose((tide_type){.id = TIDE_INT32}, 23, -1, false);
    tide_pg_writer wide = choose((tide_type){.id = TIDE_INT32}, 20, -1, false);
    tide_pg_writer numeric = choose((tide_type){.id = TIDE_INT32}, 1700, -1, false);
    EXPECT_CELL(&f, &plain, 0, "\0\0\0\4\xff\xff\xff\xfe");
    EXPECT_CELL(&f, &plain, 1, "\xff\xff\xff\xff");
    EXPECT_CELL(&f, &wide, 0, "\0\0\0\10\xff\xff\xff\xff\xff\xff\xff\xfe");
    EXPECT_CELL(&f, &wide, 1, "\xff\xff\xff\xff");
    EXPECT_CELL(&f, &numeric, 1, "\xff\xff\xff\xff");
    EXPECT_CELL(&f, &numeric, 2, "\0\0\0\14\0\2\0\1\0\0\0\0\0\2\1\x2c");
    close_column(&f);
}

static void days_and_instants_count_from_2000(void **state)
{
    (void)state;
    fixture f;
    tide_type date = {.id = TIDE_DATE};
    tide_type timestamp = {.id = TIDE_TIMESTAMP};
    open_column(&f, date);
    assert_int_equal(tide_append_int32(cells(&f), 10957, &f.err), TIDE_OK);
    assert_int_equal(tide_append_int32(cells(&f), 10956, &f.err), TIDE_OK);
    assert_int_equal(tide_append_int32(cells(&f), INT32_MIN, &f.err), TIDE_OK);
    view_column(&f);
    tide_pg_writer writer = choose(date, 1082, -1, false);
    EXPECT_CELL(&f, &writer, 0, "\0\0\0\4\0\0\0\0");
    EXPECT_CELL(&f, &writer, 1, "\0\0\0\4\xff\xff\xff\xff");
    assert_true(writer.fit(&writer, &f.column, 0));
    assert_false(writer.fit(&writer, &f.column, 2));
    close_column(&f);
    open_column(&f, timestamp);
    assert_int_equal(tide_append_int64(cells(&f), INT64_C(946684800000001), &f.err), TIDE_OK);
    assert_int_equal(tide_append_int64(cells(&f), INT64_MIN, &f.err), TIDE_OK);
    assert_int_equal(tide_append_int64(cells(&f), INT64_MAX, &f.err), TIDE_OK);
    view_column(&f);
    writer = choose(timestamp, 1184, -1, false);
    EXPECT_CELL(&f, &writer, 0, "\0\0\0\10\0\0\0\0\0\0\0\1");
    assert_false(writer.fit(&writer, &f.column, 1));
    assert_true(writer.fit(&writer, &f.column, 2));
    close_column(&f);
}

static void doubles_of_a_merge_have_one_form(void **state)
{
    (void)state;
    fixture f;
    tide_type type = {.id = TIDE_DOUBLE};
    open_column(&f, type);
    assert_int_equal(tide_append_double(cells(&f), -0.0, &f.err), TIDE_OK);
    assert_int_equal(tide_append_double(cells(&f), -NAN, &f.err), TIDE_OK);
    assert_int_equal(tide_append_double(cells(&f), 1.0, &f.err), TIDE_OK);
    view_column(&f);
    tide_pg_writer exact = choose(type, 701, -1, false);
    tide_pg_writer canonical = choose(type, 701, -1, true);
    EXPECT_CELL(&f, &exact, 0, "\0\0\0\10\x80\0\0\0\0\0\0\0");
    EXPECT_CELL(&f, &canonical, 0, "\0\0\0\10\0\0\0\0\0\0\0\0");
    EXPECT_CELL(&f, &canonical, 1, "\0\0\0\10\x7f\xf8\0\0\0\0\0\0");
    EXPECT_CELL(&f, &canonical, 2, "\0\0\0\10\x3f\xf0\0\0\0\0\0\0");
    close_column(&f);
}

static void text_and_json(void **state)
{
    (void)state;
    fixture f;
    open_column(&f, (tide_type){.id = TIDE_JSON});
    assert_int_equal(tide_append_str(cells(&f), TIDE_STR("[1]"), &f.err), TIDE_OK);
    assert_int_equal(tide_append_str(cells(&f), TIDE_STR("\"\0\""), &f.err), TIDE_OK);
    view_column(&f);
    tide_pg_writer jsonb = choose((tide_type){.id = TIDE_JSON}, 3802, -1, false);
    tide_pg_writer json = choose((tide_type){.id = TIDE_JSON}, 114, -1, false);
    EXPECT_CELL(&f, &jsonb, 0, "\0\0\0\4\1[1]");
    EXPECT_CELL(&f, &json, 0, "\0\0\0\3[1]");
    assert_false(json.fit(&json, &f.column, 1));
    close_column(&f);
    open_column(&f, (tide_type){.id = TIDE_TEXT});
    assert_int_equal(tide_append_str(cells(&f), TIDE_STR("\xc5\xbc\xc3\xb3\xc5\x82"), &f.err),
                     TIDE_OK);
    assert_int_equal(tide_append_str(cells(&f), TIDE_STR("abcd"), &f.err), TIDE_OK);
    view_column(&f);
    tide_pg_writer varchar = choose((tide_type){.id = TIDE_TEXT}, 1043, 4 + 3, false);
    assert_true(varchar.fit(&varchar, &f.column, 0)); /* 3 characters in 6 bytes */
    assert_false(varchar.fit(&varchar, &f.column, 1));
    close_column(&f);
}

static void a_growing_buffer_survives_the_nth_failure(void **state)
{
    (void)state;
    fixture f;
    open_column(&f, (tide_type){.id = TIDE_TEXT});
    static char large[300000];
    memset(large, 'x', sizeof large);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(tide_append_str(cells(&f), (tide_str){large, sizeof large}, &f.err),
                         TIDE_OK);
    }
    view_column(&f);
    tide_pg_writer writer = choose((tide_type){.id = TIDE_TEXT}, 25, -1, false);
    for (size_t nth = 1; nth < 20; nth++) {
        tide_pg_encoder_clear(&f.encoder);
        (void)tide_memory_fail_nth(nth, 0);
        tide_code code = tide_pg_encoder_begin(&f.encoder, NULL, 64, &f.err);
        for (int64_t row = 0; row < 8 && code == TIDE_OK; row++) {
            if (tide_pg_encoder_reserve(&f.encoder)) {
                writer.write(&f.encoder, &writer, &f.column, row);
            }
        }
        code = code == TIDE_OK ? tide_pg_encoder_finish(&f.encoder, &f.err) : code;
        bool failed = tide_memory_fail_nth(0, 0) >= nth;
        assert_int_equal(code, failed ? TIDE_OUT_OF_MEMORY : TIDE_OK);
        if (!failed) {
            assert_true(nth > 1);
            assert_int_equal(f.encoder.size, 8 * (4 + sizeof large));
            close_column(&f);
            return;
        }
    }
    fail_msg("it never ended");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(days_and_instants_count_from_2000),
        cmocka_unit_test(doubles_of_a_merge_have_one_form),
        cmocka_unit_test(text_and_json),
        cmocka_unit_test(a_growing_buffer_survives_the_nth_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

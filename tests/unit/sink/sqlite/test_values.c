/* SPDX-License-Identifier: Apache-2.0 */
/* Every type at its limits into a table that the sink creates, read back by plain statements; and
 * through a state table and back, bit for bit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../store/rows.h"
#include "base/calendar.h"
#include "base/memory.h"
#include "record/decimal.h"
#include "record/order.h"
#include "sink/sqlite/sqlite_sink.h"
#include "sink/store/state_table.h"

static tide_error err;

static void must(tide_code code)
{
    if (code != TIDE_OK) {
        fail_msg("%s: %s", tide_code_name(code), err.message);
    }
}

static const tide_type types[] = {
    {.id = TIDE_BOOL},
    {.id = TIDE_INT32},
    {.id = TIDE_INT64},
    {.id = TIDE_DOUBLE},
    {.id = TIDE_DECIMAL, .precision = 38, .scale = 10},
    {.id = TIDE_TEXT},
    {.id = TIDE_BYTES},
    {.id = TIDE_DATE},
    {.id = TIDE_TIMESTAMP},
    {.id = TIDE_UUID},
    {.id = TIDE_JSON},
};
enum { TYPES = sizeof types / sizeof types[0] };

static void add_fields(tide_schema *schema)
{
    for (size_t i = 0; i < TYPES; i++) {
        char name[8];
        (void)snprintf(name, sizeof name, "c%zu", i);
        must(tide_schema_add(schema, name, types[i], false, &err));
    }
}

typedef struct extreme_row {
    bool boolean;
    int32_t int32;
    int64_t int64;
    double number;
    int decimal_sign; /* of 38 nines, or 0 */
    tide_str text, bytes;
    int32_t date;
    int64_t timestamp;
    uint8_t uuid_byte;
} extreme_row;

static void append_extremes(tide_column_builder *columns, const extreme_row *row)
{
    uint8_t uuid[16];
    memset(uuid, row->uuid_byte, sizeof uuid);
    tide_int128 nines = tide_power_of_ten(38) - 1;
    must(tide_append_bool(&columns[0], row->boolean, &err));
    must(tide_append_int32(&columns[1], row->int32, &err));
    must(tide_append_int64(&columns[2], row->int64, &err));
    must(tide_append_double(&columns[3], row->number, &err));
    must(tide_append_decimal(&columns[4], nines * row->decimal_sign, &err));
    must(tide_append_str(&columns[5], row->text, &err));
    must(tide_append_str(&columns[6], row->bytes, &err));
    must(tide_append_int32(&columns[7], row->date, &err));
    must(tide_append_int64(&columns[8], row->timestamp, &err));
    must(tide_append_uuid(&columns[9], uuid, &err));
    must(tide_append_str(&columns[10], TIDE_STR("{\"a\": [1, null]}"), &err));
}

static void test_table(void **state)
{
    (void)state;
    const extreme_row rows[] = {
        {true,
         INT32_MIN,
         INT64_MIN,
         1.5,
         -1,
         TIDE_STR("\xf0\x9f\x8c\x8a'\""),
         {"\0\xff", 2},
         tide_day_of_civil(1, 1, 1),
         INT64_MIN,
         0},
        {false,
         INT32_MAX,
         INT64_MAX,
         5e-324,
         1,
         {NULL, 0},
         {NULL, 0},
         tide_day_of_civil(9999, 12, 31),
         INT64_MAX,
         0xff},
        {false, 0, 0, -INFINITY, 0, TIDE_STR("007"), {"x", 1}, 0, 0, 0x0a},
    };
    test_folder folder;
    test_pipeline pipeline;
    tide_schema schema;
    make_folder(&folder);
    make_pipeline(&pipeline);
    tide_schema_init(&schema);
    add_fields(&schema);
    pipeline.target.output = &schema;
    pipeline.target.state = NULL;
    tide_builder builder;
    tide_batch batch;
    tide_unit unit;
    must(tide_builder_init(&builder, &schema, &err));
    for (size_t i = 0; i < 3; i++) {
        append_extremes(builder.columns, &rows[i]);
        tide_builder_end_row(&builder);
    }
    for (size_t i = 0; i < TYPES; i++) {
        must(tide_append_null(&builder.columns[i], &err));
    }
    tide_builder_end_row(&builder);
    tide_batch_init(&batch);
    tide_unit_init(&unit);
    unit.name = tide_copy_string("u");
    must(tide_builder_finish(&builder, &batch, &err));
    must(tide_unit_add_chunk(&unit, &batch, NULL, 0, &err));
    tide_builder_clear(&builder);
    const char *path = in_folder(&folder, "out.db");
    tide_sqlite_options options = {.path = path};
    tide_run_row run = run_row(1, TIDE_RUN_STARTED);
    tide_sink *sink;
    tide_sink_worker *worker;
    tide_load_result result;
    must(tide_sqlite_sink_open(&options, &pipeline.target, &sink, &err));
    must(sink->vtable->begin(sink, &run, &err));
    must(sink->vtable->open_worker(sink, &worker, &err));
    must(sink->vtable->load(worker, &unit, &result, &err));
    assert_int_equal(result.loaded, 4);
    sink->vtable->close_worker(worker);
    sink->vtable->close(sink);
    char *text = query_text(path,
                            "SELECT c0, c1, c2, c3, c4, hex(c5), hex(c6), "
                            "c7, c8, c9, c10 FROM out");
    assert_string_equal(
        text,
        "1|-2147483648|-9223372036854775808|1.5|"
        "-9999999999999999999999999999.9999999999|F09F8C8A2722|00FF|0001-01-01|"
        "-9223372036854775808|00000000-0000-0000-0000-000000000000|{\"a\": [1, null]}\n"
        "0|2147483647|9223372036854775807|4.94065645841247e-324|"
        "9999999999999999999999999999.9999999999|||9999-12-31|9223372036854775807|"
        "ffffffff-ffff-ffff-ffff-ffffffffffff|{\"a\": [1, null]}\n"
        "0|0|0|-Inf|0.0000000000|303037|78|1970-01-01|0|"
        "0a0a0a0a-0a0a-0a0a-0a0a-0a0a0a0a0a0a|{\"a\": [1, null]}\n"
        "null|null|null|null|null|||null|null|null|null\n");
    free(text);
    text = query_text(path,
                      "SELECT typeof(c0), typeof(c1), typeof(c2), typeof(c3), typeof(c4), "
                      "typeof(c5), typeof(c6), typeof(c7), typeof(c8), typeof(c9), "
                      "typeof(c10) FROM out LIMIT 1 OFFSET 1");
    assert_string_equal(text,
                        "integer|integer|integer|real|text|text|blob|text|integer|text|text\n");
    free(text);
    tide_unit_clear(&unit);
    tide_schema_clear(&schema);
    clear_pipeline(&pipeline);
    remove_folder(&folder);
}

static void make_wide_layout(tide_state_layout *layout)
{
    *layout = (tide_state_layout){
        .series_begin = 1, .series_count = 1, .values_begin = 7, .values_count = TYPES};
    tide_schema_init(&layout->schema);
    must(tide_schema_add(&layout->schema, "_hash", (tide_type){.id = TIDE_INT64}, true, &err));
    must(tide_schema_add(&layout->schema, "series", (tide_type){.id = TIDE_TEXT}, true, &err));
    add_fields(&layout->schema);
}

/* Random bit patterns where a type has them; ends of ranges now and then. */
static void append_random(tide_column_builder *columns, uint64_t *random)
{
    static const double numbers[] = {NAN, -0.0, INFINITY, -INFINITY, 5e-324, 0.1};
    uint64_t bits = next_random(random);
    extreme_row row = {
        .boolean = bits & 1,
        .int32 = (int32_t)next_random(random),
        .int64 = (int64_t)next_random(random),
        .number = numbers[bits % 6],
        .decimal_sign = (int)(bits % 3) - 1,
        .text = {"a\0b\xc5\xbc", bits % 6},
        .bytes = {"\0\xff\x80zz", bits % 6},
        .date = (int32_t)(next_random(random) % 4000000) - 2000000,
        .timestamp = (int64_t)next_random(random),
        .uuid_byte = (uint8_t)bits,
    };
    if (row.text.size == 4) {
        row.text.size = 3; /* whole characters */
    }
    append_extremes(columns, &row);
}

static void test_state_comes_back(void **state)
{
    (void)state;
    enum { ROWS = 500 };
    test_folder folder;
    tide_state_layout layout;
    tide_builder builder;
    tide_batch batch;
    tide_db db;
    tide_row_writer writer;
    uint64_t random = 42;
    print_message("seed 42\n");
    make_folder(&folder);
    make_wide_layout(&layout);
    must(tide_builder_init(&builder, &layout.schema, &err));
    for (int64_t i = 0; i < ROWS; i++) {
        must(tide_append_int64(&builder.columns[0], i - ROWS / 2, &err));
        must(tide_append_str(&builder.columns[1], (tide_str){"s\0t", (size_t)(i % 4)}, &err));
        if (i % 7 == 0) {
            for (size_t c = 2; c < 2 + TYPES; c++) {
                must(tide_append_null(&builder.columns[c], &err));
            }
        } else {
            append_random(builder.columns + 2, &random);
        }
        tide_builder_end_row(&builder);
    }
    tide_batch_init(&batch);
    must(tide_builder_view(&builder, &batch, &err));
    tide_db_options options = {
        .path = in_folder(&folder, "s.db"), .access = TIDE_DB_CREATE, .cache_kib = 1024};
    must(tide_db_open(&db, &options, &err));
    must(tide_state_table_create(&db, "st", &layout, &err));
    must(tide_state_table_writer(&db, "st", &layout, &writer, &err));
    for (int twice = 0; twice < 2; twice++) { /* the second time replaces */
        must(tide_row_writer_write_batch(&writer, &db, &batch, "writing", &err));
    }
    tide_row_writer_clear(&writer);
    tide_stream *stream;
    tide_batch back;
    must(
        tide_state_table_read(&db, "st", &layout, (tide_hash_range){0, UINT64_MAX}, &stream, &err));
    must(stream->vtable->next(stream, &back, NULL, &err));
    assert_int_equal(tide_batch_row_count(&back), ROWS);
    tide_column wanted[2 + TYPES];
    tide_column found[2 + TYPES];
    tide_batch_columns(&batch, wanted);
    tide_batch_columns(&back, found);
    for (int64_t row = 0; row < ROWS; row++) {
        for (size_t c = 0; c < 2 + TYPES; c++) {
            tide_compare_values compare = tide_compare_for(wanted[c].type);
            if (compare(&wanted[c], row, &found[c], row) != 0) {
                fail_msg("row %lld column %zu differs", (long long)row, c);
            }
        }
        if (!tide_column_is_null(&wanted[5], row)) { /* -0 stays -0 */
            assert_int_equal(signbit(tide_column_double(&wanted[5], row)) != 0,
                             signbit(tide_column_double(&found[5], row)) != 0);
        }
    }
    stream->vtable->close(stream);
    tide_batch_clear(&batch);
    tide_builder_clear(&builder);
    tide_db_close(&db);
    tide_schema_clear(&layout.schema);
    remove_folder(&folder);
}

/* Steps that declare more: the column is added, old rows have null. */
static void test_state_table_grows(void **state)
{
    (void)state;
    test_folder folder;
    test_pipeline pipeline;
    tide_db db;
    make_folder(&folder);
    make_pipeline(&pipeline);
    const char *path = in_folder(&folder, "s.db");
    tide_db_options options = {.path = path, .access = TIDE_DB_CREATE, .cache_kib = 1024};
    must(tide_db_open(&db, &options, &err));
    must(tide_state_table_create(&db, "st", &pipeline.layout, &err));
    must(tide_schema_add(&pipeline.layout.schema, "s2_more", (tide_type){.id = TIDE_TEXT}, true,
                         &err));
    must(tide_state_table_create(&db, "st", &pipeline.layout, &err));
    tide_db_close(&db);
    char *text = query_text(path,
                            "SELECT type, \"notnull\" FROM pragma_table_info('st') "
                            "WHERE name = 's2_more'");
    assert_string_equal(text, "TEXT|0\n");
    free(text);
    clear_pipeline(&pipeline);
    remove_folder(&folder);
}

static void test_damaged_state_is_told(void **state)
{
    (void)state;
    test_folder folder;
    test_pipeline pipeline;
    tide_db db;
    tide_stream *stream;
    make_folder(&folder);
    make_pipeline(&pipeline);
    tide_db_options options = {
        .path = in_folder(&folder, "s.db"), .access = TIDE_DB_CREATE, .cache_kib = 1024};
    must(tide_db_open(&db, &options, &err));
    must(tide_state_table_create(&db, "st", &pipeline.layout, &err));
    must(tide_db_execute(&db,
                         "INSERT INTO st VALUES (1, 's', '2024-02-30', NULL, 1, 1, "
                         "'00000000-0000-0000-0000-000000000000', 1)",
                         &err));
    assert_int_equal(tide_state_table_read(&db, "st", &pipeline.layout,
                                           (tide_hash_range){0, UINT64_MAX}, &stream, &err),
                     TIDE_BAD_DATA);
    assert_non_null(strstr(err.message, "column _last_day holds `2024-02-30`, which is no date"));
    tide_db_close(&db);
    clear_pipeline(&pipeline);
    remove_folder(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_state_comes_back),
        cmocka_unit_test(test_state_table_grows),
        cmocka_unit_test(test_damaged_state_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

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

/* Positions: 0, 10 (CRLF), blank lines, 27 (long), broken, a hit, the last without a line feed. */
static const char lines[] =
    "{\"n\": 1 }\n"
    "{\"n\": 2}\r\n"
    "\n"
    " \t\r\n"
    "\r\n"
    "{\"n\": 3, \"x\": \"a line that is a good deal longer than others\"}\n"
    "{\"n\": 4\n"
    "{\"_index\":\"i\",\"_id\":\"a\",\"_source\":{\"n\":5}}\n"
    "{\"n\": \"six\"}\n"
    "{\"n\":7}";

static const char rows_of_lines[] =
    "{\"n\": 1, \"$source\": 0, \"$position\": 0}\n"
    "{\"n\": 2, \"$source\": 0, \"$position\": 10}\n"
    "{\"n\": 3, \"$source\": 0, \"$position\": 27}\n"
    "{\"n\": 5, \"$source\": 0, \"$position\": 98}\n"
    "{\"n\": 7, \"$source\": 0, \"$position\": 154}\n";

static const char rejects_of_lines[] =
    "a.ndjson:90 -: the document is not JSON: was it cut? {}\n"
    "a.ndjson:141 n: `six` is not of type int64 {}\n";

static fixture f;

static int begin(void **state)
{
    (void)state;
    fixture_init(&f);
    fixture_column(&f, "n", "int64");
    fixture_pattern(&f, "*");
    return 0;
}

static int end(void **state)
{
    (void)state;
    fixture_clear(&f);
    return 0;
}

static void test_lines(void **state)
{
    (void)state;
    fixture_write(&f, "a.ndjson", TIDE_STR(lines));
    fixture_expect(&f, rows_of_lines, rejects_of_lines);
    assert_int_equal(f.byte_count, sizeof lines - 1);
}

static void test_every_split_size(void **state)
{
    (void)state;
    fixture_write(&f, "a.ndjson", TIDE_STR(lines));
    for (size_t split = 1; split <= sizeof lines; split++) {
        for (size_t buffer = 1; buffer <= 96; buffer = buffer * 3 + 1) {
            f.options.split_bytes = split;
            f.options.buffer_bytes = buffer;
            fixture_expect(&f, rows_of_lines, rejects_of_lines);
        }
    }
}

/* The mark belongs to the first line, whichever range its end lies in. */
static void test_byte_order_mark(void **state)
{
    (void)state;
    fixture_write(&f, "a.ndjson", TIDE_STR("\xEF\xBB\xBF{\"n\": 1}\n{\"n\": 2}\n"));
    for (size_t split = 1; split <= 24; split++) {
        f.options.split_bytes = split;
        fixture_expect(&f,
                       "{\"n\": 1, \"$source\": 0, \"$position\": 0}\n"
                       "{\"n\": 2, \"$source\": 0, \"$position\": 12}\n",
                       "");
    }
}

static void test_nothing_in_it(void **state)
{
    (void)state;
    static const char *const contents[] = {"", "\n", "\r\n\r\n", "\xEF\xBB\xBF", "  \n\t"};
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        fixture_write(&f, "a.ndjson", tide_str_of(contents[i]));
        for (size_t split = 1; split < 5; split++) {
            f.options.split_bytes = split;
            fixture_expect(&f, "", "");
        }
    }
}

/* A line over the limit is a reject, memory stays bounded, and the lines around it are whole. */
static void test_too_long_lines(void **state)
{
    (void)state;
    tide_text text;
    tide_text_init(&text);
    tide_text_append(&text, "{\"n\": 1}\n");
    for (int i = 0; i < 100000; i++) {
        tide_text_append(&text, "{\"n\": 99}  ");
    }
    tide_text_append(&text, "\n{\"n\": 2}\n");
    fixture_write(&f, "a.ndjson", (tide_str){text.data, text.size});
    f.options.buffer_bytes = 64;
    f.options.record_bytes_max = 100;
    static const uint64_t splits[] = {5000, 65536, 1100000, 2000000};
    for (size_t i = 0; i < sizeof splits / sizeof splits[0]; i++) {
        f.options.split_bytes = splits[i];
        tide_budget_init(&f.budget, 1 << 30);
        fixture_expect(&f,
                       "{\"n\": 1, \"$source\": 0, \"$position\": 0}\n"
                       "{\"n\": 2, \"$source\": 0, \"$position\": 1100010}\n",
                       "a.ndjson:9 -: the record is larger than a record may be (64 MB) {}\n");
        assert_true(tide_budget_peak(&f.budget) < 4096);
    }
    /* Exactly at the limit, with either line end. */
    fixture_write(&f, "a.ndjson", TIDE_STR("{\"n\": 1}\n{\"n\": 2}\r\n{\"n\": 33}\r\n{\"n\": 4}"));
    f.options.record_bytes_max = 8;
    f.options.buffer_bytes = 1;
    fixture_expect(&f,
                   "{\"n\": 1, \"$source\": 0, \"$position\": 0}\n"
                   "{\"n\": 2, \"$source\": 0, \"$position\": 9}\n"
                   "{\"n\": 4, \"$source\": 0, \"$position\": 30}\n",
                   "a.ndjson:19 -: the record is larger than a record may be (64 MB) {}\n");
    tide_text_clear(&text);
}

/* Random lines of random lengths, many batches; expected from what was written. */
static void test_random_lines(void **state)
{
    (void)state;
    unsigned seed = SEED;
    tide_text text, expected;
    tide_text_init(&text);
    tide_text_init(&expected);
    print_message("seed %u\n", seed);
    for (int i = 0; i < 20000; i++) {
        if (rand_r(&seed) % 10 == 0) {
            tide_text_append(&text, rand_r(&seed) % 2 == 0 ? "\n" : "\r\n");
        }
        tide_text_append_format(&expected, "{\"n\": %d, \"$source\": 0, \"$position\": %zu}\n", i,
                                text.size);
        tide_text_append_format(&text, "{\"n\": %d%*s}", i, rand_r(&seed) % 100, "");
        tide_text_append(&text, rand_r(&seed) % 2 == 0 ? "\n" : "\r\n");
    }
    fixture_write(&f, "a.ndjson", (tide_str){text.data, text.size});
    static const uint64_t splits[] = {0, 9000, 20000, 65537, 300000};
    for (size_t i = 0; i < 5; i++) {
        f.options.split_bytes = splits[i];
        f.options.buffer_bytes = i % 2 == 0 ? 0 : 300;
        fixture_expect(&f, tide_text_c(&expected), "");
    }
    tide_text_clear(&text);
    tide_text_clear(&expected);
}

/* What one thread of several reads: every fourth split, to a sum of its values. */
typedef struct worker {
    uint32_t first;
    int64_t row_count, sum;
    tide_code code;
    tide_error err;
} worker;

static tide_code read_values(worker *w, tide_reader *reader)
{
    tide_read read = {.end = false};
    while (!read.end) {
        tide_column columns[3];
        TIDE_TRY(reader->vtable->next(reader, &read, &w->err));
        tide_batch_columns(&read.batch, columns);
        for (int64_t i = 0; i < tide_batch_row_count(&read.batch); i++) {
            w->sum += tide_column_int64(&columns[0], i);
            w->row_count++;
        }
        tide_batch_clear(&read.batch);
    }
    return TIDE_OK;
}

static void run_worker(void *argument)
{
    worker *w = argument;
    for (uint32_t i = w->first; i < f.plan.split_count && w->code == TIDE_OK; i += 4) {
        tide_reader *reader;
        w->code = f.source->vtable->open_reader(f.source, &f.plan, i, 1, &reader, &w->err);
        if (w->code == TIDE_OK) {
            w->code = read_values(w, reader);
            reader->vtable->close(reader);
        }
    }
}

static void test_parallel_readers(void **state)
{
    (void)state;
    tide_text text;
    worker workers[4];
    tide_thread threads[4];
    int64_t row_count = 0, sum = 0;
    tide_text_init(&text);
    for (int i = 0; i < 20000; i++) {
        tide_text_append_format(&text, "{\"n\": %d}\n", i);
    }
    fixture_write(&f, "a.ndjson", (tide_str){text.data, text.size});
    f.options.split_bytes = 10000;
    assert_int_equal(fixture_open(&f), TIDE_OK);
    for (uint32_t i = 0; i < 4; i++) {
        workers[i] = (worker){.first = i};
        assert_int_equal(tide_thread_start(&threads[i], run_worker, &workers[i], &f.err), TIDE_OK);
    }
    for (int i = 0; i < 4; i++) {
        tide_thread_join(&threads[i]);
        assert_int_equal(workers[i].code, TIDE_OK);
        row_count += workers[i].row_count;
        sum += workers[i].sum;
    }
    assert_int_equal(row_count, 20000);
    assert_int_equal(sum, 19999 * 10000);
    tide_text_clear(&text);
}

static void test_split_names(void **state)
{
    (void)state;
    fixture_write(&f, "a.ndjson", TIDE_STR("{}\n{}\n{}"));
    fixture_write(&f, "b.json", TIDE_STR("{}\n"));
    f.options.split_bytes = 4;
    assert_int_equal(fixture_open(&f), TIDE_OK);
    assert_int_equal(f.plan.member_count, 2);
    assert_int_equal(f.plan.split_count, 3);
    assert_string_equal(f.plan.splits[0].name, "a.ndjson bytes 0-4");
    assert_string_equal(f.plan.splits[1].name, "a.ndjson bytes 4-8");
    assert_string_equal(f.plan.splits[2].name, "b.json");
    assert_int_equal(f.plan.splits[2].member, 1);
    assert_true(f.plan.splits[0].stable);
    assert_int_equal(f.plan.splits[1].byte_count, 4);
    assert_string_equal(f.plan.server, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines, begin, end),
        cmocka_unit_test_setup_teardown(test_every_split_size, begin, end),
        cmocka_unit_test_setup_teardown(test_byte_order_mark, begin, end),
        cmocka_unit_test_setup_teardown(test_nothing_in_it, begin, end),
        cmocka_unit_test_setup_teardown(test_too_long_lines, begin, end),
        cmocka_unit_test_setup_teardown(test_random_lines, begin, end),
        cmocka_unit_test_setup_teardown(test_parallel_readers, begin, end),
        cmocka_unit_test_setup_teardown(test_split_names, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Measures the shuffle on one core: rows in, sorted, and out again.
 *
 *   shuffle_bench [ROWS [COLUMNS(4 or 9) [SPLITS [MEMORY_MB [PARTITIONS [SERIES]]]]]]
 *
 * Prints seconds and rows/s of each phase. Batches of 8192 rows are made once per split and written
 * again and again with other keys and times, so that making them costs little.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/calendar.h"
#include "base/limits.h"
#include "record/builder.h"
#include "shuffle/shuffle.h"

enum { CUSTOMER, AT, AMOUNT, ID, OFFER, CITY, COUNT, PRICE, FLAG, COLUMNS_MAX };

static const struct {
    const char *name;
    tide_type type;
} fields[COLUMNS_MAX] = {
    [CUSTOMER] = {"customer", {TIDE_TEXT, 0, 0}}, [AT] = {"at", {TIDE_TIMESTAMP, 0, 0}},
    [AMOUNT] = {"amount", {TIDE_DOUBLE, 0, 0}},   [ID] = {"$id", {TIDE_TEXT, 0, 0}},
    [OFFER] = {"offer", {TIDE_TEXT, 0, 0}},       [CITY] = {"city", {TIDE_TEXT, 0, 0}},
    [COUNT] = {"count", {TIDE_INT64, 0, 0}},      [PRICE] = {"price", {TIDE_DECIMAL, 12, 2}},
    [FLAG] = {"flag", {TIDE_BOOL, 0, 0}},
};

typedef struct bench {
    int64_t rows, columns, splits, memory_mb, partitions, series;
    tide_schema schema;
    tide_builder builder;
    tide_budget budget;
    tide_cancel cancel;
    tide_shuffle *shuffle;
    uint64_t random;
    int64_t row_bytes;
} bench;

static void stop_on(tide_code code, const tide_error *err)
{
    if (code != TIDE_OK) {
        fprintf(stderr, "%s\n", err->message);
        exit(1);
    }
}

static uint64_t next_random(bench *b)
{
    b->random ^= b->random << 13;
    b->random ^= b->random >> 7;
    b->random ^= b->random << 17;
    return b->random;
}

static double cpu_seconds(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void append_text(tide_builder *builder, int column, const char *format, uint64_t number)
{
    char text[48];
    tide_error err;
    int size = snprintf(text, sizeof text, format, (unsigned long long)number);
    stop_on(tide_append_str(&builder->columns[column], (tide_str){text, (size_t)size}, &err), &err);
}

static void make_batch(bench *b, int64_t count)
{
    tide_error err;
    tide_column_builder *c = b->builder.columns;
    tide_builder_reset(&b->builder);
    for (int64_t i = 0; i < count; i++) {
        uint64_t random = next_random(b);
        append_text(&b->builder, CUSTOMER, "customer-%07llu", random % (uint64_t)b->series);
        stop_on(tide_append_int64(&c[AT], (int64_t)(random >> 20), &err), &err);
        stop_on(tide_append_double(&c[AMOUNT], (double)(random & 1023) / 8, &err), &err);
        append_text(&b->builder, ID, "%016llx", random);
        if (b->columns > 4) {
            append_text(&b->builder, OFFER, "offer-%04llu", random % 1000);
            append_text(&b->builder, CITY, "city %llu", random % 100);
            stop_on(tide_append_int64(&c[COUNT], (int64_t)(random & 7), &err), &err);
            stop_on(tide_append_decimal(&c[PRICE], (int64_t)(random & 0xFFFF), &err), &err);
            stop_on(tide_append_bool(&c[FLAG], (random & 1) != 0, &err), &err);
        }
        tide_builder_end_row(&b->builder);
    }
}

static double write_splits(bench *b, double *finish_seconds)
{
    double seconds = 0;
    tide_error err;
    for (int64_t split = 0; split < b->splits; split++) {
        int64_t left = b->rows / b->splits;
        tide_shuffle_attempt *attempt;
        stop_on(tide_shuffle_attempt_begin(b->shuffle, (uint32_t)split, &attempt, &err), &err);
        while (left > 0) {
            tide_batch batch;
            int64_t count = left < TIDE_BATCH_ROWS_MAX ? left : TIDE_BATCH_ROWS_MAX;
            make_batch(b, count);
            stop_on(tide_builder_view(&b->builder, &batch, &err), &err);
            b->row_bytes = (int64_t)tide_batch_bytes(&batch) / count;
            double begin = cpu_seconds();
            stop_on(tide_shuffle_attempt_write(attempt, &batch, NULL, &err), &err);
            seconds += cpu_seconds() - begin;
            tide_batch_clear(&batch);
            left -= count;
        }
        double begin = cpu_seconds();
        stop_on(tide_shuffle_attempt_finish(attempt, &err), &err);
        *finish_seconds += cpu_seconds() - begin;
    }
    return seconds;
}

static int64_t read_partitions(bench *b)
{
    tide_error err;
    int64_t rows = 0;
    for (uint32_t p = 0; p < (uint32_t)b->partitions; p++) {
        tide_stream *stream;
        tide_hash_range range = tide_partition_range(p, (uint32_t)b->partitions);
        stop_on(tide_shuffle_open_range(b->shuffle, range, &stream, &err), &err);
        int64_t count;
        do {
            tide_batch batch;
            const uint64_t *hashes;
            stop_on(stream->vtable->next(stream, &batch, &hashes, &err), &err);
            count = tide_batch_row_count(&batch);
            rows += count;
        } while (count > 0);
        stream->vtable->close(stream);
    }
    return rows;
}

static void print_phase(const bench *b, const char *name, double seconds)
{
    printf("%-8s %7.3f s %8.0f krows/s %7.0f MB/s\n", name, seconds,
           (double)b->rows / seconds / 1e3, (double)(b->rows * b->row_bytes) / seconds / 1e6);
}

static void run(bench *b)
{
    double finish = 0;
    tide_error err;
    double write = write_splits(b, &finish);
    double begin = cpu_seconds();
    stop_on(tide_shuffle_seal(b->shuffle, 1, &err), &err);
    double seal = cpu_seconds() - begin;
    begin = cpu_seconds();
    int64_t rows = read_partitions(b);
    double read = cpu_seconds() - begin;
    tide_shuffle_facts facts = tide_shuffle_get_facts(b->shuffle);
    printf(
        "%lld rows of %lld columns, %lld bytes, in %lld splits; %lld runs in memory, %lld on "
        "disk, %lld merges, %lld MB spilled, peak %lld MB\n",
        (long long)rows, (long long)b->columns, (long long)b->row_bytes, (long long)b->splits,
        (long long)facts.memory_runs, (long long)facts.disk_runs, (long long)facts.merge_count,
        (long long)(facts.spilled_bytes >> 20), (long long)(tide_budget_peak(&b->budget) >> 20));
    print_phase(b, "write", write);
    print_phase(b, "finish", finish);
    if (seal > 0.01) {
        print_phase(b, "seal", seal);
    }
    print_phase(b, "read", read);
    print_phase(b, "all", write + finish + seal + read);
}

static int64_t argument(int argc, char **argv, int index, int64_t otherwise)
{
    return argc > index ? strtoll(argv[index], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    tide_error err;
    static const uint32_t key[] = {CUSTOMER};
    static const uint32_t order[] = {AT, ID, AMOUNT};
    bench b = {
        .rows = argument(argc, argv, 1, 2000000),
        .columns = argument(argc, argv, 2, 4) > 4 ? COLUMNS_MAX : 4,
        .splits = argument(argc, argv, 3, 4),
        .memory_mb = argument(argc, argv, 4, 4096),
        .partitions = argument(argc, argv, 5, 8),
        .series = argument(argc, argv, 6, 100000),
        .random = UINT64_C(88172645463325252),
    };
    for (int64_t i = 0; i < b.columns; i++) {
        stop_on(tide_schema_add(&b.schema, fields[i].name, fields[i].type, false, &err), &err);
    }
    stop_on(tide_builder_init(&b.builder, &b.schema, &err), &err);
    tide_budget_init(&b.budget, b.memory_mb << 20);
    tide_cancel_init(&b.cancel);
    tide_shuffle_options options = {.schema = &b.schema,
                                    .key_columns = key,
                                    .key_count = 1,
                                    .order_columns = order,
                                    .order_count = 3,
                                    .spill_directory = "/tmp/tidemill-bench",
                                    .budget = &b.budget,
                                    .cancel = &b.cancel};
    stop_on(tide_shuffle_create(&options, &b.shuffle, &err), &err);
    run(&b);
    tide_shuffle_destroy(b.shuffle);
    tide_builder_clear(&b.builder);
    tide_schema_clear(&b.schema);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* How fast the PostgreSQL sink loads: units of 9 columns, made before the clock starts.
 *
 *   postgres_sink_bench CONNINFO [rows per worker = 1000000] [workers = 1] [merge]
 *
 * Compare with what psql needs for the same rows (which it reads from a file, already encoded):
 *
 *   psql -c "\copy bench to /tmp/rows binary"; psql -c "truncate bench"
 *   time psql -c "\copy bench from /tmp/rows binary"
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "record/builder.h"
#include "sink/postgres/postgres_sink.h"

#define UNIT_ROWS 100000
#define CHUNK_ROWS 8192

typedef struct worker {
    tide_sink *sink;
    tide_sink_worker *handle;
    tide_unit *units;
    size_t unit_count;
    int64_t loaded;
    tide_thread thread;
} worker;

static void need(tide_code code, const tide_error *err)
{
    if (code != TIDE_OK) {
        fprintf(stderr, "postgres_sink_bench: %s\n", err->message);
        exit(1);
    }
}

static void make_schema(tide_schema *schema)
{
    static const struct {
        const char *name;
        tide_type type;
    } columns[] = {
        {"event_id", {.id = TIDE_INT64}}, {"customer_id", {.id = TIDE_TEXT}},
        {"offer_id", {.id = TIDE_TEXT}},  {"used_at", {.id = TIDE_TIMESTAMP}},
        {"day", {.id = TIDE_DATE}},       {"amount", {TIDE_DECIMAL, 12, 2}},
        {"balance", {.id = TIDE_DOUBLE}}, {"uses", {.id = TIDE_INT32}},
        {"is_refund", {.id = TIDE_BOOL}},
    };
    tide_error err;
    tide_schema_init(schema);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        need(tide_schema_add(schema, columns[i].name, columns[i].type, false, &err), &err);
    }
}

static void make_row(tide_builder *builder, int64_t n, tide_error *err)
{
    char customer[32];
    char offer[32];
    uint64_t mixed = (uint64_t)n * UINT64_C(0x9e3779b97f4a7c15);
    int customer_size =
        snprintf(customer, sizeof customer, "customer-%06u", (unsigned)(mixed >> 40) % 200000);
    int offer_size = snprintf(offer, sizeof offer, "offer-%03u", (unsigned)(mixed >> 20) % 500);
    tide_column_builder *c = builder->columns;
    need(tide_append_int64(&c[0], n, err), err);
    need(tide_append_str(&c[1], (tide_str){customer, (size_t)customer_size}, err), err);
    need(tide_append_str(&c[2], (tide_str){offer, (size_t)offer_size}, err), err);
    need(tide_append_int64(&c[3], INT64_C(1700000000000000) + n * 1000003, err), err);
    need(tide_append_int32(&c[4], (int32_t)(19675 + n / 10000), err), err);
    need(tide_append_decimal(&c[5], (tide_int128)(mixed % 1000000), err), err);
    need(tide_append_double(&c[6], (double)(mixed % 100000) / 7, err), err);
    need(tide_append_int32(&c[7], (int32_t)(mixed % 97), err), err);
    need(tide_append_bool(&c[8], mixed % 11 == 0, err), err);
    tide_builder_end_row(builder);
}

static void make_unit(tide_unit *unit, const tide_schema *schema, int64_t first, int64_t count)
{
    tide_error err;
    tide_builder builder;
    char name[32];
    tide_unit_init(unit);
    snprintf(name, sizeof name, "unit %" PRId64, first);
    unit->name = tide_copy_string(name);
    need(tide_builder_init(&builder, schema, &err), &err);
    for (int64_t i = 0; i < count; i++) {
        make_row(&builder, first + i, &err);
        if ((i + 1) % CHUNK_ROWS == 0 || i + 1 == count) {
            tide_batch batch;
            tide_batch_init(&batch);
            need(tide_builder_finish(&builder, &batch, &err), &err);
            need(tide_unit_add_chunk(unit, &batch, NULL, 0, &err), &err);
        }
    }
    tide_builder_clear(&builder);
}

static void load_all(void *argument)
{
    worker *w = argument;
    tide_error err;
    for (size_t i = 0; i < w->unit_count; i++) {
        tide_load_result result;
        need(w->sink->vtable->load(w->handle, &w->units[i], &result, &err), &err);
        w->loaded += result.loaded;
    }
}

static double run(worker *workers, size_t worker_count)
{
    tide_error err;
    int64_t begin = tide_monotonic_micros();
    for (size_t i = 0; i < worker_count; i++) {
        need(tide_thread_start(&workers[i].thread, load_all, &workers[i], &err), &err);
    }
    for (size_t i = 0; i < worker_count; i++) {
        tide_thread_join(&workers[i].thread);
    }
    return (double)(tide_monotonic_micros() - begin) / 1e6;
}

int main(int argc, char **argv)
{
    static uint32_t key[] = {1, 2};
    if (argc < 2) {
        fprintf(stderr, "postgres_sink_bench CONNINFO [rows per worker] [workers] [merge]\n");
        return 2;
    }
    int64_t rows = argc > 2 ? strtoll(argv[2], NULL, 10) : 1000000;
    size_t worker_count = argc > 3 ? strtoul(argv[3], NULL, 10) : 1;
    bool merges = argc > 4;
    tide_error err;
    tide_schema schema;
    tide_schema none;
    make_schema(&schema);
    tide_schema_init(&none);
    tide_target target = {.pipeline = merges ? "bench_merge" : "bench",
                          .table = merges ? "bench_merge" : "bench",
                          .mode = merges ? TIDE_MERGE : TIDE_APPEND,
                          .output = &schema,
                          .late = &none,
                          .key_columns = key,
                          .key_count = merges ? 2 : 0,
                          .newest_column = merges ? 3 : TIDE_NO_FIELD,
                          .day_column = TIDE_NO_FIELD,
                          .fingerprint = "bench",
                          .fingerprint_text = ""};
    tide_postgres_options options = {.conninfo = argv[1]};
    tide_sink *sink;
    need(tide_postgres_sink_open(&options, &target, &sink, &err), &err);
    tide_run_row row = {.run = tide_now(), .started_at = tide_now()};
    need(sink->vtable->begin(sink, &row, &err), &err);
    worker *workers = tide_alloc_zero(worker_count, sizeof *workers);
    for (size_t i = 0; i < worker_count; i++) {
        worker *w = &workers[i];
        w->sink = sink;
        w->unit_count = (size_t)((rows + UNIT_ROWS - 1) / UNIT_ROWS);
        w->units = tide_alloc_zero(w->unit_count, sizeof *w->units);
        need(sink->vtable->open_worker(sink, &w->handle, &err), &err);
        for (size_t j = 0; j < w->unit_count; j++) {
            int64_t left = rows - (int64_t)j * UNIT_ROWS;
            make_unit(&w->units[j], &schema, (int64_t)i * rows + (int64_t)j * UNIT_ROWS,
                      left < UNIT_ROWS ? left : UNIT_ROWS);
        }
    }
    double seconds = run(workers, worker_count);
    int64_t loaded = 0;
    for (size_t i = 0; i < worker_count; i++) {
        loaded += workers[i].loaded;
        sink->vtable->close_worker(workers[i].handle);
        for (size_t j = 0; j < workers[i].unit_count; j++) {
            tide_unit_clear(&workers[i].units[j]);
        }
        tide_free(workers[i].units);
    }
    double sent = (double)rows * (double)worker_count;
    printf("%zu workers: %.0f rows in %.2f s, %.0f rows/s; %" PRId64 " loaded\n", worker_count,
           sent, seconds, sent / seconds, loaded);
    need(sink->vtable->finish(sink, &row, &(tide_load_result){0}, &err), &err);
    sink->vtable->close(sink);
    tide_free(workers);
    tide_schema_clear(&schema);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Rows per second into SQLite or CSV, by the sinks alone.
 *
 *   sqlite_sink_bench sqlite|merge|csv PATH ROWS      units of 100,000 rows, with state
 *
 * Compare with the sqlite3 shell: `.mode csv`, `.import part.csv out`, of a part that `csv` wrote.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "sink/csv/csv_sink.h"
#include "sink/sqlite/sqlite_sink.h"

#define UNIT_ROWS 100000

static tide_error err;

static void must(tide_code code)
{
    if (code != TIDE_OK) {
        (void)fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
}

static void make_schema(tide_schema *schema)
{
    static const struct {
        const char *name;
        tide_type type;
    } fields[] = {
        {"customer_id", {.id = TIDE_TEXT}},  {"offer_id", {.id = TIDE_TEXT}},
        {"used_at", {.id = TIDE_TIMESTAMP}}, {"day", {.id = TIDE_DATE}},
        {"uses", {.id = TIDE_INT64}},        {"amount", {TIDE_DECIMAL, 12, 2}},
        {"balance", {.id = TIDE_DOUBLE}},
    };
    tide_schema_init(schema);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        must(tide_schema_add(schema, fields[i].name, fields[i].type, false, &err));
    }
}

static void append_row(tide_column_builder *columns, int64_t i)
{
    char customer[32];
    char offer[32];
    int64_t mixed = (int64_t)((uint64_t)i * UINT64_C(0x9e3779b97f4a7c15) >> 20);
    (void)snprintf(customer, sizeof customer, "customer-%07" PRId64, mixed % 500000);
    (void)snprintf(offer, sizeof offer, "offer-%04" PRId64, mixed % 1000);
    must(tide_append_str(&columns[0], tide_str_of(customer), &err));
    must(tide_append_str(&columns[1], tide_str_of(offer), &err));
    must(tide_append_int64(&columns[2], 1700000000000000 + mixed, &err));
    must(tide_append_int32(&columns[3], 19700 + (int32_t)(mixed % 365), &err));
    must(tide_append_int64(&columns[4], mixed % 100, &err));
    must(tide_append_decimal(&columns[5], mixed % 1000000, &err));
    must(tide_append_double(&columns[6], (double)mixed / 7, &err));
}

static void make_unit(const tide_schema *schema, tide_unit *unit, int64_t first)
{
    char name[32];
    tide_builder builder;
    tide_unit_init(unit);
    (void)snprintf(name, sizeof name, "u%" PRId64, first);
    unit->name = tide_copy_string(name);
    must(tide_builder_init(&builder, schema, &err));
    for (int64_t begin = 0; begin < UNIT_ROWS; begin += 8000) {
        tide_batch batch;
        tide_batch_init(&batch);
        for (int64_t i = begin; i < begin + 8000 && i < UNIT_ROWS; i++) {
            append_row(builder.columns, first + i);
            tide_builder_end_row(&builder);
        }
        must(tide_builder_finish(&builder, &batch, &err));
        must(tide_unit_add_chunk(unit, &batch, NULL, 0, &err));
    }
    tide_builder_clear(&builder);
}

static tide_sink *open_sink(const char *kind, const char *path, const tide_target *target)
{
    tide_sink *sink = NULL;
    tide_csv_options csv = {.directory = path};
    tide_sqlite_options sqlite = {.path = path};
    must(strcmp(kind, "csv") == 0 ? tide_csv_sink_open(&csv, target, &sink, &err)
                                  : tide_sqlite_sink_open(&sqlite, target, &sink, &err));
    return sink;
}

int main(int count, char **arguments)
{
    if (count != 4) {
        (void)fprintf(stderr, "sqlite_sink_bench sqlite|merge|csv PATH ROWS\n");
        return 2;
    }
    static const uint32_t key[] = {0, 1};
    tide_schema schema;
    tide_cancel cancel;
    make_schema(&schema);
    tide_cancel_init(&cancel);
    bool merges = strcmp(arguments[1], "merge") == 0;
    tide_target target = {
        .pipeline = "bench",
        .table = "out",
        .mode = merges ? TIDE_MERGE : TIDE_APPEND,
        .output = &schema,
        .key_columns = key,
        .key_count = merges ? 2 : 0,
        .newest_column = merges ? 2 : TIDE_NO_FIELD,
        .day_column = TIDE_NO_FIELD,
        .fingerprint = "0",
        .fingerprint_text = "",
        .cancel = &cancel,
    };
    int64_t rows = strtoll(arguments[3], NULL, 10);
    tide_sink *sink = open_sink(arguments[1], arguments[2], &target);
    tide_run_row run = {.run = 1, .status = TIDE_RUN_STARTED};
    tide_sink_worker *worker;
    tide_load_result total = {0};
    int64_t micros = 0;
    must(sink->vtable->begin(sink, &run, &err));
    must(sink->vtable->open_worker(sink, &worker, &err));
    for (int64_t first = 0; first < rows; first += UNIT_ROWS) {
        tide_unit unit;
        tide_load_result result;
        make_unit(&schema, &unit, first);
        int64_t begin = tide_monotonic_micros();
        must(sink->vtable->load(worker, &unit, &result, &err));
        micros += tide_monotonic_micros() - begin;
        total.loaded += result.loaded;
        total.superseded += result.superseded;
        tide_unit_clear(&unit);
    }
    sink->vtable->close_worker(worker);
    int64_t begin = tide_monotonic_micros();
    sink->vtable->close(sink);
    micros += tide_monotonic_micros() - begin;
    (void)printf("%s: %" PRId64 " loaded, %" PRId64 " superseded, %.2f s, %.0f rows/s\n",
                 arguments[1], total.loaded, total.superseded, (double)micros / 1e6,
                 (double)(total.loaded + total.superseded) * 1e6 / (double)micros);
    tide_schema_clear(&schema);
    return 0;
}

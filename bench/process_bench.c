/* SPDX-License-Identifier: Apache-2.0 */
/* Rows per second of the process stage on one core: rows made beforehand, a step that touches each
 * row once, units thrown away.
 *
 *   process_bench [SERIES] [DAYS] [ROWS_A_DAY]
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "process/process.h"

enum { CUSTOMER, OFFER, USED_AT, AMOUNT, PRICE, SOURCE, ID, COLUMN_COUNT };

static const struct {
    const char *name;
    tide_type_id type;
} layout_columns[COLUMN_COUNT] = {
    {"customer_id", TIDE_TEXT}, {"offer_id", TIDE_TEXT}, {"used_at", TIDE_TIMESTAMP},
    {"amount", TIDE_DOUBLE},    {"price", TIDE_INT64},   {"$source", TIDE_INT32},
    {"$id", TIDE_TEXT},
};

/* Batches made beforehand. */
typedef struct bench_stream {
    tide_stream base;
    tide_batch *batches;
    uint64_t **hashes;
    size_t count, at;
} bench_stream;

static tide_code next_batch(tide_stream *base, tide_batch *out, const uint64_t **hashes,
                            tide_error *err)
{
    (void)err;
    bench_stream *stream = (bench_stream *)base;
    tide_batch_init(out);
    if (stream->at < stream->count) {
        *out = stream->batches[stream->at];
        *hashes = stream->hashes[stream->at++];
    }
    return TIDE_OK;
}

static const tide_stream_vtable stream_vtable = {.next = next_batch};

static void must(tide_code code, const tide_error *err)
{
    if (code != TIDE_OK) {
        fprintf(stderr, "%s\n", err->message);
        exit(1);
    }
}

/* The step: a running sum per series, rows unchanged. */
static tide_code open_step(const void *definition, void **worker, tide_error *err)
{
    (void)definition;
    (void)err;
    *worker = NULL;
    return TIDE_OK;
}

static tide_code run_step(void *worker, tide_step_batch *io, tide_error *err)
{
    (void)worker;
    (void)err;
    tide_column columns[COLUMN_COUNT];
    tide_batch_columns(&io->batch, columns);
    for (size_t i = 0; i < io->segment_count; i++) {
        tide_value *cell = &io->state.values[io->segments[i].series * io->state.stride];
        double sum = cell->is_null ? 0 : cell->as.number;
        for (int64_t row = io->segments[i].begin; row < io->segments[i].end; row++) {
            sum += tide_column_double(&columns[AMOUNT], row);
        }
        cell->is_null = false;
        cell->as.number = sum;
    }
    return TIDE_OK;
}

static void close_step(void *worker)
{
    (void)worker;
}

static const tide_step_vtable step_vtable = {
    .open = open_step, .process = run_step, .close = close_step};

typedef struct bench {
    tide_source_layout layout;
    tide_schema declared;
    size_t series, days, rows_a_day;
    size_t row_count;
    bench_stream rows;
    tide_step step;
    tide_zone *zone;
    tide_process_plan plan;
} bench;

static void make_layout(bench *self, tide_error *err)
{
    self->layout = (tide_source_layout){
        .declared_count = SOURCE,
        .source_column = SOURCE,
        .id_column = ID,
        .position_column = TIDE_NO_FIELD,
    };
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        tide_type type = {.id = layout_columns[i].type};
        must(tide_schema_add(&self->layout.schema, layout_columns[i].name, type, false, err), err);
        if (i < SOURCE) {
            must(tide_schema_add(&self->declared, layout_columns[i].name, type, false, err), err);
        }
    }
}

static void append_row(tide_builder *builder, size_t series, int64_t time, size_t row,
                       tide_error *err)
{
    char text[32];
    tide_column_builder *to = builder->columns;
    tide_str customer = {text, (size_t)snprintf(text, sizeof text, "customer-%08zu", series)};
    must(tide_append_str(&to[CUSTOMER], customer, err), err);
    tide_str offer = {text, (size_t)snprintf(text, sizeof text, "offer-%zu", row % 1000)};
    must(tide_append_str(&to[OFFER], offer, err), err);
    must(tide_append_int64(&to[USED_AT], time, err), err);
    must(tide_append_double(&to[AMOUNT], (double)(row % 100), err), err);
    must(tide_append_int64(&to[PRICE], (int64_t)row, err), err);
    must(tide_append_int32(&to[SOURCE], 0, err), err);
    tide_str id = {text, (size_t)snprintf(text, sizeof text, "doc%020zu", row)};
    must(tide_append_str(&to[ID], id, err), err);
    tide_builder_end_row(builder);
}

static void close_batch(bench *self, tide_builder *builder, size_t first_series, tide_error *err)
{
    bench_stream *rows = &self->rows;
    size_t count = (size_t)builder->row_count;
    size_t per_series = self->days * self->rows_a_day;
    rows->batches = realloc(rows->batches, (rows->count + 1) * sizeof *rows->batches);
    rows->hashes = realloc(rows->hashes, (rows->count + 1) * sizeof *rows->hashes);
    uint64_t *hashes = malloc(count * sizeof *hashes);
    for (size_t i = 0; i < count; i++) {
        hashes[i] = (first_series + i) / per_series * UINT64_C(1000003);
    }
    rows->hashes[rows->count] = hashes;
    must(tide_builder_finish(builder, &rows->batches[rows->count++], err), err);
}

/* Hashes only have to be in order and of one series each. */
static void make_rows(bench *self, tide_error *err)
{
    tide_builder builder;
    must(tide_builder_init(&builder, &self->layout.schema, err), err);
    self->rows.base.vtable = &stream_vtable;
    size_t row = 0;
    for (size_t series = 0; series < self->series; series++) {
        for (size_t day = 0; day < self->days; day++) {
            for (size_t i = 0; i < self->rows_a_day; i++) {
                int64_t time = INT64_C(1704067200000000) + (int64_t)day * TIDE_MICROS_PER_DAY +
                               (int64_t)(i * 1000);
                append_row(&builder, series, time, row++, err);
                if (builder.row_count == 8192) {
                    close_batch(self, &builder, row - 8192, err);
                }
            }
        }
    }
    if (builder.row_count > 0) {
        close_batch(self, &builder, row - (size_t)builder.row_count, err);
    }
    self->row_count = row;
    tide_builder_clear(&builder);
}

static void make_plan(bench *self, tide_error *err)
{
    static const uint32_t series_columns[] = {CUSTOMER};
    self->step.vtable = &step_vtable;
    self->step.label = tide_copy_string("1 sum");
    must(tide_schema_copy(&self->declared, &self->step.output_schema, err), err);
    tide_type type = {.id = TIDE_DOUBLE};
    must(tide_schema_add(&self->step.state_schema, "sum", type, false, err), err);
    must(tide_zone_open("Europe/Warsaw", &self->zone, err), err);
    tide_process_options options = {
        .layout = &self->layout,
        .series_columns = series_columns,
        .series_count = 1,
        .time_column = USED_AT,
        .zone = self->zone,
        .horizon = INT64_MAX / 2,
        .run = 1,
        .steps = &self->step,
        .step_count = 1,
        .add_series_and_day = true,
    };
    must(tide_process_plan_init(&self->plan, &options, err), err);
}

static void measure(bench *self, tide_error *err)
{
    tide_process *process = NULL;
    tide_process_inputs inputs = {.rows = &self->rows.base, .unit_prefix = "bench"};
    size_t units = 0;
    tide_counts sum = {0};
    int64_t begun = tide_monotonic_micros();
    must(tide_process_open(&self->plan, &inputs, &process, err), err);
    for (bool has_unit = true; has_unit; units += has_unit ? 1 : 0) {
        tide_unit unit;
        must(tide_process_next(process, &unit, &has_unit, err), err);
        tide_counts_add(&sum, &unit.counts);
        tide_unit_clear(&unit);
    }
    tide_process_close(process);
    double seconds = (double)(tide_monotonic_micros() - begun) / 1e6;
    printf("%zu rows, %zu series, %lld days, %zu units: %.3f s, %.2f M rows/s, %.0f ns a row\n",
           self->row_count, self->series, (long long)sum.days, units, seconds,
           (double)self->row_count / seconds / 1e6, seconds * 1e9 / (double)self->row_count);
}

int main(int argc, char **argv)
{
    bench self = {
        .series = argc > 1 ? strtoul(argv[1], NULL, 10) : 20000,
        .days = argc > 2 ? strtoul(argv[2], NULL, 10) : 20,
        .rows_a_day = argc > 3 ? strtoul(argv[3], NULL, 10) : 5,
    };
    tide_error err;
    tide_error_clear(&err);
    tide_schema_init(&self.layout.schema);
    tide_schema_init(&self.declared);
    make_layout(&self, &err);
    make_rows(&self, &err);
    make_plan(&self, &err);
    for (int i = 0; i < 3; i++) {
        self.rows.at = 0;
        measure(&self, &err);
    }
    return 0;
}

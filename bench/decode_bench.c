/* SPDX-License-Identifier: Apache-2.0 */
/* How fast search answers and NDJSON become columns: documents of about 450 bytes, 9 of 12 fields.
 *
 *   decode_bench [SECONDS [pages|documents]]     prints MB/s of text and rows/s, on one core
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "record/json_decoder.h"

#define PAGE_HITS 1000
#define PAGES 16

static uint64_t seed = 20240331;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Processor time: other programs of the machine don't count. */
static int64_t processor_micros(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void add_document(tide_text *out)
{
    uint64_t r = next_random();
    tide_text_append_format(
        out,
        "{\"event_id\":\"%08x-%04x-4%03x-a%03x-%012" PRIx64
        "\",\"customer_id\":\"C%07u\","
        "\"offer_id\":\"offer-%04u\",\"ts\":\"2024-%02u-%02uT%02u:%02u:%02u.%03uZ\","
        "\"channel\":\"%s\",\"store\":%u,\"quantity\":%u,"
        "\"payment\":{\"amount\":%u.%02u,\"currency\":\"EUR\",\"discount\":0.%u},"
        "\"returned\":%s,\"session\":\"%016" PRIx64 "%016" PRIx64
        "\","
        "\"comment\":\"the quick brown fox jumps over the lazy dog %u times\"}",
        (unsigned)r, (unsigned)(r >> 16) & 0xFFFF, (unsigned)(r >> 8) & 0xFFF,
        (unsigned)(r >> 24) & 0xFFF, r >> 16, (unsigned)(r % 1000000), (unsigned)(r >> 7) % 5000,
        (unsigned)(r >> 3) % 12 + 1, (unsigned)(r >> 9) % 28 + 1, (unsigned)(r >> 11) % 24,
        (unsigned)(r >> 17) % 60, (unsigned)(r >> 23) % 60, (unsigned)(r >> 29) % 1000,
        (r & 1) != 0 ? "app" : "web", (unsigned)(r >> 5) % 900, (unsigned)(r >> 13) % 9 + 1,
        (unsigned)(r >> 19) % 500, (unsigned)(r >> 31) % 100, (unsigned)(r >> 37) % 9 + 1,
        (r & 2) != 0 ? "true" : "false", r * 31, r * 37, (unsigned)(r >> 41) % 100);
}

static void add_page(tide_text *out)
{
    tide_text_append(out,
                     "{\"_scroll_id\":\"DnF1ZXJ5VGhlbkZldGNo\",\"took\":3,"
                     "\"timed_out\":false,\"_shards\":{\"total\":1,\"successful\":1,"
                     "\"skipped\":0,\"failed\":0},\"hits\":{\"total\":{\"value\":10000,"
                     "\"relation\":\"gte\"},\"max_score\":null,\"hits\":[");
    for (int i = 0; i < PAGE_HITS; i++) {
        tide_text_append_format(out,
                                "%s{\"_index\":\"uses-2024\",\"_id\":\"%016" PRIx64
                                "\","
                                "\"_score\":null,\"_source\":",
                                i == 0 ? "" : ",", next_random());
        add_document(out);
        tide_text_append_format(out, ",\"sort\":[%d]}", i);
    }
    tide_text_append(out, "]}}");
    if (!tide_text_reserve(out, TIDE_JSON_PADDING)) {
        abort();
    }
}

static const tide_column_spec specs[] = {
    {.name = "event_id", .type = {TIDE_UUID, 0, 0}, .path = "event_id"},
    {.name = "customer_id", .type = {TIDE_TEXT, 0, 0}, .path = "customer_id"},
    {.name = "offer_id", .type = {TIDE_TEXT, 0, 0}, .path = "offer_id"},
    {.name = "used_at", .type = {TIDE_TIMESTAMP, 0, 0}, .path = "ts"},
    {.name = "channel", .type = {TIDE_TEXT, 0, 0}, .path = "channel"},
    {.name = "store", .type = {TIDE_INT64, 0, 0}, .path = "store"},
    {.name = "quantity", .type = {TIDE_INT32, 0, 0}, .path = "quantity"},
    {.name = "amount", .type = {TIDE_DECIMAL, 12, 2}, .path = "payment.amount"},
    {.name = "discount", .type = {TIDE_DOUBLE, 0, 0}, .path = "payment.discount"},
};

#define COLUMN_COUNT (sizeof specs / sizeof specs[0])

typedef struct bench {
    tide_json_decoder *decoder;
    tide_schema schema;
    tide_builder builder;
    tide_reject_list rejects;
    tide_text pages[PAGES];
    tide_error err;
} bench;

static void need(const bench *b, tide_code code)
{
    if (code != TIDE_OK) {
        fprintf(stderr, "%s\n", b->err.message);
        exit(1);
    }
}

static void open_bench(bench *b)
{
    tide_column_specs columns = {specs, COLUMN_COUNT};
    tide_schema_init(&b->schema);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        need(b, tide_schema_add(&b->schema, specs[i].name, specs[i].type, false, &b->err));
    }
    need(b, tide_schema_add(&b->schema, "$source", (tide_type){TIDE_INT32, 0, 0}, true, &b->err));
    need(b, tide_schema_add(&b->schema, "$id", (tide_type){TIDE_TEXT, 0, 0}, true, &b->err));
    need(b, tide_builder_init(&b->builder, &b->schema, &b->err));
    tide_reject_list_init(&b->rejects);
    need(b, tide_json_decoder_create(columns, TIDE_HIDDEN_ID, &b->decoder, &b->err));
    for (int i = 0; i < PAGES; i++) {
        tide_text_init(&b->pages[i]);
        add_page(&b->pages[i]);
    }
}

static void run_pages(bench *b, double seconds)
{
    tide_provenance from = {.source = 0, .name = TIDE_STR("uses-2024")};
    int64_t begin = processor_micros(), now = begin;
    uint64_t bytes = 0, rows = 0;
    while ((double)(now - begin) < seconds * 1e6) {
        for (int i = 0; i < PAGES; i++) {
            tide_search_page page;
            tide_builder_reset(&b->builder);
            need(b,
                 tide_json_decode_page(b->decoder, (tide_str){b->pages[i].data, b->pages[i].size},
                                       &from, &b->builder, &b->rejects, &page, &b->err));
            bytes += b->pages[i].size;
            rows += (uint64_t)b->builder.row_count;
        }
        now = processor_micros();
    }
    printf("pages      %7.0f MB/s  %6.2f M rows/s  %4.0f ns/row  %zu rejects\n",
           (double)bytes / (double)(now - begin), (double)rows / (double)(now - begin),
           (double)(now - begin) * 1e3 / (double)rows, b->rejects.count);
}

static void run_documents(bench *b, double seconds)
{
    tide_json_decoder *decoder;
    tide_column_specs columns = {specs, COLUMN_COUNT};
    tide_provenance from = {.source = 0, .name = TIDE_STR("a.ndjson")};
    tide_text lines;
    size_t ends[PAGE_HITS];
    need(b, tide_json_decoder_create(columns, TIDE_HIDDEN_POSITION, &decoder, &b->err));
    tide_text_init(&lines);
    for (int i = 0; i < PAGE_HITS; i++) {
        add_document(&lines);
        ends[i] = lines.size;
    }
    (void)tide_text_reserve(&lines, TIDE_JSON_PADDING);
    tide_schema schema;
    tide_builder builder;
    tide_schema_init(&schema);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        need(b, tide_schema_add(&schema, specs[i].name, specs[i].type, false, &b->err));
    }
    need(b, tide_schema_add(&schema, "$source", (tide_type){TIDE_INT32, 0, 0}, true, &b->err));
    need(b, tide_schema_add(&schema, "$position", (tide_type){TIDE_INT64, 0, 0}, true, &b->err));
    need(b, tide_builder_init(&builder, &schema, &b->err));
    int64_t begin = processor_micros(), now = begin;
    uint64_t bytes = 0, rows = 0;
    while ((double)(now - begin) < seconds * 1e6) {
        tide_builder_reset(&builder);
        size_t at = 0;
        for (int i = 0; i < PAGE_HITS; i++) {
            from.position = (int64_t)at;
            need(b, tide_json_decode_document(decoder, (tide_str){lines.data + at, ends[i] - at},
                                              &from, &builder, &b->rejects, &b->err));
            at = ends[i];
        }
        bytes += lines.size;
        rows += PAGE_HITS;
        now = processor_micros();
    }
    printf("documents  %7.0f MB/s  %6.2f M rows/s  %4.0f ns/row  %zu rejects\n",
           (double)bytes / (double)(now - begin), (double)rows / (double)(now - begin),
           (double)(now - begin) * 1e3 / (double)rows, b->rejects.count);
    tide_builder_clear(&builder);
    tide_schema_clear(&schema);
    tide_text_clear(&lines);
    tide_json_decoder_destroy(decoder);
}

int main(int argc, char **argv)
{
    static bench b;
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 2;
    open_bench(&b);
    if (argc < 3 || strcmp(argv[2], "pages") == 0) {
        run_pages(&b, seconds);
    }
    if (argc < 3 || strcmp(argv[2], "documents") == 0) {
        run_documents(&b, seconds);
    }
    tide_builder_clear(&b.builder);
    tide_reject_list_clear(&b.rejects);
    tide_schema_clear(&b.schema);
    tide_json_decoder_destroy(b.decoder);
    for (int i = 0; i < PAGES; i++) {
        tide_text_clear(&b.pages[i]);
    }
    return 0;
}

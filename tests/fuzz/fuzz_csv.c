/* SPDX-License-Identifier: Apache-2.0 */
/* The records of a CSV file do not depend on how it is read, in one piece or by a few bytes, and
 * neither do the rows and rejects that they become. The first byte chooses the delimiter, the bytes
 * that a record may have, whether the input is the whole file or follows a header, and how many
 * bytes a few are. */
#include "fuzz_file.h"
#include "fuzz_rows.h"
#include "source/file/csv_records.h"
#include "source/file/decompress.h"
#include "source/file/file_reader.h"

#define RECORDS_MAX 4096

typedef struct digest {
    uint64_t position;
    size_t field_count;
    uint64_t hash;
    bool has_problem;
} digest;

typedef struct csv_reading {
    digest records[RECORDS_MAX];
    size_t count;
    tide_code code;
} csv_reading;

typedef struct csv_shape {
    char delimiter;
    size_t record_bytes_max;
    size_t few_bytes;
} csv_shape;

static uint64_t hash_str(uint64_t hash, tide_str s)
{
    for (size_t i = 0; i < s.size; i++) {
        hash = (hash ^ (unsigned char)s.data[i]) * UINT64_C(0x100000001B3);
    }
    return (hash ^ s.size) * UINT64_C(0x100000001B3);
}

static digest digest_of(const tide_csv_record *record, tide_text *scratch)
{
    digest d = {record->position, record->field_count, 0, record->problem != NULL};
    size_t kept =
        record->field_count < TIDE_CSV_FIELDS_MAX ? record->field_count : TIDE_CSV_FIELDS_MAX;
    for (size_t i = 0; record->problem == NULL && i < kept; i++) {
        FUZZ_CHECK(record->fields[i].end <= record->size);
        d.hash = hash_str(d.hash, tide_csv_field_text(record, i, scratch));
        d.hash = d.hash * 2 + record->fields[i].quoted;
    }
    return d;
}

static void read_records(const csv_shape *shape, size_t buffer_bytes, csv_reading *out)
{
    static tide_text scratch; /* zeros: initialized */
    tide_error err;
    tide_budget budget;
    tide_csv_records records;
    bool found = true;
    tide_budget_init(&budget, 1 << 30);
    char identity[TIDE_FILE_IDENTITY_BYTES];
    tide_file_place place = fuzz_file_place(buffer_bytes, identity);
    out->count = 0;
    out->code =
        tide_csv_open(&records, &place, shape->delimiter, shape->record_bytes_max, &budget, &err);
    if (out->code != TIDE_OK) {
        FUZZ_CHECK(tide_budget_used(&budget) == 0);
        return;
    }
    while (found && out->code == TIDE_OK && out->count < RECORDS_MAX) {
        tide_csv_record record;
        out->code = tide_csv_next(&records, &record, &found, &err);
        if (out->code == TIDE_OK && found) {
            out->records[out->count++] = digest_of(&record, &scratch);
        }
    }
    tide_csv_close(&records);
    FUZZ_CHECK(tide_budget_used(&budget) == 0);
}

/* Where reading fails, as in a damaged compressed file, one of both may have come further. */
static void check_records(const csv_shape *shape)
{
    static csv_reading whole, pieces;
    read_records(shape, 1 << 12, &whole);
    read_records(shape, shape->few_bytes, &pieces);
    FUZZ_CHECK(whole.code == pieces.code);
    FUZZ_CHECK(whole.count == pieces.count || whole.code != TIDE_OK);
    for (size_t i = 0; i < whole.count && i < pieces.count; i++) {
        const digest *a = &whole.records[i], *b = &pieces.records[i];
        FUZZ_CHECK(a->position == b->position && a->field_count == b->field_count &&
                   a->hash == b->hash && a->has_problem == b->has_problem);
    }
}

static const tide_column_spec specs[] = {
    {.name = "a", .type = {TIDE_TEXT, 0, 0}, .path = "a"},
    {.name = "b", .type = {TIDE_INT64, 0, 0}, .path = "b", .required = true},
    {.name = "c", .type = {TIDE_DECIMAL, 9, 3}, .path = "c"},
    {.name = "d", .type = {TIDE_TIMESTAMP, 0, 0}, .path = "d", .truncate = true},
    {.name = "e", .type = {TIDE_JSON, 0, 0}, .path = "e"},
    {.name = "f", .type = {TIDE_BYTES, 0, 0}, .path = "a"},
    {.name = "at", .type = {TIDE_INT64, 0, 0}, .origin = TIDE_FROM_POSITION},
    {.name = "of", .type = {TIDE_TEXT, 0, 0}, .origin = TIDE_FROM_FILE},
};
#define SPEC_COUNT (sizeof specs / sizeof specs[0])

typedef struct row_reading {
    tide_builder builder;
    tide_reject_list rejects;
    tide_code code;
} row_reading;

static row_reading *open_reading(int number)
{
    static row_reading readings[2];
    static tide_schema schema;
    tide_error err;
    row_reading *reading = &readings[number];
    if (schema.field_count == 0) {
        for (size_t i = 0; i < SPEC_COUNT; i++) {
            FUZZ_CHECK(tide_schema_add(&schema, specs[i].name, specs[i].type, false, &err) ==
                       TIDE_OK);
        }
        FUZZ_CHECK(tide_schema_add(&schema, "$source", (tide_type){.id = TIDE_INT32}, true, &err) ==
                   TIDE_OK);
        FUZZ_CHECK(tide_schema_add(&schema, "$position", (tide_type){.id = TIDE_INT64}, true,
                                   &err) == TIDE_OK);
    }
    if (reading->builder.schema == NULL) {
        FUZZ_CHECK(tide_builder_init(&reading->builder, &schema, &err) == TIDE_OK);
    }
    tide_builder_reset(&reading->builder);
    tide_reject_list_reset(&reading->rejects);
    return reading;
}

static const row_reading *read_rows(const csv_shape *shape, int number)
{
    row_reading *reading = open_reading(number);
    tide_budget budget;
    tide_error err;
    tide_file_rows *rows = NULL;
    bool found = true;
    tide_budget_init(&budget, 1 << 30);
    tide_file_source_options source = {
        .source = {.columns = {specs, SPEC_COUNT}, .budget = &budget},
        .delimiter = shape->delimiter,
        .allow_empty = shape->record_bytes_max % 2 == 0,
        .record_bytes_max = shape->record_bytes_max,
    };
    char identity[TIDE_FILE_IDENTITY_BYTES];
    tide_member member = {.name = "input", .identity = identity};
    tide_split split = {.end = UINT64_MAX};
    tide_file_rows_options options = {
        &source, &member, &split,
        fuzz_file_place(number == 0 ? 1 << 12 : shape->few_bytes, identity)};
    tide_file_target target = {&reading->builder, &reading->rejects, {.name = TIDE_STR("input")}};
    reading->code = tide_csv_rows_open(&options, &rows, &err);
    while (found && reading->code == TIDE_OK) {
        reading->code = rows->vtable->next(rows, &target, &found, &err);
    }
    if (rows != NULL) {
        rows->vtable->close(rows);
    }
    FUZZ_CHECK(tide_budget_used(&budget) == 0);
    return reading;
}

static void check_rows(const csv_shape *shape)
{
    const row_reading *a = read_rows(shape, 0), *b = read_rows(shape, 1);
    FUZZ_CHECK(a->code == b->code);
    fuzz_check_rows(&a->builder, &a->rejects);
    if (a->code != TIDE_OK) {
        return;
    }
    FUZZ_CHECK(a->builder.row_count == b->builder.row_count);
    FUZZ_CHECK(a->rejects.count == b->rejects.count);
    for (int64_t i = 0; i < a->builder.row_count; i++) {
        FUZZ_CHECK(fuzz_rows_equal(&a->builder, i, &b->builder, i, SPEC_COUNT + 2));
    }
    for (size_t i = 0; i < a->rejects.count; i++) {
        FUZZ_CHECK(strcmp(a->rejects.items[i].reason, b->rejects.items[i].reason) == 0);
        FUZZ_CHECK(strcmp(a->rejects.items[i].position, b->rejects.items[i].position) == 0);
        FUZZ_CHECK(strcmp(a->rejects.items[i].values, b->rejects.items[i].values) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char delimiters[] = {',', ';', '\t', '|'};
    static char text[1 << 17];
    if (size == 0 || size > sizeof text / 2) {
        return 0;
    }
    size_t unit = size < FUZZ_LARGE_BYTES ? 1 : 509; /* no share of a buffer */
    csv_shape shape = {delimiters[data[0] & 3], (data[0] & 4) != 0 ? 16 : 1 << 20,
                       unit * (1 + (size_t)(data[0] >> 5))};
    size_t length = 0;
    if ((data[0] & 8) != 0) {
        length = (size_t)snprintf(text, sizeof text, "a%cb%cc%cd%ce\n", shape.delimiter,
                                  shape.delimiter, shape.delimiter, shape.delimiter);
        if ((data[0] & 16) != 0) {
            shape.record_bytes_max = 32;
        }
    }
    memcpy(text + length, data + 1, size - 1);
    fuzz_file_bytes = (tide_str){text, length + size - 1};
    /* How files are expanded is the business of fuzz_framing; of a few bytes that expand to a
     * million it would take all the time. */
    if (tide_compression_of(fuzz_file_bytes) != TIDE_PLAIN) {
        return -1;
    }
    check_records(&shape);
    check_rows(&shape);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "base/problem.h"
#include "record/cell_parser.h"
#include "record/cell_values.h"
#include "source/file/csv_records.h"
#include "source/file/file_reader.h"

/* For "did you mean": of so many names of the header at most. */
#define NEAREST_NAMES_MAX 200

typedef struct csv_rows {
    tide_file_rows base;
    tide_column_specs columns; /* borrowed */
    const char *name;          /* of the file, borrowed */
    tide_csv_records records;
    tide_cell_parser **parsers; /* owned; one per column */
    size_t *fields;             /* owned; per column its place in the header */
    size_t field_count;         /* of the header */
    tide_text scratch;          /* an unquoted field */
    tide_text values, position; /* of a reject */
} csv_rows;

/* A column that does not come from a field. */
static tide_code take_provenance(csv_rows *rows, size_t column, const tide_file_target *target,
                                 const char **reason, tide_error *err)
{
    char digits[24];
    tide_column_builder *out = &target->builder->columns[column];
    if (rows->columns.specs[column].origin == TIDE_FROM_FILE) {
        return tide_cell_parse(rows->parsers[column], target->from.name, out, reason, err);
    }
    int size = snprintf(digits, sizeof digits, "%" PRId64, target->from.position);
    return tide_cell_parse_number(rows->parsers[column], (tide_str){digits, (size_t)size}, out,
                                  reason, err);
}

static tide_code take_column(csv_rows *rows, size_t column, const tide_csv_record *record,
                             const tide_file_target *target, const char **reason, tide_error *err)
{
    tide_column_builder *out = &target->builder->columns[column];
    *reason = NULL;
    if (rows->columns.specs[column].origin != TIDE_FROM_PATH) {
        return take_provenance(rows, column, target, reason, err);
    }
    const tide_csv_field *field = &record->fields[rows->fields[column]];
    if (field->begin == field->end && !field->quoted) {
        return tide_cell_append_missing(rows->parsers[column], out, reason, err);
    }
    tide_str text = tide_csv_field_text(record, rows->fields[column], &rows->scratch);
    if (tide_text_failed(&rows->scratch)) {
        return TIDE_FAIL_MEMORY(err, "a CSV field");
    }
    return tide_cell_parse(rows->parsers[column], text, out, reason, err);
}

/* Decodes the columns behind the one that was refused, too, for the reject's values. */
static tide_code reject_row(csv_rows *rows, size_t refused, const char *reason,
                            const tide_csv_record *record, const tide_file_target *target,
                            tide_error *err)
{
    const char *ignored;
    for (size_t i = refused + 1; i < rows->columns.count; i++) {
        TIDE_TRY(take_column(rows, i, record, target, &ignored, err));
    }
    tide_cell_print_values(rows->columns, target->builder, &rows->values);
    tide_text_reset(&rows->position);
    tide_text_append_str(&rows->position, target->from.name);
    tide_text_append_format(&rows->position, ":%" PRId64, target->from.position);
    tide_builder_cancel_row(target->builder);
    if (tide_text_failed(&rows->values) || tide_text_failed(&rows->position)) {
        return TIDE_FAIL_MEMORY(err, "a reject");
    }
    tide_reject reject = {
        .stage = "decode",
        .position = tide_text_c(&rows->position),
        .column = rows->columns.specs[refused].name,
        .reason = reason,
        .values = tide_text_c(&rows->values),
    };
    return tide_reject_list_add(target->rejects, &reject, err);
}

static tide_code take_row(csv_rows *rows, const tide_csv_record *record,
                          const tide_file_target *target, tide_error *err)
{
    const char *reason;
    size_t count = rows->columns.count;
    for (size_t i = 0; i < count; i++) {
        TIDE_TRY(take_column(rows, i, record, target, &reason, err));
        if (reason != NULL) {
            return reject_row(rows, i, reason, record, target, err);
        }
    }
    tide_column_builder *hidden = target->builder->columns + count;
    TIDE_TRY(tide_append_int32(&hidden[0], target->from.source, err));
    TIDE_TRY(tide_append_int64(&hidden[1], target->from.position, err));
    tide_builder_end_row(target->builder);
    return TIDE_OK;
}

static tide_code next(tide_file_rows *base, tide_file_target *target, bool *found, tide_error *err)
{
    csv_rows *rows = (csv_rows *)base;
    tide_csv_record record;
    char counts[96];
    TIDE_TRY(tide_csv_next(&rows->records, &record, found, err));
    if (!*found) {
        return TIDE_OK;
    }
    target->from.position = (int64_t)record.position;
    if (record.problem != NULL) {
        return tide_file_reject(target, record.problem, err);
    }
    if (record.field_count != rows->field_count) {
        (void)snprintf(counts, sizeof counts, "has %zu fields, and the header has %zu",
                       record.field_count, rows->field_count);
        return tide_file_reject(target, counts, err);
    }
    if (!tide_utf8_valid((tide_str){record.data, record.size})) {
        return tide_file_reject(target, "is not UTF-8", err);
    }
    return take_row(rows, &record, target, err);
}

static tide_file_input *input(tide_file_rows *base)
{
    return ((csv_rows *)base)->records.window.input;
}

static void close_rows(tide_file_rows *base)
{
    csv_rows *rows = (csv_rows *)base;
    for (size_t i = 0; rows->parsers != NULL && i < rows->columns.count; i++) {
        tide_cell_parser_destroy(rows->parsers[i]);
    }
    tide_free(rows->parsers);
    tide_free(rows->fields);
    tide_csv_close(&rows->records);
    tide_text_clear(&rows->scratch);
    tide_text_clear(&rows->values);
    tide_text_clear(&rows->position);
    tide_free(rows);
}

static const tide_file_rows_vtable vtable = {.next = next, .input = input, .close = close_rows};

/* The name in the header that is most like the column's: "did you mean". */
static tide_code missing_column(csv_rows *rows, const char *path, const tide_csv_record *header,
                                tide_error *err)
{
    tide_arena arena;
    const char *names[NEAREST_NAMES_MAX];
    size_t count = 0;
    tide_arena_init(&arena);
    while (count < header->field_count && count < NEAREST_NAMES_MAX) {
        tide_str name = tide_csv_field_text(header, count, &rows->scratch);
        names[count] = name.data == NULL ? NULL : tide_arena_copy_str(&arena, name);
        if (names[count] == NULL) {
            break;
        }
        count++;
    }
    const char *nearest = tide_text_nearest(path, names, count);
    tide_code code = TIDE_FAIL(err, TIDE_E_CSV_HEADER, "%s has no column `%s` in its header%s%s%s",
                               rows->name, path, nearest == NULL ? "" : ": did you mean `",
                               nearest == NULL ? "" : nearest, nearest == NULL ? "" : "`?");
    tide_arena_clear(&arena);
    return code;
}

static tide_code find_field(csv_rows *rows, size_t column, const tide_csv_record *header,
                            tide_error *err)
{
    const tide_column_spec *spec = &rows->columns.specs[column];
    size_t matches = 0;
    for (size_t i = 0; i < header->field_count; i++) {
        tide_str name = tide_csv_field_text(header, i, &rows->scratch);
        if (tide_str_equal_c(name, spec->path)) {
            rows->fields[column] = i;
            matches++;
        }
    }
    if (tide_text_failed(&rows->scratch)) {
        return TIDE_FAIL_MEMORY(err, "a CSV header");
    }
    if (matches > 1) {
        return TIDE_FAIL(err, TIDE_E_CSV_HEADER, "%s has the column `%s` %zu times in its header",
                         rows->name, spec->path, matches);
    }
    return matches == 1 ? TIDE_OK : missing_column(rows, spec->path, header, err);
}

static tide_code read_header(csv_rows *rows, bool allow_empty, tide_error *err)
{
    tide_csv_record header;
    bool found;
    TIDE_TRY(tide_csv_next(&rows->records, &header, &found, err));
    if (!found) {
        return allow_empty ? TIDE_OK
                           : TIDE_FAIL(err, TIDE_E_CSV_HEADER,
                                       "the CSV file %s is empty: it has no header; `allow_empty: "
                                       "true` would take it",
                                       rows->name);
    }
    if (header.problem != NULL || header.field_count > TIDE_CSV_FIELDS_MAX) {
        return TIDE_FAIL(err, TIDE_E_CSV_HEADER, "the header of %s %s", rows->name,
                         header.problem != NULL ? header.problem : "has more than 65536 columns");
    }
    rows->field_count = header.field_count;
    for (size_t i = 0; i < rows->columns.count; i++) {
        if (rows->columns.specs[i].origin == TIDE_FROM_PATH) {
            TIDE_TRY(find_field(rows, i, &header, err));
        }
    }
    return TIDE_OK;
}

static tide_code open_parsers(csv_rows *rows, tide_error *err)
{
    size_t count = rows->columns.count;
    rows->parsers = tide_alloc_zero(count, sizeof rows->parsers[0]);
    rows->fields = tide_alloc_zero(count, sizeof rows->fields[0]);
    if (rows->parsers == NULL || rows->fields == NULL) {
        return TIDE_FAIL_MEMORY(err, "a CSV reader");
    }
    for (size_t i = 0; i < count; i++) {
        const tide_column_spec *spec = &rows->columns.specs[i];
        if (spec->origin != TIDE_FROM_PATH && spec->origin != TIDE_FROM_FILE &&
            spec->origin != TIDE_FROM_POSITION) {
            return TIDE_FAIL(err, TIDE_BAD_CONFIG,
                             "column %s: %s is a CSV file, which has no _id, _index, _seq_no or "
                             "_version",
                             spec->name, rows->name);
        }
        TIDE_TRY(tide_cell_parser_create(spec, &rows->parsers[i], err));
    }
    return TIDE_OK;
}

static tide_code open_rows(csv_rows *rows, const tide_file_rows_options *options, tide_error *err)
{
    const tide_file_source_options *source = options->source;
    size_t bytes_max =
        source->record_bytes_max == 0 ? TIDE_DOCUMENT_BYTES_MAX : source->record_bytes_max;
    rows->columns = source->source.columns;
    rows->name = options->member->name;
    TIDE_TRY(open_parsers(rows, err));
    TIDE_TRY(tide_csv_open(&rows->records, &options->place,
                           source->delimiter == '\0' ? ',' : source->delimiter, bytes_max,
                           source->source.budget, err));
    return read_header(rows, source->allow_empty, err);
}

tide_code tide_csv_rows_open(const tide_file_rows_options *options, tide_file_rows **rows,
                             tide_error *err)
{
    *rows = NULL;
    csv_rows *created = tide_alloc_zero(1, sizeof *created);
    if (created == NULL) {
        return TIDE_FAIL_MEMORY(err, "a CSV reader");
    }
    created->base.vtable = &vtable;
    tide_text_init(&created->scratch);
    tide_text_init(&created->values);
    tide_text_init(&created->position);
    tide_code code = open_rows(created, options, err);
    if (code != TIDE_OK) {
        close_rows(&created->base);
        return code;
    }
    *rows = &created->base;
    return TIDE_OK;
}

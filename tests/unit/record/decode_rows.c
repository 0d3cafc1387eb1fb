/* SPDX-License-Identifier: Apache-2.0 */
#include "decode_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record/value.h"

void decode_rows_init(decode_rows *rows, tide_hidden hidden)
{
    memset(rows, 0, sizeof *rows);
    rows->hidden = hidden;
    tide_schema_init(&rows->schema);
    tide_reject_list_init(&rows->rejects);
    tide_text_init(&rows->printed);
}

tide_column_spec *decode_rows_column(decode_rows *rows, const char *name, const char *type,
                                     const char *path)
{
    tide_column_spec *spec = &rows->specs[rows->count++];
    *spec = (tide_column_spec){.name = name, .path = path == NULL ? name : path};
    assert_true(rows->count <= DECODE_COLUMNS_MAX);
    assert_int_equal(tide_type_parse(tide_str_of(type), &spec->type, &rows->err), TIDE_OK);
    return spec;
}

static tide_code add_field(decode_rows *rows, const char *name, tide_type type)
{
    return tide_schema_add(&rows->schema, name, type, false, &rows->err);
}

tide_code decode_rows_open(decode_rows *rows)
{
    tide_type hidden = {rows->hidden == TIDE_HIDDEN_ID ? TIDE_TEXT : TIDE_INT64, 0, 0};
    for (size_t i = 0; i < rows->count; i++) {
        TIDE_TRY(add_field(rows, rows->specs[i].name, tide_column_spec_type(&rows->specs[i])));
    }
    TIDE_TRY(add_field(rows, "$source", (tide_type){TIDE_INT32, 0, 0}));
    TIDE_TRY(add_field(rows, rows->hidden == TIDE_HIDDEN_ID ? "$id" : "$position", hidden));
    TIDE_TRY(tide_builder_init(&rows->builder, &rows->schema, &rows->err));
    tide_column_specs specs = {rows->specs, rows->count};
    return tide_json_decoder_create(specs, rows->hidden, &rows->decoder, &rows->err);
}

void decode_rows_clear(decode_rows *rows)
{
    tide_json_decoder_destroy(rows->decoder);
    tide_builder_clear(&rows->builder);
    tide_schema_clear(&rows->schema);
    tide_reject_list_clear(&rows->rejects);
    tide_text_clear(&rows->printed);
}

static char *padded(tide_str json)
{
    char *copy = malloc(json.size + TIDE_JSON_PADDING);
    memcpy(copy, json.data, json.size);
    /* Any content: such that would be taken for more of the document. */
    for (size_t i = 0; i < TIDE_JSON_PADDING; i++) {
        copy[json.size + i] = "}],\"a\":1"[i % 8];
    }
    return copy;
}

tide_code decode_rows_document(decode_rows *rows, tide_str json, int64_t position)
{
    tide_provenance from = {.source = 7, .name = TIDE_STR("in/a.ndjson"), .position = position};
    char *copy = padded(json);
    tide_code code = tide_json_decode_document(rows->decoder, (tide_str){copy, json.size}, &from,
                                               &rows->builder, &rows->rejects, &rows->err);
    free(copy);
    return code;
}

tide_code decode_rows_page(decode_rows *rows, tide_str json, tide_search_page *page)
{
    static char *copy; /* the page borrows it until the next one */
    tide_provenance from = {.source = 7, .name = TIDE_STR("uses-2024")};
    free(copy);
    copy = padded(json);
    tide_code code = tide_json_decode_page(rows->decoder, (tide_str){copy, json.size}, &from,
                                           &rows->builder, &rows->rejects, page, &rows->err);
    return code;
}

const char *decode_rows_print(decode_rows *rows)
{
    tide_batch batch;
    tide_column columns[DECODE_COLUMNS_MAX + 2];
    tide_text_reset(&rows->printed);
    assert_int_equal(tide_builder_view(&rows->builder, &batch, &rows->err), TIDE_OK);
    tide_batch_columns(&batch, columns);
    for (int64_t i = 0; i < rows->builder.row_count; i++) {
        tide_row_print_json(&rows->schema, columns, rows->schema.field_count, i, &rows->printed);
        tide_text_append_char(&rows->printed, '\n');
    }
    for (size_t i = 0; i < rows->schema.field_count; i++) {
        assert_int_equal(rows->builder.columns[i].row_count, rows->builder.row_count);
    }
    for (size_t i = 0; i < rows->rejects.count; i++) {
        const tide_reject *reject = &rows->rejects.items[i];
        assert_string_equal(reject->stage, "decode");
        tide_text_append_format(&rows->printed, "! %s %s: %s %s\n", reject->position,
                                reject->column == NULL ? "-" : reject->column, reject->reason,
                                reject->values);
    }
    tide_batch_clear(&batch);
    tide_builder_reset(&rows->builder);
    tide_reject_list_reset(&rows->rejects);
    return tide_text_c(&rows->printed);
}

const char *decode_rows_one(decode_rows *rows, const char *json)
{
    assert_int_equal(decode_rows_document(rows, tide_str_of(json), 42), TIDE_OK);
    return decode_rows_print(rows);
}

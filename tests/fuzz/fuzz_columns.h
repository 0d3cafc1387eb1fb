/* SPDX-License-Identifier: Apache-2.0 */
/* One column of each type, for the targets of the JSON decoder. */
#ifndef TIDE_TEST_FUZZ_COLUMNS_H
#define TIDE_TEST_FUZZ_COLUMNS_H

#include "record/json_decoder.h"

#define FUZZ_COLUMNS 13

static const tide_column_spec fuzz_specs[FUZZ_COLUMNS] = {
    {.name = "bool", .type = {TIDE_BOOL, 0, 0}, .path = "a.bool"},
    {.name = "int32", .type = {TIDE_INT32, 0, 0}, .path = "a.b.int32"},
    {.name = "int64", .type = {TIDE_INT64, 0, 0}, .path = "int64", .array = TIDE_ARRAY_FIRST},
    {.name = "double", .type = {TIDE_DOUBLE, 0, 0}, .path = "double"},
    {.name = "decimal", .type = {TIDE_DECIMAL, 12, 2}, .path = "decimal"},
    {.name = "text", .type = {TIDE_TEXT, 0, 0}, .path = "text", .array = TIDE_ARRAY_JSON},
    {.name = "bytes", .type = {TIDE_BYTES, 0, 0}, .path = "bytes"},
    {.name = "date", .type = {TIDE_DATE, 0, 0}, .path = "date", .truncate = true},
    {.name = "timestamp", .type = {TIDE_TIMESTAMP, 0, 0}, .path = "a.b.timestamp"},
    {.name = "uuid", .type = {TIDE_UUID, 0, 0}, .path = "uuid"},
    {.name = "json", .type = {TIDE_JSON, 0, 0}, .path = "a.b"},
    {.name = "first", .type = {TIDE_TEXT, 0, 0}, .path = "o.p.q", .array = TIDE_ARRAY_FIRST},
    {.name = "id", .type = {TIDE_TEXT, 0, 0}, .origin = TIDE_FROM_ID},
};

typedef struct fuzz_state {
    tide_json_decoder *decoder;
    tide_schema schema;
    tide_builder builder;
    tide_reject_list rejects;
    tide_error err;
} fuzz_state;

/* Made once and kept: what one input leaves in the dictionaries, the next one meets. */
static inline fuzz_state *fuzz_open(tide_hidden hidden)
{
    static fuzz_state state;
    tide_type last = {hidden == TIDE_HIDDEN_ID ? TIDE_TEXT : TIDE_INT64, 0, 0};
    if (state.decoder != NULL) {
        return &state;
    }
    tide_schema_init(&state.schema);
    tide_reject_list_init(&state.rejects);
    bool fine = true;
    for (size_t i = 0; i < FUZZ_COLUMNS; i++) {
        fine = fine && tide_schema_add(&state.schema, fuzz_specs[i].name, fuzz_specs[i].type, false,
                                       &state.err) == TIDE_OK;
    }
    tide_column_specs specs = {fuzz_specs, FUZZ_COLUMNS};
    fine = fine &&
           tide_schema_add(&state.schema, "$source", (tide_type){TIDE_INT32, 0, 0}, true,
                           &state.err) == TIDE_OK &&
           tide_schema_add(&state.schema, "$last", last, true, &state.err) == TIDE_OK &&
           tide_builder_init(&state.builder, &state.schema, &state.err) == TIDE_OK &&
           tide_json_decoder_create(specs, hidden, &state.decoder, &state.err) == TIDE_OK;
    FUZZ_CHECK(fine);
    return &state;
}

static inline char *fuzz_padded(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + TIDE_JSON_PADDING);
    FUZZ_CHECK(copy != NULL);
    memcpy(copy, data, size);
    memset(copy + size, '}', TIDE_JSON_PADDING);
    return copy;
}

/* Of all rows, text is UTF-8 without U+0000. */
static inline void fuzz_check_rows(const fuzz_state *state)
{
    for (size_t i = 0; i < FUZZ_COLUMNS; i++) {
        tide_column column;
        tide_column_builder_view(&state->builder.columns[i], &column);
        FUZZ_CHECK(column.row_count == state->builder.row_count);
        bool is_text = column.type.id == TIDE_TEXT || column.type.id == TIDE_JSON;
        for (int64_t row = 0; is_text && row < column.row_count; row++) {
            tide_str text = tide_column_str(&column, row);
            FUZZ_CHECK(tide_utf8_valid(text));
            FUZZ_CHECK(text.size == 0 || memchr(text.data, 0, text.size) == NULL);
        }
    }
    for (size_t i = 0; i < state->rejects.count; i++) {
        FUZZ_CHECK(state->rejects.items[i].reason[0] != '\0');
        FUZZ_CHECK(state->rejects.items[i].position[0] != '\0');
    }
}

#endif

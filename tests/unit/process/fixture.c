/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdlib.h>

#include "base/memory.h"
#include "record/order.h"
#include "record/value.h"

const uint32_t test_series_columns[2] = {REGION, PERSON};

static const struct {
    const char *name;
    tide_type_id type;
} columns[] = {
    {"region", TIDE_TEXT}, {"person", TIDE_INT64}, {"used_at", TIDE_TIMESTAMP}, {"tie", TIDE_INT64},
    {"id", TIDE_TEXT},     {"amount", TIDE_INT64}, {"$source", TIDE_INT32},     {"$id", TIDE_TEXT},
};

tide_code test_layout_init(tide_source_layout *layout, tide_error *err)
{
    *layout = (tide_source_layout){
        .declared_count = DECLARED_COUNT,
        .source_column = DECLARED_COUNT,
        .id_column = DECLARED_COUNT + 1,
        .position_column = TIDE_NO_FIELD,
    };
    tide_schema_init(&layout->schema);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        tide_type type = {.id = columns[i].type};
        TIDE_TRY(tide_schema_add(&layout->schema, columns[i].name, type, false, err));
    }
    return TIDE_OK;
}

static tide_code append_row(tide_builder *builder, const test_row *row, tide_error *err)
{
    tide_column_builder *to = builder->columns;
    TIDE_TRY(row->region == NULL ? tide_append_null(&to[REGION], err)
                                 : tide_append_str(&to[REGION], tide_str_of(row->region), err));
    TIDE_TRY(row->person_is_null ? tide_append_null(&to[PERSON], err)
                                 : tide_append_int64(&to[PERSON], row->person, err));
    TIDE_TRY(row->time_is_null ? tide_append_null(&to[USED_AT], err)
                               : tide_append_int64(&to[USED_AT], row->time, err));
    TIDE_TRY(tide_append_int64(&to[TIE], row->tie, err));
    TIDE_TRY(tide_append_str(&to[ID], tide_str_of(row->id), err));
    TIDE_TRY(tide_append_int64(&to[AMOUNT], row->amount, err));
    TIDE_TRY(tide_append_int32(&to[DECLARED_COUNT], 0, err));
    TIDE_TRY(tide_append_str(&to[DECLARED_COUNT + 1], tide_str_of(row->id), err));
    tide_builder_end_row(builder);
    return TIDE_OK;
}

tide_code test_rows_append(tide_builder *builder, const test_row *rows, size_t count,
                           tide_error *err)
{
    for (size_t i = 0; i < count; i++) {
        TIDE_TRY(append_row(builder, &rows[i], err));
    }
    return TIDE_OK;
}

static int compare_numbers(bool a_null, int64_t a, bool b_null, int64_t b)
{
    if (a_null || b_null) {
        return (int)b_null - (int)a_null;
    }
    return (a > b) - (a < b);
}

static int compare_rows(const void *left, const void *right)
{
    const test_row *a = left, *b = right;
    int order = (a->hash > b->hash) - (a->hash < b->hash);
    if (order == 0) {
        order = a->region == NULL || b->region == NULL
                    ? (int)(b->region == NULL) - (int)(a->region == NULL)
                    : strcmp(a->region, b->region);
    }
    if (order == 0) {
        order = compare_numbers(a->person_is_null, a->person, b->person_is_null, b->person);
    }
    if (order == 0) {
        order = compare_numbers(a->time_is_null, a->time, b->time_is_null, b->time);
    }
    if (order == 0) {
        order = compare_numbers(false, a->tie, false, b->tie);
    }
    return order != 0 ? order : strcmp(a->id, b->id);
}

static tide_code hash_row(tide_builder *builder, test_row *row, tide_error *err)
{
    tide_batch view;
    tide_column views[DECLARED_COUNT + 2];
    tide_builder_reset(builder);
    TIDE_TRY(append_row(builder, row, err));
    TIDE_TRY(tide_builder_view(builder, &view, err));
    tide_batch_columns(&view, views);
    tide_hash_rows(views, test_series_columns, 2, 1, &row->hash);
    tide_batch_clear(&view);
    return TIDE_OK;
}

tide_code test_rows_sort(const tide_source_layout *layout, test_row *rows, size_t count,
                         int hash_bits, tide_error *err)
{
    tide_builder builder;
    tide_code code = tide_builder_init(&builder, &layout->schema, err);
    for (size_t i = 0; i < count && code == TIDE_OK; i++) {
        code = hash_row(&builder, &rows[i], err);
        if (hash_bits < 64) {
            rows[i].hash &= ~(UINT64_MAX >> hash_bits);
        }
    }
    tide_builder_clear(&builder);
    if (code != TIDE_OK) {
        return code;
    }
    if (count > 1) {
        qsort(rows, count, sizeof *rows, compare_rows);
    }
    return TIDE_OK;
}

static void drop_rows(test_stream *stream)
{
    if (stream->has_builder) {
        tide_batch_clear(&stream->view);
        tide_builder_clear(&stream->builder);
        tide_free(stream->hashes);
        stream->hashes = NULL;
        stream->has_builder = false;
    }
}

static tide_code next_rows(tide_stream *base, tide_batch *out, const uint64_t **hashes,
                           tide_error *err)
{
    test_stream *stream = (test_stream *)base;
    drop_rows(stream);
    stream->batches++;
    if (stream->cancel != NULL && stream->batches == stream->cancel_at) {
        tide_cancel_raise(stream->cancel, stream->cancel_level);
    }
    size_t left = stream->count - stream->at;
    size_t count = left < stream->batch_rows ? left : stream->batch_rows;
    tide_batch_init(out);
    if (count == 0) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_builder_init(&stream->builder, &stream->layout->schema, err));
    stream->has_builder = true;
    tide_batch_init(&stream->view);
    stream->hashes = tide_alloc(count * sizeof *stream->hashes);
    if (stream->hashes == NULL) {
        return TIDE_FAIL_MEMORY(err, "test");
    }
    for (size_t i = 0; i < count; i++) {
        stream->hashes[i] = stream->rows[stream->at + i].hash;
    }
    TIDE_TRY(test_rows_append(&stream->builder, stream->rows + stream->at, count, err));
    TIDE_TRY(tide_builder_view(&stream->builder, &stream->view, err));
    stream->at += count;
    *out = stream->view;
    *hashes = stream->hashes;
    return TIDE_OK;
}

static const tide_stream_vtable rows_vtable = {.next = next_rows};

void test_stream_init(test_stream *stream, const tide_source_layout *layout, const test_row *rows,
                      size_t count, size_t batch_rows)
{
    *stream = (test_stream){
        .base = {&rows_vtable},
        .layout = layout,
        .rows = rows,
        .count = count,
        .batch_rows = batch_rows,
    };
}

void test_stream_clear(test_stream *stream)
{
    drop_rows(stream);
}

void test_states_init(test_states *states, const tide_state_layout *layout)
{
    *states = (test_states){.layout = layout};
}

void test_states_clear(test_states *states)
{
    size_t width = states->layout->schema.field_count;
    for (size_t i = 0; i < states->row_count * width; i++) {
        tide_value_clear(&states->cells[i], states->layout->schema.fields[i % width].type);
    }
    tide_free(states->cells);
    *states = (test_states){.layout = states->layout};
}

/* -1: before, 0: the same, 1: after. */
static int compare_state(const test_states *states, const tide_value *cells, int64_t hash,
                         tide_str region, int64_t person)
{
    const tide_state_layout *layout = states->layout;
    int64_t other = cells[layout->hash_column].as.integer;
    if (other != hash) {
        return other < hash ? -1 : 1;
    }
    const tide_value *key = &cells[layout->series_begin];
    bool same = key[0].as.bytes.size == region.size &&
                memcmp(key[0].as.bytes.data, region.data, region.size) == 0 &&
                key[1].as.integer == person;
    return same ? 0 : -1;
}

static tide_code insert_row(test_states *states, size_t at, tide_error *err)
{
    size_t width = states->layout->schema.field_count;
    TIDE_TRY(tide_grow((void **)&states->cells, &states->capacity, states->row_count + 1,
                       width * sizeof *states->cells, err));
    tide_value *row = states->cells + at * width;
    if (states->row_count > at) {
        memmove(row + width, row, (states->row_count - at) * width * sizeof *row);
    }
    for (size_t i = 0; i < width; i++) {
        row[i] = tide_value_null();
    }
    states->row_count++;
    return TIDE_OK;
}

tide_code test_states_upsert(test_states *states, const tide_batch *batch, tide_error *err)
{
    size_t width = states->layout->schema.field_count;
    tide_column views[64];
    int64_t row_count = tide_batch_row_count(batch);
    if (row_count > 0) {
        tide_batch_columns(batch, views);
    }
    for (int64_t row = 0; row < row_count; row++) {
        int64_t hash = tide_column_int64(&views[states->layout->hash_column], row);
        tide_str region = tide_column_str(&views[states->layout->series_begin], row);
        int64_t person = tide_column_int64(&views[states->layout->series_begin + 1], row);
        size_t at = 0;
        int order = -1;
        while (at < states->row_count && (order = compare_state(states, states->cells + at * width,
                                                                hash, region, person)) < 0) {
            at++;
        }
        if (at == states->row_count || order != 0) {
            TIDE_TRY(insert_row(states, at, err));
        }
        for (size_t i = 0; i < width; i++) {
            TIDE_TRY(tide_value_read(&states->cells[at * width + i], &views[i], row, err));
        }
    }
    return TIDE_OK;
}

const tide_value *test_states_find(const test_states *states, const char *region, int64_t person)
{
    size_t width = states->layout->schema.field_count;
    for (size_t i = 0; i < states->row_count; i++) {
        const tide_value *cells = states->cells + i * width;
        int64_t hash = cells[states->layout->hash_column].as.integer;
        if (compare_state(states, cells, hash, tide_str_of(region), person) == 0) {
            return cells;
        }
    }
    return NULL;
}

static void drop_states(test_state_stream *stream)
{
    if (stream->has_builder) {
        tide_batch_clear(&stream->view);
        tide_builder_clear(&stream->builder);
        stream->has_builder = false;
    }
}

static tide_code next_states(tide_stream *base, tide_batch *out, const uint64_t **hashes,
                             tide_error *err)
{
    test_state_stream *stream = (test_state_stream *)base;
    const tide_schema *schema = &stream->states->layout->schema;
    drop_states(stream);
    tide_batch_init(out);
    *hashes = NULL;
    size_t left = stream->states->row_count - stream->at;
    size_t count = left < stream->batch_rows ? left : stream->batch_rows;
    if (count == 0) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_builder_init(&stream->builder, schema, err));
    stream->has_builder = true;
    tide_batch_init(&stream->view);
    for (size_t row = 0; row < count; row++) {
        const tide_value *cells = stream->states->cells + (stream->at + row) * schema->field_count;
        for (size_t i = 0; i < schema->field_count; i++) {
            TIDE_TRY(tide_value_append(&cells[i], &stream->builder.columns[i], err));
        }
        tide_builder_end_row(&stream->builder);
    }
    TIDE_TRY(tide_builder_view(&stream->builder, &stream->view, err));
    stream->at += count;
    *out = stream->view;
    return TIDE_OK;
}

static const tide_stream_vtable states_vtable = {.next = next_states};

void test_state_stream_init(test_state_stream *stream, const test_states *states, size_t batch_rows)
{
    *stream =
        (test_state_stream){.base = {&states_vtable}, .states = states, .batch_rows = batch_rows};
}

void test_state_stream_clear(test_state_stream *stream)
{
    drop_states(stream);
}

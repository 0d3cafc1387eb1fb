/* SPDX-License-Identifier: Apache-2.0 */
#include "record/builder.h"

#include <assert.h>

#include "base/memory.h"
#include "record/array_parts.h"

/* The first rows and bytes of a column: small, as there may be a thousand columns; doubling reaches
 * a full batch in five steps, once in a builder's life. */
#define ROW_CAPACITY_MIN 256
#define DATA_CAPACITY_MIN 1024

void tide_column_builder_init(tide_column_builder *column, tide_type type)
{
    *column = (tide_column_builder){.type = type};
}

void tide_column_builder_reset(tide_column_builder *column)
{
    column->row_count = 0;
    column->null_count = 0;
    column->data_bytes = 0;
}

void tide_column_builder_clear(tide_column_builder *column)
{
    tide_free(column->validity);
    tide_free(column->data);
    tide_free(column->offsets);
    tide_column_builder_init(column, column->type);
}

static tide_code resize(void **block, size_t bytes, tide_error *err)
{
    void *grown = tide_resize(*block, bytes);
    if (grown == NULL) {
        return TIDE_FAIL(err, TIDE_OUT_OF_MEMORY, "out of memory: %zu bytes of a batch's column",
                         bytes);
    }
    *block = grown;
    return TIDE_OK;
}

static tide_code resize_rows(tide_column_builder *column, size_t capacity, tide_error *err)
{
    void *validity = column->validity;
    void *offsets = column->offsets;
    void *data = column->data;
    size_t bitmap_bytes = (capacity + 7) / 8;
    if (validity != NULL) {
        TIDE_TRY(resize(&validity, bitmap_bytes, err));
        column->validity = validity;
    }
    if (tide_type_is_variable(column->type)) {
        TIDE_TRY(resize(&offsets, (capacity + 1) * sizeof column->offsets[0], err));
        column->offsets = offsets;
        column->offsets[0] = 0;
    } else {
        size_t width = tide_type_width(column->type);
        TIDE_TRY(resize(&data, width == 0 ? bitmap_bytes : capacity * width, err));
        column->data = data;
    }
    column->row_capacity = capacity;
    return TIDE_OK;
}

tide_code tide_column_reserve(tide_column_builder *column, size_t rows, tide_error *err)
{
    size_t used = (size_t)column->row_count;
    if (rows <= column->row_capacity - used) {
        return TIDE_OK;
    }
    if (rows > INT32_MAX || used > INT32_MAX) {
        return TIDE_FAIL(err, TIDE_OVER_BUDGET, "a batch can't hold %zu more rows", rows);
    }
    size_t capacity = column->row_capacity * 2;
    if (capacity < ROW_CAPACITY_MIN) {
        capacity = ROW_CAPACITY_MIN;
    }
    if (capacity < used + rows) {
        capacity = used + rows;
    }
    return resize_rows(column, capacity, err);
}

tide_code tide_column_reserve_bytes(tide_column_builder *column, size_t bytes, tide_error *err)
{
    if (bytes <= column->data_capacity - column->data_bytes && column->data != NULL) {
        return TIDE_OK;
    }
    if (bytes > INT32_MAX - column->data_bytes) {
        return TIDE_FAIL(err, TIDE_OVER_BUDGET,
                         "one column of a batch would hold more than 2 GiB (%zu and %zu bytes)",
                         column->data_bytes, bytes);
    }
    size_t capacity = column->data_capacity * 2;
    if (capacity < DATA_CAPACITY_MIN) {
        capacity = DATA_CAPACITY_MIN;
    }
    if (capacity < column->data_bytes + bytes) {
        capacity = column->data_bytes + bytes;
    }
    void *data = column->data;
    TIDE_TRY(resize(&data, capacity, err));
    column->data = data;
    column->data_capacity = capacity;
    return TIDE_OK;
}

tide_code tide_column_grow(tide_column_builder *column, size_t bytes, tide_error *err)
{
    TIDE_TRY(tide_column_reserve(column, 1, err));
    if (tide_type_is_variable(column->type)) {
        TIDE_TRY(tide_column_reserve_bytes(column, bytes, err));
    }
    return TIDE_OK;
}

tide_code tide_column_make_validity(tide_column_builder *column, tide_error *err)
{
    if (column->validity == NULL) {
        void *validity = NULL;
        TIDE_TRY(resize(&validity, (column->row_capacity + 7) / 8, err));
        column->validity = validity;
    }
    tide_bits_fill(column->validity, column->row_count);
    return TIDE_OK;
}

tide_code tide_append_null(tide_column_builder *column, tide_error *err)
{
    size_t row = (size_t)column->row_count;
    if (row == column->row_capacity) {
        TIDE_TRY(tide_column_grow(column, 0, err));
    }
    if (column->null_count == 0) {
        TIDE_TRY(tide_column_make_validity(column, err));
    }
    size_t width = tide_type_width(column->type);
    if (width != 0) {
        memset(column->data + row * width, 0, width);
    } else if (column->offsets != NULL) {
        column->offsets[row + 1] = (int32_t)column->data_bytes;
    } else {
        tide_bit_write(column->data, column->row_count, false);
    }
    tide_bit_write(column->validity, column->row_count, false);
    column->null_count++;
    column->row_count++;
    return TIDE_OK;
}

tide_code tide_column_rows_written(tide_column_builder *column, size_t rows,
                                   const uint8_t *validity, tide_error *err)
{
    int64_t count = (int64_t)rows;
    int64_t nulls = validity == NULL ? 0 : tide_bits_count_zero(validity, 0, count);
    if (nulls > 0 && column->null_count == 0) {
        TIDE_TRY(tide_column_make_validity(column, err));
    }
    column->null_count += nulls;
    if (nulls > 0) {
        tide_bits_copy(column->validity, column->row_count, validity, 0, count);
    } else if (column->null_count > 0) {
        tide_bits_set(column->validity, column->row_count, count);
    }
    column->row_count += count;
    return TIDE_OK;
}

void tide_column_builder_view(const tide_column_builder *builder, tide_column *column)
{
    *column = (tide_column){
        .validity = builder->null_count > 0 ? builder->validity : NULL,
        .data = builder->data == NULL ? tide_no_bytes : builder->data,
        .offsets = builder->offsets,
        .row_count = builder->row_count,
        .type = builder->type,
    };
}

tide_code tide_builder_init(tide_builder *builder, const tide_schema *schema, tide_error *err)
{
    *builder = (tide_builder){.schema = schema};
    builder->columns = tide_alloc_zero(schema->field_count, sizeof builder->columns[0]);
    builder->parts = tide_array_parts_create(schema->field_count);
    if (builder->columns == NULL || builder->parts == NULL) {
        tide_free(builder->columns);
        tide_array_parts_destroy(builder->parts);
        *builder = (tide_builder){.schema = NULL};
        return TIDE_FAIL_MEMORY(err, "a batch builder");
    }
    for (size_t i = 0; i < schema->field_count; i++) {
        tide_column_builder_init(&builder->columns[i], schema->fields[i].type);
    }
    return TIDE_OK;
}

void tide_builder_clear(tide_builder *builder)
{
    if (builder->schema == NULL) {
        return;
    }
    for (size_t i = 0; i < builder->schema->field_count; i++) {
        tide_column_builder_clear(&builder->columns[i]);
    }
    tide_free(builder->columns);
    tide_array_parts_destroy(builder->parts);
    *builder = (tide_builder){.schema = NULL};
}

void tide_builder_reset(tide_builder *builder)
{
    for (size_t i = 0; i < builder->schema->field_count; i++) {
        tide_column_builder_reset(&builder->columns[i]);
    }
    builder->row_count = 0;
}

void tide_builder_end_row(tide_builder *builder)
{
    builder->row_count++;
}

void tide_builder_end_rows(tide_builder *builder)
{
    for (size_t i = 0; i < builder->schema->field_count; i++) {
        builder->row_count = builder->columns[i].row_count;
        assert(builder->row_count == builder->columns[0].row_count);
    }
}

static void truncate(tide_column_builder *column, int64_t row_count)
{
    int64_t dropped = column->row_count - row_count;
    if (dropped <= 0) {
        return;
    }
    if (column->null_count > 0) {
        column->null_count -= tide_bits_count_zero(column->validity, row_count, dropped);
    }
    if (column->offsets != NULL) {
        column->data_bytes = (size_t)column->offsets[row_count];
    }
    column->row_count = row_count;
}

void tide_builder_cancel_row(tide_builder *builder)
{
    for (size_t i = 0; i < builder->schema->field_count; i++) {
        truncate(&builder->columns[i], builder->row_count);
    }
}

size_t tide_builder_bytes(const tide_builder *builder)
{
    size_t bytes = 0;
    for (size_t i = 0; i < builder->schema->field_count; i++) {
        const tide_column_builder *column = &builder->columns[i];
        size_t rows = (size_t)column->row_count;
        size_t width = tide_type_width(column->type);
        bytes += column->offsets != NULL ? rows * sizeof(int32_t) + column->data_bytes
                 : width != 0            ? rows * width
                                         : rows / 8;
        bytes += column->null_count > 0 ? rows / 8 : 0;
    }
    return bytes;
}

/* Arrow wants one offset even for no rows. */
static tide_code make_offsets(tide_builder *builder, tide_error *err)
{
    for (size_t i = 0; i < builder->schema->field_count; i++) {
        tide_column_builder *column = &builder->columns[i];
        if (column->row_capacity == 0 && tide_type_is_variable(column->type)) {
            TIDE_TRY(tide_column_grow(column, 0, err));
        }
    }
    return TIDE_OK;
}

tide_code tide_builder_view(tide_builder *builder, tide_batch *out, tide_error *err)
{
    tide_batch_init(out);
    TIDE_TRY(make_offsets(builder, err));
    out->schema = builder->schema;
    tide_array_parts_lend(builder->parts, builder->columns, builder->row_count, &out->array);
    return TIDE_OK;
}

tide_code tide_builder_finish(tide_builder *builder, tide_batch *out, tide_error *err)
{
    tide_batch_init(out);
    TIDE_TRY(make_offsets(builder, err));
    TIDE_TRY(tide_array_parts_give(builder->columns, builder->schema->field_count,
                                   builder->row_count, &out->array, err));
    out->schema = builder->schema;
    builder->row_count = 0;
    return TIDE_OK;
}

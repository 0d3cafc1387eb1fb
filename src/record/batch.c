/* SPDX-License-Identifier: Apache-2.0 */
#include "record/batch.h"

void tide_batch_init(tide_batch *batch)
{
    *batch = (tide_batch){.schema = NULL};
}

void tide_batch_clear(tide_batch *batch)
{
    if (batch->array.release != NULL) {
        batch->array.release(&batch->array);
    }
    tide_batch_init(batch);
}

void tide_batch_move(tide_batch *from, tide_batch *to)
{
    *to = *from;
    tide_batch_init(from);
}

int64_t tide_batch_row_count(const tide_batch *batch)
{
    return batch->array.release == NULL ? 0 : batch->array.length;
}

static size_t column_bytes(const tide_column *column)
{
    size_t rows = (size_t)column->row_count;
    size_t bytes = column->validity != NULL ? (rows + 7) / 8 : 0;
    if (tide_type_is_variable(column->type)) {
        return bytes + (rows + 1) * sizeof(int32_t) + (size_t)column->offsets[rows];
    }
    size_t width = tide_type_width(column->type);
    return bytes + (width == 0 ? (rows + 7) / 8 : rows * width);
}

const uint8_t tide_no_bytes[1];

tide_column tide_column_of(const struct ArrowArray *child, tide_type type)
{
    bool variable = tide_type_is_variable(type);
    const void *data = child->buffers[variable ? 2 : 1];
    return (tide_column){
        .validity = child->buffers[0],
        .data = data == NULL ? tide_no_bytes : data,
        .offsets = variable ? child->buffers[1] : NULL,
        .row_count = child->length,
        .type = type,
    };
}

size_t tide_batch_bytes(const tide_batch *batch)
{
    size_t bytes = 0;
    for (int64_t i = 0; batch->array.release != NULL && i < batch->array.n_children; i++) {
        tide_column column =
            tide_column_of(batch->array.children[i], batch->schema->fields[i].type);
        bytes += column_bytes(&column);
    }
    return bytes;
}

void tide_batch_columns(const tide_batch *batch, tide_column *columns)
{
    for (size_t i = 0; i < batch->schema->field_count; i++) {
        columns[i] = tide_column_of(batch->array.children[i], batch->schema->fields[i].type);
    }
}

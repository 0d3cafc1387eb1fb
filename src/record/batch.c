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

static tide_column column_of(const struct ArrowArray *child, tide_type type)
{
    tide_column column = {.validity = child->buffers[0], .row_count = child->length, .type = type};
    if (tide_type_is_variable(type)) {
        column.offsets = child->buffers[1];
        column.data = child->buffers[2];
    } else {
        column.data = child->buffers[1];
    }
    return column;
}

size_t tide_batch_bytes(const tide_batch *batch)
{
    size_t bytes = 0;
    for (int64_t i = 0; batch->array.release != NULL && i < batch->array.n_children; i++) {
        tide_column column = column_of(batch->array.children[i], batch->schema->fields[i].type);
        bytes += column_bytes(&column);
    }
    return bytes;
}

void tide_batch_columns(const tide_batch *batch, tide_column *columns)
{
    for (size_t i = 0; i < batch->schema->field_count; i++) {
        columns[i] = column_of(batch->array.children[i], batch->schema->fields[i].type);
    }
}

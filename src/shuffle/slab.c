/* SPDX-License-Identifier: Apache-2.0 */
#include "shuffle/slab.h"

#include "base/memory.h"

static size_t aligned(size_t bytes)
{
    return (bytes + 7) & ~(size_t)7;
}

static size_t bit_bytes(int64_t row_count)
{
    return (size_t)(row_count + 7) / 8;
}

/* Bytes of the column's values: the fixed ones, or what its offsets cover. */
static size_t value_bytes(const tide_column *column, int64_t row_count)
{
    if (tide_type_is_variable(column->type)) {
        return row_count == 0 ? 0 : (size_t)(column->offsets[row_count] - column->offsets[0]);
    }
    return column->type.id == TIDE_BOOL ? bit_bytes(row_count)
                                        : tide_type_width(column->type) * (size_t)row_count;
}

static size_t column_bytes(const tide_column *column, int64_t row_count)
{
    size_t bytes = aligned(value_bytes(column, row_count));
    if (column->validity != NULL) {
        bytes += aligned(bit_bytes(row_count));
    }
    if (tide_type_is_variable(column->type)) {
        bytes += aligned(((size_t)row_count + 1) * sizeof(int32_t));
    }
    return bytes;
}

size_t tide_slab_bytes(const tide_column *columns, size_t column_count, int64_t row_count)
{
    size_t bytes = aligned(column_count * sizeof *columns);
    for (size_t i = 0; i < column_count; i++) {
        bytes += column_bytes(&columns[i], row_count);
    }
    return bytes;
}

/* Copies to *at and moves it on. */
static void *put(uint8_t **at, const void *from, size_t bytes)
{
    void *copy = *at;
    if (bytes > 0 && from != NULL) {
        memcpy(copy, from, bytes);
    }
    *at += aligned(bytes);
    return copy;
}

/* Offsets begin with 0 in the copy, wherever they began. */
static const int32_t *put_offsets(uint8_t **at, const tide_column *from, int64_t row_count)
{
    if (row_count == 0) {
        const int32_t zero = 0;
        return put(at, &zero, sizeof zero);
    }
    int32_t *offsets = put(at, from->offsets, ((size_t)row_count + 1) * sizeof(int32_t));
    int32_t first = offsets[0];
    for (int64_t i = 0; first != 0 && i <= row_count; i++) {
        offsets[i] -= first;
    }
    return offsets;
}

static tide_column put_column(uint8_t **at, const tide_column *from, int64_t row_count)
{
    tide_column to = {.type = from->type, .row_count = row_count};
    const uint8_t *values = from->data;
    if (from->validity != NULL) {
        to.validity = put(at, from->validity, bit_bytes(row_count));
    }
    if (tide_type_is_variable(from->type)) {
        to.offsets = put_offsets(at, from, row_count);
        values = values == NULL || row_count == 0 ? values : values + from->offsets[0];
    }
    to.data = put(at, values, value_bytes(from, row_count));
    return to;
}

tide_code tide_slab_init(tide_slab *slab, const tide_column *columns, size_t column_count,
                         int64_t row_count, tide_error *err)
{
    void *block = tide_alloc(tide_slab_bytes(columns, column_count, row_count));
    if (block == NULL) {
        return TIDE_FAIL_MEMORY(err, "rows to be sorted");
    }
    slab->columns = block;
    uint8_t *at = (uint8_t *)block + aligned(column_count * sizeof *columns);
    for (size_t i = 0; i < column_count; i++) {
        slab->columns[i] = put_column(&at, &columns[i], row_count);
    }
    return TIDE_OK;
}

void tide_slab_clear(tide_slab *slab)
{
    tide_free(slab->columns);
    slab->columns = NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Rows from batches into a builder, one column at a time: gather (rows of many batches), take (rows
 * of one batch by index) and ranges. One loop per width, without a branch per row; validity is
 * looked at only where a source has any. */
#include "base/memory.h"
#include "record/builder.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* A batch's offsets are int32. */
static tide_code check_bytes(size_t used, size_t bytes, tide_error *err)
{
    if (bytes > INT32_MAX - used) {
        return TIDE_FAIL(err, TIDE_OVER_BUDGET,
                         "one column of a batch would hold more than 2 GiB (%zu and %zu bytes)",
                         used, bytes);
    }
    return TIDE_OK;
}

/* Gather: row i is row rows[i].row of rows[i].columns[at]. The loops return whether any source has
 * a validity bitmap. */

ALWAYS_INLINE bool gather_width(uint8_t *out, const tide_row *rows, size_t count, size_t at,
                                size_t width)
{
    uintptr_t validity = 0;
    for (size_t i = 0; i < count; i++) {
        const tide_column *from = rows[i].columns + at;
        memcpy(out + i * width, from->data + (size_t)rows[i].row * width, width);
        validity |= (uintptr_t)from->validity;
    }
    return validity != 0;
}

static bool gather_bits(tide_column_builder *column, const tide_row *rows, size_t count, size_t at)
{
    uintptr_t validity = 0;
    for (size_t i = 0; i < count; i++) {
        const tide_column *from = rows[i].columns + at;
        tide_bit_write(column->data, column->row_count + (int64_t)i,
                       tide_bit_read(from->data, rows[i].row));
        validity |= (uintptr_t)from->validity;
    }
    return validity != 0;
}

static bool gather_fixed(tide_column_builder *column, const tide_row *rows, size_t count, size_t at)
{
    size_t width = tide_type_width(column->type);
    uint8_t *out = column->data + (size_t)column->row_count * width;
    switch (width) {
        case 4:
            return gather_width(out, rows, count, at, 4);
        case 8:
            return gather_width(out, rows, count, at, 8);
        case 16:
            return gather_width(out, rows, count, at, 16);
        default:
            return gather_bits(column, rows, count, at);
    }
}

static tide_code gather_variable(tide_column_builder *column, const tide_row *rows, size_t count,
                                 size_t at, bool *has_validity, tide_error *err)
{
    uintptr_t validity = 0;
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        const tide_column *from = rows[i].columns + at;
        const int32_t *offsets = from->offsets + rows[i].row;
        bytes += (size_t)(offsets[1] - offsets[0]);
        validity |= (uintptr_t)from->validity;
    }
    TIDE_TRY(check_bytes(column->data_bytes, bytes, err));
    TIDE_TRY(tide_column_reserve_bytes(column, bytes, err));
    int32_t *out_offsets = column->offsets + column->row_count;
    int32_t end = (int32_t)column->data_bytes;
    for (size_t i = 0; i < count; i++) {
        const tide_column *from = rows[i].columns + at;
        const int32_t *offsets = from->offsets + rows[i].row;
        int32_t size = offsets[1] - offsets[0];
        tide_copy_bytes(column->data + end, from->data + offsets[0], (size_t)size);
        end += size;
        out_offsets[i + 1] = end;
    }
    column->data_bytes = (size_t)end;
    *has_validity = validity != 0;
    return TIDE_OK;
}

static tide_code gather_validity(tide_column_builder *column, const tide_row *rows, size_t count,
                                 size_t at, tide_error *err)
{
    int64_t nulls = 0;
    for (size_t i = 0; i < count; i++) {
        nulls += tide_column_is_null(rows[i].columns + at, rows[i].row);
    }
    if (nulls == 0) {
        return tide_column_rows_written(column, count, NULL, err);
    }
    if (column->null_count == 0) {
        TIDE_TRY(tide_column_make_validity(column, err));
    }
    for (size_t i = 0; i < count; i++) {
        tide_bit_write(column->validity, column->row_count + (int64_t)i,
                       !tide_column_is_null(rows[i].columns + at, rows[i].row));
    }
    column->null_count += nulls;
    column->row_count += (int64_t)count;
    return TIDE_OK;
}

static tide_code gather_column(tide_column_builder *column, const tide_row *rows, size_t count,
                               size_t at, tide_error *err)
{
    bool has_validity = false;
    TIDE_TRY(tide_column_reserve(column, count, err));
    if (tide_type_is_variable(column->type)) {
        TIDE_TRY(gather_variable(column, rows, count, at, &has_validity, err));
    } else {
        has_validity = gather_fixed(column, rows, count, at);
    }
    if (has_validity) {
        return gather_validity(column, rows, count, at, err);
    }
    return tide_column_rows_written(column, count, NULL, err);
}

tide_code tide_builder_gather(tide_builder *builder, const tide_row *rows, size_t count,
                              tide_error *err)
{
    for (size_t i = 0; i < builder->schema->field_count && count > 0; i++) {
        TIDE_TRY(gather_column(&builder->columns[i], rows, count, i, err));
    }
    builder->row_count += (int64_t)count;
    return TIDE_OK;
}

/* Take: row i is row rows[i] of one column. */

ALWAYS_INLINE void take_width(uint8_t *out, const uint8_t *data, const uint32_t *rows, size_t count,
                              size_t width)
{
    for (size_t i = 0; i < count; i++) {
        memcpy(out + i * width, data + (size_t)rows[i] * width, width);
    }
}

static void take_bits(uint8_t *out, int64_t out_at, const uint8_t *bits, const uint32_t *rows,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        tide_bit_write(out, out_at + (int64_t)i, tide_bit_read(bits, rows[i]));
    }
}

static void take_fixed(tide_column_builder *column, const tide_column *from, const uint32_t *rows,
                       size_t count)
{
    size_t width = tide_type_width(column->type);
    uint8_t *out = column->data + (size_t)column->row_count * width;
    switch (width) {
        case 4:
            take_width(out, from->data, rows, count, 4);
            break;
        case 8:
            take_width(out, from->data, rows, count, 8);
            break;
        case 16:
            take_width(out, from->data, rows, count, 16);
            break;
        default:
            take_bits(column->data, column->row_count, from->data, rows, count);
    }
}

static tide_code take_variable(tide_column_builder *column, const tide_column *from,
                               const uint32_t *rows, size_t count, tide_error *err)
{
    const int32_t *offsets = from->offsets;
    const uint8_t *data = from->data;
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += (size_t)(offsets[rows[i] + 1] - offsets[rows[i]]);
    }
    TIDE_TRY(check_bytes(column->data_bytes, bytes, err));
    TIDE_TRY(tide_column_reserve_bytes(column, bytes, err));
    int32_t *out_offsets = column->offsets + column->row_count;
    int32_t end = (int32_t)column->data_bytes;
    for (size_t i = 0; i < count; i++) {
        int32_t begin = offsets[rows[i]];
        int32_t size = offsets[rows[i] + 1] - begin;
        tide_copy_bytes(column->data + end, data + begin, (size_t)size);
        end += size;
        out_offsets[i + 1] = end;
    }
    column->data_bytes = (size_t)end;
    return TIDE_OK;
}

static tide_code take_validity(tide_column_builder *column, const tide_column *from,
                               const uint32_t *rows, size_t count, tide_error *err)
{
    int64_t nulls = 0;
    for (size_t i = 0; i < count; i++) {
        nulls += !tide_bit_read(from->validity, rows[i]);
    }
    if (nulls == 0) {
        return tide_column_rows_written(column, count, NULL, err);
    }
    if (column->null_count == 0) {
        TIDE_TRY(tide_column_make_validity(column, err));
    }
    take_bits(column->validity, column->row_count, from->validity, rows, count);
    column->null_count += nulls;
    column->row_count += (int64_t)count;
    return TIDE_OK;
}

tide_code tide_column_take(tide_column_builder *column, const tide_column *from,
                           const uint32_t *rows, size_t count, tide_error *err)
{
    if (count == 0) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_column_reserve(column, count, err));
    if (tide_type_is_variable(column->type)) {
        TIDE_TRY(take_variable(column, from, rows, count, err));
    } else {
        take_fixed(column, from, rows, count);
    }
    if (from->validity != NULL) {
        return take_validity(column, from, rows, count, err);
    }
    return tide_column_rows_written(column, count, NULL, err);
}

tide_code tide_builder_take(tide_builder *builder, const tide_column *columns, const uint32_t *rows,
                            size_t count, tide_error *err)
{
    for (size_t i = 0; i < builder->schema->field_count; i++) {
        TIDE_TRY(tide_column_take(&builder->columns[i], &columns[i], rows, count, err));
    }
    builder->row_count += (int64_t)count;
    return TIDE_OK;
}

/* Ranges. */

static tide_code append_variable_range(tide_column_builder *column, const tide_column *from,
                                       int64_t begin, int64_t end, tide_error *err)
{
    const int32_t *offsets = from->offsets;
    size_t bytes = (size_t)(offsets[end] - offsets[begin]);
    TIDE_TRY(check_bytes(column->data_bytes, bytes, err));
    TIDE_TRY(tide_column_reserve_bytes(column, bytes, err));
    if (bytes > 0) {
        memcpy(column->data + column->data_bytes, from->data + offsets[begin], bytes);
    }
    int32_t *out_offsets = column->offsets + column->row_count + 1;
    int32_t shift = (int32_t)column->data_bytes - offsets[begin];
    for (int64_t row = begin; row < end; row++) {
        out_offsets[row - begin] = offsets[row + 1] + shift;
    }
    column->data_bytes += bytes;
    return TIDE_OK;
}

static void append_fixed_range(tide_column_builder *column, const tide_column *from, int64_t begin,
                               int64_t end)
{
    size_t width = tide_type_width(column->type);
    if (width == 0) {
        tide_bits_copy(column->data, column->row_count, from->data, begin, end - begin);
        return;
    }
    memcpy(column->data + (size_t)column->row_count * width, from->data + (size_t)begin * width,
           (size_t)(end - begin) * width);
}

static tide_code append_validity_range(tide_column_builder *column, const tide_column *from,
                                       int64_t begin, int64_t end, tide_error *err)
{
    int64_t nulls = tide_bits_count_zero(from->validity, begin, end - begin);
    if (nulls == 0) {
        return tide_column_rows_written(column, (size_t)(end - begin), NULL, err);
    }
    if (column->null_count == 0) {
        TIDE_TRY(tide_column_make_validity(column, err));
    }
    tide_bits_copy(column->validity, column->row_count, from->validity, begin, end - begin);
    column->null_count += nulls;
    column->row_count += end - begin;
    return TIDE_OK;
}

tide_code tide_column_append_range(tide_column_builder *column, const tide_column *from,
                                   int64_t begin, int64_t end, tide_error *err)
{
    if (begin >= end) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_column_reserve(column, (size_t)(end - begin), err));
    if (tide_type_is_variable(column->type)) {
        TIDE_TRY(append_variable_range(column, from, begin, end, err));
    } else {
        append_fixed_range(column, from, begin, end);
    }
    if (from->validity != NULL) {
        return append_validity_range(column, from, begin, end, err);
    }
    return tide_column_rows_written(column, (size_t)(end - begin), NULL, err);
}

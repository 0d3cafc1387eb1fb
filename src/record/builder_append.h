/* SPDX-License-Identifier: Apache-2.0 */
/* The appends of one value: part of builder.h, which includes it. Each is a bounds check, a store
 * and a count; growing and the first null of a column are out of line. */
#ifndef TIDE_RECORD_BUILDER_APPEND_H
#define TIDE_RECORD_BUILDER_APPEND_H

#include "record/bits.h"
#include "record/builder.h"

#define TIDE_UNLIKELY(condition) __builtin_expect((condition), 0)

/* Out of line: room for a row (and its bytes), and a validity bitmap with all rows so far set. */
TIDE_MUST_CHECK tide_code tide_column_grow(tide_column_builder *column, size_t bytes,
                                           tide_error *err);
TIDE_MUST_CHECK tide_code tide_column_make_validity(tide_column_builder *column, tide_error *err);

/* Short copies are most of them, and memcpy of a size unknown to the compiler is a call. */
static inline void tide_copy_bytes(uint8_t *to, const void *from, size_t size)
{
    const uint8_t *bytes = (const uint8_t *)from;
    if (size > 32) {
        memcpy(to, bytes, size);
    } else if (size >= 16) {
        memcpy(to, bytes, 16);
        memcpy(to + size - 16, bytes + size - 16, 16);
    } else if (size >= 8) {
        uint64_t head, tail;
        memcpy(&head, bytes, 8);
        memcpy(&tail, bytes + size - 8, 8);
        memcpy(to, &head, 8);
        memcpy(to + size - 8, &tail, 8);
    } else if (size >= 4) {
        uint32_t head, tail;
        memcpy(&head, bytes, 4);
        memcpy(&tail, bytes + size - 4, 4);
        memcpy(to, &head, 4);
        memcpy(to + size - 4, &tail, 4);
    } else if (size > 0) {
        to[0] = bytes[0];
        to[size / 2] = bytes[size / 2];
        to[size - 1] = bytes[size - 1];
    }
}

static inline void tide_column_count_value(tide_column_builder *column)
{
    if (column->null_count > 0) {
        tide_bit_write(column->validity, column->row_count, true);
    }
    column->row_count++;
}

static inline tide_code tide_column_append_fixed(tide_column_builder *column, const void *value,
                                                 size_t width, tide_error *err)
{
    if (TIDE_UNLIKELY((size_t)column->row_count == column->row_capacity)) {
        TIDE_TRY(tide_column_grow(column, 0, err));
    }
    memcpy(column->data + (size_t)column->row_count * width, value, width);
    tide_column_count_value(column);
    return TIDE_OK;
}

TIDE_MUST_CHECK static inline tide_code tide_append_bool(tide_column_builder *column, bool value,
                                                         tide_error *err)
{
    if (TIDE_UNLIKELY((size_t)column->row_count == column->row_capacity)) {
        TIDE_TRY(tide_column_grow(column, 0, err));
    }
    tide_bit_write(column->data, column->row_count, value);
    tide_column_count_value(column);
    return TIDE_OK;
}

TIDE_MUST_CHECK static inline tide_code tide_append_int32(tide_column_builder *column,
                                                          int32_t value, tide_error *err)
{
    return tide_column_append_fixed(column, &value, sizeof value, err);
}

TIDE_MUST_CHECK static inline tide_code tide_append_int64(tide_column_builder *column,
                                                          int64_t value, tide_error *err)
{
    return tide_column_append_fixed(column, &value, sizeof value, err);
}

TIDE_MUST_CHECK static inline tide_code tide_append_double(tide_column_builder *column,
                                                           double value, tide_error *err)
{
    return tide_column_append_fixed(column, &value, sizeof value, err);
}

TIDE_MUST_CHECK static inline tide_code tide_append_decimal(tide_column_builder *column,
                                                            tide_int128 value, tide_error *err)
{
    return tide_column_append_fixed(column, &value, sizeof value, err);
}

TIDE_MUST_CHECK static inline tide_code tide_append_uuid(tide_column_builder *column,
                                                         const uint8_t *value, tide_error *err)
{
    return tide_column_append_fixed(column, value, 16, err);
}

TIDE_MUST_CHECK static inline tide_code tide_append_str(tide_column_builder *column, tide_str value,
                                                        tide_error *err)
{
    if (TIDE_UNLIKELY((size_t)column->row_count == column->row_capacity ||
                      value.size > column->data_capacity - column->data_bytes)) {
        TIDE_TRY(tide_column_grow(column, value.size, err));
    }
    tide_copy_bytes(column->data + column->data_bytes, value.data, value.size);
    column->data_bytes += value.size;
    column->offsets[column->row_count + 1] = (int32_t)column->data_bytes;
    tide_column_count_value(column);
    return TIDE_OK;
}

/* The slot of a null is zero (fixed width) or empty, so that equal rows are equal bytes. */
TIDE_MUST_CHECK tide_code tide_append_null(tide_column_builder *column, tide_error *err);

#endif

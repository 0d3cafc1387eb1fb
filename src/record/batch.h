/* SPDX-License-Identifier: Apache-2.0 */
/* Batch: some rows as columns in the Arrow layout - the only currency between the rooms.
 *
 * Inside the engine array.offset is 0 and every child has offset 0 and the batch's length;
 * tide_batch_import copies what comes from outside in another form. A column without nulls may have
 * no validity buffer.
 *
 * A tide_column is a read-only view of one child, made once per batch, so that row loops touch
 * plain pointers. It borrows the batch's memory.
 */
#ifndef TIDE_RECORD_BATCH_H
#define TIDE_RECORD_BATCH_H

#include <string.h>

#include "record/schema.h"

typedef struct tide_batch {
    const tide_schema *schema; /* borrowed */
    struct ArrowArray array;   /* owned: struct array; array.release == NULL when empty */
} tide_batch;

void tide_batch_init(tide_batch *batch);
void tide_batch_clear(tide_batch *batch);
/* Moves from -> to; from is empty afterwards. */
void tide_batch_move(tide_batch *from, tide_batch *to);
int64_t tide_batch_row_count(const tide_batch *batch);
/* Bytes of all buffers that hold values. */
size_t tide_batch_bytes(const tide_batch *batch);
/* Moves an array from outside into a batch of `schema` (checked: lengths, offsets, UTF-8 of text
 * and json, digits of decimals, no nulls where not_null). in->release is NULL afterwards, also on
 * failure. */
TIDE_MUST_CHECK tide_code tide_batch_import(struct ArrowArray *in, const tide_schema *schema,
                                            tide_batch *out, tide_error *err);

typedef struct tide_column {
    const uint8_t *validity; /* bit per row, 1 = not null; NULL = no nulls */
    const uint8_t *data;     /* values (bool: bits), or the bytes of variable width; not NULL */
    const int32_t *offsets;  /* variable width: row_count + 1 */
    int64_t row_count;
    tide_type type;
} tide_column;

/* Of a column whose values are all empty: C17 knows no offset from no address, not even 0. */
extern const uint8_t tide_no_bytes[1];

/* A view of the child of a batch's array. */
tide_column tide_column_of(const struct ArrowArray *child, tide_type type);

/* Fills columns[0..field_count). */
void tide_batch_columns(const tide_batch *batch, tide_column *columns);

static inline bool tide_column_is_null(const tide_column *column, int64_t row)
{
    return column->validity != NULL && (column->validity[row >> 3] >> (row & 7) & 1) == 0;
}
static inline bool tide_column_bool(const tide_column *column, int64_t row)
{
    return (column->data[row >> 3] >> (row & 7) & 1) != 0;
}
static inline int32_t tide_column_int32(const tide_column *column, int64_t row) /* also date */
{
    int32_t value;
    memcpy(&value, column->data + 4 * row, sizeof value);
    return value;
}
static inline int64_t tide_column_int64(const tide_column *column, int64_t row) /* also timestamp */
{
    int64_t value;
    memcpy(&value, column->data + 8 * row, sizeof value);
    return value;
}
static inline double tide_column_double(const tide_column *column, int64_t row)
{
    double value;
    memcpy(&value, column->data + 8 * row, sizeof value);
    return value;
}
static inline tide_int128 tide_column_decimal(const tide_column *column, int64_t row)
{
    tide_int128 value;
    memcpy(&value, column->data + 16 * row, sizeof value);
    return value;
}
/* 16 bytes. */
static inline const uint8_t *tide_column_uuid(const tide_column *column, int64_t row)
{
    return column->data + 16 * row;
}
/* text, bytes, json */
static inline tide_str tide_column_str(const tide_column *column, int64_t row)
{
    int32_t begin = column->offsets[row];
    return (tide_str){(const char *)column->data + begin,
                      (size_t)(column->offsets[row + 1] - begin)};
}

/* One row of some batch: how rows of many batches are ordered, compared and gathered. */
typedef struct tide_row {
    const tide_column *columns; /* view of its batch, borrowed */
    int64_t row;
} tide_row;

#endif

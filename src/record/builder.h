/* SPDX-License-Identifier: Apache-2.0 */
/* Builder: grows the columns of a batch, and keeps its memory from batch to batch.
 *
 * Order of calls, row-wise (decoders): for each column exactly one append, then end_row; or
 * cancel_row at any moment, which takes back the columns of the unfinished row (a reject).
 * Order of calls, column-wise (kernels, gather): whole rows at once.
 * Then view (borrowed until the next append, reset or clear - the hot path: no allocation) or
 * finish (moved out; the builder starts anew).
 *
 * Appends never check types: the append for a column is chosen once, by its type. Memory grows by
 * doubling; a failed append leaves the builder to be reset or cleared. A batch holds at most
 * INT32_MAX bytes of one variable column: over_budget beyond (close batches by
 * TIDE_BATCH_BYTES_MAX and it never happens, but for one huge document).
 */
#ifndef TIDE_RECORD_BUILDER_H
#define TIDE_RECORD_BUILDER_H

#include "record/batch.h"

typedef struct tide_column_builder {
    tide_type type;
    uint8_t
        *validity; /* owned; bits of rows that are set are 1. Means nothing while null_count is 0 */
    uint8_t *data; /* owned */
    int32_t *offsets; /* owned; variable width only */
    int64_t row_count;
    int64_t null_count;
    size_t row_capacity;
    size_t data_bytes; /* variable width: used */
    size_t data_capacity;
} tide_column_builder;

typedef struct tide_array_parts tide_array_parts;

typedef struct tide_builder {
    const tide_schema *schema; /* borrowed */
    tide_column_builder *columns;
    int64_t row_count;       /* finished rows */
    tide_array_parts *parts; /* owned: what tide_builder_view lends */
} tide_builder;

TIDE_MUST_CHECK tide_code tide_builder_init(tide_builder *builder, const tide_schema *schema,
                                            tide_error *err);
void tide_builder_clear(tide_builder *builder);
void tide_builder_reset(tide_builder *builder); /* no rows, keeps memory */

/* tide_append_null, _bool, _int32 (also date), _int64 (also timestamp), _double, _decimal, _uuid,
 * _str (text, bytes, json): inline, as they are the hottest calls there are. */
#include "record/builder_append.h"

/* Room for `rows` more rows / `bytes` more bytes of a variable column, so that a kernel may write
 * values itself: data (and offsets[row_count + 1 ...], data_bytes) from row_count on, then
 * tide_column_rows_written. */
TIDE_MUST_CHECK tide_code tide_column_reserve(tide_column_builder *column, size_t rows,
                                              tide_error *err);
TIDE_MUST_CHECK tide_code tide_column_reserve_bytes(tide_column_builder *column, size_t bytes,
                                                    tide_error *err);
/* Counts `rows` written values in; `validity` (bit per new row from bit 0, 1 = not null) is copied;
 * NULL = no nulls. */
TIDE_MUST_CHECK tide_code tide_column_rows_written(tide_column_builder *column, size_t rows,
                                                   const uint8_t *validity, tide_error *err);
/* A read-only view of what is built so far; borrowed until the next append, reset or clear. */
void tide_column_builder_view(const tide_column_builder *builder, tide_column *column);

/* A builder of one column apart from a schema (scratch of kernels). Init never fails. */
void tide_column_builder_init(tide_column_builder *column, tide_type type);
void tide_column_builder_reset(tide_column_builder *column);
void tide_column_builder_clear(tide_column_builder *column);

void tide_builder_end_row(tide_builder *builder);
void tide_builder_cancel_row(tide_builder *builder);
/* Bytes in use, for closing a batch in time. */
size_t tide_builder_bytes(const tide_builder *builder);

/* Appends rows[0..count) of any batches with the builder's schema, column by column. */
TIDE_MUST_CHECK tide_code tide_builder_gather(tide_builder *builder, const tide_row *rows,
                                              size_t count, tide_error *err);
/* The same for rows of one batch, by index. */
TIDE_MUST_CHECK tide_code tide_builder_take(tide_builder *builder, const tide_column *columns,
                                            const uint32_t *rows, size_t count, tide_error *err);
/* One column of the above: from[0] is the column itself. */
TIDE_MUST_CHECK tide_code tide_column_take(tide_column_builder *column, const tide_column *from,
                                           const uint32_t *rows, size_t count, tide_error *err);
/* Appends rows [begin, end) of one column. */
TIDE_MUST_CHECK tide_code tide_column_append_range(tide_column_builder *column,
                                                   const tide_column *from, int64_t begin,
                                                   int64_t end, tide_error *err);
/* For producers that fill columns one by one: after them, all columns have the same row_count. */
void tide_builder_end_rows(tide_builder *builder);

/* A batch that borrows the builder's memory until its next append, reset or clear. Its release
 * frees only what view itself allocated; clear it before the builder. */
TIDE_MUST_CHECK tide_code tide_builder_view(tide_builder *builder, tide_batch *out,
                                            tide_error *err);
/* Moves the rows out; on failure they stay. */
TIDE_MUST_CHECK tide_code tide_builder_finish(tide_builder *builder, tide_batch *out,
                                              tide_error *err);

#endif

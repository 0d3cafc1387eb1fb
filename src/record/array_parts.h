/* SPDX-License-Identifier: Apache-2.0 */
/* Array parts: the Arrow structs around a builder's buffers, lent (view) or given away (finish).
 * Used by builder.c only. */
#ifndef TIDE_RECORD_ARRAY_PARTS_H
#define TIDE_RECORD_ARRAY_PARTS_H

#include "record/builder.h"

/* For column_count columns; NULL = out of memory. Owned. */
tide_array_parts *tide_array_parts_create(size_t column_count);
void tide_array_parts_destroy(tide_array_parts *parts);

/* Fills `out` with structs that live in `parts` and borrow the columns' buffers. Releasing it frees
 * nothing. */
void tide_array_parts_lend(tide_array_parts *parts, const tide_column_builder *columns,
                           int64_t row_count, struct ArrowArray *out);

/* Moves the columns' buffers into `out`, which frees them when it is released; each child owns its
 * own, so that a consumer may move children out. The columns are empty afterwards; on failure (out
 * of memory) nothing has moved. */
TIDE_MUST_CHECK tide_code tide_array_parts_give(tide_column_builder *columns, size_t column_count,
                                                int64_t row_count, struct ArrowArray *out,
                                                tide_error *err);

#endif

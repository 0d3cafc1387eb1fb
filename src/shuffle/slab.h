/* SPDX-License-Identifier: Apache-2.0 */
/* Slab: rows that stay in memory, as columns in one allocation of exactly their size - so that the
 * budget counts what is really held, and rows are given back with one free. Immutable. */
#ifndef TIDE_SHUFFLE_SLAB_H
#define TIDE_SHUFFLE_SLAB_H

#include "record/batch.h"

typedef struct tide_slab {
    tide_column *columns; /* owned, with all that they point to */
} tide_slab;

/* What a slab of these rows takes. */
size_t tide_slab_bytes(const tide_column *columns, size_t column_count, int64_t row_count);
TIDE_MUST_CHECK tide_code tide_slab_init(tide_slab *slab, const tide_column *columns,
                                         size_t column_count, int64_t row_count, tide_error *err);
void tide_slab_clear(tide_slab *slab);

#endif

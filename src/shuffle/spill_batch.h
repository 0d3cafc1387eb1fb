/* SPDX-License-Identifier: Apache-2.0 */
/* Spill batch: one batch to a spill file and back, where nothing is sorted. A failure is ours, not
 * that of the source or sink between whose calls it happens. */
#ifndef TIDE_SHUFFLE_SPILL_BATCH_H
#define TIDE_SHUFFLE_SPILL_BATCH_H

#include "record/codec.h"
#include "shuffle/spill_file.h"

typedef struct tide_spill_piece {
    int64_t offset;
    size_t size; /* 0: no rows */
} tide_spill_piece;

TIDE_MUST_CHECK tide_code tide_spill_batch_write(tide_spill_file *file, const tide_batch *batch,
                                                 tide_spill_piece *piece, tide_error *err);
/* Appends its rows to the builder; after a failure reset that. */
TIDE_MUST_CHECK tide_code tide_spill_batch_read(const tide_spill_file *file,
                                                const tide_spill_piece *piece,
                                                tide_builder *builder, tide_error *err);

#endif

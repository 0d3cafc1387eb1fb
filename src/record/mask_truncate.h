/* SPDX-License-Identifier: Apache-2.0 */
/* Truncating masks: part of mask.c. */
#ifndef TIDE_RECORD_MASK_TRUNCATE_H
#define TIDE_RECORD_MASK_TRUNCATE_H

#include "record/mask.h"

/* The local day of the last timestamp, and where its unit begins: rows that lie near each other ask
 * the zone once. Begins zeroed. */
typedef struct tide_mask_span {
    int64_t begin, end; /* [begin, end) */
    int64_t first;
} tide_mask_span;

TIDE_MUST_CHECK tide_code tide_mask_append_truncated(const tide_mask *mask, tide_mask_span *span,
                                                     const tide_column *clear, int64_t row,
                                                     tide_column_builder *out, tide_error *err);

#endif

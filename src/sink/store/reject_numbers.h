/* SPDX-License-Identifier: Apache-2.0 */
/* Reject numbers: what tells rejects of equal rows apart (tide_target_numbers_rejects). They go on
 * from the highest that is in the table: "row/DIGEST/7" is the seventh. */
#ifndef TIDE_SINK_STORE_REJECT_NUMBERS_H
#define TIDE_SINK_STORE_REJECT_NUMBERS_H

#include "sink/store/reject_table.h"

typedef struct tide_numbered_reject {
    const tide_reject *reject; /* borrowed */
    int64_t number;            /* behind its position; 0: none */
} tide_numbered_reject;

/* Numbers those that need it; the others have 0. May change their order, but not that of equal
 * ones. Of many that are equal the table is asked once. */
TIDE_MUST_CHECK tide_code tide_number_rejects(const tide_reject_table *table,
                                              tide_numbered_reject *items, size_t count,
                                              int64_t run, tide_error *err);

#endif

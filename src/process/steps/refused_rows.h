/* SPDX-License-Identifier: Apache-2.0 */
/* Refused rows: what where and derive share - the rows for which an expression failed become
 * rejects, the rows that are left are taken together. */
#ifndef TIDE_PROCESS_STEPS_REFUSED_ROWS_H
#define TIDE_PROCESS_STEPS_REFUSED_ROWS_H

#include "flow/step.h"
#include "process/steps/expression/expression.h"

/* Bits of the rows of a batch, in words of 64. */
typedef struct tide_live_rows {
    uint64_t *words; /* owned */
    size_t capacity;
    uint32_t *rows; /* owned: the indices of those that are set */
    size_t row_capacity;
} tide_live_rows;

void tide_live_rows_clear(tide_live_rows *live);
/* All of row_count. */
TIDE_MUST_CHECK tide_code tide_live_rows_fill(tide_live_rows *live, int64_t row_count,
                                              tide_error *err);
int64_t tide_live_rows_count(const tide_live_rows *live, int64_t row_count);
/* Fills live->rows, and cuts the segments to the rows that are left. */
TIDE_MUST_CHECK tide_code tide_live_rows_list(tide_live_rows *live, int64_t row_count,
                                              tide_segment *segments, size_t segment_count,
                                              tide_error *err);

typedef struct tide_refused_rows {
    const char *label;         /* of the step */
    const tide_schema *schema; /* of the rows that it is given */
    const tide_column *columns;
    const char *const *names; /* by number of expression: the derived column, or NULL */
} tide_refused_rows;

/* Adds a reject per error, before segments are cut. */
TIDE_MUST_CHECK tide_code tide_refused_rows_add(const tide_refused_rows *refusals,
                                                const tide_row_errors *errors, tide_step_batch *io,
                                                tide_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Admit: rows that can't be ordered are rejects - a null series or key, a null time, a time beyond
 * now + max_future. The others go on. One per worker. */
#ifndef TIDE_RUN_ADMIT_H
#define TIDE_RUN_ADMIT_H

#include "flow/source.h"

typedef struct tide_admit_rules {
    const tide_source_layout *layout; /* borrowed */
    const tide_source_plan *plan;     /* borrowed: names members in positions */
    const uint32_t *wanted;           /* columns that must not be null; borrowed */
    size_t wanted_count;
    size_t time_column; /* or TIDE_NO_FIELD */
    int64_t time_max;   /* INT64_MAX = none */
} tide_admit_rules;

typedef struct tide_admit {
    const tide_admit_rules *rules;
    tide_builder builder; /* admitted rows of a batch that had others */
    tide_column *columns;
    uint32_t *rows;
    size_t row_capacity;
    tide_text position, values;
} tide_admit;

TIDE_MUST_CHECK tide_code tide_admit_init(tide_admit *admit, const tide_admit_rules *rules,
                                          tide_error *err);
void tide_admit_clear(tide_admit *admit);

/* *out is the batch itself when all its rows are admitted, else a view of the admitted ones
 * (`view`, to be cleared by the caller; borrowed until the next call). */
TIDE_MUST_CHECK tide_code tide_admit_rows(tide_admit *admit, const tide_batch *batch,
                                          tide_batch *view, const tide_batch **out,
                                          tide_reject_list *rejects, tide_error *err);

/* "INDEX/ID" or "PATH:OFFSET" of a row of a source's batch. */
void tide_print_source_position(const tide_source_layout *layout, const tide_source_plan *plan,
                                const tide_column *columns, int64_t row, tide_text *out);

#endif

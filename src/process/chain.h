/* SPDX-License-Identifier: Apache-2.0 */
/* Chain: the steps of a pipeline, opened for one worker, run one after the other over a batch. */
#ifndef TIDE_PROCESS_CHAIN_H
#define TIDE_PROCESS_CHAIN_H

#include "flow/unit.h"
#include "process/group.h"

typedef struct tide_chain {
    const tide_process_plan *plan; /* borrowed */
    void **workers;                /* owned; one per step */
    size_t opened;
    int64_t *open_day_rows; /* owned; per step: rows of the open day that it has been given */
} tide_chain;

/* A batch on its way through the steps. */
typedef struct tide_chain_batch {
    tide_batch batch;       /* owned: rows before, output of the last step after */
    tide_segment *segments; /* borrowed; bounds are rewritten */
    size_t segment_count;
    tide_group *group; /* borrowed; NULL without series */
    void (*print_series)(const void *context, uint32_t series, tide_text *out);
    const void *series_context;
    tide_reject_list *rejects; /* borrowed */
    tide_step_counts *counts;  /* borrowed; one per step, added to */
} tide_chain_batch;

TIDE_MUST_CHECK tide_code tide_chain_open(tide_chain *chain, const tide_process_plan *plan,
                                          tide_error *err);
void tide_chain_close(tide_chain *chain);
/* After a failure the batch is empty. */
TIDE_MUST_CHECK tide_code tide_chain_run(tide_chain *chain, tide_chain_batch *io, tide_error *err);

#endif

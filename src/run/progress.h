/* SPDX-License-Identifier: Apache-2.0 */
/* Progress: what a run has done so far, as counters that its threads add to and a display reads.
 * Thread-safe. */
#ifndef TIDE_RUN_PROGRESS_H
#define TIDE_RUN_PROGRESS_H

#include "base/thread.h"

typedef enum tide_stage {
    TIDE_STAGE_PLANNING = 0,
    TIDE_STAGE_READING,
    TIDE_STAGE_SORTING,
    TIDE_STAGE_PROCESSING,
    TIDE_STAGE_FINISHING,
    TIDE_STAGE_DONE
} tide_stage;

typedef struct tide_progress {
    tide_atomic stage;
    tide_atomic started_at;    /* monotonic, of this execution */
    tide_atomic stage_began;   /* monotonic */
    tide_atomic rows_expected; /* estimate of the plan, 0 = unknown */
    tide_atomic bytes_expected;
    tide_atomic splits_total, splits_done;
    tide_atomic rows_read, bytes_read;
    tide_atomic rows_to_process; /* known once reading has ended */
    tide_atomic rows_processed;
    tide_atomic partitions_total, partitions_done;
    tide_atomic rows_loaded, units_done, days_done, series_done;
    tide_atomic spilled_bytes;
    tide_atomic held_rows, held_bytes; /* read on to disk while the sink held the reader back */
    tide_atomic attempts_failed;
} tide_progress;

const char *tide_stage_name(tide_stage stage);
void tide_progress_enter(tide_progress *progress, tide_stage stage);

#endif

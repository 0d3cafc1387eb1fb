/* SPDX-License-Identifier: Apache-2.0 */
/* Day loop: what becomes of each row, series by series and day by day (process.h has the rules), up
 * to a batch for the steps. Part of process.c, apart for its size. */
#ifndef TIDE_PROCESS_DAY_LOOP_H
#define TIDE_PROCESS_DAY_LOOP_H

#include "process/chain.h"
#include "process/gather.h"
#include "process/process.h"
#include "process/scan.h"
#include "process/state_join.h"
#include "process/unit_maker.h"
#include "process/waves.h"

/* Days whose output is loaded already, of series that were rewound: they go through the steps for
 * the state alone. A batch of them runs before the batch of new days beside it. */
typedef struct tide_rebuild {
    tide_gather gather;
    tide_reject_list rejects; /* thrown away: the table of rejects has them */
    tide_step_counts *counts; /* owned; likewise, since no step's output is missing rows */
} tide_rebuild;

struct tide_process {
    const tide_process_plan *plan;
    tide_cancel *cancel;
    char *unit_prefix; /* owned */
    int64_t unit_count;
    tide_scan scan;
    tide_state_join join;
    tide_group group;
    tide_gather gather;
    tide_rebuild rebuild;
    tide_chain chain;
    tide_unit_maker maker;
    tide_waves waves;
    bool series_is_open; /* more rows of the group's last series may come */
    bool hash_is_sought; /* the join holds the states of sought_hash */
    bool any_hash;
    uint64_t sought_hash;
    int64_t state_row;      /* of the open series, among the join's held ones, or -1 */
    bool unit_is_full;      /* close it where the next day ends */
    bool rows_ended;        /* the stream of rows */
    bool ended;             /* both streams, and all is handed on */
    int64_t rows_accounted; /* in the units closed so far */
    tide_error failure;     /* of a day: what comes before it is committed first */
};

/* Scans rows until the gather has a batch, the unit is to be closed, or all has ended. */
TIDE_MUST_CHECK tide_code tide_day_loop_fill(tide_process *process, tide_error *err);
/* tide_absent_state of the join: a state without rows. */
TIDE_MUST_CHECK tide_code tide_day_loop_absent(void *process, const tide_column *columns,
                                               int64_t row, tide_error *err);
/* Is no day open, and are late rows of a series all taken: can the unit be closed here? */
static inline bool tide_day_loop_is_between_days(const tide_process *process)
{
    if (!process->series_is_open) {
        return true;
    }
    const tide_series *series = tide_group_last(&process->group);
    return !series->day_is_open && (series->late_rows == 0 || series->compared);
}

#endif

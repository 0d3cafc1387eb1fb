/* SPDX-License-Identifier: Apache-2.0 */
/* Scan: the sorted rows of a partition as runs - neighbouring rows of one series and one day within
 * a batch of the stream.
 *
 *   rows   A 10:00 | A 11:00 | A (next day) 09:00 | B 08:00 | B 09:00
 *   runs   [--------------- ] [----------------- ] [----------------]
 *
 * Calls: peek gives the next run (again the same, until it is taken), take steps over some of its
 * rows. A row that can't be ordered is a run of its own (`unusable`: process/usable.h).
 */
#ifndef TIDE_PROCESS_SCAN_H
#define TIDE_PROCESS_SCAN_H

#include "process/day_cache.h"
#include "process/plan.h"
#include "record/order.h"

typedef struct tide_run_of_rows {
    int64_t begin, end; /* rows of the current batch */
    uint64_t hash;
    tide_day_span day;
    bool unusable;
} tide_run_of_rows;

typedef struct tide_scan {
    const tide_process_plan *plan; /* borrowed */
    tide_stream *stream;           /* borrowed */
    tide_batch batch;              /* view of the stream's */
    const uint64_t *hashes;        /* borrowed from the stream */
    tide_column *columns;          /* owned; one per column of the layout */
    tide_compare_values *compare;  /* owned; one per series column */
    int64_t row, row_count;
    bool ended;
    bool has_run; /* run holds what peek found */
    tide_run_of_rows run;
    int64_t rows_taken; /* in all */
    tide_day_cache days;
} tide_scan;

TIDE_MUST_CHECK tide_code tide_scan_init(tide_scan *scan, const tide_process_plan *plan,
                                         tide_stream *stream, tide_error *err);
void tide_scan_clear(tide_scan *scan);

/* True while the current batch has rows left; else the caller lets go of its view and calls
 * tide_scan_pull, until `ended`. */
static inline bool tide_scan_has_rows(const tide_scan *scan)
{
    return scan->row < scan->row_count;
}
TIDE_MUST_CHECK tide_code tide_scan_pull(tide_scan *scan, tide_error *err);
/* Only while has_rows. */
const tide_run_of_rows *tide_scan_peek(tide_scan *scan);
void tide_scan_take(tide_scan *scan, int64_t row_count);

#endif

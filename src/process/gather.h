/* SPDX-License-Identifier: Apache-2.0 */
/* Gather: the rows of new days as the batch that goes into the steps, with its segments.
 *
 * Rows are copied once, column by column, in ranges as long as the source's batch allows: a range
 * is only noted by add and copied by flush, before the source's batch goes away. Only the last
 * segment can be open (more rows of its day may follow).
 */
#ifndef TIDE_PROCESS_GATHER_H
#define TIDE_PROCESS_GATHER_H

#include "process/plan.h"

typedef struct tide_gather {
    const tide_process_plan *plan; /* borrowed */
    tide_builder rows;
    tide_segment *segments; /* owned */
    size_t segment_count, segment_capacity;
    const tide_column *pending; /* borrowed: columns that the noted range is of */
    int64_t pending_begin, pending_end;
    int64_t row_count;  /* noted ones included */
    size_t byte_count;  /* of values */
    size_t day_bytes;   /* of the open day, with what earlier batches held of it */
    size_t row_width;   /* bytes of a row's fixed-width values */
    uint32_t *variable; /* owned; columns of variable width */
    size_t variable_count;
} tide_gather;

typedef struct tide_gather_range {
    const tide_column *columns; /* of the source's batch; borrowed until the next flush */
    int64_t begin, end;
    uint32_t series;
    int32_t day;
    bool first; /* begins the day */
} tide_gather_range;

TIDE_MUST_CHECK tide_code tide_gather_init(tide_gather *gather, const tide_process_plan *plan,
                                           tide_error *err);
void tide_gather_clear(tide_gather *gather);

TIDE_MUST_CHECK tide_code tide_gather_add(tide_gather *gather, const tide_gather_range *range,
                                          tide_error *err);
/* The open day, if there is one, is over. */
void tide_gather_end_day(tide_gather *gather);
/* Copies what was noted: before the source's batch is given back. */
TIDE_MUST_CHECK tide_code tide_gather_flush(tide_gather *gather, tide_error *err);
/* Moves the rows out; the segments stay until reset. */
TIDE_MUST_CHECK tide_code tide_gather_finish(tide_gather *gather, tide_batch *out, tide_error *err);
/* Drops the rows and the segment of the open day. */
TIDE_MUST_CHECK tide_code tide_gather_drop_open_day(tide_gather *gather, tide_error *err);
void tide_gather_reset(tide_gather *gather);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Unit maker: collects output rows, states, rejects and counts, and closes them as commit units.
 *
 * Output rows of many small batches are put together to chunks of a batch's size, with the columns
 * that the engine fills (series, day). One owner.
 */
#ifndef TIDE_PROCESS_UNIT_MAKER_H
#define TIDE_PROCESS_UNIT_MAKER_H

#include "flow/unit.h"
#include "process/group.h"

typedef struct tide_unit_maker {
    const tide_process_plan *plan; /* borrowed */
    tide_unit unit;                /* as far as it is made; counts and rejects are added to it */
    tide_builder output;           /* rows of the next chunk */
    tide_segment *segments;        /* owned; of the next chunk */
    size_t segment_count, segment_capacity;
    tide_builder states; /* of the unit; without series not used */
    tide_builder late;   /* likewise; declared columns; those that are not on the unit's shelf */
    tide_shelf_maker *shelves; /* borrowed; NULL: none */
    size_t name_capacity;      /* of unit.series_names */
    tide_column *columns;      /* owned; of the step's output */
    size_t column_capacity;
    int64_t row_count;     /* output rows of the unit */
    int64_t shelved_count; /* late rows of the unit that are on its shelf */
    size_t extra_bytes;    /* of the unit: names of series and segments */
    int64_t begun_at;      /* monotonic microseconds */
    tide_segment open_day; /* last segment handed in: ordinals go on from rows_before */
} tide_unit_maker;

TIDE_MUST_CHECK tide_code tide_unit_maker_open(tide_unit_maker *maker,
                                               const tide_process_plan *plan,
                                               tide_shelf_maker *shelves, tide_error *err);
void tide_unit_maker_close(tide_unit_maker *maker);

/* Adds the rows of the last step (copied). Without series: no segments, group NULL. */
TIDE_MUST_CHECK tide_code tide_unit_maker_add(tide_unit_maker *maker, const tide_batch *batch,
                                              const tide_segment *segments, size_t segment_count,
                                              tide_group *group, tide_error *err);
/* Adds row `row` of columns as declared to the late rows (copied). */
TIDE_MUST_CHECK tide_code tide_unit_maker_add_late(tide_unit_maker *maker,
                                                   const tide_column *columns, int64_t row,
                                                   tide_error *err);
/* Has it reached a bound of a unit? */
bool tide_unit_maker_is_full(const tide_unit_maker *maker);
/* Is there anything to commit (counts alone are not)? */
bool tide_unit_maker_has_content(const tide_unit_maker *maker);
/* Moves the unit out, under the name "PREFIX/SEQUENCE" (PREFIX alone when sequence is 0), and
 * begins the next. On failure the rows are kept, to be cleared by close. */
TIDE_MUST_CHECK tide_code tide_unit_maker_finish(tide_unit_maker *maker, const char *prefix,
                                                 int64_t sequence, tide_unit *out, tide_error *err);
/* Throws away what was added since the last finish. */
TIDE_MUST_CHECK tide_code tide_unit_maker_restart(tide_unit_maker *maker, tide_error *err);

#endif

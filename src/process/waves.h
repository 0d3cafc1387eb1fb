/* SPDX-License-Identifier: Apache-2.0 */
/* Waves: a batch of whole series-days, cut so that each series is in it at most once.
 *
 *   batch   A1 A2 A3 | B1 B2 | C1
 *   waves   A1 B1 C1 / A2 B2 / A3        each day of a series is in a later wave than the one
 * before
 */
#ifndef TIDE_PROCESS_WAVES_H
#define TIDE_PROCESS_WAVES_H

#include "process/plan.h"

typedef struct tide_waves {
    tide_builder rows;
    tide_column *columns;   /* owned; of the batch that is cut */
    tide_segment *segments; /* owned; of all waves, in their order */
    size_t segment_capacity;
    size_t *ends; /* owned; wave w is segments [ends[w - 1], ends[w]) */
    size_t end_capacity;
    size_t wave_count;
} tide_waves;

TIDE_MUST_CHECK tide_code tide_waves_init(tide_waves *waves, const tide_process_plan *plan,
                                          tide_error *err);
void tide_waves_clear(tide_waves *waves);
/* Sorts the segments into waves. The batch is borrowed until the last wave is taken. */
TIDE_MUST_CHECK tide_code tide_waves_cut(tide_waves *waves, const tide_batch *batch,
                                         const tide_segment *segments, size_t segment_count,
                                         tide_error *err);
/* Rows of wave w (owned by the caller) and its segments, with bounds in it (borrowed). */
TIDE_MUST_CHECK tide_code tide_waves_take(tide_waves *waves, size_t wave, tide_batch *out,
                                          tide_segment **segments, size_t *segment_count,
                                          tide_error *err);

#endif

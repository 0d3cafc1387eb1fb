/* SPDX-License-Identifier: Apache-2.0 */
/* State join: finds the state row of each series while both streams are walked once.
 *
 * Rows come by hash, then by value of the series; states only by hash. So all states of one hash
 * are held, and a series is looked up among them by value:
 *
 *   rows    h1:A   h1:B          h3:C
 *   states  h1:B   h1:A   h2:D   h4:E
 *           held together  |     \_ no series: D and E are absent from the rows
 *
 * A state that no series asked for is handed to `on_absent` when its hash has passed.
 */
#ifndef TIDE_PROCESS_STATE_JOIN_H
#define TIDE_PROCESS_STATE_JOIN_H

#include "process/plan.h"
#include "record/order.h"

/* The state table's columns, and a row of them. Borrowed during the call. */
typedef tide_code (*tide_absent_state)(void *context, const tide_column *columns, int64_t row,
                                       tide_error *err);

typedef struct tide_state_join {
    const tide_process_plan *plan; /* borrowed */
    tide_stream *stream;           /* borrowed; NULL: no states */
    tide_absent_state on_absent;
    void *context;
    tide_compare_values *compare; /* owned; one per series column */
    tide_batch batch;             /* view of the stream's */
    tide_column *columns;         /* owned; of batch */
    int64_t row, row_count;
    bool ended;
    uint64_t last_hash;        /* of the stream, to see that it is in order */
    tide_builder held;         /* states of one hash */
    tide_column *held_columns; /* owned; of held */
    bool *found;               /* owned; per held row: a series has asked for it */
    size_t found_capacity;
} tide_state_join;

TIDE_MUST_CHECK tide_code tide_state_join_init(tide_state_join *join, const tide_process_plan *plan,
                                               tide_stream *stream, tide_error *err);
void tide_state_join_clear(tide_state_join *join);

/* Holds the states of `hash`, which is greater than those sought before. Hands out at most
 * absent_max on the way: *arrived is false when it has to be called again for the same hash. */
TIDE_MUST_CHECK tide_code tide_state_join_seek(tide_state_join *join, uint64_t hash,
                                               int64_t absent_max, bool *arrived, tide_error *err);
/* Hands out all that is left, in the same manner. */
TIDE_MUST_CHECK tide_code tide_state_join_finish(tide_state_join *join, int64_t absent_max,
                                                 bool *arrived, tide_error *err);
/* The held row (of held_columns) of the series whose key is in columns[key_columns] at `row`, or
 * -1. bad_data when it was asked for before: the rows are not in order. */
TIDE_MUST_CHECK tide_code tide_state_join_find(tide_state_join *join, const tide_column *columns,
                                               const uint32_t *key_columns, int64_t row,
                                               int64_t *held_row, tide_error *err);

#endif

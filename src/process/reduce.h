/* SPDX-License-Identifier: Apache-2.0 */
/* Reduce: for merge without series, the winner of each key among the rows of a partition.
 *
 * The stream is sorted by (key hash, key, newest, all columns as declared) and gives the key
 * hashes: the last row of each key wins. Winners leave in that order, so that no two workers ever
 * wait for each other's keys; a key is in one unit only.
 *
 *   h1:a 09:00 | h1:a 10:00 | h2:b 08:00     ->  a 10:00, b 08:00; superseded 1
 *
 * Counts of a unit: superseded, and refused: rows with a null key (rejects of stage load; streaming
 * has refused them before, with the row of the source that they come from). Emitted stays 0, the
 * rows were counted as emitted when they were routed.
 */
#ifndef TIDE_PROCESS_REDUCE_H
#define TIDE_PROCESS_REDUCE_H

#include "flow/unit.h"
#include "process/plan.h"

typedef struct tide_reduce tide_reduce;

typedef struct tide_reduce_inputs {
    const tide_schema *schema; /* of the rows: the sink's output; borrowed, all four */
    const uint32_t *key_columns;
    size_t key_count;
    tide_stream *rows;
    const tide_process_bounds *bounds; /* unit_rows, unit_bytes; 0 and NULL: defaults. Copied */
    const char *unit_prefix;           /* copied; units are "PREFIX/1", ... */
    tide_cancel *cancel;               /* borrowed; may be NULL */
} tide_reduce_inputs;

TIDE_MUST_CHECK tide_code tide_reduce_open(const tide_reduce_inputs *inputs, tide_reduce **reduce,
                                           tide_error *err);
/* As tide_process_next. */
TIDE_MUST_CHECK tide_code tide_reduce_next(tide_reduce *reduce, tide_unit *unit, bool *has_unit,
                                           tide_error *err);
void tide_reduce_close(tide_reduce *reduce);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* State: what a series carries from day to day, as the table that a sink keeps beside its output.
 *
 * State schema, in this order (series columns and step columns as declared):
 *
 *   _hash          int64      series hash with its top bit flipped, so that the order of signed
 *                             integers is the order of hashes; sinks index it
 *   <series ...>              the key columns; with _hash the primary key
 *   _last_day      date       last processed day
 *   _previous_day  date null  last_day before the run that last wrote this row
 *   _run           int64      number of that run
 *   _rows          int64      rows of days up to _last_day; -1: rewound
 *   _digest        uuid       their 128-bit digest (tide_digest_encode)
 *   <step>_<column>           columns of stateful steps: s1_balance is `balance` of step 1
 *
 * Sinks treat it as a keyed table: they upsert rows and read them by range of _hash, in its order.
 *
 * A rewound state says no more than the series and _last_day: the table holds the output of days up
 * to it, and the state as of it is rebuilt from the rows of those days by the next run.
 */
#ifndef TIDE_FLOW_STATE_H
#define TIDE_FLOW_STATE_H

#include "flow/stream.h"

/* _rows of a rewound state. */
#define TIDE_STATE_REWOUND INT64_C(-1)

typedef struct tide_state_layout {
    tide_schema schema;
    size_t hash_column;
    size_t series_begin, series_count;
    size_t last_day_column, previous_day_column, run_column, rows_column, digest_column;
    size_t values_begin, values_count; /* all steps' columns */
} tide_state_layout;

static inline int64_t tide_state_hash_encode(uint64_t hash)
{
    return (int64_t)(hash ^ (UINT64_C(1) << 63));
}
static inline uint64_t tide_state_hash_decode(int64_t stored)
{
    return (uint64_t)stored ^ (UINT64_C(1) << 63);
}

/* A partition's range of hashes: [first, last], both included. */
typedef struct tide_hash_range {
    uint64_t first, last;
} tide_hash_range;

/* Partition p of partition_count: [p, p+1) * 2^64 / partition_count. */
tide_hash_range tide_partition_range(uint32_t partition, uint32_t partition_count);
uint32_t tide_partition_of(uint64_t hash, uint32_t partition_count);

#endif

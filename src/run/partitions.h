/* SPDX-License-Identifier: Apache-2.0 */
/* Partitions: the shuffle of a run, and how its rows are dealt out to workers. For the routes that
 * sort. */
#ifndef TIDE_RUN_PARTITIONS_H
#define TIDE_RUN_PARTITIONS_H

#include "run/execution.h"
#include "shuffle/shuffle.h"

typedef struct tide_shuffle_keys {
    const tide_schema *schema; /* of the rows; borrowed for the shuffle's life */
    const uint32_t *key;       /* hashed: series or merge key */
    size_t key_count;
    const uint32_t *order; /* after the key */
    size_t order_count;
} tide_shuffle_keys;

/* A shuffle within the run's budget. */
TIDE_MUST_CHECK tide_code tide_run_shuffle_create(tide_execution *execution,
                                                  const tide_shuffle_keys *keys,
                                                  tide_shuffle **shuffle, tide_error *err);

/* After reading: sorts what is left to sort, decides on the number of partitions and their order
 * (largest first). `order` is owned by the caller. */
typedef struct tide_partitions {
    uint32_t count;
    uint32_t *order;
    tide_atomic next; /* index into order, taken by workers */
    int64_t row_count;
} tide_partitions;

TIDE_MUST_CHECK tide_code tide_partitions_plan(tide_execution *execution, tide_shuffle *shuffle,
                                               tide_partitions *partitions, tide_error *err);
void tide_partitions_clear(tide_partitions *partitions);

/* One partition, by a worker with a place in the pool and its own connection to the sink. */
typedef tide_code (*tide_partition_body)(void *context, uint32_t partition,
                                         tide_sink_worker *worker, tide_error *err);
/* Takes all partitions through body, on as many workers as there is work for. */
TIDE_MUST_CHECK tide_code tide_partitions_run(tide_execution *execution,
                                              tide_partitions *partitions, tide_partition_body body,
                                              void *context, tide_error *err);

#endif

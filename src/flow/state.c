/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/state.h"

__extension__ typedef unsigned __int128 uint128;

/* The smallest hash of a partition: partition * 2^64 / partition_count, rounded up. */
static uint128 first_hash(uint32_t partition, uint32_t partition_count)
{
    uint128 scaled = (uint128)partition << 64;
    return (scaled + partition_count - 1) / partition_count;
}

tide_hash_range tide_partition_range(uint32_t partition, uint32_t partition_count)
{
    return (tide_hash_range){
        .first = (uint64_t)first_hash(partition, partition_count),
        .last = (uint64_t)(first_hash(partition + 1, partition_count) - 1),
    };
}

uint32_t tide_partition_of(uint64_t hash, uint32_t partition_count)
{
    return (uint32_t)((uint128)hash * partition_count >> 64);
}

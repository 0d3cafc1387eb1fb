/* SPDX-License-Identifier: Apache-2.0 */
/* Day cache: the local day of an instant without asking the zone again for days seen lately.
 * Series with few rows a day change day at almost every row, and all of them live in the same few
 * hundred days. One owner. */
#ifndef TIDE_PROCESS_DAY_CACHE_H
#define TIDE_PROCESS_DAY_CACHE_H

#include "base/calendar.h"

#define TIDE_DAY_CACHE_SLOTS 512 /* days; a power of two */

typedef struct tide_day_cache {
    const tide_zone *zone;                     /* borrowed */
    tide_day_span slots[TIDE_DAY_CACHE_SLOTS]; /* by UTC day of the instant; begin = end: empty */
} tide_day_cache;

static inline void tide_day_cache_init(tide_day_cache *cache, const tide_zone *zone)
{
    *cache = (tide_day_cache){.zone = zone};
}

/* A UTC day touches two local days (three when a zone skips one): the slot holds the last asked. */
static inline tide_day_span tide_day_cache_find(tide_day_cache *cache, int64_t instant)
{
    uint64_t slot = (uint64_t)(instant / TIDE_MICROS_PER_DAY) % TIDE_DAY_CACHE_SLOTS;
    tide_day_span *span = &cache->slots[slot];
    if (instant < span->begin || instant >= span->end) {
        *span = tide_zone_day_of(cache->zone, instant);
    }
    return *span;
}

#endif

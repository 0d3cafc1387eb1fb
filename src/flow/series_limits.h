/* SPDX-License-Identifier: Apache-2.0 */
/* Series limits: of which series a sink can keep the state. What it can't is a reject; else a
 * single row would stop all that is committed with it, in every run. */
#ifndef TIDE_FLOW_SERIES_LIMITS_H
#define TIDE_FLOW_SERIES_LIMITS_H

#include <stddef.h>
#include <stdint.h>

typedef struct tide_series_limits {
    size_t series_bytes_max; /* of its texts and bytes together; 0: no limits at all */
    int32_t first_day;       /* of days, and of dates and timestamps in a series */
} tide_series_limits;

#endif

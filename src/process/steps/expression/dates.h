/* SPDX-License-Identifier: Apache-2.0 */
/* Dates: the loops of date functions, in the pipeline's zone where they are local. */
#ifndef TIDE_PROCESS_STEPS_EXPRESSION_DATES_H
#define TIDE_PROCESS_STEPS_EXPRESSION_DATES_H

#include "process/steps/expression/casts.h"

typedef enum tide_date_part {
    TIDE_PART_YEAR,
    TIDE_PART_MONTH,
    TIDE_PART_DAY,
    TIDE_PART_DOW,
    TIDE_PART_HOUR, /* from here on of timestamps only */
    TIDE_PART_MINUTE,
    TIDE_PART_SECOND
} tide_date_part;

typedef enum tide_date_unit {
    TIDE_UNIT_YEAR,
    TIDE_UNIT_QUARTER,
    TIDE_UNIT_MONTH,
    TIDE_UNIT_WEEK,
    TIDE_UNIT_DAY,
    TIDE_UNIT_HOUR, /* from here on of timestamps only */
    TIDE_UNIT_MINUTE,
    TIDE_UNIT_SECOND
} tide_date_unit;

/* parameter: the part, or the unit */
TIDE_DECLARE_LOOP(tide_date_part_loop);
TIDE_DECLARE_LOOP(tide_timestamp_part_loop);
TIDE_DECLARE_LOOP(tide_date_trunc_loop);
TIDE_DECLARE_LOOP(tide_timestamp_trunc_days_loop);
TIDE_DECLARE_LOOP(tide_timestamp_trunc_time_loop);
/* decimal(20,6) */
TIDE_DECLARE_LOOP(tide_seconds_between_loop);
/* timestamp, decimal of scale 6 */
TIDE_DECLARE_LOOP(tide_add_seconds_loop);
/* parameter: microseconds of the unit */
TIDE_DECLARE_LOOP(tide_epoch_loop);

#endif

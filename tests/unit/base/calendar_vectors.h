/* SPDX-License-Identifier: Apache-2.0 */
/* Tables that make_calendar_vectors.py fills. */
#ifndef TIDE_TEST_CALENDAR_VECTORS_H
#define TIDE_TEST_CALENDAR_VECTORS_H

#include "base/calendar.h"

typedef struct calendar_day {
    const char *zone;
    int32_t day;
    int64_t begin, end;
} calendar_day;

typedef struct calendar_instant {
    const char *zone;
    int64_t instant;
    tide_civil civil;
} calendar_instant;

extern const calendar_day calendar_days[];
extern const size_t calendar_day_count;
extern const calendar_instant calendar_civils[]; /* what an instant is on the wall */
extern const size_t calendar_civil_count;
extern const calendar_instant calendar_walls[]; /* which instant a wall time is */
extern const size_t calendar_wall_count;

#endif

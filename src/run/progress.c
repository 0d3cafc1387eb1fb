/* SPDX-License-Identifier: Apache-2.0 */
#include "run/progress.h"

#include "base/calendar.h"
#include "base/fault.h"

const char *tide_stage_name(tide_stage stage)
{
    static const char *const names[] = {"planning",   "reading",   "sorting",
                                        "processing", "finishing", "done"};
    return names[stage];
}

void tide_progress_enter(tide_progress *progress, tide_stage stage)
{
    tide_atomic_set(&progress->stage_began, tide_monotonic_micros());
    tide_atomic_set(&progress->stage, stage);
    TIDE_FAULT_POINT(tide_stage_name(stage));
}

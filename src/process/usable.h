/* SPDX-License-Identifier: Apache-2.0 */
/* Usable: can a row of the source be ordered, and the state of its series be kept? A row without
 * series or time can't be, nor one whose series or day the sink can't store beside its output. */
#ifndef TIDE_PROCESS_USABLE_H
#define TIDE_PROCESS_USABLE_H

#include "process/plan.h"

typedef enum tide_use {
    TIDE_USABLE = 0,
    TIDE_USE_NULL,      /* of the series, or the time */
    TIDE_USE_TOO_LONG,  /* the series */
    TIDE_USE_TOO_EARLY, /* the time, or a time in the series */
} tide_use;

/* *column (of the layout) is the one in the way. */
tide_use tide_usable(const tide_process_plan *plan, const tide_column *columns, int64_t row,
                     size_t *column);
/* Adds the reject of a row that is not usable. */
TIDE_MUST_CHECK tide_code tide_usable_reject(const tide_process_plan *plan,
                                             const tide_column *columns, int64_t row,
                                             tide_reject_list *rejects, tide_error *err);

#endif

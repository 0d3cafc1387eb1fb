/* SPDX-License-Identifier: Apache-2.0 */
/* Ordering: the columns that order the rows of a series, after the series itself: event time, ties,
 * then document id or file and position, then all values that are left. A total order. */
#ifndef TIDE_RUN_ORDERING_H
#define TIDE_RUN_ORDERING_H

#include "run/pipeline.h"

/* Into the source's layout; *out lives in the pipeline's arena. */
TIDE_MUST_CHECK tide_code tide_order_columns(tide_pipeline *pipeline, uint32_t **out,
                                             size_t *out_count, tide_error *err);

#endif

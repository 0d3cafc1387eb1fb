/* SPDX-License-Identifier: Apache-2.0 */
/* keep: within a series' day, the newest or the oldest row of each key, by the total order. Rows
 * whose key holds a null are of one key with other nulls. What remains stays in its order. */
#ifndef TIDE_PROCESS_STEPS_KEEP_H
#define TIDE_PROCESS_STEPS_KEEP_H

#include "flow/step.h"

typedef enum tide_keep_which { TIDE_KEEP_NEWEST = 0, TIDE_KEEP_OLDEST } tide_keep_which;

typedef struct tide_keep_options {
    tide_keep_which which;
    const char *const *by; /* names of columns; borrowed during define */
    size_t by_count;       /* at least 1 */
} tide_keep_options;

/* bad_config when a column does not exist; *failed says which of `by` it was (by_count: none). */
TIDE_MUST_CHECK tide_code tide_keep_define(const tide_step_options *options,
                                           const tide_keep_options *keep, size_t *failed,
                                           tide_step *step, tide_error *err);

#endif

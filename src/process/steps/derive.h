/* SPDX-License-Identifier: Apache-2.0 */
/* derive: adds columns computed by expressions, or replaces columns of the same name.
 *
 * All expressions see the rows as they came in, not each other's results. A row for which an
 * expression fails (division by zero, overflow, a cast that does not fit) is a reject. */
#ifndef TIDE_PROCESS_STEPS_DERIVE_H
#define TIDE_PROCESS_STEPS_DERIVE_H

#include "flow/step.h"

typedef struct tide_derive_column {
    const char *name;
    const char *expression;
    bool has_type; /* the result is cast to `type`, exactly or refused */
    tide_type type;
} tide_derive_column;

/* `columns` is borrowed during define. On bad_config *failed says which column was at fault. */
TIDE_MUST_CHECK tide_code tide_derive_define(const tide_step_options *options,
                                             const tide_derive_column *columns, size_t column_count,
                                             size_t *failed, tide_step *step, tide_error *err);

#endif

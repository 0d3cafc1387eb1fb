/* SPDX-License-Identifier: Apache-2.0 */
/* where: keeps the rows for which an expression is true (not false, not null). */
#ifndef TIDE_PROCESS_STEPS_WHERE_H
#define TIDE_PROCESS_STEPS_WHERE_H

#include "flow/step.h"

/* Compiles the expression against options->input; it must be of type bool. bad_config tells the
 * column in the expression where it went wrong, and what was probably meant. */
TIDE_MUST_CHECK tide_code tide_where_define(const tide_step_options *options,
                                            const char *expression, tide_step *step,
                                            tide_error *err);

#endif

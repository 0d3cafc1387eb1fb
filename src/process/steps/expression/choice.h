/* SPDX-License-Identifier: Apache-2.0 */
/* Choice: what chooses one of several values for a row. */
#ifndef TIDE_PROCESS_STEPS_EXPRESSION_CHOICE_H
#define TIDE_PROCESS_STEPS_EXPRESSION_CHOICE_H

#include "process/steps/expression/compiler.h"

/* condition, result, ..., the result of else; the results of one type. */
tide_node *tide_node_case(tide_compiler *self, size_t at, tide_node *const *arguments,
                          size_t count);
/* Arguments are promoted in place. */
tide_node *tide_node_coalesce(tide_compiler *self, size_t at, tide_node **arguments, size_t count);
tide_node *tide_node_extreme(tide_compiler *self, size_t at, bool is_greatest,
                             tide_node **arguments, size_t count);
tide_node *tide_node_nullif(tide_compiler *self, size_t at, tide_node *value, tide_node *other);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled: what an expression is, for its evaluator and for folding constants. */
#ifndef TIDE_PROCESS_STEPS_EXPRESSION_COMPILED_H
#define TIDE_PROCESS_STEPS_EXPRESSION_COMPILED_H

#include "process/steps/expression/node.h"

struct tide_expression {
    tide_arena arena; /* owns text, tree and details */
    tide_str text;
    const tide_zone *zone; /* borrowed, or own_zone */
    tide_zone *own_zone;   /* UTC, where none was given */
    const tide_node *root;
    tide_text fingerprint;
};

/* Clear it whatever init returned. */
TIDE_MUST_CHECK tide_code tide_evaluation_init(tide_evaluation *self,
                                               const tide_expression *expression,
                                               tide_row_errors *errors, size_t slot_count,
                                               tide_error *err);
void tide_evaluation_clear(tide_evaluation *self, size_t slot_count);
/* One chunk, as columns, begin and count say; rows that failed are taken out of `live`. */
TIDE_MUST_CHECK tide_code tide_evaluation_run(tide_evaluation *self, const tide_node *root,
                                              uint64_t *live, tide_error *err);

#endif

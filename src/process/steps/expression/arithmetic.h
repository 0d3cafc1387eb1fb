/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic: the loops of + - * / %, chosen by type. */
#ifndef TIDE_PROCESS_STEPS_EXPRESSION_ARITHMETIC_H
#define TIDE_PROCESS_STEPS_EXPRESSION_ARITHMETIC_H

#include "process/steps/expression/compiler.h"
#include "process/steps/expression/kernels.h"

/* Of two int64, two doubles; all refuse overflow and division by zero. */
tide_loop tide_integer_loop(tide_operation operation);
tide_loop tide_double_loop(tide_operation operation);
/* Of decimals of these types: of one scale for + - %, else with scales in parameter and parameter2;
 * where the types say that the result fits, it is not looked at. */
tide_loop tide_decimal_loop(tide_operation operation, tide_type a, tide_type b);
/* int64, double or decimal */
tide_loop tide_negate_loop(tide_type_id type);

/* date and int64 days, times parameter (1 or -1); two dates. */
tide_code tide_add_days_loop(tide_evaluation *self, const tide_node *node, const uint64_t *rows,
                             tide_error *err);
tide_code tide_days_between_loop(tide_evaluation *self, const tide_node *node, const uint64_t *rows,
                                 tide_error *err);

/* For mod() and what else computes. */
tide_node *tide_node_compute(tide_compiler *self, size_t at, tide_operation operation,
                             tide_node *left, tide_node *right);

#endif

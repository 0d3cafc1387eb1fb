/* SPDX-License-Identifier: Apache-2.0 */
/* Rounding: the loops of round, trunc, floor, ceil, abs and sign. */
#ifndef TIDE_PROCESS_STEPS_EXPRESSION_ROUNDING_H
#define TIDE_PROCESS_STEPS_EXPRESSION_ROUNDING_H

#include "process/steps/expression/casts.h"

enum { TIDE_ROUND_HALF, TIDE_ROUND_ZERO, TIDE_ROUND_DOWN, TIDE_ROUND_UP };

/* Of a decimal with the scale `parameter`, to `parameter2` digits after the point (below 0: before
 * it); by how. */
tide_loop tide_round_decimal_loop(int how);
/* To an integer. */
tide_loop tide_round_double_loop(int how);
/* Half away from zero as decimals are, of the shortest text that is this double; to parameter
 * digits. */
TIDE_DECLARE_LOOP(tide_round_double_digits_loop);
/* int64, double or decimal */
tide_loop tide_abs_loop(tide_type_id type);
/* int64 and decimal give int32, double double */
tide_loop tide_sign_loop(tide_type_id type);

#endif

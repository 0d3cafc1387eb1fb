/* SPDX-License-Identifier: Apache-2.0 */
/* Typing of number functions. Integers count as int64. */
#include "base/limits.h"
#include "process/steps/expression/arithmetic.h"
#include "process/steps/expression/functions.h"
#include "process/steps/expression/rounding.h"

static tide_node *need_number(tide_compiler *self, tide_call *call)
{
    tide_node *node = call->arguments[0];
    if (node->type.id == TIDE_INT32 || tide_type_is_untyped(node->type)) {
        node = tide_node_promote(self, node, tide_type_of(TIDE_INT64));
    } else if (!tide_type_is_number(node->type)) {
        return tide_call_fail(self, call, 0, "a number");
    }
    return call->arguments[0] = node;
}

tide_node *tide_build_abs(tide_compiler *self, tide_call *call)
{
    tide_node *node = need_number(self, call);
    return node == NULL ? NULL
                        : tide_node_strict(self, call->at, node->type, tide_abs_loop(node->type.id),
                                           &node, 1, NULL);
}

tide_node *tide_build_sign(tide_compiler *self, tide_call *call)
{
    tide_node *node = need_number(self, call);
    if (node == NULL) {
        return NULL;
    }
    bool is_double = node->type.id == TIDE_DOUBLE;
    return tide_node_strict(self, call->at, tide_type_of(is_double ? TIDE_DOUBLE : TIDE_INT32),
                            tide_sign_loop(node->type.id), &node, 1, NULL);
}

tide_node *tide_build_mod(tide_compiler *self, tide_call *call)
{
    return tide_node_compute(self, call->at, TIDE_REMAINDER, call->arguments[0],
                             call->arguments[1]);
}

/* The type of the result depends on the digits, so they have to be known. */
static bool read_digits(tide_compiler *self, const tide_call *call, int *digits)
{
    *digits = 0;
    if (call->count == 1) {
        return true;
    }
    const tide_node *node = call->arguments[1];
    if (!node->is_literal || node->is_null || node->type.id != TIDE_INT32 ||
        node->value.int32 < -TIDE_DECIMAL_PRECISION_MAX ||
        node->value.int32 > TIDE_DECIMAL_PRECISION_MAX) {
        (void)tide_compiler_fail(self, node->at, "%s: digits are a literal integer from -%d to %d",
                                 call->function->signature, TIDE_DECIMAL_PRECISION_MAX,
                                 TIDE_DECIMAL_PRECISION_MAX);
        return false;
    }
    *digits = node->value.int32;
    return true;
}

/* One digit more before the point: 9.9 becomes 10. */
static tide_node *round_decimal(tide_compiler *self, const tide_call *call, tide_node *node,
                                int digits)
{
    tide_type from = node->type;
    if (digits >= from.scale) {
        return node;
    }
    int scale = digits < 0 ? 0 : digits;
    int precision = from.precision - from.scale + 1 + scale;
    precision = digits < 0 && precision < 1 - digits ? 1 - digits : precision;
    if (precision > TIDE_DECIMAL_PRECISION_MAX) {
        precision = TIDE_DECIMAL_PRECISION_MAX;
    }
    tide_node_extra extra = {.parameter = from.scale, .parameter2 = digits};
    return tide_node_strict(self, call->at, tide_type_decimal(precision, scale),
                            tide_round_decimal_loop(call->function->parameter), &node, 1, &extra);
}

static tide_node *round_double(tide_compiler *self, const tide_call *call, tide_node *node,
                               int digits)
{
    tide_node_extra extra = {.parameter = digits};
    bool plain = digits == 0;
    if (!plain && call->function->parameter != TIDE_ROUND_HALF) {
        return tide_compiler_fail(self, call->at,
                                  "trunc of a double takes no digits: cast it to decimal first");
    }
    tide_loop loop =
        plain ? tide_round_double_loop(call->function->parameter) : tide_round_double_digits_loop;
    return tide_node_strict(self, call->at, node->type, loop, &node, 1, &extra);
}

tide_node *tide_build_round(tide_compiler *self, tide_call *call)
{
    int digits = 0;
    tide_node *node = need_number(self, call);
    if (node == NULL || !read_digits(self, call, &digits)) {
        return NULL;
    }
    if (node->type.id == TIDE_DOUBLE) {
        return round_double(self, call, node, digits);
    }
    if (node->type.id == TIDE_INT64) {
        if (digits >= 0) {
            return node;
        }
        node = tide_node_promote(self, node, tide_type_as_decimal(node));
    }
    return node == NULL ? NULL : round_decimal(self, call, node, digits);
}

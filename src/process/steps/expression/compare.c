/* SPDX-License-Identifier: Apache-2.0 */
/* Comparisons: = <> < <= > >=, is distinct from, between. */
#include "base/limits.h"
#include "process/steps/expression/compiler.h"
#include "process/steps/expression/kernels.h"

/* Decimals whose common type would need more than 38 digits are compared as they are. */
bool tide_nodes_exceed_decimal(const tide_node *left, const tide_node *right)
{
    if ((left->type.id != TIDE_DECIMAL && !tide_type_is_integer(left->type)) ||
        (right->type.id != TIDE_DECIMAL && !tide_type_is_integer(right->type))) {
        return false;
    }
    tide_type a = tide_type_as_decimal(left);
    tide_type b = tide_type_as_decimal(right);
    int scale = a.scale > b.scale ? a.scale : b.scale;
    int a_digits = a.precision - a.scale;
    int b_digits = b.precision - b.scale;
    return (a_digits > b_digits ? a_digits : b_digits) + scale > TIDE_DECIMAL_PRECISION_MAX;
}

static tide_node *compare_scales(tide_compiler *self, size_t at, tide_operation operation,
                                 tide_node *left, tide_node *right)
{
    tide_node *pair[] = {tide_node_promote(self, left, tide_type_as_decimal(left)),
                         tide_node_promote(self, right, tide_type_as_decimal(right))};
    if (pair[0] == NULL || pair[1] == NULL) {
        return NULL;
    }
    tide_node_extra scales = {.parameter = pair[0]->type.scale, .parameter2 = pair[1]->type.scale};
    return tide_node_strict(self, at, tide_type_of(TIDE_BOOL), tide_compare_scales_loop(operation),
                            pair, 2, &scales);
}

tide_node *tide_node_compare(tide_compiler *self, size_t at, tide_operation operation,
                             tide_node *left, tide_node *right)
{
    tide_node *pair[] = {left, right};
    if (left == NULL || right == NULL) {
        return NULL;
    }
    if (tide_nodes_exceed_decimal(left, right)) {
        return compare_scales(self, at, operation, left, right);
    }
    if (!tide_nodes_unify(self, pair, 2, "comparison")) {
        return NULL;
    }
    if (tide_type_is_untyped(pair[0]->type)) {
        return tide_node_null(self, at, tide_type_of(TIDE_BOOL));
    }
    tide_loop loop = tide_compare_loop(operation, pair[0]->type.id);
    if (loop == NULL) {
        return tide_compiler_fail(self, at, "json values are not compared: cast them to text");
    }
    return tide_node_strict(self, at, tide_type_of(TIDE_BOOL), loop, pair, 2, NULL);
}

tide_node *tide_compile_compare(tide_compiler *self, const tide_syntax *syntax)
{
    tide_node *left = tide_compile_any(self, syntax->items[0]);
    tide_node *right = left == NULL ? NULL : tide_compile_any(self, syntax->items[1]);
    return tide_node_compare(self, syntax->at, syntax->operation, left, right);
}

/* Null is a value like others here: arguments are the two, and their comparison by aliases.
 * parameter: 1 negated. */
static tide_code evaluate_distinct(tide_evaluation *self, const tide_node *node,
                                   const uint64_t *mask, tide_error *err)
{
    for (size_t i = 0; i < 3; i++) {
        TIDE_TRY(node->arguments[i]->evaluate(self, node->arguments[i], mask, err));
    }
    const tide_vector *a = tide_argument(self, node, 0);
    const tide_vector *b = tide_argument(self, node, 1);
    const uint64_t *equal = tide_argument(self, node, 2)->data;
    tide_vector *out = &self->vectors[node->slot];
    uint64_t *values = out->own_data;
    for (size_t word = 0; word < tide_word_count(self); word++) {
        uint64_t a_valid = a->validity == NULL ? UINT64_MAX : a->validity[word];
        uint64_t b_valid = b->validity == NULL ? UINT64_MAX : b->validity[word];
        uint64_t same = (a_valid & b_valid & equal[word]) | (~a_valid & ~b_valid);
        values[word] = node->parameter != 0 ? same : ~same;
    }
    out->data = out->own_data;
    out->validity = NULL;
    return TIDE_OK;
}

tide_node *tide_compile_distinct(tide_compiler *self, const tide_syntax *syntax)
{
    tide_node *left = tide_compile_any(self, syntax->items[0]);
    tide_node *right = left == NULL ? NULL : tide_compile_any(self, syntax->items[1]);
    if (right == NULL) {
        return NULL;
    }
    tide_type type = tide_type_is_untyped(left->type) ? right->type : left->type;
    type = tide_type_is_untyped(type) ? tide_type_of(TIDE_BOOL) : type;
    left = tide_type_is_untyped(left->type) ? tide_node_promote(self, left, type) : left;
    right = tide_type_is_untyped(right->type) ? tide_node_promote(self, right, type) : right;
    tide_node *equal = tide_node_compare(self, syntax->at, TIDE_EQUAL, tide_node_alias(self, left),
                                         tide_node_alias(self, right));
    tide_node *arguments[] = {left, right, equal};
    tide_node *node =
        tide_node_make(self, syntax->at, tide_type_of(TIDE_BOOL), evaluate_distinct, arguments, 3);
    if (node == NULL) {
        return NULL;
    }
    node->parameter = syntax->is_negated ? 1 : 0;
    return tide_node_fold(self, node);
}

tide_node *tide_compile_between(tide_compiler *self, const tide_syntax *syntax)
{
    tide_node *value = tide_compile_any(self, syntax->items[0]);
    tide_node *low = value == NULL ? NULL : tide_compile_any(self, syntax->items[1]);
    tide_node *high = low == NULL ? NULL : tide_compile_any(self, syntax->items[2]);
    if (high == NULL) {
        return NULL;
    }
    tide_node *alias = tide_node_alias(self, value);
    tide_node *again = tide_node_alias(self, value);
    tide_operation operations[] = {TIDE_GREATER_EQUAL, TIDE_LESS_EQUAL};
    if (syntax->is_negated) {
        operations[0] = TIDE_LESS;
        operations[1] = TIDE_GREATER;
    }
    tide_node *sides[] = {tide_node_compare(self, syntax->at, operations[0], alias, low),
                          tide_node_compare(self, syntax->at, operations[1], again, high)};
    return tide_node_let(self, value,
                         tide_node_logic(self, syntax->at, syntax->is_negated, sides, 2));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Promotion: which types meet without being asked: null -> anything, int32 -> int64 -> decimal ->
 * double. */
#include "base/limits.h"
#include "process/steps/expression/compiler.h"
#include "record/decimal.h"

/* A literal integer takes the digits that it has, a column those of its type. */
tide_type tide_type_as_decimal(const tide_node *node)
{
    if (node->type.id == TIDE_DECIMAL) {
        return node->type;
    }
    if (!node->is_literal || node->is_null) {
        return tide_type_decimal(node->type.id == TIDE_INT32 ? 10 : 19, 0);
    }
    int64_t value = node->type.id == TIDE_INT32 ? node->value.int32 : node->value.int64;
    int digits = 1;
    while (!tide_decimal_fits(value, digits)) {
        digits++;
    }
    return tide_type_decimal(digits, 0);
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static tide_type common_decimal(const tide_node *a, const tide_node *b)
{
    tide_type left = tide_type_as_decimal(a);
    tide_type right = tide_type_as_decimal(b);
    int scale = larger(left.scale, right.scale);
    int digits = larger(left.precision - left.scale, right.precision - right.scale) + scale;
    return tide_type_decimal(
        digits > TIDE_DECIMAL_PRECISION_MAX ? TIDE_DECIMAL_PRECISION_MAX : digits, scale);
}

tide_type tide_type_common(const tide_node *a, const tide_node *b, bool *ok)
{
    *ok = true;
    if (tide_type_is_untyped(a->type)) {
        return b->type;
    }
    if (tide_type_is_untyped(b->type) || tide_type_equal(a->type, b->type)) {
        return a->type;
    }
    *ok = tide_type_is_number(a->type) && tide_type_is_number(b->type);
    if (!*ok) {
        return tide_type_untyped();
    }
    if (a->type.id == TIDE_DOUBLE || b->type.id == TIDE_DOUBLE) {
        return tide_type_of(TIDE_DOUBLE);
    }
    if (a->type.id == TIDE_DECIMAL || b->type.id == TIDE_DECIMAL) {
        return common_decimal(a, b);
    }
    return tide_type_of(TIDE_INT64);
}

tide_node *tide_node_promote(tide_compiler *self, tide_node *node, tide_type type)
{
    if (node == NULL || tide_type_equal(node->type, type)) {
        return node;
    }
    if (tide_type_is_untyped(node->type)) {
        return tide_node_null(self, node->at, type);
    }
    return tide_node_cast(self, node->at, node, type);
}

/* What somebody may have meant who compares a text with a time. */
static const char *hint_for(tide_type a, tide_type b)
{
    bool text = a.id == TIDE_TEXT || b.id == TIDE_TEXT;
    bool date = a.id == TIDE_DATE || b.id == TIDE_DATE;
    bool timestamp = a.id == TIDE_TIMESTAMP || b.id == TIDE_TIMESTAMP;
    if (text && date) {
        return ": write date '2024-03-31', or cast one of them";
    }
    if (text && timestamp) {
        return ": write timestamp '2024-03-31T12:00:00Z', or cast one of them";
    }
    if (date && timestamp) {
        return ": write date(...) of the timestamp";
    }
    if (text && (tide_type_is_number(a) || tide_type_is_number(b))) {
        return ": write the number without quotes, or cast one of them (value::int64)";
    }
    return ": cast one of them";
}

bool tide_nodes_unify(tide_compiler *self, tide_node **nodes, size_t count, const char *what)
{
    char a[32], b[32];
    tide_node sum = {.type = tide_type_untyped()};
    for (size_t i = 0; i < count; i++) {
        bool ok = nodes[i] != NULL;
        if (!ok) {
            return false;
        }
        tide_node before = i == 0 ? *nodes[0] : sum;
        tide_type type = tide_type_common(&before, nodes[i], &ok);
        if (!ok) {
            (void)tide_compiler_fail(self, nodes[i]->at, "%s: %s and %s do not go together%s", what,
                                     tide_type_name(before.type, a),
                                     tide_type_name(nodes[i]->type, b),
                                     hint_for(before.type, nodes[i]->type));
            return false;
        }
        sum = i == 0 ? *nodes[0] : (tide_node){.type = type};
    }
    for (size_t i = 0; i < count; i++) {
        nodes[i] = tide_node_promote(self, nodes[i], sum.type);
        if (nodes[i] == NULL) {
            return false;
        }
    }
    return true;
}

tide_node *tide_node_need_bool(tide_compiler *self, tide_node *node, const char *what)
{
    char name[32];
    if (node == NULL || node->type.id == TIDE_BOOL) {
        return node;
    }
    if (tide_type_is_untyped(node->type)) {
        return tide_node_null(self, node->at, tide_type_of(TIDE_BOOL));
    }
    return tide_compiler_fail(self, node->at, "%s needs a condition, and this is %s%s", what,
                              tide_type_name(node->type, name),
                              tide_type_is_number(node->type) ? ": write `<> 0`?" : "");
}

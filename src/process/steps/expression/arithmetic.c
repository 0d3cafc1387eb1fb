/* SPDX-License-Identifier: Apache-2.0 */
/* Typing of + - * / % and unary minus. Integers are computed as int64; decimals exactly:
 *
 *   a + b, a - b   scale max(s1, s2), digits before the point max(p1 - s1, p2 - s2) + 1
 *   a * b          scale s1 + s2, precision p1 + p2
 *   a / b          scale max(6, s1 + p2 + 1), digits before the point p1 - s1 + s2; rounded
 *   a % b          as the wider of both
 *
 * Precision is cut to 38: a value beyond it refuses its row. */
#include "process/steps/expression/arithmetic.h"
#include "base/limits.h"

#define DIGITS_MAX TIDE_DECIMAL_PRECISION_MAX
#define DIVISION_SCALE_MIN 6

static const char *const symbols[] = {
    [TIDE_ADD] = "+",    [TIDE_SUBTRACT] = "-",  [TIDE_MULTIPLY] = "*",
    [TIDE_DIVIDE] = "/", [TIDE_REMAINDER] = "%",
};

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static int cut(int digits)
{
    return digits > DIGITS_MAX ? DIGITS_MAX : digits;
}

/* Of the scale of the finer side; `carry` digits more before the point. */
static tide_type wider_type(tide_type a, tide_type b, int carry)
{
    int scale = larger(a.scale, b.scale);
    int integers = larger(a.precision - a.scale, b.precision - b.scale);
    return tide_type_decimal(cut(integers + scale + carry), scale);
}

/* Where 38 digits do not hold both sides, those after the point give way, down to six. */
static tide_type quotient_type(tide_type a, tide_type b)
{
    int integers = a.precision - a.scale + b.scale;
    int scale = larger(DIVISION_SCALE_MIN, a.scale + b.precision + 1);
    if (integers + scale > DIGITS_MAX) {
        scale = larger(DIGITS_MAX - integers, DIVISION_SCALE_MIN);
    }
    return tide_type_decimal(cut(integers + scale), scale);
}

static tide_node *compute_decimal(tide_compiler *self, size_t at, tide_operation operation,
                                  tide_node **pair)
{
    tide_type a = tide_type_as_decimal(pair[0]);
    tide_type b = tide_type_as_decimal(pair[1]);
    tide_type type = wider_type(a, b, operation == TIDE_REMAINDER ? 0 : 1);
    bool same_scale = operation != TIDE_MULTIPLY && operation != TIDE_DIVIDE;
    if (operation == TIDE_MULTIPLY) {
        if (a.scale + b.scale > DIGITS_MAX) {
            return tide_compiler_fail(self, at,
                                      "the product would have %d digits after the point and a "
                                      "decimal holds 38: round() one side first",
                                      a.scale + b.scale);
        }
        type = tide_type_decimal(cut(a.precision + b.precision), a.scale + b.scale);
    } else if (operation == TIDE_DIVIDE) {
        type = quotient_type(a, b);
    }
    for (size_t i = 0; i < 2; i++) {
        tide_type own = tide_type_as_decimal(pair[i]);
        tide_type wanted = same_scale ? tide_type_decimal(type.precision, type.scale) : own;
        pair[i] = tide_node_promote(self, pair[i], wanted);
    }
    tide_node_extra scales = {.parameter = a.scale, .parameter2 = b.scale};
    return tide_node_strict(self, at, type, tide_decimal_loop(operation, a, b), pair, 2, &scales);
}

static tide_node *compute_numbers(tide_compiler *self, size_t at, tide_operation operation,
                                  tide_node **pair)
{
    bool is_double = pair[0]->type.id == TIDE_DOUBLE || pair[1]->type.id == TIDE_DOUBLE;
    bool is_decimal = pair[0]->type.id == TIDE_DECIMAL || pair[1]->type.id == TIDE_DECIMAL;
    tide_type type = tide_type_of(is_double ? TIDE_DOUBLE : TIDE_INT64);
    if (is_double && operation == TIDE_REMAINDER) {
        return tide_compiler_fail(self, at, "%% is for integers and decimals: cast the double");
    }
    if (is_decimal && !is_double) {
        return compute_decimal(self, at, operation, pair);
    }
    for (size_t i = 0; i < 2; i++) {
        pair[i] = tide_node_promote(self, pair[i], type);
    }
    tide_loop loop = is_double ? tide_double_loop(operation) : tide_integer_loop(operation);
    return tide_node_strict(self, at, type, loop, pair, 2, NULL);
}

static tide_node *fail_types(tide_compiler *self, size_t at, tide_operation operation,
                             tide_node *const *pair)
{
    char a[32], b[32];
    tide_type_id left = pair[0]->type.id;
    tide_type_id right = pair[1]->type.id;
    const char *hint = "";
    if (operation == TIDE_ADD && left == TIDE_TEXT && right == TIDE_TEXT) {
        hint = ": texts are joined by ||";
    } else if (left == TIDE_TIMESTAMP && right == TIDE_TIMESTAMP) {
        hint = ": write seconds_between(from, to)";
    } else if (left == TIDE_TIMESTAMP || right == TIDE_TIMESTAMP) {
        hint = ": write add_seconds(timestamp, number), or date(timestamp) + days";
    } else if (left == TIDE_TEXT || right == TIDE_TEXT) {
        hint = ": cast the text (value::int64, value::decimal(12,2))";
    }
    return tide_compiler_fail(self, at, "there is no %s %s %s%s", tide_type_name(pair[0]->type, a),
                              symbols[operation], tide_type_name(pair[1]->type, b), hint);
}

/* date + days, days + date, date - days, date - date */
static tide_node *compute_dates(tide_compiler *self, size_t at, tide_operation operation,
                                tide_node **pair)
{
    bool left = pair[0]->type.id == TIDE_DATE;
    bool right = pair[1]->type.id == TIDE_DATE;
    if (operation == TIDE_SUBTRACT && left && right) {
        return tide_node_strict(self, at, tide_type_of(TIDE_INT32), tide_days_between_loop, pair, 2,
                                NULL);
    }
    bool adds = operation == TIDE_ADD && left != right;
    bool subtracts = operation == TIDE_SUBTRACT && left && !right;
    tide_node *days = left ? pair[1] : pair[0];
    if ((!adds && !subtracts) || !tide_type_is_integer(days->type)) {
        return fail_types(self, at, operation, pair);
    }
    tide_node *arguments[] = {left ? pair[0] : pair[1],
                              tide_node_promote(self, days, tide_type_of(TIDE_INT64))};
    tide_node_extra sign = {.parameter = subtracts ? -1 : 1};
    return tide_node_strict(self, at, tide_type_of(TIDE_DATE), tide_add_days_loop, arguments, 2,
                            &sign);
}

tide_node *tide_node_compute(tide_compiler *self, size_t at, tide_operation operation,
                             tide_node *left, tide_node *right)
{
    tide_node *pair[] = {left, right};
    if (left == NULL || right == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < 2; i++) {
        if (tide_type_is_untyped(pair[i]->type)) {
            tide_type other = pair[1 - i]->type;
            bool is_date = other.id == TIDE_DATE;
            tide_type type =
                is_date || tide_type_is_untyped(other) ? tide_type_of(TIDE_INT32) : other;
            pair[i] = tide_node_promote(self, pair[i], type);
        }
    }
    if (pair[0] == NULL || pair[1] == NULL) {
        return NULL;
    }
    if (pair[0]->type.id == TIDE_DATE || pair[1]->type.id == TIDE_DATE) {
        return compute_dates(self, at, operation, pair);
    }
    if (!tide_type_is_number(pair[0]->type) || !tide_type_is_number(pair[1]->type)) {
        return fail_types(self, at, operation, pair);
    }
    return compute_numbers(self, at, operation, pair);
}

tide_node *tide_compile_compute(tide_compiler *self, const tide_syntax *syntax)
{
    tide_node *left = tide_compile_any(self, syntax->items[0]);
    tide_node *right = left == NULL ? NULL : tide_compile_any(self, syntax->items[1]);
    return tide_node_compute(self, syntax->at, syntax->operation, left, right);
}

tide_node *tide_compile_minus(tide_compiler *self, const tide_syntax *syntax)
{
    char name[32];
    tide_node *item = tide_compile_any(self, syntax->items[0]);
    if (item == NULL) {
        return NULL;
    }
    if (tide_type_is_untyped(item->type) || item->type.id == TIDE_INT32) {
        item = tide_node_promote(self, item, tide_type_of(TIDE_INT64));
    }
    if (item != NULL && !tide_type_is_number(item->type)) {
        return tide_compiler_fail(self, syntax->at, "there is no minus of %s",
                                  tide_type_name(item->type, name));
    }
    return item == NULL ? NULL
                        : tide_node_strict(self, syntax->at, item->type,
                                           tide_negate_loop(item->type.id), &item, 1, NULL);
}

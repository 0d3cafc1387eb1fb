/* SPDX-License-Identifier: Apache-2.0 */
/* Choice: case, coalesce, nullif, least and greatest. Each argument is evaluated only for the rows
 * that need it, and moved to the result for those that take it. */
#include "process/steps/expression/choice.h"

#include <string.h>

#include "process/steps/expression/kernels.h"

#define MOVE_WIDTH(width)                                                            \
    TIDE_FOR_ROWS(rows, tide_word_count(self))                                       \
    {                                                                                \
        memcpy(to + (size_t)row * (width), values + (size_t)row * (width), (width)); \
    }

static void move_values(const tide_evaluation *self, const void *from, void *out, size_t width,
                        const uint64_t *rows)
{
    const uint8_t *values = from;
    uint8_t *to = out;
    if (width == 4) {
        MOVE_WIDTH(4)
    } else if (width == 8) {
        MOVE_WIDTH(8)
    } else {
        MOVE_WIDTH(16)
    }
}

static void move_bits(const tide_evaluation *self, const uint64_t *from, uint64_t *to,
                      const uint64_t *rows)
{
    for (size_t i = 0; i < tide_word_count(self); i++) {
        to[i] = (to[i] & ~rows[i]) | (from[i] & rows[i]);
    }
}

/* The rows of argument i to the result, null where it is. */
static void move_rows(tide_evaluation *self, const tide_node *node, size_t i, const uint64_t *rows)
{
    const tide_vector *from = tide_argument(self, node, i);
    tide_vector *out = &self->vectors[node->slot];
    size_t width = tide_vector_width(node->type);
    if (width == 0) {
        move_bits(self, from->data, out->own_data, rows);
    } else {
        move_values(self, from->data, out->own_data, width, rows);
    }
    for (size_t word = 0; word < tide_word_count(self); word++) {
        out->own_validity[word] |=
            rows[word] & (from->validity == NULL ? UINT64_MAX : from->validity[word]);
    }
}

/* All null, until rows are moved in. */
static void begin_result(tide_evaluation *self, const tide_node *node)
{
    tide_vector *out = &self->vectors[node->slot];
    memset(out->own_validity, 0, sizeof out->own_validity);
    out->validity = out->own_validity;
    out->data = out->own_data;
}

static tide_code evaluate_argument(tide_evaluation *self, const tide_node *node, size_t i,
                                   const uint64_t *mask, tide_error *err)
{
    return node->arguments[i]->evaluate(self, node->arguments[i], mask, err);
}

/* Arguments: condition, result, ..., and the result of else. */
static tide_code evaluate_case(tide_evaluation *self, const tide_node *node, const uint64_t *mask,
                               tide_error *err)
{
    uint64_t left[TIDE_CHUNK_WORDS];
    uint64_t taken[TIDE_CHUNK_WORDS];
    const size_t words = tide_word_count(self);
    memcpy(left, mask, words * sizeof left[0]);
    begin_result(self, node);
    size_t i = 0;
    for (; i + 1 < node->argument_count && tide_words_any(left, words); i += 2) {
        TIDE_TRY(evaluate_argument(self, node, i, left, err));
        const tide_vector *condition = tide_argument(self, node, i);
        const uint64_t *values = condition->data;
        for (size_t word = 0; word < words; word++) {
            uint64_t valid = condition->validity == NULL ? UINT64_MAX : condition->validity[word];
            left[word] &= ~self->failed[word];
            taken[word] = left[word] & values[word] & valid;
            left[word] &= ~taken[word];
        }
        if (tide_words_any(taken, words)) {
            TIDE_TRY(evaluate_argument(self, node, i + 1, taken, err));
            move_rows(self, node, i + 1, taken);
        }
    }
    if (tide_words_any(left, words)) {
        TIDE_TRY(evaluate_argument(self, node, i, left, err));
        move_rows(self, node, i, left);
    }
    return TIDE_OK;
}

tide_node *tide_node_case(tide_compiler *self, size_t at, tide_node *const *arguments, size_t count)
{
    tide_node *node =
        tide_node_make(self, at, arguments[count - 1]->type, evaluate_case, arguments, count);
    if (node == NULL) {
        return NULL;
    }
    node->shares_slot = true;
    return tide_node_fold(self, node);
}

/* A condition, or `value = when` where case has a value. */
static tide_node *compile_when(tide_compiler *self, const tide_syntax *syntax, tide_node *value)
{
    tide_node *when = tide_compile_any(self, syntax);
    if (value == NULL) {
        return tide_node_need_bool(self, when, "when");
    }
    return tide_node_compare(self, syntax->at, TIDE_EQUAL, tide_node_alias(self, value), when);
}

/* Results to one type, in place: arguments 1, 3, ... and the last. */
static bool unify_results(tide_compiler *self, tide_node **arguments, size_t count)
{
    size_t result_count = count / 2 + 1;
    tide_node **results = tide_compiler_alloc(self, result_count, sizeof(void *));
    if (results == NULL) {
        return false;
    }
    for (size_t i = 0; i < result_count; i++) {
        results[i] = arguments[i + 1 == result_count ? count - 1 : 2 * i + 1];
    }
    if (!tide_nodes_unify(self, results, result_count, "case")) {
        return false;
    }
    for (size_t i = 0; i < result_count; i++) {
        arguments[i + 1 == result_count ? count - 1 : 2 * i + 1] = results[i];
    }
    return true;
}

tide_node *tide_compile_case(tide_compiler *self, const tide_syntax *syntax)
{
    const size_t count = syntax->item_count - 1;
    tide_node **arguments = tide_compiler_alloc(self, count, sizeof(void *));
    tide_node *value = NULL;
    if (arguments == NULL) {
        return NULL;
    }
    if (syntax->items[0] != NULL) {
        value = tide_compile_any(self, syntax->items[0]);
        if (value == NULL) {
            return NULL;
        }
    }
    for (size_t i = 0; i + 1 < count; i += 2) {
        arguments[i] = compile_when(self, syntax->items[i + 1], value);
        arguments[i + 1] =
            arguments[i] == NULL ? NULL : tide_compile_any(self, syntax->items[i + 2]);
        if (arguments[i + 1] == NULL) {
            return NULL;
        }
    }
    const tide_syntax *otherwise = syntax->items[count];
    arguments[count - 1] = otherwise == NULL ? tide_node_null(self, syntax->at, tide_type_untyped())
                                             : tide_compile_any(self, otherwise);
    if (arguments[count - 1] == NULL || !unify_results(self, arguments, count)) {
        return NULL;
    }
    tide_node *made = tide_node_case(self, syntax->at, arguments, count);
    return value == NULL ? made : tide_node_let(self, value, made);
}

static tide_code evaluate_coalesce(tide_evaluation *self, const tide_node *node,
                                   const uint64_t *mask, tide_error *err)
{
    uint64_t left[TIDE_CHUNK_WORDS];
    const size_t words = tide_word_count(self);
    memcpy(left, mask, words * sizeof left[0]);
    begin_result(self, node);
    for (size_t i = 0; i < node->argument_count && tide_words_any(left, words); i++) {
        TIDE_TRY(evaluate_argument(self, node, i, left, err));
        move_rows(self, node, i, left);
        const uint64_t *found = self->vectors[node->slot].own_validity;
        for (size_t word = 0; word < words; word++) {
            left[word] &= ~found[word] & ~self->failed[word];
        }
    }
    return TIDE_OK;
}

tide_node *tide_node_coalesce(tide_compiler *self, size_t at, tide_node **arguments, size_t count)
{
    if (!tide_nodes_unify(self, arguments, count, "coalesce")) {
        return NULL;
    }
    tide_node *node =
        tide_node_make(self, at, arguments[0]->type, evaluate_coalesce, arguments, count);
    if (node == NULL) {
        return NULL;
    }
    node->shares_slot = true;
    return tide_node_fold(self, node);
}

tide_node *tide_node_nullif(tide_compiler *self, size_t at, tide_node *value, tide_node *other)
{
    if (value == NULL || other == NULL) {
        return NULL;
    }
    tide_node *arguments[] = {
        tide_node_compare(self, at, TIDE_EQUAL, tide_node_alias(self, value), other),
        tide_node_null(self, at, value->type), tide_node_alias(self, value)};
    if (arguments[0] == NULL || arguments[1] == NULL || arguments[2] == NULL) {
        return NULL;
    }
    return tide_node_let(self, value, tide_node_case(self, at, arguments, 3));
}

/* case when a >= b then a when b is null then a else b end */
static tide_node *choose(tide_compiler *self, size_t at, tide_operation operation, tide_node *a,
                         tide_node *b)
{
    tide_node *arguments[] = {
        tide_node_compare(self, at, operation, tide_node_alias(self, a), tide_node_alias(self, b)),
        tide_node_alias(self, a),
        tide_node_is_null(self, at, tide_node_alias(self, b)),
        tide_node_alias(self, a),
        tide_node_alias(self, b),
    };
    for (size_t i = 0; i < 5; i++) {
        if (arguments[i] == NULL) {
            return NULL;
        }
    }
    tide_node *chosen = tide_node_case(self, at, arguments, 5);
    return tide_node_let(self, a, tide_node_let(self, b, chosen));
}

tide_node *tide_node_extreme(tide_compiler *self, size_t at, bool is_greatest,
                             tide_node **arguments, size_t count)
{
    if (!tide_nodes_unify(self, arguments, count, is_greatest ? "greatest" : "least")) {
        return NULL;
    }
    tide_node *result = arguments[0];
    if (tide_type_is_untyped(result->type)) {
        return result;
    }
    for (size_t i = 1; i < count && result != NULL; i++) {
        result = choose(self, at, is_greatest ? TIDE_GREATER_EQUAL : TIDE_LESS_EQUAL, result,
                        arguments[i]);
    }
    return result;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Logic of three values: and, or, not, is. What decides a row ends it: the rest of the list is not
 * evaluated for it, so that it can't fail there. */
#include <string.h>

#include "process/steps/expression/compiler.h"
#include "process/steps/expression/kernels.h"

/* The words of a bool vector that are `wanted` and not null. */
static uint64_t known_word(const tide_vector *vector, size_t word, bool wanted)
{
    const uint64_t *values = vector->data;
    uint64_t valid = vector->validity == NULL ? UINT64_MAX : vector->validity[word];
    return valid & (wanted ? values[word] : ~values[word]);
}

/* parameter: what decides: 0 (and), 1 (or). */
static tide_code evaluate_list(tide_evaluation *self, const tide_node *node, const uint64_t *mask,
                               tide_error *err)
{
    uint64_t left[TIDE_CHUNK_WORDS];
    uint64_t nulls[TIDE_CHUNK_WORDS] = {0};
    uint64_t decided[TIDE_CHUNK_WORDS] = {0};
    const size_t words = tide_word_count(self);
    const bool decisive = node->parameter != 0;
    memcpy(left, mask, words * sizeof left[0]);
    for (size_t i = 0; i < node->argument_count && tide_words_any(left, words); i++) {
        TIDE_TRY(node->arguments[i]->evaluate(self, node->arguments[i], left, err));
        const tide_vector *vector = tide_argument(self, node, i);
        for (size_t word = 0; word < words; word++) {
            uint64_t found = left[word] & known_word(vector, word, decisive);
            decided[word] |= found;
            nulls[word] |= left[word] & (vector->validity == NULL ? 0 : ~vector->validity[word]);
            left[word] &= ~found & ~self->failed[word];
        }
    }
    tide_vector *out = &self->vectors[node->slot];
    uint64_t *values = out->own_data;
    for (size_t word = 0; word < words; word++) {
        values[word] = decisive ? decided[word] : ~decided[word];
        out->own_validity[word] = decided[word] | ~nulls[word];
    }
    out->data = out->own_data;
    out->validity = tide_words_any(nulls, words) ? out->own_validity : NULL;
    return TIDE_OK;
}

tide_node *tide_node_logic(tide_compiler *self, size_t at, bool is_or, tide_node *const *items,
                           size_t count)
{
    tide_node *node =
        tide_node_make(self, at, tide_type_of(TIDE_BOOL), evaluate_list, items, count);
    if (node == NULL) {
        return NULL;
    }
    node->parameter = is_or ? 1 : 0;
    node->shares_slot = true;
    return tide_node_fold(self, node);
}

tide_node *tide_compile_logic(tide_compiler *self, const tide_syntax *syntax)
{
    bool is_or = syntax->kind == TIDE_SYNTAX_OR;
    tide_node **items = tide_compiler_alloc(self, syntax->item_count, sizeof(void *));
    if (items == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < syntax->item_count; i++) {
        tide_node *item = tide_compile_any(self, syntax->items[i]);
        items[i] = tide_node_need_bool(self, item, is_or ? "or" : "and");
        if (items[i] == NULL) {
            return NULL;
        }
    }
    return tide_node_logic(self, syntax->at, is_or, items, syntax->item_count);
}

static tide_code loop_not(tide_evaluation *self, const tide_node *node, const uint64_t *rows,
                          tide_error *err)
{
    (void)rows;
    (void)err;
    const uint64_t *a = TIDE_IN(uint64_t, 0);
    uint64_t *out = TIDE_OUT(uint64_t);
    for (size_t i = 0; i < tide_word_count(self); i++) {
        out[i] = ~a[i];
    }
    return TIDE_OK;
}

tide_node *tide_node_not(tide_compiler *self, size_t at, tide_node *item)
{
    return tide_node_strict(self, at, tide_type_of(TIDE_BOOL), loop_not, &item, 1, NULL);
}

tide_node *tide_compile_not(tide_compiler *self, const tide_syntax *syntax)
{
    tide_node *item = tide_node_need_bool(self, tide_compile_any(self, syntax->items[0]), "not");
    return item == NULL ? NULL : tide_node_not(self, syntax->at, item);
}

/* parameter: 0 is null, 1 is true, 2 is false; parameter2: 1 negated. Never null. */
static tide_code evaluate_test(tide_evaluation *self, const tide_node *node, const uint64_t *mask,
                               tide_error *err)
{
    TIDE_TRY(node->arguments[0]->evaluate(self, node->arguments[0], mask, err));
    const tide_vector *in = tide_argument(self, node, 0);
    tide_vector *out = &self->vectors[node->slot];
    uint64_t *values = out->own_data;
    const uint64_t flip = node->parameter2 != 0 ? UINT64_MAX : 0;
    for (size_t word = 0; word < tide_word_count(self); word++) {
        uint64_t nulls = in->validity == NULL ? 0 : ~in->validity[word];
        values[word] =
            flip ^ (node->parameter == 0 ? nulls : known_word(in, word, node->parameter == 1));
    }
    out->data = out->own_data;
    out->validity = NULL;
    return TIDE_OK;
}

tide_node *tide_node_is_null(tide_compiler *self, size_t at, tide_node *item)
{
    tide_node *node = tide_node_make(self, at, tide_type_of(TIDE_BOOL), evaluate_test, &item, 1);
    return tide_node_fold(self, node);
}

tide_node *tide_compile_test(tide_compiler *self, const tide_syntax *syntax)
{
    tide_node *item = tide_compile_any(self, syntax->items[0]);
    bool is_null_test = syntax->kind == TIDE_SYNTAX_IS_NULL;
    bool is_true_test = syntax->kind == TIDE_SYNTAX_IS_TRUE;
    if (!is_null_test) {
        item = tide_node_need_bool(self, item, is_true_test ? "is true" : "is false");
    } else if (item != NULL && tide_type_is_untyped(item->type)) {
        item = tide_node_null(self, item->at, tide_type_of(TIDE_BOOL));
    }
    tide_node *node =
        tide_node_make(self, syntax->at, tide_type_of(TIDE_BOOL), evaluate_test, &item, 1);
    if (node == NULL) {
        return NULL;
    }
    node->parameter = is_null_test ? 0 : is_true_test ? 1 : 2;
    node->parameter2 = syntax->is_negated ? 1 : 0;
    return tide_node_fold(self, node);
}

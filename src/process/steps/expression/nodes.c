/* SPDX-License-Identifier: Apache-2.0 */
/* Making nodes, folding those of literals alone, giving them slots. */
#include <string.h>

#include "base/memory.h"
#include "process/steps/expression/compiler.h"

void *tide_compiler_alloc(tide_compiler *self, size_t count, size_t bytes_each)
{
    void *made = tide_arena_alloc_zero(&self->expression->arena, count + 1, bytes_each);
    if (made == NULL) {
        (void)TIDE_FAIL_MEMORY(self->err, "expression");
    }
    return made;
}

tide_node *tide_node_make(tide_compiler *self, size_t at, tide_type type, tide_evaluate evaluate,
                          tide_node *const *arguments, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (arguments[i] == NULL) {
            return NULL;
        }
    }
    tide_node *node = tide_compiler_alloc(self, 1, sizeof *node);
    tide_node **copy = tide_compiler_alloc(self, count, sizeof(void *));
    if (node == NULL || copy == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        copy[i] = arguments[i];
    }
    *node = (tide_node){
        .evaluate = evaluate, .type = type, .arguments = copy, .argument_count = count, .at = at};
    return node;
}

tide_node *tide_node_literal(tide_compiler *self, size_t at, tide_type type)
{
    tide_node *node = tide_node_make(self, at, type, tide_evaluate_literal, NULL, 0);
    if (node != NULL) {
        node->is_literal = true;
    }
    return node;
}

tide_node *tide_node_null(tide_compiler *self, size_t at, tide_type type)
{
    tide_node *node = tide_node_literal(self, at, type);
    if (node != NULL) {
        node->is_null = true;
    }
    return node;
}

static bool read_literal(tide_compiler *self, const tide_vector *vector, tide_node *literal)
{
    size_t width = tide_type_width(literal->type);
    if (vector->validity != NULL && !tide_word_bit(vector->validity, 0)) {
        literal->is_null = true;
    } else if (literal->type.id == TIDE_BOOL) {
        literal->value.boolean = tide_word_bit(vector->data, 0);
    } else if (width != 0) {
        memcpy(&literal->value, vector->data, width);
    } else {
        tide_str text = *(const tide_str *)vector->data;
        char *copy = tide_compiler_alloc(self, text.size, 1);
        if (copy == NULL) {
            return false;
        }
        tide_copy_bytes((uint8_t *)copy, text.data, text.size);
        literal->value.text = (tide_str){copy, text.size};
    }
    return true;
}

/* Longer than any text that an expression can spell out. */
static bool is_long_text(const tide_evaluation *evaluation, const tide_node *node)
{
    const tide_vector *vector = &evaluation->vectors[node->slot];
    bool is_null = vector->validity != NULL && !tide_word_bit(vector->validity, 0);
    return !is_null && node->type.id != TIDE_BOOL && tide_type_width(node->type) == 0 &&
           ((const tide_str *)vector->data)->size > TIDE_EXPRESSION_BYTES_MAX;
}

/* What fails stays as it is: it may never be reached, and else each row says so. So do long texts,
 * which count for as many rows as have them: TIDE_MADE_TEXT_BYTES_MAX. */
static tide_code evaluate_once(tide_compiler *self, tide_node *node, tide_node *literal,
                               bool *succeeded)
{
    tide_row_errors errors;
    tide_evaluation evaluation;
    uint64_t live[TIDE_CHUNK_WORDS] = {1};
    tide_row_errors_init(&errors);
    tide_node_assign_slots(node);
    tide_code code =
        tide_evaluation_init(&evaluation, self->expression, &errors, node->slot_count, self->err);
    evaluation.count = 1;
    if (code == TIDE_OK) {
        code = tide_evaluation_run(&evaluation, node, live, self->err);
    }
    *succeeded = code == TIDE_OK && errors.count == 0 && !is_long_text(&evaluation, node);
    if (code == TIDE_OK && *succeeded &&
        !read_literal(self, &evaluation.vectors[node->slot], literal)) {
        code = self->err->code;
    }
    tide_evaluation_clear(&evaluation, node->slot_count);
    tide_row_errors_clear(&errors);
    return code;
}

tide_node *tide_node_fold(tide_compiler *self, tide_node *node)
{
    for (size_t i = 0; node != NULL && i < node->argument_count; i++) {
        if (!node->arguments[i]->is_literal) {
            return node;
        }
    }
    if (node == NULL || node->argument_count == 0 || tide_type_is_untyped(node->type)) {
        return node;
    }
    bool succeeded = false;
    tide_node *literal = tide_node_literal(self, node->at, node->type);
    if (literal == NULL || evaluate_once(self, node, literal, &succeeded) != TIDE_OK) {
        return NULL;
    }
    return succeeded ? literal : node;
}

tide_node *tide_node_strict(tide_compiler *self, size_t at, tide_type type, tide_loop loop,
                            tide_node *const *arguments, size_t count, const tide_node_extra *extra)
{
    tide_node *node = tide_node_make(self, at, type, tide_evaluate_strict, arguments, count);
    if (node == NULL) {
        return NULL;
    }
    node->loop = loop;
    if (extra != NULL) {
        node->parameter = extra->parameter;
        node->parameter2 = extra->parameter2;
        node->detail = extra->detail;
    }
    return tide_node_fold(self, node);
}

tide_node *tide_node_alias(tide_compiler *self, tide_node *target)
{
    if (target == NULL) {
        return NULL;
    }
    tide_node *node = tide_node_make(self, target->at, target->type, tide_evaluate_alias, NULL, 0);
    if (node != NULL && target->is_literal) {
        *node = *target; /* not shared: a node has one slot */
    } else if (node != NULL) {
        node->target = target;
    }
    return node;
}

tide_node *tide_node_let(tide_compiler *self, tide_node *value, tide_node *body)
{
    if (value == NULL || body == NULL || value->is_literal) {
        return body;
    }
    tide_node *arguments[] = {value, body};
    return tide_node_make(self, body->at, body->type, tide_evaluate_let, arguments, 2);
}

static size_t assign(tide_node *node, size_t slot)
{
    size_t end = slot + 1;
    node->slot = slot;
    for (size_t i = 0; i < node->argument_count; i++) {
        size_t argument_end = assign(node->arguments[i], slot + 1 + (node->shares_slot ? 0 : i));
        end = argument_end > end ? argument_end : end;
    }
    node->slot_count = end - slot;
    return end;
}

void tide_node_assign_slots(tide_node *root)
{
    (void)assign(root, 0);
}

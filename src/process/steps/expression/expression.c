/* SPDX-License-Identifier: Apache-2.0 */
/* Compiling: text to tokens to syntax to nodes. */
#include "process/steps/expression/expression.h"

#include <string.h>

#include "base/memory.h"
#include "base/problem.h"
#include "process/steps/expression/compiler.h"

void tide_expression_destroy(tide_expression *expression)
{
    if (expression != NULL) {
        tide_arena_clear(&expression->arena);
        tide_text_clear(&expression->fingerprint);
        tide_zone_close(expression->own_zone);
        tide_free(expression);
    }
}

tide_type tide_expression_type(const tide_expression *expression)
{
    return expression->root->type;
}

void tide_expression_append_fingerprint(const tide_expression *expression, tide_text *out)
{
    tide_text_append(out, tide_text_c(&expression->fingerprint));
}

static void print_columns(const tide_schema *input, const tide_tokens *tokens, tide_text *out)
{
    char name[32];
    for (size_t i = 0; i < input->field_count; i++) {
        for (size_t j = 0; j < tokens->count; j++) {
            const tide_token *token = &tokens->items[j];
            bool names = token->kind == TIDE_TOKEN_WORD || token->kind == TIDE_TOKEN_QUOTED;
            if (names && tide_str_equal_c(token->text, input->fields[i].name)) {
                tide_text_append_format(out, " | %s",
                                        tide_type_format(input->fields[i].type, name));
                tide_text_append_char(out, ' ');
                tide_text_append_json_string(out, token->text);
                break;
            }
        }
    }
}

static tide_code compile_tree(tide_compiler *self, const tide_type *cast_to)
{
    const tide_syntax *syntax = NULL;
    tide_expression *made = self->expression;
    TIDE_TRY(tide_tokens_read(made->text, &made->arena, &self->tokens, self->err));
    TIDE_TRY(tide_syntax_parse(made->text, &self->tokens, &made->arena, &syntax, self->err));
    tide_node *root = tide_compile_any(self, syntax);
    if (root != NULL && cast_to != NULL) {
        root = tide_node_cast(self, syntax->at, root, *cast_to);
    }
    if (root == NULL) {
        return self->err->code;
    }
    if (tide_type_is_untyped(root->type)) {
        return tide_expression_fail(made->text, root->at, self->err,
                                    "this is always null and has no type: write null::text, say");
    }
    tide_node_assign_slots(root);
    made->root = root;
    tide_tokens_print(&self->tokens, &made->fingerprint);
    print_columns(self->input, &self->tokens, &made->fingerprint);
    return tide_text_failed(&made->fingerprint) ? TIDE_FAIL_MEMORY(self->err, "expression")
                                                : TIDE_OK;
}

static tide_code compile(tide_expression *made, const tide_expression_options *options,
                         tide_error *err)
{
    size_t size = strlen(options->text);
    if (size > TIDE_EXPRESSION_BYTES_MAX) {
        return TIDE_FAIL(err, TIDE_E_EXPRESSION,
                         "an expression has at most %u bytes, and this has %zu",
                         TIDE_EXPRESSION_BYTES_MAX, size);
    }
    char *text = tide_arena_copy_string(&made->arena, options->text);
    if (text == NULL) {
        return TIDE_FAIL_MEMORY(err, "expression");
    }
    made->text = tide_str_of(text);
    made->zone = options->zone;
    if (made->zone == NULL) {
        TIDE_TRY(tide_zone_open("UTC", &made->own_zone, err));
        made->zone = made->own_zone;
    }
    tide_compiler self = {.expression = made, .input = options->input, .err = err};
    return compile_tree(&self, options->cast_to);
}

tide_code tide_expression_compile(const tide_expression_options *options,
                                  tide_expression **expression, tide_error *err)
{
    *expression = NULL;
    tide_error_clear(err);
    tide_expression *made = tide_alloc_zero(1, sizeof *made);
    if (made == NULL) {
        return TIDE_FAIL_MEMORY(err, "expression");
    }
    tide_arena_init(&made->arena);
    tide_text_init(&made->fingerprint);
    tide_code code = compile(made, options, err);
    if (code != TIDE_OK) {
        tide_expression_destroy(made);
        return code;
    }
    *expression = made;
    return TIDE_OK;
}

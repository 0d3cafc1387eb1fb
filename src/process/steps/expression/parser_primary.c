/* SPDX-License-Identifier: Apache-2.0 */
/* What operators stand between: literals, columns, calls, cast, case, parentheses. */
#include <stdio.h>

#include "process/steps/expression/expression.h"
#include "process/steps/expression/parser.h"

/* decimal(12,2): the type's text is put together of its tokens. */
static bool parse_type(tide_parser *self, tide_type *type)
{
    char name[64];
    const tide_token *begin = self->token;
    if (begin->kind != TIDE_TOKEN_WORD) {
        (void)tide_parser_fail(self, begin, "a type");
        return false;
    }
    self->token++;
    if (tide_parser_take_symbol(self, "(")) {
        while (self->token->kind == TIDE_TOKEN_NUMBER || tide_token_is_symbol(self->token, ",")) {
            self->token++;
        }
        if (!tide_parser_take_symbol(self, ")")) {
            (void)tide_parser_fail(self, self->token, "`)` of the type");
            return false;
        }
    }
    size_t size = 0;
    for (const tide_token *at = begin; at < self->token; at++) {
        int wrote = snprintf(name + size, sizeof name - size, "%.*s", TIDE_STR_ARG(at->text));
        size += (size_t)wrote;
        if (size >= sizeof name) {
            (void)tide_parser_fail(self, begin, "a type");
            return false;
        }
    }
    tide_error refusal;
    if (tide_type_parse(tide_str_of(name), type, &refusal) != TIDE_OK) {
        (void)tide_expression_fail(self->text, begin->at, self->err, "%s", refusal.message);
        return false;
    }
    return true;
}

static tide_syntax *make_cast(tide_parser *self, const tide_token *token, tide_syntax *item)
{
    tide_type type;
    if (item == NULL || !parse_type(self, &type)) {
        return NULL;
    }
    tide_syntax *made = tide_parser_make(self, TIDE_SYNTAX_CAST, token, &item, 1);
    if (made != NULL) {
        made->type = type;
    }
    return made;
}

static tide_syntax *parse_cast(tide_parser *self)
{
    const tide_token *token = self->token++;
    if (!tide_parser_take_symbol(self, "(")) {
        return tide_parser_fail(self, self->token, "`(` of `cast(value as type)`");
    }
    tide_syntax *item = tide_parse_any(self);
    if (item == NULL) {
        return NULL;
    }
    if (!tide_parser_take_word(self, "as")) {
        return tide_parser_fail(self, self->token, "`as` of `cast(value as type)`");
    }
    tide_syntax *made = make_cast(self, token, item);
    if (made != NULL && !tide_parser_take_symbol(self, ")")) {
        return tide_parser_fail(self, self->token, "`)` of `cast(value as type)`");
    }
    return made;
}

static bool parse_branch(tide_parser *self, tide_syntax_list *list)
{
    tide_syntax *when = tide_parse_any(self);
    if (when == NULL) {
        return false;
    }
    if (!tide_parser_take_word(self, "then")) {
        (void)tide_parser_fail(self, self->token, "`then` of `case`");
        return false;
    }
    tide_syntax *then = tide_parse_any(self);
    return then != NULL && tide_parser_add(self, list, when) && tide_parser_add(self, list, then);
}

static tide_syntax *parse_case(tide_parser *self)
{
    const tide_token *token = self->token++;
    tide_syntax_list list = {.count = 0};
    tide_syntax *value = NULL;
    tide_syntax *otherwise = NULL;
    if (!tide_token_is_word(self->token, "when")) {
        value = tide_parse_any(self);
        if (value == NULL) {
            return NULL;
        }
    }
    if (!tide_parser_add(self, &list, value)) {
        return NULL;
    }
    if (!tide_token_is_word(self->token, "when")) {
        return tide_parser_fail(self, self->token, "`when` of `case`");
    }
    while (tide_parser_take_word(self, "when")) {
        if (!parse_branch(self, &list)) {
            return NULL;
        }
    }
    if (tide_parser_take_word(self, "else")) {
        otherwise = tide_parse_any(self);
        if (otherwise == NULL) {
            return NULL;
        }
    }
    if (!tide_parser_take_word(self, "end")) {
        return tide_parser_fail(self, self->token, "`end` of `case`");
    }
    return !tide_parser_add(self, &list, otherwise)
               ? NULL
               : tide_parser_make(self, TIDE_SYNTAX_CASE, token, list.items, list.count);
}

static tide_syntax *parse_call(tide_parser *self)
{
    const tide_token *token = self->token++;
    tide_syntax_list list = {.count = 0};
    self->token++;
    if (!tide_parser_take_symbol(self, ")")) {
        do {
            tide_syntax *item = tide_parse_any(self);
            if (item == NULL || !tide_parser_add(self, &list, item)) {
                return NULL;
            }
        } while (tide_parser_take_symbol(self, ","));
        if (!tide_parser_take_symbol(self, ")")) {
            return tide_parser_fail(self, self->token, "`)` or `,`");
        }
    }
    if (list.count > TIDE_EXPRESSION_ARGUMENTS_MAX) {
        (void)tide_expression_fail(self->text, token->at, self->err,
                                   "a function takes at most %d arguments",
                                   TIDE_EXPRESSION_ARGUMENTS_MAX);
        return NULL;
    }
    return tide_parser_make(self, TIDE_SYNTAX_CALL, token, list.items, list.count);
}

/* date '2024-03-31' */
static tide_syntax *parse_typed(tide_parser *self)
{
    const tide_token *token = self->token;
    tide_type type;
    if (!parse_type(self, &type)) {
        return NULL;
    }
    tide_syntax *made = tide_parser_make(self, TIDE_SYNTAX_TYPED, token, NULL, 0);
    if (made != NULL) {
        made->type = type;
        made->text = self->token->text;
        self->token++;
    }
    return made;
}

static tide_syntax *parse_reserved(tide_parser *self)
{
    const tide_token *token = self->token;
    if (tide_token_is_word(token, "case")) {
        return parse_case(self);
    }
    if (tide_token_is_word(token, "cast")) {
        return parse_cast(self);
    }
    if (tide_parser_take_word(self, "null")) {
        return tide_parser_make(self, TIDE_SYNTAX_NULL, token, NULL, 0);
    }
    bool is_false = tide_parser_take_word(self, "false");
    if (!is_false && !tide_parser_take_word(self, "true")) {
        return tide_parser_fail(self, token, "a value");
    }
    tide_syntax *made = tide_parser_make(self, TIDE_SYNTAX_TRUTH, token, NULL, 0);
    if (made != NULL) {
        made->is_negated = is_false;
    }
    return made;
}

static tide_syntax *parse_word(tide_parser *self)
{
    const tide_token *token = self->token;
    if (tide_token_is_reserved(token)) {
        return parse_reserved(self);
    }
    if (tide_token_is_symbol(token + 1, "(")) {
        return parse_call(self);
    }
    if (token[1].kind == TIDE_TOKEN_STRING) {
        return parse_typed(self);
    }
    self->token++;
    return tide_parser_make(self, TIDE_SYNTAX_COLUMN, token, NULL, 0);
}

static tide_syntax *parse_parentheses(tide_parser *self)
{
    self->token++;
    tide_syntax *made = tide_parse_any(self);
    if (made != NULL && !tide_parser_take_symbol(self, ")")) {
        return tide_parser_fail(self, self->token, "`)` or an operator");
    }
    return made;
}

static tide_syntax *parse_leaf(tide_parser *self, tide_syntax_kind kind)
{
    const tide_token *token = self->token++;
    tide_syntax *made = tide_parser_make(self, kind, token, NULL, 0);
    if (made != NULL) {
        made->is_quoted = token->kind == TIDE_TOKEN_QUOTED;
    }
    return made;
}

static tide_syntax *parse_operand(tide_parser *self)
{
    switch (self->token->kind) {
        case TIDE_TOKEN_WORD:
            return parse_word(self);
        case TIDE_TOKEN_QUOTED:
            return parse_leaf(self, TIDE_SYNTAX_COLUMN);
        case TIDE_TOKEN_STRING:
            return parse_leaf(self, TIDE_SYNTAX_STRING);
        case TIDE_TOKEN_NUMBER:
            return parse_leaf(self, TIDE_SYNTAX_NUMBER);
        case TIDE_TOKEN_SYMBOL:
            if (tide_token_is_symbol(self->token, "(")) {
                return parse_parentheses(self);
            }
            break;
        case TIDE_TOKEN_END:
            break;
    }
    return tide_parser_fail(self, self->token, "a value");
}

tide_syntax *tide_parse_primary(tide_parser *self)
{
    tide_syntax *made = parse_operand(self);
    while (made != NULL) {
        const tide_token *token = self->token;
        if (!tide_parser_take_symbol(self, "::")) {
            break;
        }
        made = make_cast(self, token, made);
    }
    return made;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "process/steps/expression/parser.h"

#include <stdio.h>
#include <string.h>

#include "base/problem.h"
#include "process/steps/expression/expression.h"

static tide_syntax *fail_depth(tide_parser *self, size_t at)
{
    (void)tide_expression_fail(self->text, at, self->err,
                               "nested more than %d deep: compute parts of it in a `derive` before",
                               TIDE_EXPRESSION_DEPTH_MAX);
    return NULL;
}

tide_syntax *tide_parser_fail(tide_parser *self, const tide_token *token, const char *expected)
{
    if (token->kind == TIDE_TOKEN_END) {
        (void)tide_expression_fail(self->text, token->at, self->err,
                                   "the expression ends where %s should follow", expected);
    } else if (tide_token_is_reserved(token)) {
        (void)tide_expression_fail(self->text, token->at, self->err,
                                   "`%.*s` where %s should be; a column of this name is written "
                                   "\"%.*s\"",
                                   TIDE_STR_ARG(token->text), expected, TIDE_STR_ARG(token->text));
    } else {
        (void)tide_expression_fail(self->text, token->at, self->err, "`%.*s` where %s should be",
                                   TIDE_STR_ARG(token->text), expected);
    }
    return NULL;
}

tide_syntax *tide_parser_make(tide_parser *self, tide_syntax_kind kind, const tide_token *token,
                              tide_syntax *const *items, size_t item_count)
{
    tide_syntax *made = tide_arena_alloc_zero(self->arena, 1, sizeof *made);
    tide_syntax **copy = tide_arena_alloc_zero(self->arena, item_count + 1, sizeof(void *));
    if (made == NULL || copy == NULL) {
        (void)TIDE_FAIL_MEMORY(self->err, "expression");
        return NULL;
    }
    *made = (tide_syntax){.kind = kind,
                          .at = token->at,
                          .text = token->text,
                          .items = copy,
                          .item_count = item_count,
                          .depth = 1};
    for (size_t i = 0; i < item_count; i++) {
        copy[i] = items[i];
        if (items[i] != NULL && items[i]->depth >= made->depth) {
            made->depth = items[i]->depth + 1;
        }
    }
    return made->depth > TIDE_EXPRESSION_DEPTH_MAX ? fail_depth(self, token->at) : made;
}

bool tide_parser_add(tide_parser *self, tide_syntax_list *list, tide_syntax *item)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 8 : list->capacity * 2;
        tide_syntax **items = tide_arena_alloc_zero(self->arena, capacity, sizeof(void *));
        if (items == NULL) {
            (void)TIDE_FAIL_MEMORY(self->err, "expression");
            return false;
        }
        if (list->count > 0) {
            memcpy(items, list->items, list->count * sizeof(void *));
        }
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = item;
    return true;
}

bool tide_parser_take_symbol(tide_parser *self, const char *symbol)
{
    bool found = tide_token_is_symbol(self->token, symbol);
    self->token += found ? 1 : 0;
    return found;
}

bool tide_parser_take_word(tide_parser *self, const char *word)
{
    bool found = tide_token_is_word(self->token, word);
    self->token += found ? 1 : 0;
    return found;
}

/* `-` binds tighter than the operators and looser than `::`; before a number it is part of it. */
static tide_syntax *parse_sign(tide_parser *self)
{
    const tide_token *sign = self->token;
    if (tide_parser_take_symbol(self, "+")) {
        return parse_sign(self);
    }
    if (!tide_parser_take_symbol(self, "-")) {
        return tide_parse_primary(self);
    }
    if (++self->depth > TIDE_EXPRESSION_DEPTH_MAX) {
        return fail_depth(self, sign->at);
    }
    tide_syntax *item = parse_sign(self);
    self->depth--;
    if (item != NULL && item->kind == TIDE_SYNTAX_NUMBER && !item->is_negated) {
        item->is_negated = true;
        item->at = sign->at;
        return item;
    }
    return item == NULL ? NULL : tide_parser_make(self, TIDE_SYNTAX_MINUS, sign, &item, 1);
}

typedef struct binary_operator {
    const char *symbol;
    tide_operation operation;
} binary_operator;

static const binary_operator factors[] = {
    {"*", TIDE_MULTIPLY}, {"/", TIDE_DIVIDE}, {"%", TIDE_REMAINDER}, {NULL, TIDE_ADD}};
static const binary_operator terms[] = {{"+", TIDE_ADD}, {"-", TIDE_SUBTRACT}, {NULL, TIDE_ADD}};
static const binary_operator comparisons[] = {
    {"=", TIDE_EQUAL},   {"<>", TIDE_UNEQUAL},    {"!=", TIDE_UNEQUAL},       {"<", TIDE_LESS},
    {">", TIDE_GREATER}, {"<=", TIDE_LESS_EQUAL}, {">=", TIDE_GREATER_EQUAL}, {NULL, TIDE_ADD}};

static const binary_operator *take_operator(tide_parser *self, const binary_operator *operators)
{
    for (const binary_operator *at = operators; at->symbol != NULL; at++) {
        if (tide_parser_take_symbol(self, at->symbol)) {
            return at;
        }
    }
    return NULL;
}

static tide_syntax *make_binary(tide_parser *self, tide_syntax_kind kind, tide_operation operation,
                                const tide_token *token, tide_syntax *left, tide_syntax *right)
{
    if (left == NULL || right == NULL) {
        return NULL;
    }
    tide_syntax *items[] = {left, right};
    tide_syntax *made = tide_parser_make(self, kind, token, items, 2);
    if (made != NULL) {
        made->operation = operation;
    }
    return made;
}

/* operand (op operand)*, from the left. */
static tide_syntax *parse_chain(tide_parser *self, const binary_operator *operators,
                                tide_syntax *(*parse_operand)(tide_parser *))
{
    tide_syntax *left = parse_operand(self);
    while (left != NULL) {
        const tide_token *token = self->token;
        const binary_operator *found = take_operator(self, operators);
        if (found == NULL) {
            break;
        }
        left = make_binary(self, TIDE_SYNTAX_COMPUTE, found->operation, token, left,
                           parse_operand(self));
    }
    return left;
}

static tide_syntax *parse_product(tide_parser *self)
{
    return parse_chain(self, factors, parse_sign);
}

static tide_syntax *parse_sum(tide_parser *self)
{
    return parse_chain(self, terms, parse_product);
}

/* operand (separator operand)*: one node with all of them. */
static tide_syntax *parse_list_of(tide_parser *self, tide_syntax_kind kind,
                                  bool (*take)(tide_parser *, const char *), const char *separator,
                                  tide_syntax *(*parse_operand)(tide_parser *))
{
    tide_syntax *item = parse_operand(self);
    const tide_token *token = self->token;
    if (item == NULL || !take(self, separator)) {
        return item;
    }
    tide_syntax_list list = {.count = 0};
    do {
        if (item == NULL || !tide_parser_add(self, &list, item)) {
            return NULL;
        }
        item = parse_operand(self);
    } while (take(self, separator));
    if (item == NULL || !tide_parser_add(self, &list, item)) {
        return NULL;
    }
    return tide_parser_make(self, kind, token, list.items, list.count);
}

static tide_syntax *parse_joined(tide_parser *self)
{
    return parse_list_of(self, TIDE_SYNTAX_JOIN, tide_parser_take_symbol, "||", parse_sum);
}

static tide_syntax *parse_between(tide_parser *self, const tide_token *token, tide_syntax *value)
{
    tide_syntax *low = parse_joined(self);
    if (low == NULL) {
        return NULL;
    }
    if (!tide_parser_take_word(self, "and")) {
        return tide_parser_fail(self, self->token, "`and` of `between`");
    }
    tide_syntax *items[] = {value, low, parse_joined(self)};
    return items[2] == NULL ? NULL : tide_parser_make(self, TIDE_SYNTAX_BETWEEN, token, items, 3);
}

static tide_syntax *parse_in(tide_parser *self, const tide_token *token, tide_syntax *value)
{
    tide_syntax_list list = {.count = 0};
    if (!tide_parser_take_symbol(self, "(")) {
        return tide_parser_fail(self, self->token, "the list of `in`, in parentheses,");
    }
    tide_syntax *item = value;
    do {
        if (item == NULL || !tide_parser_add(self, &list, item)) {
            return NULL;
        }
        item = tide_parse_any(self);
    } while (tide_parser_take_symbol(self, ","));
    if (item == NULL || !tide_parser_add(self, &list, item)) {
        return NULL;
    }
    if (!tide_parser_take_symbol(self, ")")) {
        return tide_parser_fail(self, self->token, "`)` or `,`");
    }
    return tide_parser_make(self, TIDE_SYNTAX_IN, token, list.items, list.count);
}

static tide_syntax *parse_like(tide_parser *self, const tide_token *token, tide_syntax *value)
{
    tide_syntax *items[] = {value, parse_joined(self), NULL};
    if (items[1] == NULL) {
        return NULL;
    }
    if (!tide_parser_take_word(self, "escape")) {
        return tide_parser_make(self, TIDE_SYNTAX_LIKE, token, items, 2);
    }
    items[2] = parse_joined(self);
    return items[2] == NULL ? NULL : tide_parser_make(self, TIDE_SYNTAX_LIKE, token, items, 3);
}

static tide_syntax *parse_membership(tide_parser *self)
{
    tide_syntax *value = parse_joined(self);
    const tide_token *token = self->token;
    const tide_token *keyword = token;
    keyword += tide_token_is_word(token, "not") ? 1 : 0;
    tide_syntax *(*parse_rest)(tide_parser *, const tide_token *, tide_syntax *) =
        tide_token_is_word(keyword, "between") ? parse_between
        : tide_token_is_word(keyword, "in")    ? parse_in
        : tide_token_is_word(keyword, "like")  ? parse_like
                                               : NULL;
    if (value == NULL || parse_rest == NULL) {
        return value;
    }
    self->token = keyword + 1;
    tide_syntax *made = parse_rest(self, token, value);
    if (made != NULL) {
        made->is_negated = keyword != token;
    }
    return made;
}

static tide_syntax *parse_comparison_of(tide_parser *self, tide_syntax *left)
{
    const tide_token *token = self->token;
    const binary_operator *found = take_operator(self, comparisons);
    if (left == NULL || found == NULL) {
        return left;
    }
    left = make_binary(self, TIDE_SYNTAX_COMPARE, found->operation, token, left,
                       parse_membership(self));
    const tide_token *next = self->token;
    if (left != NULL && take_operator(self, comparisons) != NULL) {
        (void)tide_expression_fail(self->text, next->at, self->err,
                                   "comparisons do not chain: write `a < b and b < c`");
        return NULL;
    }
    return left;
}

static tide_syntax *parse_comparison(tide_parser *self)
{
    return parse_comparison_of(self, parse_membership(self));
}

/* What follows `is`. */
static tide_syntax *parse_is(tide_parser *self, const tide_token *token, tide_syntax *value)
{
    static const struct {
        const char *word;
        tide_syntax_kind kind;
    } tests[] = {{"null", TIDE_SYNTAX_IS_NULL},
                 {"true", TIDE_SYNTAX_IS_TRUE},
                 {"false", TIDE_SYNTAX_IS_FALSE}};
    bool is_negated = tide_parser_take_word(self, "not");
    tide_syntax *made = NULL;
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        if (tide_parser_take_word(self, tests[i].word)) {
            made = tide_parser_make(self, tests[i].kind, token, &value, 1);
            break;
        }
    }
    if (made == NULL && self->err->code == TIDE_OK) {
        if (!tide_parser_take_word(self, "distinct") || !tide_parser_take_word(self, "from")) {
            return tide_parser_fail(self, self->token, "null, true, false or `distinct from`");
        }
        made = make_binary(self, TIDE_SYNTAX_DISTINCT, TIDE_EQUAL, token, value,
                           parse_comparison(self));
    }
    if (made != NULL) {
        made->is_negated = is_negated;
    }
    return made;
}

static tide_syntax *parse_test(tide_parser *self)
{
    tide_syntax *value = parse_comparison(self);
    while (value != NULL) {
        const tide_token *token = self->token;
        if (!tide_parser_take_word(self, "is")) {
            break;
        }
        value = parse_comparison_of(self, parse_is(self, token, value));
    }
    return value;
}

static tide_syntax *parse_not(tide_parser *self)
{
    const tide_token *token = self->token;
    if (!tide_parser_take_word(self, "not")) {
        return parse_test(self);
    }
    if (++self->depth > TIDE_EXPRESSION_DEPTH_MAX) {
        return fail_depth(self, token->at);
    }
    tide_syntax *item = parse_not(self);
    self->depth--;
    return item == NULL ? NULL : tide_parser_make(self, TIDE_SYNTAX_NOT, token, &item, 1);
}

static tide_syntax *parse_and(tide_parser *self)
{
    return parse_list_of(self, TIDE_SYNTAX_AND, tide_parser_take_word, "and", parse_not);
}

tide_syntax *tide_parse_any(tide_parser *self)
{
    if (++self->depth > TIDE_EXPRESSION_DEPTH_MAX) {
        return fail_depth(self, self->token->at);
    }
    tide_syntax *made = parse_list_of(self, TIDE_SYNTAX_OR, tide_parser_take_word, "or", parse_and);
    self->depth--;
    return made;
}

tide_code tide_syntax_parse(tide_str text, const tide_tokens *tokens, tide_arena *arena,
                            const tide_syntax **syntax, tide_error *err)
{
    tide_parser self = {.text = text, .token = tokens->items, .arena = arena, .err = err};
    tide_error_clear(err);
    if (tokens->items[0].kind == TIDE_TOKEN_END) {
        return TIDE_FAIL(err, TIDE_E_EXPRESSION, "the expression is empty");
    }
    tide_syntax *made = tide_parse_any(&self);
    if (made != NULL && self.token->kind != TIDE_TOKEN_END) {
        made = tide_parser_fail(&self, self.token, "an operator or the end");
    }
    *syntax = made;
    return made == NULL ? err->code : TIDE_OK;
}

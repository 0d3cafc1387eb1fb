/* SPDX-License-Identifier: Apache-2.0 */
/* Syntax: an expression as it was written, before columns and types are known. In an arena. */
#ifndef TIDE_PROCESS_STEPS_EXPRESSION_SYNTAX_H
#define TIDE_PROCESS_STEPS_EXPRESSION_SYNTAX_H

#include "process/steps/expression/token.h"
#include "record/schema.h"

typedef enum tide_syntax_kind {
    TIDE_SYNTAX_COLUMN, /* text: its name */
    TIDE_SYNTAX_NUMBER, /* text; is_negated: a minus before it */
    TIDE_SYNTAX_STRING, /* text */
    TIDE_SYNTAX_TYPED,  /* date 'text': type and text */
    TIDE_SYNTAX_TRUTH,  /* true, or false when is_negated */
    TIDE_SYNTAX_NULL,
    TIDE_SYNTAX_MINUS,
    TIDE_SYNTAX_NOT,
    TIDE_SYNTAX_AND, /* two or more items */
    TIDE_SYNTAX_OR,
    TIDE_SYNTAX_COMPARE,  /* operation */
    TIDE_SYNTAX_COMPUTE,  /* operation: + - * / % */
    TIDE_SYNTAX_JOIN,     /* two or more items: || */
    TIDE_SYNTAX_IS_NULL,  /* is_negated: is not null */
    TIDE_SYNTAX_IS_TRUE,  /* likewise */
    TIDE_SYNTAX_IS_FALSE, /* likewise */
    TIDE_SYNTAX_DISTINCT, /* likewise */
    TIDE_SYNTAX_BETWEEN,  /* value, low, high */
    TIDE_SYNTAX_IN,       /* value, then the list */
    TIDE_SYNTAX_LIKE,     /* value, pattern, perhaps escape */
    TIDE_SYNTAX_CAST,     /* type */
    TIDE_SYNTAX_CASE,     /* value or NULL, (when, then) ..., else or NULL */
    TIDE_SYNTAX_CALL      /* text: the function */
} tide_syntax_kind;

#define TIDE_SYNTAX_KINDS (TIDE_SYNTAX_CALL + 1)

typedef enum tide_operation {
    TIDE_EQUAL,
    TIDE_UNEQUAL,
    TIDE_LESS,
    TIDE_LESS_EQUAL,
    TIDE_GREATER,
    TIDE_GREATER_EQUAL,
    TIDE_ADD,
    TIDE_SUBTRACT,
    TIDE_MULTIPLY,
    TIDE_DIVIDE,
    TIDE_REMAINDER
} tide_operation;

typedef struct tide_syntax {
    tide_syntax_kind kind;
    size_t at; /* byte of the expression: of the operator, where there is one */
    tide_str text;
    bool is_negated;
    bool is_quoted;
    tide_operation operation;
    tide_type type;
    struct tide_syntax **items;
    size_t item_count;
    size_t depth;
} tide_syntax;

TIDE_MUST_CHECK tide_code tide_syntax_parse(tide_str text, const tide_tokens *tokens,
                                            tide_arena *arena, const tide_syntax **syntax,
                                            tide_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Parser: what the files of the recursive descent share. Functions return NULL once `err` is set.
 *
 *   or < and < not < is < comparison < between, in, like < || < + - < * / % < unary - < ::
 */
#ifndef TIDE_PROCESS_STEPS_EXPRESSION_PARSER_H
#define TIDE_PROCESS_STEPS_EXPRESSION_PARSER_H

#include "process/steps/expression/syntax.h"

typedef struct tide_parser {
    tide_str text;
    const tide_token *token; /* the next */
    tide_arena *arena;
    size_t depth; /* of the recursion */
    tide_error *err;
} tide_parser;

/* The lowest and the highest of the levels that parser.c has. */
tide_syntax *tide_parse_any(tide_parser *self);
tide_syntax *tide_parse_primary(tide_parser *self); /* parser_primary.c: with its `::` */

tide_syntax *tide_parser_fail(tide_parser *self, const tide_token *token, const char *expected);
/* A node of kind at `token` with its items (copied; none of them NULL but where the kind says). */
tide_syntax *tide_parser_make(tide_parser *self, tide_syntax_kind kind, const tide_token *token,
                              tide_syntax *const *items, size_t item_count);
bool tide_parser_take_symbol(tide_parser *self, const char *symbol);
bool tide_parser_take_word(tide_parser *self, const char *word);

/* Items in the making: a list that grows in the arena. */
typedef struct tide_syntax_list {
    tide_syntax **items;
    size_t count, capacity;
} tide_syntax_list;

bool tide_parser_add(tide_parser *self, tide_syntax_list *list, tide_syntax *item);

#endif

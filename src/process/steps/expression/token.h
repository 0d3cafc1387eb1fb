/* SPDX-License-Identifier: Apache-2.0 */
/* Token: the words of an expression. All at once, so that the parser may look ahead. */
#ifndef TIDE_PROCESS_STEPS_EXPRESSION_TOKEN_H
#define TIDE_PROCESS_STEPS_EXPRESSION_TOKEN_H

#include "base/arena.h"

typedef enum tide_token_kind {
    TIDE_TOKEN_END = 0,
    TIDE_TOKEN_WORD,   /* keyword, column, function or type: as written */
    TIDE_TOKEN_QUOTED, /* "a column": without quotes, "" is " */
    TIDE_TOKEN_STRING, /* 'text': without quotes, '' is ' */
    TIDE_TOKEN_NUMBER,
    TIDE_TOKEN_SYMBOL
} tide_token_kind;

typedef struct tide_token {
    tide_token_kind kind;
    tide_str text; /* borrowed from the expression or its arena */
    size_t at;     /* byte of the expression */
} tide_token;

typedef struct tide_tokens {
    tide_token *items; /* in the arena; the last is TIDE_TOKEN_END */
    size_t count;
} tide_tokens;

/* `text` must live as long as the tokens. */
TIDE_MUST_CHECK tide_code tide_tokens_read(tide_str text, tide_arena *arena, tide_tokens *tokens,
                                           tide_error *err);
bool tide_token_is_symbol(const tide_token *token, const char *symbol);
/* In any case of letters; `word` is given in lower case. */
bool tide_token_is_word(const tide_token *token, const char *word);
/* Of a token that the language reserves: a column of this name needs quotes. */
bool tide_token_is_reserved(const tide_token *token);
/* The tokens in one form, however they were spaced and whatever the case of keywords. */
void tide_tokens_print(const tide_tokens *tokens, tide_text *out);

/* bad_config "character N: ...", N counted in characters from 1. */
TIDE_PRINTF(4, 5)
tide_code tide_expression_fail(tide_str text, size_t at, tide_error *err, const char *format, ...);
size_t tide_expression_character(tide_str text, size_t at);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/problem.h"
#include "base/utf8.h"
#include "process/steps/expression/token.h"

typedef struct lexer {
    tide_str text;
    size_t at;
    tide_arena *arena;
    tide_token *token; /* being read */
    tide_error *err;
} lexer;

/* Longer ones first. */
static const char *const symbols[] = {"<>", "!=", "<=", ">=", "||", "::", "=", "<", ">",
                                      "+",  "-",  "*",  "/",  "%",  "(",  ")", ","};

static const char *const reserved[] = {"and", "or",   "not",      "is",   "null",  "true", "false",
                                       "in",  "like", "between",  "case", "when",  "then", "else",
                                       "end", "cast", "distinct", "from", "escape"};

size_t tide_expression_character(tide_str text, size_t at)
{
    size_t character = 1;
    for (size_t i = 0; i < at && i < text.size; i++) {
        character += ((unsigned char)text.data[i] & 0xC0) == 0x80 ? 0 : 1;
    }
    return character;
}

tide_code tide_expression_fail(tide_str text, size_t at, tide_error *err, const char *format, ...)
{
    char sentence[TIDE_ERROR_MESSAGE_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return TIDE_FAIL(err, TIDE_E_EXPRESSION, "character %zu: %s",
                     tide_expression_character(text, at), sentence);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
           is_digit(c) || ((unsigned char)c & 0x80) != 0;
}

static char peek(const lexer *self, size_t ahead)
{
    return self->at + ahead < self->text.size ? self->text.data[self->at + ahead] : '\0';
}

static tide_str since(const lexer *self, size_t begin)
{
    return (tide_str){self->text.data + begin, self->at - begin};
}

/* The byte after the closing quote, or 0. Quotes inside are doubled: 'it''s'. */
static size_t find_end(const lexer *self, char quote)
{
    for (size_t i = self->at + 1; i < self->text.size; i++) {
        if (self->text.data[i] != quote) {
            continue;
        }
        if (i + 1 == self->text.size || self->text.data[i + 1] != quote) {
            return i + 1;
        }
        i++;
    }
    return 0;
}

static tide_code read_quoted(lexer *self, char quote, tide_token_kind kind)
{
    size_t end = find_end(self, quote);
    if (end == 0) {
        return tide_expression_fail(self->text, self->at, self->err, "the closing %c is missing",
                                    quote);
    }
    char *out = tide_arena_alloc(self->arena, end - self->at);
    if (out == NULL) {
        return TIDE_FAIL_MEMORY(self->err, "expression");
    }
    size_t size = 0;
    for (size_t i = self->at + 1; i + 1 < end; i++) {
        out[size++] = self->text.data[i];
        i += self->text.data[i] == quote ? 1 : 0;
    }
    self->at = end;
    self->token->kind = kind;
    self->token->text = (tide_str){out, size};
    return TIDE_OK;
}

static tide_code read_name(lexer *self)
{
    size_t begin = self->at;
    TIDE_TRY(read_quoted(self, '"', TIDE_TOKEN_QUOTED));
    if (self->token->text.size == 0) {
        return tide_expression_fail(self->text, begin, self->err, "\"\" names no column");
    }
    return TIDE_OK;
}

static void skip_digits(lexer *self)
{
    while (is_digit(peek(self, 0))) {
        self->at++;
    }
}

static tide_code read_number(lexer *self)
{
    size_t begin = self->at;
    skip_digits(self);
    if (peek(self, 0) == '.') {
        self->at++;
        skip_digits(self);
    }
    if (peek(self, 0) == 'e' || peek(self, 0) == 'E') {
        size_t sign = peek(self, 1) == '+' || peek(self, 1) == '-' ? 1 : 0;
        if (is_digit(peek(self, 1 + sign))) {
            self->at += 1 + sign;
            skip_digits(self);
        }
    }
    if (is_word_char(peek(self, 0)) || peek(self, 0) == '.') {
        return tide_expression_fail(self->text, begin, self->err,
                                    "`%.*s...` is neither a number nor a name",
                                    TIDE_STR_ARG(since(self, begin)));
    }
    self->token->kind = TIDE_TOKEN_NUMBER;
    self->token->text = since(self, begin);
    return TIDE_OK;
}

static tide_code read_word(lexer *self)
{
    size_t begin = self->at;
    while (is_word_char(peek(self, 0))) {
        self->at++;
    }
    if (peek(self, 0) == '.' && is_word_char(peek(self, 1))) {
        while (is_word_char(peek(self, 0)) || peek(self, 0) == '.') {
            self->at++;
        }
        return tide_expression_fail(self->text, begin, self->err,
                                    "`%.*s`: dots are no paths here; a column with dots in its "
                                    "name is written \"%.*s\"",
                                    TIDE_STR_ARG(since(self, begin)),
                                    TIDE_STR_ARG(since(self, begin)));
    }
    self->token->kind = TIDE_TOKEN_WORD;
    self->token->text = since(self, begin);
    return TIDE_OK;
}

static tide_code read_symbol(lexer *self)
{
    tide_str rest = {self->text.data + self->at, self->text.size - self->at};
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        if (tide_str_starts_with(rest, symbols[i])) {
            self->token->kind = TIDE_TOKEN_SYMBOL;
            self->token->text = tide_str_of(symbols[i]);
            self->at += self->token->text.size;
            return TIDE_OK;
        }
    }
    const char *hint = "";
    if (tide_str_starts_with(rest, ";")) {
        hint = ": an expression is not a statement, it ends without `;`";
    } else if (tide_str_starts_with(rest, "&")) {
        hint = ": write `and`";
    } else if (tide_str_starts_with(rest, "|")) {
        hint = ": write `or`, or || to join texts";
    } else if (tide_str_starts_with(rest, "!")) {
        hint = ": write `not`, or <>";
    }
    return tide_expression_fail(self->text, self->at, self->err, "unexpected `%.*s`%s",
                                (int)tide_utf8_length(self->text, self->at), rest.data, hint);
}

static tide_code read_token(lexer *self)
{
    char c = peek(self, 0);
    if (c == '\'') {
        return read_quoted(self, '\'', TIDE_TOKEN_STRING);
    }
    if (c == '"') {
        return read_name(self);
    }
    if (is_digit(c) || (c == '.' && is_digit(peek(self, 1)))) {
        return read_number(self);
    }
    return is_word_char(c) ? read_word(self) : read_symbol(self);
}

tide_code tide_tokens_read(tide_str text, tide_arena *arena, tide_tokens *tokens, tide_error *err)
{
    lexer self = {.text = text, .arena = arena, .err = err};
    if (!tide_utf8_valid(text)) {
        return TIDE_FAIL(err, TIDE_E_EXPRESSION, "the expression is not UTF-8");
    }
    /* Every token has at least one byte. */
    tokens->count = 0;
    tokens->items = tide_arena_alloc_zero(arena, text.size + 1, sizeof *tokens->items);
    if (tokens->items == NULL) {
        return TIDE_FAIL_MEMORY(err, "expression");
    }
    for (;;) {
        while (is_space(peek(&self, 0))) {
            self.at++;
        }
        self.token = &tokens->items[tokens->count++];
        *self.token = (tide_token){.kind = TIDE_TOKEN_END, .at = self.at};
        if (self.at >= text.size) {
            return TIDE_OK;
        }
        TIDE_TRY(read_token(&self));
    }
}

bool tide_token_is_symbol(const tide_token *token, const char *symbol)
{
    return token->kind == TIDE_TOKEN_SYMBOL && tide_str_equal_c(token->text, symbol);
}

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool tide_token_is_word(const tide_token *token, const char *word)
{
    if (token->kind != TIDE_TOKEN_WORD || strlen(word) != token->text.size) {
        return false;
    }
    for (size_t i = 0; i < token->text.size; i++) {
        if (lower(token->text.data[i]) != word[i]) {
            return false;
        }
    }
    return true;
}

bool tide_token_is_reserved(const tide_token *token)
{
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        if (tide_token_is_word(token, reserved[i])) {
            return true;
        }
    }
    return false;
}

static void print_lower(tide_str word, tide_text *out)
{
    for (size_t i = 0; i < word.size; i++) {
        tide_text_append_char(out, lower(word.data[i]));
    }
}

void tide_tokens_print(const tide_tokens *tokens, tide_text *out)
{
    for (size_t i = 0; i + 1 < tokens->count; i++) {
        const tide_token *token = &tokens->items[i];
        tide_text_append(out, i == 0 ? "" : " ");
        if (token->kind == TIDE_TOKEN_STRING) {
            tide_text_append_char(out, '\'');
        }
        if (token->kind == TIDE_TOKEN_STRING || token->kind == TIDE_TOKEN_QUOTED) {
            tide_text_append_json_string(out, token->text);
        } else if (tide_token_is_reserved(token)) {
            print_lower(token->text, out);
        } else {
            tide_text_append_str(out, token->text);
        }
    }
}

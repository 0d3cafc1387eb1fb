/* SPDX-License-Identifier: Apache-2.0 */
/* Typing: columns, literals and the promotion of types; the other kinds of syntax by table. */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "process/steps/expression/compiler.h"
#include "record/decimal.h"

tide_node *tide_compiler_fail(tide_compiler *self, size_t at, const char *format, ...)
{
    char sentence[TIDE_ERROR_MESSAGE_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    (void)tide_expression_fail(self->expression->text, at, self->err, "%s", sentence);
    return NULL;
}

const char *tide_type_name(tide_type type, char out[32])
{
    if (tide_type_is_untyped(type)) {
        return "null";
    }
    return tide_type_format(type, out);
}

static size_t find_field(const tide_schema *schema, tide_str name)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        if (tide_str_equal_c(name, schema->fields[i].name)) {
            return i;
        }
    }
    return TIDE_NO_FIELD;
}

static const char *nearest_field(tide_compiler *self, tide_str name)
{
    char word[TIDE_IDENTIFIER_BYTES_MAX + 1];
    size_t count = self->input->field_count;
    const char **names = tide_compiler_alloc(self, count, sizeof(char *));
    if (names == NULL || name.size >= sizeof word) {
        return NULL;
    }
    (void)snprintf(word, sizeof word, "%.*s", TIDE_STR_ARG(name));
    for (size_t i = 0; i < count; i++) {
        names[i] = self->input->fields[i].name;
    }
    return tide_text_nearest(word, names, count);
}

static tide_node *fail_unknown_column(tide_compiler *self, const tide_syntax *syntax)
{
    const char *nearest = nearest_field(self, syntax->text);
    if (self->err->code != TIDE_OK) {
        return NULL;
    }
    if (nearest != NULL) {
        return tide_compiler_fail(self, syntax->at, "there is no column `%.*s`: did you mean `%s`?",
                                  TIDE_STR_ARG(syntax->text), nearest);
    }
    if (syntax->is_quoted) {
        return tide_compiler_fail(self, syntax->at,
                                  "there is no column `%.*s` (a text is written '%.*s')",
                                  TIDE_STR_ARG(syntax->text), TIDE_STR_ARG(syntax->text));
    }
    return tide_compiler_fail(self, syntax->at, "there is no column `%.*s` at this step",
                              TIDE_STR_ARG(syntax->text));
}

static tide_node *compile_column(tide_compiler *self, const tide_syntax *syntax)
{
    size_t column = find_field(self->input, syntax->text);
    if (column == TIDE_NO_FIELD) {
        return fail_unknown_column(self, syntax);
    }
    tide_type type = self->input->fields[column].type;
    tide_node *node = tide_node_make(self, syntax->at, type, tide_evaluate_column, NULL, 0);
    if (node != NULL) {
        node->column = column;
    }
    return node;
}

static tide_node *fail_digits(tide_compiler *self, const tide_syntax *syntax)
{
    return tide_compiler_fail(self, syntax->at, "a number has at most %d digits",
                              TIDE_DECIMAL_PRECISION_MAX);
}

static int count_digits(tide_int128 value)
{
    int digits = 1;
    while (digits < TIDE_DECIMAL_PRECISION_MAX && !tide_decimal_fits(value, digits)) {
        digits++;
    }
    return digits;
}

static tide_node *compile_double(tide_compiler *self, const tide_syntax *syntax)
{
    tide_node *node = tide_node_literal(self, syntax->at, tide_type_of(TIDE_DOUBLE));
    double value = 0;
    if (tide_double_parse(syntax->text, &value) != TIDE_NUMBER_OK) {
        return tide_compiler_fail(self, syntax->at, "`%.*s` is beyond the largest double",
                                  TIDE_STR_ARG(syntax->text));
    }
    if (node != NULL) {
        node->value.number = syntax->is_negated ? -value : value;
    }
    return node;
}

static tide_node *make_integer(tide_compiler *self, size_t at, tide_int128 value)
{
    bool is_short = value >= INT32_MIN && value <= INT32_MAX;
    tide_node *node = tide_node_literal(self, at, tide_type_of(is_short ? TIDE_INT32 : TIDE_INT64));
    if (node != NULL && is_short) {
        node->value.int32 = (int32_t)value;
    } else if (node != NULL) {
        node->value.int64 = (int64_t)value;
    }
    return node;
}

static tide_node *compile_number(tide_compiler *self, const tide_syntax *syntax)
{
    tide_str text = syntax->text;
    if (memchr(text.data, 'e', text.size) != NULL || memchr(text.data, 'E', text.size) != NULL) {
        return compile_double(self, syntax);
    }
    const char *point = memchr(text.data, '.', text.size);
    size_t scale = point == NULL ? 0 : text.size - (size_t)(point + 1 - text.data);
    tide_int128 value = 0;
    if (scale > TIDE_DECIMAL_PRECISION_MAX ||
        tide_decimal_parse(text, TIDE_DECIMAL_PRECISION_MAX, (int)scale, &value) !=
            TIDE_NUMBER_OK) {
        return fail_digits(self, syntax);
    }
    value = syntax->is_negated ? -value : value;
    if (point == NULL && value >= INT64_MIN && value <= INT64_MAX) {
        return make_integer(self, syntax->at, value);
    }
    int digits = count_digits(value);
    tide_type type = tide_type_decimal(digits < (int)scale ? (int)scale : digits, (int)scale);
    tide_node *node = tide_node_literal(self, syntax->at, type);
    if (node != NULL) {
        node->value.decimal = value;
    }
    return node;
}

static tide_node *compile_string(tide_compiler *self, const tide_syntax *syntax)
{
    tide_node *node = tide_node_literal(self, syntax->at, tide_type_of(TIDE_TEXT));
    if (node != NULL) {
        node->value.text = syntax->text;
    }
    return node;
}

static tide_node *compile_typed(tide_compiler *self, const tide_syntax *syntax)
{
    char name[32];
    tide_node *text = compile_string(self, syntax);
    tide_node *node = text == NULL ? NULL : tide_node_cast(self, syntax->at, text, syntax->type);
    if (node != NULL && !node->is_literal) {
        return tide_compiler_fail(self, syntax->at, "'%.*s' is no %s", TIDE_STR_ARG(syntax->text),
                                  tide_type_name(syntax->type, name));
    }
    return node;
}

static tide_node *compile_truth(tide_compiler *self, const tide_syntax *syntax)
{
    tide_node *node = tide_node_literal(self, syntax->at, tide_type_of(TIDE_BOOL));
    if (node != NULL) {
        node->value.boolean = !syntax->is_negated;
    }
    return node;
}

static tide_node *compile_null(tide_compiler *self, const tide_syntax *syntax)
{
    return tide_node_null(self, syntax->at, tide_type_untyped());
}

static tide_node *compile_cast(tide_compiler *self, const tide_syntax *syntax)
{
    tide_node *node = tide_compile_any(self, syntax->items[0]);
    return node == NULL ? NULL : tide_node_cast(self, syntax->at, node, syntax->type);
}

typedef tide_node *(*compile_kind)(tide_compiler *self, const tide_syntax *syntax);

static const compile_kind kinds[TIDE_SYNTAX_KINDS] = {
    [TIDE_SYNTAX_COLUMN] = compile_column,
    [TIDE_SYNTAX_NUMBER] = compile_number,
    [TIDE_SYNTAX_STRING] = compile_string,
    [TIDE_SYNTAX_TYPED] = compile_typed,
    [TIDE_SYNTAX_TRUTH] = compile_truth,
    [TIDE_SYNTAX_NULL] = compile_null,
    [TIDE_SYNTAX_MINUS] = tide_compile_minus,
    [TIDE_SYNTAX_NOT] = tide_compile_not,
    [TIDE_SYNTAX_AND] = tide_compile_logic,
    [TIDE_SYNTAX_OR] = tide_compile_logic,
    [TIDE_SYNTAX_COMPARE] = tide_compile_compare,
    [TIDE_SYNTAX_COMPUTE] = tide_compile_compute,
    [TIDE_SYNTAX_JOIN] = tide_compile_join,
    [TIDE_SYNTAX_IS_NULL] = tide_compile_test,
    [TIDE_SYNTAX_IS_TRUE] = tide_compile_test,
    [TIDE_SYNTAX_IS_FALSE] = tide_compile_test,
    [TIDE_SYNTAX_DISTINCT] = tide_compile_distinct,
    [TIDE_SYNTAX_BETWEEN] = tide_compile_between,
    [TIDE_SYNTAX_IN] = tide_compile_in,
    [TIDE_SYNTAX_LIKE] = tide_compile_like,
    [TIDE_SYNTAX_CAST] = compile_cast,
    [TIDE_SYNTAX_CASE] = tide_compile_case,
    [TIDE_SYNTAX_CALL] = tide_compile_call,
};

tide_node *tide_compile_any(tide_compiler *self, const tide_syntax *syntax)
{
    return kinds[syntax->kind](self, syntax);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "process/steps/expression/functions.h"

#include <stdio.h>
#include <string.h>

#include "process/steps/expression/choice.h"
#include "process/steps/expression/dates.h"
#include "process/steps/expression/rounding.h"
#include "process/steps/expression/texts.h"

#define MANY TIDE_EXPRESSION_ARGUMENTS_MAX

static tide_node *build_coalesce(tide_compiler *self, tide_call *call)
{
    return tide_node_coalesce(self, call->at, call->arguments, call->count);
}

static tide_node *build_nullif(tide_compiler *self, tide_call *call)
{
    return tide_node_nullif(self, call->at, call->arguments[0], call->arguments[1]);
}

static tide_node *build_extreme(tide_compiler *self, tide_call *call)
{
    return tide_node_extreme(self, call->at, call->function->parameter != 0, call->arguments,
                             call->count);
}

static const tide_function functions[] = {
    {"coalesce", "coalesce(value, ...)", 1, MANY, build_coalesce, 0},
    {"nullif", "nullif(value, other)", 2, 2, build_nullif, 0},
    {"least", "least(value, ...)", 1, MANY, build_extreme, 0},
    {"greatest", "greatest(value, ...)", 1, MANY, build_extreme, 1},
    {"lower", "lower(text)", 1, 1, tide_build_text_of_text, TIDE_TEXT_LOWER},
    {"upper", "upper(text)", 1, 1, tide_build_text_of_text, TIDE_TEXT_UPPER},
    {"length", "length(text)", 1, 1, tide_build_length, 0},
    {"octet_length", "octet_length(text or bytes)", 1, 1, tide_build_octet_length, 0},
    {"substr", "substr(text, start [, count])", 2, 3, tide_build_cut, TIDE_CUT_SUBSTR},
    {"substring", "substring(text, start [, count])", 2, 3, tide_build_cut, TIDE_CUT_SUBSTR},
    {"left", "left(text, count)", 2, 2, tide_build_cut, TIDE_CUT_LEFT},
    {"right", "right(text, count)", 2, 2, tide_build_cut, TIDE_CUT_RIGHT},
    {"trim", "trim(text [, characters])", 1, 2, tide_build_trim, TIDE_TRIM_BOTH},
    {"ltrim", "ltrim(text [, characters])", 1, 2, tide_build_trim, TIDE_TRIM_LEFT},
    {"rtrim", "rtrim(text [, characters])", 1, 2, tide_build_trim, TIDE_TRIM_RIGHT},
    {"replace", "replace(text, from, to)", 3, 3, tide_build_replace, 0},
    {"starts_with", "starts_with(text, prefix)", 2, 2, tide_build_text_test, TIDE_TEST_STARTS},
    {"ends_with", "ends_with(text, suffix)", 2, 2, tide_build_text_test, TIDE_TEST_ENDS},
    {"strpos", "strpos(text, part)", 2, 2, tide_build_text_test, TIDE_TEST_POSITION},
    {"split_part", "split_part(text, delimiter, n)", 3, 3, tide_build_split_part, 0},
    {"concat", "concat(value, ...)", 1, MANY, tide_build_concat, 0},
    {"lpad", "lpad(text, length [, fill])", 2, 3, tide_build_pad, TIDE_TRIM_LEFT},
    {"rpad", "rpad(text, length [, fill])", 2, 3, tide_build_pad, TIDE_TRIM_RIGHT},
    {"hash64", "hash64(text or bytes)", 1, 1, tide_build_hash, 64},
    {"hash128", "hash128(text or bytes)", 1, 1, tide_build_hash, 128},
    {"abs", "abs(number)", 1, 1, tide_build_abs, 0},
    {"sign", "sign(number)", 1, 1, tide_build_sign, 0},
    {"round", "round(number [, digits])", 1, 2, tide_build_round, TIDE_ROUND_HALF},
    {"trunc", "trunc(number [, digits])", 1, 2, tide_build_round, TIDE_ROUND_ZERO},
    {"floor", "floor(number)", 1, 1, tide_build_round, TIDE_ROUND_DOWN},
    {"ceil", "ceil(number)", 1, 1, tide_build_round, TIDE_ROUND_UP},
    {"mod", "mod(number, divisor)", 2, 2, tide_build_mod, 0},
    {"date", "date(timestamp)", 1, 1, tide_build_date, 0},
    {"year", "year(date or timestamp)", 1, 1, tide_build_part, TIDE_PART_YEAR},
    {"month", "month(date or timestamp)", 1, 1, tide_build_part, TIDE_PART_MONTH},
    {"day", "day(date or timestamp)", 1, 1, tide_build_part, TIDE_PART_DAY},
    {"dow", "dow(date or timestamp)", 1, 1, tide_build_part, TIDE_PART_DOW},
    {"hour", "hour(timestamp)", 1, 1, tide_build_part, TIDE_PART_HOUR},
    {"minute", "minute(timestamp)", 1, 1, tide_build_part, TIDE_PART_MINUTE},
    {"second", "second(timestamp)", 1, 1, tide_build_part, TIDE_PART_SECOND},
    {"date_trunc", "date_trunc('unit', date or timestamp)", 2, 2, tide_build_trunc_date, 0},
    {"seconds_between", "seconds_between(from, to)", 2, 2, tide_build_seconds_between, 0},
    {"add_seconds", "add_seconds(timestamp, seconds)", 2, 2, tide_build_add_seconds, 0},
    {"epoch_millis", "epoch_millis(timestamp)", 1, 1, tide_build_epoch, 1000},
    {"epoch_seconds", "epoch_seconds(timestamp)", 1, 1, tide_build_epoch, 1000000},
};

#define FUNCTION_COUNT (sizeof functions / sizeof functions[0])

/* What people write who come from elsewhere. */
static const char *const elsewhere[][2] = {
    {"ifnull", "coalesce"},
    {"nvl", "coalesce"},
    {"isnull", "... is null"},
    {"if", "case when"},
    {"iif", "case when"},
    {"len", "length"},
    {"char_length", "length"},
    {"ucase", "upper"},
    {"lcase", "lower"},
    {"instr", "strpos"},
    {"position", "strpos"},
    {"ceiling", "ceil"},
    {"to_date", "date or ::date"},
    {"extract", "year, month, day, hour ..."},
    {"md5", "hash128"},
    {"sha256", "hash128"},
    {"to_char", "::text"},
    {"btrim", "trim"},
    {"weekday", "dow"},
    {"datediff", "date - date"},
    {"concat_ws", "||"},
    {"now", "a column: a run must not depend on when it runs"},
};

static tide_node *fail_unknown(tide_compiler *self, const tide_syntax *syntax, const char *word)
{
    const char *names[FUNCTION_COUNT];
    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
        if (strcmp(word, elsewhere[i][0]) == 0) {
            return tide_compiler_fail(self, syntax->at, "there is no function `%s`: use %s", word,
                                      elsewhere[i][1]);
        }
    }
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        names[i] = functions[i].name;
    }
    const char *nearest = tide_text_nearest(word, names, FUNCTION_COUNT);
    if (nearest != NULL) {
        return tide_compiler_fail(self, syntax->at, "there is no function `%s`: did you mean `%s`?",
                                  word, nearest);
    }
    return tide_compiler_fail(self, syntax->at, "there is no function `%s`", word);
}

static const tide_function *find_function(const char *word)
{
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        if (strcmp(functions[i].name, word) == 0) {
            return &functions[i];
        }
    }
    return NULL;
}

static void copy_lower(tide_str text, char *word, size_t size)
{
    (void)snprintf(word, size, "%.*s", TIDE_STR_ARG(text));
    for (size_t i = 0; word[i] != '\0'; i++) {
        word[i] = (char)(word[i] >= 'A' && word[i] <= 'Z' ? word[i] - 'A' + 'a' : word[i]);
    }
}

tide_node *tide_compile_call(tide_compiler *self, const tide_syntax *syntax)
{
    char word[48];
    copy_lower(syntax->text, word, sizeof word);
    const tide_function *function = find_function(word);
    if (function == NULL) {
        return fail_unknown(self, syntax, word);
    }
    if (syntax->item_count < function->least || syntax->item_count > function->most) {
        return tide_compiler_fail(self, syntax->at, "%s was given %zu arguments",
                                  function->signature, syntax->item_count);
    }
    tide_call call = {.function = function, .at = syntax->at, .count = syntax->item_count};
    call.arguments = tide_compiler_alloc(self, call.count, sizeof(void *));
    for (size_t i = 0; call.arguments != NULL && i < call.count; i++) {
        call.arguments[i] = tide_compile_any(self, syntax->items[i]);
        if (call.arguments[i] == NULL) {
            return NULL;
        }
    }
    return call.arguments == NULL ? NULL : function->build(self, &call);
}

tide_node *tide_call_fail(tide_compiler *self, const tide_call *call, size_t i, const char *needs)
{
    char name[32];
    return tide_compiler_fail(self, call->arguments[i]->at, "%s: argument %zu is %s, not %s",
                              call->function->signature, i + 1,
                              tide_type_name(call->arguments[i]->type, name), needs);
}

static tide_node *need(tide_compiler *self, tide_call *call, size_t i, tide_type_id type,
                       const char *needs)
{
    tide_node *node = call->arguments[i];
    if (tide_type_is_untyped(node->type)) {
        return call->arguments[i] = tide_node_promote(self, node, tide_type_of(type));
    }
    return node->type.id == type ? node : tide_call_fail(self, call, i, needs);
}

tide_node *tide_call_text(tide_compiler *self, tide_call *call, size_t i)
{
    return need(self, call, i, TIDE_TEXT, "text: cast it by ::text");
}

tide_node *tide_call_timestamp(tide_compiler *self, tide_call *call, size_t i)
{
    return need(self, call, i, TIDE_TIMESTAMP, "a timestamp");
}

tide_node *tide_call_int64(tide_compiler *self, tide_call *call, size_t i)
{
    if (call->arguments[i]->type.id == TIDE_INT32) {
        call->arguments[i] = tide_node_promote(self, call->arguments[i], tide_type_of(TIDE_INT64));
    }
    return call->arguments[i] == NULL ? NULL : need(self, call, i, TIDE_INT64, "an integer");
}

bool tide_call_texts(tide_compiler *self, tide_call *call)
{
    for (size_t i = 0; i < call->count; i++) {
        if (tide_call_text(self, call, i) == NULL) {
            return false;
        }
    }
    return true;
}

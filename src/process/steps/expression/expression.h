/* SPDX-License-Identifier: Apache-2.0 */
/* Expression: the small SQL-like language of `where` and `derive`, compiled to column kernels.
 *
 *   text -> tokens -> syntax -> typed nodes (constants folded) -> evaluated 1024 rows at a time
 *
 * Compile once; the expression is immutable afterwards and shared by threads. Each worker opens an
 * evaluator of its own. docs/expressions.md is the language.
 *
 * A row for which the expression fails (division by zero, overflow, a cast that does not fit) is
 * taken out of `live` and noted in the row errors; the others go on. Parts of an expression that
 * are not reached for a row (the other branches of case, the right side of `false and ...`) can't
 * fail for it.
 */
#ifndef TIDE_PROCESS_STEPS_EXPRESSION_EXPRESSION_H
#define TIDE_PROCESS_STEPS_EXPRESSION_EXPRESSION_H

#include "base/arena.h"
#include "base/calendar.h"
#include "record/builder.h"

/* An expression is written by people: longer ones are a mistake of whatever generates them. */
#define TIDE_EXPRESSION_BYTES_MAX (64u << 10)
/* Nesting is recursion here, as in every parser and tree: bounded, so that the stack is. */
#define TIDE_EXPRESSION_DEPTH_MAX 200
#define TIDE_EXPRESSION_ARGUMENTS_MAX 100

typedef struct tide_expression tide_expression;

typedef struct tide_expression_options {
    const char *text;         /* borrowed during compile */
    const tide_schema *input; /* likewise */
    const tide_zone *zone;    /* for dates; outlives the expression; NULL = UTC */
    const tide_type *cast_to; /* NULL: the type that comes out */
} tide_expression_options;

/* bad_config: "character 12: ...", what is wrong there and what was probably meant. */
TIDE_MUST_CHECK tide_code tide_expression_compile(const tide_expression_options *options,
                                                  tide_expression **expression, tide_error *err);
void tide_expression_destroy(tide_expression *expression);
tide_type tide_expression_type(const tide_expression *expression);
/* Appends what decides its results: the text without its spacing, the columns with their types. */
void tide_expression_append_fingerprint(const tide_expression *expression, tide_text *out);

typedef struct tide_row_error {
    int64_t row;
    size_t expression;  /* which of several; set by the caller of the evaluator */
    const char *reason; /* owned by the list */
} tide_row_error;

typedef struct tide_row_errors {
    tide_arena arena;
    tide_row_error *items; /* owned */
    size_t count, capacity;
    size_t expression; /* of the errors to come */
    bool failed;       /* want of memory: checked by the evaluator */
} tide_row_errors;

void tide_row_errors_init(tide_row_errors *errors);
void tide_row_errors_reset(tide_row_errors *errors);
void tide_row_errors_clear(tide_row_errors *errors);

typedef struct tide_evaluator tide_evaluator;

/* `expression` and `errors` are borrowed for the evaluator's life. */
TIDE_MUST_CHECK tide_code tide_evaluator_open(const tide_expression *expression,
                                              tide_row_errors *errors, tide_evaluator **evaluator,
                                              tide_error *err);
void tide_evaluator_close(tide_evaluator *evaluator);

/* Rows are bits of `live`, words of 64, the last padded with zeros: in those to look at, out those
 * for which the expression (a bool) is true. */
TIDE_MUST_CHECK tide_code tide_evaluator_filter(tide_evaluator *evaluator,
                                                const tide_column *columns, int64_t row_count,
                                                uint64_t *live, tide_error *err);
/* Appends the value of each row to `out` (of the expression's type); rows that are not live get
 * null. Rows that fail are taken out of `live`. */
TIDE_MUST_CHECK tide_code tide_evaluator_append(tide_evaluator *evaluator,
                                                const tide_column *columns, int64_t row_count,
                                                uint64_t *live, tide_column_builder *out,
                                                tide_error *err);

#endif

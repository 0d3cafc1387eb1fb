/* SPDX-License-Identifier: Apache-2.0 */
/* Compiler: from syntax to typed nodes. Functions return NULL once `err` is set. */
#ifndef TIDE_PROCESS_STEPS_EXPRESSION_COMPILER_H
#define TIDE_PROCESS_STEPS_EXPRESSION_COMPILER_H

#include "process/steps/expression/compiled.h"
#include "process/steps/expression/syntax.h"

typedef struct tide_compiler {
    tide_expression *expression; /* nodes go to its arena */
    const tide_schema *input;
    tide_tokens tokens;
    tide_error *err;
} tide_compiler;

tide_node *tide_compile_any(tide_compiler *self, const tide_syntax *syntax);

/* Errors at a place of the expression; returns NULL. */
TIDE_PRINTF(3, 4)
tide_node *tide_compiler_fail(tide_compiler *self, size_t at, const char *format, ...);
void *tide_compiler_alloc(tide_compiler *self, size_t count, size_t bytes_each);

/* A strict node with its loop. Folded to a literal where all arguments are. Arguments are copied;
 * if one is NULL, so is the result. Set what the loop reads of the node (parameter, detail) by
 * `extra`, which may be NULL. */
typedef struct tide_node_extra {
    int32_t parameter, parameter2;
    const void *detail;
} tide_node_extra;
tide_node *tide_node_strict(tide_compiler *self, size_t at, tide_type type, tide_loop loop,
                            tide_node *const *arguments, size_t count,
                            const tide_node_extra *extra);
/* Any other node, not folded yet: for those that are, tide_node_fold once it is complete. */
tide_node *tide_node_make(tide_compiler *self, size_t at, tide_type type, tide_evaluate evaluate,
                          tide_node *const *arguments, size_t count);
tide_node *tide_node_fold(tide_compiler *self, tide_node *node);
tide_node *tide_node_literal(tide_compiler *self, size_t at, tide_type type);
tide_node *tide_node_null(tide_compiler *self, size_t at, tide_type type);
tide_node *tide_node_alias(tide_compiler *self, tide_node *target);
/* value: what the aliases in body refer to; a literal needs none of it. */
tide_node *tide_node_let(tide_compiler *self, tide_node *value, tide_node *body);
void tide_node_assign_slots(tide_node *root);

/* typing.c: names and types */
static inline tide_type tide_type_untyped(void) /* of the literal null */
{
    return (tide_type){.precision = 0};
}
static inline bool tide_type_is_untyped(tide_type type)
{
    return (int)type.id == 0;
}
static inline tide_type tide_type_of(tide_type_id id)
{
    return (tide_type){.id = id};
}
static inline tide_type tide_type_decimal(int precision, int scale)
{
    return (tide_type){TIDE_DECIMAL, (int16_t)precision, (int16_t)scale};
}
static inline bool tide_type_is_integer(tide_type type)
{
    return type.id == TIDE_INT32 || type.id == TIDE_INT64;
}
static inline bool tide_type_is_number(tide_type type)
{
    return tide_type_is_integer(type) || type.id == TIDE_DECIMAL || type.id == TIDE_DOUBLE;
}
/* "text", or "null" */
const char *tide_type_name(tide_type type, char out[32]);
/* The decimal that holds an integer type's values; itself for decimals. */
tide_type tide_type_as_decimal(const tide_node *node);
/* The type that both sides are promoted to; id 0 when both are null or none is. *ok says. */
tide_type tide_type_common(const tide_node *a, const tide_node *b, bool *ok);
/* Promotes implicitly: to the same type, from null, between numbers upwards. */
tide_node *tide_node_promote(tide_compiler *self, tide_node *node, tide_type type);
/* All of `nodes` (in place) to one type; `what` needs it. */
bool tide_nodes_unify(tide_compiler *self, tide_node **nodes, size_t count, const char *what);
/* The boolean that `what` needs. */
tide_node *tide_node_need_bool(tide_compiler *self, tide_node *node, const char *what);

/* casts.c: by `::` and for derive: exact, or the row is refused. */
tide_node *tide_node_cast(tide_compiler *self, size_t at, tide_node *node, tide_type type);

/* Kinds of syntax, each in the file of its concept. */
tide_node *tide_compile_compute(tide_compiler *self, const tide_syntax *syntax);
tide_node *tide_compile_minus(tide_compiler *self, const tide_syntax *syntax);
tide_node *tide_compile_compare(tide_compiler *self, const tide_syntax *syntax);
tide_node *tide_compile_distinct(tide_compiler *self, const tide_syntax *syntax);
tide_node *tide_compile_between(tide_compiler *self, const tide_syntax *syntax);
tide_node *tide_compile_in(tide_compiler *self, const tide_syntax *syntax);
tide_node *tide_compile_like(tide_compiler *self, const tide_syntax *syntax);
tide_node *tide_compile_logic(tide_compiler *self, const tide_syntax *syntax);
tide_node *tide_compile_not(tide_compiler *self, const tide_syntax *syntax);
tide_node *tide_compile_test(tide_compiler *self, const tide_syntax *syntax);
tide_node *tide_compile_case(tide_compiler *self, const tide_syntax *syntax);
tide_node *tide_compile_call(tide_compiler *self, const tide_syntax *syntax);
tide_node *tide_compile_join(tide_compiler *self, const tide_syntax *syntax);

/* Would the common decimal of both need more digits than there are? They can still be compared. */
bool tide_nodes_exceed_decimal(const tide_node *left, const tide_node *right);
/* A comparison of two nodes of comparable types, promoted to a common one. */
tide_node *tide_node_compare(tide_compiler *self, size_t at, tide_operation operation,
                             tide_node *left, tide_node *right);
/* Of bools. */
tide_node *tide_node_logic(tide_compiler *self, size_t at, bool is_or, tide_node *const *items,
                           size_t count);
tide_node *tide_node_not(tide_compiler *self, size_t at, tide_node *item);
tide_node *tide_node_is_null(tide_compiler *self, size_t at, tide_node *item);

#endif

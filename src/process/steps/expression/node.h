/* SPDX-License-Identifier: Apache-2.0 */
/* Node: a typed part of an expression, and how it is evaluated over a chunk of rows.
 *
 * Every node has a slot, which holds its vector: the values of up to 1024 rows. Slots form a stack:
 * the arguments of a node at slot s lie above s, and are free again when it is done.
 *
 *   amount > 0 and channel in ('app', 'web')
 *   slot 0 and  <-  slot 1 >  <-  slot 2 amount, slot 3 0
 *                   slot 1 in <-  slot 2 channel
 *
 * `evaluate` makes the vector for the rows of a mask; other rows hold anything that can be read
 * without harm. Strict nodes - null where any argument is - have tide_evaluate_strict for it, which
 * evaluates the arguments, combines their nulls and calls `loop`. Values where a vector is null
 * mean nothing either; only a loop that can fail, or that follows pointers, has to keep to its
 * rows.
 *
 * Vectors: int32, int64, double, decimal, uuid as in columns; bool as bits in 64-bit words; text,
 * bytes and json as tide_str views into the batch, into the expression or into `bytes`.
 */
#ifndef TIDE_PROCESS_STEPS_EXPRESSION_NODE_H
#define TIDE_PROCESS_STEPS_EXPRESSION_NODE_H

#include "process/steps/expression/expression.h"
#include "process/steps/expression/words.h"
#include "record/timestamp.h"

typedef struct tide_vector {
    const void *data;
    const uint64_t *validity; /* bit 1 = not null; NULL = no nulls */
    void *own_data;           /* owned: room for TIDE_CHUNK_ROWS values of 16 bytes */
    uint64_t own_validity[TIDE_CHUNK_WORDS];
} tide_vector;

typedef struct tide_evaluation {
    const tide_column *columns; /* borrowed; of the batch */
    int64_t begin;              /* the chunk: rows [begin, begin + count) of the batch */
    int64_t count;
    tide_vector *vectors;
    tide_arena bytes;  /* texts made for this chunk */
    size_t made_bytes; /* of them those whose length the expression decides */
    uint64_t failed[TIDE_CHUNK_WORDS];
    tide_row_errors *errors;
    tide_time_parser *time_parser;
    const tide_zone *zone;
    tide_str text; /* the expression */
} tide_evaluation;

typedef struct tide_node tide_node;

typedef tide_code (*tide_evaluate)(tide_evaluation *self, const tide_node *node,
                                   const uint64_t *mask, tide_error *err);
typedef tide_code (*tide_loop)(tide_evaluation *self, const tide_node *node, const uint64_t *rows,
                               tide_error *err);

struct tide_node {
    tide_evaluate evaluate;
    tide_loop loop;
    tide_type type; /* id 0: the literal null, whose type is not known yet */
    bool is_literal;
    bool is_null;     /* of a literal */
    bool shares_slot; /* arguments are needed one at a time, so they share a slot */
    tide_node **arguments;
    size_t argument_count;
    size_t slot;
    size_t slot_count; /* of the tree */
    size_t at;         /* byte of the expression */
    size_t column;
    const tide_node *target; /* of an alias */
    union {
        bool boolean;
        int32_t int32;
        int64_t int64;
        double number;
        tide_int128 decimal;
        uint8_t uuid[16];
        tide_str text;
    } value;           /* of a literal */
    int32_t parameter; /* what the loop says */
    int32_t parameter2;
    const void *detail; /* in the arena; what the loop says */
};

tide_code tide_evaluate_strict(tide_evaluation *self, const tide_node *node, const uint64_t *mask,
                               tide_error *err);
tide_code tide_evaluate_column(tide_evaluation *self, const tide_node *node, const uint64_t *mask,
                               tide_error *err);
tide_code tide_evaluate_literal(tide_evaluation *self, const tide_node *node, const uint64_t *mask,
                                tide_error *err);
/* Another node's vector, which has been evaluated: where a value is written once and used twice. */
tide_code tide_evaluate_alias(tide_evaluation *self, const tide_node *node, const uint64_t *mask,
                              tide_error *err);
/* Arguments: the value, then what uses it by aliases. */
tide_code tide_evaluate_let(tide_evaluation *self, const tide_node *node, const uint64_t *mask,
                            tide_error *err);

/* Takes the row out, unless it is already. */
TIDE_PRINTF(4, 5)
void tide_evaluation_refuse(tide_evaluation *self, const tide_node *node, int64_t row,
                            const char *format, ...);
/* Room for texts of this chunk. */
TIDE_MUST_CHECK tide_code tide_evaluation_alloc(tide_evaluation *self, size_t bytes, char **out,
                                                tide_error *err);

static inline const tide_vector *tide_argument(const tide_evaluation *self, const tide_node *node,
                                               size_t i)
{
    return &self->vectors[node->arguments[i]->slot];
}

static inline size_t tide_word_count(const tide_evaluation *self)
{
    return (size_t)(self->count + 63) / 64;
}

/* Bytes of a value in a vector; 0: bits. */
static inline size_t tide_vector_width(tide_type type)
{
    return tide_type_is_variable(type) ? sizeof(tide_str) : tide_type_width(type);
}

/* Columns may come from outside: their values lie anywhere. */
#define TIDE_UNALIGNED __attribute__((aligned(1), may_alias))
typedef int32_t TIDE_UNALIGNED tide_int32_cell;
typedef int64_t TIDE_UNALIGNED tide_int64_cell;
typedef double TIDE_UNALIGNED tide_double_cell;
typedef tide_int128 TIDE_UNALIGNED tide_decimal_cell;

#endif

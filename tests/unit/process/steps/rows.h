/* SPDX-License-Identifier: Apache-2.0 */
/* Rows: a few columns of every type, for the tests of expressions and their steps. */
#ifndef TIDE_TEST_PROCESS_STEPS_ROWS_H
#define TIDE_TEST_PROCESS_STEPS_ROWS_H

#include "process/steps/expression/expression.h"

/* Columns: i int32, j int64, n decimal(12,2), m decimal(38,10), x double, s text, u text, b bytes,
 * d date, t timestamp, f bool, id uuid, doc json.
 *
 * Row 0 holds values, row 1 others, row 2 nulls; the rows go round. */
typedef struct test_rows {
    tide_zone *zone; /* Europe/Warsaw */
    tide_schema schema;
    tide_builder builder;
    bool has_builder;
    tide_batch batch; /* borrows the builder */
    tide_column columns[16];
} test_rows;

TIDE_MUST_CHECK tide_code test_rows_open(test_rows *rows, int64_t row_count, tide_error *err);
void test_rows_close(test_rows *rows);

/* Pseudo-random numbers below `bound`, from a seed that goes on. */
static inline size_t test_random(uint64_t *seed, size_t bound)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(*seed >> 33) % bound;
}

/* The batch for a step, which takes it: owned by the caller. */
TIDE_MUST_CHECK tide_code test_rows_take(test_rows *rows, tide_batch *batch, tide_error *err);

/* Compiles and evaluates; `out` gets the value of `row` as printed, "null", or "!" and the reason,
 * or "? " and the error of compiling. */
TIDE_MUST_CHECK tide_code test_evaluate(const test_rows *rows, const char *text, int64_t row,
                                        tide_text *out, tide_error *err);

#endif

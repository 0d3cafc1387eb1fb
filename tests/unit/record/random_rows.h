/* SPDX-License-Identifier: Apache-2.0 */
/* Random rows of all types, kept plainly beside the engine: what the tests compare batches with. */
#ifndef TIDE_TEST_RANDOM_ROWS_H
#define TIDE_TEST_RANDOM_ROWS_H

#include "record/builder.h"

#define RANDOM_TYPES ((size_t)11)

typedef struct random_cell {
    bool is_null;
    uint8_t bytes[64]; /* the value little-endian, or its text */
    size_t size;
} random_cell;

/* Cells of one row: RANDOM_TYPES of them, in the order of tide_type_id. */
typedef struct random_row {
    random_cell cells[RANDOM_TYPES];
} random_row;

/* One field of each type, "c1" ... "c11"; decimal(20,4). */
void random_schema(tide_schema *schema);
/* null_percent of the cells are null. */
void random_fill(random_row *row, unsigned *seed, int null_percent);
/* Appends without end_row. */
tide_code random_append(const random_row *row, tide_builder *builder, tide_error *err);
/* Asserts that row `at` of the columns is `row`. */
void random_check(const random_row *row, const tide_column *columns, int64_t at);
/* `count` filled rows, which the caller frees with free. */
random_row *random_rows(size_t count, unsigned *seed, int null_percent);
/* The rows as batch; the schema must outlive it. */
void random_batch(const random_row *rows, size_t count, const tide_schema *schema,
                  tide_batch *batch);

#endif

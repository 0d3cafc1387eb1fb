/* SPDX-License-Identifier: Apache-2.0 */
/* Rows: what tests of the embedded sinks share - a folder of their own, a pipeline's target, units
 * of rows, and questions to a database file by plain SQL. All of them fail the test at once when
 * something goes wrong. */
#ifndef TIDE_TESTS_SINK_ROWS_H
#define TIDE_TESTS_SINK_ROWS_H

#include "flow/sink.h"

/* A new folder below $TMPDIR, else in memory; remove_folder removes it with all files in it. */
typedef struct test_folder {
    char path[256];
} test_folder;
void make_folder(test_folder *folder);
void remove_folder(test_folder *folder);
/* "FOLDER/NAME", in a buffer of its own for each of the last eight calls. */
const char *in_folder(const test_folder *folder, const char *name);

/* Columns of the table: id int64, name text, amount decimal(12,2), at timestamp, score double. */
typedef struct test_pipeline {
    tide_schema output;
    tide_state_layout layout;
    tide_schema late;
    tide_cancel cancel;
    uint32_t key[2];
    tide_target target;
} test_pipeline;
/* append with state and late rows; change target as needed. */
void make_pipeline(test_pipeline *pipeline);
void clear_pipeline(test_pipeline *pipeline);

/* Closes the worker and its sink, as far as they are open; both are NULL then. */
void close_sink_and_worker(tide_sink **sink, tide_sink_worker **worker);

/* A row of that table. */
typedef struct test_row {
    int64_t id;
    const char *name; /* NULL = null */
    int64_t cents;    /* amount */
    int64_t at;
    double score;
} test_row;

/* A unit of one series ("s<series>") and one day with these rows, its state and no late rows. */
void make_unit(test_pipeline *pipeline, tide_unit *unit, const char *name, int64_t series,
               const test_row *rows, size_t count);
/* The same rows each time for (seed, n): ids from first_id on, names and amounts at random. */
void make_random_unit(test_pipeline *pipeline, tide_unit *unit, const char *name, uint64_t seed,
                      int64_t first_id, size_t count);
/* Appends a late row to the unit. */
void add_late_row(test_pipeline *pipeline, tide_unit *unit, int64_t id);
/* A unit's own reject. */
void add_reject(tide_unit *unit, const char *position);

tide_run_row run_row(int64_t number, tide_run_status status);

/* All rows of a query as "a|b|c\n"; null is `null`. Freed by the caller (free). The file is opened
 * for reading alone. */
char *query_text(const char *path, const char *sql);
int64_t query_integer(const char *path, const char *sql);
void execute_sql(const char *path, const char *sql);
uint64_t next_random(uint64_t *state);

#endif

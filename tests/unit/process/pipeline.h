/* SPDX-License-Identifier: Apache-2.0 */
/* Pipeline: a plan over the fixture's columns, runs of it over rows, and the state table between
 * them. */
#ifndef TIDE_TEST_PROCESS_PIPELINE_H
#define TIDE_TEST_PROCESS_PIPELINE_H

#include "fixture.h"

#define TEST_STEPS_MAX 4
#define DAY INT64_C(86400000000)

typedef struct test_pipeline {
    tide_source_layout layout;
    tide_schema declared;
    tide_step steps[TEST_STEPS_MAX];
    size_t step_count;
    tide_zone *zone;
    tide_process_options options; /* changed by tests before start */
    tide_process_plan plan;
    test_states states;
    /* Of runs. */
    size_t stream_rows;
    tide_cancel cancel;
    size_t cancel_at; /* batch of the stream, 0: never */
    tide_cancel_level cancel_level;
    size_t units_max; /* as if killed then; 0: none */
    /* Of the last run. */
    tide_counts counts;
    tide_step_counts step_counts[TEST_STEPS_MAX];
    size_t unit_count;
    int64_t output_rows;
    tide_text output;           /* a line per output row: its JSON */
    tide_text positions;        /* a line per reject */
    tide_text output_positions; /* a line per output row */
    size_t states_written;
    size_t unit_rows_most;
} test_pipeline;

/* step_names end with NULL. */
TIDE_MUST_CHECK tide_code test_pipeline_init(test_pipeline *pipeline, const char *const *step_names,
                                             tide_error *err);
TIDE_MUST_CHECK tide_code test_pipeline_start(test_pipeline *pipeline, tide_error *err);
/* Sorts rows and runs. What units held until a failure counts. */
TIDE_MUST_CHECK tide_code test_pipeline_run(test_pipeline *pipeline, test_row *rows, size_t count,
                                            tide_error *err);
/* A new plan over the same state: another run, horizon, ... */
TIDE_MUST_CHECK tide_code test_pipeline_next_run(test_pipeline *pipeline, int64_t run,
                                                 int64_t horizon, tide_error *err);
void test_pipeline_clear(test_pipeline *pipeline);

/* Cell of a series' state; NULL when it has none. */
const tide_value *test_pipeline_state(const test_pipeline *pipeline, const char *region,
                                      int64_t person, const char *column);

#endif

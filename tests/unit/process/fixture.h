/* SPDX-License-Identifier: Apache-2.0 */
/* Fixture: small sources, streams, states and steps for the tests of the process stage.
 *
 * Columns: region text, person int64, used_at timestamp, tie int64, id text, amount int64; hidden
 * $source int32 and $id text (= id). The series is (region, person). */
#ifndef TIDE_TEST_PROCESS_FIXTURE_H
#define TIDE_TEST_PROCESS_FIXTURE_H

#include "process/process.h"

enum { REGION, PERSON, USED_AT, TIE, ID, AMOUNT, DECLARED_COUNT };

typedef struct test_row {
    const char *region; /* NULL: null */
    bool person_is_null;
    int64_t person;
    bool time_is_null;
    int64_t time;
    int64_t tie;
    const char *id;
    int64_t amount;
    uint64_t hash;
} test_row;

extern const uint32_t test_series_columns[2];

TIDE_MUST_CHECK tide_code test_layout_init(tide_source_layout *layout, tide_error *err);

/* Fills hashes (cut to the highest hash_bits bits, to make them collide) and sorts in the total
 * order. */
TIDE_MUST_CHECK tide_code test_rows_sort(const tide_source_layout *layout, test_row *rows,
                                         size_t count, int hash_bits, tide_error *err);
TIDE_MUST_CHECK tide_code test_rows_append(tide_builder *builder, const test_row *rows,
                                           size_t count, tide_error *err);

/* Rows as a stream of batches. Each batch is freed by the next call, so that whoever keeps a
 * pointer into it is found out. */
typedef struct test_stream {
    tide_stream base;
    const tide_source_layout *layout;
    const test_row *rows;
    size_t count, at, batch_rows;
    tide_builder builder;
    bool has_builder;
    tide_batch view;
    uint64_t *hashes;
    tide_cancel *cancel; /* raised to cancel_level before the batch number cancel_at (from 1) */
    tide_cancel_level cancel_level;
    size_t cancel_at, batches;
} test_stream;

void test_stream_init(test_stream *stream, const tide_source_layout *layout, const test_row *rows,
                      size_t count, size_t batch_rows);
void test_stream_clear(test_stream *stream);

/* A state table: rows of values, upserted by series. */
typedef struct test_states {
    const tide_state_layout *layout;
    tide_value *cells; /* field_count a row, in the order of _hash */
    size_t row_count, capacity;
} test_states;

void test_states_init(test_states *states, const tide_state_layout *layout);
void test_states_clear(test_states *states);
TIDE_MUST_CHECK tide_code test_states_upsert(test_states *states, const tide_batch *batch,
                                             tide_error *err);
/* The row of a series, or NULL. */
const tide_value *test_states_find(const test_states *states, const char *region, int64_t person);

typedef struct test_state_stream {
    tide_stream base;
    const test_states *states;
    size_t at, batch_rows;
    tide_builder builder;
    bool has_builder;
    tide_batch view;
} test_state_stream;

void test_state_stream_init(test_state_stream *stream, const test_states *states,
                            size_t batch_rows);
void test_state_stream_clear(test_state_stream *stream);

/* Steps by name: filter, running, wave_running, sum, newest, oldest (tests/model/process says what
 * they compute), rejecting (as filter, but the rows are rejects), failing (user code that fails at
 * amount 13). */
TIDE_MUST_CHECK tide_code test_step_define(const char *name, size_t number,
                                           const tide_schema *input, tide_step *step,
                                           tide_error *err);

#endif

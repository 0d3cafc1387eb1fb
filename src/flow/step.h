/* SPDX-License-Identifier: Apache-2.0 */
/* Step: user code of one kind, as the engine drives it.
 *
 * A step is defined once (checked, compiled, immutable, shared by threads) and opened once per
 * worker. The engine gives it batches of rows cut into segments:
 *
 *   rows      r0 r1 r2 | r3 r4 | r5 | r6 r7 r8        one batch, columns
 *   segments  A day 1  | A day 2| B day 1 | B day 2 (first, not last: more rows of this day follow)
 *
 * Segments lie in the order of rows without gaps; segments of one series come in day order, and a
 * step must treat them in the order given, since state moves from one to the next. A step that
 * declares `whole_days` only ever sees segments with first and last set (the engine gathers a day
 * up to max_day_bytes); one that declares `waves` sees each series at most once per batch. Without
 * a series there is one segment per batch (series 0, day 0) and no state.
 *
 * process transforms the batch in place: it takes the rows, and puts its output rows and the
 * segments' new bounds; the number and order of segments stay. Segments without rows are passed
 * over: user code is not called for them.
 */
#ifndef TIDE_FLOW_STEP_H
#define TIDE_FLOW_STEP_H

#include "base/calendar.h"
#include "flow/cancel.h"
#include "record/reject.h"
#include "record/value.h"

typedef struct tide_segment {
    uint32_t series; /* index into the state of this call */
    int32_t day;
    int64_t begin, end; /* rows of the batch */
    bool first, last;   /* first / last rows of this series' day */
    /* Rows of this series' day in earlier batches of the same step (0 when first): ordinals in
     * positions go on from here, so that they do not depend on where batches were cut. */
    int64_t rows_before;
} tide_segment;

/* State of the series of a call, for one step: cell of series s, column c:
 * values[s * stride + c]. Types: the step's state_schema. Written in place. */
typedef struct tide_step_state {
    tide_value *values;
    size_t stride;
} tide_step_state;

typedef struct tide_step_batch {
    tide_batch batch;       /* owned; input schema before, output schema after */
    tide_segment *segments; /* borrowed, bounds are rewritten in place */
    size_t segment_count;
    tide_step_state state;
    /* Writes "SERIES" of a segment's series for messages and positions. */
    void (*print_series)(const void *context, uint32_t series, tide_text *out);
    const void *series_context;
    tide_reject_list *rejects; /* expression errors: the row is rejected, the run goes on */
    /* What the step has done, added to by process. */
    int64_t rows_filtered;     /* where */
    int64_t rows_deduplicated; /* keep */
    int64_t rows_rejected;
    /* Set when process fails, by a step that knows where it was but leaves series, day and row out
     * of its sentence: the engine adds them. TIDE_NO_FIELD and -1 on entry. */
    size_t failed_segment;
    int64_t failed_row; /* of the batch as the step leaves it */
} tide_step_batch;

typedef struct tide_step_vtable {
    tide_code (*open)(const void *definition, void **worker, tide_error *err);
    tide_code (*process)(void *worker, tide_step_batch *io, tide_error *err);
    void (*close)(void *worker);
    void (*destroy)(void *definition);
    /* Does it give the input column of this name other values under the same name (derive)? NULL:
     * never. Not asked of steps that emit. */
    bool (*replaces)(const void *definition, const char *column);
    /* Bounds the memory of user code, per worker; before workers are opened. NULL: there is none.
     */
    void (*limit)(void *definition, int64_t user_code_bytes_max);
} tide_step_vtable;

/* A defined step. Made by its kind's define function, cleared with tide_step_clear. */
typedef struct tide_step {
    const tide_step_vtable *vtable;
    void *definition;          /* owned */
    char *label;               /* owned: "2 where" (its place in steps, counted from 1, and kind) */
    tide_schema output_schema; /* rows after this step */
    tide_schema state_schema;  /* no fields: stateless */
    tide_text fingerprint;     /* everything that decides what it computes, e.g. source and files */
    bool whole_days;
    bool waves;
    bool emits; /* its output rows are its own (lua): counted apart, not passed */
    bool needs_series;
} tide_step;

/* What a define function is told. */
typedef struct tide_step_options {
    size_t number;               /* counted from 1 */
    const tide_schema *input;    /* rows before this step; borrowed during define only */
    const char *directory;       /* of the project file, for script paths; borrowed likewise */
    const tide_zone *zone;       /* the pipeline's zone, for date functions; outlives the step */
    int64_t user_code_bytes_max; /* memory cap for user code of one worker; 0 = none */
} tide_step_options;

void tide_step_clear(tide_step *step);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Commit unit: what is committed in one transaction - output rows, the last state of each series in
 * it, rejects, late rows, and its marker. Made by process (or by streaming), loaded by a sink. */
#ifndef TIDE_FLOW_UNIT_H
#define TIDE_FLOW_UNIT_H

#include "flow/shelf.h"
#include "flow/step.h"

/* Output rows with the days they belong to. */
typedef struct tide_chunk {
    tide_batch batch;       /* owned; the sink's output schema */
    tide_segment *segments; /* owned; series = index into the unit's series names */
    size_t segment_count;
} tide_chunk;

/* The row balance: read = consumed + rebuilt + seen + late + unmatched + left + rejected +
 * discarded; emitted = loaded + superseded + refused. Added up over units and splits. */
typedef struct tide_counts {
    int64_t read;      /* rows of all attempts, decode rejects included */
    int64_t consumed;  /* rows of days processed now */
    int64_t rebuilt;   /* of days whose output is loaded: run for the state alone, after a rewind */
    int64_t seen;      /* of days processed before, found unchanged (or our own, on resume) */
    int64_t late;      /* known to be late */
    int64_t unmatched; /* of series whose old days do not add up any more */
    int64_t left;      /* day not over at the horizon */
    int64_t rejected;  /* decode and row rejects before the first step */
    int64_t discarded; /* rows of abandoned attempts */
    int64_t emitted;   /* rows handed to the sink */
    int64_t loaded;
    int64_t superseded; /* merge: lost against another row of the same key; passed over by a
                           trigger of the table */
    int64_t refused;    /* rejected by the server */
    int64_t series;     /* series with at least one day processed */
    int64_t days;       /* series-days processed */
    int64_t gone_or_changed_series; /* fewer rows than before: reported, never fails */
    int64_t late_or_changed_series; /* as many or more rows, but other ones: late */
    int64_t failed_series;          /* late: fail - committed nothing */
} tide_counts;

void tide_counts_add(tide_counts *sum, const tide_counts *part);

/* Rows into and out of one step: into = passed + filtered + deduplicated + rejected, unless the
 * step emits rows of its own. */
typedef struct tide_step_counts {
    int64_t rows_in, rows_out, filtered, deduplicated, rejected;
} tide_step_counts;

typedef struct tide_unit {
    char *name;         /* owned: unique within the run; with the run its marker */
    tide_chunk *chunks; /* owned */
    size_t chunk_count;
    size_t chunk_capacity;
    char **series_names; /* owned: text of each series in the unit, for positions and errors;
                            chunk segments index it */
    size_t series_count;
    tide_batch states;      /* owned; state schema; no rows without a series */
    tide_batch late_rows;   /* owned; declared columns of the source; usually empty */
    tide_shelf *late_shelf; /* owned; NULL, or those before late_rows, too many for memory */
    tide_reject_list rejects;
    tide_counts counts;      /* of process; the sink adds loaded, superseded, refused */
    tide_step_counts *steps; /* owned; step_count */
    size_t step_count;
    size_t byte_count; /* of the chunks */
    bool by_values;    /* a row is known by its values, as there is no series and another execution
                          would put it into another unit */
    const tide_reject_list *retried; /* borrowed, or NULL: the rejects of loading that the rows are
                          made of, one per row. The rows have their positions, and the unit's
                          transaction deletes them before it writes those that are refused again;
                          should one of them not be there any more, it fails */
    bool continues; /* more of this unit follows in the next load by the same worker (a long
                       split that streams): its transaction stays open until then */
} tide_unit;

void tide_unit_init(tide_unit *unit);
void tide_unit_clear(tide_unit *unit);
/* Is there anything to commit - rows, states, rejects? Counts alone are not. */
bool tide_unit_has_content(const tide_unit *unit);
bool tide_unit_has_late_rows(const tide_unit *unit);
/* Visits all late rows in order, in batches that are borrowed for the visit; as often as needed. */
typedef tide_code (*tide_visit_batch)(void *context, const tide_batch *batch, tide_error *err);
TIDE_MUST_CHECK tide_code tide_unit_visit_late_rows(const tide_unit *unit, tide_visit_batch visit,
                                                    void *context, tide_error *err);
/* Moves batch in (on failure it stays the caller's); segments are copied. */
TIDE_MUST_CHECK tide_code tide_unit_add_chunk(tide_unit *unit, tide_batch *batch,
                                              const tide_segment *segments, size_t segment_count,
                                              tide_error *err);
/* Of rows by their values: "row/", then two halves of 16 digits. */
#define TIDE_BY_VALUES_HEAD "row/"
#define TIDE_BY_VALUES_BYTES 36
/* Is it the position of a row that is known by its values, and not numbered yet? Where rows have no
 * key, equal ones are several: sinks append "/1", "/2" ... to the positions of their rejects. */
bool tide_position_is_by_values(const char *position);
/* "SERIES/DAY/ORDINAL" of row `row` of a chunk (ordinal counted from 1 within its series-day, by
 * rows_before of its segment, so wherever units were cut); by its values "row/DIGEST" of its
 * values, which are the same wherever it comes from; of a row that is retried the position of its
 * reject; else without segments "UNIT/ROW" (row counted
 * from 1 over all chunks). */
void tide_unit_print_position(const tide_unit *unit, size_t chunk, int64_t row, tide_text *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Process plan: everything about the process stage of one pipeline that is fixed before it runs.
 *
 * Made once, immutable, shared by all workers. It borrows what the options point at; those outlive
 * it. What it builds - state layout, output layout - is what sinks and streams are made for.
 */
#ifndef TIDE_PROCESS_PLAN_H
#define TIDE_PROCESS_PLAN_H

#include "flow/left_rows.h"
#include "flow/series_limits.h"
#include "flow/source.h"
#include "process/output_layout.h"
#include "process/state_layout.h"

/* What becomes of a series whose old days hold other rows than when they were processed. */
typedef enum tide_process_late {
    TIDE_PROCESS_LATE_REPORT = 0, /* counted; the new sum is the baseline */
    TIDE_PROCESS_LATE_FAIL,       /* the series commits nothing, if it has as many rows or more */
    TIDE_PROCESS_LATE_DROP        /* as report; the user has said that nobody needs to look */
} tide_process_late;

/* Bounds; 0 = the default of base/limits.h. */
typedef struct tide_process_bounds {
    int64_t batch_rows; /* rows gathered for one call of the steps; a day is cut at twice this */
    size_t batch_bytes;
    int64_t unit_rows; /* output rows and states of a unit: it closes at the next end of a day */
    size_t unit_bytes;
    int64_t unit_seconds;
    size_t max_day_bytes; /* of a series-day that a step wants whole, as decoded */
} tide_process_bounds;

typedef struct tide_process_options {
    const tide_source_layout *layout;
    const tide_member *members; /* names in positions of rejects; NULL: numbers */
    size_t member_count;
    const uint32_t *series_columns; /* into the layout; series_count 0: no series */
    size_t series_count;
    size_t time_column;
    const tide_zone *zone;
    tide_series_limits limits;
    int64_t horizon; /* a day is processed when its end is not after it */
    tide_process_late late;
    int64_t run; /* number of this run; a resume has the same */
    /* With a cursor, or a registry of files. */
    bool by_marks; /* only what is new is read: rows of processed days are known or late one by one,
                      by cursor_known or members[].known_bytes; else judged by sums, as all is read
                    */
    bool has_cursor;
    size_t cursor_column; /* into the layout */
    int64_t cursor_known; /* rows below were read by an earlier complete run */
    tide_left_rows *left; /* borrowed; NULL: nobody asks */
    const tide_step *steps;
    size_t step_count;
    const tide_output_item *output; /* as declared by the last step; output_count 0: its schema */
    size_t output_count;
    bool add_series_and_day; /* append with series: the table always holds them */
    const char *const *key;  /* merge: columns of the output; key_count 0: none */
    size_t key_count;
    tide_process_bounds bounds;
} tide_process_options;

typedef struct tide_process_plan {
    tide_process_options options; /* with the defaults filled in; pointers borrowed */
    tide_schema input;            /* the declared columns: what the first step sees */
    tide_state_layout state;      /* no fields without a series */
    tide_output_layout output;
    uint32_t *key_columns;      /* owned; into the output; options.key_count */
    uint32_t *identity_columns; /* owned; what the digest of a row is made of */
    size_t identity_count;
    bool whole_days; /* some step wants them */
    bool waves;
} tide_process_plan;

/* bad_config when names are too long, clash or do not exist. Cleared in either case. */
TIDE_MUST_CHECK tide_code tide_process_plan_init(tide_process_plan *plan,
                                                 const tide_process_options *options,
                                                 tide_error *err);
void tide_process_plan_clear(tide_process_plan *plan);

#endif

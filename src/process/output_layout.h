/* SPDX-License-Identifier: Apache-2.0 */
/* Output layout: the columns that a pipeline hands to its sink, and where each comes from: the last
 * step's rows, the series, or the day. User code never fills the latter two. */
#ifndef TIDE_PROCESS_OUTPUT_LAYOUT_H
#define TIDE_PROCESS_OUTPUT_LAYOUT_H

#include "flow/step.h"

typedef enum tide_output_origin {
    TIDE_OUTPUT_OF_STEP = 0, /* a column of the last step's rows, by name */
    TIDE_OUTPUT_OF_SERIES,   /* `from: series`: the series column of that name, or the only one */
    TIDE_OUTPUT_OF_DAY       /* `from: day` */
} tide_output_origin;

/* A column as a step declares its output, in the order of the table. */
typedef struct tide_output_item {
    const char *name;
    tide_output_origin origin;
} tide_output_item;

typedef struct tide_output_column {
    tide_output_origin origin;
    size_t index; /* of the last step's rows, or number of the series column */
} tide_output_column;

typedef struct tide_output_layout {
    tide_schema schema;
    tide_output_column *columns; /* owned; one per field */
    size_t day_column;           /* filled from the day, or TIDE_NO_FIELD */
} tide_output_layout;

typedef struct tide_output_layout_options {
    const tide_schema *source; /* that series_columns index */
    const uint32_t *series_columns;
    size_t series_count;
    const tide_step *steps;
    size_t step_count;
    const tide_output_item *items; /* item_count 0: the columns of the last step's rows */
    size_t item_count;
    bool add_series_and_day; /* add _series_<column> and _day where they are not held yet */
} tide_output_layout_options;

/* bad_config when a name does not exist, is there twice or is too long. Cleared in either case. */
TIDE_MUST_CHECK tide_code tide_output_layout_build(tide_output_layout *layout,
                                                   const tide_output_layout_options *options,
                                                   tide_error *err);
void tide_output_layout_clear(tide_output_layout *layout);

#endif

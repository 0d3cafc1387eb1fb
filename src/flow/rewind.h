/* SPDX-License-Identifier: Apache-2.0 */
/* Rewind: table and state are taken back to the end of a day, as if runs had stopped there.
 *
 *   table    rows of later days go
 *   rejects  of steps and of loading: those of later days go; of decoding: all, since they belong
 *            to no day and the next run finds them anew
 *   late     rows from the end of the day on go: the next run takes them in time
 *   state    only the last one of each series is kept, so those beyond the day can't be had again:
 *            they become rewound (flow/state.h), and the next run rebuilds them. The others stay,
 *            unless another pipeline wrote them (`all`)
 *   runs     open ones are abandoned; the rewind itself is a row among them
 */
#ifndef TIDE_FLOW_REWIND_H
#define TIDE_FLOW_REWIND_H

#include "base/text.h"

typedef struct tide_rewind {
    int32_t day;             /* the last one that is kept */
    int64_t day_end;         /* first instant after it, by the pipeline's zone */
    size_t late_time_column; /* of the target's late columns: event time */
    bool all;                /* states that are not beyond the day are rebuilt, too */
    int64_t at;              /* now, for the row among the runs */
    int64_t loaded_ever;     /* by the runs so far */
} tide_rewind;

typedef struct tide_rewound {
    int64_t run; /* number of its row among the runs */
    int64_t rows_deleted, rejects_deleted, late_deleted;
    int64_t series; /* states that are to be rebuilt */
    bool table_empty;
} tide_rewound;

/* The record of its row among the runs: JSON. */
void tide_rewind_print_record(const tide_rewind *rewind, const tide_rewound *done, tide_text *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Group: the series in flight - those whose rows are in the batch that is being gathered. For each:
 * its key, what its state said, the sum of the rows found, and the steps' values.
 *
 * Life of a series: begin (its first row) -> load or start (its first row past last_day, or its
 * end)
 * -> days -> end -> [the batch runs] -> its state is written, the group is emptied; the one series
 * whose rows go on is kept as the first of the next group. Only the last series is ever open.
 */
#ifndef TIDE_PROCESS_GROUP_H
#define TIDE_PROCESS_GROUP_H

#include "process/plan.h"
#include "record/order.h"

#define TIDE_NO_SERIES UINT32_MAX

typedef struct tide_series {
    uint64_t hash;
    /* What the state said. */
    bool known; /* there is a state */
    bool has_previous_day;
    bool resumed; /* this very run wrote it: what it wrote is its own work */
    bool rewound; /* there is a state that was taken back: days up to rewound_to rebuild it */
    int32_t last_day, previous_day;
    int32_t rewound_to;
    int64_t stored_rows;
    tide_digest stored_digest;
    /* Rows up to last_day, as found now. */
    int64_t rows;
    tide_digest digest;
    int64_t old_rows;  /* of these: of days processed by earlier runs */
    int64_t own_rows;  /* of these: of days that this run has processed before it was resumed */
    int64_t late_rows; /* told apart by marks */
    /* What has become of it. */
    bool compared;      /* old rows are counted */
    bool loaded;        /* values are read */
    bool failed;        /* late: fail */
    bool processed;     /* a day of it was processed in this execution */
    bool unwritten;     /* its state has to be written */
    uint32_t number;    /* in the unit's names, or TIDE_NO_SERIES */
    int32_t newest_day; /* of all its rows so far: they never go back */
    /* The day that is open. */
    bool day_is_open;
    int32_t day;
    int64_t day_rows;
    tide_digest day_digest;
} tide_series;

/* Is the output of this day loaded, so that its rows only rebuild the state? */
static inline bool tide_series_rebuilds(const tide_series *series, int32_t day)
{
    return series->rewound && day <= series->rewound_to;
}

typedef struct tide_group {
    const tide_process_plan *plan; /* borrowed */
    tide_schema key_schema;
    uint32_t *key_columns; /* owned; 0, 1, 2 ...: of the key table */
    tide_series *items;    /* owned */
    size_t count, capacity;
    tide_builder keys, spare_keys; /* row i: key of series i; that of the last may be unfinished */
    tide_value *values;            /* owned; values_count a series */
    size_t values_capacity;        /* series */
    tide_compare_values *compare;  /* owned; one per series column */
} tide_group;

TIDE_MUST_CHECK tide_code tide_group_init(tide_group *group, const tide_process_plan *plan,
                                          tide_error *err);
void tide_group_clear(tide_group *group);

/* Adds the series of a row of the source. */
TIDE_MUST_CHECK tide_code tide_group_begin(tide_group *group, const tide_column *columns,
                                           int64_t row, uint64_t hash, tide_error *err);
/* Takes back the last series: nothing is to be done for it. */
void tide_group_drop_last(tide_group *group);
/* Is the row of the source of the last series? */
bool tide_group_is_last(const tide_group *group, const tide_column *columns, int64_t row);
/* Only while there is one. */
static inline tide_series *tide_group_last(const tide_group *group)
{
    return &group->items[group->count - 1];
}

/* Reads everything but the values of the last series from a row of the state table. */
void tide_group_read_progress(tide_group *group, const tide_column *state, int64_t row);
/* The values of the last series, from its state, or null where it has none. */
TIDE_MUST_CHECK tide_code tide_group_read_values(tide_group *group, const tide_column *state,
                                                 int64_t row, tide_error *err);
/* Appends the state of a series. */
TIDE_MUST_CHECK tide_code tide_group_write_state(const tide_group *group, size_t index,
                                                 tide_builder *states, tide_error *err);
/* Empties it, but for the last series if keep_last. */
TIDE_MUST_CHECK tide_code tide_group_restart(tide_group *group, bool keep_last, tide_error *err);

/* "SERIES": the value of its column; of several, joined by commas (a comma or backslash inside one
 * is escaped by a backslash, so that no two series read alike). */
void tide_group_print_series(const tide_group *group, size_t index, tide_text *out);

/* Appends the value of a series column `row_count` times. */
TIDE_MUST_CHECK tide_code tide_group_append_key(const tide_group *group, size_t index,
                                                size_t key_column, int64_t row_count,
                                                tide_column_builder *to, tide_error *err);

#endif

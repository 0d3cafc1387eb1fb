/* SPDX-License-Identifier: Apache-2.0 */
/* States without rows. That of a rewound series stays as it is: nobody knows how many rows there
 * were, and should they come back, its days up to the rewind are not to be loaded again. */
#include "process/day_loop.h"

static tide_code write_absent(tide_process *process, const tide_column *columns, int64_t row,
                              tide_error *err)
{
    const tide_state_layout *layout = &process->plan->state;
    tide_builder *states = &process->maker.states;
    int64_t run = process->plan->options.run;
    bool same_run = tide_column_int64(&columns[layout->run_column], row) == run;
    const uint8_t no_digest[16] = {0};
    for (size_t i = 0; i < layout->schema.field_count; i++) {
        tide_column_builder *to = &states->columns[i];
        if (i == layout->run_column) {
            TIDE_TRY(tide_append_int64(to, run, err));
        } else if (i == layout->rows_column) {
            TIDE_TRY(tide_append_int64(to, 0, err));
        } else if (i == layout->digest_column) {
            TIDE_TRY(tide_append_uuid(to, no_digest, err));
        } else if (i == layout->previous_day_column && !same_run) {
            TIDE_TRY(tide_append_int32(
                to, tide_column_int32(&columns[layout->last_day_column], row), err));
        } else {
            TIDE_TRY(tide_column_append_range(to, &columns[i], row, row + 1, err));
        }
    }
    tide_builder_end_rows(states);
    return TIDE_OK;
}

tide_code tide_day_loop_absent(void *context, const tide_column *columns, int64_t row,
                               tide_error *err)
{
    tide_process *process = context;
    const tide_state_layout *layout = &process->plan->state;
    int64_t rows = tide_column_int64(&columns[layout->rows_column], row);
    if (process->plan->options.by_marks || rows == 0 || rows == TIDE_STATE_REWOUND) {
        return TIDE_OK;
    }
    process->maker.unit.counts.gone_or_changed_series++;
    return write_absent(process, columns, row, err);
}

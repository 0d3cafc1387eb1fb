/* SPDX-License-Identifier: Apache-2.0 */
#include "process/known_rows.h"

static bool is_known(const tide_process *process, int64_t row, int64_t day_end)
{
    const tide_process_options *options = &process->plan->options;
    const tide_column *columns = process->scan.columns;
    if (options->has_cursor) {
        return tide_column_int64(&columns[options->cursor_column], row) < options->cursor_known;
    }
    int32_t member = tide_column_int32(&columns[options->layout->source_column], row);
    uint64_t position =
        (uint64_t)tide_column_int64(&columns[options->layout->position_column], row);
    const tide_member *file = &options->members[member];
    bool was_left = position < file->left_end && day_end > file->left_horizon;
    return position < file->known_bytes && !was_left;
}

static tide_code keep_late(tide_process *process, tide_series *series, int64_t row, tide_error *err)
{
    const tide_process_plan *plan = process->plan;
    series->late_rows++;
    process->maker.unit.counts.late++;
    if (plan->options.late == TIDE_PROCESS_LATE_FAIL) {
        return TIDE_OK;
    }
    series->rows++;
    tide_digest_add(&series->digest, tide_digest_row(process->scan.columns, plan->identity_columns,
                                                     plan->identity_count, row));
    if (plan->options.late == TIDE_PROCESS_LATE_DROP) {
        return TIDE_OK;
    }
    return tide_unit_maker_add_late(&process->maker, process->scan.columns, row, err);
}

tide_code tide_known_rows_take(tide_process *process, tide_series *series,
                               const tide_run_of_rows *run, tide_error *err)
{
    for (int64_t row = run->begin; row < run->end; row++) {
        if (series->resumed || is_known(process, row, run->day.end)) {
            process->maker.unit.counts.seen++;
        } else {
            TIDE_TRY(keep_late(process, series, row, err));
        }
    }
    tide_scan_take(&process->scan, run->end - run->begin);
    return TIDE_OK;
}

void tide_known_rows_end(tide_process *process, tide_series *series)
{
    tide_counts *counts = &process->maker.unit.counts;
    if (series->late_rows == 0) {
        return;
    }
    counts->late_or_changed_series++;
    if (process->plan->options.late == TIDE_PROCESS_LATE_FAIL) {
        counts->failed_series++;
        series->failed = true;
    } else {
        series->unwritten = true;
    }
}

void tide_known_rows_leave(tide_process *process, const tide_run_of_rows *run)
{
    const tide_process_options *options = &process->plan->options;
    const tide_column *columns = process->scan.columns;
    for (int64_t row = run->begin; options->left != NULL && row < run->end; row++) {
        if (options->has_cursor) {
            tide_left_rows_note_cursor(options->left,
                                       tide_column_int64(&columns[options->cursor_column], row));
        } else {
            tide_left_rows_note_member(
                options->left,
                (size_t)tide_column_int32(&columns[options->layout->source_column], row));
        }
    }
}

void tide_known_rows_go_beyond(tide_process *process, const tide_run_of_rows *run)
{
    const tide_process_options *options = &process->plan->options;
    if (options->left == NULL || options->has_cursor) {
        return;
    }
    const tide_column *sources = &process->scan.columns[options->layout->source_column];
    for (int64_t row = run->begin; row < run->end; row++) {
        tide_left_rows_note_beyond(options->left, (size_t)tide_column_int32(sources, row));
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "process/scan.h"

#include "base/memory.h"
#include "base/problem.h"
#include "process/usable.h"

tide_code tide_scan_init(tide_scan *scan, const tide_process_plan *plan, tide_stream *stream,
                         tide_error *err)
{
    *scan = (tide_scan){.plan = plan, .stream = stream};
    tide_batch_init(&scan->batch);
    tide_day_cache_init(&scan->days, plan->options.zone);
    const tide_process_options *options = &plan->options;
    scan->columns = tide_alloc_zero(options->layout->schema.field_count, sizeof *scan->columns);
    scan->compare = tide_alloc_zero(options->series_count, sizeof *scan->compare);
    if (scan->columns == NULL || scan->compare == NULL) {
        return TIDE_FAIL_MEMORY(err, "scan of rows");
    }
    for (size_t i = 0; i < options->series_count; i++) {
        uint32_t column = options->series_columns[i];
        scan->compare[i] = tide_compare_for(options->layout->schema.fields[column].type);
    }
    return TIDE_OK;
}

void tide_scan_clear(tide_scan *scan)
{
    tide_free(scan->columns);
    tide_free(scan->compare);
    *scan = (tide_scan){0};
}

tide_code tide_scan_pull(tide_scan *scan, tide_error *err)
{
    TIDE_TRY(scan->stream->vtable->next(scan->stream, &scan->batch, &scan->hashes, err));
    scan->row = 0;
    scan->row_count = tide_batch_row_count(&scan->batch);
    scan->has_run = false;
    if (scan->row_count == 0) {
        scan->ended = true;
        return TIDE_OK;
    }
    if (scan->hashes == NULL) {
        return TIDE_FAIL(err, TIDE_E_DEFECT, "the stream of rows gives no series hashes");
    }
    tide_batch_columns(&scan->batch, scan->columns);
    return TIDE_OK;
}

static bool same_series(const tide_scan *scan, int64_t a, int64_t b)
{
    const uint32_t *keys = scan->plan->options.series_columns;
    for (size_t i = 0; i < scan->plan->options.series_count; i++) {
        const tide_column *column = &scan->columns[keys[i]];
        if (scan->compare[i](column, a, column, b) != 0) {
            return false;
        }
    }
    return true;
}

const tide_run_of_rows *tide_scan_peek(tide_scan *scan)
{
    tide_run_of_rows *run = &scan->run;
    if (scan->has_run) {
        return run;
    }
    scan->has_run = true;
    int64_t row = scan->row;
    *run = (tide_run_of_rows){.begin = row, .end = row + 1, .hash = scan->hashes[row]};
    size_t column;
    run->unusable = tide_usable(scan->plan, scan->columns, row, &column) != TIDE_USABLE;
    if (run->unusable) {
        return run;
    }
    const tide_column *time = &scan->columns[scan->plan->options.time_column];
    run->day = tide_day_cache_find(&scan->days, tide_column_int64(time, row));
    for (row++; row < scan->row_count; row++) {
        /* A series' rows are in the order of time, nulls first: one comparison ends the day. */
        int64_t instant = tide_column_int64(time, row);
        if (scan->hashes[row] != run->hash || instant >= run->day.end || instant < run->day.begin ||
            tide_column_is_null(time, row) || !same_series(scan, row - 1, row)) {
            break;
        }
    }
    run->end = row;
    return run;
}

void tide_scan_take(tide_scan *scan, int64_t row_count)
{
    scan->row += row_count;
    scan->rows_taken += row_count;
    scan->run.begin = scan->row;
    scan->has_run = scan->run.begin < scan->run.end;
}

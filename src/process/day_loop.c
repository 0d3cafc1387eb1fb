/* SPDX-License-Identifier: Apache-2.0 */
#include "process/day_loop.h"

#include "base/problem.h"
#include "process/known_rows.h"
#include "process/usable.h"

static tide_counts *counts_of(tide_process *process)
{
    return &process->maker.unit.counts;
}

/* Values are read when they are first needed: most series of a re-read have nothing new. */
static tide_code load_values(tide_process *process, tide_series *series, tide_error *err)
{
    if (!series->known || series->loaded) {
        return TIDE_OK;
    }
    series->loaded = true;
    return tide_group_read_values(&process->group, process->join.held_columns, process->state_row,
                                  err);
}

static void count_changed(tide_process *process, tide_series *series)
{
    tide_counts *counts = counts_of(process);
    counts->unmatched += series->old_rows;
    counts->seen += series->own_rows;
    if (series->rows < series->stored_rows) {
        counts->gone_or_changed_series++;
        return;
    }
    counts->late_or_changed_series++;
    if (process->plan->options.late == TIDE_PROCESS_LATE_FAIL) {
        counts->failed_series++;
        series->failed = true;
    }
}

/* All rows up to last_day are summed: are they the ones that the state knows? */
static tide_code compare_old_days(tide_process *process, tide_series *series, tide_error *err)
{
    if (!series->known || series->compared) {
        return TIDE_OK;
    }
    series->compared = true;
    if (process->plan->options.by_marks) {
        tide_known_rows_end(process, series);
        return series->unwritten ? load_values(process, series, err) : TIDE_OK;
    }
    if (series->rows == series->stored_rows &&
        tide_digest_equal(series->digest, series->stored_digest)) {
        counts_of(process)->seen += series->old_rows + series->own_rows;
        return TIDE_OK;
    }
    count_changed(process, series);
    if (series->failed) {
        return TIDE_OK;
    }
    series->unwritten = true;
    return load_values(process, series, err);
}

/* Where the rows of a new day go. */
static tide_gather *gather_of(tide_process *process, const tide_series *series, int32_t day)
{
    return tide_series_rebuilds(series, day) ? &process->rebuild.gather : &process->gather;
}

static void end_day(tide_process *process, tide_series *series)
{
    series->rows += series->day_rows;
    tide_digest_add(&series->digest, series->day_digest);
    series->last_day = series->day;
    series->day_is_open = false;
    series->unwritten = true;
    tide_gather_end_day(gather_of(process, series, series->day));
    if (tide_series_rebuilds(series, series->day)) {
        series->has_previous_day = true; /* this run's own work begins after it */
        series->previous_day = series->rewound_to;
        return;
    }
    counts_of(process)->days++;
    if (!series->processed) {
        series->processed = true;
        counts_of(process)->series++;
    }
}

static tide_code end_series(tide_process *process, tide_error *err)
{
    tide_series *series = tide_group_last(&process->group);
    if (series->day_is_open) {
        end_day(process, series);
    }
    TIDE_TRY(compare_old_days(process, series, err));
    if (series->rewound && !series->processed) {
        series->last_day =
            series->rewound_to; /* the table has days that may have lost their rows */
    }
    process->series_is_open = false;
    if (!series->unwritten) {
        tide_group_drop_last(&process->group);
    }
    return TIDE_OK;
}

static tide_code begin_series(tide_process *process, const tide_run_of_rows *run, tide_error *err)
{
    const tide_column *columns = process->scan.columns;
    const uint32_t *keys = process->plan->options.series_columns;
    TIDE_TRY(tide_group_begin(&process->group, columns, run->begin, run->hash, err));
    process->series_is_open = true;
    tide_group_last(&process->group)->newest_day = run->day.day;
    TIDE_TRY(
        tide_state_join_find(&process->join, columns, keys, run->begin, &process->state_row, err));
    if (process->state_row >= 0) {
        tide_group_read_progress(&process->group, process->join.held_columns, process->state_row);
    }
    if (process->plan->options.by_marks) { /* what is not read again stays in the sum */
        tide_series *series = tide_group_last(&process->group);
        series->rows = series->stored_rows;
        series->digest = series->stored_digest;
    }
    return TIDE_OK;
}

static tide_digest sum_rows(const tide_process *process, int64_t begin, int64_t end)
{
    const tide_process_plan *plan = process->plan;
    tide_digest sum = {0, 0};
    for (int64_t row = begin; row < end; row++) {
        tide_digest_add(&sum, tide_digest_row(process->scan.columns, plan->identity_columns,
                                              plan->identity_count, row));
    }
    return sum;
}

static void take_old(tide_process *process, tide_series *series, const tide_run_of_rows *run)
{
    int64_t row_count = run->end - run->begin;
    bool own =
        series->resumed && (!series->has_previous_day || run->day.day > series->previous_day);
    *(own ? &series->own_rows : &series->old_rows) += row_count;
    series->rows += row_count;
    tide_digest_add(&series->digest, sum_rows(process, run->begin, run->end));
    tide_scan_take(&process->scan, row_count);
}

/* The day can't be had whole. The days before it are processed and committed first. */
static tide_code refuse_day(tide_process *process, tide_series *series, tide_gather *gather,
                            tide_error *err)
{
    tide_text name;
    tide_text_init(&name);
    tide_group_print_series(&process->group, process->group.count - 1, &name);
    char day[32];
    tide_format_day(series->day, day);
    (void)TIDE_FAIL(&process->failure, TIDE_E_DAY_TOO_LARGE,
                    "series %s, day %s: at least %zu bytes of rows, but max_day_bytes is %zu and "
                    "a step wants the day whole: raise max_day_bytes, and --memory if it has no "
                    "room for such days, and run again (earlier days are kept)",
                    tide_text_c(&name), day, gather->day_bytes,
                    process->plan->options.bounds.max_day_bytes);
    process->failure.side = TIDE_SIDE_PROCESS;
    tide_text_clear(&name);
    series->day_is_open = false;
    return tide_gather_drop_open_day(gather, err);
}

static tide_code open_day(tide_process *process, tide_series *series, int32_t day, tide_error *err)
{
    series->day_is_open = true;
    series->day = day;
    series->day_rows = 0;
    series->day_digest = (tide_digest){0, 0};
    return load_values(process, series, err);
}

static int64_t gathered_rows(const tide_process *process)
{
    return process->gather.row_count + process->rebuild.gather.row_count;
}

/* How much of a run goes into this batch: pieces of a day are cut at twice the batch's bound. */
static int64_t rows_to_take(const tide_process *process, const tide_run_of_rows *run)
{
    int64_t row_count = run->end - run->begin;
    int64_t room = 2 * process->plan->options.bounds.batch_rows - gathered_rows(process);
    return process->plan->whole_days || row_count < room ? row_count : room;
}

static tide_code take_new(tide_process *process, tide_series *series, const tide_run_of_rows *run,
                          tide_error *err)
{
    bool first = !series->day_is_open;
    if (first) {
        TIDE_TRY(open_day(process, series, run->day.day, err));
    }
    tide_gather *gather = gather_of(process, series, run->day.day);
    int64_t row_count = rows_to_take(process, run);
    tide_gather_range range = {
        .columns = process->scan.columns,
        .begin = run->begin,
        .end = run->begin + row_count,
        .series = (uint32_t)process->group.count - 1,
        .day = run->day.day,
        .first = first,
    };
    TIDE_TRY(tide_gather_add(gather, &range, err));
    series->day_rows += row_count;
    tide_digest_add(&series->day_digest, sum_rows(process, range.begin, range.end));
    tide_scan_take(&process->scan, row_count);
    if (process->plan->whole_days &&
        gather->day_bytes > process->plan->options.bounds.max_day_bytes) {
        return refuse_day(process, series, gather, err);
    }
    return TIDE_OK;
}

static tide_code take_run(tide_process *process, const tide_run_of_rows *run, tide_error *err)
{
    tide_series *series = tide_group_last(&process->group);
    int64_t row_count = run->end - run->begin;
    bool is_old = series->known && run->day.day <= series->last_day;
    if (run->day.end > process->plan->options.horizon &&
        (is_old || tide_series_rebuilds(series, run->day.day))) {
        tide_known_rows_go_beyond(process, run);
    }
    if (is_old && process->plan->options.by_marks) {
        return tide_known_rows_take(process, series, run, err);
    }
    if (is_old) {
        take_old(process, series, run);
        return TIDE_OK;
    }
    TIDE_TRY(compare_old_days(process, series, err));
    if (run->day.end > process->plan->options.horizon &&
        !tide_series_rebuilds(series, run->day.day)) {
        counts_of(process)->left += row_count;
        tide_known_rows_leave(process, run);
        tide_scan_take(&process->scan, row_count);
        return TIDE_OK;
    }
    if (series->failed) {
        counts_of(process)->unmatched += row_count;
        tide_scan_take(&process->scan, row_count);
        return TIDE_OK;
    }
    return take_new(process, series, run, err);
}

static bool same_series(const tide_process *process, const tide_run_of_rows *run)
{
    return run->hash == tide_group_last(&process->group)->hash &&
           tide_group_is_last(&process->group, process->scan.columns, run->begin);
}

/* Rows without a usable series or time come before all others of their series, so the one that is
 * open has ended: a unit can be closed before any of them, however many there are. */
static tide_code reject_row(tide_process *process, const tide_run_of_rows *run, bool *full,
                            tide_error *err)
{
    if (process->series_is_open && !same_series(process, run)) {
        TIDE_TRY(end_series(process, err));
    }
    *full = process->unit_is_full && tide_day_loop_is_between_days(process);
    if (*full) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_usable_reject(process->plan, process->scan.columns, run->begin,
                                &process->maker.unit.rejects, err));
    counts_of(process)->rejected++;
    tide_scan_take(&process->scan, 1);
    process->unit_is_full = process->unit_is_full || tide_unit_maker_is_full(&process->maker);
    return TIDE_OK;
}

/* Ends the series or the day that the run is no part of. */
static tide_code enter_run(tide_process *process, const tide_run_of_rows *run, tide_error *err)
{
    if (!process->series_is_open) {
        return TIDE_OK;
    }
    if (!same_series(process, run)) {
        return end_series(process, err);
    }
    tide_series *series = tide_group_last(&process->group);
    if (run->day.day < series->newest_day) {
        return TIDE_FAIL(err, TIDE_E_DEFECT, "the rows of a series are not in the order of time");
    }
    series->newest_day = run->day.day;
    if (series->day_is_open && series->day != run->day.day) {
        end_day(process, series);
    }
    return TIDE_OK;
}

static bool batch_is_full(const tide_process *process)
{
    const tide_process_bounds *bounds = &process->plan->options.bounds;
    int64_t row_count = gathered_rows(process);
    size_t byte_count = process->gather.byte_count + process->rebuild.gather.byte_count;
    if (tide_day_loop_is_between_days(process)) {
        return process->unit_is_full || row_count >= bounds->batch_rows ||
               byte_count >= bounds->batch_bytes ||
               (int64_t)process->group.count > bounds->batch_rows;
    }
    return !process->plan->whole_days &&
           (row_count >= 2 * bounds->batch_rows || byte_count >= 2 * bounds->batch_bytes);
}

/* The states before and at the hash of a series that begins. *arrived is false when there were so
 * many without rows that a unit may have to be closed on the way. */
static tide_code seek_states(tide_process *process, uint64_t hash, bool *arrived, tide_error *err)
{
    *arrived = true;
    if (process->any_hash && hash < process->sought_hash) {
        return TIDE_FAIL(err, TIDE_E_DEFECT, "the rows are not in the order of their hashes");
    }
    if (process->any_hash && hash == process->sought_hash && process->hash_is_sought) {
        return TIDE_OK;
    }
    process->any_hash = true;
    process->sought_hash = hash;
    TIDE_TRY(tide_state_join_seek(&process->join, hash, process->plan->options.bounds.batch_rows,
                                  arrived, err));
    process->hash_is_sought = *arrived;
    return TIDE_OK;
}

/* One run, or a part of it; *full when the batch has to go before. */
static tide_code step_on(tide_process *process, bool *full, tide_error *err)
{
    const tide_run_of_rows *run = tide_scan_peek(&process->scan);
    if (run->unusable) {
        return reject_row(process, run, full, err);
    }
    TIDE_TRY(enter_run(process, run, err));
    *full = batch_is_full(process);
    if (*full) {
        return TIDE_OK;
    }
    if (!process->series_is_open) {
        bool arrived = false;
        TIDE_TRY(seek_states(process, run->hash, &arrived, err));
        *full = !arrived;
        if (*full) {
            return TIDE_OK;
        }
        TIDE_TRY(begin_series(process, run, err));
    }
    return take_run(process, run, err);
}

/* A stop that leaves time finishes the unit, if it can be closed here. */
static tide_code check_cancel(tide_process *process, bool *full, tide_error *err)
{
    if (process->cancel == NULL || tide_cancel_get(process->cancel) == TIDE_RUNNING) {
        return TIDE_OK;
    }
    bool may_finish =
        tide_cancel_get(process->cancel) == TIDE_STOPPING && tide_day_loop_is_between_days(process);
    if (!may_finish) {
        return tide_cancel_check(process->cancel, err);
    }
    process->unit_is_full = true;
    *full = true;
    return TIDE_OK;
}

static tide_code pull_rows(tide_process *process, bool *full, tide_error *err)
{
    TIDE_TRY(tide_gather_flush(&process->gather, err));
    TIDE_TRY(tide_gather_flush(&process->rebuild.gather, err));
    TIDE_TRY(check_cancel(process, full, err));
    if (*full) {
        return TIDE_OK;
    }
    process->unit_is_full = tide_unit_maker_is_full(&process->maker);
    TIDE_TRY(tide_scan_pull(&process->scan, err));
    process->rows_ended = process->scan.ended;
    return TIDE_OK;
}

static tide_code finish_streams(tide_process *process, tide_error *err)
{
    if (process->series_is_open) {
        TIDE_TRY(end_series(process, err));
    }
    return tide_state_join_finish(&process->join, process->plan->options.bounds.batch_rows,
                                  &process->ended, err);
}

tide_code tide_day_loop_fill(tide_process *process, tide_error *err)
{
    bool full = false;
    while (!full && process->failure.code == TIDE_OK) {
        if (process->rows_ended) {
            return finish_streams(process, err);
        }
        if (tide_scan_has_rows(&process->scan)) {
            TIDE_TRY(step_on(process, &full, err));
        } else {
            TIDE_TRY(pull_rows(process, &full, err));
        }
    }
    return TIDE_OK;
}

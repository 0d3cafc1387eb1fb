/* SPDX-License-Identifier: Apache-2.0 */
/* Process: the rows of one partition, in order, through the steps day by day, as commit units.
 *
 *   rows   sorted by (series hash, series, time, ties), with hashes; columns of the source's layout
 *   states sorted by _hash (flow/state.h)
 *          \_ next -> unit, unit, ... -> end
 *
 * What happens to a row (its day is the local calendar date of its time):
 *
 *   null series or time             rejected
 *   day <= last_day, and rewound    rebuilt: the day goes through the steps from no state on, for
 *                                   the state alone. Its output and rejects are dropped: they are
 *                                   loaded. Its rows are summed up as the new baseline
 *   day <= last_day of its series   summed up; at the first row past last_day, or at the end of the
 *                                   series, count and digest are compared with the state's:
 *                                   equal: seen. Unequal: unmatched - but days that this very run
 *                                   processed before it was resumed are seen. Fewer rows than the
 *                                   state knows: gone_or_changed_series, which never fails. Else
 *                                   late_or_changed_series. The new sum becomes the baseline,
 * unless late: fail                      and late_or_changed: failed_series, which commits nothing.
 * Its state stays; rows of days that have ended are unmatched, too end of the day > horizon left
 *   else                            consumed: the day goes through the steps, and is done with it
 *
 * A series that has a state but no row any more counts as gone_or_changed; its baseline becomes
 * zero rows (last_day stays), so the same is not reported by every later run. Rows that come back
 * count as late_or_changed. Nothing is written for a series of which all is seen.
 *
 * The state of a rewound series is first written with its first day after last_day, or at its end:
 * so a run that ends in between finds it rewound, and rebuilds it from the beginning.
 *
 * Units close between days, at rows, bytes (those of rejects, too) or seconds. A unit holds whole
 * days, so its memory is bounded by the unit's bounds plus one batch plus one day's output; a batch
 * holds whole days, too, up to twice batch_rows, beyond which a day comes to the steps in pieces
 * (or, for steps that want whole days, up to max_day_bytes of rows as decoded, before any step;
 * more is bad_data). In a unit: the last state of exactly the series that moved on in it, and
 * counts that add up to the rows taken from the stream. A unit may have counts only
 * (tide_unit_has_content is false): nothing is to be committed, but its counts are to be added.
 *
 * With by_marks (only what is new is read: a cursor, or a registry of files) rows of days up to
 * last_day are not summed but told apart one by one: those that an earlier complete run has read,
 * and this run's own, are seen, others are late. Late rows are in late_rows (late: report), only
 * counted (drop), or the series commits nothing (fail). A state without rows means nothing then.
 *
 * counts.read and discarded stay 0: who reads knows them.
 *
 * One process per worker and partition; the plan is shared. No state outside of it.
 */
#ifndef TIDE_PROCESS_PROCESS_H
#define TIDE_PROCESS_PROCESS_H

#include "flow/unit.h"
#include "process/plan.h"

typedef struct tide_process tide_process;

typedef struct tide_process_inputs {
    tide_stream *rows;       /* borrowed until close */
    tide_stream *states;     /* likewise; NULL: no series has a state (replace) */
    const char *unit_prefix; /* copied. Units are "PREFIX/1", "PREFIX/2", ...: a resume of the same
                                run needs another prefix, as their rows are not the same */
    tide_shelf_maker *shelves; /* borrowed; for late rows of a unit; NULL: all stay in memory */
    tide_cancel *cancel;       /* borrowed; may be NULL. STOPPING ends with the unit in flight where
                                  a day ends, STOP_NOW at once */
} tide_process_inputs;

TIDE_MUST_CHECK tide_code tide_process_open(const tide_process_plan *plan,
                                            const tide_process_inputs *inputs,
                                            tide_process **process, tide_error *err);
/* Moves the next unit to *unit (any content is overwritten), or says *has_unit = false at the end.
 * After a failure the unit that was being made is gone, and only close may follow: earlier ones
 * stand. */
TIDE_MUST_CHECK tide_code tide_process_next(tide_process *process, tide_unit *unit, bool *has_unit,
                                            tide_error *err);
void tide_process_close(tide_process *process);

/* Rows taken from the stream so far. */
int64_t tide_process_rows_taken(const tide_process *process);

#endif

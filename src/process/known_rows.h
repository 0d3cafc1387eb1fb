/* SPDX-License-Identifier: Apache-2.0 */
/* Known rows: with a cursor or a registry of files, a row of a day that was processed before is
 * seen when an earlier complete run has read it, and late when none has. Late rows are known one by
 * one.
 *
 * All late rows of a series are committed in one unit, with its state: a resume finds the state and
 * takes them as its own work. Many go by way of the disk. */
#ifndef TIDE_PROCESS_KNOWN_ROWS_H
#define TIDE_PROCESS_KNOWN_ROWS_H

#include "process/day_loop.h"

/* Takes a run of rows of a day up to last_day. */
TIDE_MUST_CHECK tide_code tide_known_rows_take(tide_process *process, tide_series *series,
                                               const tide_run_of_rows *run, tide_error *err);
/* All rows up to last_day are taken: counts the series when there were late ones among them. */
void tide_known_rows_end(tide_process *process, tide_series *series);
/* Notes where rows are that lie beyond the horizon, and are not left all the same. */
void tide_known_rows_go_beyond(tide_process *process, const tide_run_of_rows *run);
/* Notes where rows are that are left for a later run. */
void tide_known_rows_leave(tide_process *process, const tide_run_of_rows *run);

#endif

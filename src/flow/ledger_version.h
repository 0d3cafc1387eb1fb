/* SPDX-License-Identifier: Apache-2.0 */
/* Ledger version: of the layout of what the engine keeps beside the output - runs, markers, marks,
 * leases, states, fingerprints - so that a program meets what another version has written
 * knowingly.
 *
 *   1  no `tidemill_ledger`, which holds the number; perhaps no `tidemill_marks`; rejects without
 *      `run` and `undone`
 *   2  marks and plans that say less than now: marks of files not up to which horizon days were
 *      processed, nor perhaps from where on the file was read; marks and plans of a cursor
 *      perhaps not by which field; plans not which rows of a file had been left, nor perhaps by
 *      which mode
 *   3  as now
 *
 * Marks and plans are texts of columns that are as they were: nothing is rewritten from 2 to 3, and
 * what they do not say is taken for not known. The number keeps programs that know 2 at most from
 * them: those call such marks damaged, or go on from such a plan and take for seen what was left.
 *
 * Older layouts are brought up to date by begin, in the transaction that creates what is missing;
 * until then they are read as they are. Newer ones are refused, and nothing is changed. Whoever
 * changes a layout - what a mark or a plan says belongs to it - raises the number, and adds to the
 * table above and to both kinds of sinks what brings the last one up to date.
 */
#ifndef TIDE_FLOW_LEDGER_VERSION_H
#define TIDE_FLOW_LEDGER_VERSION_H

#include <stdint.h>

#include "base/error.h"

#define TIDE_LEDGER_VERSION 3
#define TIDE_LEDGER_VERSION_TEXT "3"

/* found: what tidemill_ledger says; 1 where it does not exist. */
TIDE_MUST_CHECK tide_code tide_ledger_version_check(int64_t found, tide_error *err);

#endif

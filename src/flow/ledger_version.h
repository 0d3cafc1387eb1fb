/* SPDX-License-Identifier: Apache-2.0 */
/* Ledger version: of the layout of what the engine keeps beside the output - runs, markers, marks,
 * leases, states, fingerprints - so that a program meets what another version has written
 * knowingly.
 *
 *   1  no `tidemill_ledger`, which holds the number; perhaps no `tidemill_marks`; rejects without
 *      `run` and `undone`
 *   2  as now
 *
 * Older layouts are brought up to date by begin, in the transaction that creates what is missing;
 * until then they are read as they are. Newer ones are refused, and nothing is changed. Whoever
 * changes a layout raises the number, and adds to the table above and to both kinds of sinks what
 * brings the last one up to date.
 */
#ifndef TIDE_FLOW_LEDGER_VERSION_H
#define TIDE_FLOW_LEDGER_VERSION_H

#include <stdint.h>

#include "base/error.h"

#define TIDE_LEDGER_VERSION 2
#define TIDE_LEDGER_VERSION_TEXT "2"

/* found: what tidemill_ledger says; 1 where it does not exist. */
TIDE_MUST_CHECK tide_code tide_ledger_version_check(int64_t found, tide_error *err);

#endif

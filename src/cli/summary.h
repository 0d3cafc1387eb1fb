/* SPDX-License-Identifier: Apache-2.0 */
/* Summary: the last lines of a run. */
#ifndef TIDE_CLI_SUMMARY_H
#define TIDE_CLI_SUMMARY_H

#include "run/run.h"

/* For people: days and series done, the row balance, rates per stage, memory, CPU, what to type
 * next. `outcome` is the run's error, or empty when it ended well. */
void tide_print_summary(const tide_pipeline *pipeline, const tide_run_result *result,
                        const tide_error *outcome, const char *project_path, tide_text *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Summary: the last lines of a run, for people. */
#ifndef TIDE_CLI_SUMMARY_H
#define TIDE_CLI_SUMMARY_H

#include "run/jobs.h"

/* Nothing when the run failed before it had a number. A project_path: with what to type next. */
void tide_print_summary(const tide_pipeline *pipeline, const tide_run_result *result,
                        const tide_error *outcome, const char *project_path, tide_text *out);

/* job_table.c: all pipelines of one call, a line each, why some failed, and what to type next.
 * `micros` is how long all of them took together. */
void tide_print_job_table(const tide_job *jobs, size_t count, int64_t micros,
                          const char *project_path, tide_text *out);

#endif

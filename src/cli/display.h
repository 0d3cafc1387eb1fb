/* SPDX-License-Identifier: Apache-2.0 */
/* Display: the progress of running pipelines. On a terminal one block, after 2 s, at most 5
 * redraws a second and only when something changed; elsewhere a plain line each 30 s. With several
 * pipelines a line about all comes first, and those that are running follow. */
#ifndef TIDE_CLI_DISPLAY_H
#define TIDE_CLI_DISPLAY_H

#include "base/text.h"
#include "cli/log_file.h"
#include "run/jobs.h"

typedef struct tide_display {
    const tide_job *jobs; /* borrowed */
    size_t job_count;
    bool quiet;
    bool terminal;
    const tide_log_file *log; /* borrowed, may be NULL */
    int64_t log_due;          /* monotonic */
    size_t drawn_lines;       /* of the block on the terminal */
    tide_text last;           /* what was drawn */
    tide_thread thread;
    tide_mutex lock;
    tide_condition wake;
    bool stopping;
} tide_display;

/* Draws to standard error, unless it is quiet or the log goes there. The log (may be NULL) is told
 * of the progress of each running pipeline every 30 s. A display that can't start is silent. */
void tide_display_start(tide_display *display, const tide_job *jobs, size_t job_count, bool quiet,
                        const tide_log_file *log);
/* Removes the block. */
void tide_display_stop(tide_display *display);

#endif

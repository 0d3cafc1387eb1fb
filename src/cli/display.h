/* SPDX-License-Identifier: Apache-2.0 */
/* Display: the progress of running pipelines. On a terminal one block, after 2 s, at most 5
 * redraws a second and only when something changed; elsewhere a plain line each 30 s. */
#ifndef TIDE_CLI_DISPLAY_H
#define TIDE_CLI_DISPLAY_H

#include "base/text.h"
#include "run/metrics.h"
#include "run/progress.h"

typedef struct tide_display_line {
    const char *pipeline;          /* borrowed */
    const tide_progress *progress; /* borrowed */
} tide_display_line;

typedef struct tide_display {
    tide_display_line *lines; /* borrowed */
    size_t line_count;
    bool quiet;
    bool terminal;
    size_t drawn_lines; /* of the block on the terminal */
    tide_text last;     /* what was drawn */
    tide_thread thread;
    tide_mutex lock;
    tide_condition wake;
    bool stopping;
} tide_display;

/* Draws to standard error. A display that can't start is silent. */
void tide_display_start(tide_display *display, tide_display_line *lines, size_t line_count,
                        bool quiet);
/* Removes the block. */
void tide_display_stop(tide_display *display);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Dismissing rejects: shows which, asks, keeps a copy where it is wanted, and forgets exactly those
 * that it has shown. */
#ifndef TIDE_CLI_REJECTS_DISMISS_H
#define TIDE_CLI_REJECTS_DISMISS_H

#include "cli/command.h"
#include "cli/rejects_filter.h"

typedef struct tide_dismiss_options {
    const tide_rejects_filter *filter;
    const char *export; /* a file that gets them before they go; NULL: none */
    bool yes;           /* don't ask */
} tide_dismiss_options;

/* The exit code. */
int tide_rejects_dismiss(const tide_cli *cli, const tide_dismiss_options *options,
                         tide_pipeline *pipeline);

#endif

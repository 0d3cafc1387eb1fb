/* SPDX-License-Identifier: Apache-2.0 */
/* Filter: which rejects are meant, by the options that all of `tidemill rejects` share. */
#ifndef TIDE_CLI_REJECTS_FILTER_H
#define TIDE_CLI_REJECTS_FILTER_H

#include "run/run.h"

typedef struct tide_rejects_filter {
    tide_reject_query query;
    int64_t before_run;                       /* last found by an earlier run than this; 0: any */
    const char *sqlstate, *column, *position; /* NULL: any */
} tide_rejects_filter;

enum {
    TIDE_OPTION_STAGE = 512,
    TIDE_OPTION_SINCE,
    TIDE_OPTION_BEFORE,
    TIDE_OPTION_SQLSTATE,
    TIDE_OPTION_COLUMN,
    TIDE_OPTION_POSITION
};

#define TIDE_REJECTS_FILTERS                                         \
    {"stage", required_argument, NULL, TIDE_OPTION_STAGE},           \
        {"since", required_argument, NULL, TIDE_OPTION_SINCE},       \
        {"before", required_argument, NULL, TIDE_OPTION_BEFORE},     \
        {"sqlstate", required_argument, NULL, TIDE_OPTION_SQLSTATE}, \
        {"column", required_argument, NULL, TIDE_OPTION_COLUMN},     \
    {                                                                \
        "position", required_argument, NULL, TIDE_OPTION_POSITION    \
    }

/* False when the option is none of these; *problem is what is wrong with its argument, or NULL. */
bool tide_rejects_filter_take(tide_rejects_filter *filter, int option, const char **problem);
bool tide_rejects_filter_is_set(const tide_rejects_filter *filter);
bool tide_rejects_filter_wants(const tide_rejects_filter *filter, const tide_kept_reject *kept);

#endif

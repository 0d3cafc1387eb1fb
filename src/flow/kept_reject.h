/* SPDX-License-Identifier: Apache-2.0 */
/* Kept rejects: the rows of <table>_rejects, read back - to be shown, exported or loaded again. */
#ifndef TIDE_FLOW_KEPT_REJECT_H
#define TIDE_FLOW_KEPT_REJECT_H

#include "record/reject.h"

typedef struct tide_reject_query {
    const char *stage; /* "decode", "step", "load"; NULL: all */
    int64_t since_run; /* found by this run or a later one; 0: whenever */
    bool committed;    /* not the undone ones */
} tide_reject_query;

typedef struct tide_kept_reject {
    tide_reject reject; /* its strings live during the visit */
    int64_t run;        /* the last one that found it; 0: not known, from an earlier version */
    bool undone;        /* its unit was rolled back, so the next run takes the row again. Else the
                           rest of the unit is loaded, and nobody will take this row again */
} tide_kept_reject;

typedef tide_code (*tide_reject_visitor)(void *context, const tide_kept_reject *kept,
                                         tide_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Summary of a pipeline's rejects: how many there are of each kind, with an example.
 *
 * A kind is stage, step, column, SQLSTATE and reason, whose numbers and quoted values are left out:
 *
 *   `12x` is not a number     `...` is not a number
 *   no negative 17            no negative N
 *   0xc4 is not in "LATIN1"   N is not in "LATIN1"
 */
#ifndef TIDE_CLI_REJECTS_SUMMARY_H
#define TIDE_CLI_REJECTS_SUMMARY_H

#include "run/run.h"

typedef struct tide_reject_kind tide_reject_kind;

typedef struct tide_rejects_summary {
    tide_reject_kind *kinds; /* owned */
    size_t kind_count, kind_capacity;
    tide_arena arena;
    int64_t count;
    int64_t undone;    /* of them: the next run takes them again */
    int64_t retriable; /* of them: of loading, and not undone */
    tide_text pattern; /* scratch */
} tide_rejects_summary;

void tide_rejects_summary_init(tide_rejects_summary *summary);
void tide_rejects_summary_clear(tide_rejects_summary *summary);
TIDE_MUST_CHECK tide_code tide_rejects_summary_add(tide_rejects_summary *summary,
                                                   const tide_kept_reject *kept, tide_error *err);
/* Most frequent kinds first. For people; `project_path` as it is typed, for what to do next. */
void tide_rejects_summary_print(tide_rejects_summary *summary, const tide_pipeline *pipeline,
                                const char *project_path, tide_text *out);
void tide_rejects_summary_print_json(tide_rejects_summary *summary, const tide_pipeline *pipeline,
                                     tide_text *out);

#endif

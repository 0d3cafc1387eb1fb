/* SPDX-License-Identifier: Apache-2.0 */
/* Run plan: what is fixed before the first split opens, kept in the run's row as JSON so that a
 * resume keeps it: the horizon and the members (concrete indices or files). */
#ifndef TIDE_RUN_RUN_PLAN_H
#define TIDE_RUN_RUN_PLAN_H

#include "flow/source.h"

typedef struct tide_run_plan {
    tide_arena arena;
    int64_t horizon; /* instant; INT64_MAX without a series */
    bool by_marks;   /* rows of processed days are known, or late, by what marks say; not by sums */
    bool replaces;   /* by mode replace: the run has nothing but what is staged */
    bool covers_rows; /* by mode replace or merge: those of an append that had not ended are in the
                         table, until this run replaces them, or has read them, too */
    bool knows_mode;  /* plans of before do not say by which mode */
    const char *fingerprint; /* of the pipeline that planned it; NULL in plans of before */
    bool keeps_registry, appends_again, stages; /* which no fingerprint knows */
    bool knows_stages; /* plans of before do not say whether rows are staged */
    bool has_cursor;
    int64_t cursor_low, cursor_high; /* what is read: [low, high); INT64_MIN: from the beginning */
    int64_t cursor_known;            /* below, an earlier complete run has read */
    const char *cursor_field;        /* in the arena; NULL in plans of before */
    tide_member *members;
    size_t member_count;
    tide_read_mark_list marks; /* of files that need no reading, but are elsewhere now */
} tide_run_plan;

void tide_run_plan_init(tide_run_plan *plan);
void tide_run_plan_clear(tide_run_plan *plan);
/* As JSON, with the members of a source's plan. */
void tide_run_plan_print(const tide_run_plan *plan, const tide_source_plan *source, tide_text *out);
TIDE_MUST_CHECK tide_code tide_run_plan_parse(tide_run_plan *plan, const char *json,
                                              tide_error *err);

#endif

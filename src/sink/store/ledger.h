/* SPDX-License-Identifier: Apache-2.0 */
/* Ledger: the engine's own tables beside the output.
 *
 *   tidemill_pipelines  one row per pipeline: its table, mode and key, the fingerprint of what
 *                       wrote it, and the identity of that table
 *   tidemill_runs       one row per run: status, plan, record
 *   tidemill_units      markers: one row per committed unit of the open run, with what it did
 *   tidemill_marks      how far complete runs have read: one row per file, or one of a cursor
 *
 * All functions but the readers are called inside a transaction that has the write lock.
 */
#ifndef TIDE_SINK_STORE_LEDGER_H
#define TIDE_SINK_STORE_LEDGER_H

#include "flow/sink.h"
#include "sink/store/db.h"

TIDE_MUST_CHECK tide_code tide_ledger_create(tide_db *db, tide_error *err);
/* Refuses what a later version has written (flow/ledger_version.h). */
TIDE_MUST_CHECK tide_code tide_ledger_check_version(tide_db *db, tide_error *err);

/* Newest first, at most limit; none when there is no such table yet. */
TIDE_MUST_CHECK tide_code tide_ledger_read_runs(tide_db *db, const char *pipeline, size_t limit,
                                                tide_run_row *rows, size_t *count, tide_error *err);
/* Inserts the run, or updates status, end, plan and record of the one that is there. */
TIDE_MUST_CHECK tide_code tide_ledger_write_run(tide_db *db, const char *pipeline,
                                                const tide_run_row *run, tide_error *err);
/* Earlier runs that did not end are abandoned, and their markers go: a newer run begins. */
TIDE_MUST_CHECK tide_code tide_ledger_close_runs_before(tide_db *db, const char *pipeline,
                                                        int64_t run, tide_error *err);

/* A marker with what its unit did. */
typedef struct tide_marker {
    int64_t emitted; /* rows of the unit: tells a repeated unit from another one of the same name */
    int64_t rejected; /* in the unit and refused */
    tide_load_result result;
} tide_marker;

/* Inserts the marker with zero results. *exists: it was there already, and *marker is what it says.
 */
TIDE_MUST_CHECK tide_code tide_ledger_insert_marker(tide_db *db, const char *pipeline, int64_t run,
                                                    const char *unit, tide_marker *marker,
                                                    bool *exists, tide_error *err);
TIDE_MUST_CHECK tide_code tide_ledger_update_marker(tide_db *db, const char *pipeline, int64_t run,
                                                    const char *unit, const tide_marker *marker,
                                                    tide_error *err);
TIDE_MUST_CHECK tide_code tide_ledger_read_marker(tide_db *db, const char *pipeline, int64_t run,
                                                  const char *unit, tide_marker *marker,
                                                  bool *exists, tide_error *err);
/* Names, sorted; owned by the arena. */
TIDE_MUST_CHECK tide_code tide_ledger_read_units(tide_db *db, const char *pipeline, int64_t run,
                                                 tide_arena *arena, const char ***names,
                                                 size_t *count, tide_error *err);
TIDE_MUST_CHECK tide_code tide_ledger_count_rejects(tide_db *db, const char *pipeline, int64_t run,
                                                    int64_t *count, tide_error *err);
/* Fills unit_count and unit_rows of the facts: units of the run that has not ended. */
TIDE_MUST_CHECK tide_code tide_ledger_sum_units(tide_db *db, const char *pipeline,
                                                tide_sink_facts *facts, tide_error *err);
/* After accept: what units have loaded may be gone. */
TIDE_MUST_CHECK tide_code tide_ledger_forget_unit_rows(tide_db *db, const char *pipeline,
                                                       tide_error *err);
/* How far complete runs have read: flow/read_mark.h. */
TIDE_MUST_CHECK tide_code tide_ledger_read_marks(tide_db *db, const char *pipeline,
                                                 tide_read_mark_list *marks, tide_error *err);
TIDE_MUST_CHECK tide_code tide_ledger_write_marks(tide_db *db, const char *pipeline,
                                                  const tide_run_row *run, tide_error *err);
TIDE_MUST_CHECK tide_code tide_ledger_forget_marks(tide_db *db, const char *pipeline,
                                                   tide_error *err);
/* That no mark knows of them is not told any more (TIDE_UNACCOUNTED_MARK). */
TIDE_MUST_CHECK tide_code tide_ledger_accept_rows(tide_db *db, const char *pipeline,
                                                  tide_error *err);

TIDE_MUST_CHECK tide_code tide_ledger_drop_markers(tide_db *db, const char *pipeline,
                                                   tide_error *err);

/* What is kept of the pipeline; strings are owned, NULL when there is none. */
typedef struct tide_pipeline_row {
    char *fingerprint;
    char *fingerprint_text;
    char *table_identity;
    char *swap;  /* CSV: a directory that replace is about to swap in */
    char *table; /* that what is committed belongs to, whatever the project file names by now */
} tide_pipeline_row;
void tide_pipeline_row_clear(tide_pipeline_row *row);
/* All NULL when there is none yet. */
TIDE_MUST_CHECK tide_code tide_ledger_read_pipeline(tide_db *db, const char *pipeline,
                                                    tide_pipeline_row *row, tide_error *err);
TIDE_MUST_CHECK tide_code tide_ledger_write_pipeline(tide_db *db, const tide_target *target,
                                                     const char *table_identity, tide_error *err);
TIDE_MUST_CHECK tide_code tide_ledger_write_swap(tide_db *db, const char *pipeline,
                                                 const char *swap, tide_error *err);
TIDE_MUST_CHECK tide_code tide_ledger_forget_pipeline(tide_db *db, const char *pipeline,
                                                      tide_error *err);
/* Of each pipeline that has written here; borrowed. */
typedef struct tide_ledger_pipeline {
    const char *pipeline;
    const char *table;
    const char *swap; /* as above */
} tide_ledger_pipeline;
typedef tide_code (*tide_ledger_visit_pipeline)(void *context, const tide_ledger_pipeline *row,
                                                tide_error *err);
/* By name; visit must not change the ledger. */
TIDE_MUST_CHECK tide_code tide_ledger_visit_pipelines(tide_db *db, tide_ledger_visit_pipeline visit,
                                                      void *context, tide_error *err);
/* Appends a line to problems when another pipeline writes the same table and the two are not merges
 * with the same key. */
TIDE_MUST_CHECK tide_code tide_ledger_find_rivals(tide_db *db, const tide_target *target,
                                                  tide_text *problems, tide_error *err);

#endif

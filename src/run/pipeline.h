/* SPDX-License-Identifier: Apache-2.0 */
/* Pipeline: a pipeline of the project, bound - its columns typed, its expressions and scripts
 * compiled, its layouts fixed. Nothing is opened but step files.
 *
 * After binding everything is read-only but `process.options.horizon`, `.run` and `.members`, which
 * the run sets before its workers start.
 */
#ifndef TIDE_RUN_PIPELINE_H
#define TIDE_RUN_PIPELINE_H

#include "process/plan.h"
#include "run/project.h"

/* How rows travel from the readers to the sink. */
typedef enum tide_route {
    TIDE_ROUTE_ORDERED = 0, /* series: shuffle by series, day loop */
    TIDE_ROUTE_REDUCED,     /* merge, or replace with key, without series: shuffle by key, reduce */
    TIDE_ROUTE_STREAMED,    /* straight through */
    TIDE_ROUTE_DISCARDED    /* decoded, counted, thrown away */
} tide_route;

typedef struct tide_pipeline {
    tide_arena arena;
    const tide_project *project;
    const tide_pipeline_config *config;
    tide_route route;
    bool has_cursor;
    size_t cursor_column; /* into the layout */
    bool keeps_registry;  /* of files that are read; else every run reads all */
    tide_zone *zone;
    tide_zone **column_zones; /* per column, NULL where none */
    tide_column_spec *specs;
    size_t spec_count; /* those whose default_value is set are to be cleared */
    tide_source_layout layout;
    uint32_t *series_columns; /* into the layout */
    size_t series_count;
    size_t time_column; /* or TIDE_NO_FIELD */
    uint32_t *tie_columns;
    size_t tie_count;
    tide_schema
        declared; /* the declared columns: rows before the first step, and of <table>_late */
    tide_step *steps;
    size_t step_count;
    tide_output_item *output_items;
    size_t output_count;
    const char **key;
    tide_process_plan process;
    size_t newest_column; /* into process.output, or TIDE_NO_FIELD */
    char fingerprint[33];
    tide_text fingerprint_text;
    tide_target target; /* for the sink; cancel is set by the run */
} tide_pipeline;

/* Findings go to the diagnostics; bad_config when there are any. The pipeline is to be cleared in
 * either case. project and config are borrowed for its life. */
TIDE_MUST_CHECK tide_code tide_pipeline_bind(tide_pipeline *pipeline, const tide_project *project,
                                             const tide_pipeline_config *config,
                                             tide_diagnostics *diagnostics, tide_error *err);
void tide_pipeline_clear(tide_pipeline *pipeline);

/* src/run/bind_columns.c, bind_steps.c, fingerprint.c: the parts of binding. */
typedef struct tide_binder {
    tide_pipeline *pipeline;
    tide_diagnostics *diagnostics;
} tide_binder;
/* Each is false after findings that leave nothing to go on with. */
bool tide_bind_columns(tide_binder *binder);
bool tide_bind_steps(tide_binder *binder);
/* src/run/bind_mask.c: the mask of one column, and whether series, time and key can bear theirs. */
void tide_bind_mask(tide_binder *binder, const tide_column_config *config, tide_column_spec *spec);
void tide_check_masked_roles(tide_binder *binder);
/* Begins the part of a fingerprint that tells keys apart; the column follows. */
#define TIDE_MASK_KEY_PART "mask key of column"
/* A line for each column that holds in clear what another one masks. */
void tide_note_masks(const tide_pipeline *pipeline, tide_text *notes);
TIDE_MUST_CHECK tide_code tide_bind_fingerprint(tide_pipeline *pipeline, tide_error *err);
/* A failure of another room as a finding at a place of the project file. */
void tide_bind_note(tide_binder *binder, tide_mark mark, tide_error *err);
void *tide_bind_alloc(tide_binder *binder, size_t count, size_t bytes_each);
/* The column's index; else a finding with the nearest name, and TIDE_NO_FIELD. */
size_t tide_bind_find(tide_binder *binder, tide_mark mark, const tide_schema *schema,
                      const char *what, const char *name);

#endif

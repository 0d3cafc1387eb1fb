/* SPDX-License-Identifier: Apache-2.0 */
/* tidemill: the C API. How everything else uses the core, in process.
 *
 * Two ways to use it:
 *
 *   whole      tidemill_project_open -> tidemill_pipeline_open -> tidemill_run
 *
 *   by stages  (an engine like Spark in between: it reads splits in its tasks, shuffles rows by
 *              series, and processes each of its partitions)
 *              tidemill_plan_create -> tidemill_read_split ... -> tidemill_process_open/next ...
 *              -> tidemill_load_open/unit/finish
 *
 * The library is a guest: it never exits or prints, installs no signal handler, changes no
 * environment, locale or working directory. Out of memory is an error like any other.
 *
 * Data crosses as Arrow C Data / C Stream structures (https://arrow.apache.org). `Moved` ones
 * belong to the library from the call on, also when it fails; `owned` ones are the caller's to
 * release.
 *
 * Threads: a project may be shared. A pipeline, plan, process or load belongs to one thread at a
 * time; different ones work in parallel, also of the same project. Streams of different splits of
 * one plan may be read in parallel.
 *
 * Functions return TIDEMILL_OK or a code, and fill *err (never NULL) on failure. Structs with a
 * first member `struct_bytes` may grow: set it to their size.
 */
#ifndef TIDEMILL_H
#define TIDEMILL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TIDEMILL_API __attribute__((visibility("default")))

/* The Arrow C Data and Stream interfaces, unless already declared (the guards are Arrow's own). */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4
struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};
struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};
#endif
#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE
struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};
#endif

/* What the caller does next. */
typedef enum tidemill_code {
    TIDEMILL_OK = 0,
    TIDEMILL_BAD_CONFIG = 1,
    TIDEMILL_BAD_DATA = 2,
    TIDEMILL_IO = 3,
    TIDEMILL_REMOTE = 4,
    TIDEMILL_REMOTE_RETRY = 5, /* failed in passing: read the split anew, as its next attempt */
    TIDEMILL_OVER_BUDGET = 6,
    TIDEMILL_OUT_OF_MEMORY = 7,
    TIDEMILL_CANCELLED = 8,
    TIDEMILL_OVER_REJECTS = 9,
    TIDEMILL_USER_CODE = 10,
    TIDEMILL_FENCED = 11, /* another run has taken over: touch nothing */
    TIDEMILL_STATE_CONFLICT = 12
} tidemill_code;

typedef struct tidemill_error {
    tidemill_code code;
    char message[2048]; /* a sentence: what, where, what to do; terminated */
} tidemill_error;

/* "0.1.0" */
TIDEMILL_API const char *tidemill_version(void);

/* --- project and pipelines ---------------------------------------------------------------- */

typedef struct tidemill_project tidemill_project;
typedef struct tidemill_pipeline tidemill_pipeline;

/* Reads a project file. On bad_config the message holds all findings, a line each, as
 * file:line:column. */
TIDEMILL_API tidemill_code tidemill_project_open(const char *path, tidemill_project **project,
                                                 tidemill_error *err);
TIDEMILL_API void tidemill_project_close(tidemill_project *project);
TIDEMILL_API size_t tidemill_project_pipeline_count(const tidemill_project *project);
/* Borrowed until the project is closed; NULL past the end. */
TIDEMILL_API const char *tidemill_project_pipeline_name(const tidemill_project *project, size_t i);

/* Types the columns and compiles expressions and scripts; connects to nothing. The project must
 * outlive it. */
TIDEMILL_API tidemill_code tidemill_pipeline_open(const tidemill_project *project, const char *name,
                                                  tidemill_pipeline **pipeline,
                                                  tidemill_error *err);
TIDEMILL_API void tidemill_pipeline_close(tidemill_pipeline *pipeline);

/* --- the whole ---------------------------------------------------------------------------- */

typedef struct tidemill_progress {
    const char *stage; /* static: "planning", "reading", "sorting", "processing", ... */
    int64_t rows_read, rows_expected; /* expected 0: unknown */
    int64_t bytes_read;
    int64_t rows_loaded;
    int64_t days_done;
} tidemill_progress;

typedef struct tidemill_run_options {
    size_t struct_bytes;
    unsigned worker_count; /* 0 = cores */
    int64_t memory_bytes;  /* 0 = a quarter of what the process may use; else at least 32 MB */
    const char *spill_directory; /* NULL = $TMPDIR or /tmp */
    int fresh;                   /* close an unfinished run as abandoned */
    /* Called some 5 times a second, by a thread of the library; anything but 0 cancels the run. */
    int (*on_progress)(void *context, const tidemill_progress *progress);
    void *context;
} tidemill_run_options;

/* Runs, or resumes. *record is the run's record as JSON, owned (tidemill_free), also after most
 * failures; else NULL. options may be NULL. */
TIDEMILL_API tidemill_code tidemill_run(tidemill_pipeline *pipeline,
                                        const tidemill_run_options *options, char **record,
                                        tidemill_error *err);
TIDEMILL_API void tidemill_free(char *string);

/* --- by stages: plan and read ------------------------------------------------------------- */

typedef struct tidemill_plan tidemill_plan;

/* Fixes the horizon and the indices or files. With `json` (of another process' plan) exactly those
 * are used, each checked: one that is gone or changed is bad_data. The pipeline must outlive it. */
TIDEMILL_API tidemill_code tidemill_plan_create(tidemill_pipeline *pipeline, const char *json,
                                                tidemill_plan **plan, tidemill_error *err);
TIDEMILL_API void tidemill_plan_destroy(tidemill_plan *plan);
/* For other processes; borrowed until the plan is destroyed. */
TIDEMILL_API const char *tidemill_plan_json(const tidemill_plan *plan);
TIDEMILL_API size_t tidemill_plan_split_count(const tidemill_plan *plan);

typedef struct tidemill_split {
    const char *name;              /* borrowed */
    int64_t row_count, byte_count; /* estimates, 0 = unknown */
    uint32_t snapshot; /* not 0: when a split of this number loses its snapshot, all start anew */
} tidemill_split;
TIDEMILL_API tidemill_code tidemill_plan_split(const tidemill_plan *plan, size_t i,
                                               tidemill_split *split, tidemill_error *err);

/* The rows of a split: the pipeline's columns, then the hidden ones that order rows and name
 * rejects ($source, $id or $position; keep them). get_next fails with EAGAIN when the attempt
 * failed in passing: throw its rows away and read the split anew with attempt + 1. Rows that can't
 * be decoded are left out; after the end tidemill_split_rejects gives them. *out is owned; the plan
 * must outlive it. attempt counts from 1. */
TIDEMILL_API tidemill_code tidemill_read_split(tidemill_plan *plan, size_t split, uint32_t attempt,
                                               struct ArrowArrayStream *out, tidemill_error *err);

/* Rejects are rows of texts: stage, step, position, column, reason, sqlstate, values (a JSON
 * object). Both structures are owned. Of a stream that tidemill_read_split made, before its
 * release. */
TIDEMILL_API tidemill_code tidemill_split_rejects(struct ArrowArrayStream *stream,
                                                  struct ArrowSchema *schema,
                                                  struct ArrowArray *rejects, tidemill_error *err);

/* --- by stages: process ------------------------------------------------------------------- */

typedef struct tidemill_process tidemill_process;
typedef struct tidemill_unit tidemill_unit;

typedef struct tidemill_counts {
    int64_t consumed, seen, late, unmatched, left, rejected, emitted;
    int64_t series, days;
    int64_t rebuilt; /* of rewound series: run for the state alone */
} tidemill_counts;

typedef struct tidemill_process_options {
    size_t struct_bytes;
    int64_t run;                 /* number of the run */
    const char *unit_prefix;     /* of unit names: unique for each partition and attempt of it */
    int64_t memory_bytes;        /* for sorting; beyond it rows spill. 0 = 256 MB */
    const char *spill_directory; /* NULL = $TMPDIR or /tmp */
} tidemill_process_options;

/* Takes all rows of some series (of a partition) in any order, sorts them, and runs them through
 * the steps day by day. rows: as tidemill_read_split gives them; states: rows of the state table of
 * (at least) these series sorted by _hash, or NULL for none. Both are moved. The pipeline must have
 * a series. The rows are read here; units are made by _next. */
TIDEMILL_API tidemill_code tidemill_process_open(tidemill_plan *plan,
                                                 const tidemill_process_options *options,
                                                 struct ArrowArrayStream *rows,
                                                 struct ArrowArrayStream *states,
                                                 tidemill_process **process, tidemill_error *err);
/* The next commit unit, owned (tidemill_unit_destroy); NULL at the end. */
TIDEMILL_API tidemill_code tidemill_process_next(tidemill_process *process, tidemill_unit **unit,
                                                 tidemill_error *err);
TIDEMILL_API void tidemill_process_close(tidemill_process *process);

TIDEMILL_API const char *tidemill_unit_name(const tidemill_unit *unit);
TIDEMILL_API void tidemill_unit_counts(const tidemill_unit *unit, tidemill_counts *counts);
/* Copies, owned: output rows as a stream, the last state of each series in it, rejects. */
TIDEMILL_API tidemill_code tidemill_unit_output(const tidemill_unit *unit,
                                                struct ArrowArrayStream *out, tidemill_error *err);
TIDEMILL_API tidemill_code tidemill_unit_states(const tidemill_unit *unit,
                                                struct ArrowSchema *schema,
                                                struct ArrowArray *states, tidemill_error *err);
TIDEMILL_API tidemill_code tidemill_unit_rejects(const tidemill_unit *unit,
                                                 struct ArrowSchema *schema,
                                                 struct ArrowArray *rejects, tidemill_error *err);
TIDEMILL_API void tidemill_unit_destroy(tidemill_unit *unit);

/* --- by stages: load ---------------------------------------------------------------------- */

typedef struct tidemill_load tidemill_load;

typedef struct tidemill_load_result {
    int64_t loaded, superseded, refused;
} tidemill_load_result;

/* Opens the pipeline's sink for a run: creates what is missing and takes the lease. plan_json is
 * kept in the run's row. With *run = 0 the number of the run is chosen (an unfinished one is
 * resumed) and set. state_conflict, and nothing is touched, when table, state and pipeline do not
 * belong together. */
TIDEMILL_API tidemill_code tidemill_load_open(tidemill_pipeline *pipeline, const char *plan_json,
                                              int64_t *run, tidemill_load **load,
                                              tidemill_error *err);
/* The state of the series whose hash lies in [first, last], sorted by _hash. *out is owned, and to
 * be released before the load is closed. */
TIDEMILL_API tidemill_code tidemill_load_states(tidemill_load *load, uint64_t first, uint64_t last,
                                                struct ArrowArrayStream *out, tidemill_error *err);
/* Commits the unit in one transaction: TIDEMILL_OK exactly when it is committed. */
TIDEMILL_API tidemill_code tidemill_load_unit(tidemill_load *load, tidemill_unit *unit,
                                              tidemill_load_result *result, tidemill_error *err);
/* The run is complete. */
TIDEMILL_API tidemill_code tidemill_load_finish(tidemill_load *load, tidemill_error *err);
/* Releases the lease; an unfinished run can be resumed. */
TIDEMILL_API void tidemill_load_close(tidemill_load *load);

#ifdef __cplusplus
}
#endif

#endif

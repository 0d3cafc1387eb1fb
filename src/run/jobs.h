/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs: several pipelines, some of them at a time. One that fails does not stop the others, unless
 * it is asked for.
 *
 * Pipelines begin in their order. Those that run share one pool of workers (flow/pool.h) and one
 * budget of memory (run/grants.h).
 */
#ifndef TIDE_RUN_JOBS_H
#define TIDE_RUN_JOBS_H

#include "run/run.h"

typedef enum tide_job_state {
    TIDE_JOB_WAITING = 0,
    TIDE_JOB_RUNNING,
    TIDE_JOB_OK,
    TIDE_JOB_NOTHING_NEW, /* ended well, and there was no row to process or load */
    TIDE_JOB_FAILED,
    TIDE_JOB_CANCELLED,
    TIDE_JOB_SKIPPED /* never begun: the others were stopped before */
} tide_job_state;

const char *tide_job_state_name(tide_job_state state);

typedef struct tide_job {
    tide_pipeline *pipeline; /* borrowed */
    tide_atomic state;       /* for a display, as is progress */
    tide_progress progress;
    tide_run_result result; /* valid once it has ended; to be cleared by the caller */
    tide_error err;
} tide_job;

typedef struct tide_jobs_options {
    tide_run_options run; /* workers and memory are those of all together */
    unsigned at_a_time;   /* as tide_jobs_at_a_time says */
    bool fail_fast;       /* a failure stops those that run, and no other begins */
    /* Told of each job that has ended or was skipped, one at a time. */
    void (*ended)(void *context, const tide_job *job);
    void *context;
} tide_jobs_options;

/* How many at a time: as asked for (0: a few), or as many as there are, or as the memory of all of
 * them holds. When these are fewer than asked for, `why` says so, else it is "". */
unsigned tide_jobs_at_a_time(unsigned asked, size_t count, int64_t memory_bytes, char why[256]);

/* TIDE_OK unless the jobs could not be run at all: how each of them ended is in the job. */
TIDE_MUST_CHECK tide_code tide_run_jobs(tide_job *jobs, size_t count,
                                        const tide_jobs_options *options, tide_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "run/jobs.h"

#include <stdio.h>

#include "base/limits.h"
#include "run/grants.h"
#include "run/shares.h"
#include "run/workers.h"

/* Unless it is set: enough that small pipelines, of one split each, keep some cores busy, and that
 * each has memory to be quick. */
#define AT_A_TIME_DEFAULT 4
#define MEMORY_BYTES_EACH (INT64_C(128) << 20)

const char *tide_job_state_name(tide_job_state state)
{
    static const char *const names[] = {"waiting", "running",   "ok",     "nothing new",
                                        "failed",  "cancelled", "skipped"};
    return names[state];
}

typedef struct job_list {
    tide_job *jobs;
    size_t count;
    const tide_jobs_options *options;
    tide_cancel cancel; /* raised by fail_fast; what the caller raises counts here, too */
    tide_atomic next;
    tide_mutex lock; /* one report at a time */
    tide_pool pool;
    tide_grants grants;
} job_list;

unsigned tide_jobs_at_a_time(unsigned asked, size_t count, int64_t memory_bytes, char why[256])
{
    int64_t each = asked > 0 ? TIDE_MEMORY_BYTES_MIN : MEMORY_BYTES_EACH;
    int64_t fitting = memory_bytes / each;
    size_t wanted = asked > 0 ? asked : AT_A_TIME_DEFAULT;
    wanted = wanted < count ? wanted : count;
    why[0] = '\0';
    if (asked > 0 && (int64_t)wanted > fitting) {
        (void)snprintf(why, 256,
                       "%lld pipelines at a time instead of %zu: each needs at least %lld MB, and "
                       "--memory is %lld MB for all of them",
                       (long long)(fitting > 1 ? fitting : 1), wanted, (long long)(each >> 20),
                       (long long)(memory_bytes >> 20));
    }
    wanted = (int64_t)wanted < fitting ? wanted : (size_t)fitting;
    return wanted > 1 ? (unsigned)wanted : 1;
}

static tide_job_state state_of(const tide_job *job)
{
    const tide_counts *c = &job->result.counts;
    if (job->err.code != TIDE_OK) {
        return job->err.code == TIDE_CANCELLED ? TIDE_JOB_CANCELLED : TIDE_JOB_FAILED;
    }
    bool idle = c->consumed == 0 && c->rebuilt == 0 && c->emitted == 0 && c->rejected == 0 &&
                c->late == 0 && c->unmatched == 0;
    return idle ? TIDE_JOB_NOTHING_NEW : TIDE_JOB_OK;
}

static void report(job_list *list, tide_job *job, tide_job_state state)
{
    tide_mutex_lock(&list->lock);
    tide_atomic_set(&job->state, state);
    list->options->ended(list->options->context, job);
    tide_mutex_unlock(&list->lock);
}

static void run_job(job_list *list, tide_job *job, int64_t memory_bytes)
{
    tide_run_options options = list->options->run;
    options.progress = &job->progress;
    options.cancel = &list->cancel;
    options.memory_bytes = memory_bytes;
    options.sharing = (tide_run_sharing){.pool = &list->pool,
                                         .reserve = &list->grants.reserve,
                                         .memory_bytes_max = list->options->run.memory_bytes};
    tide_atomic_set(&job->state, TIDE_JOB_RUNNING);
    if (tide_run_pipeline(job->pipeline, &options, &job->result, &job->err) != TIDE_OK) {
        (void)tide_error_context(&job->err, "%s", job->pipeline->config->name);
    }
    tide_progress_enter(&job->progress, TIDE_STAGE_DONE);
    tide_job_state state = state_of(job);
    if (state == TIDE_JOB_FAILED && list->options->fail_fast) {
        tide_cancel_raise(&list->cancel, TIDE_STOPPING);
    }
    report(list, job, state);
}

static tide_code run_next_jobs(void *context, unsigned worker, tide_error *err)
{
    job_list *list = context;
    (void)worker;
    while (tide_cancel_get(&list->cancel) == TIDE_RUNNING) {
        int64_t i = tide_atomic_add(&list->next, 1) - 1;
        if (i >= (int64_t)list->count) {
            break;
        }
        tide_job *job = &list->jobs[i];
        int64_t bytes;
        int64_t least = tide_shares_least(job->pipeline, list->options->run.memory_bytes);
        if (tide_grants_take(&list->grants, least, &list->cancel, &bytes, err) != TIDE_OK) {
            tide_error_clear(err); /* the caller finds that it was skipped */
            break;
        }
        run_job(list, job, bytes);
        tide_grants_give_back(&list->grants, bytes);
    }
    return TIDE_OK;
}

/* The pool is as large as one run alone would have it. */
static void share(job_list *list, unsigned at_a_time)
{
    const tide_run_options *run = &list->options->run;
    tide_pool_init(&list->pool, run->worker_count > 0 ? run->worker_count : tide_cores_available());
    tide_grants_init(&list->grants, run->memory_bytes, at_a_time, list->count);
}

tide_code tide_run_jobs(tide_job *jobs, size_t count, const tide_jobs_options *options,
                        tide_error *err)
{
    job_list list = {.jobs = jobs, .count = count, .options = options};
    tide_cancel_init(&list.cancel);
    list.cancel.outer = options->run.cancel;
    tide_mutex_init(&list.lock);
    share(&list, options->at_a_time);
    tide_code code = tide_workers_run(options->at_a_time, run_next_jobs, &list, &list.cancel, err);
    for (size_t i = 0; i < count; i++) {
        if (tide_atomic_get(&jobs[i].state) == TIDE_JOB_WAITING) {
            report(&list, &jobs[i], TIDE_JOB_SKIPPED);
        }
    }
    tide_grants_clear(&list.grants);
    tide_pool_clear(&list.pool);
    tide_mutex_clear(&list.lock);
    return code;
}

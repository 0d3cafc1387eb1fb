/* SPDX-License-Identifier: Apache-2.0 */
#include "run/jobs.h"

#include "run/workers.h"

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
} job_list;

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

static void run_job(job_list *list, tide_job *job)
{
    tide_run_options options = list->options->run;
    options.progress = &job->progress;
    options.cancel = &list->cancel;
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
    (void)err;
    while (tide_cancel_get(&list->cancel) == TIDE_RUNNING) {
        int64_t i = tide_atomic_add(&list->next, 1) - 1;
        if (i >= (int64_t)list->count) {
            break;
        }
        run_job(list, &list->jobs[i]);
    }
    return TIDE_OK;
}

tide_code tide_run_jobs(tide_job *jobs, size_t count, const tide_jobs_options *options,
                        tide_error *err)
{
    job_list list = {.jobs = jobs, .count = count, .options = options};
    unsigned threads = options->at_a_time > 0 ? options->at_a_time : 1;
    threads = threads < count ? threads : (unsigned)count;
    tide_cancel_init(&list.cancel);
    list.cancel.outer = options->run.cancel;
    tide_mutex_init(&list.lock);
    tide_code code = tide_workers_run(threads, run_next_jobs, &list, &list.cancel, err);
    for (size_t i = 0; i < count; i++) {
        if (tide_atomic_get(&jobs[i].state) == TIDE_JOB_WAITING) {
            report(&list, &jobs[i], TIDE_JOB_SKIPPED);
        }
    }
    tide_mutex_clear(&list.lock);
    return code;
}

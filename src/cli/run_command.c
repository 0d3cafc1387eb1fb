/* SPDX-License-Identifier: Apache-2.0 */
/* tidemill run */
#include <malloc.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/display.h"
#include "cli/summary.h"
#include "run/workers.h"

static const char help[] =
    "usage: tidemill run [OPTION...] [PIPELINE...]\n"
    "\n"
    "Runs the pipelines (all of them unless named). The same command again resumes a run that\n"
    "did not end. Ctrl-C once finishes or rolls back what is in flight and stops; twice, now.\n"
    "\n"
    "  -f, --file FILE     the project file (tidemill.yaml)\n"
    "      --workers N     threads that read and process (the number of cores)\n"
    "      --memory SIZE   of the whole process, e.g. 512MB; beyond it data spills to disk\n"
    "                      (a quarter of RAM, cgroup limits respected)\n"
    "      --jobs N        pipelines at a time (1)\n"
    "      --spill DIR     directory for spilled data ($TMPDIR or /tmp)\n"
    "      --new           close an unfinished run as abandoned and begin a new one\n"
    "      --reread FILE   read a file of the registry again, all of it, as it is now; may be\n"
    "                      given many times, for one pipeline\n"
    "      --quiet         no progress and no summary\n"
    "      --json          the record of each run as a line of JSON\n"
    "\n"
    "examples:\n"
    "  tidemill run\n"
    "  tidemill run balances --workers 8 --memory 2GB\n"
    "  tidemill run --jobs 4 --json > runs.jsonl\n"
    "  tidemill run orders --reread in/2024-03-31.ndjson\n";

/* One pipeline's run, as the job threads see it. */
typedef struct job {
    tide_pipeline *pipeline;
    tide_progress progress;
    tide_run_result result;
    tide_error err;
    bool ended;
} job;

typedef struct run_call {
    tide_cli *cli;
    tide_run_options options;
    int64_t job_count_at_a_time;
    bool quiet;
    const char **reread; /* owned; room for as many as there are arguments */
    job *jobs;
    size_t job_count;
    tide_atomic next;
    tide_mutex print_lock;
} run_call;

static void report(run_call *call, job *j)
{
    tide_text text;
    tide_text_init(&text);
    tide_mutex_lock(&call->print_lock);
    if (call->cli->json && j->result.record.size > 0) {
        tide_cli_print_json(&j->result.record);
        (void)fflush(stdout);
    } else if (!call->quiet && !call->cli->json) {
        tide_print_summary(j->pipeline, &j->result, &j->err, call->cli->project_path, &text);
        (void)fputs(tide_text_c(&text), stdout);
        (void)fflush(stdout);
    }
    if (j->err.code != TIDE_OK) {
        (void)tide_cli_fail(call->cli, &j->err);
    }
    tide_mutex_unlock(&call->print_lock);
    tide_text_clear(&text);
}

static tide_code run_jobs(void *context, unsigned worker, tide_error *err)
{
    run_call *call = context;
    (void)worker;
    (void)err;
    for (;;) {
        int64_t i = tide_atomic_add(&call->next, 1) - 1;
        if (i >= (int64_t)call->job_count || tide_cancel_get(call->cli->cancel) != TIDE_RUNNING) {
            return TIDE_OK;
        }
        job *j = &call->jobs[i];
        tide_run_options options = call->options;
        options.progress = &j->progress;
        if (tide_run_pipeline(j->pipeline, &options, &j->result, &j->err) != TIDE_OK) {
            (void)tide_error_context(&j->err, "%s", j->pipeline->config->name);
        }
        j->ended = true;
        tide_progress_enter(&j->progress, TIDE_STAGE_DONE);
        report(call, j);
    }
}

/* The worst of all pipelines' exit codes: the first that failed. */
static int exit_code_of(const run_call *call)
{
    for (size_t i = 0; i < call->job_count; i++) {
        if (call->jobs[i].err.code != TIDE_OK) {
            return tide_exit_code(&call->jobs[i].err);
        }
    }
    for (size_t i = 0; i < call->job_count; i++) {
        if (!call->jobs[i].ended) {
            return TIDE_EXIT_CANCELLED;
        }
    }
    return TIDE_EXIT_OK;
}

/* What the allocator may keep of freed memory. Left to itself it soon keeps blocks of up to 32 MB,
 * and twice that at the end of each thread's heap: too much where little is allowed, while larger
 * runs are faster with it. */
#define KEPT_BLOCK_SHARE 256
#define KEPT_END_SHARE 64
#define KEPT_BLOCK_BYTES_MAX (32LL << 20)
#define KEPT_END_BYTES_MAX (128LL << 20)

static void bound_allocator(int64_t memory_bytes)
{
    int64_t block = memory_bytes / KEPT_BLOCK_SHARE;
    int64_t end = memory_bytes / KEPT_END_SHARE;
    (void)mallopt(M_MMAP_THRESHOLD,
                  (int)(block < KEPT_BLOCK_BYTES_MAX ? block : KEPT_BLOCK_BYTES_MAX));
    (void)mallopt(M_TRIM_THRESHOLD, (int)(end < KEPT_END_BYTES_MAX ? end : KEPT_END_BYTES_MAX));
}

/* --memory is for the whole process: pipelines that run at the same time share it. */
static void share_memory(run_call *call, unsigned threads)
{
    if (call->options.memory_bytes == 0) {
        call->options.memory_bytes = tide_memory_default();
    }
    bound_allocator(call->options.memory_bytes);
    if (threads > 1) {
        call->options.memory_bytes /= threads;
    }
}

static int run_session(run_call *call, tide_session *session)
{
    tide_error err;
    tide_error_clear(&err);
    call->job_count = session->pipeline_count;
    call->jobs = tide_alloc_zero(call->job_count + 1, sizeof *call->jobs);
    tide_display_line *lines = tide_alloc_zero(call->job_count + 1, sizeof *lines);
    if (call->jobs == NULL || lines == NULL) {
        tide_free(lines);
        tide_free(call->jobs);
        (void)TIDE_FAIL_MEMORY(&err, "running pipelines");
        return tide_cli_fail(call->cli, &err);
    }
    for (size_t i = 0; i < call->job_count; i++) {
        call->jobs[i].pipeline = &session->pipelines[i];
        lines[i] = (tide_display_line){session->pipelines[i].config->name, &call->jobs[i].progress};
    }
    tide_display display;
    tide_display_start(&display, lines, call->job_count, call->quiet || call->cli->json);
    tide_mutex_init(&call->print_lock);
    unsigned threads =
        (unsigned)(call->job_count_at_a_time < (int64_t)call->job_count ? call->job_count_at_a_time
                                                                        : (int64_t)call->job_count);
    share_memory(call, threads);
    tide_code code = tide_workers_run(threads, run_jobs, call, call->cli->cancel, &err);
    tide_display_stop(&display);
    int exit_code = code == TIDE_OK ? exit_code_of(call) : tide_cli_fail(call->cli, &err);
    for (size_t i = 0; i < call->job_count; i++) {
        tide_run_result_clear(&call->jobs[i].result);
    }
    tide_mutex_clear(&call->print_lock);
    tide_free(lines);
    tide_free(call->jobs);
    return exit_code;
}

enum {
    OPTION_WORKERS = 256,
    OPTION_MEMORY,
    OPTION_JOBS,
    OPTION_SPILL,
    OPTION_NEW,
    OPTION_REREAD,
    OPTION_QUIET
};

static const struct option options[] = {
    TIDE_CLI_OPTIONS,
    {"workers", required_argument, NULL, OPTION_WORKERS},
    {"memory", required_argument, NULL, OPTION_MEMORY},
    {"jobs", required_argument, NULL, OPTION_JOBS},
    {"spill", required_argument, NULL, OPTION_SPILL},
    {"new", no_argument, NULL, OPTION_NEW},
    {"reread", required_argument, NULL, OPTION_REREAD},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {0},
};

/* NULL when the option was understood, else what is wrong with its value. */
static const char *read_option(run_call *call, int option)
{
    int64_t count = 0;
    switch (option) {
        case OPTION_WORKERS:
            if (!tide_parse_count_option(optarg, &count) || count < 1 || count > 1024) {
                return "--workers takes a number from 1 to 1024";
            }
            call->options.worker_count = (unsigned)count;
            return NULL;
        case OPTION_MEMORY:
            return tide_parse_size(optarg, &call->options.memory_bytes) &&
                           call->options.memory_bytes >= TIDE_MEMORY_BYTES_MIN
                       ? NULL
                       : "--memory takes a size of at least 32MB, e.g. 512MB";
        case OPTION_JOBS:
            return tide_parse_count_option(optarg, &call->job_count_at_a_time) &&
                           call->job_count_at_a_time >= 1 && call->job_count_at_a_time <= 1024
                       ? NULL
                       : "--jobs takes a number from 1 to 1024";
        case OPTION_SPILL:
            call->options.spill_directory = optarg;
            return NULL;
        case OPTION_NEW:
            call->options.fresh = true;
            return NULL;
        case OPTION_REREAD:
            call->reread[call->options.reread_count++] = optarg;
            return NULL;
        default:
            call->quiet = true;
            return NULL;
    }
}

static int open_and_run(run_call *call, char **names, int name_count)
{
    tide_session session;
    tide_error err;
    int exit_code;
    tide_error_clear(&err);
    if (tide_session_open(&session, call->cli, names, name_count, &err) != TIDE_OK) {
        exit_code = tide_cli_fail(call->cli, &err);
    } else if (call->options.reread_count > 0 && session.pipeline_count != 1) {
        exit_code =
            tide_cli_usage(call->cli, &tide_command_run, "--reread is for one pipeline: name it");
    } else {
        exit_code = run_session(call, &session);
    }
    tide_session_close(&session);
    return exit_code;
}

static int read_and_run(run_call *call, int argc, char **argv)
{
    int exit_code = TIDE_EXIT_OK;
    int option;
    while ((option = getopt_long(argc, argv, "f:h", options, NULL)) != -1) {
        if (option < OPTION_WORKERS) {
            if (!tide_cli_option(call->cli, &tide_command_run, option, &exit_code)) {
                return exit_code;
            }
            continue;
        }
        const char *wrong = read_option(call, option);
        if (wrong != NULL) {
            return tide_cli_usage(call->cli, &tide_command_run, "%s", wrong);
        }
    }
    return open_and_run(call, argv + optind, argc - optind);
}

static int run(tide_cli *cli, int argc, char **argv)
{
    run_call call = {.cli = cli, .job_count_at_a_time = 1};
    call.options.cancel = cli->cancel;
    call.reread = tide_alloc_zero((size_t)argc + 1, sizeof *call.reread);
    if (call.reread == NULL) {
        return tide_cli_usage(cli, &tide_command_run, "out of memory");
    }
    call.options.reread = call.reread;
    int exit_code = read_and_run(&call, argc, argv);
    tide_free((void *)call.reread);
    return exit_code;
}

const tide_command tide_command_run = {"run", "run pipelines; the same command again resumes", help,
                                       run};

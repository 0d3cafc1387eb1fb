/* SPDX-License-Identifier: Apache-2.0 */
/* tidemill run */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/limits.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/display.h"
#include "cli/summary.h"

static const char help[] =
    "usage: tidemill run [OPTION...] [PIPELINE...]\n"
    "\n"
    "Runs the pipelines: all of them, or those that are named or matched by a glob. One that\n"
    "fails does not stop the others. The same command again resumes runs that did not end.\n"
    "Ctrl-C once finishes or rolls back what is in flight and stops; twice, now.\n"
    "\n"
    "  -f, --file FILE     the project file (tidemill.yaml)\n" TIDE_CLI_SELECTORS_HELP
    "      --fail-fast     a failure stops those that run, and no other begins\n"
    "      --workers N     threads that read and process (the number of cores)\n"
    "      --memory SIZE   of the whole process, e.g. 512MB; beyond it data spills to disk\n"
    "                      (a quarter of RAM, cgroup limits respected)\n"
    "      --jobs N        pipelines at a time; workers and memory are those of all together\n"
    "                      (4, or as many as have 128MB each)\n"
    "      --spill DIR     directory for spilled data ($TMPDIR or /tmp)\n"
    "      --new           close an unfinished run as abandoned and begin a new one\n"
    "      --reread FILE   read a file of the registry again, all of it, as it is now; may be\n"
    "                      given many times, for one pipeline\n"
    "      --log FILE      append what happens to FILE, a line each; `-`: to standard error,\n"
    "                      instead of progress\n"
    "      --log-format text|json   of these lines\n"
    "      --quiet         no progress and no summary\n"
    "      --json          a line of JSON per pipeline: the record of its run\n"
    "\n"
    "examples:\n"
    "  tidemill run\n"
    "  tidemill run balances --workers 8 --memory 2GB\n"
    "  tidemill run 'promo_*' --exclude promo_old --jobs 4\n"
    "  tidemill run --failed --log - --log-format json\n"
    "  tidemill run orders --reread in/2024-03-31.ndjson\n";

typedef struct run_call {
    tide_cli *cli;
    tide_jobs_options jobs;
    bool quiet;
    const char *log_path; /* NULL: no log */
    tide_log_format log_format;
    tide_log_file log;
    const char **reread; /* owned; room for as many as there are arguments */
    size_t job_count;
} run_call;

/* A record of each selected pipeline, also of one that has none. */
static void print_record(const tide_job *job)
{
    tide_text json;
    if (job->result.record.size > 0) {
        tide_cli_print_json(&job->result.record);
        return;
    }
    tide_text_init(&json);
    tide_text_append(&json, "{\"pipeline\":");
    tide_text_append_json_string(&json, tide_str_of(job->pipeline->config->name));
    tide_job_state state = (tide_job_state)tide_atomic_get(&job->state);
    tide_text_append_format(
        &json, ",\"run\":null,\"status\":\"%s\",\"error\":", tide_job_state_name(state));
    if (job->err.code == TIDE_OK) {
        tide_text_append(&json, "null");
    } else {
        tide_text_append_json_string(&json, tide_str_of(job->err.message));
    }
    tide_text_append_char(&json, '}');
    tide_cli_print_json(&json);
    tide_text_clear(&json);
}

static void report(void *context, const tide_job *job)
{
    run_call *call = context;
    tide_text text;
    tide_text_init(&text);
    if (call->cli->json) {
        print_record(job);
    } else if (!call->quiet) {
        tide_print_summary(job->pipeline, &job->result, &job->err,
                           call->job_count > 1 ? NULL : call->cli->project_path, &text);
        (void)fputs(tide_text_c(&text), stdout);
    }
    (void)fflush(stdout);
    if (job->err.code != TIDE_OK) {
        (void)tide_cli_fail(call->cli, &job->err);
    }
    tide_text_clear(&text);
}

/* Ctrl-C is 130 whatever else happened. Else the first failure counts, in the order of the project
 * file: one that is more than rejects, if there is any; what --fail-fast stopped is no failure of
 * its own. */
static int exit_code_of(const run_call *call, const tide_job *jobs)
{
    const tide_job *worst = NULL;
    bool stopped = false;
    for (size_t i = 0; i < call->job_count; i++) {
        tide_job_state state = (tide_job_state)tide_atomic_get(&jobs[i].state);
        stopped = stopped || state == TIDE_JOB_CANCELLED || state == TIDE_JOB_SKIPPED;
        bool worse = worst == NULL || (worst->err.code == TIDE_OVER_REJECTS &&
                                       jobs[i].err.code != TIDE_OVER_REJECTS);
        if (state == TIDE_JOB_FAILED && worse) {
            worst = &jobs[i];
        }
    }
    if (stopped && tide_cancel_get(call->cli->cancel) != TIDE_RUNNING) {
        return TIDE_EXIT_CANCELLED;
    }
    if (worst != NULL) {
        return tide_exit_code(&worst->err);
    }
    return stopped ? TIDE_EXIT_CANCELLED : TIDE_EXIT_OK;
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

static void print_table(const run_call *call, const tide_job *jobs, int64_t micros)
{
    tide_text text;
    if (call->quiet || call->cli->json || call->job_count < 2) {
        return;
    }
    tide_text_init(&text);
    tide_print_job_table(jobs, call->job_count, micros, call->cli->project_path, &text);
    (void)fputs(tide_text_c(&text), stdout);
    tide_text_clear(&text);
}

static int run_jobs(run_call *call, tide_job *jobs)
{
    tide_error err;
    tide_display display;
    tide_error_clear(&err);
    int64_t began = tide_monotonic_micros();
    call->jobs.ended = report;
    call->jobs.context = call;
    tide_display_start(&display, jobs, call->job_count, call->quiet || call->cli->json,
                       call->log_path != NULL ? &call->log : NULL);
    tide_code code = tide_run_jobs(jobs, call->job_count, &call->jobs, &err);
    tide_display_stop(&display);
    if (code != TIDE_OK) {
        return tide_cli_fail(call->cli, &err);
    }
    print_table(call, jobs, tide_monotonic_micros() - began);
    return exit_code_of(call, jobs);
}

static void choose_jobs(run_call *call)
{
    char why[256];
    call->jobs.at_a_time = tide_jobs_at_a_time(call->jobs.at_a_time, call->job_count,
                                               call->jobs.run.memory_bytes, why);
    if (why[0] != '\0' && !call->quiet && !call->cli->json) {
        (void)fprintf(stderr, "tidemill: %s\n", why);
    }
}

static int run_session(run_call *call, tide_session *session)
{
    tide_error err;
    tide_error_clear(&err);
    call->job_count = session->pipeline_count;
    tide_job *jobs = tide_alloc_zero(call->job_count + 1, sizeof *jobs);
    if (jobs == NULL) {
        (void)TIDE_FAIL_MEMORY(&err, "running pipelines");
        return tide_cli_fail(call->cli, &err);
    }
    for (size_t i = 0; i < call->job_count; i++) {
        jobs[i].pipeline = &session->pipelines[i];
    }
    if (call->jobs.run.memory_bytes == 0) {
        call->jobs.run.memory_bytes = tide_memory_default();
    }
    bound_allocator(call->jobs.run.memory_bytes);
    choose_jobs(call);
    if (call->job_count == 0 && !call->quiet && !call->cli->json) {
        (void)puts("no pipeline has failed: nothing to run");
    }
    int exit_code = run_jobs(call, jobs);
    for (size_t i = 0; i < call->job_count; i++) {
        tide_run_result_clear(&jobs[i].result);
    }
    tide_free(jobs);
    return exit_code;
}

enum {
    OPTION_WORKERS = 256,
    OPTION_MEMORY,
    OPTION_JOBS,
    OPTION_SPILL,
    OPTION_NEW,
    OPTION_REREAD,
    OPTION_FAIL_FAST,
    OPTION_QUIET,
    OPTION_LOG,
    OPTION_LOG_FORMAT
};

static const struct option options[] = {
    TIDE_CLI_OPTIONS,
    TIDE_CLI_SELECTORS,
    {"workers", required_argument, NULL, OPTION_WORKERS},
    {"memory", required_argument, NULL, OPTION_MEMORY},
    {"jobs", required_argument, NULL, OPTION_JOBS},
    {"spill", required_argument, NULL, OPTION_SPILL},
    {"new", no_argument, NULL, OPTION_NEW},
    {"reread", required_argument, NULL, OPTION_REREAD},
    {"fail-fast", no_argument, NULL, OPTION_FAIL_FAST},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"log", required_argument, NULL, OPTION_LOG},
    {"log-format", required_argument, NULL, OPTION_LOG_FORMAT},
    {0},
};

static const char *read_log_format(run_call *call, const char *word)
{
    bool json = strcmp(word, "json") == 0;
    call->log_format = json ? TIDE_LOG_JSON : TIDE_LOG_TEXT;
    return json || strcmp(word, "text") == 0 ? NULL : "--log-format takes text or json";
}

/* NULL when the option was understood, else what is wrong with its value. */
static const char *read_option(run_call *call, int option)
{
    int64_t count = 0;
    switch (option) {
        case OPTION_WORKERS:
            if (!tide_parse_count_option(optarg, &count) || count < 1 || count > 1024) {
                return "--workers takes a number from 1 to 1024";
            }
            call->jobs.run.worker_count = (unsigned)count;
            return NULL;
        case OPTION_MEMORY:
            return tide_parse_size(optarg, &call->jobs.run.memory_bytes) &&
                           call->jobs.run.memory_bytes >= TIDE_MEMORY_BYTES_MIN
                       ? NULL
                       : "--memory takes a size of at least 32MB, e.g. 512MB";
        case OPTION_JOBS:
            if (!tide_parse_count_option(optarg, &count) || count < 1 || count > 1024) {
                return "--jobs takes a number from 1 to 1024";
            }
            call->jobs.at_a_time = (unsigned)count;
            return NULL;
        case OPTION_SPILL:
            call->jobs.run.spill_directory = optarg;
            return NULL;
        case OPTION_NEW:
            call->jobs.run.fresh = true;
            return NULL;
        case OPTION_REREAD:
            call->reread[call->jobs.run.reread_count++] = optarg;
            return NULL;
        case OPTION_FAIL_FAST:
            call->jobs.fail_fast = true;
            return NULL;
        case OPTION_LOG:
            call->log_path = optarg;
            return NULL;
        case OPTION_LOG_FORMAT:
            return read_log_format(call, optarg);
        default:
            call->quiet = true;
            return NULL;
    }
}

static tide_code open_log(run_call *call, tide_error *err)
{
    if (call->log_path == NULL) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_log_file_open(&call->log, call->log_path, call->log_format, err));
    call->jobs.run.log = &call->log.log;
    return TIDE_OK;
}

static void close_log(run_call *call)
{
    if (call->jobs.run.log != NULL) {
        tide_log_file_close(&call->log);
    }
}

static int open_and_run(run_call *call, char **names, int name_count)
{
    tide_session session;
    tide_error err;
    int exit_code;
    tide_error_clear(&err);
    tide_code code = tide_session_open(&session, call->cli, names, name_count, &err);
    if (code == TIDE_OK) {
        code = open_log(call, &err);
    }
    if (code != TIDE_OK) {
        exit_code = tide_cli_fail(call->cli, &err);
    } else if (call->jobs.run.reread_count > 0 && session.pipeline_count != 1) {
        exit_code =
            tide_cli_usage(call->cli, &tide_command_run, "--reread is for one pipeline: name it");
    } else {
        exit_code = run_session(call, &session);
    }
    close_log(call);
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
    run_call call = {.cli = cli};
    call.jobs.run.cancel = cli->cancel;
    call.reread = tide_alloc_zero((size_t)argc + 1, sizeof *call.reread);
    if (call.reread == NULL) {
        return tide_cli_usage(cli, &tide_command_run, "out of memory");
    }
    call.jobs.run.reread = call.reread;
    int exit_code = read_and_run(&call, argc, argv);
    tide_free((void *)call.reread);
    return exit_code;
}

const tide_command tide_command_run = {"run", "run pipelines; the same command again resumes", help,
                                       run};

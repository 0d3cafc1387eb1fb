/* SPDX-License-Identifier: Apache-2.0 */
/* The table of all pipelines that one call has run. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/summary.h"

#define NAME_WIDTH_MIN 8
#define REASON_BYTES_MAX 200

static tide_job_state state_of(const tide_job *job)
{
    return (tide_job_state)tide_atomic_get(&job->state);
}

static bool has_ended_well(const tide_job *job)
{
    return state_of(job) == TIDE_JOB_OK || state_of(job) == TIDE_JOB_NOTHING_NEW;
}

static int name_width(const tide_job *jobs, size_t count)
{
    size_t width = NAME_WIDTH_MIN;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(jobs[i].pipeline->config->name);
        width = length > width ? length : width;
    }
    return (int)width;
}

static void append_row(const tide_job *job, int width, tide_text *out)
{
    char read[40];
    char loaded[40];
    char rejects[40];
    const tide_run_result *r = &job->result;
    tide_text_append_format(out, "%-*s  %-11s", width, job->pipeline->config->name,
                            tide_job_state_name(state_of(job)));
    if (state_of(job) != TIDE_JOB_SKIPPED) {
        tide_text_append_format(
            out, " %15s %15s %9s %9.1f", tide_format_count(r->counts.read, read),
            tide_format_count(r->counts.loaded, loaded),
            tide_format_count(r->reject_count, rejects), (double)r->wall_micros / 1e6);
    }
    tide_text_append_char(out, '\n');
}

static void append_states(const tide_job *jobs, size_t count, tide_text *out)
{
    const char *before = ": ";
    for (int state = TIDE_JOB_OK; state <= TIDE_JOB_SKIPPED; state++) {
        size_t n = 0;
        for (size_t i = 0; i < count; i++) {
            n += (int)state_of(&jobs[i]) == state;
        }
        if (n > 0) {
            tide_text_append_format(out, "%s%zu %s", before, n,
                                    tide_job_state_name((tide_job_state)state));
            before = ", ";
        }
    }
}

static void append_totals(const tide_job *jobs, size_t count, int64_t micros, tide_text *out)
{
    char read[40];
    char loaded[40];
    char duration[40];
    int64_t rows_read = 0;
    int64_t rows_loaded = 0;
    for (size_t i = 0; i < count; i++) {
        rows_read += jobs[i].result.counts.read;
        rows_loaded += jobs[i].result.counts.loaded;
    }
    tide_text_append_format(out, "%zu pipelines", count);
    append_states(jobs, count, out);
    tide_text_append_format(
        out, "; %s rows read, %s loaded in %s\n", tide_format_count(rows_read, read),
        tide_format_count(rows_loaded, loaded), tide_format_duration(micros, duration));
}

/* The first line of its message: the whole was told when it failed. */
static void append_reasons(const tide_job *jobs, size_t count, tide_text *out)
{
    for (size_t i = 0; i < count; i++) {
        const char *message = jobs[i].err.message;
        size_t length = strcspn(message, "\n");
        if (state_of(&jobs[i]) == TIDE_JOB_FAILED) {
            bool cut = length > REASON_BYTES_MAX;
            while (cut && length > REASON_BYTES_MAX && message[length - 1] != ' ') {
                length--;
            }
            length = cut && length > REASON_BYTES_MAX ? REASON_BYTES_MAX : length;
            tide_text_append_format(out, "  failed    %.*s%s\n", (int)length, message,
                                    cut ? " ..." : "");
        }
    }
}

/* --failed finds what the runs' rows tell; a pipeline that was not begun, or keeps no runs, has to
 * be named. */
static void append_next(const tide_job *jobs, size_t count, const char *project_path,
                        tide_text *out)
{
    bool usual_path = strcmp(project_path, "tidemill.yaml") == 0;
    size_t open_count = 0;
    bool finds_all = true;
    for (size_t i = 0; i < count; i++) {
        open_count += !has_ended_well(&jobs[i]);
        bool found = state_of(&jobs[i]) == TIDE_JOB_FAILED &&
                     jobs[i].pipeline->config->sink.connection != NULL;
        finds_all = finds_all && (has_ended_well(&jobs[i]) || found);
    }
    tide_text_append_format(out, "  next      tidemill %s%s%s", open_count > 0 ? "run" : "runs",
                            usual_path ? "" : " -f ", usual_path ? "" : project_path);
    tide_text_append(out, open_count > 0 && finds_all ? " --failed" : "");
    for (size_t i = 0; i < count && open_count > 0 && !finds_all; i++) {
        if (!has_ended_well(&jobs[i])) {
            tide_text_append_format(out, " %s", jobs[i].pipeline->config->name);
        }
    }
    tide_text_append_char(out, '\n');
}

void tide_print_job_table(const tide_job *jobs, size_t count, int64_t micros,
                          const char *project_path, tide_text *out)
{
    int width = name_width(jobs, count);
    tide_text_append_format(out, "\n%-*s  %-11s %15s %15s %9s %9s\n", width, "pipeline", "state",
                            "rows read", "loaded", "rejects", "seconds");
    for (size_t i = 0; i < count; i++) {
        append_row(&jobs[i], width, out);
    }
    append_totals(jobs, count, micros, out);
    append_reasons(jobs, count, out);
    append_next(jobs, count, project_path, out);
}

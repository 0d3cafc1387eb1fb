/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/display.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/calendar.h"
#include "cli/command.h"

#define FIRST_DRAW_MS 2000
#define REDRAW_MS 200
#define PLAIN_LINE_MS 30000
#define ETA_SHARE_MIN 0.05 /* earlier guesses are worth nothing */
#define ETA_MICROS_MIN (5 * TIDE_MICROS_PER_SECOND)

/* What a stage has done of what it has to do; total 0 = not known. */
static void stage_share(const tide_progress *p, tide_stage stage, int64_t *done, int64_t *total)
{
    *done = tide_atomic_get(&p->rows_read);
    *total = tide_atomic_get(&p->rows_expected);
    if (stage == TIDE_STAGE_READING && *total == 0) {
        *done = tide_atomic_get(&p->bytes_read);
        *total = tide_atomic_get(&p->bytes_expected);
    }
    if (stage == TIDE_STAGE_PROCESSING) {
        *done = tide_atomic_get(&p->rows_processed);
        *total = tide_atomic_get(&p->rows_to_process);
    }
}

static void append_share(const tide_progress *p, tide_stage stage, tide_text *out)
{
    int64_t done;
    int64_t total;
    stage_share(p, stage, &done, &total);
    if (total <= 0 || (stage != TIDE_STAGE_READING && stage != TIDE_STAGE_PROCESSING)) {
        return;
    }
    double share = (double)done / (double)total;
    share = share > 1 ? 1 : share;
    tide_text_append_format(out, " %3.0f %%", 100 * share);
    int64_t spent = tide_monotonic_micros() - tide_atomic_get(&p->stage_began);
    if (share > ETA_SHARE_MIN && spent > ETA_MICROS_MIN) {
        char left[40];
        int64_t rest = (int64_t)((double)spent * (1 - share) / share);
        tide_text_append_format(out, ", ~%s left",
                                tide_format_duration(rest - rest % TIDE_MICROS_PER_SECOND, left));
    }
}

/* "reading  40 %, ~2 min left; read ..." */
static void append_state(const tide_job *job, tide_text *out)
{
    const tide_progress *p = &job->progress;
    tide_stage stage = (tide_stage)tide_atomic_get(&p->stage);
    char a[40];
    char b[40];
    tide_text_append(out, tide_stage_name(stage));
    append_share(p, stage, out);
    tide_text_append_format(out, "; read %s rows (%s)",
                            tide_format_count(tide_atomic_get(&p->rows_read), a),
                            tide_format_bytes(tide_atomic_get(&p->bytes_read), b));
    int64_t loaded = tide_atomic_get(&p->rows_loaded);
    if (stage >= TIDE_STAGE_PROCESSING || loaded > 0) {
        tide_text_append_format(out, ", %s days done, %s rows loaded",
                                tide_format_count(tide_atomic_get(&p->days_done), a),
                                tide_format_count(loaded, b));
    }
    int64_t failed = tide_atomic_get(&p->attempts_failed);
    if (failed > 0) {
        tide_text_append_format(out, ", %" PRId64 " attempts failed and begun anew", failed);
    }
}

static void append_line(const tide_job *job, tide_text *out)
{
    tide_text_append_format(out, "%s: ", job->pipeline->config->name);
    append_state(job, out);
}

static void append_memory(tide_text *out)
{
    char text[40];
    tide_text_append_format(out, "; memory %s\n", tide_format_bytes(tide_resident_bytes(), text));
}

/* "7 of 25 pipelines done, 1 failed" */
static void append_all(const tide_display *display, tide_text *out)
{
    size_t done = 0;
    size_t failed = 0;
    for (size_t i = 0; i < display->job_count; i++) {
        int64_t state = tide_atomic_get(&display->jobs[i].state);
        done += state > TIDE_JOB_RUNNING;
        failed += state == TIDE_JOB_FAILED;
    }
    tide_text_append_format(out, "%zu of %zu pipelines done", done, display->job_count);
    if (failed > 0) {
        tide_text_append_format(out, ", %zu failed", failed);
    }
    append_memory(out);
}

/* Not while it only ends: how, the summary or an error says. */
static bool goes_on(const tide_job *job)
{
    return tide_atomic_get(&job->state) == TIDE_JOB_RUNNING &&
           tide_atomic_get(&job->progress.started_at) != 0 &&
           tide_atomic_get(&job->progress.stage) != TIDE_STAGE_DONE;
}

static void print_all(tide_text *out, const tide_display *display)
{
    bool several = display->job_count > 1;
    if (several) {
        append_all(display, out);
    }
    for (size_t i = 0; i < display->job_count; i++) {
        const tide_job *job = &display->jobs[i];
        if (goes_on(job)) {
            tide_text_append(out, several ? "  " : "");
            append_line(job, out);
            if (several) {
                tide_text_append_char(out, '\n');
            } else {
                append_memory(out);
            }
        }
    }
}

static void erase(tide_display *display)
{
    if (display->drawn_lines > 0) {
        (void)fprintf(stderr, "\033[%zuA\033[J", display->drawn_lines);
        display->drawn_lines = 0;
    }
}

static void draw(tide_display *display)
{
    tide_text text;
    tide_text_init(&text);
    print_all(&text, display);
    if (!display->terminal) {
        (void)fputs(tide_text_c(&text), stderr);
    } else if (strcmp(tide_text_c(&text), tide_text_c(&display->last)) != 0) {
        erase(display);
        (void)fputs(tide_text_c(&text), stderr);
        for (const char *c = tide_text_c(&text); *c != '\0'; c++) {
            display->drawn_lines += *c == '\n';
        }
        tide_text_reset(&display->last);
        tide_text_append(&display->last, tide_text_c(&text));
    }
    (void)fflush(stderr);
    tide_text_clear(&text);
}

static void log_progress(const tide_display *display)
{
    for (size_t i = 0; i < display->job_count; i++) {
        const tide_job *job = &display->jobs[i];
        if (!goes_on(job)) {
            continue;
        }
        tide_text text;
        tide_text_init(&text);
        append_state(job, &text);
        tide_log_write(&display->log->log, TIDE_LOG_INFO, job->pipeline->config->name, "progress",
                       "%s", tide_text_c(&text));
        tide_text_clear(&text);
    }
}

static void log_when_due(tide_display *display)
{
    int64_t now = tide_monotonic_micros();
    if (display->log != NULL && now >= display->log_due) {
        display->log_due = now + 1000 * (int64_t)PLAIN_LINE_MS;
        log_progress(display);
    }
}

static void run_display(void *argument)
{
    tide_display *display = argument;
    bool draws = !display->quiet;
    int64_t wait = draws && display->terminal ? FIRST_DRAW_MS : PLAIN_LINE_MS;
    tide_mutex_lock(&display->lock);
    while (!display->stopping) {
        (void)tide_condition_wait_for(&display->wake, &display->lock, wait);
        if (!display->stopping) {
            log_when_due(display);
        }
        if (!display->stopping && draws) {
            draw(display);
        }
        wait = draws && display->terminal ? REDRAW_MS : PLAIN_LINE_MS;
    }
    erase(display);
    tide_mutex_unlock(&display->lock);
}

void tide_display_start(tide_display *display, const tide_job *jobs, size_t job_count, bool quiet,
                        const tide_log_file *log)
{
    *display = (tide_display){.jobs = jobs, .job_count = job_count, .log = log};
    display->quiet = quiet || (log != NULL && log->is_stderr);
    display->log_due = tide_monotonic_micros() + 1000 * (int64_t)PLAIN_LINE_MS;
    display->terminal = isatty(STDERR_FILENO) == 1;
    if (display->quiet && log == NULL) {
        return;
    }
    tide_error ignored;
    tide_error_clear(&ignored);
    tide_text_init(&display->last);
    tide_mutex_init(&display->lock);
    tide_condition_init(&display->wake);
    if (tide_thread_start(&display->thread, run_display, display, &ignored) != TIDE_OK) {
        display->thread.started = false;
    }
}

void tide_display_stop(tide_display *display)
{
    if (display->quiet && display->log == NULL) {
        return;
    }
    tide_mutex_lock(&display->lock);
    display->stopping = true;
    tide_condition_signal(&display->wake);
    tide_mutex_unlock(&display->lock);
    tide_thread_join(&display->thread);
    tide_condition_clear(&display->wake);
    tide_mutex_clear(&display->lock);
    tide_text_clear(&display->last);
}

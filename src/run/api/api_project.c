/* SPDX-License-Identifier: Apache-2.0 */
/* Projects, pipelines, whole runs. */
#include <string.h>

#include "base/memory.h"
#include "run/api/api.h"

const char *tidemill_version(void)
{
    return "0.1.0";
}

static tide_code fail_argument(const char *what, tide_error *err)
{
    return TIDE_FAIL(err, TIDE_BAD_CONFIG, "%s must not be NULL", what);
}

tidemill_code tidemill_project_open(const char *path, tidemill_project **project,
                                    tidemill_error *err)
{
    tide_error inner;
    tide_error_clear(&inner);
    *project = NULL;
    tidemill_project *opened = tide_alloc_zero(1, sizeof *opened);
    if (opened == NULL || path == NULL) {
        tide_free(opened);
        tide_code code = path == NULL ? fail_argument("the path", &inner)
                                      : TIDE_FAIL_MEMORY(&inner, "a project");
        return tide_api_code(code, &inner, err);
    }
    tide_diagnostics_init(&opened->diagnostics, path);
    tide_code code = tide_project_load(&opened->project, path, &opened->diagnostics, &inner);
    if (code != TIDE_OK) {
        tidemill_project_close(opened);
        return tide_api_code(code, &inner, err);
    }
    *project = opened;
    return TIDEMILL_OK;
}

void tidemill_project_close(tidemill_project *project)
{
    if (project != NULL) {
        tide_diagnostics_clear(&project->diagnostics);
        tide_project_clear(&project->project);
        tide_free(project);
    }
}

size_t tidemill_project_pipeline_count(const tidemill_project *project)
{
    return project->project.pipeline_count;
}

const char *tidemill_project_pipeline_name(const tidemill_project *project, size_t i)
{
    return i < project->project.pipeline_count ? project->project.pipelines[i].name : NULL;
}

tidemill_code tidemill_pipeline_open(const tidemill_project *project, const char *name,
                                     tidemill_pipeline **pipeline, tidemill_error *err)
{
    tide_error inner;
    tide_error_clear(&inner);
    *pipeline = NULL;
    const tide_pipeline_config *config = tide_project_find(&project->project, name);
    if (config == NULL) {
        return tide_api_code(TIDE_FAIL(&inner, TIDE_BAD_CONFIG, "there is no pipeline `%s`", name),
                             &inner, err);
    }
    tidemill_pipeline *opened = tide_alloc_zero(1, sizeof *opened);
    if (opened == NULL) {
        return tide_api_code(TIDE_FAIL_MEMORY(&inner, "a pipeline"), &inner, err);
    }
    tide_diagnostics_init(&opened->diagnostics, project->project.path);
    tide_code code =
        tide_pipeline_bind(&opened->bound, &project->project, config, &opened->diagnostics, &inner);
    if (code != TIDE_OK) {
        tidemill_pipeline_close(opened);
        return tide_api_code(code, &inner, err);
    }
    *pipeline = opened;
    return TIDEMILL_OK;
}

void tidemill_pipeline_close(tidemill_pipeline *pipeline)
{
    if (pipeline != NULL) {
        tide_pipeline_clear(&pipeline->bound);
        tide_diagnostics_clear(&pipeline->diagnostics);
        tide_free(pipeline);
    }
}

void tidemill_free(char *string)
{
    tide_free(string);
}

/* Calls back some times a second, from a thread of its own. */
typedef struct reporter {
    const tidemill_run_options *options;
    const tide_progress *progress;
    tide_cancel cancel;
    tide_thread thread;
    tide_mutex lock;
    tide_condition wake;
    bool stopping;
} reporter;

#define REPORT_MS 200

static void report(reporter *r)
{
    const tide_progress *p = r->progress;
    tidemill_progress now = {
        .stage = tide_stage_name((tide_stage)tide_atomic_get(&p->stage)),
        .rows_read = tide_atomic_get(&p->rows_read),
        .rows_expected = tide_atomic_get(&p->rows_expected),
        .bytes_read = tide_atomic_get(&p->bytes_read),
        .rows_loaded = tide_atomic_get(&p->rows_loaded),
        .days_done = tide_atomic_get(&p->days_done),
    };
    if (r->options->on_progress(r->options->context, &now) != 0) {
        tide_cancel_raise(&r->cancel, TIDE_STOPPING);
    }
}

static void report_until_stopped(void *argument)
{
    reporter *r = argument;
    tide_mutex_lock(&r->lock);
    while (!r->stopping) {
        report(r);
        (void)tide_condition_wait_for(&r->wake, &r->lock, REPORT_MS);
    }
    tide_mutex_unlock(&r->lock);
}

static tide_code run_reported(tide_pipeline *pipeline, const tide_run_options *options, reporter *r,
                              tide_run_result *result, tide_error *err)
{
    tide_mutex_init(&r->lock);
    tide_condition_init(&r->wake);
    tide_code code = tide_thread_start(&r->thread, report_until_stopped, r, err);
    if (code == TIDE_OK) {
        code = tide_run_pipeline(pipeline, options, result, err);
        tide_mutex_lock(&r->lock);
        r->stopping = true;
        tide_condition_signal(&r->wake);
        tide_mutex_unlock(&r->lock);
        tide_thread_join(&r->thread);
    }
    tide_condition_clear(&r->wake);
    tide_mutex_clear(&r->lock);
    return code;
}

/* Options of an older caller are shorter: what it does not know is zero. */
static tidemill_run_options known_options(const tidemill_run_options *given)
{
    tidemill_run_options options = {0};
    if (given != NULL) {
        size_t bytes = given->struct_bytes < sizeof options ? given->struct_bytes : sizeof options;
        memcpy(&options, given, bytes);
    }
    return options;
}

tidemill_code tidemill_run(tidemill_pipeline *pipeline, const tidemill_run_options *given,
                           char **record, tidemill_error *err)
{
    tide_error inner;
    tide_error_clear(&inner);
    tidemill_run_options known = known_options(given);
    tide_progress progress = {0};
    reporter r = {.options = &known, .progress = &progress};
    tide_cancel_init(&r.cancel);
    tide_run_options options = {.worker_count = known.worker_count,
                                .memory_bytes = known.memory_bytes,
                                .spill_directory = known.spill_directory,
                                .fresh = known.fresh != 0,
                                .cancel = &r.cancel,
                                .progress = &progress};
    tide_run_result result = {0};
    tide_code code = known.on_progress != NULL
                         ? run_reported(&pipeline->bound, &options, &r, &result, &inner)
                         : tide_run_pipeline(&pipeline->bound, &options, &result, &inner);
    if (record != NULL) {
        *record = result.record.size > 0 ? tide_text_take(&result.record) : NULL;
    }
    tide_run_result_clear(&result);
    return code == TIDE_OK ? TIDEMILL_OK : tide_api_code(code, &inner, err);
}

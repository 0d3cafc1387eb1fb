/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/selection.h"

#include <fnmatch.h>
#include <string.h>

#include "base/memory.h"
#include "run/run.h"

void tide_selection_clear(tide_selection *selection)
{
    tide_free((void *)selection->excluded);
    *selection = (tide_selection){0};
}

tide_code tide_selection_exclude(tide_selection *selection, const char *pattern, tide_error *err)
{
    void *items = (void *)selection->excluded;
    TIDE_TRY(tide_grow(&items, &selection->excluded_capacity, selection->excluded_count + 1,
                       sizeof selection->excluded[0], err));
    selection->excluded = (const char **)items;
    selection->excluded[selection->excluded_count++] = pattern;
    return TIDE_OK;
}

static tide_code fail_unknown(const tide_project *project, const char *word, tide_error *err)
{
    tide_diagnostics found;
    tide_diagnostics_init(&found, project->path);
    const char **known = tide_alloc_zero(project->pipeline_count + 1, sizeof *known);
    for (size_t i = 0; known != NULL && i < project->pipeline_count; i++) {
        known[i] = project->pipelines[i].name;
    }
    if (known != NULL) {
        tide_diagnostics_add_unknown(&found, (tide_mark){0}, "pipeline", word, known,
                                     project->pipeline_count);
    }
    tide_free((void *)known);
    tide_code code = tide_diagnostics_raise(&found, err);
    tide_diagnostics_clear(&found);
    return code;
}

/* Marks what the word matches; a pipeline may be named like a glob. */
static tide_code match(const tide_project *project, const char *word, bool mark, bool *wanted,
                       tide_error *err)
{
    bool found = false;
    for (size_t i = 0; i < project->pipeline_count; i++) {
        const char *name = project->pipelines[i].name;
        if (strcmp(name, word) == 0 || fnmatch(word, name, 0) == 0) {
            wanted[i] = mark;
            found = true;
        }
    }
    return found ? TIDE_OK : fail_unknown(project, word, err);
}

/* Bound for this question only: whoever goes on binds what is left, and tells what is wrong. */
static bool has_failed(const tide_project *project, const tide_pipeline_config *config)
{
    tide_pipeline pipeline;
    tide_diagnostics ignored;
    tide_error err;
    bool failed = true;
    if (config->sink.connection == NULL) {
        return false; /* it keeps no runs */
    }
    tide_error_clear(&err);
    tide_diagnostics_init(&ignored, project->path);
    if (tide_pipeline_bind(&pipeline, project, config, &ignored, &err) == TIDE_OK &&
        tide_find_failed(&pipeline, &failed, &err) != TIDE_OK) {
        failed = true;
    }
    tide_pipeline_clear(&pipeline);
    tide_diagnostics_clear(&ignored);
    return failed;
}

static tide_code fail_empty(tide_error *err)
{
    return TIDE_FAIL(err, TIDE_BAD_CONFIG, "--exclude leaves no pipeline");
}

tide_code tide_selection_apply(const tide_selection *selection, const tide_project *project,
                               bool *wanted, tide_error *err)
{
    bool any = project->pipeline_count == 0;
    for (size_t i = 0; i < project->pipeline_count; i++) {
        wanted[i] = selection->name_count == 0;
    }
    for (size_t i = 0; i < selection->name_count; i++) {
        TIDE_TRY(match(project, selection->names[i], true, wanted, err));
    }
    for (size_t i = 0; i < selection->excluded_count; i++) {
        TIDE_TRY(match(project, selection->excluded[i], false, wanted, err));
    }
    for (size_t i = 0; i < project->pipeline_count; i++) {
        any = any || wanted[i];
    }
    if (!any) {
        return fail_empty(err);
    }
    for (size_t i = 0; selection->only_failed && i < project->pipeline_count; i++) {
        wanted[i] = wanted[i] && has_failed(project, &project->pipelines[i]);
    }
    return TIDE_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file/file_registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/problem.h"
#include "source/file/file_plan.h"
#include "source/file/file_verdict.h"

typedef struct registry {
    const tide_plan_request *request;
    tide_file_viewer viewer;
    tide_file_marks marks;
    tide_file_view *views; /* owned; one of each found file */
    size_t count;
    tide_file_verdict verdict;
} registry;

static tide_code take_wishes(registry *r, tide_error *err)
{
    for (size_t i = 0; i < r->request->reread_count; i++) {
        const char *name = r->request->reread[i];
        const char *plain = name[0] == '.' && name[1] == '/' ? name + 2 : name;
        bool is_found = false;
        for (size_t k = 0; k < r->count; k++) {
            if (strcmp(r->views[k].file->name, plain) == 0) {
                r->views[k].is_wanted = is_found = true;
            }
        }
        if (!is_found) {
            return TIDE_FAIL(err, TIDE_E_NO_FILE,
                             "--reread %s: no file of the source has that name; `tidemill plan` "
                             "lists those that would be read, as written in the project file",
                             name);
        }
    }
    return TIDE_OK;
}

static tide_code begin_views(registry *r, tide_found_files *found, tide_error *err)
{
    r->views = tide_alloc_zero(found->count + 1, sizeof *r->views);
    if (r->views == NULL) {
        return TIDE_FAIL_MEMORY(err, "a plan of files");
    }
    for (size_t i = 0; i < found->count; i++) {
        tide_file_view *view = &r->views[i];
        view->file = &found->items[i];
        view->own = tide_file_marks_find(&r->marks, view->file->name);
        if (view->own != NULL) {
            view->own->view = view;
        }
        TIDE_TRY(tide_file_is_ranged(r->viewer.options, view->file->path, view->file->name,
                                     &view->is_ranged, err));
    }
    r->count = found->count;
    return take_wishes(r, err);
}

/* What the user wants to be read again may have changed in spite of its size and mtime. */
static bool is_untouched(const registry *r, const tide_file_view *view)
{
    return view->own != NULL && !view->is_wanted && !r->request->reads_all &&
           strcmp(view->own->identity, view->file->identity) == 0;
}

static tide_code look_at_all(registry *r, tide_error *err)
{
    for (size_t i = 0; i < r->count; i++) {
        r->views[i].is_untouched = is_untouched(r, &r->views[i]);
        if (r->views[i].own != NULL) {
            TIDE_TRY(tide_file_view_known(&r->viewer, &r->views[i], err));
        }
    }
    for (size_t i = 0; i < r->count; i++) {
        TIDE_TRY(tide_file_view_rest(&r->viewer, &r->views[i], err));
    }
    return TIDE_OK;
}

static tide_code fill(registry *r, tide_found_files *found, tide_source_plan *plan, tide_error *err)
{
    TIDE_TRY(tide_file_marks_init(&r->marks, r->request->marks, err));
    TIDE_TRY(begin_views(r, found, err));
    TIDE_TRY(look_at_all(r, err));
    r->verdict.views = r->views;
    r->verdict.count = r->count;
    r->verdict.reads_all = r->request->reads_all;
    r->verdict.horizon = r->request->horizon;
    r->verdict.rotated = r->viewer.options->rotated;
    r->verdict.plan = plan;
    TIDE_TRY(tide_file_judge(&r->verdict, err));
    if (r->verdict.changed.size == 0) {
        return TIDE_OK;
    }
    return TIDE_FAIL(err, TIDE_E_FILE_CHANGED,
                     "%s: changed since an earlier run has read it, and not by growing. Put back "
                     "what it held, or have all of its rows read again as new ones: `tidemill run "
                     "--reread FILE`. Where logs are rotated, `rotated: true` in the source takes "
                     "them for new ones by itself",
                     tide_text_c(&r->verdict.changed));
}

tide_code tide_file_register(const tide_file_source_options *options,
                             const tide_plan_request *request, tide_found_files *found,
                             tide_source_plan *plan, tide_error *err)
{
    registry r = {.request = request};
    r.viewer = (tide_file_viewer){
        .options = options, .marks = &r.marks, .looks_only = request->looks_only};
    r.verdict = (tide_file_verdict){.marks = &r.marks};
    tide_text_init(&r.verdict.changed);
    tide_code code = fill(&r, found, plan, err);
    tide_file_verdict_clear(&r.verdict);
    tide_file_viewer_clear(&r.viewer);
    tide_file_marks_clear(&r.marks);
    tide_free(r.views);
    return code;
}

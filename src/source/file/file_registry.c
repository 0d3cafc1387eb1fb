/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file/file_registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/problem.h"
#include "source/file/file_verdict.h"

static tide_code check_reread(const tide_registry *r, tide_error *err)
{
    for (size_t i = 0; i < r->request->reread_count; i++) {
        const char *name = r->request->reread[i];
        if (!tide_found_files_have(r->found, name[0] == '.' && name[1] == '/' ? name + 2 : name)) {
            return TIDE_FAIL(err, TIDE_E_NO_FILE,
                             "--reread %s: no file of the source has that name; `tidemill plan` "
                             "lists those that would be read, as written in the project file",
                             name);
        }
    }
    return TIDE_OK;
}

static tide_code judge_all(tide_registry *r, tide_error *err)
{
    for (size_t i = 0; i < r->found->count; i++) {
        r->found->items[i].turn = (int)tide_file_first_turn(r, &r->found->items[i]);
    }
    for (int turn = 0; turn < TIDE_TURN_COUNT; turn++) {
        for (size_t i = 0; i < r->found->count; i++) {
            if (r->found->items[i].turn == turn) {
                TIDE_TRY(tide_file_judge(r, &r->found->items[i], err));
            }
        }
    }
    return TIDE_OK;
}

static tide_code look_at_all(tide_registry *r, tide_error *err)
{
    TIDE_TRY(check_reread(r, err));
    TIDE_TRY(tide_file_marks_init(&r->marks, r->request->marks, r->found, err));
    TIDE_TRY(judge_all(r, err));
    if (tide_text_failed(&r->changed) || tide_text_failed(&r->plan->notes)) {
        return TIDE_FAIL_MEMORY(err, "a plan of files");
    }
    if (r->changed.size == 0) {
        return TIDE_OK;
    }
    return TIDE_FAIL(err, TIDE_E_FILE_CHANGED,
                     "%s: changed since an earlier run has read it, and not by growing. Put back "
                     "what it held, or have all of its rows read again as new ones: `tidemill run "
                     "--reread FILE`",
                     tide_text_c(&r->changed));
}

tide_code tide_file_register(const tide_file_source_options *options,
                             const tide_plan_request *request, tide_found_files *found,
                             tide_source_plan *plan, tide_error *err)
{
    tide_registry r = {.options = options, .request = request, .found = found, .plan = plan};
    tide_text_init(&r.changed);
    tide_code code = look_at_all(&r, err);
    tide_text_clear(&r.changed);
    tide_file_marks_clear(&r.marks);
    tide_free(r.ends);
    tide_free(r.digests);
    return code;
}

tide_code tide_file_is_as_pinned(const tide_member *pinned, tide_found_file *file,
                                 bool *is_as_pinned, tide_error *err)
{
    tide_file_mark old = {0};
    tide_file_content content = {.fd = -1};
    tide_file_digest digest;
    *is_as_pinned = false;
    if (pinned->mark == NULL || !tide_file_mark_parse(pinned->mark, &old) ||
        old.end > file->byte_count || (pinned->end == 0 && old.end != file->byte_count)) {
        return TIDE_OK;
    }
    tide_code code =
        tide_file_content_open(&content, file->path, file->name, file->byte_count, err);
    if (code == TIDE_OK) {
        code = tide_file_content_digest(&content, &old.end, 1, &digest, err);
    }
    if (code == TIDE_OK && strcmp(digest.hex, old.digest.hex) == 0) {
        code = tide_file_content_continues(&content, old.end, is_as_pinned, err);
    }
    if (pinned->end == 0) {
        *is_as_pinned = code == TIDE_OK && strcmp(digest.hex, old.digest.hex) == 0;
    }
    tide_file_content_close(&content);
    return code;
}

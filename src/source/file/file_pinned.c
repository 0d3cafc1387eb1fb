/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file/file_pinned.h"

#include <string.h>

#include "base/memory.h"
#include "base/problem.h"
#include "source/file/file_marks.h"

typedef struct search {
    const tide_file_source_options *options;
    const tide_plan_request *request;
    tide_source_plan *plan;
    tide_found_files there; /* what the patterns match now; filled once it is asked for */
    bool is_filled;
} search;

/* Does the file begin with what the pinned one held, and go on with whole records if at all? */
static tide_code compare_content(const tide_member *pinned, const tide_file_mark *old,
                                 const tide_found_file *file, bool *is_same, tide_error *err)
{
    tide_file_content content = {.fd = -1};
    tide_file_digest digest;
    tide_code code =
        tide_file_content_open(&content, file->path, file->name, file->byte_count, err);
    if (code == TIDE_OK) {
        code = tide_file_content_digest(&content, &old->end, 1, &digest, err);
    }
    *is_same = code == TIDE_OK && strcmp(digest.hex, old->digest.hex) == 0;
    if (*is_same && pinned->end != 0) {
        code = tide_file_content_continues(&content, old->end, is_same, err);
    }
    tide_file_content_close(&content);
    return code;
}

static tide_code holds_pinned(const tide_member *pinned, const tide_found_file *file, bool *holds,
                              tide_error *err)
{
    tide_file_mark old = {0};
    *holds = false;
    if (pinned->mark == NULL || !tide_file_mark_parse(pinned->mark, &old) ||
        old.end > file->byte_count || (pinned->end == 0 && old.end != file->byte_count)) {
        return TIDE_OK;
    }
    return compare_content(pinned, &old, file, holds, err);
}

/* Files that lie where the plan says, as it says, are what they are. */
static bool is_pinned_itself(const tide_plan_request *request, const tide_found_file *file)
{
    for (size_t i = 0; i < request->pinned_count; i++) {
        if (strcmp(request->pinned[i].name, file->name) == 0) {
            return strcmp(request->pinned[i].identity, file->identity) == 0;
        }
    }
    return false;
}

static tide_code fill(search *s, tide_error *err)
{
    tide_file_source_options options = *s->options;
    options.allow_empty = true;
    s->is_filled = true;
    s->there.arena = &s->plan->arena;
    return tide_file_glob(&options, &s->there, err);
}

/* A log is rotated while its run waits to be resumed. First those that look as it did. */
static tide_code find_renamed(search *s, const tide_member *pinned, const tide_found_file **out,
                              tide_error *err)
{
    *out = NULL;
    if (pinned->mark == NULL) {
        return TIDE_OK;
    }
    if (!s->is_filled) {
        TIDE_TRY(fill(s, err));
    }
    for (int turn = 0; turn < 2; turn++) {
        for (size_t i = 0; i < s->there.count; i++) {
            const tide_found_file *file = &s->there.items[i];
            bool looks_so = strcmp(file->identity, pinned->identity) == 0;
            bool holds = false;
            if (looks_so == (turn == 0) && !is_pinned_itself(s->request, file)) {
                TIDE_TRY(holds_pinned(pinned, file, &holds, err));
            }
            if (holds) {
                *out = file;
                return TIDE_OK;
            }
        }
    }
    return TIDE_OK;
}

static void take(const tide_member *pinned, tide_found_file *file)
{
    bool is_as_it_was = strcmp(file->identity, pinned->identity) == 0;
    file->current = is_as_it_was ? NULL : file->identity;
    file->identity = pinned->identity;
    file->reason = pinned->reason;
    file->mark = pinned->mark;
    file->mark_sure = pinned->mark_sure;
    file->begin = pinned->begin;
    file->end = pinned->end;
    file->known_bytes = pinned->known_bytes;
    file->left_end = pinned->left_end;
    file->left_horizon = pinned->left_horizon;
}

static tide_code take_renamed(search *s, const tide_member *pinned, tide_found_file *file,
                              bool *is_taken, tide_error *err)
{
    const tide_found_file *renamed;
    TIDE_TRY(find_renamed(s, pinned, &renamed, err));
    *is_taken = renamed != NULL;
    if (*is_taken) {
        *file = *renamed;
        file->name = pinned->name;
        file->now = renamed->name;
        take(pinned, file);
        tide_text_append_format(&s->plan->notes, "%s: it is %s by now, and read there\n",
                                pinned->name, renamed->name);
    }
    return TIDE_OK;
}

/* Where it was, as it was or grown. input_changed if it is not. */
static tide_code take_where_it_was(search *s, const tide_member *pinned, tide_found_file *file,
                                   tide_error *err)
{
    TIDE_TRY(tide_file_look(&s->plan->arena, s->options->directory, pinned->name, file, err));
    bool is_there = strcmp(file->identity, pinned->identity) == 0;
    if (!is_there) {
        TIDE_TRY(holds_pinned(pinned, file, &is_there, err));
    }
    if (!is_there) {
        return TIDE_FAIL(err, TIDE_E_INPUT_CHANGED,
                         "the file %s has changed since the run was planned (size:mtime was %s, is "
                         "%s)",
                         pinned->name, pinned->identity, file->identity);
    }
    take(pinned, file);
    return TIDE_OK;
}

static tide_code find_one(search *s, const tide_member *pinned, tide_found_file *file,
                          tide_error *err)
{
    tide_error missing = {0};
    bool is_renamed = false;
    tide_code code = take_where_it_was(s, pinned, file, &missing);
    if (code == TIDE_OK) {
        return TIDE_OK;
    }
    if (missing.number == tide_problem_number(TIDE_E_INPUT_CHANGED)) {
        TIDE_TRY(take_renamed(s, pinned, file, &is_renamed, err));
    }
    if (is_renamed) {
        return TIDE_OK;
    }
    *err = missing;
    return code;
}

static tide_code find_all(search *s, tide_found_files *found, tide_error *err)
{
    void *items = NULL;
    size_t count = s->request->pinned_count;
    TIDE_TRY(tide_grow(&items, &found->capacity, count, sizeof found->items[0], err));
    found->items = items;
    for (size_t i = 0; i < count; i++) {
        TIDE_TRY(find_one(s, &s->request->pinned[i], &found->items[i], err));
        found->count++;
    }
    return tide_text_failed(&s->plan->notes) ? TIDE_FAIL_MEMORY(err, "a plan of files") : TIDE_OK;
}

tide_code tide_file_find_pinned(const tide_file_source_options *options,
                                const tide_plan_request *request, tide_found_files *found,
                                tide_source_plan *plan, tide_error *err)
{
    search s = {.options = options, .request = request, .plan = plan};
    tide_code code = find_all(&s, found, err);
    tide_free(s.there.items);
    return code;
}

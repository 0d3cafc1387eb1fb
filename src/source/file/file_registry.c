/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file/file_registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/problem.h"
#include "source/file/file_input.h"
#include "source/file/file_marks.h"
#include "source/file/file_plan.h"

typedef struct registry {
    const tide_file_source_options *options;
    const tide_plan_request *request;
    tide_found_files *found;
    tide_source_plan *plan;
    tide_file_marks marks;
    uint64_t *ends; /* owned */
    tide_file_digest *digests;
    size_t ends_capacity, digests_capacity;
    tide_text changed; /* names */
} registry;

static bool is_to_be_reread(const registry *r, const char *name)
{
    for (size_t i = 0; i < r->request->reread_count; i++) {
        const char *wanted = r->request->reread[i];
        if (strcmp(wanted[0] == '.' && wanted[1] == '/' ? wanted + 2 : wanted, name) == 0) {
            return true;
        }
    }
    return false;
}

/* --- one file --- */

typedef struct look {
    registry *r;
    tide_found_file *file;
    bool is_ranged; /* plain NDJSON: it may grow */
    tide_file_content content;
    uint64_t end;
    tide_file_digest digest;
} look;

static int compare_ends(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

/* Ends of earlier content that the file may begin with: of its own mark, or of files gone. */
static size_t collect_ends(look *l, const tide_file_mark *own)
{
    registry *r = l->r;
    size_t count = 0;
    for (size_t i = 0; l->is_ranged && own == NULL && i < r->marks.mark_count; i++) {
        const tide_file_mark *item = &r->marks.items[i];
        if (item->is_gone && !item->is_taken && item->end > 0 && item->end < l->end) {
            r->ends[count++] = item->end;
        }
    }
    if (own != NULL && own->end < l->end) {
        r->ends[count++] = own->end;
    }
    r->ends[count++] = l->end;
    qsort(r->ends, count, sizeof *r->ends, compare_ends);
    return count;
}

static tide_code digest_file(look *l, const tide_file_mark *own, size_t *count, tide_error *err)
{
    registry *r = l->r;
    *count = 0;
    TIDE_TRY(tide_grow((void **)&r->ends, &r->ends_capacity, r->marks.mark_count + 2,
                       sizeof *r->ends, err));
    TIDE_TRY(tide_grow((void **)&r->digests, &r->digests_capacity, r->marks.mark_count + 2,
                       sizeof *r->digests, err));
    *count = collect_ends(l, own);
    TIDE_TRY(tide_file_content_digest(&l->content, r->ends, *count, r->digests, err));
    l->digest = r->digests[*count - 1];
    return TIDE_OK;
}

static tide_code set_mark(look *l, tide_error *err)
{
    l->file->mark = tide_file_mark_print(&l->r->plan->arena, l->file->identity, l->end, &l->digest);
    return l->file->mark == NULL ? TIDE_FAIL_MEMORY(err, "a plan of files") : TIDE_OK;
}

/* The file is read from `begin` on. */
static tide_code take(look *l, tide_member_reason reason, uint64_t begin, uint64_t known_bytes,
                      tide_error *err)
{
    registry *r = l->r;
    tide_found_file *file = l->file;
    file->reason = reason;
    file->begin = begin;
    file->end = l->is_ranged ? l->end : 0;
    file->known_bytes = known_bytes;
    tide_file_marks_add_taken(&r->marks, l->end, &l->digest);
    if (l->is_ranged && l->end < file->byte_count) {
        tide_text_append_format(&r->plan->notes,
                                "%s: its last line is not whole yet and is left for a later run\n",
                                file->name);
    }
    return set_mark(l, err);
}

/* Nothing of it has to be read; its mark says where it is now. */
static tide_code know(look *l, tide_error *err)
{
    l->file->is_known = true;
    l->r->plan->known_count++;
    TIDE_TRY(set_mark(l, err));
    tide_read_mark mark = {.name = l->file->name, .value = l->file->mark};
    return tide_read_mark_list_add(&l->r->plan->marks, &mark, err);
}

/* Content that a mark knows already. A copy of what is being read gets no mark: which of the two is
 * there tomorrow is not known yet. */
static tide_code know_content(look *l, tide_file_mark *item, tide_error *err)
{
    if (item->is_taken) {
        l->file->is_known = true;
        l->r->plan->known_count++;
        return TIDE_OK;
    }
    if (item->mark->open && (item->is_gone || strcmp(item->mark->name, l->file->name) == 0)) {
        tide_file_marks_take(&l->r->marks, item);
        return take(l, TIDE_MEMBER_OPEN, 0, UINT64_MAX, err);
    }
    if (item->mark->open) { /* its own file is there, and is read */
        l->file->is_known = true;
        l->r->plan->known_count++;
        return TIDE_OK;
    }
    return know(l, err);
}

static tide_code read_on(look *l, tide_file_mark *item, bool *continues, tide_error *err)
{
    TIDE_TRY(tide_file_content_continues(&l->content, item->end, continues, err));
    if (!*continues) {
        return TIDE_OK;
    }
    tide_file_marks_take(&l->r->marks, item);
    return take(l, TIDE_MEMBER_GROWN, item->mark->open ? 0 : item->end, item->end, err);
}

/* All of them are told at once. */
static tide_code note_changed(look *l)
{
    tide_text *changed = &l->r->changed;
    tide_text_append(changed, changed->size == 0 ? "" : ", ");
    tide_text_append(changed, l->file->name);
    return TIDE_OK;
}

/* A file whose path has a mark, with another size or mtime. */
static tide_code look_at_marked(look *l, tide_file_mark *own, tide_error *err)
{
    size_t count;
    TIDE_TRY(digest_file(l, own, &count, err));
    bool begins_alike = own->end <= l->end && strcmp(l->r->digests[0].hex, own->digest.hex) == 0;
    bool continues = false;
    if (begins_alike && own->end == l->end) {
        return know_content(l, own, err);
    }
    if (begins_alike && l->is_ranged) {
        TIDE_TRY(read_on(l, own, &continues, err));
    }
    if (continues) {
        return TIDE_OK;
    }
    tide_file_mark *elsewhere = tide_file_marks_find_content(&l->r->marks, l->end, &l->digest);
    return elsewhere != NULL ? know_content(l, elsewhere, err) : note_changed(l);
}

/* The longest content of a file that is gone with which this one begins. */
static tide_file_mark *find_beginning(look *l, size_t end_count)
{
    registry *r = l->r;
    tide_file_mark *best = NULL;
    for (size_t i = 0; i < r->marks.mark_count; i++) {
        tide_file_mark *item = &r->marks.items[i];
        const uint64_t *end =
            bsearch(&item->end, r->ends, end_count - 1, sizeof *r->ends, compare_ends);
        if (end != NULL && item->is_gone && !item->is_taken &&
            strcmp(item->digest.hex, r->digests[end - r->ends].hex) == 0 &&
            (best == NULL || item->end > best->end)) {
            best = item;
        }
    }
    return best;
}

static tide_code look_at_unmarked(look *l, tide_error *err)
{
    size_t count;
    bool continues = false;
    TIDE_TRY(digest_file(l, NULL, &count, err));
    tide_file_mark *same = tide_file_marks_find_content(&l->r->marks, l->end, &l->digest);
    if (same != NULL) {
        return know_content(l, same, err);
    }
    tide_file_mark *beginning = find_beginning(l, count);
    if (beginning != NULL) {
        TIDE_TRY(read_on(l, beginning, &continues, err));
    }
    return continues ? TIDE_OK : take(l, TIDE_MEMBER_NEW, 0, 0, err);
}

/* Read by the user's wish; what it held when it was read before, if that is all it holds, is known.
 */
static tide_code look_at_wanted(look *l, const tide_file_mark *own, tide_error *err)
{
    size_t count;
    TIDE_TRY(digest_file(l, own, &count, err));
    bool same = own != NULL && own->end == l->end && strcmp(own->digest.hex, l->digest.hex) == 0;
    return take(l, TIDE_MEMBER_REREAD, 0, same ? UINT64_MAX : 0, err);
}

/* With a mark, and nothing has happened to it. */
static tide_code look_at_unchanged(look *l, tide_file_mark *own, tide_error *err)
{
    l->end = own->end;
    l->digest = own->digest;
    if (own->mark->open && !own->is_taken) {
        tide_file_marks_take(&l->r->marks, own);
        return take(l, TIDE_MEMBER_OPEN, 0, UINT64_MAX, err);
    }
    l->file->is_known = true;
    l->r->plan->known_count++;
    return TIDE_OK;
}

/* Larger ones are not read by a plan that no run follows, if they can be told by their size. */
#define LOOKED_INTO_BYTES_MAX (64u << 20)

static bool is_certainly_new(const look *l, const tide_file_mark *own)
{
    const registry *r = l->r;
    if (!r->request->looks_only || own != NULL || l->end <= LOOKED_INTO_BYTES_MAX) {
        return false;
    }
    for (size_t i = 0; i < r->marks.count; i++) {
        if (r->marks.items[i].end == l->end || (r->marks.items[i].is_gone && l->is_ranged)) {
            return false;
        }
    }
    return true;
}

static tide_code look_inside(look *l, tide_file_mark *own, bool wanted, tide_error *err)
{
    l->end = l->file->byte_count;
    TIDE_TRY(tide_file_content_open(&l->content, l->file->path, l->file->name, l->end, err));
    if (l->is_ranged) {
        TIDE_TRY(tide_file_content_end(&l->content, &l->end, err));
    }
    if (l->is_ranged && l->end == 0 && own == NULL) { /* nothing in it yet */
        l->file->is_known = true;
        return TIDE_OK;
    }
    if (is_certainly_new(l, own)) {
        return take(l, TIDE_MEMBER_NEW, 0, 0, err);
    }
    if (wanted) {
        return look_at_wanted(l, own, err);
    }
    return own != NULL ? look_at_marked(l, own, err) : look_at_unmarked(l, err);
}

static tide_code look_at_file(registry *r, tide_found_file *file, tide_error *err)
{
    look l = {.r = r, .file = file, .content = {.fd = -1}};
    tide_file_mark *own = tide_file_marks_find(&r->marks, file->name);
    bool wanted = is_to_be_reread(r, file->name);
    TIDE_TRY(tide_file_is_ranged(r->options, file->path, file->name, &l.is_ranged, err));
    if (own != NULL && !wanted && strcmp(own->identity, file->identity) == 0) {
        return look_at_unchanged(&l, own, err);
    }
    tide_code code = look_inside(&l, own, wanted, err);
    tide_file_content_close(&l.content);
    return code;
}

static tide_code check_reread(const registry *r, tide_error *err)
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

/* Those at paths that are known come first: a file elsewhere may be a copy of one that has grown.
 */
static tide_code look_at_those(registry *r, bool marked, tide_error *err)
{
    for (size_t i = 0; i < r->found->count; i++) {
        tide_found_file *file = &r->found->items[i];
        if ((tide_file_marks_find(&r->marks, file->name) != NULL) == marked) {
            TIDE_TRY(look_at_file(r, file, err));
        }
    }
    return TIDE_OK;
}

static tide_code look_at_all(registry *r, tide_error *err)
{
    TIDE_TRY(check_reread(r, err));
    TIDE_TRY(tide_file_marks_init(&r->marks, r->request->marks, r->found, err));
    TIDE_TRY(look_at_those(r, true, err));
    TIDE_TRY(look_at_those(r, false, err));
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
    registry r = {.options = options, .request = request, .found = found, .plan = plan};
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

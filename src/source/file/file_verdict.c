/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file/file_verdict.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "source/file/file_plan.h"

static bool is_to_be_reread(const tide_registry *r, const char *name)
{
    for (size_t i = 0; i < r->request->reread_count; i++) {
        const char *wanted = r->request->reread[i];
        if (strcmp(wanted[0] == '.' && wanted[1] == '/' ? wanted + 2 : wanted, name) == 0) {
            return true;
        }
    }
    return false;
}

typedef struct look {
    tide_registry *r;
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

/* May it be what the file begins with? Only what is gone: two logs may begin alike. One that goes
 * on from what it held is looked at before all of that is known, and asked for longer contents
 * only. */
static bool may_begin_with(const look *l, const tide_file_mark *own, const tide_file_mark *item)
{
    bool fits = item->end > 0 && item->end < l->end;
    return fits && (own != NULL ? item->is_absent && item->end > own->end : item->is_gone);
}

/* Ends of earlier content that the file may begin with, its own mark's among them. */
static size_t collect_ends(look *l, const tide_file_mark *own)
{
    tide_registry *r = l->r;
    size_t count = 0;
    for (size_t i = 0; l->is_ranged && i < r->marks.mark_count; i++) {
        if (may_begin_with(l, own, &r->marks.items[i])) {
            r->ends[count++] = r->marks.items[i].end;
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
    tide_registry *r = l->r;
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
    tide_registry *r = l->r;
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

/* The file is read in place of all that have the content of the mark. What was left of one that is
 * absent is from now on left of this one. */
static tide_code stand_in_for(look *l, const tide_file_mark *item, tide_error *err)
{
    tide_registry *r = l->r;
    tide_file_marks_take(&r->marks, item);
    return tide_file_marks_close_absent(&r->marks, item, &r->plan->marks, err);
}

/* Content that a mark knows already. Rows that were left of it are read from its own file, or from
 * this one if that has gone; a copy of what is read is known, and stands in should that go later.
 */
static tide_code know_content(look *l, const tide_file_mark *item, tide_error *err)
{
    bool is_own = item->mark != NULL && strcmp(item->mark->name, l->file->name) == 0;
    if (item->is_taken || !item->mark->open || !(item->is_gone || is_own)) {
        return know(l, err);
    }
    if (!is_own && l->file->turn < TIDE_TURN_SPARE) {
        l->file->turn = TIDE_TURN_SPARE;
        return TIDE_OK;
    }
    TIDE_TRY(stand_in_for(l, item, err));
    return take(l, TIDE_MEMBER_OPEN, 0, UINT64_MAX, err);
}

/* What it begins with is read once more if rows of it were left, and are not read elsewhere. */
static tide_code read_on(look *l, const tide_file_mark *item, tide_error *err)
{
    bool from_start = item->mark->open && !item->is_taken;
    if (from_start) {
        TIDE_TRY(stand_in_for(l, item, err));
    }
    return take(l, TIDE_MEMBER_GROWN, from_start ? 0 : item->end, item->end, err);
}

/* All of them are told at once. */
static tide_code note_changed(look *l)
{
    tide_text *changed = &l->r->changed;
    tide_text_append(changed, changed->size == 0 ? "" : ", ");
    tide_text_append(changed, l->file->name);
    return TIDE_OK;
}

/* Read by the user's wish; what it held when it was read before, if that is all it holds, is known.
 */
static tide_code take_wanted(look *l, const tide_file_mark *own, tide_error *err)
{
    bool same = own != NULL && own->end == l->end && strcmp(own->digest.hex, l->digest.hex) == 0;
    if (l->is_ranged && l->end == 0) { /* nothing in it yet; it may grow */
        return know(l, err);
    }
    if (same) {
        TIDE_TRY(stand_in_for(l, own, err));
    }
    return take(l, TIDE_MEMBER_REREAD, 0, same ? UINT64_MAX : 0, err);
}

/* Does the file hold what its mark says, and nothing else but whole records behind it? */
static tide_code find_out(look *l, const tide_file_mark *own, bool *holds, tide_error *err)
{
    bool begins_alike = own->end <= l->end && strcmp(l->r->digests[0].hex, own->digest.hex) == 0;
    *holds = begins_alike && own->end == l->end;
    return begins_alike && !*holds && l->is_ranged
               ? tide_file_content_continues(&l->content, own->end, holds, err)
               : TIDE_OK;
}

/* Rather a longer content than a shorter one; of one content rather the mark that is open. */
static bool is_better(const tide_file_mark *item, const tide_file_mark *best)
{
    return best == NULL || item->end > best->end || (item->end == best->end && item->mark->open);
}

/* The longest known content with which the file begins. */
static tide_file_mark *find_beginning(look *l, const tide_file_mark *own, size_t end_count)
{
    tide_registry *r = l->r;
    tide_file_mark *best = NULL;
    for (size_t i = 0; i < r->marks.mark_count; i++) {
        tide_file_mark *item = &r->marks.items[i];
        const uint64_t *end =
            bsearch(&item->end, r->ends, end_count - 1, sizeof *r->ends, compare_ends);
        if (end != NULL && may_begin_with(l, own, item) &&
            strcmp(item->digest.hex, r->digests[end - r->ends].hex) == 0 && is_better(item, best)) {
            best = item;
        }
    }
    return best;
}

/* It still holds what its mark says, and more. `item`: see choose_mark. */
static tide_code look_at_grown(look *l, const tide_file_mark *own, const tide_file_mark *item,
                               size_t end_count, tide_error *err)
{
    bool continues = false;
    bool is_left = item->mark->open && !item->is_taken;
    tide_file_mark *same = tide_file_marks_find_content(&l->r->marks, l->end, &l->digest);
    if (same != NULL && is_left && !same->is_taken && !same->mark->open) {
        TIDE_TRY(stand_in_for(l, item, err));
        return take(l, TIDE_MEMBER_OPEN, 0, UINT64_MAX, err);
    }
    if (same != NULL) {
        tide_text_append_format(
            &l->r->plan->notes, "%s: what it has grown by is known from %s and not read again\n",
            l->file->name, same->mark != NULL ? same->mark->name : "another file");
        return know_content(l, same, err);
    }
    tide_file_mark *longer = find_beginning(l, own, end_count);
    if (longer != NULL) {
        TIDE_TRY(tide_file_content_continues(&l->content, longer->end, &continues, err));
    }
    if (!continues) {
        return read_on(l, item, err);
    }
    bool was_left = longer->mark->open && !longer->is_taken;
    if (is_left) {
        TIDE_TRY(stand_in_for(l, item, err));
    }
    if (was_left) {
        TIDE_TRY(stand_in_for(l, longer, err));
    }
    return take(l, TIDE_MEMBER_GROWN, is_left || was_left ? 0 : longer->end, longer->end, err);
}

/* The mark by which what the file held is read again or not: its own, or, if that is closed, an
 * open one of the same content that is gone. */
static const tide_file_mark *choose_mark(const tide_file_mark *own, const tide_file_mark *twin)
{
    return twin != NULL && twin->is_gone && !own->mark->open ? twin : own;
}

/* A file whose path has a mark, with another size or mtime. Whether another file of the same
 * content has gone, of which rows were left, is known in the next turn only. */
static tide_code look_at_touched(look *l, tide_file_mark *own, bool wanted, tide_error *err)
{
    size_t count;
    bool holds;
    TIDE_TRY(digest_file(l, own, &count, err));
    TIDE_TRY(find_out(l, own, &holds, err));
    own->is_gone = !holds;
    if (wanted) {
        return take_wanted(l, own, err);
    }
    if (!holds && l->file->turn > TIDE_TURN_OTHERS) { /* rewritten while it was looked at */
        return note_changed(l);
    }
    if (!holds) {
        l->file->turn = TIDE_TURN_OTHERS;
        return TIDE_OK;
    }
    const tide_file_mark *twin =
        tide_file_marks_find_open(&l->r->marks, own->end, &own->digest, own);
    bool knows_more = own->end < l->end &&
                      (find_beginning(l, own, count) != NULL ||
                       tide_file_marks_find_content(&l->r->marks, l->end, &l->digest) != NULL);
    if ((twin != NULL || knows_more) && l->file->turn == TIDE_TURN_TOUCHED) {
        l->file->turn = TIDE_TURN_KEPT;
        return TIDE_OK;
    }
    const tide_file_mark *item = choose_mark(own, twin);
    return own->end == l->end ? know_content(l, item, err)
                              : look_at_grown(l, own, item, count, err);
}

/* Without a mark, or without what the mark says. */
static tide_code look_at_other(look *l, const tide_file_mark *own, bool wanted, tide_error *err)
{
    size_t count;
    bool continues = false;
    TIDE_TRY(digest_file(l, NULL, &count, err));
    if (wanted) {
        return take_wanted(l, own, err);
    }
    if (own != NULL && l->end == 0) { /* nothing is a copy of nothing */
        return note_changed(l);
    }
    tide_file_mark *same = tide_file_marks_find_content(&l->r->marks, l->end, &l->digest);
    if (same != NULL) {
        return know_content(l, same, err);
    }
    tide_file_mark *beginning = find_beginning(l, NULL, count);
    if (beginning != NULL) {
        TIDE_TRY(tide_file_content_continues(&l->content, beginning->end, &continues, err));
    }
    if (continues) {
        return read_on(l, beginning, err);
    }
    return own != NULL ? note_changed(l) : take(l, TIDE_MEMBER_NEW, 0, 0, err);
}

/* With a mark, and nothing has happened to it. */
static tide_code look_at_kept(look *l, const tide_file_mark *own, tide_error *err)
{
    l->end = own->end;
    l->digest = own->digest;
    const tide_file_mark *item =
        choose_mark(own, tide_file_marks_find_open(&l->r->marks, own->end, &own->digest, own));
    if (item->mark->open) {
        return know_content(l, item, err);
    }
    l->file->is_known = true; /* and its mark stays as it is */
    l->r->plan->known_count++;
    return TIDE_OK;
}

/* Larger ones are not read by a plan that no run follows, if they can be told by their size. */
#define LOOKED_INTO_BYTES_MAX (64u << 20)

static bool is_certainly_new(const look *l, const tide_file_mark *own)
{
    const tide_registry *r = l->r;
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
    return own == NULL || own->is_gone ? look_at_other(l, own, wanted, err)
                                       : look_at_touched(l, own, wanted, err);
}

static bool is_untouched(const tide_file_mark *own, const tide_found_file *file)
{
    return own != NULL && strcmp(own->identity, file->identity) == 0;
}

tide_file_turn tide_file_first_turn(tide_registry *r, const tide_found_file *file)
{
    const tide_file_mark *own = tide_file_marks_find(&r->marks, file->name);
    if (own == NULL) {
        return TIDE_TURN_OTHERS;
    }
    bool wanted = is_to_be_reread(r, file->name);
    return wanted || !is_untouched(own, file) ? TIDE_TURN_TOUCHED : TIDE_TURN_KEPT;
}

tide_code tide_file_judge(tide_registry *r, tide_found_file *file, tide_error *err)
{
    look l = {.r = r, .file = file, .content = {.fd = -1}};
    tide_file_mark *own = tide_file_marks_find(&r->marks, file->name);
    bool wanted = is_to_be_reread(r, file->name);
    TIDE_TRY(tide_file_is_ranged(r->options, file->path, file->name, &l.is_ranged, err));
    if (file->turn != TIDE_TURN_TOUCHED && !wanted && is_untouched(own, file)) {
        return look_at_kept(&l, own, err);
    }
    tide_code code = look_inside(&l, own, wanted, err);
    tide_file_content_close(&l.content);
    return code;
}

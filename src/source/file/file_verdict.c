/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file/file_verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/problem.h"

/* Nothing is a copy of nothing, nor of what was not read: such a file is a group of its own. */
static bool is_alone(const tide_file_view *view)
{
    return view->end == 0 || view->is_unread;
}

static bool have_same_content(const tide_file_view *left, const tide_file_view *right)
{
    return !is_alone(left) && !is_alone(right) &&
           tide_file_content_compare(left->end, &left->digest, right->end, &right->digest) == 0;
}

static int compare_views(const void *a, const void *b)
{
    const tide_file_view *left = *(tide_file_view *const *)a;
    const tide_file_view *right = *(tide_file_view *const *)b;
    int order = tide_file_content_compare(left->end, &left->digest, right->end, &right->digest);
    return order != 0 ? order : strcmp(left->file->name, right->file->name);
}

static tide_code make_groups(tide_file_verdict *v, tide_error *err)
{
    v->ordered = tide_alloc_zero(v->count + 1, sizeof(tide_file_view *));
    v->groups = tide_alloc_zero(v->count + 1, sizeof *v->groups);
    if (v->ordered == NULL || v->groups == NULL) {
        return TIDE_FAIL_MEMORY(err, "a plan of files");
    }
    for (size_t i = 0; i < v->count; i++) {
        v->ordered[i] = &v->views[i];
    }
    qsort(v->ordered, v->count, sizeof(tide_file_view *), compare_views);
    for (size_t i = 0; i < v->count; i++) {
        if (i == 0 || !have_same_content(v->ordered[i - 1], v->ordered[i])) {
            v->groups[v->group_count++] =
                (tide_file_group){.views = &v->ordered[i], .left = UINT64_MAX};
        }
        tide_file_group *group = &v->groups[v->group_count - 1];
        group->count++;
        v->ordered[i]->group = group;
    }
    return TIDE_OK;
}

static int compare_to_group(const void *key, const void *group)
{
    const tide_file_mark *content = key;
    const tide_file_view *first = ((const tide_file_group *)group)->views[0];
    return tide_file_content_compare(content->end, &content->digest, first->end, &first->digest);
}

/* The group with that content; NULL: no file has it now. */
static tide_file_group *find_group(const tide_file_verdict *v, const tide_file_mark *content)
{
    return content->end == 0
               ? NULL
               : bsearch(content, v->groups, v->group_count, sizeof *v->groups, compare_to_group);
}

/* Does what lay at the path of the file live on under another name? */
static bool is_given_on(const tide_file_verdict *v, const tide_file_view *view)
{
    const tide_file_mark *own = view->own;
    return v->rotated && (own->is_begun || find_group(v, own) != NULL);
}

static void find_known(const tide_file_verdict *v, tide_file_group *group)
{
    const tide_file_view *first = group->views[0];
    if (!is_alone(first)) {
        group->same_count =
            tide_file_marks_of_content(v->marks, first->end, &first->digest, &group->same);
    }
    bool is_new_at_known_paths = true;
    for (size_t i = 0; i < group->count; i++) {
        const tide_file_view *view = group->views[i];
        uint64_t own = view->holds ? view->own->end : 0;
        uint64_t gone = view->beginning != NULL ? view->beginning->end : 0;
        uint64_t known = own > gone ? own : gone;
        group->known = known > group->known ? known : group->known;
        is_new_at_known_paths =
            is_new_at_known_paths && view->own != NULL && !view->holds && !is_given_on(v, view);
    }
    group->known = group->same_count > 0 ? first->end : group->known;
    group->is_changed = is_new_at_known_paths && group->known == 0 && !v->reads_all;
}

static bool is_wanted(const tide_file_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        if (group->views[i]->is_wanted) {
            return true;
        }
    }
    return false;
}

/* Which group reads what was left of a content, that of the marks; NULL: none can. Rather a longer
 * one than a shorter one (groups are ordered so): copies go, and what goes on stays. And so what
 * was left of a content, and what was left of one that goes on from it, come to the same group
 * where one file has both, and no row of them is read by two. */
static tide_file_group *find_claimant(const tide_file_verdict *v, tide_file_mark *const *items,
                                      size_t count)
{
    tide_file_group *same = find_group(v, items[0]);
    tide_file_group *best = same;
    if (same != NULL && is_wanted(same)) {
        return same;
    }
    for (size_t i = 0; i < count; i++) {
        bool is_gone = tide_file_mark_is_gone(items[i]);
        const tide_file_view *view = is_gone ? items[i]->heir : items[i]->view;
        if (view != NULL && (best == NULL || view->group > best)) {
            best = view->group;
        }
    }
    return best;
}

static tide_code close_mark(const tide_file_verdict *v, const tide_file_mark *item, tide_error *err)
{
    tide_read_mark closed = {.name = item->mark->name, .value = item->mark->value};
    return tide_read_mark_list_add(&v->plan->marks, &closed, err);
}

/* Marks with the same content, from `first` on: what was left of them are the same rows. */
static size_t count_same(const tide_file_marks *marks, size_t first)
{
    const tide_file_mark *one = marks->by_content[first];
    size_t i = first;
    while (i < marks->count &&
           tide_file_content_compare(marks->by_content[i]->end, &marks->by_content[i]->digest,
                                     one->end, &one->digest) == 0) {
        i++;
    }
    return i - first;
}

/* Of several contents nothing is told: which of them a row was left of is not known. */
static void inherit_horizon(tide_file_group *group, tide_file_mark *const *items, size_t count)
{
    bool is_first = group->left == UINT64_MAX;
    group->left_end = items[0]->end;
    group->left_horizon = is_first ? INT64_MIN : INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        if (items[i]->mark->open && items[i]->horizon > group->left_horizon) {
            group->left_horizon = items[i]->horizon;
        }
    }
}

/* What was left is from now on left of the group that reads it. */
static tide_code claim_content(const tide_file_verdict *v, tide_file_mark *const *items,
                               size_t count, tide_error *err)
{
    tide_file_group *group = find_claimant(v, items, count);
    if (group != NULL) {
        inherit_horizon(group, items, count);
    }
    for (size_t i = 0; i < count; i++) {
        tide_file_mark *item = items[i];
        item->is_lost = item->mark->open && group == NULL;
        if (!item->mark->open || group == NULL) {
            continue;
        }
        group->left = item->from < group->left ? item->from : group->left;
        if (item->view == NULL) {
            TIDE_TRY(close_mark(v, item, err));
        }
    }
    return TIDE_OK;
}

static bool has_open(tide_file_mark *const *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i]->mark->open) {
            return true;
        }
    }
    return false;
}

static tide_code claim_left_rows(const tide_file_verdict *v, tide_error *err)
{
    for (size_t i = 0; i < v->marks->count;) {
        size_t count = count_same(v->marks, i);
        tide_file_mark *const *items = &v->marks->by_content[i];
        if (has_open(items, count)) {
            TIDE_TRY(claim_content(v, items, count, err));
        }
        i += count;
    }
    return TIDE_OK;
}

#define NAMES_TOLD 5

/* Where what a file held is in no file any more. */
typedef enum lost_kind { LOST_WITH_FILE, LOST_UNREAD, LOST_READ_AGAIN } lost_kind;

static lost_kind kind_of(const tide_file_verdict *v, const tide_file_mark *item)
{
    if (item->view == NULL) {
        return LOST_WITH_FILE;
    }
    return item->view->is_wanted || v->reads_all ? LOST_READ_AGAIN : LOST_UNREAD;
}

/* Rows that were left and that no file has any more: that must not go unnoticed. */
static void note_lost(const tide_file_verdict *v, lost_kind kind, const char *what)
{
    tide_text *notes = &v->plan->notes;
    size_t lost = 0;
    for (size_t i = 0; i < v->marks->count; i++) {
        const tide_file_mark *item = &v->marks->items[i];
        if (!item->is_lost || kind_of(v, item) != kind) {
            continue;
        }
        if (lost++ < NAMES_TOLD) {
            tide_text_append(notes, lost == 1 ? "" : ", ");
            tide_text_append(notes, item->mark->name);
        }
    }
    if (lost > NAMES_TOLD) {
        tide_text_append_format(notes, " and %zu more", lost - NAMES_TOLD);
    }
    if (lost > 0) {
        tide_text_append_format(notes, ": rows of %s were left for a later run, and %s\n",
                                lost == 1 ? "it" : "them", what);
    }
}

/* The lower, the rather it is the one of its group that is read. */
static int rank(const tide_file_view *view)
{
    if (view->is_wanted) {
        return 0;
    }
    if (view->holds) {
        return view->own->mark->open ? 1 : 2;
    }
    return view->own == NULL ? 3 : 4;
}

static bool has_to_be_read(const tide_file_verdict *v, const tide_file_group *group,
                           const tide_file_view *view)
{
    bool is_asked_for = view->is_wanted || v->reads_all;
    if (view->end == 0) { /* what is no document may have to have a beginning at least: a header */
        return !view->is_ranged && (is_asked_for || view->own == NULL);
    }
    return is_asked_for ||
           (!group->is_changed && (group->known < view->end || group->left < view->end));
}

static void choose_reader(const tide_file_verdict *v, tide_file_group *group)
{
    tide_file_view *best = group->views[0];
    for (size_t i = 1; i < group->count; i++) {
        best = rank(group->views[i]) < rank(best) ? group->views[i] : best;
    }
    group->reader = has_to_be_read(v, group, best) ? best : NULL;
}

static tide_code set_mark(const tide_file_verdict *v, const tide_file_view *view, uint64_t from,
                          int64_t horizon, tide_error *err)
{
    tide_found_file *file = view->file;
    tide_file_mark mark = {
        .end = view->end, .digest = view->digest, .from = from, .horizon = INT64_MAX};
    (void)snprintf(mark.identity, sizeof mark.identity, "%s", file->identity);
    const char *sure = tide_file_mark_print(&v->plan->arena, &mark);
    mark.horizon = horizon;
    file->mark = tide_file_mark_print(&v->plan->arena, &mark);
    file->mark_sure = sure == NULL ? 0 : strlen(sure);
    return sure == NULL || file->mark == NULL ? TIDE_FAIL_MEMORY(err, "a plan of files") : TIDE_OK;
}

static tide_member_reason reason_of(const tide_file_verdict *v, const tide_file_view *view)
{
    const tide_file_group *group = view->group;
    if (view->is_wanted || v->reads_all) {
        return view->is_wanted ? TIDE_MEMBER_REREAD : TIDE_MEMBER_NEW;
    }
    if (group->known > 0 && group->known == view->end) {
        return TIDE_MEMBER_OPEN;
    }
    return group->known > 0 || view->holds ? TIDE_MEMBER_GROWN : TIDE_MEMBER_NEW;
}

/* By the user's wish all of it is new, but for what the file held when it was read before. */
static uint64_t known_bytes_of(const tide_file_view *view)
{
    bool is_same = view->holds && view->own->end == view->end;
    if (view->is_wanted) {
        return is_same ? UINT64_MAX : 0;
    }
    return view->group->known == view->end ? UINT64_MAX : view->group->known;
}

static tide_code read_file(const tide_file_verdict *v, const tide_file_view *view, tide_error *err)
{
    const tide_file_group *group = view->group;
    tide_found_file *file = view->file;
    uint64_t begin = group->left < group->known ? group->left : group->known;
    file->reason = reason_of(v, view);
    file->begin = view->is_wanted || v->reads_all || !view->is_ranged ? 0 : begin;
    file->end = view->is_ranged ? view->end : 0;
    file->known_bytes = known_bytes_of(view);
    bool goes_on = group->left != UINT64_MAX && !view->is_wanted;
    file->left_end = goes_on ? group->left_end : 0;
    file->left_horizon = goes_on ? group->left_horizon : INT64_MAX;
    /* An earlier run may have gone further than this one: what it has processed is known. */
    int64_t horizon = group->left != UINT64_MAX && group->left_horizon > v->horizon
                          ? group->left_horizon
                          : v->horizon;
    if (view->is_ranged && view->end < file->byte_count) {
        tide_text_append_format(&v->plan->notes,
                                "%s: its last line is not whole yet and is left for a later run\n",
                                file->name);
    }
    return set_mark(v, view, file->begin, horizon, err);
}

static void note_known_growth(const tide_file_verdict *v, const tide_file_view *view)
{
    const tide_file_group *group = view->group;
    if (view->holds && view->own->end < view->end) {
        tide_text_append_format(
            &v->plan->notes, "%s: what it has grown by is known from %s and not read again\n",
            view->file->name,
            group->reader != NULL ? group->reader->file->name : group->same[0]->mark->name);
    }
}

/* Nothing of it has to be read; its mark says where it is now. */
static tide_code know_file(const tide_file_verdict *v, const tide_file_view *view, tide_error *err)
{
    view->file->is_known = true;
    if (view->end == 0 && view->own == NULL) { /* nothing in it yet */
        return TIDE_OK;
    }
    v->plan->known_count++;
    if (view->is_untouched && !view->own->mark->open) { /* its mark stays as it is */
        return TIDE_OK;
    }
    note_known_growth(v, view);
    TIDE_TRY(set_mark(v, view, 0, INT64_MAX, err));
    tide_read_mark mark = {.name = view->file->name, .value = view->file->mark};
    return tide_read_mark_list_add(&v->plan->marks, &mark, err);
}

/* Names of files that have changed are told all at once. */
static tide_code judge_file(tide_file_verdict *v, const tide_file_view *view, tide_error *err)
{
    if (view->group->reader == view) {
        return read_file(v, view, err);
    }
    if (!view->group->is_changed || view->group->reader != NULL || view->is_wanted) {
        return know_file(v, view, err);
    }
    tide_text_append(&v->changed, v->changed.size == 0 ? "" : ", ");
    tide_text_append(&v->changed, view->file->name);
    return TIDE_OK;
}

tide_code tide_file_judge(tide_file_verdict *v, tide_error *err)
{
    TIDE_TRY(make_groups(v, err));
    for (size_t i = 0; i < v->group_count; i++) {
        find_known(v, &v->groups[i]);
    }
    TIDE_TRY(claim_left_rows(v, err));
    note_lost(v, LOST_WITH_FILE,
              "no file holds them now; once the file is put back they are loaded, those of days "
              "that their series has passed by then as late ones");
    note_lost(v, LOST_UNREAD, "no file holds all of them any more: they are not loaded");
    note_lost(v, LOST_READ_AGAIN,
              "no file holds all of them any more: only those are loaded that are read again");
    for (size_t i = 0; i < v->group_count; i++) {
        choose_reader(v, &v->groups[i]);
    }
    for (size_t i = 0; i < v->count; i++) {
        TIDE_TRY(judge_file(v, &v->views[i], err));
    }
    return tide_text_failed(&v->changed) || tide_text_failed(&v->plan->notes)
               ? TIDE_FAIL_MEMORY(err, "a plan of files")
               : TIDE_OK;
}

void tide_file_verdict_clear(tide_file_verdict *v)
{
    tide_text_clear(&v->changed);
    tide_free(v->ordered);
    tide_free(v->groups);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file/file_view.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "source/file/file_plan.h"

/* Which marks a file is asked for: it may begin with what they say. */
typedef enum asked_for {
    ASKED_ABSENT,    /* no file has their names */
    ASKED_DISPLACED, /* the files of their names hold something else */
    ASKED_GONE,      /* both */
} asked_for;

typedef struct opened {
    tide_file_viewer *viewer;
    tide_file_view *view;
    tide_file_content content;
    asked_for asked;
    size_t end_count; /* of viewer->ends, for which there are digests */
} opened;

bool tide_file_mark_is_gone(const tide_file_mark *mark)
{
    return mark->view == NULL || !mark->view->holds;
}

/* Shorter contents than what it is known to hold matter only for what was left of them. */
static bool may_begin_with(const opened *o, const tide_file_mark *item)
{
    const tide_file_view *view = o->view;
    bool is_displaced = item->view != NULL && tide_file_mark_is_gone(item);
    bool is_asked =
        item->view == NULL ? o->asked != ASKED_DISPLACED : o->asked != ASKED_ABSENT && is_displaced;
    bool is_new_to_it = view->own == NULL || !view->holds || item->end > view->own->end;
    return is_asked && item->end > 0 && item->end < view->end && (is_new_to_it || item->is_left);
}

static int compare_ends(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static void collect_ends(opened *o)
{
    const tide_file_marks *marks = o->viewer->marks;
    const tide_file_view *view = o->view;
    uint64_t *ends = o->viewer->ends;
    size_t count = 0;
    for (size_t i = 0; view->is_ranged && i < marks->count; i++) {
        if (may_begin_with(o, &marks->items[i])) {
            ends[count++] = marks->items[i].end;
        }
    }
    if (view->own != NULL && view->own->end <= view->end) {
        ends[count++] = view->own->end;
    }
    ends[count++] = view->end;
    qsort(ends, count, sizeof *ends, compare_ends);
    o->end_count = count;
}

static const tide_file_digest *find_digest(const opened *o, uint64_t end)
{
    const uint64_t *ends = o->viewer->ends;
    const uint64_t *found = bsearch(&end, ends, o->end_count, sizeof *ends, compare_ends);
    return found == NULL ? NULL : &o->viewer->digests[found - ends];
}

static bool begins_with(const opened *o, const tide_file_mark *item)
{
    const tide_file_digest *digest = find_digest(o, item->end);
    return digest != NULL && strcmp(digest->hex, item->digest.hex) == 0;
}

static tide_code digest_content(opened *o, tide_error *err)
{
    tide_file_viewer *viewer = o->viewer;
    size_t room = viewer->marks->count + 2;
    TIDE_TRY(
        tide_grow((void **)&viewer->ends, &viewer->ends_capacity, room, sizeof *viewer->ends, err));
    TIDE_TRY(tide_grow((void **)&viewer->digests, &viewer->digests_capacity, room,
                       sizeof *viewer->digests, err));
    collect_ends(o);
    return tide_file_content_digest(&o->content, viewer->ends, o->end_count, viewer->digests, err);
}

static tide_code find_out_whether_it_holds(opened *o, tide_error *err)
{
    tide_file_view *view = o->view;
    if (view->own == NULL || view->own->end > view->end || !begins_with(o, view->own)) {
        return TIDE_OK;
    }
    view->holds = view->own->end == view->end || view->own->end == 0;
    return view->holds || !view->is_ranged
               ? TIDE_OK
               : tide_file_content_continues(&o->content, view->own->end, &view->holds, err);
}

static bool is_longer(const tide_file_view *view, const tide_file_view *other)
{
    return tide_file_content_compare(view->end, &view->digest, other->end, &other->digest) > 0;
}

/* The longest of them; and each whose rows were left gets an heir. */
static tide_code find_beginnings(opened *o, tide_error *err)
{
    tide_file_view *view = o->view;
    for (size_t i = 0; view->is_ranged && i < o->viewer->marks->count; i++) {
        tide_file_mark *item = &o->viewer->marks->items[i];
        bool continues = false;
        if (may_begin_with(o, item) && begins_with(o, item)) {
            TIDE_TRY(tide_file_content_continues(&o->content, item->end, &continues, err));
        }
        if (!continues) {
            continue;
        }
        item->is_begun = true;
        if (view->beginning == NULL || view->beginning->end < item->end) {
            view->beginning = item;
        }
        if (item->is_left && (item->heir == NULL || is_longer(view, item->heir))) {
            item->heir = view;
        }
    }
    return TIDE_OK;
}

/* Larger ones are not read by a plan that no run follows, if they can be told by their size. */
#define LOOKED_INTO_BYTES_MAX (64u << 20)

static bool is_certainly_new(const opened *o)
{
    const tide_file_view *view = o->view;
    if (!o->viewer->looks_only || view->own != NULL || view->end <= LOOKED_INTO_BYTES_MAX) {
        return false;
    }
    for (size_t i = 0; i < o->viewer->marks->count; i++) {
        const tide_file_mark *item = &o->viewer->marks->items[i];
        if (item->end == view->end || (view->is_ranged && tide_file_mark_is_gone(item))) {
            return false;
        }
    }
    return true;
}

static tide_code look_first(opened *o, tide_error *err)
{
    tide_file_view *view = o->view;
    view->end = view->file->byte_count;
    if (view->is_ranged) {
        TIDE_TRY(tide_file_content_end(&o->content, &view->end, err));
    }
    view->is_unread = is_certainly_new(o);
    if (view->is_unread) {
        return TIDE_OK;
    }
    TIDE_TRY(digest_content(o, err));
    view->digest = *find_digest(o, view->end);
    TIDE_TRY(find_out_whether_it_holds(o, err));
    return find_beginnings(o, err);
}

static tide_code look_again(opened *o, tide_error *err)
{
    TIDE_TRY(digest_content(o, err));
    return find_beginnings(o, err);
}

static tide_code look_for(tide_file_viewer *viewer, tide_file_view *view, asked_for asked,
                          tide_error *err)
{
    opened o = {.viewer = viewer, .view = view, .asked = asked, .content = {.fd = -1}};
    const tide_found_file *file = view->file;
    tide_code code =
        tide_file_content_open(&o.content, file->path, file->name, file->byte_count, err);
    if (code == TIDE_OK) {
        code = asked == ASKED_DISPLACED ? look_again(&o, err) : look_first(&o, err);
    }
    tide_file_content_close(&o.content);
    return code;
}

tide_code tide_file_view_known(tide_file_viewer *viewer, tide_file_view *view, tide_error *err)
{
    if (view->is_untouched) {
        view->holds = true;
        view->end = view->own->end;
        view->digest = view->own->digest;
        return TIDE_OK;
    }
    return look_for(viewer, view, ASKED_ABSENT, err);
}

/* Does any file that has a mark hold something else? */
static bool has_displaced(const opened *o)
{
    for (size_t i = 0; i < o->viewer->marks->count; i++) {
        if (may_begin_with(o, &o->viewer->marks->items[i])) {
            return true;
        }
    }
    return false;
}

tide_code tide_file_view_rest(tide_file_viewer *viewer, tide_file_view *view, tide_error *err)
{
    opened o = {.viewer = viewer, .view = view, .asked = ASKED_DISPLACED};
    if (view->own == NULL) {
        return look_for(viewer, view, ASKED_GONE, err);
    }
    return view->is_untouched || !view->is_ranged || !has_displaced(&o)
               ? TIDE_OK
               : look_for(viewer, view, ASKED_DISPLACED, err);
}

void tide_file_viewer_clear(tide_file_viewer *viewer)
{
    tide_free(viewer->ends);
    tide_free(viewer->digests);
    viewer->ends = NULL;
    viewer->digests = NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file/file_marks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/problem.h"

/* The word up to the next space or the end into out; the rest behind the space. */
static const char *take_word(const char *at, char *out, size_t out_bytes)
{
    size_t size = strcspn(at, " ");
    if (size == 0 || size >= out_bytes) {
        return NULL;
    }
    memcpy(out, at, size);
    out[size] = '\0';
    return at + size + (at[size] == ' ');
}

bool tide_file_mark_parse(const char *value, tide_file_mark *out)
{
    char end[24];
    char *behind = NULL;
    const char *at = take_word(value, out->identity, sizeof out->identity);
    at = at == NULL ? NULL : take_word(at, end, sizeof end);
    at = at == NULL ? NULL : take_word(at, out->digest.hex, sizeof out->digest.hex);
    if (at == NULL || *at != '\0' || strlen(out->digest.hex) != TIDE_FILE_DIGEST_CHARS) {
        return false;
    }
    out->end = strtoull(end, &behind, 10);
    return *behind == '\0';
}

const char *tide_file_mark_print(tide_arena *arena, const char *identity, uint64_t end,
                                 const tide_file_digest *digest)
{
    return tide_arena_format(arena, "%s %" PRIu64 " %s", identity, end, digest->hex);
}

bool tide_found_files_have(const tide_found_files *found, const char *name)
{
    size_t begin = 0;
    size_t end = found->count;
    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        int order = strcmp(found->items[middle].name, name);
        if (order == 0) {
            return true;
        }
        *(order < 0 ? &begin : &end) = order < 0 ? middle + 1 : middle;
    }
    return false;
}

static int compare_ends(const void *a, const void *b)
{
    uint64_t left = (*(tide_file_mark *const *)a)->end;
    uint64_t right = (*(tide_file_mark *const *)b)->end;
    return left < right ? -1 : left > right;
}

static tide_code collect_open(tide_file_marks *marks, tide_error *err)
{
    TIDE_TRY(tide_grow((void **)&marks->open, &marks->open_capacity, marks->mark_count + 1,
                       sizeof(tide_file_mark *), err));
    for (size_t i = 0; i < marks->mark_count; i++) {
        if (marks->items[i].mark->open) {
            marks->open[marks->open_count++] = &marks->items[i];
        }
    }
    qsort(marks->open, marks->open_count, sizeof(tide_file_mark *), compare_ends);
    return TIDE_OK;
}

tide_code tide_file_marks_init(tide_file_marks *marks, const tide_read_mark_list *list,
                               const tide_found_files *found, tide_error *err)
{
    size_t count = list != NULL ? list->count : 0;
    *marks = (tide_file_marks){.list = list};
    TIDE_TRY(tide_grow((void **)&marks->items, &marks->capacity, count + found->count + 1,
                       sizeof *marks->items, err));
    for (size_t i = 0; i < count; i++) {
        tide_file_mark *item = &marks->items[i];
        *item = (tide_file_mark){.mark = &list->items[i]};
        if (!tide_file_mark_parse(item->mark->value, item)) {
            return TIDE_FAIL(err, TIDE_E_STATE_DAMAGED,
                             "tidemill_marks: the mark of the file %s can't be read: `%s`",
                             item->mark->name, item->mark->value);
        }
        item->is_absent = item->is_gone = !tide_found_files_have(found, item->mark->name);
    }
    marks->count = marks->mark_count = count;
    return collect_open(marks, err);
}

void tide_file_marks_clear(tide_file_marks *marks)
{
    tide_free(marks->items);
    tide_free(marks->open);
    *marks = (tide_file_marks){.list = NULL};
}

tide_file_mark *tide_file_marks_find(tide_file_marks *marks, const char *name)
{
    const tide_read_mark *mark =
        marks->list == NULL ? NULL : tide_read_mark_list_find(marks->list, name);
    return mark == NULL ? NULL : &marks->items[mark - marks->list->items];
}

static bool has_content(const tide_file_mark *mark, uint64_t end, const tide_file_digest *digest)
{
    return mark->end == end && strcmp(mark->digest.hex, digest->hex) == 0;
}

tide_file_mark *tide_file_marks_find_content(tide_file_marks *marks, uint64_t end,
                                             const tide_file_digest *digest)
{
    tide_file_mark *best = NULL;
    for (size_t i = 0; i < marks->count; i++) {
        tide_file_mark *item = &marks->items[i];
        if (!has_content(item, end, digest)) {
            continue;
        }
        if (item->is_taken) {
            return item;
        }
        if (best == NULL || (item->mark->open && item->is_gone)) {
            best = item;
        }
    }
    return best;
}

/* Of the open marks sorted by their ends the first with this end or a later one. */
static size_t find_first_open(const tide_file_marks *marks, uint64_t wanted)
{
    size_t begin = 0;
    size_t end = marks->open_count;
    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        bool before = marks->open[middle]->end < wanted;
        *(before ? &begin : &end) = before ? middle + 1 : middle;
    }
    return begin;
}

tide_file_mark *tide_file_marks_find_open(const tide_file_marks *marks, uint64_t end,
                                          const tide_file_digest *digest,
                                          const tide_file_mark *except)
{
    tide_file_mark *best = NULL;
    size_t i = find_first_open(marks, end);
    for (; i < marks->open_count && marks->open[i]->end == end; i++) {
        tide_file_mark *item = marks->open[i];
        if (item != except && has_content(item, end, digest) && (best == NULL || item->is_gone)) {
            best = item;
        }
    }
    return best;
}

tide_code tide_file_marks_close_absent(const tide_file_marks *marks, const tide_file_mark *content,
                                       tide_read_mark_list *out, tide_error *err)
{
    size_t i = find_first_open(marks, content->end);
    for (; i < marks->open_count && marks->open[i]->end == content->end; i++) {
        const tide_file_mark *item = marks->open[i];
        if (item->is_absent && has_content(item, content->end, &content->digest)) {
            tide_read_mark closed = {.name = item->mark->name, .value = item->mark->value};
            TIDE_TRY(tide_read_mark_list_add(out, &closed, err));
        }
    }
    return TIDE_OK;
}

void tide_file_marks_take(tide_file_marks *marks, const tide_file_mark *taken)
{
    for (size_t i = 0; i < marks->count; i++) {
        tide_file_mark *item = &marks->items[i];
        item->is_taken = item->is_taken || has_content(item, taken->end, &taken->digest);
    }
}

void tide_file_marks_add_taken(tide_file_marks *marks, uint64_t end, const tide_file_digest *digest)
{
    marks->items[marks->count++] =
        (tide_file_mark){.end = end, .digest = *digest, .is_taken = true};
}

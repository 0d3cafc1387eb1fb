/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file/file_marks.h"

#include <ctype.h>
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

static const char *take_number(const char *at, uint64_t *out)
{
    char word[24];
    char *behind = NULL;
    const char *next = at == NULL ? NULL : take_word(at, word, sizeof word);
    if (next == NULL) {
        return NULL;
    }
    *out = strtoull(word, &behind, 10);
    return isdigit((unsigned char)word[0]) && *behind == '\0' ? next : NULL;
}

static const char *take_instant(const char *at, int64_t *out)
{
    char *behind = NULL;
    *out = strtoll(at, &behind, 10);
    return behind != at && *behind == '\0' ? behind : NULL;
}

bool tide_file_mark_parse(const char *value, tide_file_mark *out)
{
    const char *at = take_word(value, out->identity, sizeof out->identity);
    at = take_number(at, &out->end);
    at = at == NULL ? NULL : take_word(at, out->digest.hex, sizeof out->digest.hex);
    out->from = 0;
    out->horizon = INT64_MAX;
    if (at == NULL || strlen(out->digest.hex) != TIDE_FILE_DIGEST_CHARS) {
        return false;
    }
    at = *at == '\0' ? at : take_number(at, &out->from);
    return at != NULL && (*at == '\0' || take_instant(at, &out->horizon) != NULL);
}

const char *tide_file_mark_print(tide_arena *arena, const tide_file_mark *mark)
{
    const char *content =
        tide_arena_format(arena, "%s %" PRIu64 " %s", mark->identity, mark->end, mark->digest.hex);
    if (content == NULL || (mark->from == 0 && mark->horizon == INT64_MAX)) {
        return content;
    }
    return mark->horizon == INT64_MAX ? tide_arena_format(arena, "%s %" PRIu64, content, mark->from)
                                      : tide_arena_format(arena, "%s %" PRIu64 " %" PRId64, content,
                                                          mark->from, mark->horizon);
}

int tide_file_content_compare(uint64_t left_end, const tide_file_digest *left, uint64_t right_end,
                              const tide_file_digest *right)
{
    return left_end != right_end ? (left_end < right_end ? -1 : 1) : strcmp(left->hex, right->hex);
}

static int compare_marks(const void *a, const void *b)
{
    const tide_file_mark *left = *(tide_file_mark *const *)a;
    const tide_file_mark *right = *(tide_file_mark *const *)b;
    return tide_file_content_compare(left->end, &left->digest, right->end, &right->digest);
}

/* A copy may be open, and what it is a copy of closed, or the other way round. */
static void find_left(tide_file_marks *marks)
{
    size_t end = 0;
    for (size_t i = 0; i < marks->count; i = end) {
        bool is_left = false;
        for (end = i; end < marks->count &&
                      compare_marks(&marks->by_content[i], &marks->by_content[end]) == 0;
             end++) {
            is_left = is_left || marks->by_content[end]->mark->open;
        }
        for (size_t k = i; k < end; k++) {
            marks->by_content[k]->is_left = is_left;
        }
    }
}

static tide_code parse_all(tide_file_marks *marks, tide_error *err)
{
    for (size_t i = 0; i < marks->count; i++) {
        tide_file_mark *item = &marks->items[i];
        *item = (tide_file_mark){.mark = &marks->list->items[i]};
        marks->by_content[i] = item;
        if (!tide_file_mark_parse(item->mark->value, item)) {
            return TIDE_FAIL(err, TIDE_E_STATE_DAMAGED,
                             "tidemill_marks: the mark of the file %s can't be read: `%s`",
                             item->mark->name, item->mark->value);
        }
    }
    if (marks->count > 0) {
        qsort(marks->by_content, marks->count, sizeof(tide_file_mark *), compare_marks);
    }
    find_left(marks);
    return TIDE_OK;
}

tide_code tide_file_marks_init(tide_file_marks *marks, const tide_read_mark_list *list,
                               tide_error *err)
{
    size_t count = list != NULL ? list->count : 0;
    *marks = (tide_file_marks){.list = list, .count = count};
    marks->items = tide_alloc_zero(count + 1, sizeof *marks->items);
    marks->by_content = tide_alloc_zero(count + 1, sizeof(tide_file_mark *));
    if (marks->items == NULL || marks->by_content == NULL) {
        return TIDE_FAIL_MEMORY(err, "marks of files");
    }
    return parse_all(marks, err);
}

void tide_file_marks_clear(tide_file_marks *marks)
{
    tide_free(marks->items);
    tide_free(marks->by_content);
    *marks = (tide_file_marks){.list = NULL};
}

tide_file_mark *tide_file_marks_find(const tide_file_marks *marks, const char *name)
{
    const tide_read_mark *mark =
        marks->list == NULL ? NULL : tide_read_mark_list_find(marks->list, name);
    return mark == NULL ? NULL : &marks->items[mark - marks->list->items];
}

/* The first of by_content that is not before that content. */
static size_t find_first(const tide_file_marks *marks, uint64_t wanted,
                         const tide_file_digest *digest)
{
    size_t begin = 0;
    size_t end = marks->count;
    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        const tide_file_mark *item = marks->by_content[middle];
        bool before = tide_file_content_compare(item->end, &item->digest, wanted, digest) < 0;
        *(before ? &begin : &end) = before ? middle + 1 : middle;
    }
    return begin;
}

size_t tide_file_marks_of_content(const tide_file_marks *marks, uint64_t end,
                                  const tide_file_digest *digest, tide_file_mark *const **first)
{
    size_t begin = find_first(marks, end, digest);
    size_t behind = begin;
    while (behind < marks->count &&
           tide_file_content_compare(marks->by_content[behind]->end,
                                     &marks->by_content[behind]->digest, end, digest) == 0) {
        behind++;
    }
    *first = &marks->by_content[begin];
    return behind - begin;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file/lines.h"

#include <string.h>

/* Moves `at` to the next line feed, or to the end of the file. The line from begin on stays in the
 * window while it has at most line_bytes_max bytes; *cut tells that it was longer, and gone. */
static tide_code find_end(tide_lines *lines, bool *cut, tide_error *err)
{
    tide_window *window = &lines->window;
    *cut = false;
    for (;;) {
        char *from = window->data + lines->at;
        char *found = memchr(from, '\n', window->end - lines->at);
        lines->at = found == NULL ? window->end : (size_t)(found - window->data);
        /* One byte more: a CR before the line feed is not counted. */
        if (lines->at - window->begin > lines->line_bytes_max + 1) {
            *cut = true;
            window->begin = lines->at;
        }
        if (found != NULL || window->ended) {
            return TIDE_OK;
        }
        size_t looked_at = lines->at - window->begin;
        TIDE_TRY(tide_window_more(window, err));
        lines->at = window->begin + looked_at;
    }
}

/* Behind the line feed that `at` stands on. */
static void step_over(tide_lines *lines)
{
    if (lines->at < lines->window.end) {
        lines->at++;
    }
    lines->window.begin = lines->at;
}

/* The rest of a line that began before the range. No more of it is read than the range holds: when
 * it goes on, no line begins here. */
static tide_code skip_foreign(tide_lines *lines, tide_error *err)
{
    tide_window *window = &lines->window;
    for (;;) {
        size_t size = window->end - window->begin;
        char *found = size == 0 ? NULL : memchr(window->data + window->begin, '\n', size);
        if (found != NULL) {
            window->begin = (size_t)(found - window->data) + 1;
            lines->at = window->begin;
            return TIDE_OK;
        }
        window->begin = window->end;
        lines->at = window->end;
        if (window->ended || tide_window_position(window, window->begin) >= lines->range_end) {
            lines->done = true;
            return TIDE_OK;
        }
        TIDE_TRY(tide_window_more(window, err));
        lines->at = window->begin;
    }
}

tide_code tide_lines_open(tide_lines *lines, const tide_file_place *place,
                          const tide_line_range *range, tide_budget *budget, tide_error *err)
{
    tide_file_place from = *place;
    *lines = (tide_lines){.range_end = range->end, .line_bytes_max = range->line_bytes_max};
    from.offset = range->begin == 0 ? 0 : range->begin - 1;
    TIDE_TRY(tide_window_open(&lines->window, &from, budget, err));
    tide_code code = range->begin == 0 ? TIDE_OK : skip_foreign(lines, err);
    if (code != TIDE_OK) {
        tide_lines_close(lines);
    }
    return code;
}

/* The first line of a file may begin with a byte order mark. It belongs to the line, so that the
 * line's first byte is that of the file, however it is split. */
static tide_str without_mark(tide_str text)
{
    static const char mark[] = "\xEF\xBB\xBF";
    size_t size = text.size >= 3 && memcmp(text.data, mark, 3) == 0 ? 3 : 0;
    return (tide_str){text.data + size, text.size - size};
}

static bool is_blank(tide_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c != ' ' && c != '\t' && c != '\r') {
            return false;
        }
    }
    return true;
}

tide_code tide_lines_next(tide_lines *lines, tide_line *line, bool *found, tide_error *err)
{
    tide_window *window = &lines->window;
    *found = false;
    while (!lines->done) {
        uint64_t position = tide_window_position(window, window->begin);
        bool cut;
        if (position >= lines->range_end) {
            break;
        }
        TIDE_TRY(find_end(lines, &cut, err));
        tide_str text = {window->data + window->begin, lines->at - window->begin};
        bool last = lines->at == window->end;
        if (text.size > 0 && text.data[text.size - 1] == '\r') {
            text.size--;
        }
        if (position == 0) {
            text = without_mark(text);
        }
        step_over(lines);
        lines->done = last;
        if (cut || text.size > lines->line_bytes_max || !is_blank(text)) {
            bool too_long = cut || text.size > lines->line_bytes_max;
            *line = (tide_line){.text = too_long ? (tide_str){"", 0} : text,
                                .position = position,
                                .too_long = too_long};
            *found = true;
            return TIDE_OK;
        }
    }
    lines->done = true;
    return TIDE_OK;
}

void tide_lines_close(tide_lines *lines)
{
    tide_window_close(&lines->window);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file/window.h"

#include <string.h>

#include "base/memory.h"
#include "record/json_decoder.h"

/* Some hundred records: the first and last one of a window cost a move. */
#define WINDOW_BYTES_DEFAULT (512u << 10)

static tide_code grow(tide_window *window, size_t capacity, tide_error *err)
{
    char *grown = tide_resize(window->data, capacity + TIDE_JSON_PADDING);
    if (grown == NULL) {
        return TIDE_FAIL_MEMORY(err, "a file's window");
    }
    tide_budget_force(window->budget, (int64_t)(capacity - window->capacity));
    window->data = grown;
    window->capacity = capacity;
    memset(grown + capacity, 0, TIDE_JSON_PADDING);
    return TIDE_OK;
}

tide_code tide_window_open(tide_window *window, const tide_file_place *place, tide_budget *budget,
                           tide_error *err)
{
    *window = (tide_window){.budget = budget, .offset = place->offset};
    size_t bytes = place->buffer_bytes == 0 ? WINDOW_BYTES_DEFAULT : place->buffer_bytes;
    tide_code code = tide_file_input_open(place, &window->input, err);
    if (code == TIDE_OK) {
        code = grow(window, bytes, err);
    }
    if (code != TIDE_OK) {
        tide_window_close(window);
    }
    return code;
}

tide_code tide_window_more(tide_window *window, tide_error *err)
{
    size_t kept = window->end - window->begin;
    if (window->ended) {
        return TIDE_OK;
    }
    if (window->begin > 0) {
        memmove(window->data, window->data + window->begin, kept);
        window->offset += window->begin;
        window->begin = 0;
        window->end = kept;
    }
    if (kept == window->capacity) {
        TIDE_TRY(grow(window, window->capacity * 2, err));
    }
    size_t size = 0;
    TIDE_TRY(tide_file_input_read(window->input, window->data + kept, window->capacity - kept,
                                  &size, err));
    window->end += size;
    window->ended = size == 0;
    return TIDE_OK;
}

tide_code tide_window_skip_mark(tide_window *window, tide_error *err)
{
    static const char mark[] = "\xEF\xBB\xBF";
    while (window->end - window->begin < 3 && !window->ended) {
        TIDE_TRY(tide_window_more(window, err));
    }
    if (window->end - window->begin >= 3 && memcmp(window->data + window->begin, mark, 3) == 0) {
        window->begin += 3;
    }
    return TIDE_OK;
}

void tide_window_close(tide_window *window)
{
    tide_file_input_close(window->input);
    tide_free(window->data);
    if (window->capacity > 0) {
        tide_budget_give_back(window->budget, (int64_t)window->capacity);
    }
    *window = (tide_window){.input = NULL};
}

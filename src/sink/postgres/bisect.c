/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/postgres/bisect.h"

/* Where the search for bad rows stands. */
typedef struct search {
    size_t size;     /* of the next chunk, unless something is known of its rows */
    size_t bad_end;  /* end of the smallest range from here on that is known to hold a bad row */
    size_t named_at; /* the row of a line that the server named */
    bool is_misled;  /* a line was named that was not the first bad row's: until that is found, no
                        other is believed */
} search;

static size_t choose_end(const search *state, size_t begin, size_t full_end)
{
    size_t end = full_end - begin > state->size ? begin + state->size : full_end;
    if (begin == state->named_at) {
        return begin + 1;
    }
    if (state->named_at != SIZE_MAX && begin < state->named_at) {
        return end < state->named_at ? end : state->named_at;
    }
    if (state->bad_end > begin) {
        size_t half = (state->bad_end - begin) / 2;
        size_t middle = begin + (half == 0 ? 1 : half);
        return end < middle ? end : middle;
    }
    return end;
}

/* A server that gathers rows names the line at which it put them into the table. So the rows before
 * a named one may be refused as well, and the named one alone may be taken. */
static void note_taken(search *state, size_t begin, size_t end)
{
    if (begin == state->named_at) {
        state->is_misled = true;
        state->named_at = SIZE_MAX;
    }
    state->size = (end - begin) * 2;
}

static void note_refused(search *state, size_t begin, size_t end, size_t line)
{
    state->is_misled = state->is_misled || state->named_at != SIZE_MAX;
    bool named = line > 0 && line <= end - begin && !state->is_misled;
    state->named_at = named ? begin + line - 1 : SIZE_MAX;
    state->bad_end = end;
    state->size = SIZE_MAX; /* what is known of the range decides */
}

static size_t full_end(const tide_pg_bisect *work, size_t begin)
{
    size_t left = work->count - begin;
    size_t end = begin + (left < work->range_max ? left : work->range_max);
    return work->end_of == NULL ? end : work->end_of(work->context, begin, end);
}

tide_code tide_pg_bisect_run(const tide_pg_bisect *work, tide_error *err)
{
    search state = {.size = SIZE_MAX, .named_at = SIZE_MAX};
    for (size_t begin = 0; begin < work->count;) {
        size_t end = choose_end(&state, begin, full_end(work, begin));
        tide_pg_refusal refusal = {0};
        TIDE_TRY(work->try_range(work->context, begin, end, &refusal, err));
        if (!refusal.refused) {
            note_taken(&state, begin, end);
            begin = end;
        } else if (end - begin == 1) {
            TIDE_TRY(work->refuse(work->context, begin, &refusal, err));
            begin = end;
            state = (search){.size = 1, .named_at = SIZE_MAX};
        } else {
            note_refused(&state, begin, end, refusal.line);
        }
    }
    return TIDE_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/left_rows.h"

#include "base/memory.h"

tide_code tide_left_rows_init(tide_left_rows *left, size_t member_count, tide_error *err)
{
    *left = (tide_left_rows){.member_count = member_count};
    tide_atomic_set(&left->cursor_low, INT64_MAX);
    left->members = tide_alloc_zero(member_count + 1, sizeof *left->members);
    left->beyond = tide_alloc_zero(member_count + 1, sizeof *left->beyond);
    return left->members == NULL || left->beyond == NULL ? TIDE_FAIL_MEMORY(err, "rows left")
                                                         : TIDE_OK;
}

void tide_left_rows_clear(tide_left_rows *left)
{
    tide_free(left->members);
    tide_free(left->beyond);
    *left = (tide_left_rows){0};
}

static void note(const tide_left_rows *left, tide_atomic *members, size_t member)
{
    if (member < left->member_count && tide_atomic_get(&members[member]) == 0) {
        tide_atomic_set(&members[member], 1);
    }
}

void tide_left_rows_note_member(tide_left_rows *left, size_t member)
{
    note(left, left->members, member);
}

void tide_left_rows_note_beyond(tide_left_rows *left, size_t member)
{
    note(left, left->beyond, member);
}

void tide_left_rows_note_cursor(tide_left_rows *left, int64_t cursor)
{
    int64_t low = tide_atomic_get(&left->cursor_low);
    while (cursor < low && !tide_atomic_swap_if(&left->cursor_low, low, cursor)) {
        low = tide_atomic_get(&left->cursor_low);
    }
}

bool tide_left_rows_has(const tide_left_rows *left, size_t member)
{
    return member < left->member_count && tide_atomic_get(&left->members[member]) != 0;
}

bool tide_left_rows_went_beyond(const tide_left_rows *left, size_t member)
{
    return member < left->member_count && tide_atomic_get(&left->beyond[member]) != 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Left rows: where the rows are that a run leaves for a later one, so that this will find them - in
 * which members of the source, and from which value of the cursor on. Noted by all workers. */
#ifndef TIDE_FLOW_LEFT_ROWS_H
#define TIDE_FLOW_LEFT_ROWS_H

#include "base/thread.h"

typedef struct tide_left_rows {
    tide_atomic *members; /* owned; 1 where a row was left */
    tide_atomic *beyond;  /* owned; 1 where a row beyond the horizon was not left: its series has
                             got further before */
    size_t member_count;
    tide_atomic cursor_low; /* INT64_MAX: none */
} tide_left_rows;

TIDE_MUST_CHECK tide_code tide_left_rows_init(tide_left_rows *left, size_t member_count,
                                              tide_error *err);
void tide_left_rows_clear(tide_left_rows *left);
void tide_left_rows_note_member(tide_left_rows *left, size_t member);
void tide_left_rows_note_beyond(tide_left_rows *left, size_t member);
void tide_left_rows_note_cursor(tide_left_rows *left, int64_t cursor);
bool tide_left_rows_has(const tide_left_rows *left, size_t member);
bool tide_left_rows_went_beyond(const tide_left_rows *left, size_t member);

#endif

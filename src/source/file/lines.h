/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a file, or of a range of it: those whose first byte lies in [begin, end).
 *
 *   a b c \n d e \n f g h \n          range [2, 6) owns "de" (at 4); range [6, ..) owns "fgh"
 *   0 1 2  3 4 5  6 7 8 9
 *
 * A range begins to read at the byte before it: the line there is another's, unless that byte ends
 * one. CR before LF is no part of a line. Empty and blank lines are skipped.
 */
#ifndef TIDE_SOURCE_FILE_LINES_H
#define TIDE_SOURCE_FILE_LINES_H

#include "source/file/window.h"

typedef struct tide_lines {
    tide_window window;
    uint64_t range_end;
    size_t line_bytes_max;
    size_t at; /* in the window: no line feed in [begin, at) */
    bool done;
} tide_lines;

typedef struct tide_line {
    tide_str text; /* borrowed until the next call; padded for JSON */
    uint64_t position;
    bool too_long; /* longer than line_bytes_max: text is empty */
} tide_line;

typedef struct tide_line_range {
    uint64_t begin, end; /* UINT64_MAX: to the end of the file */
    size_t line_bytes_max;
} tide_line_range;

TIDE_MUST_CHECK tide_code tide_lines_open(tide_lines *lines, const tide_file_place *place,
                                          const tide_line_range *range, tide_budget *budget,
                                          tide_error *err);
/* *found is false behind the last line. */
TIDE_MUST_CHECK tide_code tide_lines_next(tide_lines *lines, tide_line *line, bool *found,
                                          tide_error *err);
void tide_lines_close(tide_lines *lines);

#endif

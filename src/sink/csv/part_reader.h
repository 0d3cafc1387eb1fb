/* SPDX-License-Identifier: Apache-2.0 */
/* Part reader: the records of a part file, as this sink writes them: cells between commas, quotes
 * doubled within quotes, a record ends with a line break outside of quotes. Memory is bounded by
 * the longest record. */
#ifndef TIDE_SINK_CSV_PART_READER_H
#define TIDE_SINK_CSV_PART_READER_H

#include "base/text.h"

typedef struct tide_part_reader {
    const char *path; /* borrowed */
    int file;         /* -1 when closed */
    tide_text buffer; /* bytes read; those of [begin, size) are not given out yet */
    size_t begin;
    bool ended;
} tide_part_reader;

TIDE_MUST_CHECK tide_code tide_part_reader_open(tide_part_reader *reader, const char *path,
                                                tide_error *err);
/* The next record with its line break, borrowed until the next call; empty at the end. bad_data
 * when the file ends within a record. */
TIDE_MUST_CHECK tide_code tide_part_reader_next(tide_part_reader *reader, tide_str *record,
                                                tide_error *err);
void tide_part_reader_close(tide_part_reader *reader);

/* A cell of a record as it is written, quotes included; false when there are fewer. */
bool tide_part_find_cell(tide_str record, size_t number, tide_str *cell);

#endif

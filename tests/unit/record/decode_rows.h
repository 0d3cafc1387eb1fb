/* SPDX-License-Identifier: Apache-2.0 */
/* Decode rows: a decoder with its builder and rejects, and what it made as lines of text. */
#ifndef TIDE_TEST_DECODE_ROWS_H
#define TIDE_TEST_DECODE_ROWS_H

#include "record/json_decoder.h"

#define DECODE_COLUMNS_MAX 64

typedef struct decode_rows {
    tide_column_spec specs[DECODE_COLUMNS_MAX];
    size_t count;
    tide_hidden hidden;
    tide_schema schema;
    tide_builder builder;
    tide_reject_list rejects;
    tide_json_decoder *decoder;
    tide_text printed;
    tide_error err;
} decode_rows;

/* Columns are added to specs and count before open. */
void decode_rows_init(decode_rows *rows, tide_hidden hidden);
/* Adds a column; path NULL: its name. Returns the spec for more. */
tide_column_spec *decode_rows_column(decode_rows *rows, const char *name, const char *type,
                                     const char *path);
tide_code decode_rows_open(decode_rows *rows);
void decode_rows_clear(decode_rows *rows);
/* Decodes a copy in memory of the exact size and padding; rows and rejects are added. */
tide_code decode_rows_document(decode_rows *rows, tide_str json, int64_t position);
tide_code decode_rows_page(decode_rows *rows, tide_str json, tide_search_page *page);
/* All rows as {"name": value, ...} lines with the hidden columns, then all rejects as
 * "! POSITION COLUMN: REASON VALUES" lines; then forgets them. Borrowed until the next call. */
const char *decode_rows_print(decode_rows *rows);
/* The above for one document. */
const char *decode_rows_one(decode_rows *rows, const char *json);

#endif

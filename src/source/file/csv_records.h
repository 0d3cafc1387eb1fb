/* SPDX-License-Identifier: Apache-2.0 */
/* CSV records of a file (RFC 4180): fields between delimiters, perhaps in quotes, in which a
 * doubled quote is one and line feeds are text. Records end with LF or CRLF; blank lines are none.
 * A quote that does not begin a field is a plain character.
 *
 *   a,"b ""c""",\r\n     three fields: a (plain), b ""c"" (quoted, doubled), empty (plain)
 */
#ifndef TIDE_SOURCE_FILE_CSV_RECORDS_H
#define TIDE_SOURCE_FILE_CSV_RECORDS_H

#include "source/file/window.h"

/* More fields are counted but not kept. */
#define TIDE_CSV_FIELDS_MAX 65536

typedef struct tide_csv_field {
    size_t begin, end; /* within the record, without the quotes */
    bool quoted;
    bool doubled; /* has doubled quotes */
} tide_csv_field;

typedef struct tide_csv_records {
    tide_window window;
    char delimiter;
    size_t record_bytes_max;
    tide_csv_field *fields; /* owned: of the last record */
    size_t field_capacity;
    size_t next; /* bytes of the window that the last record took */
} tide_csv_records;

typedef struct tide_csv_record {
    const char *data; /* borrowed until the next call */
    size_t size;
    uint64_t position;
    const tide_csv_field *fields;
    size_t field_count;  /* may be more than TIDE_CSV_FIELDS_MAX */
    const char *problem; /* why its fields can't be used ("is ..."), or NULL */
} tide_csv_record;

TIDE_MUST_CHECK tide_code tide_csv_open(tide_csv_records *records, const tide_file_place *place,
                                        char delimiter, size_t record_bytes_max,
                                        tide_budget *budget, tide_error *err);
/* *found is false behind the last record. */
TIDE_MUST_CHECK tide_code tide_csv_next(tide_csv_records *records, tide_csv_record *record,
                                        bool *found, tide_error *err);
void tide_csv_close(tide_csv_records *records);

/* The meaning of a field: borrowed from the record, or (doubled quotes) from scratch. Want of
 * memory shows in tide_text_failed(scratch). */
tide_str tide_csv_field_text(const tide_csv_record *record, size_t i, tide_text *scratch);

#endif

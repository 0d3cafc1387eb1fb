/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file/csv_records.h"

#include <string.h>

#include "base/memory.h"

#define END_OF_FILE (-1)

/* A record while it is scanned. Places are relative to the window's begin, which is the record's:
 * reading more moves both. */
typedef struct scan {
    tide_csv_records *records;
    tide_csv_record *record;
    size_t at;
    bool too_long; /* what was scanned is dropped; places mean nothing any more */
} scan;

tide_code tide_csv_open(tide_csv_records *records, const tide_file_place *place, char delimiter,
                        size_t record_bytes_max, tide_budget *budget, tide_error *err)
{
    *records = (tide_csv_records){.delimiter = delimiter, .record_bytes_max = record_bytes_max};
    TIDE_TRY(tide_window_open(&records->window, place, budget, err));
    tide_code code = tide_window_skip_mark(&records->window, err);
    if (code != TIDE_OK) {
        tide_csv_close(records);
    }
    return code;
}

void tide_csv_close(tide_csv_records *records)
{
    tide_window_close(&records->window);
    tide_free(records->fields);
    records->fields = NULL;
    records->field_capacity = 0;
}

static tide_code read_more(scan *s, tide_error *err)
{
    tide_window *window = &s->records->window;
    if (s->at > s->records->record_bytes_max) {
        s->too_long = true;
        window->begin += s->at;
        s->at = 0;
    }
    return tide_window_more(window, err);
}

/* The byte at s->at, or END_OF_FILE. */
static tide_code peek(scan *s, int *byte, tide_error *err)
{
    tide_window *window = &s->records->window;
    while (window->begin + s->at >= window->end) {
        if (window->ended) {
            *byte = END_OF_FILE;
            return TIDE_OK;
        }
        TIDE_TRY(read_more(s, err));
    }
    *byte = (unsigned char)window->data[window->begin + s->at];
    return TIDE_OK;
}

/* Moves to the next byte that ends a plain field. */
static tide_code find_plain_end(scan *s, int *byte, tide_error *err)
{
    const char delimiter = s->records->delimiter;
    for (;;) {
        const tide_window *window = &s->records->window;
        const char *at = window->data + window->begin + s->at;
        const char *end = window->data + window->end;
        while (at < end && *at != delimiter && *at != '\n') {
            at++;
        }
        s->at = (size_t)(at - window->data) - window->begin;
        if (at < end) {
            *byte = (unsigned char)*at;
            return TIDE_OK;
        }
        TIDE_TRY(peek(s, byte, err));
        if (*byte == END_OF_FILE) {
            return TIDE_OK;
        }
    }
}

/* Moves to the next quote. */
static tide_code find_quote(scan *s, int *byte, tide_error *err)
{
    for (;;) {
        const tide_window *window = &s->records->window;
        const char *from = window->data + window->begin + s->at;
        size_t size = window->end - window->begin - s->at;
        const char *found = memchr(from, '"', size);
        s->at += found == NULL ? size : (size_t)(found - from);
        TIDE_TRY(peek(s, byte, err));
        if (*byte == '"' || *byte == END_OF_FILE) {
            return TIDE_OK;
        }
    }
}

/* From behind the opening quote to behind the closing one. */
static tide_code scan_quoted(scan *s, tide_csv_field *field, tide_error *err)
{
    int byte;
    field->quoted = true;
    field->begin = s->at;
    for (;;) {
        TIDE_TRY(find_quote(s, &byte, err));
        field->end = s->at;
        if (byte == END_OF_FILE) {
            s->record->problem = "has a quote that stays open until the end of the file";
            return TIDE_OK;
        }
        s->at++;
        TIDE_TRY(peek(s, &byte, err));
        if (byte != '"') {
            return TIDE_OK;
        }
        field->doubled = true;
        s->at++;
    }
}

/* A CR that belongs to the end of the record is not part of the field [begin, s->at). */
static size_t plain_end(const scan *s, size_t begin, int terminator)
{
    const tide_window *window = &s->records->window;
    bool ends_record = terminator == '\n' || terminator == END_OF_FILE;
    bool has_return =
        s->at > begin && window->data[window->begin + s->at - 1] == '\r' && !s->too_long;
    return ends_record && has_return ? s->at - 1 : s->at;
}

/* One field; *terminator is what stands behind it. */
static tide_code scan_field(scan *s, tide_csv_field *field, int *terminator, tide_error *err)
{
    int byte;
    *field = (tide_csv_field){.begin = s->at};
    TIDE_TRY(peek(s, &byte, err));
    if (byte != '"') {
        TIDE_TRY(find_plain_end(s, terminator, err));
        field->end = plain_end(s, field->begin, *terminator);
        return TIDE_OK;
    }
    s->at++;
    TIDE_TRY(scan_quoted(s, field, err));
    size_t behind = s->at;
    TIDE_TRY(find_plain_end(s, terminator, err));
    if (!s->too_long && plain_end(s, behind, *terminator) > behind) {
        s->record->problem = "has text behind a closing quote";
    }
    return TIDE_OK;
}

static tide_code keep_field(scan *s, const tide_csv_field *field, tide_error *err)
{
    tide_csv_records *records = s->records;
    if (s->record->field_count++ >= TIDE_CSV_FIELDS_MAX) {
        return TIDE_OK;
    }
    void *fields = records->fields;
    TIDE_TRY(
        tide_grow(&fields, &records->field_capacity, s->record->field_count, sizeof *field, err));
    records->fields = fields;
    records->fields[s->record->field_count - 1] = *field;
    return TIDE_OK;
}

static tide_code scan_record(scan *s, tide_error *err)
{
    int terminator;
    do {
        tide_csv_field field;
        TIDE_TRY(scan_field(s, &field, &terminator, err));
        TIDE_TRY(keep_field(s, &field, err));
        if (terminator != END_OF_FILE) {
            s->at++;
        }
    } while (terminator != '\n' && terminator != END_OF_FILE);
    if (s->too_long || s->at > s->records->record_bytes_max) {
        s->record->problem = "is larger than a record may be";
    }
    return TIDE_OK;
}

static bool is_blank(const scan *s)
{
    const tide_csv_field *first = &s->records->fields[0];
    return s->record->field_count == 1 && !first->quoted && first->begin == first->end;
}

tide_code tide_csv_next(tide_csv_records *records, tide_csv_record *record, bool *found,
                        tide_error *err)
{
    tide_window *window = &records->window;
    *found = false;
    for (;;) {
        window->begin += records->next;
        records->next = 0;
        *record = (tide_csv_record){.position = tide_window_position(window, window->begin)};
        scan s = {.records = records, .record = record};
        int byte;
        TIDE_TRY(peek(&s, &byte, err));
        if (byte == END_OF_FILE) {
            return TIDE_OK;
        }
        TIDE_TRY(scan_record(&s, err));
        records->next = s.at;
        record->data = window->data + window->begin;
        record->size = s.at;
        record->fields = records->fields;
        if (record->problem != NULL || !is_blank(&s)) {
            *found = true;
            return TIDE_OK;
        }
    }
}

tide_str tide_csv_field_text(const tide_csv_record *record, size_t i, tide_text *scratch)
{
    const tide_csv_field *field = &record->fields[i];
    tide_str text = {record->data + field->begin, field->end - field->begin};
    if (!field->doubled) {
        return text;
    }
    tide_text_reset(scratch);
    if (!tide_text_reserve(scratch, text.size + 1)) {
        return (tide_str){NULL, 0};
    }
    size_t size = 0;
    for (size_t at = 0; at < text.size; at++) {
        scratch->data[size++] = text.data[at];
        at += text.data[at] == '"' ? 1 : 0;
    }
    return (tide_str){scratch->data, size};
}

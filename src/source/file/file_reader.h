/* SPDX-License-Identifier: Apache-2.0 */
/* File reader: one split as a tide_reader. What is common is here; how a record is read and decoded
 * is the format's (ndjson_rows.c, csv_rows.c). */
#ifndef TIDE_SOURCE_FILE_FILE_READER_H
#define TIDE_SOURCE_FILE_FILE_READER_H

#include "record/json_decoder.h"
#include "source/file/file_source.h"
#include "source/file/window.h"

typedef struct tide_file_rows tide_file_rows;

/* Where the rows of a split go. */
typedef struct tide_file_target {
    tide_builder *builder;
    tide_reject_list *rejects;
    tide_provenance from; /* position: of the last record */
} tide_file_target;

/* What a format implements. */
typedef struct tide_file_rows_vtable {
    /* Reads one record: a row or a reject more; *found is false behind the last one. */
    tide_code (*next)(tide_file_rows *rows, tide_file_target *target, bool *found, tide_error *err);
    tide_file_input *(*input)(tide_file_rows *rows); /* borrowed */
    void (*close)(tide_file_rows *rows);             /* also frees it */
} tide_file_rows_vtable;

struct tide_file_rows {
    const tide_file_rows_vtable *vtable;
};

typedef struct tide_file_rows_options {
    const tide_file_source_options *source; /* borrowed for its life, as all of these */
    const tide_member *member;
    const tide_split *split;
    tide_file_place place;
} tide_file_rows_options;

TIDE_MUST_CHECK tide_code tide_ndjson_rows_open(const tide_file_rows_options *options,
                                                tide_file_rows **rows, tide_error *err);
/* Reads the header: bad_data when a column is missing in it. */
TIDE_MUST_CHECK tide_code tide_csv_rows_open(const tide_file_rows_options *options,
                                             tide_file_rows **rows, tide_error *err);

/* A reject of a record that could not be taken apart: "the record <problem>". */
TIDE_MUST_CHECK tide_code tide_file_reject(const tide_file_target *target, const char *problem,
                                           tide_error *err);

TIDE_MUST_CHECK tide_code tide_file_reader_open(const tide_file_source_options *options,
                                                const tide_source_plan *plan, uint32_t split,
                                                tide_reader **reader, tide_error *err);

#endif

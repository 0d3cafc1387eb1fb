/* SPDX-License-Identifier: Apache-2.0 */
/* File fixture: a directory of files, a file source over it, and what it reads as lines of text. */
#ifndef TIDE_TEST_FILE_FIXTURE_H
#define TIDE_TEST_FILE_FIXTURE_H

#include "source/file/file_source.h"

typedef struct fixture {
    char directory[64];
    tide_column_spec specs[16];
    size_t column_count;
    tide_source_layout layout;
    tide_cancel cancel;
    tide_budget budget;
    const char *patterns[8];
    tide_file_source_options options; /* set up by fixture_init, changed by tests */
    tide_source *source;
    tide_source_plan plan;
    tide_text rows, rejects;
    uint64_t byte_count;
    tide_error err;
} fixture;

/* Makes the directory. */
void fixture_init(fixture *f);
/* Removes it with its files. */
void fixture_clear(fixture *f);
tide_column_spec *fixture_column(fixture *f, const char *name, const char *type);
void fixture_pattern(fixture *f, const char *pattern);
void fixture_write(const fixture *f, const char *name, tide_str content);
void fixture_write_gzip(const fixture *f, const char *name, tide_str content, size_t member_bytes);
void fixture_write_zstd(const fixture *f, const char *name, tide_str content, size_t frame_bytes);
/* The bytes of a file; owned by the caller. */
char *fixture_read(const fixture *f, const char *name, size_t *size);

/* Opens the source and plans; close ends both. */
tide_code fixture_open(fixture *f);
void fixture_close(fixture *f);
/* Reads one split: rows and rejects are appended as lines. */
tide_code fixture_read_split(fixture *f, uint32_t split);
/* Open, read all splits, close: rows and rejects anew. */
tide_code fixture_run(fixture *f);
/* fixture_run, which must succeed; rows and rejects must be these. */
void fixture_expect(fixture *f, const char *rows, const char *rejects);

#endif

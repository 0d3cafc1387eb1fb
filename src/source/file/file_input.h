/* SPDX-License-Identifier: Apache-2.0 */
/* File input: the bytes of one file in order, decompressed.
 *
 * Open, read until *size is 0, finish, close. finish says whether the file is still the one that
 * was opened: what was read before is only good when it succeeds. One thread.
 */
#ifndef TIDE_SOURCE_FILE_FILE_INPUT_H
#define TIDE_SOURCE_FILE_FILE_INPUT_H

#include <stdint.h>

#include "base/text.h"

typedef enum tide_compression { TIDE_PLAIN = 0, TIDE_GZIP, TIDE_ZSTD } tide_compression;

typedef struct tide_file_input tide_file_input;

/* Strings are borrowed for the input's life. */
typedef struct tide_file_place {
    const char *path;     /* to open */
    const char *name;     /* as written, for messages */
    const char *identity; /* SIZE:MTIME_NS that it must have */
    uint64_t offset;      /* where to begin; plain files only */
    size_t buffer_bytes;  /* of one read of a compressed file */
    bool may_grow;        /* beyond size_min: what is added is for a later run */
    uint64_t size_min;
    uint64_t device, inode; /* of the file that may grow; a longer one in its place is another */
} tide_file_place;

#define TIDE_FILE_IDENTITY_BYTES 48

struct stat;
/* Writes SIZE:MTIME_NS. */
void tide_file_identity(const struct stat *status, char out[TIDE_FILE_IDENTITY_BYTES]);

/* bad_data when it is gone, io when it can't be opened. */
TIDE_MUST_CHECK tide_code tide_file_open(const char *path, const char *name, int *fd,
                                         tide_error *err);
/* *size is 0 at the end. */
TIDE_MUST_CHECK tide_code tide_file_read_at(int fd, const char *name, uint64_t offset, char *out,
                                            size_t capacity, size_t *size, tide_error *err);

/* By the first bytes; a name that ends in .gz, .zst or .zstd over other content is bad_data. */
TIDE_MUST_CHECK tide_code tide_file_compression(const char *path, const char *name,
                                                tide_compression *compression, tide_error *err);

/* bad_data when the file is gone or has changed, io when it can't be read. */
TIDE_MUST_CHECK tide_code tide_file_input_open(const tide_file_place *place,
                                               tide_file_input **input, tide_error *err);
/* Up to `capacity` bytes; *size is 0 at the end only. A compressed file that ends early is
 * bad_data. */
TIDE_MUST_CHECK tide_code tide_file_input_read(tide_file_input *input, char *out, size_t capacity,
                                               size_t *size, tide_error *err);
/* Bytes read from disk so far. */
uint64_t tide_file_input_bytes(const tide_file_input *input);
/* bad_data when the file has changed since it was opened. */
TIDE_MUST_CHECK tide_code tide_file_input_finish(tide_file_input *input, tide_error *err);
void tide_file_input_close(tide_file_input *input);

#endif

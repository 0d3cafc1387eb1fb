/* SPDX-License-Identifier: Apache-2.0 */
/* File content: what a registry knows a file by - how far it holds whole records, and the digest of
 * that part of it.
 *
 *   {"a":1}\n{"a":2}\n{"a":      a plain NDJSON file that is still being written
 *   |--------------->|           its end: the digest is of the bytes before it
 *
 * An NDJSON file may also end with a document and no line feed: then it is whole as it is. Files of
 * other kinds are always taken as whole.
 */
#ifndef TIDE_SOURCE_FILE_FILE_CONTENT_H
#define TIDE_SOURCE_FILE_FILE_CONTENT_H

#include "base/text.h"

#define TIDE_FILE_DIGEST_CHARS 32

typedef struct tide_file_digest {
    char hex[TIDE_FILE_DIGEST_CHARS + 1];
} tide_file_digest;

typedef struct tide_file_content {
    int fd;
    const char *name;    /* as written, for messages; borrowed */
    uint64_t byte_count; /* of the file; what is behind is not looked at */
    char *buffer;        /* owned */
} tide_file_content;

TIDE_MUST_CHECK tide_code tide_file_content_open(tide_file_content *content, const char *path,
                                                 const char *name, uint64_t byte_count,
                                                 tide_error *err);
void tide_file_content_close(tide_file_content *content);
/* Where the whole records of an NDJSON file end. */
TIDE_MUST_CHECK tide_code tide_file_content_end(tide_file_content *content, uint64_t *end,
                                                tide_error *err);
/* Digests of the bytes before each of the ends, which go up. Reads the file once. */
TIDE_MUST_CHECK tide_code tide_file_content_digest(tide_file_content *content, const uint64_t *ends,
                                                   size_t count, tide_file_digest *digests,
                                                   tide_error *err);
/* May an NDJSON file be read on at `at`: does a record begin there, or the line end that was
 * missing before it? */
TIDE_MUST_CHECK tide_code tide_file_content_continues(tide_file_content *content, uint64_t at,
                                                      bool *continues, tide_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* File source: NDJSON (plain documents or Elasticsearch hits, a line each) and CSV (RFC 4180 with a
 * header), plain or compressed by gzip or zstd, as a source of flow/source.h.
 *
 * What is promised:
 * - The members are the files that the patterns match, each once, sorted by path by bytes; their
 *   names are paths as written, relative to the project's directory. Identity is SIZE:MTIME_NS,
 *   checked when a reader opens and when it ends: a file that changed while it was read is bad_data
 *   that names it.
 * - A plain NDJSON file is split into ranges of split_bytes; a line belongs to the range in which
 *   its first byte lies. A CSV or compressed file is one split. Rows, positions and rejects are the
 *   same however a file is split.
 * - Compression is told by the first bytes of the content. Many gzip members or zstd frames in one
 *   file are read as one stream; one that ends early is bad_data that names the file.
 * - Empty lines are skipped; a byte order mark is skipped; lines end with LF or CRLF, the last one
 *   may end with the file. A line that is no JSON document, a CSV record with another number of
 *   fields than the header, or one longer than TIDE_DOCUMENT_BYTES_MAX is a reject.
 * - CSV: an empty field without quotes is null, "" is an empty text.
 *
 * Files are read with pread, never mapped: a mapped file that is cut is a SIGBUS.
 */
#ifndef TIDE_SOURCE_FILE_FILE_SOURCE_H
#define TIDE_SOURCE_FILE_FILE_SOURCE_H

#include "flow/source.h"

typedef enum tide_file_format {
    TIDE_FILE_BY_SUFFIX = 0, /* .csv, .ndjson, .jsonl, .json, each perhaps with .gz or .zst */
    TIDE_FILE_NDJSON,
    TIDE_FILE_CSV
} tide_file_format;

#define TIDE_FILE_SPLIT_BYTES_DEFAULT (32u << 20)

/* All borrowed for the source's life. */
typedef struct tide_file_source_options {
    tide_source_options source;
    const char *directory;       /* that relative patterns start from; NULL = working directory */
    const char *const *patterns; /* "in/x.csv", "in/????-??.ndjson.zst": as glob(7) */
    size_t pattern_count;
    tide_file_format format;
    char delimiter;       /* CSV; 0 = ',' */
    bool allow_empty;     /* a pattern that matches nothing is fine */
    bool rotated;         /* names are given on: see file_registry.h */
    uint64_t split_bytes; /* 0 = TIDE_FILE_SPLIT_BYTES_DEFAULT */
    /* 0 = default; tests use tiny ones: */
    size_t buffer_bytes;     /* of one read */
    size_t record_bytes_max; /* TIDE_DOCUMENT_BYTES_MAX */
} tide_file_source_options;

/* bad_config for a format of a column that does not exist, or a delimiter that can't be one.
 * Touches no file. *source is owned by the caller: source->vtable->close frees it. */
TIDE_MUST_CHECK tide_code tide_file_source_open(const tide_file_source_options *options,
                                                tide_source **source, tide_error *err);

#endif

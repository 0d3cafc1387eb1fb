/* SPDX-License-Identifier: Apache-2.0 */
/* Decompress: gzip members and zstd frames, one behind the other, as one stream. */
#ifndef TIDE_SOURCE_FILE_DECOMPRESS_H
#define TIDE_SOURCE_FILE_DECOMPRESS_H

#include "source/file/file_input.h"

/* Of content that begins so; TIDE_PLAIN when it is neither. */
tide_compression tide_compression_of(tide_str begin);

#define TIDE_ZSTD_HEADER_BYTES_MAX 18

/* All zeros: closed. */
typedef struct tide_decompressor {
    tide_compression compression;
    void *stream;     /* owned: z_stream or ZSTD_DStream */
    bool at_boundary; /* nothing of a member or frame is pending */
    /* zstd: the frame's header, as far as it was read, and what the frame has given so far. */
    char frame_header[TIDE_ZSTD_HEADER_BYTES_MAX];
    size_t frame_header_bytes;
    uint64_t frame_bytes;
} tide_decompressor;

typedef struct tide_decompress_step {
    tide_str in; /* empty = the file has ended */
    char *out;
    size_t out_capacity;
    size_t in_used, out_size; /* results */
    bool at_boundary;         /* result: the stream may end here */
} tide_decompress_step;

TIDE_MUST_CHECK tide_code tide_decompressor_open(tide_decompressor *decompressor,
                                                 tide_compression compression, tide_error *err);
/* Uses some of `in`, or gives some of `out`, or (when `in` is empty) neither. */
TIDE_MUST_CHECK tide_code tide_decompress(tide_decompressor *decompressor,
                                          tide_decompress_step *step, tide_error *err);
void tide_decompressor_close(tide_decompressor *decompressor);

#endif

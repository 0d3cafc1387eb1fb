/* SPDX-License-Identifier: Apache-2.0 */
/* Codec: a batch as a compressed, checked block of bytes, for spill files.
 *
 * Block: magic, row count, raw and compressed size, XXH3 of the payload, then per column its
 * buffers, all LZ4-compressed together. Not a public format: written and read by the same build.
 */
#ifndef TIDE_RECORD_CODEC_H
#define TIDE_RECORD_CODEC_H

#include "record/builder.h"

typedef struct tide_codec {
    tide_text raw;        /* scratch, reused */
    tide_text compressed; /* the last encoded block */
} tide_codec;

void tide_codec_init(tide_codec *codec);
void tide_codec_clear(tide_codec *codec);

/* Encodes rows [begin, end) plus one uint64 per row (`hashes`, the rows' series hashes; the pointer
 * is to that of row 0). *block is borrowed until the next call. */
TIDE_MUST_CHECK tide_code tide_codec_encode(tide_codec *codec, const tide_batch *batch,
                                            const uint64_t *hashes, int64_t begin, int64_t end,
                                            tide_str *block, tide_error *err);
/* Bytes of a block's header, and from it the bytes that follow. bad_data when it is not a block. */
#define TIDE_CODEC_HEADER_BYTES 40
TIDE_MUST_CHECK tide_code tide_codec_payload_bytes(const uint8_t *header, size_t *bytes,
                                                   tide_error *err);
/* Decodes header + payload: rows are appended to the builder, their hashes go to the same indices
 * of `hashes` (owned array, grown). A damaged block is bad_data; after a failure reset the builder.
 */
TIDE_MUST_CHECK tide_code tide_codec_decode(tide_codec *codec, tide_str block,
                                            tide_builder *builder, uint64_t **hashes,
                                            size_t *hash_capacity, tide_error *err);

#endif

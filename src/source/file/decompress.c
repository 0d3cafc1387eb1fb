/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file/decompress.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/memory.h"
#include "base/problem.h"

/* zlib: a gzip header is expected, the window is the largest. */
#define GZIP_WINDOW_BITS (15 + 16)
/* The magic number, a byte that says what follows, and at least one that does. */
#define FRAME_HEADER_BYTES_MIN 6

tide_compression tide_compression_of(tide_str begin)
{
    if (begin.size >= 2 && memcmp(begin.data, "\x1f\x8b", 2) == 0) {
        return TIDE_GZIP;
    }
    if (begin.size >= 4 && memcmp(begin.data, "\x28\xb5\x2f\xfd", 4) == 0) {
        return TIDE_ZSTD;
    }
    /* A skippable frame: 0x184D2A5? as pzstd and the seekable format write it. */
    if (begin.size >= 4 && ((unsigned char)begin.data[0] & 0xF0) == 0x50 &&
        memcmp(begin.data + 1, "\x2a\x4d\x18", 3) == 0) {
        return TIDE_ZSTD;
    }
    return TIDE_PLAIN;
}

static tide_code open_gzip(tide_decompressor *decompressor, tide_error *err)
{
    z_stream *stream = tide_alloc_zero(1, sizeof *stream);
    if (stream == NULL) {
        return TIDE_FAIL_MEMORY(err, "a gzip reader");
    }
    if (inflateInit2(stream, GZIP_WINDOW_BITS) != Z_OK) {
        tide_free(stream);
        return TIDE_FAIL_MEMORY(err, "a gzip reader");
    }
    decompressor->stream = stream;
    return TIDE_OK;
}

tide_code tide_decompressor_open(tide_decompressor *decompressor, tide_compression compression,
                                 tide_error *err)
{
    *decompressor = (tide_decompressor){.compression = compression, .at_boundary = false};
    if (compression == TIDE_GZIP) {
        return open_gzip(decompressor, err);
    }
    decompressor->stream = ZSTD_createDStream();
    return decompressor->stream == NULL ? TIDE_FAIL_MEMORY(err, "a zstd reader") : TIDE_OK;
}

void tide_decompressor_close(tide_decompressor *decompressor)
{
    if (decompressor->stream == NULL) {
        return;
    }
    if (decompressor->compression == TIDE_GZIP) {
        (void)inflateEnd(decompressor->stream);
        tide_free(decompressor->stream);
    } else {
        (void)ZSTD_freeDStream(decompressor->stream);
    }
    *decompressor = (tide_decompressor){.compression = TIDE_PLAIN};
}

static unsigned clamp(size_t size)
{
    return size > UINT_MAX ? UINT_MAX : (unsigned)size;
}

static tide_code fail_gzip(const z_stream *stream, int result, tide_error *err)
{
    if (result == Z_MEM_ERROR) {
        return TIDE_FAIL_MEMORY(err, "reading gzip");
    }
    return TIDE_FAIL(err, TIDE_E_FILE_DAMAGED, "the gzip data is damaged (%s)",
                     stream->msg == NULL ? "no reason given" : stream->msg);
}

static tide_code step_gzip(tide_decompressor *decompressor, tide_decompress_step *step,
                           tide_error *err)
{
    z_stream *stream = decompressor->stream;
    if (decompressor->at_boundary && step->in.size > 0) {
        if (inflateReset(stream) != Z_OK) {
            return fail_gzip(stream, Z_STREAM_ERROR, err);
        }
        decompressor->at_boundary = false;
    }
    if (decompressor->at_boundary) {
        return TIDE_OK;
    }
    /* zlib's pointers are not const, but it does not write through this one. */
    union {
        const char *borrowed;
        Bytef *unqualified;
    } in = {step->in.data};
    stream->next_in = in.unqualified;
    stream->avail_in = clamp(step->in.size);
    stream->next_out = (Bytef *)step->out;
    stream->avail_out = clamp(step->out_capacity);
    unsigned in_before = stream->avail_in, out_before = stream->avail_out;
    int result = inflate(stream, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
        return fail_gzip(stream, result, err);
    }
    step->in_used = in_before - stream->avail_in;
    step->out_size = out_before - stream->avail_out;
    decompressor->at_boundary = result == Z_STREAM_END;
    return TIDE_OK;
}

static void note_frame(tide_decompressor *decompressor, const ZSTD_inBuffer *in, size_t out_size)
{
    if (decompressor->at_boundary) {
        decompressor->frame_header_bytes = 0;
        decompressor->frame_bytes = 0;
    }
    size_t missing = sizeof decompressor->frame_header - decompressor->frame_header_bytes;
    size_t taken = in->pos < missing ? in->pos : missing;
    if (taken > 0) {
        memcpy(decompressor->frame_header + decompressor->frame_header_bytes, in->src, taken);
    }
    decompressor->frame_header_bytes += taken;
    decompressor->frame_bytes += out_size;
}

/* Of formats before zstd 0.8, which some builds of the library read, each in its own way. */
static bool frame_is_foreign(const tide_decompressor *decompressor)
{
    tide_str begin = {decompressor->frame_header, decompressor->frame_header_bytes};
    return begin.size >= 4 && tide_compression_of(begin) != TIDE_ZSTD;
}

/* The library looks at it only where a block with content comes last. */
static bool frame_has_its_size(const tide_decompressor *decompressor)
{
    unsigned long long bytes =
        ZSTD_getFrameContentSize(decompressor->frame_header, decompressor->frame_header_bytes);
    return bytes == ZSTD_CONTENTSIZE_UNKNOWN || bytes == ZSTD_CONTENTSIZE_ERROR ||
           bytes == decompressor->frame_bytes;
}

/* A frame that lies in its input as a whole is read by another way of the library, which differs in
 * what it takes for damaged. It is not gone where a frame's header comes in two pieces; so what is
 * read does not depend on where windows of the file end. */
static size_t bytes_to_give(const tide_decompressor *decompressor, size_t size)
{
    bool begins = decompressor->at_boundary || decompressor->frame_header_bytes == 0;
    return begins && size >= FRAME_HEADER_BYTES_MIN ? FRAME_HEADER_BYTES_MIN - 1 : size;
}

static tide_code step_zstd(tide_decompressor *decompressor, tide_decompress_step *step,
                           tide_error *err)
{
    /* Nothing is held back: asked without input, zstd would begin a frame. */
    if (decompressor->at_boundary && step->in.size == 0) {
        return TIDE_OK;
    }
    ZSTD_inBuffer in = {step->in.data, bytes_to_give(decompressor, step->in.size), 0};
    ZSTD_outBuffer out = {step->out, step->out_capacity, 0};
    size_t result = ZSTD_decompressStream(decompressor->stream, &out, &in);
    if (ZSTD_isError(result)) {
        return TIDE_FAIL(err, TIDE_E_FILE_DAMAGED, "the zstd data is damaged (%s)",
                         ZSTD_getErrorName(result));
    }
    step->in_used = in.pos;
    step->out_size = out.pos;
    note_frame(decompressor, &in, out.pos);
    decompressor->at_boundary = result == 0;
    if (frame_is_foreign(decompressor)) {
        return TIDE_FAIL(err, TIDE_E_FILE_DAMAGED,
                         "the zstd data is damaged (what follows a frame is none)");
    }
    if (decompressor->at_boundary && !frame_has_its_size(decompressor)) {
        return TIDE_FAIL(err, TIDE_E_FILE_DAMAGED,
                         "the zstd data is damaged (a frame is shorter than it says)");
    }
    return TIDE_OK;
}

tide_code tide_decompress(tide_decompressor *decompressor, tide_decompress_step *step,
                          tide_error *err)
{
    step->in_used = 0;
    step->out_size = 0;
    tide_code code = decompressor->compression == TIDE_GZIP ? step_gzip(decompressor, step, err)
                                                            : step_zstd(decompressor, step, err);
    step->at_boundary = decompressor->at_boundary;
    return code;
}

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
/* The magic number and a byte that says what else the header has; no frame is shorter. */
#define FRAME_BEGIN_BYTES 5
#define MAGIC_BYTES 4
#define SKIPPABLE_HEADER_BYTES 8

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

/* How long the header is that begins so, as far as what is there tells (RFC 8878, 3.1). */
static size_t header_bytes_wanted(const tide_decompressor *decompressor)
{
    static const size_t dictionary_bytes[] = {0, 1, 2, 4}, size_bytes[] = {0, 2, 4, 8};
    const char *header = decompressor->frame_header;
    if (decompressor->frame_header_bytes < FRAME_BEGIN_BYTES) {
        return FRAME_BEGIN_BYTES;
    }
    if (header[0] != '\x28') {
        return SKIPPABLE_HEADER_BYTES;
    }
    unsigned descriptor = (unsigned char)header[4];
    bool single_segment = (descriptor & 0x20) != 0;
    size_t wanted = FRAME_BEGIN_BYTES + dictionary_bytes[descriptor & 3];
    wanted += size_bytes[descriptor >> 6];
    bool has_other_byte = !single_segment || descriptor >> 6 == 0;
    return wanted + has_other_byte;
}

static bool header_is_whole(const tide_decompressor *decompressor)
{
    return decompressor->frame_header_bytes == header_bytes_wanted(decompressor);
}

/* Bytes of `in` that belong to the header. */
static size_t take_header(tide_decompressor *decompressor, tide_str in)
{
    size_t used = 0;
    while (used < in.size && !header_is_whole(decompressor)) {
        size_t missing = header_bytes_wanted(decompressor) - decompressor->frame_header_bytes;
        size_t taken = in.size - used < missing ? in.size - used : missing;
        memcpy(decompressor->frame_header + decompressor->frame_header_bytes, in.data + used,
               taken);
        decompressor->frame_header_bytes += taken;
        used += taken;
    }
    return used;
}

static tide_code give_zstd(tide_decompressor *decompressor, tide_str in, tide_decompress_step *step,
                           tide_error *err)
{
    ZSTD_inBuffer input = {in.data, in.size, 0};
    ZSTD_outBuffer output = {step->out, step->out_capacity, 0};
    size_t result = ZSTD_decompressStream(decompressor->stream, &output, &input);
    if (ZSTD_isError(result)) {
        return TIDE_FAIL(err, TIDE_E_FILE_DAMAGED, "the zstd data is damaged (%s)",
                         ZSTD_getErrorName(result));
    }
    step->in_used = input.pos;
    step->out_size = output.pos;
    decompressor->frame_bytes += output.pos;
    decompressor->at_boundary = result == 0;
    return TIDE_OK;
}

/* The library has several ways to read: one for a frame that lies in its input as a whole, one for
 * pieces, others for formats before zstd 0.8. They differ in what they take for damaged; what is
 * read must not depend on where windows of the file end. So a header is gathered and looked at
 * here, and the library is given just that, then what follows: it always reads in pieces. */
static tide_code begin_frame(tide_decompressor *decompressor, tide_decompress_step *step,
                             tide_error *err)
{
    if (decompressor->at_boundary) {
        decompressor->at_boundary = false;
        decompressor->frame_header_bytes = 0;
        decompressor->frame_bytes = 0;
    }
    size_t used = take_header(decompressor, step->in);
    tide_str header = {decompressor->frame_header, decompressor->frame_header_bytes};
    if (header.size >= MAGIC_BYTES && tide_compression_of(header) != TIDE_ZSTD) {
        return TIDE_FAIL(err, TIDE_E_FILE_DAMAGED,
                         "the zstd data is damaged (what follows a frame is none)");
    }
    if (header_is_whole(decompressor)) {
        TIDE_TRY(give_zstd(decompressor, header, step, err));
        if (step->in_used != header.size) {
            return TIDE_FAIL(err, TIDE_E_FILE_DAMAGED,
                             "the zstd data is damaged (a frame's header can't be read)");
        }
    }
    step->in_used = used;
    return TIDE_OK;
}

/* The library looks at it only where a block with content comes last. */
static bool frame_has_its_size(const tide_decompressor *decompressor)
{
    unsigned long long bytes =
        ZSTD_getFrameContentSize(decompressor->frame_header, decompressor->frame_header_bytes);
    return bytes == ZSTD_CONTENTSIZE_UNKNOWN || bytes == ZSTD_CONTENTSIZE_ERROR ||
           bytes == decompressor->frame_bytes;
}

static tide_code step_zstd(tide_decompressor *decompressor, tide_decompress_step *step,
                           tide_error *err)
{
    /* Nothing is held back: asked without input, zstd would begin a frame. */
    if (decompressor->at_boundary && step->in.size == 0) {
        return TIDE_OK;
    }
    if (decompressor->at_boundary || !header_is_whole(decompressor)) {
        return begin_frame(decompressor, step, err);
    }
    TIDE_TRY(give_zstd(decompressor, step->in, step, err));
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

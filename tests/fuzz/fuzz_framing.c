/* SPDX-License-Identifier: Apache-2.0 */
/* Gzip members and zstd frames: what they expand to does not depend on how many bytes are given and
 * taken at a time, what was compressed comes back, and what was cut is never taken for whole. The
 * first byte chooses: the rest as it is, or compressed by us in several members or frames. The
 * lines of the file are those of its text, however it is split. */
#include <zlib.h>
#include <zstd.h>

#include "fuzz_file.h"
#include "source/file/decompress.h"
#include "source/file/lines.h"

#define TEXT_MAX (1u << 20)
#define PACKED_MAX (1u << 18)
#define LINE_BYTES_MAX 24
#define LARGE_LINE_BYTES_MAX 6000 /* more than a buffer of the reader */

typedef struct expanded {
    uint8_t text[TEXT_MAX];
    size_t size;
    bool whole;
    bool full; /* there was more */
} expanded;

/* As file_input.c does, with buffers of these sizes. */
static void expand(tide_str packed, size_t in_bytes, size_t out_bytes, expanded *out)
{
    tide_decompressor decompressor;
    tide_error err;
    out->size = 0;
    out->whole = out->full = false;
    FUZZ_CHECK(tide_decompressor_open(&decompressor, tide_compression_of(packed), &err) == TIDE_OK);
    for (;;) {
        size_t room = TEXT_MAX - out->size;
        tide_decompress_step step = {
            .in = {packed.data, packed.size < in_bytes ? packed.size : in_bytes},
            .out = (char *)out->text + out->size,
            .out_capacity = room < out_bytes ? room : out_bytes,
        };
        bool ended = packed.size == 0;
        if (room == 0 || tide_decompress(&decompressor, &step, &err) != TIDE_OK) {
            out->full = room == 0;
            break;
        }
        FUZZ_CHECK(step.in_used <= step.in.size && step.out_size <= step.out_capacity);
        FUZZ_CHECK(ended || step.in_used > 0 || step.out_size > 0);
        packed.data += step.in_used;
        packed.size -= step.in_used;
        out->size += step.out_size;
        if (ended && step.out_size == 0) {
            out->whole = step.at_boundary;
            break;
        }
    }
    tide_decompressor_close(&decompressor);
}

static size_t pack_gzip(const uint8_t *text, size_t size, uint8_t *out)
{
    /* zlib's pointers are not const, but it does not write through this one. */
    union {
        const uint8_t *borrowed;
        Bytef *unqualified;
    } in = {text};
    z_stream stream = {.next_in = in.unqualified,
                       .avail_in = (uInt)size,
                       .next_out = out,
                       .avail_out = PACKED_MAX};
    FUZZ_CHECK(deflateInit2(&stream, 1, Z_DEFLATED, 9 + 16, 1, Z_DEFAULT_STRATEGY) == Z_OK);
    FUZZ_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    FUZZ_CHECK(deflateEnd(&stream) == Z_OK);
    return PACKED_MAX - stream.avail_out;
}

static size_t pack_zstd(const uint8_t *text, size_t size, uint8_t *out)
{
    static ZSTD_CCtx *context;
    context = context == NULL ? ZSTD_createCCtx() : context;
    FUZZ_CHECK(context != NULL);
    size_t packed = ZSTD_compressCCtx(context, out, PACKED_MAX, text, size, -5);
    FUZZ_CHECK(!ZSTD_isError(packed));
    return packed;
}

/* In two members or frames, the place between them chosen by the input. */
static size_t pack(bool gzip, const uint8_t *text, size_t size, size_t middle, uint8_t *out)
{
    size_t (*packer)(const uint8_t *, size_t, uint8_t *) = gzip ? pack_gzip : pack_zstd;
    size_t first = packer(text, middle, out);
    return first + packer(text + middle, size - middle, out + first);
}

static void check_sizes(tide_str packed, uint8_t sizes)
{
    static expanded whole, pieces;
    static const size_t steps[] = {1, 2, 7, 64};
    if (tide_compression_of(packed) == TIDE_PLAIN) {
        return;
    }
    expand(packed, packed.size + 1, TEXT_MAX, &whole);
    expand(packed, steps[sizes & 3], steps[sizes >> 2 & 3] * 5, &pieces);
    size_t common = whole.size < pieces.size ? whole.size : pieces.size;
    FUZZ_CHECK(memcmp(whole.text, pieces.text, common) == 0);
    FUZZ_CHECK(whole.whole == pieces.whole || whole.full || pieces.full);
    FUZZ_CHECK(!whole.whole || whole.size == pieces.size || pieces.full);
}

static void check_packed(const uint8_t *text, size_t size, bool gzip, uint8_t place)
{
    static expanded out;
    static uint8_t packed[2 * PACKED_MAX];
    size_t middle = fuzz_place(place, size);
    size_t packed_size = pack(gzip, text, size, middle, packed);
    expand((tide_str){(char *)packed, packed_size}, 1 + place % 16, 4096, &out);
    FUZZ_CHECK(out.whole && out.size == size && (size == 0 || memcmp(out.text, text, size) == 0));
    size_t cut = packed_size - 1 - place % 8;
    expand((tide_str){(char *)packed, cut}, 64, 4096, &out);
    FUZZ_CHECK(!out.whole);
}

/* Counts and sums the lines of a range. */
typedef struct line_sum {
    size_t count;
    uint64_t sum;
    tide_code code;
} line_sum;

static line_sum read_lines(uint64_t begin, uint64_t end, size_t buffer_bytes)
{
    tide_error err;
    tide_budget budget;
    tide_lines lines;
    tide_line line;
    bool found = true;
    line_sum out = {.count = 0};
    tide_budget_init(&budget, 1 << 30);
    char identity[TIDE_FILE_IDENTITY_BYTES];
    tide_file_place place = fuzz_file_place(buffer_bytes, identity);
    bool large = fuzz_file_bytes.size >= FUZZ_LARGE_BYTES;
    tide_line_range range = {begin, end, large ? LARGE_LINE_BYTES_MAX : LINE_BYTES_MAX};
    out.code = tide_lines_open(&lines, &place, &range, &budget, &err);
    if (out.code != TIDE_OK) {
        return out;
    }
    while (found && out.code == TIDE_OK) {
        out.code = tide_lines_next(&lines, &line, &found, &err);
        if (found && out.code == TIDE_OK) {
            uint64_t hash = line.position * 3 + line.too_long;
            for (size_t i = 0; i < line.text.size; i++) {
                hash = (hash ^ (unsigned char)line.text.data[i]) * UINT64_C(0x100000001B3);
            }
            out.sum += hash;
            out.count++;
        }
    }
    tide_lines_close(&lines);
    FUZZ_CHECK(tide_budget_used(&budget) == 0);
    return out;
}

/* A file, compressed or not, read by large and by small pieces. */
static void check_file(const uint8_t *data, size_t size, uint8_t place)
{
    fuzz_file_bytes = (tide_str){(const char *)data, size};
    line_sum whole = read_lines(0, UINT64_MAX, 1 << 12);
    line_sum pieces = read_lines(0, UINT64_MAX, 1 + place % 32);
    FUZZ_CHECK(whole.code == pieces.code);
    FUZZ_CHECK(whole.code != TIDE_OK || (whole.count == pieces.count && whole.sum == pieces.sum));
}

/* A plain file, whole and in two splits. */
static void check_splits(const uint8_t *data, size_t size, uint8_t place)
{
    if (tide_compression_of((tide_str){(const char *)data, size}) != TIDE_PLAIN) {
        return;
    }
    fuzz_file_bytes = (tide_str){(const char *)data, size};
    uint64_t middle = fuzz_place(place, size);
    line_sum whole = read_lines(0, UINT64_MAX, 1 << 12);
    line_sum left = read_lines(0, middle, 5);
    line_sum right = read_lines(middle, UINT64_MAX, 1 << 12);
    FUZZ_CHECK(whole.code == TIDE_OK && left.code == TIDE_OK && right.code == TIDE_OK);
    FUZZ_CHECK(left.count + right.count == whole.count);
    FUZZ_CHECK(left.sum + right.sum == whole.sum);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > PACKED_MAX / 4) {
        return 0;
    }
    uint8_t choice = data[0], place = data[1];
    data += 2;
    size -= 2;
    switch (choice & 3) {
        case 0:
            check_sizes((tide_str){(const char *)data, size}, choice >> 2);
            break;
        case 1:
            check_packed(data, size, (choice & 4) != 0, place);
            break;
        case 2:
            check_file(data, size, place);
            break;
        default:
            check_splits(data, size, place);
            break;
    }
    return 0;
}

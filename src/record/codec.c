/* SPDX-License-Identifier: Apache-2.0 */
/* A block:
 *
 *   header, 40 bytes      payload (LZ4), which expands to
 *   0   magic             row_count hashes, 8 bytes each
 *   4   row count         per column:
 *   8   raw bytes           1 byte: has it a validity bitmap? then the bitmap
 *   12  payload bytes       fixed width: the values (bool: bits)
 *   16  XXH3 of payload     variable: the sizes, 4 bytes each, then the bytes
 *   24  XXH3 of the types
 *   32  XXH3 of the above
 *
 * Sizes rather than offsets: they repeat, so they compress. */
#include "record/codec.h"

#include <lz4.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/memory.h"
#include "base/problem.h"

#define MAGIC UINT32_C(0x31424D54) /* "TMB1" */

typedef struct block_header {
    uint32_t magic;
    uint32_t row_count;
    uint32_t raw_bytes;
    uint32_t payload_bytes;
    uint64_t payload_hash;
    uint64_t types_hash;
    uint64_t header_hash; /* of what is before it */
} block_header;

_Static_assert(sizeof(block_header) == TIDE_CODEC_HEADER_BYTES, "the header has no holes");
#define HASHED_BYTES offsetof(block_header, header_hash)

void tide_codec_init(tide_codec *codec)
{
    tide_text_init(&codec->raw);
    tide_text_init(&codec->compressed);
}

void tide_codec_clear(tide_codec *codec)
{
    tide_text_clear(&codec->raw);
    tide_text_clear(&codec->compressed);
}

static uint64_t hash_types(const tide_schema *schema)
{
    uint64_t hash = schema->field_count;
    for (size_t i = 0; i < schema->field_count; i++) {
        tide_type type = schema->fields[i].type;
        int32_t described[3] = {(int32_t)type.id, type.precision, type.scale};
        hash = XXH3_64bits_withSeed(described, sizeof described, hash);
    }
    return hash;
}

static size_t bitmap_bytes(int64_t rows)
{
    return (size_t)(rows + 7) / 8;
}

static size_t encoded_bytes(const tide_column *column, int64_t begin, int64_t end)
{
    size_t rows = (size_t)(end - begin);
    size_t bytes = 1 + (column->validity != NULL ? bitmap_bytes(end - begin) : 0);
    if (tide_type_is_variable(column->type)) {
        return bytes + rows * 4 + (size_t)(column->offsets[end] - column->offsets[begin]);
    }
    size_t width = tide_type_width(column->type);
    return bytes + (width == 0 ? bitmap_bytes(end - begin) : rows * width);
}

static uint8_t *put(uint8_t *at, const void *bytes, size_t size)
{
    if (size > 0) {
        memcpy(at, bytes, size);
    }
    return at + size;
}

/* Where there are none, as of texts that are all empty, there may be no data to point into. */
static uint8_t *put_range(uint8_t *at, const uint8_t *data, size_t offset, size_t size)
{
    return size == 0 ? at : put(at, data + offset, size);
}

static uint8_t *put_bits(uint8_t *at, const uint8_t *bits, int64_t begin, int64_t end)
{
    tide_bits_copy(at, 0, bits, begin, end - begin);
    return at + bitmap_bytes(end - begin);
}

static uint8_t *encode_column(uint8_t *at, const tide_column *column, int64_t begin, int64_t end)
{
    *at++ = column->validity != NULL;
    if (column->validity != NULL) {
        at = put_bits(at, column->validity, begin, end);
    }
    if (tide_type_is_variable(column->type)) {
        const int32_t *offsets = column->offsets;
        for (int64_t row = begin; row < end; row++) {
            int32_t size = offsets[row + 1] - offsets[row];
            at = put(at, &size, sizeof size);
        }
        return put_range(at, column->data, (size_t)offsets[begin],
                         (size_t)(offsets[end] - offsets[begin]));
    }
    size_t width = tide_type_width(column->type);
    if (width == 0) {
        return put_bits(at, column->data, begin, end);
    }
    return put_range(at, column->data, (size_t)begin * width, (size_t)(end - begin) * width);
}

static tide_column column_at(const tide_batch *batch, size_t index)
{
    return tide_column_of(batch->array.children[index], batch->schema->fields[index].type);
}

/* Fills codec->raw. */
static tide_code encode_raw(tide_codec *codec, const tide_batch *batch, const uint64_t *hashes,
                            int64_t begin, int64_t end, tide_error *err)
{
    size_t hash_bytes = (size_t)(end - begin) * sizeof hashes[0];
    size_t bytes = hash_bytes;
    for (size_t i = 0; i < batch->schema->field_count; i++) {
        tide_column column = column_at(batch, i);
        bytes += encoded_bytes(&column, begin, end);
    }
    if (bytes > LZ4_MAX_INPUT_SIZE || end - begin > INT32_MAX) {
        return TIDE_FAIL(err, TIDE_OVER_BUDGET, "a batch of %zu bytes is too large to spill",
                         bytes);
    }
    tide_text_reset(&codec->raw);
    if (!tide_text_reserve(&codec->raw, bytes)) {
        return TIDE_FAIL_MEMORY(err, "encoding a batch");
    }
    uint8_t *at = put((uint8_t *)codec->raw.data, hashes + begin, hash_bytes);
    for (size_t i = 0; i < batch->schema->field_count; i++) {
        tide_column column = column_at(batch, i);
        at = encode_column(at, &column, begin, end);
    }
    codec->raw.size = (size_t)(at - (uint8_t *)codec->raw.data);
    return TIDE_OK;
}

tide_code tide_codec_encode(tide_codec *codec, const tide_batch *batch, const uint64_t *hashes,
                            int64_t begin, int64_t end, tide_str *block, tide_error *err)
{
    TIDE_TRY(encode_raw(codec, batch, hashes, begin, end, err));
    int raw_bytes = (int)codec->raw.size;
    int payload_max = LZ4_compressBound(raw_bytes);
    tide_text_reset(&codec->compressed);
    if (!tide_text_reserve(&codec->compressed, TIDE_CODEC_HEADER_BYTES + (size_t)payload_max)) {
        return TIDE_FAIL_MEMORY(err, "compressing a batch");
    }
    char *payload = codec->compressed.data + TIDE_CODEC_HEADER_BYTES;
    int payload_bytes = LZ4_compress_default(codec->raw.data, payload, raw_bytes, payload_max);
    if (payload_bytes <= 0) {
        return TIDE_FAIL_MEMORY(err, "compressing a batch");
    }
    block_header header = {
        .magic = MAGIC,
        .row_count = (uint32_t)(end - begin),
        .raw_bytes = (uint32_t)raw_bytes,
        .payload_bytes = (uint32_t)payload_bytes,
        .payload_hash = XXH3_64bits(payload, (size_t)payload_bytes),
        .types_hash = hash_types(batch->schema),
    };
    header.header_hash = XXH3_64bits(&header, HASHED_BYTES);
    memcpy(codec->compressed.data, &header, sizeof header);
    codec->compressed.size = TIDE_CODEC_HEADER_BYTES + (size_t)payload_bytes;
    *block = (tide_str){codec->compressed.data, codec->compressed.size};
    return TIDE_OK;
}

static tide_code fail_damaged(tide_error *err, const char *what)
{
    return TIDE_FAIL(err, TIDE_E_SPILL_DAMAGED, "a damaged block of spilled rows: %s", what);
}

static tide_code read_header(const void *bytes, block_header *header, tide_error *err)
{
    memcpy(header, bytes, sizeof *header);
    if (header->magic != MAGIC) {
        return fail_damaged(err, "it does not begin as one");
    }
    if (header->header_hash != XXH3_64bits(header, HASHED_BYTES)) {
        return fail_damaged(err, "the checksum of its header is wrong");
    }
    return TIDE_OK;
}

tide_code tide_codec_payload_bytes(const uint8_t *header, size_t *bytes, tide_error *err)
{
    block_header read;
    TIDE_TRY(read_header(header, &read, err));
    *bytes = read.payload_bytes;
    return TIDE_OK;
}

/* Raw bytes that are still to be read. */
typedef struct cursor {
    const uint8_t *at;
    size_t left;
} cursor;

/* NULL when there are fewer. */
static const uint8_t *take(cursor *c, size_t bytes)
{
    if (bytes > c->left) {
        return NULL;
    }
    const uint8_t *taken = c->at;
    c->at += bytes;
    c->left -= bytes;
    return taken;
}

static tide_code decode_variable(cursor *c, tide_column_builder *column, size_t rows,
                                 tide_error *err)
{
    const uint8_t *sizes = take(c, rows * 4);
    if (sizes == NULL) {
        return fail_damaged(err, "it ends too early");
    }
    size_t bytes = 0;
    for (size_t i = 0; i < rows; i++) {
        uint32_t size;
        memcpy(&size, sizes + i * 4, sizeof size);
        bytes += size;
    }
    const uint8_t *data = take(c, bytes);
    if (data == NULL) {
        return fail_damaged(err, "it ends too early");
    }
    TIDE_TRY(tide_column_reserve_bytes(column, bytes, err));
    int32_t *offsets = column->offsets + column->row_count;
    for (size_t i = 0; i < rows; i++) {
        int32_t size;
        memcpy(&size, sizes + i * 4, sizeof size);
        offsets[i + 1] = offsets[i] + size;
    }
    (void)put(column->data + column->data_bytes, data, bytes);
    column->data_bytes += bytes;
    return TIDE_OK;
}

static tide_code decode_fixed(cursor *c, tide_column_builder *column, size_t rows, tide_error *err)
{
    size_t width = tide_type_width(column->type);
    const uint8_t *data = take(c, width == 0 ? bitmap_bytes((int64_t)rows) : rows * width);
    if (data == NULL) {
        return fail_damaged(err, "it ends too early");
    }
    if (width == 0) {
        tide_bits_copy(column->data, column->row_count, data, 0, (int64_t)rows);
    } else {
        (void)put(column->data + (size_t)column->row_count * width, data, rows * width);
    }
    return TIDE_OK;
}

static tide_code decode_column(cursor *c, tide_column_builder *column, size_t rows, tide_error *err)
{
    const uint8_t *mark = take(c, 1);
    const uint8_t *validity = NULL;
    if (mark != NULL && *mark == 1) {
        validity = take(c, bitmap_bytes((int64_t)rows));
    }
    if (mark == NULL || *mark > 1 || (*mark == 1 && validity == NULL)) {
        return fail_damaged(err, "it ends too early");
    }
    if (rows == 0) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_column_reserve(column, rows, err));
    if (tide_type_is_variable(column->type)) {
        TIDE_TRY(decode_variable(c, column, rows, err));
    } else {
        TIDE_TRY(decode_fixed(c, column, rows, err));
    }
    return tide_column_rows_written(column, rows, validity, err);
}

/* Checks the block and expands it into codec->raw. */
static tide_code expand(tide_codec *codec, tide_str block, const tide_schema *schema,
                        block_header *header, tide_error *err)
{
    if (block.size < TIDE_CODEC_HEADER_BYTES) {
        return fail_damaged(err, "it ends too early");
    }
    TIDE_TRY(read_header(block.data, header, err));
    const char *payload = block.data + TIDE_CODEC_HEADER_BYTES;
    if (block.size - TIDE_CODEC_HEADER_BYTES != header->payload_bytes) {
        return fail_damaged(err, "it ends too early");
    }
    if (XXH3_64bits(payload, header->payload_bytes) != header->payload_hash) {
        return fail_damaged(err, "its checksum is wrong");
    }
    if (header->types_hash != hash_types(schema)) {
        return fail_damaged(err, "it holds other columns");
    }
    tide_text_reset(&codec->raw);
    if (!tide_text_reserve(&codec->raw, header->raw_bytes)) {
        return TIDE_FAIL_MEMORY(err, "expanding a batch");
    }
    int raw_bytes = LZ4_decompress_safe(payload, codec->raw.data, (int)header->payload_bytes,
                                        (int)header->raw_bytes);
    if (raw_bytes < 0 || (uint32_t)raw_bytes != header->raw_bytes) {
        return fail_damaged(err, "it can't be expanded");
    }
    codec->raw.size = header->raw_bytes;
    return TIDE_OK;
}

static tide_code decode_hashes(cursor *c, size_t first, size_t rows, uint64_t **hashes,
                               size_t *hash_capacity, tide_error *err)
{
    if (rows == 0) {
        return TIDE_OK;
    }
    const uint8_t *bytes = take(c, rows * sizeof(uint64_t));
    if (bytes == NULL) {
        return fail_damaged(err, "it ends too early");
    }
    void *grown = *hashes;
    TIDE_TRY(tide_grow(&grown, hash_capacity, first + rows, sizeof(uint64_t), err));
    *hashes = grown;
    (void)put((uint8_t *)(*hashes + first), bytes, rows * sizeof(uint64_t));
    return TIDE_OK;
}

tide_code tide_codec_decode(tide_codec *codec, tide_str block, tide_builder *builder,
                            uint64_t **hashes, size_t *hash_capacity, tide_error *err)
{
    block_header header = {0};
    TIDE_TRY(expand(codec, block, builder->schema, &header, err));
    cursor c = {(const uint8_t *)codec->raw.data, codec->raw.size};
    size_t rows = header.row_count;
    TIDE_TRY(decode_hashes(&c, (size_t)builder->row_count, rows, hashes, hash_capacity, err));
    for (size_t i = 0; i < builder->schema->field_count; i++) {
        TIDE_TRY(decode_column(&c, &builder->columns[i], rows, err));
    }
    if (c.left != 0) {
        return fail_damaged(err, "it has bytes too many");
    }
    builder->row_count += (int64_t)rows;
    return TIDE_OK;
}

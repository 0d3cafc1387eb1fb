/* SPDX-License-Identifier: Apache-2.0 */
/* Series hash and digest: XXH3 over the canonical encoding that order.h describes. A row is encoded
 * into a small buffer on the stack, and hashed from there at once; only a row that does not fit
 * takes the slower streaming form, which gives the same hash. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "record/builder.h"
#include "record/order.h"

/* The compiler may be told to clear all variables, which would cost more than the hash here. */
#if __has_attribute(uninitialized)
#define UNINITIALIZED __attribute__((uninitialized))
#else
#define UNINITIALIZED
#endif

#define BUFFER_BYTES 512
#define SIZE_BYTES 8

typedef struct encoder {
    size_t used;
    bool is_streaming; /* `state` holds what came before the buffer */
    uint8_t buffer[BUFFER_BYTES];
    XXH3_state_t state;
} encoder;

/* 64 and 128 bits differ only in how the state is begun and ended; both begin alike with seed 0. */
static void flush(encoder *e)
{
    if (!e->is_streaming) {
        (void)XXH3_128bits_reset(&e->state);
        e->is_streaming = true;
    }
    (void)XXH3_128bits_update(&e->state, e->buffer, e->used);
    e->used = 0;
}

static inline void put(encoder *e, const void *bytes, size_t size)
{
    if (TIDE_UNLIKELY(size > BUFFER_BYTES - e->used)) {
        flush(e);
        if (size > BUFFER_BYTES) {
            (void)XXH3_128bits_update(&e->state, bytes, size);
            return;
        }
    }
    tide_copy_bytes(e->buffer + e->used, bytes, size);
    e->used += size;
}

static void put_str(encoder *e, const tide_column *column, int64_t row)
{
    tide_str s = tide_column_str(column, row);
    uint64_t size = s.size;
    put(e, &size, SIZE_BYTES);
    put(e, s.data, s.size);
}

static void put_bool(encoder *e, const tide_column *column, int64_t row)
{
    uint8_t value = tide_column_bool(column, row);
    put(e, &value, 1);
}

static void put_4(encoder *e, const tide_column *column, int64_t row)
{
    put(e, column->data + 4 * row, 4);
}

static void put_8(encoder *e, const tide_column *column, int64_t row)
{
    put(e, column->data + 8 * row, 8);
}

static void put_16(encoder *e, const tide_column *column, int64_t row)
{
    put(e, column->data + 16 * row, 16);
}

static void put_double(encoder *e, const tide_column *column, int64_t row)
{
    double value = tide_column_double(column, row);
    uint64_t bits = UINT64_C(0x7ff8000000000000);
    if (!__builtin_isnan(value)) {
        value = value == 0 ? 0.0 : value; /* -0 is 0 */
        memcpy(&bits, &value, sizeof bits);
    }
    put(e, &bits, sizeof bits);
}

typedef void (*put_value)(encoder *e, const tide_column *column, int64_t row);

static const put_value putters[] = {
    [TIDE_BOOL] = put_bool,     [TIDE_INT32] = put_4,    [TIDE_INT64] = put_8,
    [TIDE_DOUBLE] = put_double, [TIDE_DECIMAL] = put_16, [TIDE_TEXT] = put_str,
    [TIDE_BYTES] = put_str,     [TIDE_DATE] = put_4,     [TIDE_TIMESTAMP] = put_8,
    [TIDE_UUID] = put_16,       [TIDE_JSON] = put_str,
};

static void encode_row(encoder *e, const tide_column *columns, const uint32_t *picked, size_t count,
                       int64_t row)
{
    static const uint8_t marks[2] = {0, 1};
    e->used = 0;
    e->is_streaming = false;
    for (size_t i = 0; i < count; i++) {
        const tide_column *column = columns + picked[i];
        bool is_null = tide_column_is_null(column, row);
        put(e, &marks[is_null ? 0 : 1], 1);
        if (!is_null) {
            putters[column->type.id](e, column, row);
        }
    }
}

static uint64_t hash_row(encoder *e, const tide_column *columns, const uint32_t *key_columns,
                         size_t key_count, int64_t row)
{
    encode_row(e, columns, key_columns, key_count, row);
    if (!e->is_streaming) {
        return XXH3_64bits(e->buffer, e->used);
    }
    flush(e);
    return XXH3_64bits_digest(&e->state);
}

/* One text column without nulls, which most series are. */
static void hash_text_rows(encoder *e, const tide_column *columns, uint32_t key_column,
                           int64_t row_count, uint64_t *hashes)
{
    const tide_column *column = columns + key_column;
    const size_t size_max = BUFFER_BYTES - 1 - SIZE_BYTES;
    e->buffer[0] = 1;
    for (int64_t row = 0; row < row_count; row++) {
        tide_str s = tide_column_str(column, row);
        if (TIDE_UNLIKELY(s.size > size_max)) {
            hashes[row] = hash_row(e, columns, &key_column, 1, row);
            e->buffer[0] = 1;
            continue;
        }
        uint64_t size = s.size;
        memcpy(e->buffer + 1, &size, SIZE_BYTES);
        tide_copy_bytes(e->buffer + 1 + SIZE_BYTES, s.data, s.size);
        hashes[row] = XXH3_64bits(e->buffer, 1 + SIZE_BYTES + s.size);
    }
}

void tide_hash_rows(const tide_column *columns, const uint32_t *key_columns, size_t key_count,
                    int64_t row_count, uint64_t *hashes)
{
    encoder e;
    e.used = 0;
    if (key_count == 1 && columns[key_columns[0]].validity == NULL &&
        tide_type_is_variable(columns[key_columns[0]].type)) {
        hash_text_rows(&e, columns, key_columns[0], row_count, hashes);
        return;
    }
    for (int64_t row = 0; row < row_count; row++) {
        hashes[row] = hash_row(&e, columns, key_columns, key_count, row);
    }
}

tide_digest tide_digest_row(const tide_column *columns, const uint32_t *identity_columns,
                            size_t identity_count, int64_t row)
{
    encoder e UNINITIALIZED;
    encode_row(&e, columns, identity_columns, identity_count, row);
    XXH128_hash_t hash;
    if (e.is_streaming) {
        flush(&e);
        hash = XXH3_128bits_digest(&e.state);
    } else {
        hash = XXH3_128bits(e.buffer, e.used);
    }
    return (tide_digest){hash.low64, hash.high64};
}

void tide_digest_add(tide_digest *sum, tide_digest row)
{
    uint64_t low = sum->low + row.low;
    sum->high += row.high + (low < row.low ? 1 : 0);
    sum->low = low;
}

bool tide_digest_equal(tide_digest a, tide_digest b)
{
    return a.low == b.low && a.high == b.high;
}

static void put_big_endian(uint8_t *out, uint64_t value)
{
    for (int i = 7; i >= 0; i--) {
        out[i] = (uint8_t)value;
        value >>= 8;
    }
}

static uint64_t get_big_endian(const uint8_t *in)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) {
        value = value << 8 | in[i];
    }
    return value;
}

void tide_digest_encode(tide_digest digest, uint8_t out[16])
{
    put_big_endian(out, digest.high);
    put_big_endian(out + 8, digest.low);
}

tide_digest tide_digest_decode(const uint8_t in[16])
{
    return (tide_digest){.low = get_big_endian(in + 8), .high = get_big_endian(in)};
}

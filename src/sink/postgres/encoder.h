/* SPDX-License-Identifier: Apache-2.0 */
/* Encoder: a reused buffer that cells are written into, in the server's binary format.
 *
 * Two ways of use. For COPY it has a connection, and a full buffer goes there (PQputCopyData), so
 * that a COPY of any size needs the memory of one buffer; for parameters it has none and grows.
 *
 * tide_pg_encoder_reserve before a row makes room for everything of the row that has a bounded
 * size, so writers of such cells check nothing. tide_pg_put_bytes, for cells of any size, leaves
 * that room as it was. Failure is sticky and asked for once per chunk (tide_pg_encoder_finish).
 */
#ifndef TIDE_SINK_POSTGRES_ENCODER_H
#define TIDE_SINK_POSTGRES_ENCODER_H

#include <endian.h>
#include <string.h>

#include "base/text.h"
#include "sink/postgres/connection.h"

/* One buffer per worker: large enough that a send costs little, small enough to stay in cache. */
#define TIDE_PG_BUFFER_BYTES (256u << 10)

typedef struct tide_pg_encoder {
    uint8_t *data; /* owned */
    size_t size;
    size_t capacity;
    size_t row_bytes_max;           /* of the bounded cells of one row */
    tide_pg_connection *connection; /* borrowed during a COPY; NULL: the buffer grows */
    bool send_failed, memory_failed;
} tide_pg_encoder;

void tide_pg_encoder_init(tide_pg_encoder *encoder);
void tide_pg_encoder_clear(tide_pg_encoder *encoder);
/* Empties it and makes room for the first row. */
TIDE_MUST_CHECK tide_code tide_pg_encoder_begin(tide_pg_encoder *encoder,
                                                tide_pg_connection *connection,
                                                size_t row_bytes_max, tide_error *err);
/* Sends what is left, and says whether all went well: remote_retry, out_of_memory. */
TIDE_MUST_CHECK tide_code tide_pg_encoder_finish(tide_pg_encoder *encoder, tide_error *err);
/* Slow path of reserve. */
bool tide_pg_encoder_make_room(tide_pg_encoder *encoder, size_t bytes);

static inline bool tide_pg_encoder_reserve(tide_pg_encoder *encoder)
{
    return encoder->capacity - encoder->size >= encoder->row_bytes_max ||
           tide_pg_encoder_make_room(encoder, encoder->row_bytes_max);
}
static inline void tide_pg_put_uint8(tide_pg_encoder *encoder, uint8_t value)
{
    encoder->data[encoder->size++] = value;
}
static inline void tide_pg_put_uint16(tide_pg_encoder *encoder, uint16_t value)
{
    uint16_t swapped = htobe16(value);
    memcpy(encoder->data + encoder->size, &swapped, sizeof swapped);
    encoder->size += sizeof swapped;
}
static inline void tide_pg_put_uint32(tide_pg_encoder *encoder, uint32_t value)
{
    uint32_t swapped = htobe32(value);
    memcpy(encoder->data + encoder->size, &swapped, sizeof swapped);
    encoder->size += sizeof swapped;
}
static inline void tide_pg_put_uint64(tide_pg_encoder *encoder, uint64_t value)
{
    uint64_t swapped = htobe64(value);
    memcpy(encoder->data + encoder->size, &swapped, sizeof swapped);
    encoder->size += sizeof swapped;
}
static inline void tide_pg_put_null(tide_pg_encoder *encoder)
{
    tide_pg_put_uint32(encoder, UINT32_MAX);
}
/* Bytes that do not fit beside the room of a row: sent piece by piece, or the buffer grows. */
void tide_pg_put_large(tide_pg_encoder *encoder, const void *bytes, size_t size);

static inline void tide_pg_put_bytes(tide_pg_encoder *encoder, const void *bytes, size_t size)
{
    if (encoder->capacity - encoder->size < size + encoder->row_bytes_max) {
        tide_pg_put_large(encoder, bytes, size);
    } else if (size > 0) {
        memcpy(encoder->data + encoder->size, bytes, size);
        encoder->size += size;
    }
}

#endif

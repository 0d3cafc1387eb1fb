/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/postgres/encoder.h"

#include "base/memory.h"
#include "base/problem.h"

void tide_pg_encoder_init(tide_pg_encoder *encoder)
{
    *encoder = (tide_pg_encoder){0};
}

void tide_pg_encoder_clear(tide_pg_encoder *encoder)
{
    tide_free(encoder->data);
    tide_pg_encoder_init(encoder);
}

static bool grow(tide_pg_encoder *encoder, size_t bytes)
{
    size_t capacity =
        encoder->capacity < TIDE_PG_BUFFER_BYTES ? TIDE_PG_BUFFER_BYTES : encoder->capacity;
    while (capacity - encoder->size < bytes) {
        if (capacity > SIZE_MAX / 4) {
            encoder->memory_failed = true;
            return false;
        }
        capacity *= 2;
    }
    uint8_t *data = tide_resize(encoder->data, capacity);
    if (data == NULL) {
        encoder->memory_failed = true;
        return false;
    }
    encoder->data = data;
    encoder->capacity = capacity;
    return true;
}

/* After a failed send nothing more is sent, but writers may go on writing into the buffer. */
static void flush(tide_pg_encoder *encoder)
{
    if (!encoder->send_failed && encoder->size > 0) {
        encoder->send_failed =
            PQputCopyData(encoder->connection->handle, (const char *)encoder->data,
                          (int)encoder->size) != 1 ||
            !tide_pg_flush(encoder->connection);
    }
    encoder->size = 0;
}

tide_code tide_pg_encoder_begin(tide_pg_encoder *encoder, tide_pg_connection *connection,
                                size_t row_bytes_max, tide_error *err)
{
    encoder->size = 0;
    encoder->connection = connection;
    encoder->row_bytes_max = row_bytes_max;
    encoder->send_failed = false;
    encoder->memory_failed = false;
    size_t bytes =
        2 * row_bytes_max < TIDE_PG_BUFFER_BYTES ? TIDE_PG_BUFFER_BYTES : 2 * row_bytes_max;
    if (encoder->capacity < bytes && !grow(encoder, bytes)) {
        return TIDE_FAIL_MEMORY(err, "a buffer for COPY");
    }
    return TIDE_OK;
}

tide_code tide_pg_encoder_finish(tide_pg_encoder *encoder, tide_error *err)
{
    if (encoder->connection != NULL) {
        flush(encoder);
    }
    if (encoder->memory_failed) {
        return TIDE_FAIL_MEMORY(err, "a buffer for parameters");
    }
    if (encoder->send_failed) {
        return TIDE_FAIL(err, TIDE_E_DATABASE_LOST,
                         "PostgreSQL: the connection was lost during COPY");
    }
    return TIDE_OK;
}

bool tide_pg_encoder_make_room(tide_pg_encoder *encoder, size_t bytes)
{
    if (encoder->connection != NULL) {
        flush(encoder);
        return !encoder->send_failed;
    }
    return !encoder->memory_failed && grow(encoder, bytes);
}

static void put_pieces(tide_pg_encoder *encoder, const uint8_t *bytes, size_t size)
{
    flush(encoder);
    while (size > 0 && !encoder->send_failed) {
        size_t piece = size < encoder->capacity ? size : encoder->capacity;
        memcpy(encoder->data, bytes, piece);
        encoder->size = piece;
        flush(encoder);
        bytes += piece;
        size -= piece;
    }
}

void tide_pg_put_large(tide_pg_encoder *encoder, const void *bytes, size_t size)
{
    if (encoder->connection != NULL) {
        put_pieces(encoder, bytes, size);
        return;
    }
    if (encoder->memory_failed || !grow(encoder, size + encoder->row_bytes_max)) {
        encoder->size = 0; /* keeps the room of a row for the writers that follow */
        return;
    }
    memcpy(encoder->data + encoder->size, bytes, size);
    encoder->size += size;
}

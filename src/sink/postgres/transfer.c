/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/postgres/transfer.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sink/postgres/encoding.h"

/* Errors by which the server says something about itself, not about a row: their SQLSTATE classes.
 * Everything else - data, integrity, row too large, what triggers raise - is about the row. */
static bool is_about_rows(const char *sqlstate)
{
    static const char *const classes[] = {"00", "01", "02", "03", "08", "0A", "0B", "25",
                                          "26", "28", "2D", "34", "3B", "3D", "3F", "40",
                                          "42", "53", "55", "57", "58", "72", "F0", "XX"};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (strncmp(sqlstate, classes[i], 2) == 0) {
            return false;
        }
    }
    return sqlstate[0] != '\0';
}

/* "COPY balances, line 17" or "COPY balances, line 17, column x" in the context. */
static size_t find_line(const char *context)
{
    const char *at = context == NULL ? NULL : strstr(context, "COPY ");
    at = at == NULL ? NULL : strstr(at, ", line ");
    return at == NULL ? 0 : (size_t)strtoull(at + strlen(", line "), NULL, 10);
}

static void copy_field(char *out, size_t capacity, const char *value)
{
    (void)snprintf(out, capacity, "%s", value == NULL ? "" : value);
    for (char *at = out; *at != '\0'; at++) {
        *at = *at == '\n' ? ' ' : *at;
    }
}

tide_code tide_pg_judge(tide_pg_connection *connection, const PGresult *result,
                        tide_pg_refusal *refusal, tide_error *err)
{
    if (tide_pg_succeeded(result)) {
        return TIDE_OK;
    }
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (refusal == NULL || sqlstate == NULL || !tide_pg_is_connected(connection) ||
        !is_about_rows(sqlstate)) {
        return tide_pg_fail(connection, result, err);
    }
    refusal->refused = true;
    refusal->line = find_line(PQresultErrorField(result, PG_DIAG_CONTEXT));
    copy_field(refusal->sqlstate, sizeof refusal->sqlstate, sqlstate);
    copy_field(refusal->column, sizeof refusal->column,
               PQresultErrorField(result, PG_DIAG_COLUMN_NAME));
    copy_field(refusal->message, sizeof refusal->message,
               PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    return TIDE_OK;
}

static void encode_rows(tide_pg_encoder *encoder, const tide_pg_chunk *chunk)
{
    const tide_pg_writer *writers = chunk->layout->writers;
    size_t count = chunk->layout->count;
    for (size_t i = 0; i < chunk->count; i++) {
        if (!tide_pg_encoder_reserve(encoder)) {
            return;
        }
        const tide_column *columns = chunk->rows[i].columns;
        int64_t row = chunk->rows[i].row;
        tide_pg_put_uint16(encoder, (uint16_t)count);
        for (size_t j = 0; j < count; j++) {
            writers[j].write(encoder, &writers[j], &columns[j], row);
        }
    }
}

static bool is_text(const tide_column *column)
{
    return column->type.id == TIDE_TEXT || column->type.id == TIDE_JSON;
}

static void encode_rows_checked(tide_pg_encoder *encoder, const tide_pg_chunk *chunk)
{
    const tide_pg_writer *writers = chunk->layout->writers;
    for (size_t i = 0; i < chunk->count; i++) {
        if (!tide_pg_encoder_reserve(encoder)) {
            return;
        }
        const tide_column *columns = chunk->rows[i].columns;
        int64_t row = chunk->rows[i].row;
        tide_pg_put_uint16(encoder, (uint16_t)chunk->layout->count);
        for (size_t j = 0; j < chunk->layout->count; j++) {
            if (writers[j].fit != NULL && !tide_column_is_null(&columns[j], row) &&
                !writers[j].fit(&writers[j], &columns[j], row)) {
                tide_pg_put_null(encoder);
            } else if (chunk->escaped && is_text(&columns[j]) &&
                       !tide_column_is_null(&columns[j], row)) {
                tide_pg_put_escaped(encoder, tide_column_str(&columns[j], row));
            } else {
                writers[j].write(encoder, &writers[j], &columns[j], row);
            }
        }
    }
}

static tide_code send_copy(tide_pg_connection *connection, tide_pg_encoder *encoder,
                           const tide_pg_chunk *chunk, tide_error *err)
{
    static const char header[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; /* and its own '\0' */
    TIDE_TRY(tide_pg_encoder_begin(encoder, connection, chunk->layout->row_bytes_max, err));
    tide_pg_put_bytes(encoder, header, 19);
    if (chunk->null_misfits) {
        encode_rows_checked(encoder, chunk);
    } else {
        encode_rows(encoder, chunk);
    }
    if (tide_pg_encoder_reserve(encoder)) {
        tide_pg_put_uint16(encoder, UINT16_MAX);
    }
    TIDE_TRY(tide_pg_encoder_finish(encoder, err));
    if (PQputCopyEnd(connection->handle, NULL) != 1 || !tide_pg_flush(connection)) {
        return tide_pg_fail(connection, NULL, err);
    }
    return TIDE_OK;
}

/* The server asked for the rows. After a failure the connection is gone, or (out of memory) the
 * server has been told that the COPY fails, and answers that. */
static tide_code feed_copy(tide_pg_connection *connection, tide_pg_encoder *encoder,
                           const tide_pg_chunk *chunk, tide_error *err)
{
    TIDE_TRY(tide_pg_fault(connection, "postgres.copy.begin", err));
    /* A server that waits for a lock takes no more rows, and must be told if that is to end. */
    if (PQsetnonblocking(connection->handle, 1) != 0) {
        return tide_pg_fail(connection, NULL, err);
    }
    tide_code code = send_copy(connection, encoder, chunk, err);
    if (code == TIDE_OUT_OF_MEMORY) {
        (void)PQputCopyEnd(connection->handle, "out of memory");
        (void)tide_pg_flush(connection);
    }
    if (code == TIDE_OK || code == TIDE_OUT_OF_MEMORY) {
        (void)PQsetnonblocking(connection->handle, 0); /* all is sent, or nothing can be */
    } else { /* a server that ended it may have said why */
        PGresult *result = connection->is_unsound ? NULL : PQgetResult(connection->handle);
        code = tide_pg_fail(connection, result, err);
        PQclear(result);
        tide_pg_disconnect(connection);
    }
    return code;
}

/* Takes all results of a command text, of which one asks for the rows. Of several errors the first
 * is told: that the connection ended after it explains nothing. */
static tide_code take_results(tide_pg_connection *connection, tide_pg_encoder *encoder,
                              const tide_pg_chunk *chunk, int64_t *copied, tide_pg_refusal *refusal,
                              tide_error *err)
{
    tide_code code = TIDE_OK;
    tide_error later;
    tide_error_clear(&later);
    for (;;) {
        tide_code heard = tide_pg_await_answer(connection, code == TIDE_OK ? err : &later);
        if (heard != TIDE_OK) {
            return code == TIDE_OK ? heard : code;
        }
        PGresult *result = PQgetResult(connection->handle);
        if (result == NULL) {
            return code;
        }
        if (PQresultStatus(result) == PGRES_COPY_IN && code != TIDE_OK) {
            tide_pg_disconnect(connection); /* it was not even told that the rows don't come */
        } else if (PQresultStatus(result) == PGRES_COPY_IN) {
            code = feed_copy(connection, encoder, chunk, err);
        } else if (code == TIDE_OK) {
            code = tide_pg_judge(connection, result, refusal, err);
            *copied += strtoll(PQcmdTuples(result), NULL, 10);
        }
        PQclear(result);
        if (!tide_pg_is_connected(connection)) {
            return code == TIDE_OK ? tide_pg_fail(connection, NULL, err) : code;
        }
    }
}

tide_code tide_pg_copy(tide_pg_connection *connection, tide_pg_encoder *encoder, const char *sql,
                       const tide_pg_chunk *chunk, int64_t *copied, tide_pg_refusal *refusal,
                       tide_error *err)
{
    *copied = 0;
    if (refusal != NULL) {
        *refusal = (tide_pg_refusal){0};
    }
    if (!tide_pg_is_connected(connection) || !tide_pg_send(connection, sql)) {
        return tide_pg_fail(connection, NULL, err);
    }
    TIDE_TRY(take_results(connection, encoder, chunk, copied, refusal, err));
    return tide_pg_fault(connection, "postgres.copy.end", err);
}

/* One array: dimensions, a flag, the type, length, lower bound, then the cells as in COPY. */
static void encode_array(tide_pg_encoder *encoder, const tide_pg_chunk *chunk, size_t column)
{
    const tide_pg_writer *writer = &chunk->layout->writers[column];
    if (!tide_pg_encoder_reserve(encoder)) {
        return;
    }
    tide_pg_put_uint32(encoder, 1);
    tide_pg_put_uint32(encoder, 1);
    tide_pg_put_uint32(encoder, writer->array_element);
    tide_pg_put_uint32(encoder, (uint32_t)chunk->count);
    tide_pg_put_uint32(encoder, 1);
    for (size_t i = 0; i < chunk->count; i++) {
        if (!tide_pg_encoder_reserve(encoder)) {
            return;
        }
        writer->write(encoder, writer, &chunk->rows[i].columns[column], chunk->rows[i].row);
    }
}

/* The header of an array, and a cell of the largest bounded type. */
#define ARRAY_ROOM_BYTES 64

typedef struct array_parameters {
    size_t *offsets;     /* owned, count + 1 */
    const char **values; /* owned */
    int *lengths;        /* owned */
    int *formats;        /* owned */
} array_parameters;

static void clear_parameters(array_parameters *parameters)
{
    tide_free(parameters->offsets);
    tide_free(parameters->values);
    tide_free(parameters->lengths);
    tide_free(parameters->formats);
}

static tide_code encode_arrays(tide_pg_encoder *encoder, const tide_pg_chunk *chunk,
                               array_parameters *out, tide_error *err)
{
    size_t count = chunk->layout->count;
    out->offsets = tide_alloc_zero(count + 1, sizeof *out->offsets);
    out->values = tide_alloc_zero(count, sizeof *out->values);
    out->lengths = tide_alloc_zero(count, sizeof *out->lengths);
    out->formats = tide_alloc_zero(count, sizeof *out->formats);
    if (out->offsets == NULL || out->values == NULL || out->lengths == NULL ||
        out->formats == NULL) {
        return TIDE_FAIL_MEMORY(err, "parameters of an upsert");
    }
    TIDE_TRY(tide_pg_encoder_begin(encoder, NULL, ARRAY_ROOM_BYTES, err));
    for (size_t i = 0; i < count; i++) {
        encode_array(encoder, chunk, i);
        out->offsets[i + 1] = encoder->size;
    }
    TIDE_TRY(tide_pg_encoder_finish(encoder, err));
    for (size_t i = 0; i < count; i++) {
        out->values[i] = (const char *)encoder->data + out->offsets[i];
        out->lengths[i] = (int)(out->offsets[i + 1] - out->offsets[i]);
        out->formats[i] = 1;
    }
    return TIDE_OK;
}

tide_code tide_pg_send_arrays(tide_pg_connection *connection, tide_pg_encoder *encoder,
                              const char *sql, const tide_pg_chunk *chunk, int64_t *affected,
                              tide_pg_refusal *refusal, tide_error *err)
{
    if (refusal != NULL) {
        *refusal = (tide_pg_refusal){0};
    }
    if (!tide_pg_is_connected(connection)) {
        return tide_pg_fail(connection, NULL, err);
    }
    array_parameters parameters = {0};
    tide_code code = encode_arrays(encoder, chunk, &parameters, err);
    if (code == TIDE_OK) {
        tide_pg_command command = {.sql = sql,
                                   .count = (int)chunk->layout->count,
                                   .values = parameters.values,
                                   .lengths = parameters.lengths,
                                   .formats = parameters.formats};
        PGresult *result = tide_pg_exec_command(connection, &command);
        if (tide_pg_succeeded(result)) {
            *affected = strtoll(PQcmdTuples(result), NULL, 10);
        } else {
            code = tide_pg_judge(connection, result, refusal, err);
        }
        PQclear(result);
    }
    clear_parameters(&parameters);
    return code;
}

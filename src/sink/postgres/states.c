/* SPDX-License-Identifier: Apache-2.0 */
/* States: upserted with each unit, read by range of hash.
 *
 * Reading goes by pages, each a short transaction of its own: a page is whole in memory before it
 * is given out, so a lost connection costs nothing, no snapshot is held while a partition is
 * processed, and the worker's one connection is free for load in between. A page ends with all rows
 * of its last hash, so the next begins after it. That pages see the table at different times does
 * not matter: the rows of a range are changed by the worker that reads it and nobody else (the
 * lease), and by it only up to where it has read.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/memory.h"
#include "sink/postgres/decoder.h"
#include "sink/postgres/postgres.h"

/* Rows of an upsert, and of pages: these grow while their rows are small. */
#define STATE_ROWS_MAX 4096
#define PAGE_ROWS_MIN 64
#define PAGE_ROWS_MAX 8192

static tide_code check_fits(const tide_pg_sink *sink, tide_row row, tide_error *err)
{
    for (size_t i = 0; i < sink->state.count; i++) {
        const tide_pg_writer *writer = &sink->state.writers[i];
        if (writer->fit != NULL && !tide_column_is_null(&row.columns[i], row.row) &&
            !writer->fit(writer, &row.columns[i], row.row)) {
            return TIDE_FAIL(err, TIDE_BAD_DATA, "state column `%s` can't be stored: %s",
                             sink->target->state->schema.fields[i].name, writer->fit_reason);
        }
    }
    return TIDE_OK;
}

static tide_code send_states(tide_sink_worker *worker, tide_pg_connection *connection,
                             const tide_row *rows, size_t count, tide_error *err)
{
    for (size_t i = 0; i < count; i += STATE_ROWS_MAX) {
        int64_t affected;
        tide_pg_chunk chunk = {
            .rows = rows + i,
            .count = count - i < STATE_ROWS_MAX ? count - i : STATE_ROWS_MAX,
            .layout = &worker->sink->state,
        };
        TIDE_TRY(tide_pg_send_arrays(connection, &worker->encoder, worker->sink->states_sql, &chunk,
                                     &affected, NULL, err));
    }
    return TIDE_OK;
}

tide_code tide_pg_write_states(tide_sink_worker *worker, tide_pg_connection *connection,
                               const tide_batch *states, tide_error *err)
{
    tide_pg_sink *sink = worker->sink;
    int64_t row_count = tide_batch_row_count(states);
    if (row_count == 0 || sink->states_sql == NULL) {
        return TIDE_OK;
    }
    tide_column *columns = tide_alloc_zero(sink->state.count, sizeof *columns);
    tide_row *rows = tide_alloc_zero((size_t)row_count, sizeof *rows);
    tide_code code = TIDE_OK;
    if (columns == NULL || rows == NULL) {
        code = TIDE_FAIL_MEMORY(err, "states of a commit unit");
    } else {
        tide_batch_columns(states, columns);
    }
    for (int64_t i = 0; i < row_count && code == TIDE_OK; i++) {
        rows[i] = (tide_row){columns, i};
        code = check_fits(sink, rows[i], err);
    }
    if (code == TIDE_OK) {
        code = send_states(worker, connection, rows, (size_t)row_count, err);
    }
    tide_free(columns);
    tide_free(rows);
    return code;
}

typedef struct state_stream {
    tide_stream base;             /* first */
    tide_sink_worker *worker;     /* borrowed */
    int64_t next_hash, last_hash; /* as stored */
    int page_rows;
    bool end;
    tide_builder builder;
    tide_batch view;
    uint64_t *hashes; /* owned */
    size_t hash_capacity;
} state_stream;

static tide_code read_page(tide_pg_connection *connection, tide_pg_attempt *attempt, void *argument,
                           tide_error *err)
{
    (void)attempt;
    state_stream *stream = argument;
    const tide_pg_sink *sink = stream->worker->sink;
    const tide_schema *schema = &sink->target->state->schema;
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append(&sql, "SELECT ");
    tide_pg_append_columns(&sql, schema, "");
    tide_text_append_format(&sql,
                            " FROM %s WHERE _hash >= '%" PRId64 "' AND _hash <= '%" PRId64
                            "' ORDER BY _hash FETCH FIRST %d ROWS WITH TIES",
                            sink->names.state, stream->next_hash, stream->last_hash,
                            stream->page_rows);
    if (tide_text_failed(&sql)) {
        return TIDE_FAIL_MEMORY(err, "SQL text");
    }
    tide_builder_reset(&stream->builder);
    tide_pg_command command = {.sql = tide_text_c(&sql), .answers_binary = true};
    PGresult *result = tide_pg_exec_command(connection, &command);
    tide_code code = tide_pg_succeeded(result) ? tide_pg_decode_rows(result, &stream->builder, err)
                                               : tide_pg_fail(connection, result, err);
    PQclear(result);
    tide_text_clear(&sql);
    return code;
}

/* Where the next page begins, and how many rows it may have. */
static void move_on(state_stream *stream, int64_t last_stored, int64_t row_count)
{
    stream->end = row_count < stream->page_rows || last_stored == stream->last_hash;
    if (!stream->end) {
        stream->next_hash = last_stored + 1;
    }
    size_t bytes = tide_builder_bytes(&stream->builder);
    size_t batch_bytes = stream->worker->sink->target->batch_bytes;
    size_t aim = batch_bytes > 0 ? batch_bytes : TIDE_BATCH_BYTES_MAX;
    if (bytes < aim / 4 && stream->page_rows < PAGE_ROWS_MAX) {
        stream->page_rows *= 4;
        if (stream->page_rows > PAGE_ROWS_MAX) {
            stream->page_rows = PAGE_ROWS_MAX;
        }
    } else if (bytes > aim && stream->page_rows > PAGE_ROWS_MIN) {
        stream->page_rows /= 4;
        if (stream->page_rows < PAGE_ROWS_MIN) {
            stream->page_rows = PAGE_ROWS_MIN;
        }
    }
}

static tide_code fill_hashes(state_stream *stream, int64_t row_count, tide_error *err)
{
    const tide_state_layout *layout = stream->worker->sink->target->state;
    TIDE_TRY(tide_grow((void **)&stream->hashes, &stream->hash_capacity, (size_t)row_count,
                       sizeof *stream->hashes, err));
    const tide_column_builder *column = &stream->builder.columns[layout->hash_column];
    int64_t stored = 0;
    for (int64_t i = 0; i < row_count; i++) {
        memcpy(&stored, column->data + 8 * i, sizeof stored);
        stream->hashes[i] = tide_state_hash_decode(stored);
    }
    move_on(stream, stored, row_count);
    return TIDE_OK;
}

static tide_code next_states(tide_stream *base, tide_batch *out, const uint64_t **hashes,
                             tide_error *err)
{
    state_stream *stream = (state_stream *)base;
    tide_batch_init(out);
    out->schema = stream->builder.schema;
    *hashes = NULL;
    if (stream->end) {
        return TIDE_OK;
    }
    tide_sink_worker *worker = stream->worker;
    tide_batch_clear(&stream->view);
    TIDE_TRY(tide_pg_retry_work(&worker->sink->retry, &worker->connection, read_page, stream, err));
    int64_t row_count = stream->builder.row_count;
    if (row_count == 0) {
        stream->end = true;
        return TIDE_OK;
    }
    TIDE_TRY(fill_hashes(stream, row_count, err));
    TIDE_TRY(tide_builder_view(&stream->builder, &stream->view, err));
    *out = stream->view; /* lent: the stream releases it */
    *hashes = stream->hashes;
    return TIDE_OK;
}

static void close_states(tide_stream *base)
{
    state_stream *stream = (state_stream *)base;
    tide_batch_clear(&stream->view);
    tide_builder_clear(&stream->builder);
    tide_free(stream->hashes);
    tide_free(stream);
}

static const tide_stream_vtable stream_vtable = {.next = next_states, .close = close_states};

tide_code tide_pg_sink_read_states(tide_sink_worker *worker, tide_hash_range range,
                                   tide_stream **stream, tide_error *err)
{
    const tide_pg_sink *sink = worker->sink;
    state_stream *made = tide_alloc_zero(1, sizeof *made);
    if (made == NULL) {
        return TIDE_FAIL_MEMORY(err, "a stream of states");
    }
    made->base.vtable = &stream_vtable;
    made->worker = worker;
    made->next_hash = tide_state_hash_encode(range.first);
    made->last_hash = tide_state_hash_encode(range.last);
    made->page_rows = PAGE_ROWS_MIN;
    made->end = sink->target->state == NULL || sink->target->mode == TIDE_REPLACE;
    tide_batch_init(&made->view);
    if (sink->target->state != NULL) {
        tide_code code = tide_builder_init(&made->builder, &sink->target->state->schema, err);
        if (code != TIDE_OK) {
            tide_free(made);
            return code;
        }
    }
    *stream = &made->base;
    return TIDE_OK;
}

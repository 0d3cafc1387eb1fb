/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/memory.h"
#include "sink/store/sql.h"
#include "sink/store/state_table.h"

typedef struct state_stream {
    tide_stream base;
    const tide_state_layout *layout;
    tide_db *db;
    sqlite3_stmt *statement; /* owned; NULL: no rows, or the end was reached */
    tide_stored_read *reads; /* owned, one per column */
    tide_builder builder;
    tide_batch view;  /* of the builder */
    uint64_t *hashes; /* owned, TIDE_BATCH_ROWS_MAX */
    size_t batch_bytes;
    bool is_filled; /* opening has read the first batch */
} state_stream;

static tide_code read_row(state_stream *stream, tide_error *err)
{
    tide_builder *builder = &stream->builder;
    size_t column_count = stream->layout->schema.field_count;
    for (size_t i = 0; i < column_count; i++) {
        TIDE_TRY(stream->reads[i](stream->statement, (int)i, &builder->columns[i], err));
    }
    int64_t stored = sqlite3_column_int64(stream->statement, (int)stream->layout->hash_column);
    stream->hashes[builder->row_count] = tide_state_hash_decode(stored);
    tide_builder_end_row(builder);
    return TIDE_OK;
}

static tide_code fill(state_stream *stream, tide_error *err)
{
    while (stream->statement != NULL && stream->builder.row_count < TIDE_BATCH_ROWS_MAX &&
           tide_builder_bytes(&stream->builder) < stream->batch_bytes) {
        bool has_row;
        TIDE_TRY(tide_db_step(stream->db, stream->statement, &has_row, "reading states", err));
        if (!has_row) {
            (void)sqlite3_finalize(stream->statement);
            stream->statement = NULL;
            return TIDE_OK;
        }
        TIDE_TRY(read_row(stream, err));
    }
    return TIDE_OK;
}

static tide_code next(tide_stream *base, tide_batch *out, const uint64_t **hashes, tide_error *err)
{
    state_stream *stream = (state_stream *)base;
    tide_batch_clear(&stream->view);
    if (!stream->is_filled) {
        tide_builder_reset(&stream->builder);
        TIDE_TRY(fill(stream, err));
    }
    stream->is_filled = false;
    TIDE_TRY(tide_builder_view(&stream->builder, &stream->view, err));
    *out = stream->view; /* borrowed */
    if (hashes != NULL) {
        *hashes = stream->hashes;
    }
    return TIDE_OK;
}

static void close_stream(tide_stream *base)
{
    state_stream *stream = (state_stream *)base;
    (void)sqlite3_finalize(stream->statement);
    tide_batch_clear(&stream->view);
    tide_builder_clear(&stream->builder);
    tide_free(stream->reads);
    tide_free(stream->hashes);
    tide_free(stream);
}

static const tide_stream_vtable stream_vtable = {.next = next, .close = close_stream};

static tide_code create(const tide_state_layout *layout, state_stream **out, tide_error *err)
{
    state_stream *stream = tide_alloc_zero(1, sizeof *stream);
    if (stream == NULL) {
        return TIDE_FAIL_MEMORY(err, "a stream of states");
    }
    stream->base.vtable = &stream_vtable;
    stream->layout = layout;
    tide_batch_init(&stream->view);
    stream->hashes = tide_alloc(TIDE_BATCH_ROWS_MAX * sizeof *stream->hashes);
    stream->reads = tide_alloc_zero(layout->schema.field_count, sizeof *stream->reads);
    tide_code code = tide_builder_init(&stream->builder, &layout->schema, err);
    if (code == TIDE_OK && (stream->hashes == NULL || stream->reads == NULL)) {
        code = TIDE_FAIL_MEMORY(err, "a stream of states");
    }
    if (code != TIDE_OK) {
        close_stream(&stream->base);
        return code;
    }
    for (size_t i = 0; i < layout->schema.field_count; i++) {
        stream->reads[i] = tide_stored_read_for(layout->schema.fields[i].type);
    }
    *out = stream;
    return TIDE_OK;
}

tide_code tide_state_table_read_none(const tide_state_layout *layout, tide_stream **stream,
                                     tide_error *err)
{
    state_stream *made = NULL;
    TIDE_TRY(create(layout, &made, err));
    *stream = &made->base;
    return TIDE_OK;
}

static void append_select(tide_text *sql, const char *table, const tide_state_layout *layout)
{
    const tide_field *hash = &layout->schema.fields[layout->hash_column];
    tide_text_append(sql, "SELECT ");
    tide_sql_append_names(sql, &layout->schema, "");
    tide_text_append(sql, " FROM ");
    tide_sql_append_name(sql, table);
    tide_text_append(sql, " WHERE ");
    tide_sql_append_name(sql, hash->name);
    tide_text_append(sql, " BETWEEN ?1 AND ?2 ORDER BY ");
    tide_sql_append_name(sql, hash->name);
    for (size_t i = 0; i < layout->series_count; i++) {
        tide_text_append(sql, ", ");
        tide_sql_append_name(sql, layout->schema.fields[layout->series_begin + i].name);
    }
}

tide_code tide_state_table_read(tide_db *db, const char *table, const tide_state_layout *layout,
                                tide_hash_range range, tide_stream **stream, tide_error *err)
{
    state_stream *made = NULL;
    TIDE_TRY(create(layout, &made, err));
    made->batch_bytes = TIDE_BATCH_BYTES_MAX;
    made->db = db;
    if (db->options.batch_bytes > 0) {
        made->batch_bytes = db->options.batch_bytes;
    }
    tide_text sql;
    tide_text_init(&sql);
    append_select(&sql, table, layout);
    tide_code code = tide_db_prepare_text(db, &sql, &made->statement, err);
    if (code == TIDE_OK) {
        (void)sqlite3_bind_int64(made->statement, 1, tide_state_hash_encode(range.first));
        (void)sqlite3_bind_int64(made->statement, 2, tide_state_hash_encode(range.last));
        code = fill(made, err); /* the first step takes the snapshot */
        made->is_filled = true;
    }
    if (code != TIDE_OK) {
        close_stream(&made->base);
        return code;
    }
    *stream = &made->base;
    return TIDE_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a unit by chunks, each a savepoint; what the server refuses is found by bisecting. */
#include "sink/postgres/bisect.h"
#include "sink/postgres/postgres.h"

/* Rows of a chunk of COPY: many, since a chunk costs a round trip; and of arrays: few, since the
 * server holds them in memory. */
#define COPY_ROWS_MAX 32768
#define ARRAY_ROWS_MAX 8192
#define CHUNK_BYTES_MAX (16u << 20)
/* Refusals that are gathered beyond the limit before the unit is given up, so that the operator
 * sees more than one. */
#define REFUSALS_BEYOND_LIMIT 99

static tide_code try_copy(tide_sink_worker *worker, tide_pg_connection *connection,
                          const tide_pg_chunk *chunk, int64_t *loaded, tide_pg_refusal *refusal,
                          tide_error *err)
{
    return tide_pg_copy(connection, &worker->encoder, worker->sink->rows_sql, chunk, loaded,
                        refusal, err);
}

/* The array form takes parameters, so it can't share a text with the savepoint. */
static tide_code try_merge(tide_sink_worker *worker, tide_pg_connection *connection,
                           const tide_pg_chunk *chunk, int64_t *loaded, tide_pg_refusal *refusal,
                           tide_error *err)
{
    TIDE_TRY(tide_pg_run(connection, "SAVEPOINT tide_chunk", err));
    TIDE_TRY(tide_pg_send_arrays(connection, &worker->encoder, worker->sink->rows_sql, chunk,
                                 loaded, refusal, err));
    if (refusal->refused) {
        return TIDE_OK;
    }
    PGresult *result =
        tide_pg_exec(connection, "SET CONSTRAINTS ALL IMMEDIATE; RELEASE SAVEPOINT tide_chunk");
    tide_code code = tide_pg_judge(connection, result, refusal, err);
    PQclear(result);
    return code;
}

typedef struct chunk_work {
    tide_sink_worker *worker;
    tide_pg_connection *connection;
    tide_pg_loading *loading;
} chunk_work;

static tide_code try_chunk(void *context, size_t begin, size_t end, tide_pg_refusal *refusal,
                           tide_error *err)
{
    chunk_work *work = context;
    const tide_pg_sink *sink = work->worker->sink;
    tide_pg_chunk chunk = {
        .rows = work->loading->rows->rows + begin,
        .count = end - begin,
        .layout = &sink->output,
    };
    int64_t loaded = 0;
    if (sink->target->cancel != NULL && tide_cancel_get(sink->target->cancel) == TIDE_STOP_NOW) {
        return tide_cancel_check(sink->target->cancel, err);
    }
    TIDE_TRY(tide_pg_sink_is_keyed(sink)
                 ? try_merge(work->worker, work->connection, &chunk, &loaded, refusal, err)
                 : try_copy(work->worker, work->connection, &chunk, &loaded, refusal, err));
    if (!refusal->refused) {
        work->loading->loaded += loaded;
        work->loading->superseded += (int64_t)chunk.count - loaded;
        return TIDE_OK;
    }
    return tide_pg_run(work->connection,
                       "ROLLBACK TO SAVEPOINT tide_chunk; RELEASE SAVEPOINT tide_chunk", err);
}

/* A chunk ends with the row that takes it over the bytes. */
static size_t end_of_chunk(void *context, size_t begin, size_t end)
{
    const tide_pg_rows *rows = ((chunk_work *)context)->loading->rows;
    size_t bytes = 0;
    if (rows->bytes <= CHUNK_BYTES_MAX) {
        return end;
    }
    for (size_t i = begin; i < end; i++) {
        bytes += tide_pg_row_bytes(rows->schema, rows->rows[i]);
        if (bytes > CHUNK_BYTES_MAX) {
            return i + 1;
        }
    }
    return end;
}

static tide_code refuse_row(void *context, size_t index, const tide_pg_refusal *refusal,
                            tide_error *err)
{
    chunk_work *work = context;
    tide_pg_loading *loading = work->loading;
    TIDE_TRY(tide_pg_rows_refuse(loading->rows, index,
                                 refusal->column[0] == '\0' ? NULL : refusal->column,
                                 refusal->message, refusal->sqlstate, &loading->refused, err));
    int64_t refused = (int64_t)(loading->refused.count + loading->rows->refused.count);
    if (refused > work->worker->sink->target->max_rejects + REFUSALS_BEYOND_LIMIT) {
        return TIDE_FAIL(err, TIDE_OVER_REJECTS, "too many rows are refused");
    }
    return TIDE_OK;
}

tide_code tide_pg_load_rows(tide_sink_worker *worker, tide_pg_connection *connection,
                            tide_pg_loading *loading, tide_error *err)
{
    chunk_work work = {worker, connection, loading};
    tide_pg_bisect bisect = {
        .count = loading->rows->count,
        .range_max = tide_pg_sink_is_keyed(worker->sink) ? ARRAY_ROWS_MAX : COPY_ROWS_MAX,
        .context = &work,
        .end_of = end_of_chunk,
        .try_range = try_chunk,
        .refuse = refuse_row,
    };
    return tide_pg_bisect_run(&bisect, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Late rows on their way: by COPY, in the unit's transaction. A value that the server can't hold is
 * null. What a database of another encoding refuses, for a character that it has not got, goes
 * there with escapes: a late row is no reject, since it must not be loaded into the output. */
#include "base/memory.h"
#include "base/problem.h"
#include "sink/postgres/bisect.h"
#include "sink/postgres/postgres.h"

#define UNTRANSLATABLE_CHARACTER "22P05"
#define RANGE_ROWS_MAX 8192

typedef struct late_write {
    tide_sink_worker *worker;
    tide_column *columns; /* owned, of the batch */
    tide_row *rows;       /* owned */
} late_write;

static tide_code copy(late_write *write, size_t begin, size_t count, bool escaped,
                      tide_pg_refusal *refusal, tide_error *err)
{
    tide_sink_worker *worker = write->worker;
    int64_t copied;
    tide_pg_chunk chunk = {.rows = write->rows + begin,
                           .count = count,
                           .layout = &worker->sink->late,
                           .null_misfits = true,
                           .escaped = escaped};
    return tide_pg_copy(&worker->connection, &worker->encoder, worker->sink->late_sql, &chunk,
                        &copied, refusal, err);
}

static tide_code try_range(void *context, size_t begin, size_t end, tide_pg_refusal *refusal,
                           tide_error *err)
{
    late_write *write = context;
    tide_pg_connection *connection = &write->worker->connection;
    TIDE_TRY(tide_pg_run(connection, "SAVEPOINT tide_late", err));
    TIDE_TRY(copy(write, begin, end - begin, false, refusal, err));
    return tide_pg_run(connection,
                       refusal->refused
                           ? "ROLLBACK TO SAVEPOINT tide_late; RELEASE SAVEPOINT tide_late"
                           : "RELEASE SAVEPOINT tide_late",
                       err);
}

static tide_code escape_row(void *context, size_t index, const tide_pg_refusal *refusal,
                            tide_error *err)
{
    if (strcmp(refusal->sqlstate, UNTRANSLATABLE_CHARACTER) != 0) {
        return TIDE_FAIL(err, TIDE_E_DATABASE, "PostgreSQL refuses a late row: %s [%s]",
                         refusal->message, refusal->sqlstate);
    }
    return copy(context, index, 1, true, NULL, err);
}

static tide_code write_rows(late_write *write, size_t row_count, tide_error *err)
{
    if (write->worker->sink->takes_every_character) {
        return copy(write, 0, row_count, false, NULL, err);
    }
    tide_pg_bisect bisect = {.count = row_count,
                             .range_max = RANGE_ROWS_MAX,
                             .context = write,
                             .try_range = try_range,
                             .refuse = escape_row};
    return tide_pg_bisect_run(&bisect, err);
}

/* A tide_visit_batch. */
static tide_code write_batch(void *context, const tide_batch *batch, tide_error *err)
{
    late_write write = {.worker = context};
    size_t row_count = (size_t)tide_batch_row_count(batch);
    write.columns = tide_alloc_zero(write.worker->sink->late.count, sizeof *write.columns);
    write.rows = tide_alloc_zero(row_count, sizeof *write.rows);
    tide_code code = TIDE_OK;
    if (write.columns == NULL || write.rows == NULL) {
        code = TIDE_FAIL_MEMORY(err, "late rows");
    } else {
        tide_batch_columns(batch, write.columns);
        for (size_t i = 0; i < row_count; i++) {
            write.rows[i] = (tide_row){write.columns, (int64_t)i};
        }
        code = write_rows(&write, row_count, err);
    }
    tide_free(write.columns);
    tide_free(write.rows);
    return code;
}

tide_code tide_pg_write_late(tide_sink_worker *worker, const tide_unit *unit, tide_error *err)
{
    return worker->sink->late_sql == NULL
               ? TIDE_OK
               : tide_unit_visit_late_rows(unit, write_batch, worker, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Moving the staged rows into a table that exists, with what that table alone can refuse: foreign
 * keys, triggers, rows that are there already. What its triggers or rules pass over is counted, so
 * that nobody takes it for loaded.
 *
 * All rows go at once. Only when they are refused are they numbered, in the staging table, and the
 * bad ones found by bisecting. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sink/postgres/bisect.h"
#include "sink/postgres/postgres.h"

#define ROW_COLUMN "_tidemill_row"

typedef struct row_move {
    tide_pg_sink *sink;
    tide_pg_connection *connection;
    tide_reject_list *refused;
    size_t moved;
} row_move;

/* *affected: rows that the last command has changed. */
static tide_code execute(row_move *move, const char *sql, size_t *affected,
                         tide_pg_refusal *refusal, tide_error *err)
{
    PGresult *result = tide_pg_exec(move->connection, sql);
    tide_code code = tide_pg_judge(move->connection, result, refusal, err);
    *affected = strtoull(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return code;
}

/* The rows of [begin, end), or all when end is 0. */
static tide_code insert_range(row_move *move, size_t begin, size_t end, tide_pg_refusal *refusal,
                              tide_error *err)
{
    const tide_pg_names *names = &move->sink->names;
    size_t inserted = 0;
    size_t none;
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append_format(&sql,
                            "SAVEPOINT tide_move; INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE "
                            "SELECT %s FROM %s",
                            names->target, names->columns, names->columns, names->staging);
    if (end > 0) {
        tide_text_append_format(&sql, " WHERE " ROW_COLUMN " BETWEEN %zu AND %zu", begin + 1, end);
    }
    tide_code code = tide_text_failed(&sql)
                         ? TIDE_FAIL_MEMORY(err, "SQL text")
                         : execute(move, tide_text_c(&sql), &inserted, refusal, err);
    tide_text_clear(&sql);
    if (code != TIDE_OK || (refusal != NULL && refusal->refused)) {
        return code;
    }
    TIDE_TRY(execute(move, "SET CONSTRAINTS ALL IMMEDIATE; RELEASE SAVEPOINT tide_move", &none,
                     refusal, err));
    move->moved += refusal != NULL && refusal->refused ? 0 : inserted;
    return TIDE_OK;
}

static tide_code take_back(row_move *move, tide_error *err)
{
    return tide_pg_run(move->connection,
                       "ROLLBACK TO SAVEPOINT tide_move; RELEASE SAVEPOINT tide_move", err);
}

static tide_code try_range(void *context, size_t begin, size_t end, tide_pg_refusal *refusal,
                           tide_error *err)
{
    row_move *move = context;
    TIDE_TRY(insert_range(move, begin, end, refusal, err));
    return refusal->refused ? take_back(move, err) : TIDE_OK;
}

static tide_code refuse_row(void *context, size_t index, const tide_pg_refusal *refusal,
                            tide_error *err)
{
    row_move *move = context;
    const tide_pg_names *names = &move->sink->names;
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append_format(&sql,
                            "SELECT " TIDE_PG_POSITION_COLUMN
                            ", (SELECT row_to_json(r) FROM (SELECT %s) AS r)::text "
                            "FROM %s WHERE " ROW_COLUMN " = %zu",
                            names->columns, names->staging, index + 1);
    PGresult *result = NULL;
    tide_code code = tide_text_failed(&sql) ? TIDE_FAIL_MEMORY(err, "SQL text")
                                            : tide_pg_query(move->connection, tide_text_c(&sql),
                                                            NULL, 0, &result, err);
    tide_text_clear(&sql);
    TIDE_TRY(code);
    if (PQntuples(result) > 0) {
        tide_reject reject = {
            .stage = "load",
            .position = PQgetvalue(result, 0, 0),
            .column = refusal->column[0] == '\0' ? NULL : refusal->column,
            .reason = refusal->message,
            .sqlstate = refusal->sqlstate,
            .values = PQgetvalue(result, 0, 1),
        };
        code = tide_reject_list_add(move->refused, &reject, err);
    }
    PQclear(result);
    return code;
}

static tide_code count_rows(row_move *move, size_t *count, tide_error *err)
{
    char sql[512];
    char *answer;
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", move->sink->names.staging);
    TIDE_TRY(tide_pg_ask(move->connection, sql, NULL, 0, &answer, err));
    *count = answer == NULL ? 0 : strtoull(answer, NULL, 10);
    tide_free(answer);
    return TIDE_OK;
}

/* And has what is refused printed so that it can be read back, however the session prints. */
static tide_code number_rows(row_move *move, tide_error *err)
{
    const char *staging = move->sink->names.staging;
    char sql[512];
    TIDE_TRY(tide_pg_run(move->connection,
                         "SET LOCAL bytea_output TO hex; SET LOCAL extra_float_digits TO 1", err));
    (void)snprintf(sql, sizeof sql,
                   "ALTER TABLE %s ADD COLUMN " ROW_COLUMN " bigint GENERATED ALWAYS AS IDENTITY",
                   staging);
    TIDE_TRY(tide_pg_run(move->connection, sql, err));
    (void)snprintf(sql, sizeof sql, "CREATE INDEX ON %s (" ROW_COLUMN ")", staging);
    return tide_pg_run(move->connection, sql, err);
}

static tide_code bisect_rows(row_move *move, size_t count, tide_error *err)
{
    tide_pg_bisect bisect = {.count = count,
                             .range_max = SIZE_MAX / 2,
                             .context = move,
                             .try_range = try_range,
                             .refuse = refuse_row};
    TIDE_TRY(number_rows(move, err));
    return tide_pg_bisect_run(&bisect, err);
}

tide_code tide_pg_move_rows(tide_pg_sink *sink, tide_pg_connection *connection,
                            tide_reject_list *refused, int64_t *skipped, tide_error *err)
{
    row_move move = {.sink = sink, .connection = connection, .refused = refused};
    tide_pg_refusal refusal = {0};
    size_t count;
    tide_code code = insert_range(&move, 0, 0, sink->keeps_positions ? &refusal : NULL, err);
    if (code != TIDE_OK) {
        return tide_error_context(err, "moving the staged rows into %s", sink->names.target);
    }
    if (!sink->keeps_positions) {
        return TIDE_OK;
    }
    TIDE_TRY(refusal.refused ? take_back(&move, err) : TIDE_OK);
    TIDE_TRY(count_rows(&move, &count, err));
    TIDE_TRY(refusal.refused ? bisect_rows(&move, count, err) : TIDE_OK);
    *skipped = (int64_t)(count - refused->count - move.moved);
    return TIDE_OK;
}

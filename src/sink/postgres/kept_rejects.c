/* SPDX-License-Identifier: Apache-2.0 */
/* Rejects that are in the table: read back, and dropped when they are nobody's any more. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sink/postgres/postgres.h"

/* Rows that a cursor gives at a time: they may be long. */
#define FETCH_SQL "FETCH 500 FROM tide_rejects"

enum { STAGE, POSITION, STEP, COLUMN, SQLSTATE, REASON, VALUES, RUN, UNDONE };

static const char *text_or_null(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column) != 0 ? NULL : PQgetvalue(result, row, column);
}

static tide_code visit_row(const PGresult *result, int row, tide_reject_visitor visit,
                           void *context, tide_error *err)
{
    tide_kept_reject kept = {
        .reject = {.stage = PQgetvalue(result, row, STAGE),
                   .position = PQgetvalue(result, row, POSITION),
                   .step = text_or_null(result, row, STEP),
                   .column = text_or_null(result, row, COLUMN),
                   .sqlstate = text_or_null(result, row, SQLSTATE),
                   .reason = PQgetvalue(result, row, REASON),
                   .values = PQgetvalue(result, row, VALUES)},
        .run = strtoll(PQgetvalue(result, row, RUN), NULL, 10),
        .undone = PQgetvalue(result, row, UNDONE)[0] == 't',
    };
    return visit(context, &kept, err);
}

static tide_code visit_rows(tide_pg_sink *sink, tide_reject_visitor visit, void *context,
                            tide_error *err)
{
    for (;;) {
        PGresult *result;
        TIDE_TRY(tide_pg_query(&sink->control, FETCH_SQL, NULL, 0, &result, err));
        int count = PQntuples(result);
        tide_code code = TIDE_OK;
        for (int i = 0; i < count && code == TIDE_OK; i++) {
            code = visit_row(result, i, visit, context, err);
        }
        PQclear(result);
        if (code != TIDE_OK || count == 0) {
            return code;
        }
    }
}

/* The number at a position's end counts as one, so that "S/2024-01-01/10" comes after ".../9". */
static tide_code open_cursor(tide_pg_sink *sink, const tide_reject_query *query, bool grown,
                             tide_error *err)
{
    char sql[1024];
    char since[24];
    (void)snprintf(since, sizeof since, "%" PRId64, query->since_run);
    (void)snprintf(
        sql, sizeof sql,
        "DECLARE tide_rejects NO SCROLL CURSOR FOR SELECT stage, \"position\", step, "
        "column_name, sqlstate, reason, row_values, coalesce(run, 0), undone FROM "
        "(SELECT *%s FROM %s) r WHERE pipeline = $1 AND ($2::text IS NULL OR stage = $2) "
        "AND ($3::bigint = 0 OR run >= $3::bigint) AND ($4::boolean IS FALSE OR NOT "
        "undone) ORDER BY stage COLLATE \"C\", rtrim(\"position\", '0123456789') "
        "COLLATE \"C\", nullif(substr(\"position\", length(rtrim(\"position\", "
        "'0123456789')) + 1), '')::numeric NULLS FIRST, \"position\" COLLATE \"C\"",
        grown ? "" : ", NULL::bigint AS run, false AS undone", sink->names.rejects);
    const char *parameters[] = {sink->target->pipeline, query->stage, since,
                                query->committed ? "true" : "false"};
    TIDE_TRY(tide_pg_run(&sink->control, "BEGIN READ ONLY", err));
    return tide_pg_change(&sink->control, sql, parameters, 4, NULL, err);
}

static tide_code is_grown(tide_pg_sink *sink, bool *grown, tide_error *err)
{
    char *found;
    TIDE_TRY(tide_pg_ask(&sink->control,
                         "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass($1) "
                         "AND attname = 'undone' AND NOT attisdropped",
                         &sink->names.rejects, 1, &found, err));
    *grown = found != NULL;
    tide_free(found);
    return TIDE_OK;
}

tide_code tide_pg_sink_read_rejects(tide_sink *base, const tide_reject_query *query,
                                    tide_reject_visitor visit, void *context, tide_error *err)
{
    tide_pg_sink *sink = (tide_pg_sink *)base;
    bool exists;
    bool grown = false;
    TIDE_TRY(tide_pg_sink_connect(sink, err));
    TIDE_TRY(tide_pg_finally(
        tide_pg_table_exists(&sink->control, sink->names.rejects, &exists, err), err));
    if (!exists) {
        return TIDE_OK;
    }
    tide_code code = is_grown(sink, &grown, err);
    if (code == TIDE_OK) {
        code = open_cursor(sink, query, grown, err);
    }
    if (code == TIDE_OK) {
        code = visit_rows(sink, visit, context, err);
    }
    tide_pg_roll_back(&sink->control);
    return tide_pg_finally(code, err);
}

tide_code tide_pg_drop_undone_rejects(const tide_pg_sink *sink, tide_pg_connection *connection,
                                      tide_error *err)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql, "DELETE FROM %s WHERE pipeline = $1 AND undone",
                   sink->names.rejects);
    return tide_pg_change(connection, sql, &sink->target->pipeline, 1, NULL, err);
}

tide_code tide_pg_drop_staged_rejects(const tide_pg_sink *sink, tide_pg_connection *connection,
                                      tide_error *err)
{
    char sql[1024];
    (void)snprintf(sql, sizeof sql,
                   "DELETE FROM %s WHERE pipeline = $1 AND stage = 'load' AND "
                   "\"position\" ~ '" TIDE_PG_NUMBERED_PATTERN
                   "' AND run IN (SELECT run FROM %s "
                   "WHERE pipeline = $1 AND status NOT IN ('complete', 'retried', 'rewound'))",
                   sink->names.rejects, sink->names.runs);
    return tide_pg_change(connection, sql, &sink->target->pipeline, 1, NULL, err);
}

tide_code tide_pg_drop_replaced_rejects(const tide_pg_sink *sink, tide_pg_connection *connection,
                                        tide_error *err)
{
    char sql[512];
    char run[24];
    (void)snprintf(run, sizeof run, "%" PRId64, sink->run);
    const char *parameters[] = {sink->target->pipeline, run};
    (void)snprintf(sql, sizeof sql,
                   "DELETE FROM %s WHERE pipeline = $1 AND run IS DISTINCT FROM $2::bigint",
                   sink->names.rejects);
    return tide_pg_change(connection, sql, parameters, 2, NULL, err);
}

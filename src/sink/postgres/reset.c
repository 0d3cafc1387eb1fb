/* SPDX-License-Identifier: Apache-2.0 */
/* Starting over, and accepting a table as it is. Both take the lease first, so that no run is under
 * way, and give it back when the sink is closed. */
#include <stdio.h>

#include "base/memory.h"
#include "sink/postgres/postgres.h"

static tide_code empty_table(tide_pg_connection *connection, const char *quoted, tide_error *err)
{
    bool exists = false;
    if (quoted != NULL) {
        TIDE_TRY(tide_pg_table_exists(connection, quoted, &exists, err));
    }
    if (!exists) {
        return TIDE_OK;
    }
    char sql[512];
    (void)snprintf(sql, sizeof sql, "TRUNCATE %s", quoted);
    return tide_pg_run(connection, sql, err);
}

static tide_code drop_table(tide_pg_connection *connection, const char *quoted, tide_error *err)
{
    if (quoted == NULL) {
        return TIDE_OK;
    }
    char sql[512];
    (void)snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS %s", quoted);
    return tide_pg_run(connection, sql, err);
}

static tide_code forget_rows(tide_pg_sink *sink, tide_pg_connection *connection, const char *quoted,
                             tide_error *err)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql, "DELETE FROM %s WHERE pipeline = $1", quoted);
    return tide_pg_change(connection, sql, &sink->target->pipeline, 1, NULL, err);
}

/* The first four as tide_pg_is_natural reads them. */
enum { NAME, PRINTED, TYPE, MODIFIER, IN_KEY };

static const char state_columns_sql[] =
    "SELECT a.attname, NULL, a.atttypid, a.atttypmod, EXISTS (SELECT FROM pg_index i "
    "WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey)) "
    "FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 "
    "AND NOT a.attisdropped";

static bool is_state_column(const tide_state_layout *state, const PGresult *result, int row)
{
    size_t field = tide_schema_find(&state->schema, PQgetvalue(result, row, NAME));
    if (field == TIDE_NO_FIELD ||
        !tide_pg_is_natural(state->schema.fields[field].type, result, row)) {
        return false;
    }
    bool in_key =
        field == state->hash_column ||
        (field >= state->series_begin && field < state->series_begin + state->series_count);
    return in_key == (PQgetvalue(result, row, IN_KEY)[0] == 't');
}

/* Is the table of states as the pipeline of now would make it? */
static tide_code fits_state(const tide_pg_sink *sink, tide_pg_connection *connection, bool *fits,
                            tide_error *err)
{
    const tide_state_layout *state = sink->target->state;
    PGresult *result;
    TIDE_TRY(tide_pg_query(connection, state_columns_sql, &sink->names.state, 1, &result, err));
    *fits = (size_t)PQntuples(result) == state->schema.field_count;
    for (int row = 0; row < PQntuples(result) && *fits; row++) {
        *fits = is_state_column(state, result, row);
    }
    PQclear(result);
    return TIDE_OK;
}

/* One that fits is emptied: what a user has granted on it, or looks at it by, stays. */
static tide_code reset_state(const tide_pg_sink *sink, tide_pg_connection *connection,
                             tide_error *err)
{
    bool fits = false;
    if (sink->target->state != NULL) {
        TIDE_TRY(fits_state(sink, connection, &fits, err));
    }
    return fits ? empty_table(connection, sink->names.state, err)
                : drop_table(connection, sink->names.state, err);
}

/* Rows of other merges are gone, too, and what those have read is not read again: for them the
 * table is another one, of which their next run tells. */
static tide_code tell_others(const tide_pg_sink *sink, tide_pg_connection *connection,
                             tide_error *err)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "UPDATE %s SET table_oid = NULL WHERE table_oid = to_regclass($1)::oid "
                   "AND pipeline <> $2",
                   sink->names.pipelines);
    const char *parameters[] = {sink->names.target, sink->target->pipeline};
    return tide_pg_change(connection, sql, parameters, 2, NULL, err);
}

/* Who has no series keeps no late rows: a table of that name is somebody else's, unless the
 * pipeline had a series when it was last run. */
static tide_code empty_late(const tide_pg_sink *sink, tide_pg_connection *connection,
                            tide_error *err)
{
    char sql[512];
    char *found;
    (void)snprintf(sql, sizeof sql,
                   "SELECT 1 FROM %s WHERE pipeline = $1 AND "
                   "strpos(fingerprint_text, E'\\nseries: \"') > 0",
                   sink->names.pipelines);
    TIDE_TRY(tide_pg_ask(connection, sql, &sink->target->pipeline, 1, &found, err));
    bool has_late = sink->target->state != NULL || found != NULL;
    tide_free(found);
    return has_late ? empty_table(connection, sink->names.late, err) : TIDE_OK;
}

/* Runs stay, as history. One that has not ended would go on with what it has planned: with less
 * than everything. */
static tide_code reset_once(tide_pg_connection *connection, tide_pg_attempt *attempt,
                            void *argument, tide_error *err)
{
    tide_pg_sink *sink = argument;
    char application[64];
    tide_pg_lease_application(&sink->lease, "reset", application);
    TIDE_TRY(tide_pg_begin(connection, attempt, application, err));
    TIDE_TRY(tide_pg_lease_check(&sink->lease, connection, err));
    TIDE_TRY(tide_pg_refuse_sharing(sink, err));
    TIDE_TRY(empty_table(connection, sink->names.target, err));
    TIDE_TRY(empty_late(sink, connection, err));
    TIDE_TRY(reset_state(sink, connection, err));
    TIDE_TRY(drop_table(connection, sink->names.staging, err));
    TIDE_TRY(drop_table(connection, sink->names.staged_state, err));
    TIDE_TRY(forget_rows(sink, connection, sink->names.rejects, err));
    TIDE_TRY(tide_pg_close_runs(sink, connection, err));
    TIDE_TRY(tide_pg_forget_marks(sink, connection, err));
    TIDE_TRY(forget_rows(sink, connection, sink->names.pipelines, err));
    TIDE_TRY(tell_others(sink, connection, err));
    return tide_pg_commit(connection, attempt, err);
}

/* What units have loaded may be gone. */
static tide_code forget_unit_rows(tide_pg_sink *sink, tide_pg_connection *connection,
                                  tide_error *err)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql, "UPDATE %s SET loaded = 0 WHERE pipeline = $1",
                   sink->names.units);
    return tide_pg_change(connection, sql, &sink->target->pipeline, 1, NULL, err);
}

static tide_code accept_once(tide_pg_connection *connection, tide_pg_attempt *attempt,
                             void *argument, tide_error *err)
{
    tide_pg_sink *sink = argument;
    char application[64];
    tide_pg_lease_application(&sink->lease, "accept", application);
    TIDE_TRY(tide_pg_begin(connection, attempt, application, err));
    TIDE_TRY(tide_pg_lease_check(&sink->lease, connection, err));
    TIDE_TRY(tide_pg_refuse_sharing(sink, err));
    TIDE_TRY(tide_pg_create_target(sink, connection, err));
    TIDE_TRY(tide_pg_create_state(sink, connection, err));
    TIDE_TRY(forget_unit_rows(sink, connection, err));
    TIDE_TRY(tide_pg_accept_rows(sink, connection, err));
    TIDE_TRY(tide_pg_write_identity(sink, connection, err));
    return tide_pg_commit(connection, attempt, err);
}

tide_code tide_pg_with_lease(tide_pg_sink *sink, tide_pg_work work, void *argument, tide_error *err)
{
    TIDE_TRY(tide_pg_sink_connect(sink, err));
    if (sink->lease.epoch_text == NULL) {
        TIDE_TRY(tide_pg_create_engine_tables(sink, err));
        TIDE_TRY(tide_pg_lease_take(&sink->lease, &sink->control, &sink->retry, err));
    }
    return tide_pg_retry_work(&sink->retry, &sink->control, work, argument, err);
}

tide_code tide_pg_sink_state_reset(tide_sink *base, tide_error *err)
{
    return tide_pg_with_lease((tide_pg_sink *)base, reset_once, base, err);
}

tide_code tide_pg_sink_state_accept(tide_sink *base, tide_error *err)
{
    return tide_pg_with_lease((tide_pg_sink *)base, accept_once, base, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Taking table and state back to the end of a day (flow/rewind.h): under the lease, in one
 * transaction, safe to repeat. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "sink/postgres/postgres.h"

typedef struct rewinding {
    tide_pg_sink *sink;
    const tide_rewind *rewind;
    tide_rewound *done;
    char day[16];
} rewinding;

/* Clears sql. */
static tide_code change(tide_pg_connection *connection, tide_text *sql,
                        const char *const *parameters, int parameter_count, int64_t *affected,
                        tide_error *err)
{
    tide_code code = tide_text_failed(sql)
                         ? TIDE_FAIL_MEMORY(err, "SQL text")
                         : tide_pg_change(connection, tide_text_c(sql), parameters, parameter_count,
                                          affected, err);
    tide_text_clear(sql);
    return code;
}

static tide_code delete_rows(const rewinding *r, tide_pg_connection *connection, tide_error *err)
{
    const tide_target *target = r->sink->target;
    const char *parameters[] = {r->day};
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append_format(&sql, "DELETE FROM %s WHERE ", r->sink->names.target);
    tide_pg_append_identifier(&sql, target->output->fields[target->day_column].name);
    tide_text_append(&sql, " > $1::date");
    TIDE_TRY(change(connection, &sql, parameters, 1, &r->done->rows_deleted, err));
    char question[512];
    char *answer;
    (void)snprintf(question, sizeof question, "SELECT 1 FROM %s LIMIT 1", r->sink->names.target);
    TIDE_TRY(tide_pg_ask(connection, question, NULL, 0, &answer, err));
    r->done->table_empty = answer == NULL;
    tide_free(answer);
    return TIDE_OK;
}

/* "SERIES/DAY/ORDINAL", of steps "SERIES/DAY/STEP.ORDINAL", names the day. Earlier versions have
 * cut that off long positions: there the row tells it, if it was one of the table. */
static tide_code delete_rejects(const rewinding *r, tide_pg_connection *connection, tide_error *err)
{
    const tide_target *target = r->sink->target;
    const char *parameters[] = {target->pipeline, r->day,
                                target->output->fields[target->day_column].name};
    char sql[1024];
    (void)snprintf(sql, sizeof sql,
                   "DELETE FROM %s WHERE pipeline = $1 AND (stage = 'decode' OR "
                   "substring(\"position\" from '/([0-9]{4}-[0-9]{2}-[0-9]{2})/[0-9.]+$') "
                   "COLLATE \"C\" > $2 OR (octet_length(\"position\") > 1024 AND "
                   "\"position\" ~ '[.]{3}[0-9a-f]{16}$' AND "
                   "row_values ->> $3::text COLLATE \"C\" > $2))",
                   r->sink->names.rejects);
    return tide_pg_change(connection, sql, parameters, 3, &r->done->rejects_deleted, err);
}

static tide_code delete_late(const rewinding *r, tide_pg_connection *connection, tide_error *err)
{
    const tide_pg_sink *sink = r->sink;
    bool exists = false;
    if (sink->names.late != NULL && sink->target->late != NULL) {
        TIDE_TRY(tide_pg_table_exists(connection, sink->names.late, &exists, err));
    }
    if (!exists) {
        return TIDE_OK;
    }
    char end[24];
    const char *parameters[] = {end};
    (void)snprintf(end, sizeof end, "%" PRId64, r->rewind->day_end);
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append_format(&sql, "DELETE FROM %s WHERE ", sink->names.late);
    tide_pg_append_identifier(&sql, sink->target->late->fields[r->rewind->late_time_column].name);
    tide_text_append(&sql, " >= 'epoch'::timestamptz + ($1::bigint) * interval '1 microsecond'");
    return change(connection, &sql, parameters, 1, &r->done->late_deleted, err);
}

/* Another pipeline's steps may have had columns of the same names and other types. */
static tide_code renew_values(const rewinding *r, tide_pg_connection *connection, tide_error *err)
{
    const tide_state_layout *layout = r->sink->target->state;
    PGresult *result;
    TIDE_TRY(tide_pg_query(connection,
                           "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) "
                           "AND attnum > 0 AND NOT attisdropped",
                           &r->sink->names.state, 1, &result, err));
    tide_code code = TIDE_OK;
    for (int i = 0; i < PQntuples(result) && code == TIDE_OK; i++) {
        const char *name = PQgetvalue(result, i, 0);
        if (tide_schema_find(&layout->schema, name) >= layout->values_begin) {
            tide_text sql;
            tide_text_init(&sql);
            tide_text_append_format(&sql, "ALTER TABLE %s DROP COLUMN ", r->sink->names.state);
            tide_pg_append_identifier(&sql, name);
            code = change(connection, &sql, NULL, 0, NULL, err);
        }
    }
    PQclear(result);
    return code;
}

static tide_code rewind_states(const rewinding *r, tide_pg_connection *connection, tide_error *err)
{
    const tide_state_layout *layout = r->sink->target->state;
    if (r->rewind->all) {
        TIDE_TRY(renew_values(r, connection, err));
    }
    TIDE_TRY(tide_pg_create_state(r->sink, connection, err));
    const char *parameters[] = {r->day};
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append_format(&sql,
                            "UPDATE %s SET _rows = %" PRId64
                            ", _last_day = least(_last_day, $1::date), _previous_day = NULL",
                            r->sink->names.state, TIDE_STATE_REWOUND);
    for (size_t i = 0; i < layout->values_count; i++) {
        tide_text_append(&sql, ", ");
        tide_pg_append_identifier(&sql, layout->schema.fields[layout->values_begin + i].name);
        tide_text_append(&sql, " = NULL");
    }
    tide_text_append(&sql, r->rewind->all ? "" : " WHERE _last_day > $1::date");
    return change(connection, &sql, parameters, 1, &r->done->series, err);
}

static tide_code find_run_number(const rewinding *r, tide_pg_connection *connection,
                                 tide_error *err)
{
    char sql[512];
    char *answer;
    (void)snprintf(sql, sizeof sql, "SELECT coalesce(max(run), 0) + 1 FROM %s WHERE pipeline = $1",
                   r->sink->names.runs);
    TIDE_TRY(tide_pg_ask(connection, sql, &r->sink->target->pipeline, 1, &answer, err));
    r->done->run = answer == NULL ? 1 : strtoll(answer, NULL, 10);
    tide_free(answer);
    return TIDE_OK;
}

static tide_code write_run(const rewinding *r, tide_pg_connection *connection, tide_error *err)
{
    tide_text record;
    tide_text_init(&record);
    tide_rewind_print_record(r->rewind, r->done, &record);
    if (tide_text_failed(&record)) {
        tide_text_clear(&record);
        return TIDE_FAIL_MEMORY(err, "the record of a rewind");
    }
    char run[24];
    char at[24];
    (void)snprintf(run, sizeof run, "%" PRId64, r->done->run);
    (void)snprintf(at, sizeof at, "%" PRId64, r->rewind->at);
    const char *parameters[] = {r->sink->target->pipeline, run,
                                tide_run_status_name(TIDE_RUN_REWOUND), at, tide_text_c(&record)};
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append_format(&sql,
                            "INSERT INTO %s (pipeline, run, status, started_at, ended_at, record) "
                            "SELECT $1, $2::bigint, $3, t, t, $5::json FROM (SELECT "
                            "'epoch'::timestamptz + ($4::bigint) * interval '1 microsecond') s(t)",
                            r->sink->names.runs);
    tide_code code = change(connection, &sql, parameters, 5, NULL, err);
    tide_text_clear(&record);
    return code;
}

/* Was the COMMIT executed whose answer was lost? What it did is in *done still. */
static tide_code find_committed(const rewinding *r, tide_pg_connection *connection, bool *committed,
                                tide_error *err)
{
    char sql[512];
    char run[24];
    char *answer;
    (void)snprintf(run, sizeof run, "%" PRId64, r->done->run);
    (void)snprintf(sql, sizeof sql,
                   "SELECT 1 FROM %s WHERE pipeline = $1 AND run = $2::bigint AND "
                   "status = 'rewound'",
                   r->sink->names.runs);
    const char *parameters[] = {r->sink->target->pipeline, run};
    TIDE_TRY(tide_pg_ask(connection, sql, parameters, 2, &answer, err));
    *committed = answer != NULL;
    tide_free(answer);
    return TIDE_OK;
}

static tide_code rewind_all(const rewinding *r, tide_pg_connection *connection, tide_error *err)
{
    *r->done = (tide_rewound){0};
    TIDE_TRY(delete_rows(r, connection, err));
    TIDE_TRY(delete_rejects(r, connection, err));
    TIDE_TRY(delete_late(r, connection, err));
    TIDE_TRY(tide_pg_fault(connection, "postgres.rewind.rows", err));
    TIDE_TRY(rewind_states(r, connection, err));
    /* The days to come are made of rows that were read before: nothing counts as read. */
    TIDE_TRY(tide_pg_forget_marks(r->sink, connection, err));
    TIDE_TRY(tide_pg_close_runs(r->sink, connection, err));
    TIDE_TRY(find_run_number(r, connection, err));
    TIDE_TRY(write_run(r, connection, err));
    return tide_pg_write_identity(r->sink, connection, err);
}

static tide_code rewind_once(tide_pg_connection *connection, tide_pg_attempt *attempt,
                             void *argument, tide_error *err)
{
    const rewinding *r = argument;
    bool committed = false;
    char application[64];
    tide_pg_lease_application(&r->sink->lease, "rewind", application);
    TIDE_TRY(tide_pg_begin(connection, attempt, application, err));
    TIDE_TRY(tide_pg_lease_check(&r->sink->lease, connection, err));
    if (attempt->commit_unclear) {
        TIDE_TRY(find_committed(r, connection, &committed, err));
    }
    if (!committed) {
        TIDE_TRY(rewind_all(r, connection, err));
    }
    return tide_pg_commit(connection, attempt, err);
}

tide_code tide_pg_sink_state_rewind(tide_sink *base, const tide_rewind *rewind, tide_rewound *done,
                                    tide_error *err)
{
    rewinding r = {.sink = (tide_pg_sink *)base, .rewind = rewind, .done = done};
    *done = (tide_rewound){0};
    (void)tide_format_day(rewind->day, r.day);
    return tide_pg_with_lease(r.sink, rewind_once, &r, err);
}

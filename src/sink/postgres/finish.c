/* SPDX-License-Identifier: Apache-2.0 */
/* The last transaction of a run: staged rows and states are moved, markers dropped, the run is
 * complete. Its own status is the marker by which an unclear COMMIT is found out. */
#include <inttypes.h>
#include <stdio.h>

#include "base/memory.h"
#include "sink/postgres/postgres.h"

typedef struct finishing {
    tide_pg_sink *sink;
    const tide_run_row *run;
    tide_pg_encoder encoder;
    tide_reject_list refused; /* of the last attempt that moved rows */
    int64_t skipped;
} finishing;

static tide_code run_format(tide_pg_connection *connection, tide_error *err, const char *format,
                            ...) TIDE_PRINTF(3, 4);

static tide_code run_format(tide_pg_connection *connection, tide_error *err, const char *format,
                            ...)
{
    char sql[1024];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(sql, sizeof sql, format, arguments);
    va_end(arguments);
    if (size < 0 || (size_t)size >= sizeof sql) {
        return TIDE_FAIL(err, TIDE_BAD_CONFIG, "SQL text of %d bytes is too long", size);
    }
    return tide_pg_run(connection, sql, err);
}

/* A missing target: its staging table takes its place. */
static tide_code rename_staging(tide_pg_sink *sink, tide_pg_connection *connection, tide_error *err)
{
    tide_text quoted;
    tide_text_init(&quoted);
    tide_pg_append_identifier(&quoted, sink->names.table);
    tide_code code = tide_text_failed(&quoted) ? TIDE_FAIL_MEMORY(err, "SQL text") : TIDE_OK;
    if (code == TIDE_OK && sink->keeps_positions) {
        code = run_format(connection, err, "ALTER TABLE %s DROP COLUMN " TIDE_PG_POSITION_COLUMN,
                          sink->names.staging);
    }
    if (code == TIDE_OK) {
        code = run_format(connection, err, "ALTER TABLE %s RENAME TO %s", sink->names.staging,
                          tide_text_c(&quoted));
    }
    tide_text_clear(&quoted);
    return code;
}

static tide_code move_rows(finishing *finish, tide_pg_connection *connection, tide_error *err)
{
    tide_pg_sink *sink = finish->sink;
    bool exists;
    tide_reject_list_reset(&finish->refused);
    finish->skipped = 0;
    TIDE_TRY(tide_pg_table_exists(connection, sink->names.target, &exists, err));
    if (!exists) {
        return rename_staging(sink, connection, err);
    }
    if (sink->target->mode == TIDE_REPLACE) {
        TIDE_TRY(run_format(connection, err, "TRUNCATE %s", sink->names.target));
    }
    TIDE_TRY(tide_pg_move_rows(sink, connection, &finish->refused, &finish->skipped, err));
    if (tide_pg_is_over_rejects(sink, (int64_t)finish->refused.count)) {
        return TIDE_FAIL(err, TIDE_OVER_REJECTS, "too many rows are rejected");
    }
    const tide_reject_list *refused = &finish->refused;
    TIDE_TRY(tide_pg_write_rejects(sink, connection, &finish->encoder, &refused, 1, false, err));
    return run_format(connection, err, "DROP TABLE %s", sink->names.staging);
}

static tide_code move_states(tide_pg_sink *sink, tide_pg_connection *connection, tide_error *err)
{
    const tide_pg_names *names = &sink->names;
    if (sink->target->state == NULL) {
        return TIDE_OK;
    }
    if (sink->target->mode == TIDE_REPLACE) {
        TIDE_TRY(run_format(connection, err, "TRUNCATE %s", names->state));
    }
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append_format(&sql, "INSERT INTO %s (", names->state);
    tide_pg_append_columns(&sql, &sink->target->state->schema, "");
    tide_text_append(&sql, ") SELECT ");
    tide_pg_append_columns(&sql, &sink->target->state->schema, "");
    tide_text_append_format(&sql, " FROM %s", names->staged_state);
    tide_code code = tide_text_failed(&sql) ? TIDE_FAIL_MEMORY(err, "SQL text")
                                            : tide_pg_run(connection, tide_text_c(&sql), err);
    tide_text_clear(&sql);
    TIDE_TRY(code);
    return run_format(connection, err, "DROP TABLE %s", names->staged_state);
}

/* Waits for an earlier attempt's transaction, which holds the row. */
static tide_code is_complete(finishing *finish, tide_pg_connection *connection, bool *complete,
                             tide_error *err)
{
    char sql[512];
    char run[24];
    (void)snprintf(sql, sizeof sql,
                   "SELECT status FROM %s WHERE pipeline = $1 AND run = $2::bigint FOR UPDATE",
                   finish->sink->names.runs);
    (void)snprintf(run, sizeof run, "%" PRId64, finish->run->run);
    const char *parameters[] = {finish->sink->target->pipeline, run};
    char *status;
    TIDE_TRY(tide_pg_ask(connection, sql, parameters, 2, &status, err));
    *complete = status != NULL && strcmp(status, tide_run_status_name(TIDE_RUN_COMPLETE)) == 0;
    tide_free(status);
    return TIDE_OK;
}

static tide_code write_complete(finishing *finish, tide_pg_connection *connection, tide_error *err)
{
    char sql[1024];
    char run[24];
    char ended[24];
    (void)snprintf(sql, sizeof sql,
                   "UPDATE %s SET status = 'complete', record = coalesce($4::json, record), "
                   "ended_at = 'epoch'::timestamptz + ($3::bigint) * interval '1 microsecond' "
                   "WHERE pipeline = $1 AND run = $2::bigint",
                   finish->sink->names.runs);
    (void)snprintf(run, sizeof run, "%" PRId64, finish->run->run);
    (void)snprintf(ended, sizeof ended, "%" PRId64, finish->run->ended_at);
    const char *parameters[] = {finish->sink->target->pipeline, run,
                                finish->run->ended_at == 0 ? NULL : ended, finish->run->record};
    return tide_pg_change(connection, sql, parameters, 4, NULL, err);
}

static tide_code finish_once(tide_pg_connection *connection, tide_pg_attempt *attempt,
                             void *argument, tide_error *err)
{
    finishing *finish = argument;
    tide_pg_sink *sink = finish->sink;
    char application[64];
    bool complete;
    tide_pg_lease_application(&sink->lease, "finish", application);
    TIDE_TRY(tide_pg_begin(connection, attempt, application, err));
    TIDE_TRY(is_complete(finish, connection, &complete, err));
    TIDE_TRY(tide_pg_lease_look(&sink->lease, connection, err)); /* whoever completed it */
    if (complete) {
        return tide_pg_run(connection, "ROLLBACK", err);
    }
    TIDE_TRY(tide_pg_fault(connection, "postgres.finish.before", err));
    if (sink->staged) {
        TIDE_TRY(move_rows(finish, connection, err));
        TIDE_TRY(move_states(sink, connection, err));
        TIDE_TRY(tide_pg_write_identity(sink, connection, err));
    }
    if (sink->target->mode == TIDE_REPLACE) {
        TIDE_TRY(tide_pg_drop_replaced_rejects(sink, connection, err));
    }
    TIDE_TRY(tide_pg_drop_markers(sink, connection, finish->run->run, err));
    TIDE_TRY(tide_pg_write_marks(sink, connection, finish->run, err));
    TIDE_TRY(write_complete(finish, connection, err));
    TIDE_TRY(tide_pg_lease_check(&sink->lease, connection, err));
    TIDE_TRY(tide_pg_fault(connection, "postgres.finish.after", err));
    return tide_pg_commit(connection, attempt, err);
}

/* The rejects stay, so that the operator can see what to repair; the staged rows do too. */
static tide_code give_up(finishing *finish, tide_error *err)
{
    tide_pg_sink *sink = finish->sink;
    const tide_reject_list *list = &finish->refused;
    char application[64];
    tide_pg_lease_application(&sink->lease, "rejects", application);
    TIDE_TRY(tide_pg_commit_rejects(sink, &sink->control, &finish->encoder, application, &list, 1,
                                    true, err));
    return tide_pg_fail_over_rejects(sink, "those staged", &list, 1, err);
}

/* Staged rows were counted as loaded: *result takes back those that the table does not keep. */
tide_code tide_pg_sink_finish(tide_sink *base, const tide_run_row *run, tide_load_result *result,
                              tide_error *err)
{
    tide_pg_sink *sink = (tide_pg_sink *)base;
    finishing finish = {.sink = sink, .run = run};
    *result = (tide_load_result){0};
    TIDE_TRY(tide_pg_sink_connect(sink, err));
    tide_pg_encoder_init(&finish.encoder);
    tide_reject_list_init(&finish.refused);
    tide_code code = tide_pg_retry_work(&sink->retry, &sink->control, finish_once, &finish, err);
    if (code == TIDE_OVER_REJECTS) {
        code = give_up(&finish, err);
    }
    if (code == TIDE_OK) {
        result->refused = (int64_t)finish.refused.count;
        result->superseded = finish.skipped;
        result->loaded = -result->refused - result->superseded;
    }
    tide_pg_encoder_clear(&finish.encoder);
    tide_reject_list_clear(&finish.refused);
    return code;
}

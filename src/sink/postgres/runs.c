/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/problem.h"
#include "sink/postgres/postgres.h"

#define NUMBER_BYTES 24

static const char *print_number(int64_t number, char *out)
{
    (void)snprintf(out, NUMBER_BYTES, "%" PRId64, number);
    return out;
}

static tide_run_status find_status(const char *name)
{
    for (int i = TIDE_RUN_STARTED; i <= TIDE_RUN_RETRIED; i++) {
        if (strcmp(name, tide_run_status_name((tide_run_status)i)) == 0) {
            return (tide_run_status)i;
        }
    }
    return TIDE_RUN_FAILED;
}

static tide_code copy_text(const PGresult *result, int row, int column, char **out, tide_error *err)
{
    if (PQgetisnull(result, row, column) != 0) {
        return TIDE_OK;
    }
    *out = tide_copy_string(PQgetvalue(result, row, column));
    return *out == NULL ? TIDE_FAIL_MEMORY(err, "run records") : TIDE_OK;
}

static tide_code read_row(const PGresult *result, int row, tide_run_row *out, tide_error *err)
{
    *out = (tide_run_row){
        .run = strtoll(PQgetvalue(result, row, 0), NULL, 10),
        .status = find_status(PQgetvalue(result, row, 1)),
        .started_at = strtoll(PQgetvalue(result, row, 2), NULL, 10),
        .ended_at = strtoll(PQgetvalue(result, row, 3), NULL, 10),
    };
    TIDE_TRY(copy_text(result, row, 4, &out->plan, err));
    return copy_text(result, row, 5, &out->record, err);
}

static tide_code read_rows(const PGresult *result, tide_run_row *rows, size_t *count,
                           tide_error *err)
{
    for (int i = 0; i < PQntuples(result); i++) {
        tide_code code = read_row(result, i, &rows[i], err);
        *count = (size_t)i + 1;
        if (code != TIDE_OK) {
            for (size_t j = 0; j < *count; j++) {
                tide_run_row_clear(&rows[j]);
            }
            *count = 0;
            return code;
        }
    }
    return TIDE_OK;
}

tide_code tide_pg_sink_read_runs(tide_sink *base, size_t limit, tide_run_row *rows, size_t *count,
                                 tide_error *err)
{
    tide_pg_sink *sink = (tide_pg_sink *)base;
    bool exists;
    *count = 0;
    TIDE_TRY(tide_pg_sink_has_table(sink, &sink->names.runs, &exists, err));
    if (!exists) {
        return TIDE_OK;
    }
    char sql[768];
    (void)snprintf(sql, sizeof sql,
                   "SELECT run, status, (extract(epoch FROM started_at) * 1000000)::bigint, "
                   "coalesce((extract(epoch FROM ended_at) * 1000000)::bigint, 0), plan, record "
                   "FROM %s WHERE pipeline = $1 ORDER BY run DESC LIMIT %zu",
                   sink->names.runs, limit);
    PGresult *result;
    TIDE_TRY(tide_pg_sink_query(sink, sql, &sink->target->pipeline, 1, &result, err));
    tide_code code = read_rows(result, rows, count, err);
    PQclear(result);
    return code;
}

tide_code tide_pg_sink_read_units(tide_sink *base, tide_arena *arena, const char ***names,
                                  size_t *count, tide_error *err)
{
    tide_pg_sink *sink = (tide_pg_sink *)base;
    char sql[512];
    char run[NUMBER_BYTES];
    *count = 0;
    (void)snprintf(sql, sizeof sql,
                   "SELECT unit FROM %s WHERE pipeline = $1 AND run = $2::bigint ORDER BY unit",
                   sink->names.units);
    const char *parameters[] = {sink->target->pipeline, print_number(sink->run, run)};
    PGresult *result;
    TIDE_TRY(tide_pg_sink_query(sink, sql, parameters, 2, &result, err));
    size_t rows = (size_t)PQntuples(result);
    tide_code code = TIDE_OK;
    *names = tide_arena_alloc_zero(arena, rows + 1, sizeof **names);
    bool whole = *names != NULL;
    for (size_t i = 0; i < rows && whole; i++) {
        (*names)[i] = tide_arena_copy_string(arena, PQgetvalue(result, (int)i, 0));
        whole = (*names)[i] != NULL;
    }
    if (whole) {
        *count = rows;
    } else {
        code = TIDE_FAIL_MEMORY(err, "names of committed units");
    }
    PQclear(result);
    return code;
}

/* Instants go as microseconds, so that none is rounded on the way. */
#define INSTANT(parameter) \
    "('epoch'::timestamptz + (" parameter "::bigint) * interval '1 microsecond')"

tide_code tide_pg_write_run(tide_pg_sink *sink, tide_pg_connection *connection,
                            const tide_run_row *run, tide_error *err)
{
    char sql[1024];
    char number[NUMBER_BYTES];
    char started[NUMBER_BYTES];
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO %s AS old (pipeline, run, status, started_at, plan, record) "
                   "VALUES ($1, $2::bigint, $3, " INSTANT("$4") ", $5::json, $6::json) "
                   "ON CONFLICT (pipeline, run) DO UPDATE SET status = EXCLUDED.status, "
                   "ended_at = NULL, plan = coalesce(EXCLUDED.plan, old.plan), "
                   "record = coalesce(EXCLUDED.record, old.record)",
                   sink->names.runs);
    const char *parameters[] = {sink->target->pipeline,
                                print_number(run->run, number),
                                tide_run_status_name(run->status),
                                print_number(run->started_at, started),
                                run->plan,
                                run->record};
    return tide_pg_change(connection, sql, parameters, 6, NULL, err);
}

typedef struct recording {
    tide_pg_sink *sink;
    const tide_run_row *run;
} recording;

/* A run that is complete stays so, whatever went wrong after its last COMMIT, or with the answer to
 * that: resumed, it would load its rows again. */
#define UNLESS_COMPLETE(column, value)                                                         \
    column " = CASE WHEN status = 'complete' AND $3 <> 'complete' THEN " column " ELSE " value \
           " END"

/* After begin only the holder of the epoch writes, so that a fenced process does not overwrite what
 * its successor says. Before begin (closing an old run) there is no epoch yet. */
static tide_code write_record(tide_pg_connection *connection, tide_pg_attempt *attempt,
                              void *argument, tide_error *err)
{
    recording *record = argument;
    tide_pg_sink *sink = record->sink;
    const tide_run_row *run = record->run;
    char application[64];
    tide_pg_lease_application(&sink->lease, "record", application);
    TIDE_TRY(tide_pg_begin(connection, attempt, application, err));
    if (sink->lease.epoch_text != NULL) {
        TIDE_TRY(tide_pg_lease_check(&sink->lease, connection, err));
    }
    char sql[1024];
    char number[NUMBER_BYTES];
    char ended[NUMBER_BYTES];
    (void)snprintf(sql, sizeof sql,
                   "UPDATE %s SET " UNLESS_COMPLETE("status", "$3") ", "
                   UNLESS_COMPLETE("ended_at", INSTANT("$4")) ", "
                   UNLESS_COMPLETE("record", "coalesce($5::json, record)")
                   ", plan = coalesce($6::json, plan) WHERE pipeline = $1 AND run = $2::bigint",
                   sink->names.runs);
    const char *parameters[] = {sink->target->pipeline,
                                print_number(run->run, number),
                                tide_run_status_name(run->status),
                                run->ended_at == 0 ? NULL : print_number(run->ended_at, ended),
                                run->record,
                                run->plan};
    int64_t affected;
    TIDE_TRY(tide_pg_change(connection, sql, parameters, 6, &affected, err));
    if (affected == 0) {
        return TIDE_FAIL(err, TIDE_E_DATABASE, "run %" PRId64 " of pipeline `%s` is not in %s",
                         run->run, sink->target->pipeline, sink->names.runs);
    }
    if (!tide_run_status_is_open(run->status)) {
        TIDE_TRY(tide_pg_drop_markers(sink, connection, run->run, err));
    }
    return tide_pg_commit(connection, attempt, err);
}

tide_code tide_pg_sink_record(tide_sink *base, const tide_run_row *run, tide_error *err)
{
    tide_pg_sink *sink = (tide_pg_sink *)base;
    recording record = {sink, run};
    return tide_pg_sink_work(sink, write_record, &record, err);
}

tide_code tide_pg_drop_markers(tide_pg_sink *sink, tide_pg_connection *connection, int64_t run,
                               tide_error *err)
{
    char sql[512];
    char number[NUMBER_BYTES];
    (void)snprintf(sql, sizeof sql, "DELETE FROM %s WHERE pipeline = $1 AND run = $2::bigint",
                   sink->names.units);
    const char *parameters[] = {sink->target->pipeline, print_number(run, number)};
    return tide_pg_change(connection, sql, parameters, 2, NULL, err);
}

tide_code tide_pg_close_runs_before(tide_pg_sink *sink, tide_pg_connection *connection, int64_t run,
                                    tide_error *err)
{
    char sql[512];
    char number[NUMBER_BYTES];
    const char *parameters[] = {sink->target->pipeline, print_number(run, number)};
    (void)snprintf(sql, sizeof sql,
                   "UPDATE %s SET status = 'abandoned', "
                   "ended_at = coalesce(ended_at, clock_timestamp()) WHERE pipeline = $1 AND "
                   "run < $2::bigint AND status IN ('started', 'failed', 'cancelled')",
                   sink->names.runs);
    TIDE_TRY(tide_pg_change(connection, sql, parameters, 2, NULL, err));
    (void)snprintf(sql, sizeof sql, "DELETE FROM %s WHERE pipeline = $1 AND run < $2::bigint",
                   sink->names.units);
    return tide_pg_change(connection, sql, parameters, 2, NULL, err);
}

tide_code tide_pg_close_runs(tide_pg_sink *sink, tide_pg_connection *connection, tide_error *err)
{
    return tide_pg_close_runs_before(sink, connection, INT64_MAX, err);
}

static void append_key(tide_text *out, const tide_target *target)
{
    for (size_t i = 0; i < target->key_count; i++) {
        tide_text_append(out, i == 0 ? "" : ", ");
        tide_pg_append_identifier(out, target->output->fields[target->key_columns[i]].name);
    }
}

tide_code tide_pg_write_identity(tide_pg_sink *sink, tide_pg_connection *connection,
                                 tide_error *err)
{
    static const char *const modes[] = {"append", "merge", "replace"};
    const tide_target *target = sink->target;
    char sql[1024];
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO %s (pipeline, table_name, table_oid, fingerprint, "
                   "fingerprint_text, mode, key) "
                   "VALUES ($1, $2, to_regclass($3)::oid, $4, $5, $6, $7) "
                   "ON CONFLICT (pipeline) DO UPDATE SET table_name = EXCLUDED.table_name, "
                   "table_oid = EXCLUDED.table_oid, fingerprint = EXCLUDED.fingerprint, "
                   "fingerprint_text = EXCLUDED.fingerprint_text, mode = EXCLUDED.mode, "
                   "key = EXCLUDED.key",
                   sink->names.pipelines);
    tide_text key;
    tide_text_init(&key);
    append_key(&key, target);
    tide_code code = tide_text_failed(&key) ? TIDE_FAIL_MEMORY(err, "a key") : TIDE_OK;
    if (code == TIDE_OK) {
        const char *parameters[] = {
            target->pipeline,         target->table,       sink->names.target, target->fingerprint,
            target->fingerprint_text, modes[target->mode], tide_text_c(&key)};
        code = tide_pg_change(connection, sql, parameters, 7, NULL, err);
    }
    tide_text_clear(&key);
    return code;
}

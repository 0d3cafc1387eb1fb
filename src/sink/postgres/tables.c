/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "flow/ledger_version.h"
#include "sink/postgres/postgres.h"

/* Clears sql. */
static tide_code run_text(tide_pg_connection *connection, tide_text *sql, tide_error *err)
{
    tide_code code = tide_text_failed(sql) ? TIDE_FAIL_MEMORY(err, "SQL text")
                                           : tide_pg_run(connection, tide_text_c(sql), err);
    tide_text_clear(sql);
    return code;
}

/* IF NOT EXISTS alone would ask for the right to create even where nothing is to be created. */
static tide_code create_missing(tide_pg_connection *connection, const char *quoted,
                                const char *columns, tide_error *err)
{
    bool exists;
    TIDE_TRY(tide_pg_table_exists(connection, quoted, &exists, err));
    if (exists) {
        return TIDE_OK;
    }
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append_format(&sql, "CREATE TABLE IF NOT EXISTS %s (%s)", quoted, columns);
    return run_text(connection, &sql, err);
}

static const char runs_columns[] =
    "pipeline text, run bigint, status text NOT NULL, started_at timestamptz NOT NULL, "
    "ended_at timestamptz, plan json, record json, PRIMARY KEY (pipeline, run)";
static const char units_columns[] =
    "pipeline text, run bigint, unit text, emitted bigint NOT NULL DEFAULT 0, "
    "rejected bigint NOT NULL DEFAULT 0, loaded bigint NOT NULL DEFAULT 0, "
    "superseded bigint NOT NULL DEFAULT 0, refused bigint NOT NULL DEFAULT 0, "
    "PRIMARY KEY (pipeline, run, unit)";
static const char marks_columns[] =
    "pipeline text, name text, value text NOT NULL, open boolean NOT NULL, run bigint NOT NULL, "
    "PRIMARY KEY (pipeline, name)";
static const char ledger_columns[] =
    "one integer PRIMARY KEY CHECK (one = 1), version integer NOT NULL";
/* (pipeline, epoch) makes the epoch part of a key: see lease.h. */
static const char lease_columns[] =
    "pipeline text PRIMARY KEY, epoch bigint NOT NULL, holder text NOT NULL, "
    "renewed_at timestamptz NOT NULL, UNIQUE (pipeline, epoch)";
static const char pipelines_columns[] =
    "pipeline text PRIMARY KEY, table_name text NOT NULL, table_oid oid, fingerprint text, "
    "fingerprint_text text, mode text NOT NULL, key text NOT NULL";
static const char rejects_columns[] =
    "pipeline text, stage text, \"position\" text, step text, column_name text, sqlstate text, "
    "reason text NOT NULL, row_values json NOT NULL, run bigint, "
    "undone boolean NOT NULL DEFAULT false, PRIMARY KEY (pipeline, stage, \"position\")";

/* A table of an earlier version lacks the last two columns. */
static tide_code grow_rejects(tide_pg_connection *connection, const char *quoted, tide_error *err)
{
    char *found;
    TIDE_TRY(tide_pg_ask(connection,
                         "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass($1) "
                         "AND attname = 'undone' AND NOT attisdropped",
                         &quoted, 1, &found, err));
    bool grown = found != NULL;
    tide_free(found);
    if (grown) {
        return TIDE_OK;
    }
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append_format(&sql,
                            "ALTER TABLE %s ADD COLUMN IF NOT EXISTS run bigint, ADD COLUMN IF NOT "
                            "EXISTS undone boolean NOT NULL DEFAULT false",
                            quoted);
    return run_text(connection, &sql, err);
}

/* Only where it is another one, so that it may be read without the right to write; and never a
 * lower one, should a later version have begun a run since this one looked. */
static tide_code write_version(tide_pg_connection *connection, const char *ledger, tide_error *err)
{
    char sql[512];
    char *newest;
    (void)snprintf(sql, sizeof sql, "SELECT max(version)::text FROM %s", ledger);
    TIDE_TRY(tide_pg_ask(connection, sql, NULL, 0, &newest, err));
    bool is_now = newest != NULL && strcmp(newest, TIDE_LEDGER_VERSION_TEXT) == 0;
    tide_free(newest);
    if (is_now) {
        return TIDE_OK;
    }
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO %s AS held VALUES (1, " TIDE_LEDGER_VERSION_TEXT
                   ") ON CONFLICT (one) DO UPDATE SET version = excluded.version "
                   "WHERE held.version < excluded.version",
                   ledger);
    return tide_pg_run(connection, sql, err);
}

static tide_code create_all(tide_pg_connection *connection, tide_pg_attempt *attempt,
                            void *argument, tide_error *err)
{
    tide_pg_sink *sink = argument;
    const tide_pg_names *names = &sink->names;
    char who[24];
    char application[64];
    (void)snprintf(who, sizeof who, "create%ld", (long)getpid());
    tide_pg_lease_application(&sink->lease, who, application);
    TIDE_TRY(tide_pg_begin(connection, attempt, application, err));
    TIDE_TRY(tide_pg_lock_makers(connection, err));
    TIDE_TRY(create_missing(connection, names->runs, runs_columns, err));
    TIDE_TRY(create_missing(connection, names->units, units_columns, err));
    TIDE_TRY(create_missing(connection, names->marks, marks_columns, err));
    TIDE_TRY(create_missing(connection, names->ledger, ledger_columns, err));
    TIDE_TRY(write_version(connection, names->ledger, err));
    TIDE_TRY(create_missing(connection, names->lease, lease_columns, err));
    TIDE_TRY(create_missing(connection, names->pipelines, pipelines_columns, err));
    TIDE_TRY(create_missing(connection, names->rejects, rejects_columns, err));
    TIDE_TRY(grow_rejects(connection, names->rejects, err));
    return tide_pg_commit(connection, attempt, err);
}

tide_code tide_pg_create_engine_tables(tide_pg_sink *sink, tide_error *err)
{
    tide_code code;
    int attempt = 0;
    do {
        attempt++;
        code = tide_pg_retry_work(&sink->retry, &sink->control, create_all, sink, err);
    } while (code != TIDE_OK &&
             tide_pg_sink_await_maker(sink, attempt < TIDE_PG_LOCK_WAITS_MAX, err));
    return code == TIDE_OK ? TIDE_OK : err->code;
}

static void append_definitions(tide_text *sql, const tide_schema *schema, bool exact_json)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        char type[24];
        tide_text_append(sql, i == 0 ? "" : ", ");
        tide_pg_append_identifier(sql, schema->fields[i].name);
        tide_text_append_format(sql, " %s%s",
                                tide_pg_type_name(schema->fields[i].type, exact_json, type),
                                schema->fields[i].not_null ? " NOT NULL" : "");
    }
}

static void append_key(tide_text *sql, const tide_target *target)
{
    for (size_t i = 0; i < target->key_count; i++) {
        tide_text_append(sql, i == 0 ? "" : ", ");
        tide_pg_append_identifier(sql, target->output->fields[target->key_columns[i]].name);
    }
}

/* A keyed table keeps json to the byte: its rows are compared by that text. */
static void append_output_table(tide_text *sql, const tide_pg_sink *sink, const char *quoted)
{
    bool keyed = tide_pg_sink_is_keyed(sink);
    tide_text_append_format(sql, "CREATE TABLE %s (", quoted);
    append_definitions(sql, sink->target->output, keyed);
    if (keyed) {
        tide_text_append(sql, ", PRIMARY KEY (");
        append_key(sql, sink->target);
        tide_text_append(sql, ")");
    }
    tide_text_append(sql, ")");
}

/* Adds columns that a table of ours has not got yet: its layout grew with the pipeline. */
static tide_code add_columns(tide_pg_connection *connection, const char *quoted,
                             const tide_schema *schema, tide_error *err)
{
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append_format(&sql, "ALTER TABLE %s ", quoted);
    for (size_t i = 0; i < schema->field_count; i++) {
        char type[24];
        tide_text_append(&sql,
                         i == 0 ? "ADD COLUMN IF NOT EXISTS " : ", ADD COLUMN IF NOT EXISTS ");
        tide_pg_append_identifier(&sql, schema->fields[i].name);
        tide_text_append_format(&sql, " %s", tide_pg_type_name(schema->fields[i].type, true, type));
    }
    return run_text(connection, &sql, err);
}

/* Says whether all of a schema's columns are there, so that ALTER TABLE and its lock are rare. */
static tide_code has_columns(tide_pg_connection *connection, const char *quoted,
                             const tide_schema *schema, bool *has, tide_error *err)
{
    PGresult *result;
    TIDE_TRY(tide_pg_query(connection,
                           "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) "
                           "AND attnum > 0 AND NOT attisdropped",
                           &quoted, 1, &result, err));
    *has = true;
    for (size_t i = 0; i < schema->field_count && *has; i++) {
        *has = false;
        for (int j = 0; j < PQntuples(result) && !*has; j++) {
            *has = strcmp(PQgetvalue(result, j, 0), schema->fields[i].name) == 0;
        }
    }
    PQclear(result);
    return TIDE_OK;
}

static tide_code grow_or_create(tide_pg_connection *connection, const char *quoted,
                                const tide_schema *schema, const char *tail, tide_error *err)
{
    bool exists;
    TIDE_TRY(tide_pg_table_exists(connection, quoted, &exists, err));
    if (exists) {
        bool has;
        TIDE_TRY(has_columns(connection, quoted, schema, &has, err));
        return has ? TIDE_OK : add_columns(connection, quoted, schema, err);
    }
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append_format(&sql, "CREATE TABLE %s (", quoted);
    append_definitions(&sql, schema, true);
    tide_text_append_format(&sql, "%s)", tail);
    return run_text(connection, &sql, err);
}

tide_code tide_pg_create_target(tide_pg_sink *sink, tide_pg_connection *connection, tide_error *err)
{
    bool exists;
    TIDE_TRY(tide_pg_table_exists(connection, sink->names.target, &exists, err));
    if (exists || sink->target->mode == TIDE_REPLACE) { /* replace renames its staging into place */
        return TIDE_OK;
    }
    tide_text sql;
    tide_text_init(&sql);
    append_output_table(&sql, sink, sink->names.target);
    return run_text(connection, &sql, err);
}

static tide_code create_state_table(tide_pg_sink *sink, tide_pg_connection *connection,
                                    const char *quoted, tide_error *err)
{
    const tide_state_layout *state = sink->target->state;
    tide_text key;
    tide_text_init(&key);
    tide_text_append(&key, ", PRIMARY KEY (");
    tide_pg_append_identifier(&key, state->schema.fields[state->hash_column].name);
    for (size_t i = 0; i < state->series_count; i++) {
        tide_text_append(&key, ", ");
        tide_pg_append_identifier(&key, state->schema.fields[state->series_begin + i].name);
    }
    tide_text_append(&key, ")");
    tide_code code = tide_text_failed(&key) ? TIDE_FAIL_MEMORY(err, "SQL text")
                                            : grow_or_create(connection, quoted, &state->schema,
                                                             tide_text_c(&key), err);
    tide_text_clear(&key);
    return code;
}

tide_code tide_pg_create_state(tide_pg_sink *sink, tide_pg_connection *connection, tide_error *err)
{
    if (sink->target->state == NULL) {
        return TIDE_OK;
    }
    return create_state_table(sink, connection, sink->names.state, err);
}

/* Indexes that are copied to the staging table for their constraints; others only cost there. */
static tide_code drop_plain_indexes(tide_pg_sink *sink, tide_pg_connection *connection,
                                    tide_error *err)
{
    PGresult *result;
    TIDE_TRY(tide_pg_query(connection,
                           "SELECT format('DROP INDEX %s', indexrelid::regclass) FROM pg_index "
                           "WHERE indrelid = to_regclass($1) AND NOT indisunique "
                           "AND NOT indisexclusion",
                           &sink->names.staging, 1, &result, err));
    tide_code code = TIDE_OK;
    for (int i = 0; i < PQntuples(result) && code == TIDE_OK; i++) {
        code = tide_pg_run(connection, PQgetvalue(result, i, 0), err);
    }
    PQclear(result);
    return code;
}

static tide_code create_staged_like(tide_pg_sink *sink, tide_pg_connection *connection,
                                    tide_error *err)
{
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append_format(&sql,
                            "CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS "
                            "INCLUDING GENERATED INCLUDING IDENTITY INCLUDING INDEXES)",
                            sink->names.staging, sink->names.target);
    TIDE_TRY(run_text(connection, &sql, err));
    TIDE_TRY(drop_plain_indexes(sink, connection, err));
    if (!tide_pg_sink_is_keyed(sink)) {
        return TIDE_OK;
    }
    tide_text_init(&sql);
    tide_text_append_format(&sql, "CREATE UNIQUE INDEX ON %s (", sink->names.staging);
    append_key(&sql, sink->target);
    tide_text_append(&sql, ")");
    return run_text(connection, &sql, err);
}

/* Can the target refuse, or pass over, rows that its staging table has taken? That has its types,
 * checks and unique indexes, but neither its foreign keys, triggers, rules and bounds of a
 * partition nor, for appends, its rows. */
static tide_code keep_positions(tide_pg_sink *sink, tide_pg_connection *connection, tide_error *err)
{
    const char *parameters[] = {sink->names.target,
                                sink->target->mode == TIDE_REPLACE ? "replace" : "append"};
    char *found;
    TIDE_TRY(tide_pg_ask(
        connection,
        "SELECT 1 WHERE EXISTS (SELECT FROM pg_constraint WHERE conrelid = to_regclass($1) "
        "AND contype = 'f') OR EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass($1) "
        "AND NOT tgisinternal) OR EXISTS (SELECT FROM pg_class WHERE oid = to_regclass($1) "
        "AND (relkind = 'p' OR relispartition OR relhasrules)) OR $2 = 'append' AND EXISTS (SELECT "
        "FROM pg_index "
        "WHERE indrelid = to_regclass($1) AND (indisunique OR indisexclusion))",
        parameters, 2, &found, err));
    sink->keeps_positions = found != NULL;
    tide_free(found);
    if (!sink->keeps_positions) {
        return TIDE_OK;
    }
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append_format(&sql, "ALTER TABLE %s ADD COLUMN " TIDE_PG_POSITION_COLUMN " text",
                            sink->names.staging);
    return run_text(connection, &sql, err);
}

/* Logged tables, although unlogged ones would load faster: an unlogged table is emptied when the
 * server crashes, while the markers of what it held stay. */
tide_code tide_pg_create_staging(tide_pg_sink *sink, tide_pg_connection *connection,
                                 tide_error *err)
{
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append_format(&sql, "DROP TABLE IF EXISTS %s", sink->names.staging);
    TIDE_TRY(run_text(connection, &sql, err));
    bool exists;
    sink->keeps_positions = false;
    TIDE_TRY(tide_pg_table_exists(connection, sink->names.target, &exists, err));
    if (exists) {
        TIDE_TRY(create_staged_like(sink, connection, err));
        TIDE_TRY(keep_positions(sink, connection, err));
    } else {
        tide_text_init(&sql);
        append_output_table(&sql, sink, sink->names.staging);
        TIDE_TRY(run_text(connection, &sql, err));
    }
    if (sink->target->state == NULL) {
        return TIDE_OK;
    }
    tide_text_init(&sql);
    tide_text_append_format(&sql, "DROP TABLE IF EXISTS %s", sink->names.staged_state);
    TIDE_TRY(run_text(connection, &sql, err));
    return create_state_table(sink, connection, sink->names.staged_state, err);
}

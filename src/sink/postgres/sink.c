/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "flow/ledger_version.h"
#include "sink/postgres/postgres.h"

#define ATTEMPTS_MAX 8
#define RETRY_WAIT_MS 200
/* An entry of an index has room for 2704 bytes, compressed where that helps: in that of rejects the
 * series is within a position, beside the pipeline and the stage. */
#define SERIES_BYTES_MAX 2500

tide_code tide_pg_finally(tide_code code, tide_error *err)
{
    if (code == TIDE_REMOTE_RETRY) {
        err->code = TIDE_REMOTE;
        err->side = TIDE_SIDE_SINK;
        return TIDE_REMOTE;
    }
    return code;
}

/* Where this fails, so does whatever else would be asked. */
static tide_code check_version(tide_pg_sink *sink, tide_error *err)
{
    bool exists;
    char sql[512];
    char *found;
    TIDE_TRY(tide_pg_finally(tide_pg_table_exists(&sink->control, sink->names.ledger, &exists, err),
                             err));
    if (!exists) {
        return TIDE_OK;
    }
    (void)snprintf(sql, sizeof sql, "SELECT max(version) FROM %s", sink->names.ledger);
    TIDE_TRY(tide_pg_finally(tide_pg_ask(&sink->control, sql, NULL, 0, &found, err), err));
    tide_code code = tide_ledger_version_check(found == NULL ? 1 : strtoll(found, NULL, 10), err);
    tide_free(found);
    return code;
}

static tide_code stay_connected(tide_pg_connection *connection, tide_pg_attempt *attempt,
                                void *argument, tide_error *err)
{
    (void)connection;
    (void)attempt;
    (void)argument;
    (void)err;
    return TIDE_OK;
}

/* Who gives a wrong address wants to know at once; a server that is starting is waited for. */
static tide_code connect_first(tide_pg_sink *sink, tide_error *err)
{
    tide_code code = tide_pg_connect(&sink->control, err);
    if (code == TIDE_REMOTE_RETRY && sink->control.is_refused_for_now && !sink->has_waited) {
        sink->has_waited = true;
        return tide_pg_retry_work(&sink->retry, &sink->control, stay_connected, NULL, err);
    }
    return tide_pg_finally(code, err);
}

tide_code tide_pg_sink_connect(tide_pg_sink *sink, tide_error *err)
{
    if (sink->names.target != NULL) { /* a connection lost since is for who uses it to renew */
        return TIDE_OK;
    }
    if (!tide_pg_is_connected(&sink->control)) {
        TIDE_TRY(connect_first(sink, err));
    }
    char *schema;
    TIDE_TRY(tide_pg_finally(
        tide_pg_ask(&sink->control, "SELECT current_schema()", NULL, 0, &schema, err), err));
    tide_code code =
        tide_pg_names_resolve(&sink->names, sink->target, schema == NULL ? "" : schema, err);
    tide_free(schema);
    return code == TIDE_OK ? check_version(sink, err) : code;
}

tide_code tide_pg_table_exists(tide_pg_connection *connection, const char *quoted, bool *exists,
                               tide_error *err)
{
    char *answer;
    TIDE_TRY(tide_pg_ask(connection, "SELECT to_regclass($1)::oid", &quoted, 1, &answer, err));
    *exists = answer != NULL;
    tide_free(answer);
    return TIDE_OK;
}

static tide_code open_worker(tide_sink *base, tide_sink_worker **worker, tide_error *err)
{
    tide_pg_sink *sink = (tide_pg_sink *)base;
    tide_sink_worker *made = tide_alloc_zero(1, sizeof *made);
    if (made == NULL) {
        return TIDE_FAIL_MEMORY(err, "a worker of the PostgreSQL sink");
    }
    made->sink = sink;
    tide_pg_encoder_init(&made->encoder);
    tide_reject_list_init(&made->parts.rejects);
    tide_pg_connection_init(&made->connection, &sink->login);
    char who[24];
    (void)snprintf(who, sizeof who, "w%lld", (long long)tide_atomic_add(&sink->worker_count, 1));
    tide_pg_lease_application(&sink->lease, who, made->application);
    tide_code code = tide_pg_retry_work(&sink->retry, &made->connection, stay_connected, NULL, err);
    if (code != TIDE_OK) {
        tide_free(made);
        return code;
    }
    *worker = made;
    return TIDE_OK;
}

static void close_worker(tide_sink_worker *worker)
{
    tide_pg_sink_abandon(worker);
    tide_pg_disconnect(&worker->connection);
    tide_pg_encoder_clear(&worker->encoder);
    tide_free(worker);
}

static void close_sink(tide_sink *base)
{
    tide_pg_sink *sink = (tide_pg_sink *)base;
    tide_pg_lease_clear(&sink->lease, &sink->control);
    tide_pg_disconnect(&sink->control);
    tide_pg_layout_clear(&sink->output);
    tide_pg_layout_clear(&sink->state);
    tide_pg_layout_clear(&sink->late);
    tide_order_clear(&sink->order);
    tide_free(sink->rows_sql);
    tide_free(sink->states_sql);
    tide_free(sink->late_sql);
    tide_pg_names_clear(&sink->names);
    tide_pg_login_clear(&sink->login);
    tide_free(sink);
}

static const tide_sink_vtable vtable = {
    .check = tide_pg_sink_check,
    .read_runs = tide_pg_sink_read_runs,
    .read_marks = tide_pg_sink_read_marks,
    .begin = tide_pg_sink_begin,
    .open_worker = open_worker,
    .close_worker = close_worker,
    .read_states = tide_pg_sink_read_states,
    .load = tide_pg_sink_load,
    .abandon = tide_pg_sink_abandon,
    .read_units = tide_pg_sink_read_units,
    .read_rejects = tide_pg_sink_read_rejects,
    .reject = tide_pg_sink_reject,
    .dismiss = tide_pg_sink_dismiss,
    .record = tide_pg_sink_record,
    .finish = tide_pg_sink_finish,
    .state_reset = tide_pg_sink_state_reset,
    .state_accept = tide_pg_sink_state_accept,
    .state_rewind = tide_pg_sink_state_rewind,
    .close = close_sink,
};

static tide_code init_login(tide_pg_sink *sink, const tide_postgres_options *options,
                            tide_error *err)
{
    char label[160];
    if (options->connection == NULL) {
        (void)snprintf(label, sizeof label, "PostgreSQL");
    } else {
        (void)snprintf(label, sizeof label, "PostgreSQL connection `%.120s`", options->connection);
    }
    return tide_pg_login_init(&sink->login, options->conninfo, label, err);
}

tide_code tide_postgres_sink_open(const tide_postgres_options *options, const tide_target *target,
                                  tide_sink **sink, tide_error *err)
{
    tide_pg_sink *made = tide_alloc_zero(1, sizeof *made);
    if (made == NULL) {
        return TIDE_FAIL_MEMORY(err, "the PostgreSQL sink");
    }
    tide_code code = init_login(made, options, err);
    if (code == TIDE_OK) {
        code = tide_pg_names_init(&made->names, target, err);
        if (code != TIDE_OK) {
            tide_pg_login_clear(&made->login);
        }
    }
    if (code != TIDE_OK) {
        tide_free(made);
        err->side = TIDE_SIDE_SINK;
        return code;
    }
    made->base = (tide_sink){
        .vtable = &vtable, .kind = "postgres", .limits = {SERIES_BYTES_MAX, TIDE_PG_FIRST_DAY}};
    made->target = target;
    made->staged = target->staged || target->mode == TIDE_REPLACE;
    made->retry = (tide_pg_retry){
        .attempts_max = options->attempts_max > 0 ? options->attempts_max : ATTEMPTS_MAX,
        .wait_ms = options->retry_wait_ms > 0 ? options->retry_wait_ms : RETRY_WAIT_MS,
        .cancel = target->cancel,
    };
    made->login.cancel = target->cancel;
    made->login.silence = target->cancel == NULL ? NULL : &made->silence;
    tide_pg_connection_init(&made->control, &made->login);
    tide_pg_lease_init(&made->lease, &made->names, target->pipeline, &made->login);
    *sink = &made->base;
    return TIDE_OK;
}

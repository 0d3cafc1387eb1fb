/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/memory.h"
#include "base/problem.h"
#include "sink/postgres/encoding.h"
#include "sink/postgres/postgres.h"

/* The first problem decides: what check would have told, for callers that did not ask. */
tide_code tide_pg_refuse_problems(const tide_text *problems, tide_error *err)
{
    if (tide_text_failed(problems)) {
        return TIDE_FAIL_MEMORY(err, "what was found about the table");
    }
    if (problems->size == 0) {
        return TIDE_OK;
    }
    const char *text = tide_text_c(problems);
    return TIDE_FAIL(err, TIDE_E_TABLE_UNFIT, "%.*s", (int)strcspn(text, "\n"), text);
}

/* Staged rows carry their positions after all other columns. */
static void add_position(tide_pg_layout *layout)
{
    static const tide_pg_server_type text = {.type = 25, .modifier = -1, .printed = "text"};
    const char *advice;
    if (tide_pg_writer_choose((tide_type){.id = TIDE_TEXT}, &text, false,
                              &layout->writers[layout->count], &advice)) {
        layout->count++;
        tide_pg_layout_seal(layout);
    }
}

static tide_code inspect(tide_pg_sink *sink, tide_error *err)
{
    tide_text problems;
    tide_text_init(&problems);
    bool exists;
    sink->takes_every_character = tide_pg_takes_every_character(&sink->control);
    tide_code code = tide_pg_table_exists(&sink->control, sink->names.target, &exists, err);
    if (code == TIDE_OK && exists) {
        code = tide_pg_inspect_table(sink, &problems, err);
    }
    tide_pg_layout_clear(&sink->output);
    if (code == TIDE_OK) {
        code =
            tide_pg_inspect_columns(sink, sink->staged ? sink->names.staging : sink->names.target,
                                    &sink->output, &problems, err);
    }
    if (code == TIDE_OK && sink->target->state != NULL) { /* here, since a rewind makes it anew */
        code = tide_pg_check_own_columns(
            sink, sink->names.state, &sink->target->state->schema, "state",
            "start over, or take the pipeline back to a day (`tidemill state`)", &problems, err);
    }
    if (code == TIDE_OK) {
        code = tide_pg_refuse_problems(&problems, err);
    }
    if (code == TIDE_OK && sink->keeps_positions) {
        add_position(&sink->output);
    }
    tide_text_clear(&problems);
    return code;
}

/* Beginnings go one by one, so that each finds the tables and the pipelines of the others. */
static tide_code lock_pipelines(tide_pg_sink *sink, tide_pg_connection *connection, tide_error *err)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql, "LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE",
                   sink->names.pipelines);
    return tide_pg_run(connection, sql, err);
}

/* Again under the lock: two runs may have been checked at the same time. */
tide_code tide_pg_refuse_sharing(tide_pg_sink *sink, tide_error *err)
{
    tide_text problems;
    tide_text_init(&problems);
    tide_code code = tide_pg_check_sharing(sink, &problems, err);
    if (code == TIDE_OK) {
        code = tide_pg_refuse_problems(&problems, err);
    }
    tide_text_clear(&problems);
    return code;
}

/* A pipeline that shares the table may have been reset, which takes it away from the others. */
static tide_code refuse_taken(tide_pg_sink *sink, tide_pg_connection *connection,
                              const tide_run_row *run, tide_error *err)
{
    char sql[512];
    char *same;
    (void)snprintf(sql, sizeof sql,
                   "SELECT 1 FROM %s WHERE pipeline = $1 AND table_oid = to_regclass($2)::oid",
                   sink->names.pipelines);
    const char *parameters[] = {sink->target->pipeline, sink->names.target};
    TIDE_TRY(tide_pg_ask(connection, sql, parameters, 2, &same, err));
    bool same_table = same != NULL;
    tide_free(same);
    return tide_run_refuse_taken(run, &sink->sight, same_table, err);
}

typedef struct beginning {
    tide_pg_sink *sink;
    const tide_run_row *run;
} beginning;

/* Safe to repeat: after an unclear COMMIT it finds everything there. */
static tide_code prepare(tide_pg_connection *connection, tide_pg_attempt *attempt, void *argument,
                         tide_error *err)
{
    beginning *begin = argument;
    tide_pg_sink *sink = begin->sink;
    char application[64];
    tide_pg_lease_application(&sink->lease, "begin", application);
    TIDE_TRY(tide_pg_begin(connection, attempt, application, err));
    TIDE_TRY(tide_pg_lease_check(&sink->lease, connection, err));
    /* Before the lock: whoever still has the row of such a run needs that to end. */
    TIDE_TRY(tide_pg_close_runs_before(sink, connection, begin->run->run, err));
    TIDE_TRY(lock_pipelines(sink, connection, err));
    TIDE_TRY(refuse_taken(sink, connection, begin->run, err));
    TIDE_TRY(tide_pg_prepare_late(sink, err));
    TIDE_TRY(tide_pg_create_target(sink, connection, err));
    TIDE_TRY(tide_pg_create_state(sink, connection, err));
    if (sink->staged) {
        /* What an earlier execution staged can't be told from what this one will: it goes. */
        TIDE_TRY(tide_pg_create_staging(sink, connection, err));
        TIDE_TRY(tide_pg_drop_markers(sink, connection, begin->run->run, err));
        TIDE_TRY(tide_pg_drop_staged_rejects(sink, connection, err));
    }
    TIDE_TRY(inspect(sink, err));
    TIDE_TRY(tide_pg_refuse_sharing(sink, err));
    TIDE_TRY(tide_pg_write_run(sink, connection, begin->run, err));
    if (begin->run->status != TIDE_RUN_RETRIED) {
        TIDE_TRY(tide_pg_drop_undone_rejects(sink, connection, err));
    }
    if (!sink->staged) {
        TIDE_TRY(tide_pg_write_identity(sink, connection, err));
    }
    return tide_pg_commit(connection, attempt, err);
}

static tide_code count_rejects(tide_pg_connection *connection, tide_pg_attempt *attempt,
                               void *argument, tide_error *err)
{
    (void)attempt;
    const beginning *begin = argument;
    return tide_pg_marker_count_rejects(begin->sink, connection, begin->run->run, err);
}

static tide_code make_layouts(tide_pg_sink *sink, tide_error *err)
{
    if (sink->target->state != NULL) {
        TIDE_TRY(tide_pg_layout_natural(&sink->state, &sink->target->state->schema, true, err));
    }
    if (sink->target->late != NULL && sink->target->late->field_count > 0) {
        TIDE_TRY(tide_pg_layout_natural(&sink->late, sink->target->late, true, err));
    }
    return tide_pg_make_sql(sink, err);
}

/* The lease is ours, so nobody begins another any more. */
static tide_code refuse_overtaken(tide_sink *base, const tide_run_row *run, tide_error *err)
{
    tide_run_row newest = {0};
    size_t count = 0;
    TIDE_TRY(tide_pg_sink_read_runs(base, 1, &newest, &count, err));
    tide_code code = tide_run_refuse_overtaken(run, count > 0 ? &newest : NULL, err);
    tide_run_row_clear(&newest);
    return code;
}

tide_code tide_pg_sink_begin(tide_sink *base, const tide_run_row *run, tide_error *err)
{
    tide_pg_sink *sink = (tide_pg_sink *)base;
    beginning begin = {sink, run};
    TIDE_TRY(tide_pg_sink_connect(sink, err));
    TIDE_TRY(tide_pg_create_engine_tables(sink, err));
    TIDE_TRY(tide_pg_lease_take(&sink->lease, &sink->control, &sink->retry, err));
    TIDE_TRY(refuse_overtaken(base, run, err));
    TIDE_TRY(tide_run_refuse_held(run, &sink->sight, sink->lease.epoch, err));
    TIDE_TRY(tide_pg_retry_work(&sink->retry, &sink->control, prepare, &begin, err));
    if (!tide_target_repeats(sink->target)) {
        TIDE_TRY(tide_pg_retry_work(&sink->retry, &sink->control, count_rejects, &begin, err));
    }
    sink->run = run->run;
    TIDE_TRY(make_layouts(sink, err));
    sink->begun = true;
    return TIDE_OK;
}

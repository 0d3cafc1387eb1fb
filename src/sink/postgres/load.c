/* SPDX-License-Identifier: Apache-2.0 */
/* One unit, one transaction:
 *
 *   BEGIN; marker; rows by chunks; late rows; rejects (those that are retried go first); epoch
 * (held until the end); states; COMMIT
 *
 * A unit whose connection is lost is done again from the start on a new one. Its marker tells
 * whether an unclear COMMIT was executed: the insert waits for the old transaction, if it still
 * runs, and then conflicts or not.
 *
 * A unit of several parts keeps its transaction open from part to part. What is lost with a
 * connection can't be sent again, so only its first part and its COMMIT outlive one.
 */
#include <stdio.h>

#include "base/memory.h"
#include "base/problem.h"
#include "sink/postgres/postgres.h"

/* A unit's lists of rejects: of its earlier parts, of steps, of types, of the server. */
#define REJECT_LISTS 4

typedef struct unit_load {
    tide_sink_worker *worker;
    const tide_unit *unit; /* or a part of one */
    tide_pg_rows *rows;
    tide_pg_loading loading;
    int64_t reserved;   /* rejects that count for the run's limit before they are committed */
    bool marked_now;    /* this call has inserted the marker */
    bool marked_before; /* an earlier call has committed the unit, as its marker says: */
    tide_pg_marker marker;
} unit_load;

static void collect_lists(const unit_load *load, const tide_reject_list **lists)
{
    lists[0] = &load->worker->parts.rejects;
    lists[1] = &load->unit->rejects;
    lists[2] = &load->rows->refused;
    lists[3] = &load->loading.refused;
}

static int64_t count_rejects(const unit_load *load)
{
    const tide_reject_list *lists[REJECT_LISTS];
    int64_t count = 0;
    collect_lists(load, lists);
    for (size_t i = 0; i < REJECT_LISTS; i++) {
        count += (int64_t)lists[i]->count;
    }
    return count;
}

/* Of this part. */
static tide_load_result result_of(const unit_load *load)
{
    return (tide_load_result){
        .loaded = load->loading.loaded,
        .superseded = load->loading.superseded + load->rows->superseded,
        .refused = (int64_t)(load->loading.refused.count + load->rows->refused.count),
    };
}

static void add_result(tide_load_result *sum, tide_load_result part)
{
    sum->loaded += part.loaded;
    sum->superseded += part.superseded;
    sum->refused += part.refused;
}

static void release_rejects(unit_load *load)
{
    (void)tide_atomic_add(&load->worker->sink->rejected_rows, -load->reserved);
    load->reserved = 0;
}

/* Units of other workers end at the same time: each counts before it commits, so that together they
 * can't pass the limit. */
static tide_code reserve_rejects(unit_load *load, tide_error *err)
{
    const tide_pg_sink *sink = load->worker->sink;
    int64_t count = count_rejects(load);
    load->reserved = count;
    int64_t sum = tide_atomic_add(&load->worker->sink->rejected_rows, count);
    if (count > 0 && sum > sink->target->max_rejects) {
        return TIDE_FAIL(err, TIDE_OVER_REJECTS, "too many rows are rejected");
    }
    return TIDE_OK;
}

static tide_code write_rejects(unit_load *load, tide_pg_connection *connection, tide_error *err)
{
    const tide_reject_list *lists[REJECT_LISTS];
    collect_lists(load, lists);
    return tide_pg_write_rejects(load->worker->sink, connection, &load->worker->encoder, lists,
                                 REJECT_LISTS, false, err);
}

static tide_code write_marker(unit_load *load, tide_pg_connection *connection, tide_error *err)
{
    const tide_pg_parts *parts = &load->worker->parts;
    tide_pg_marker marker = {
        .emitted = parts->row_count + load->rows->emitted,
        .rejected = count_rejects(load),
        .result = parts->result,
    };
    add_result(&marker.result, result_of(load));
    return tide_pg_marker_write(load->worker->sink, connection, load->unit->name, &marker, err);
}

/* Rows and late rows of a part; over_rejects when too many are refused. */
static tide_code write_part(unit_load *load, tide_pg_connection *connection, tide_error *err)
{
    tide_sink_worker *worker = load->worker;
    tide_reject_list_reset(&load->loading.refused);
    load->loading.loaded = 0;
    load->loading.superseded = 0;
    TIDE_TRY(tide_pg_load_rows(worker, connection, &load->loading, err));
    if (tide_pg_is_over_rejects(worker->sink, count_rejects(load))) {
        return TIDE_FAIL(err, TIDE_OVER_REJECTS, "too many rows are rejected");
    }
    return tide_pg_write_late(worker, load->unit, err);
}

static tide_code write_end(unit_load *load, tide_pg_connection *connection, tide_error *err)
{
    tide_sink_worker *worker = load->worker;
    TIDE_TRY(reserve_rejects(load, err));
    if (load->unit->retried != NULL) {
        TIDE_TRY(tide_pg_take_rejects(worker->sink, connection, &worker->encoder,
                                      load->unit->retried, err));
    }
    TIDE_TRY(write_rejects(load, connection, err));
    TIDE_TRY(write_marker(load, connection, err));
    TIDE_TRY(tide_pg_fault(connection, "postgres.fence", err));
    TIDE_TRY(tide_pg_lease_check(&worker->sink->lease, connection, err));
    TIDE_TRY(tide_pg_write_states(worker, connection, &load->unit->states, err));
    return tide_pg_fault(connection, "postgres.state", err);
}

/* The unit is there. Another unit of the same name must not be taken for it. */
static tide_code take_marker(unit_load *load, tide_pg_connection *connection, tide_error *err)
{
    TIDE_TRY(tide_pg_lease_look(&load->worker->sink->lease, connection, err)); /* whose it may be */
    TIDE_TRY(tide_pg_run(connection, "ROLLBACK", err));
    if (load->marked_now) {
        return TIDE_OK;
    }
    load->marked_before = true;
    TIDE_TRY(
        tide_pg_marker_read(load->worker->sink, connection, load->unit->name, &load->marker, err));
    if (load->unit->continues || load->marker.emitted == load->rows->emitted) {
        return TIDE_OK;
    }
    return TIDE_FAIL(err, TIDE_E_DEFECT,
                     "unit `%s` was committed before with %lld rows, and comes again with %lld",
                     load->unit->name, (long long)load->marker.emitted,
                     (long long)load->rows->emitted);
}

/* A whole unit, or the first part of one, which leaves the transaction open. */
static tide_code load_once(tide_pg_connection *connection, tide_pg_attempt *attempt, void *argument,
                           tide_error *err)
{
    unit_load *load = argument;
    tide_sink_worker *worker = load->worker;
    bool inserted;
    release_rejects(load);
    TIDE_TRY(tide_pg_begin(connection, attempt, worker->application, err));
    TIDE_TRY(tide_pg_marker_insert(worker->sink, connection, load->unit->name, &inserted, err));
    if (!inserted) {
        return take_marker(load, connection, err);
    }
    if (attempt->number > 1) { /* no work for a run that was taken over */
        TIDE_TRY(tide_pg_lease_look(&worker->sink->lease, connection, err));
    }
    load->marked_now = true;
    attempt->commit_unclear = false; /* had it been executed, the marker would be there */
    TIDE_TRY(write_part(load, connection, err));
    if (load->unit->continues) {
        return TIDE_OK;
    }
    TIDE_TRY(write_end(load, connection, err));
    return tide_pg_commit(connection, attempt, err);
}

static tide_code ask_marker(tide_pg_connection *connection, tide_pg_attempt *attempt,
                            void *argument, tide_error *err)
{
    unit_load *load = argument;
    tide_sink_worker *worker = load->worker;
    tide_pg_attempt later = {.number = attempt->number + 1}; /* the first was the COMMIT's */
    bool inserted;
    attempt->commit_unclear = true;
    TIDE_TRY(tide_pg_begin(connection, &later, worker->application, err));
    TIDE_TRY(tide_pg_marker_insert(worker->sink, connection, load->unit->name, &inserted, err));
    load->marked_now = !inserted;
    return tide_pg_run(connection, "ROLLBACK", err);
}

/* The COMMIT of a unit in parts was unclear: its marker is there, or the split is read anew. */
static tide_code resolve_commit(unit_load *load, tide_error *err)
{
    tide_sink_worker *worker = load->worker;
    tide_error cause = *err;
    load->marked_now = false;
    TIDE_TRY(tide_pg_retry_work(&worker->sink->retry, &worker->connection, ask_marker, load, err));
    if (load->marked_now) {
        tide_error_clear(err);
        return TIDE_OK;
    }
    *err = cause;
    return TIDE_REMOTE_RETRY;
}

/* A part after the first, in the open transaction. */
static tide_code continue_unit(unit_load *load, tide_error *err)
{
    tide_sink_worker *worker = load->worker;
    tide_pg_attempt attempt = {.number = 1};
    TIDE_TRY(write_part(load, &worker->connection, err));
    if (load->unit->continues) {
        return tide_pg_fault(&worker->connection, "postgres.part", err);
    }
    TIDE_TRY(write_end(load, &worker->connection, err));
    tide_code code = tide_pg_commit(&worker->connection, &attempt, err);
    return code != TIDE_OK && attempt.commit_unclear ? resolve_commit(load, err) : code;
}

/* The unit has rolled back; its rejects stay, so that the operator can see what to repair. */
static tide_code give_up(unit_load *load, tide_error *err)
{
    tide_sink_worker *worker = load->worker;
    const tide_reject_list *lists[REJECT_LISTS];
    char what[256];
    collect_lists(load, lists);
    tide_pg_roll_back(&worker->connection);
    TIDE_TRY(tide_pg_commit_rejects(worker->sink, &worker->connection, &worker->encoder,
                                    worker->application, lists, REJECT_LISTS, true, err));
    (void)snprintf(what, sizeof what, "unit `%.200s`", load->unit->name);
    return tide_pg_fail_over_rejects(worker->sink, what, lists, REJECT_LISTS, err);
}

static tide_code add_to_parts(unit_load *load, tide_load_result result, tide_error *err)
{
    tide_pg_parts *parts = &load->worker->parts;
    parts->open = true;
    parts->marked_before = load->marked_before;
    parts->row_count += load->rows->emitted;
    if (load->marked_before) {
        return TIDE_OK;
    }
    add_result(&parts->result, result);
    TIDE_TRY(tide_reject_list_append(&parts->rejects, &load->unit->rejects, err));
    TIDE_TRY(tide_reject_list_append(&parts->rejects, &load->rows->refused, err));
    return tide_reject_list_append(&parts->rejects, &load->loading.refused, err);
}

/* A unit that was committed before gives its result with its last part, and none before. */
static tide_code note_success(unit_load *load, tide_load_result *result, tide_error *err)
{
    if (!load->marked_before) {
        *result = result_of(load);
    } else if (!load->unit->continues) {
        *result = load->marker.result;
    }
    if (load->unit->continues) {
        return add_to_parts(load, *result, err);
    }
    if (!load->marked_before) {
        (void)tide_atomic_add(&load->worker->sink->rejected_rows,
                              count_rejects(load) - load->reserved);
    }
    return TIDE_OK;
}

static tide_code load_prepared(unit_load *load, tide_error *err)
{
    tide_sink_worker *worker = load->worker;
    const tide_pg_sink *sink = worker->sink;
    if (tide_pg_sink_is_keyed(sink)) {
        tide_pg_rows_reduce(load->rows, &sink->order, sink->target->key_count);
    }
    TIDE_TRY(tide_pg_lease_remember(&sink->lease, err));
    if (worker->parts.marked_before) {
        load->marked_before = true;
        return tide_pg_marker_read(sink, &worker->connection, load->unit->name, &load->marker, err);
    }
    tide_code code = worker->parts.open ? continue_unit(load, err)
                                        : tide_pg_retry_work(&sink->retry, &worker->connection,
                                                             load_once, load, err);
    /* also of a part after the first */
    code = tide_pg_stopped(&sink->retry, &worker->connection, code, err);
    if (code == TIDE_REMOTE) {
        return tide_pg_lease_blame(&sink->lease, &worker->connection, err);
    }
    return code == TIDE_OVER_REJECTS ? give_up(load, err) : code;
}

tide_code tide_pg_sink_load(tide_sink_worker *worker, tide_unit *unit, tide_load_result *result,
                            tide_error *err)
{
    tide_pg_rows rows;
    tide_pg_rows_options options = {
        .unit = unit,
        .schema = worker->sink->target->output,
        .layout = &worker->sink->output,
        .rows_before = worker->parts.row_count,
        .with_position = worker->sink->keeps_positions,
    };
    *result = (tide_load_result){0};
    tide_code code = tide_pg_rows_init(&rows, &options, err);
    if (code == TIDE_OK) {
        unit_load load = {
            .worker = worker, .unit = unit, .rows = &rows, .loading = {.rows = &rows}};
        tide_reject_list_init(&load.loading.refused);
        code = load_prepared(&load, err);
        if (code == TIDE_OK) {
            code = note_success(&load, result, err);
        } else {
            release_rejects(&load);
        }
        tide_reject_list_clear(&load.loading.refused);
        tide_pg_rows_clear(&rows);
    }
    if (code != TIDE_OK || !unit->continues) {
        tide_pg_sink_abandon(worker);
    }
    return code;
}

void tide_pg_sink_abandon(tide_sink_worker *worker)
{
    tide_pg_roll_back(&worker->connection);
    tide_reject_list_clear(&worker->parts.rejects);
    worker->parts = (tide_pg_parts){0};
    tide_reject_list_init(&worker->parts.rejects);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/limits.h"
#include "base/problem.h"
#include "flow/table_names.h"
#include "sink/store/reject_table.h"
#include "sink/store/sql.h"
#include "sink/store/store.h"

tide_code tide_store_mark_unit(tide_store *store, const char *unit, int64_t row_count,
                               tide_load_result *result, bool *done, tide_error *err)
{
    tide_marker marker = {.emitted = row_count};
    TIDE_TRY(tide_ledger_insert_marker(&store->db, store->target->pipeline, store->run, unit,
                                       &marker, done, err));
    if (*done) {
        *result = marker.result;
    }
    return TIDE_OK;
}

/* Without state nothing is late; what is staged may be thrown away, which late rows must not be. */
static tide_code check_late_rows(const tide_store *store, const tide_unit *unit, tide_error *err)
{
    if (tide_unit_has_late_rows(unit) &&
        (store->late_table == NULL || tide_store_is_staged(store))) {
        return TIDE_FAIL(err, TIDE_E_DEFECT, "unit %s has late rows, but its run keeps none",
                         unit->name);
    }
    return TIDE_OK;
}

static tide_code write_late_batch(void *context, const tide_batch *batch, tide_error *err)
{
    tide_store *store = context;
    return tide_row_writer_write_batch(&store->late_writer, &store->db, batch, "writing late rows",
                                       err);
}

static tide_code write_batches(tide_store *store, const tide_unit *unit, tide_error *err)
{
    TIDE_TRY(check_late_rows(store, unit, err));
    if (store->late_table != NULL) {
        TIDE_TRY(tide_unit_visit_late_rows(unit, write_late_batch, store, err));
    }
    if (store->state_table == NULL) {
        return TIDE_OK;
    }
    return tide_row_writer_write_batch(&store->state_writer, &store->db, &unit->states,
                                       "writing states", err);
}

static tide_reject_table table_of(tide_store *store)
{
    return (tide_reject_table){&store->db, store->rejects_table, store->target};
}

tide_code tide_store_write_rejects(tide_store *store, const tide_reject_list *rejects,
                                   tide_error *err)
{
    tide_reject_table table = table_of(store);
    return tide_reject_table_write(&table, rejects, store->run, false, err);
}

tide_code tide_store_write_unit(tide_store *store, const tide_unit *unit,
                                const tide_unit_parts *parts, tide_error *err)
{
    tide_marker marker = {
        .emitted = parts->row_count,
        .rejected = (int64_t)parts->rejects.count,
        .result = parts->result,
    };
    if (unit->retried != NULL) {
        tide_reject_table table = table_of(store);
        TIDE_TRY(tide_reject_table_take(&table, unit->retried, err));
    }
    TIDE_TRY(tide_store_write_rejects(store, &parts->rejects, err));
    TIDE_TRY(tide_ledger_update_marker(&store->db, store->target->pipeline, store->run, unit->name,
                                       &marker, err));
    return write_batches(store, unit, err);
}

/* COMMIT failed: was it committed all the same? The error stays when it was not, or when nobody
 * can say. */
static tide_code ask_marker(tide_store *store, const char *unit, tide_error *err)
{
    tide_error ignored;
    tide_marker marker;
    bool exists = false;
    tide_error_clear(&ignored);
    tide_mutex_lock(&store->lock);
    tide_code code = tide_ledger_read_marker(&store->db, store->target->pipeline, store->run, unit,
                                             &marker, &exists, &ignored);
    tide_mutex_unlock(&store->lock);
    if (code == TIDE_OK && exists) {
        tide_error_clear(err);
        return TIDE_OK;
    }
    return err->code;
}

tide_code tide_store_commit_unit(tide_store *store, const char *unit, const tide_unit_parts *parts,
                                 tide_error *err)
{
    int64_t rejected = (int64_t)parts->rejects.count;
    store->rejected_rows += rejected; /* under the lock, which commit gives back */
    if (tide_store_commit(store, err) == TIDE_OK || ask_marker(store, unit, err) == TIDE_OK) {
        return TIDE_OK;
    }
    tide_mutex_lock(&store->lock);
    store->rejected_rows -= rejected;
    tide_mutex_unlock(&store->lock);
    return err->code;
}

bool tide_store_over_rejects(const tide_store *store, size_t rejected)
{
    return rejected > 0 && store->rejected_rows + (int64_t)rejected > store->target->max_rejects;
}

static tide_code commit_rejects(tide_store *store, const tide_reject_list *rejects, bool undone,
                                tide_error *err)
{
    tide_reject_table table = table_of(store);
    TIDE_TRY(tide_store_enter(store, err));
    return tide_store_end(store, tide_reject_table_write(&table, rejects, store->run, undone, err),
                          err);
}

tide_code tide_store_reject(tide_sink *sink, const tide_reject_list *rejects, tide_error *err)
{
    tide_store *store = (tide_store *)sink;
    TIDE_TRY(commit_rejects(store, rejects, false, err));
    tide_mutex_lock(&store->lock);
    store->rejected_rows += (int64_t)rejects->count;
    tide_mutex_unlock(&store->lock);
    return TIDE_OK;
}

tide_code tide_store_dismiss(tide_sink *sink, const tide_reject_list *rejects, int64_t run,
                             tide_error *err)
{
    tide_store *store = (tide_store *)sink;
    tide_reject_table table = table_of(store);
    TIDE_TRY(tide_store_enter(store, err));
    tide_code code = tide_reject_table_create(&table, err); /* one of an earlier version grows */
    if (code == TIDE_OK) {
        code = tide_reject_table_dismiss(&table, rejects, run, err);
    }
    return tide_store_end(store, code, err);
}

tide_code tide_store_fail_over_rejects(tide_store *store, const char *unit,
                                       const tide_reject_list *rejects, tide_error *err)
{
    const tide_reject *first = &rejects->items[0];
    TIDE_TRY(commit_rejects(store, rejects, true, err));
    return TIDE_FAIL(err, TIDE_OVER_REJECTS,
                     "%zu rows of %s were rejected, and max_rejects is %lld for the run; the "
                     "first: %s: %s%s%s; see %s. Repair them, or raise max_rejects, and run again",
                     rejects->count, unit, (long long)store->target->max_rejects, first->position,
                     first->column == NULL ? "" : first->column, first->column == NULL ? "" : ": ",
                     first->reason, store->rejects_table);
}

static tide_code swap_state(tide_store *store, tide_error *err)
{
    tide_text sql;
    tide_text_init(&sql);
    if (store->target->mode == TIDE_REPLACE) {
        tide_text_append(&sql, "DELETE FROM ");
        tide_sql_append_name(&sql, store->state_table);
        tide_text_append(&sql, ";");
    }
    tide_text_append(&sql, "INSERT OR REPLACE INTO ");
    tide_sql_append_name(&sql, store->state_table);
    tide_text_append(&sql, " (");
    tide_sql_append_names(&sql, &store->target->state->schema, "");
    tide_text_append(&sql, ") SELECT ");
    tide_sql_append_names(&sql, &store->target->state->schema, "");
    tide_text_append(&sql, " FROM ");
    tide_sql_append_name(&sql, store->staged_state);
    TIDE_TRY(tide_db_execute_text(&store->db, &sql, err));
    tide_row_writer_clear(&store->state_writer); /* its table goes */
    return tide_db_drop_table(&store->db, store->staged_state, err);
}

tide_code tide_store_finish_run(tide_store *store, const tide_run_row *run, tide_error *err)
{
    const char *pipeline = store->target->pipeline;
    if (store->staged_state != NULL) {
        TIDE_TRY(swap_state(store, err));
    }
    if (store->target->mode == TIDE_REPLACE) {
        tide_reject_table table = table_of(store);
        TIDE_TRY(tide_reject_table_drop_replaced(&table, store->run, err));
    }
    TIDE_TRY(tide_ledger_drop_markers(&store->db, pipeline, err));
    TIDE_TRY(tide_ledger_write_marks(&store->db, pipeline, run, err));
    return tide_ledger_write_run(&store->db, pipeline, run, err);
}

/* A retry that has ended needs no markers any more; of runs finish and the next begin drop them. */
static tide_code record_inside(tide_store *store, const tide_run_row *run, tide_error *err)
{
    const char *pipeline = store->target->pipeline;
    if (run->status == TIDE_RUN_RETRIED && run->ended_at != 0) {
        TIDE_TRY(tide_ledger_drop_markers(&store->db, pipeline, err));
    }
    return tide_ledger_write_run(&store->db, pipeline, run, err);
}

tide_code tide_store_record(tide_sink *sink, const tide_run_row *run, tide_error *err)
{
    tide_store *store = (tide_store *)sink;
    TIDE_TRY(tide_store_enter(store, err));
    return tide_store_end(store, record_inside(store, run, err), err);
}

static tide_code empty_table(tide_db *db, const char *table, tide_error *err)
{
    bool exists = false;
    if (table != NULL) {
        TIDE_TRY(tide_db_has_table(db, table, &exists, err));
    }
    return exists ? tide_db_empty_table(db, table, err) : TIDE_OK;
}

/* Of a pipeline whose series was taken away since it was last run. Who never had one keeps neither
 * state nor late rows: tables of these names are somebody else's. */
static tide_code forget_series(tide_store *store, tide_error *err)
{
    const tide_target *target = store->target;
    tide_db *db = &store->db;
    int64_t had_series = 0;
    char late[TIDE_IDENTIFIER_BYTES_MAX + sizeof TIDE_LATE_SUFFIX];
    char state[TIDE_IDENTIFIER_BYTES_MAX + sizeof TIDE_STATE_PREFIX];
    TIDE_TRY(tide_db_query_integer(
        db,
        "SELECT instr(fingerprint_text, char(10) || 'series: \"') > 0 FROM tidemill_pipelines "
        "WHERE pipeline = ?1",
        &target->pipeline, 1, 0, &had_series, err));
    if (had_series == 0 || store->state_table != NULL) {
        return TIDE_OK;
    }
    (void)snprintf(late, sizeof late, "%s" TIDE_LATE_SUFFIX, target->table);
    (void)snprintf(state, sizeof state, TIDE_STATE_PREFIX "%s", target->pipeline);
    TIDE_TRY(empty_table(db, late, err));
    return tide_db_drop_table(db, state, err);
}

tide_code tide_store_forget(tide_store *store, tide_error *err)
{
    tide_db *db = &store->db;
    TIDE_TRY(forget_series(store, err));
    const char *tables[] = {store->staged_state, store->staged_table, store->late_table};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        TIDE_TRY(empty_table(db, tables[i], err));
    }
    if (store->state_table != NULL) { /* its columns may be of other types from now on */
        TIDE_TRY(tide_db_drop_table(db, store->state_table, err));
    }
    tide_reject_table rejects = table_of(store);
    TIDE_TRY(tide_reject_table_forget(&rejects, err));
    /* A run that has not ended would go on with what it has planned: with less than everything. */
    TIDE_TRY(tide_ledger_close_runs_before(db, store->target->pipeline, INT64_MAX, err));
    TIDE_TRY(tide_ledger_forget_marks(db, store->target->pipeline, err));
    return tide_ledger_forget_pipeline(db, store->target->pipeline, err);
}

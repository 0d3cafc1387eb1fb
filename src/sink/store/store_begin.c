/* SPDX-License-Identifier: Apache-2.0 */
/* The first transaction of a run: tables, lease, the run's row. */
#include <string.h>

#include "base/problem.h"
#include "sink/store/lease.h"
#include "sink/store/reject_table.h"
#include "sink/store/sql.h"
#include "sink/store/store.h"

static tide_code create_own_tables(tide_store *store, tide_error *err)
{
    tide_db *db = &store->db;
    const tide_target *target = store->target;
    tide_reject_table rejects = {db, store->rejects_table, target};
    TIDE_TRY(tide_reject_table_create(&rejects, err));
    TIDE_TRY(tide_store_prepare_late(store, err));
    if (store->state_table != NULL) {
        TIDE_TRY(tide_state_table_create(db, store->state_table, target->state, err));
    }
    if (store->staged_state != NULL) {
        TIDE_TRY(tide_state_table_create(db, store->staged_state, target->state, err));
    }
    return TIDE_OK;
}

/* What an earlier execution staged can't be told from what this one will: it begins anew. */
static tide_code drop_staging(tide_store *store, tide_error *err)
{
    if (!tide_store_is_staged(store)) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_db_drop_table(&store->db, store->staged_table, err));
    TIDE_TRY(store->staged_state == NULL
                 ? TIDE_OK
                 : tide_db_drop_table(&store->db, store->staged_state, err));
    return tide_ledger_drop_markers(&store->db, store->target->pipeline, err);
}

static tide_code refuse_problems(tide_code code, tide_text *problems, tide_error *err)
{
    if (code == TIDE_OK && tide_text_failed(problems)) {
        code = TIDE_FAIL_MEMORY(err, "looking for other pipelines");
    } else if (code == TIDE_OK && problems->size > 0) {
        code = TIDE_FAIL(err, TIDE_E_TABLE_UNFIT, "%.*s", (int)strcspn(tide_text_c(problems), "\n"),
                         tide_text_c(problems));
    }
    tide_text_clear(problems);
    return code;
}

/* Again under the lock: two runs may have been checked at the same time. */
tide_code tide_store_refuse_rivals(tide_store *store, tide_error *err)
{
    tide_text problems;
    tide_text_init(&problems);
    tide_code code = tide_ledger_find_rivals(&store->db, store->target, &problems, err);
    return refuse_problems(code, &problems, err);
}

tide_code tide_store_waits_with_identity(tide_store *store, bool *waits, tide_error *err)
{
    tide_pipeline_row row;
    TIDE_TRY(tide_ledger_read_pipeline(&store->db, store->target->pipeline, &row, err));
    *waits = row.fingerprint != NULL && store->target->mode == TIDE_REPLACE;
    tide_pipeline_row_clear(&row);
    return TIDE_OK;
}

static tide_code refuse_state(tide_store *store, tide_error *err)
{
    tide_text problems;
    tide_text_init(&problems);
    tide_code code = tide_store_check_state(store, &problems, err);
    return refuse_problems(code, &problems, err);
}

static tide_code refuse_overtaken(tide_store *store, const tide_run_row *run, tide_error *err)
{
    tide_run_row newest = {0};
    size_t count = 0;
    TIDE_TRY(tide_ledger_read_runs(&store->db, store->target->pipeline, 1, &newest, &count, err));
    tide_code code = tide_run_refuse_overtaken(run, count > 0 ? &newest : NULL, err);
    tide_run_row_clear(&newest);
    return code;
}

static tide_code begin_inside(tide_store *store, const tide_run_row *run, tide_error *err)
{
    tide_db *db = &store->db;
    const char *pipeline = store->target->pipeline;
    TIDE_TRY(tide_store_create_engine_tables(db, err));
    TIDE_TRY(tide_lease_take(db, pipeline, &store->epoch, err));
    TIDE_TRY(refuse_overtaken(store, run, err));
    TIDE_TRY(tide_run_refuse_held(run, &store->sight, store->epoch, err));
    TIDE_TRY(tide_store_refuse_rivals(store, err));
    TIDE_TRY(refuse_state(store, err));
    TIDE_TRY(tide_ledger_close_runs_before(db, pipeline, run->run, err));
    TIDE_TRY(tide_ledger_write_run(db, pipeline, run, err));
    TIDE_TRY(drop_staging(store, err));
    TIDE_TRY(create_own_tables(store, err));
    if (run->status != TIDE_RUN_RETRIED) {
        tide_reject_table rejects = {db, store->rejects_table, store->target};
        TIDE_TRY(tide_reject_table_drop_undone(&rejects, err));
        TIDE_TRY(tide_store_is_staged(store) ? tide_reject_table_drop_staged(&rejects, err)
                                             : TIDE_OK);
    }
    if (tide_target_repeats(store->target)) {
        return TIDE_OK;
    }
    return tide_ledger_count_rejects(db, pipeline, run->run, &store->rejected_rows, err);
}

tide_code tide_store_begin_run(tide_store *store, const tide_run_row *run, tide_error *err)
{
    tide_mutex_lock(&store->lock);
    tide_code code = tide_store_connect_writable(store, err);
    if (code == TIDE_OK) {
        code = tide_db_execute(&store->db, "BEGIN IMMEDIATE", err);
    }
    if (code != TIDE_OK) {
        tide_mutex_unlock(&store->lock);
        return code;
    }
    code = begin_inside(store, run, err);
    if (code != TIDE_OK) {
        tide_store_abort_begin(store);
        return code;
    }
    store->run = run->run;
    return TIDE_OK;
}

static tide_code prepare_writers(tide_store *store, tide_error *err)
{
    const tide_target *target = store->target;
    tide_store_clear_writers(store);
    if (store->late_table != NULL) {
        tide_text sql;
        tide_text_init(&sql);
        tide_sql_append_insert(&sql, store->late_table, target->late);
        TIDE_TRY(tide_row_writer_init(&store->late_writer, &store->db, target->late, &sql, err));
    }
    if (store->state_table == NULL) {
        return TIDE_OK;
    }
    const char *table = store->staged_state != NULL ? store->staged_state : store->state_table;
    return tide_state_table_writer(&store->db, table, target->state, &store->state_writer, err);
}

tide_code tide_store_end(tide_store *store, tide_code code, tide_error *err)
{
    if (code != TIDE_OK) {
        tide_store_abort(store);
        return code;
    }
    return tide_store_commit(store, err);
}

void tide_store_abort_begin(tide_store *store)
{
    store->epoch = 0; /* rolled back with the rest; another process may get the same one */
    tide_store_abort(store);
}

tide_code tide_store_commit_begin(tide_store *store, tide_error *err)
{
    tide_code code = tide_store_commit(store, err);
    if (code != TIDE_OK) {
        store->epoch = 0;
        return code;
    }
    TIDE_TRY(prepare_writers(store, err));
    return tide_store_renewal_start(store, err);
}

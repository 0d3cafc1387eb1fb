/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fault.h"
#include "sink/sqlite/sqlite_parts.h"
#include "sink/sqlite/table.h"

/* Staged rows were counted as loaded: result takes back those that the table refuses. */
static tide_code move_staged(tide_sqlite_sink *sink, tide_refusals *refusals,
                             tide_load_result *result, tide_error *err)
{
    tide_store *store = &sink->store;
    const char *table = store->target->table;
    tide_move move = {.from = store->staged_table, .to = table};
    tide_insertion_clear(&sink->insertion); /* its table goes */
    TIDE_TRY(tide_table_create(&store->db, store->target, err));
    if (store->target->mode == TIDE_REPLACE) {
        TIDE_TRY(tide_db_empty_table(&store->db, table, err));
    }
    TIDE_TRY(tide_sqlite_move(sink, &move, refusals, err));
    *result = (tide_load_result){.loaded = -move.refused, .refused = move.refused};
    return TIDE_OK;
}

/* *over: the table refuses more of the staged rows than the run may reject. */
static tide_code finish_inside(tide_sqlite_sink *sink, const tide_run_row *run,
                               tide_refusals *refusals, tide_load_result *result, bool *over,
                               tide_error *err)
{
    tide_store *store = &sink->store;
    if (tide_store_is_staged(store)) {
        TIDE_TRY(move_staged(sink, refusals, result, err));
        *over = tide_store_over_rejects(store, refusals->list->count);
        if (*over) {
            return TIDE_OK;
        }
        TIDE_TRY(tide_store_write_rejects(store, refusals->list, err));
        TIDE_TRY(tide_sqlite_keep_identity(sink, err));
    }
    TIDE_TRY(tide_store_finish_run(store, run, err));
    TIDE_FAULT_POINT("sqlite.finish.before");
    return TIDE_OK;
}

static tide_code finish_transaction(tide_sqlite_sink *sink, const tide_run_row *run,
                                    tide_refusals *refusals, tide_load_result *result,
                                    tide_error *err)
{
    bool over = false;
    TIDE_TRY(tide_store_enter(&sink->store, err));
    tide_code code = finish_inside(sink, run, refusals, result, &over, err);
    if (code == TIDE_OK && !over) {
        code = tide_store_commit(&sink->store, err);
        TIDE_FAULT_POINT("sqlite.finish.after");
        return code;
    }
    tide_store_abort(&sink->store);
    return code == TIDE_OK
               ? tide_store_fail_over_rejects(&sink->store, "the staged ones", refusals->list, err)
               : code;
}

tide_code tide_sqlite_finish(tide_sqlite_sink *sink, const tide_run_row *run,
                             tide_load_result *result, tide_error *err)
{
    tide_reject_list rejects;
    tide_refusals refusals;
    *result = (tide_load_result){0};
    tide_reject_list_init(&rejects);
    tide_code code = tide_refusals_init(&refusals, NULL, 0, &rejects, err);
    if (code == TIDE_OK) {
        code = finish_transaction(sink, run, &refusals, result, err);
        tide_refusals_clear(&refusals);
    }
    tide_reject_list_clear(&rejects);
    if (code != TIDE_OK) {
        *result = (tide_load_result){0};
    }
    return code;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fault.h"
#include "base/problem.h"
#include "sink/sqlite/sqlite_parts.h"
#include "sink/sqlite/table.h"

tide_code tide_sqlite_keep_identity(tide_sqlite_sink *sink, tide_error *err)
{
    tide_db *db = &sink->store.db;
    const tide_target *target = sink->store.target;
    tide_pipeline_row row;
    bool same = false;
    bool exists = false;
    char token[17];
    TIDE_TRY(tide_ledger_read_pipeline(db, target->pipeline, &row, err));
    tide_code code = tide_table_is(db, target->table, row.table_identity, &same, err);
    if (code == TIDE_OK) {
        code = tide_db_has_table(db, target->table, &exists, err);
    }
    if (code == TIDE_OK && exists && !same) {
        code = tide_store_make_token(token, err);
        if (code == TIDE_OK) {
            code = tide_table_mark(db, target->table, token, err);
        }
    }
    if (code == TIDE_OK) {
        const char *kept = same ? row.table_identity : token;
        code = tide_ledger_write_pipeline(db, target, exists ? kept : NULL, err);
    }
    tide_pipeline_row_clear(&row);
    return code;
}

/* Under the lock: a pipeline that shares the table may have been reset. */
static tide_code refuse_taken(tide_sqlite_sink *sink, const tide_run_row *run, tide_error *err)
{
    tide_store *store = &sink->store;
    tide_pipeline_row row;
    bool same = false;
    TIDE_TRY(tide_ledger_read_pipeline(&store->db, store->target->pipeline, &row, err));
    tide_code code =
        tide_table_is(&store->db, store->target->table, row.table_identity, &same, err);
    tide_pipeline_row_clear(&row);
    return code == TIDE_OK ? tide_run_refuse_taken(run, &store->sight, same, err) : code;
}

static tide_code refuse_problems(const tide_text *problems, tide_error *err)
{
    if (tide_text_failed(problems)) {
        return TIDE_FAIL_MEMORY(err, "what is wrong with the table");
    }
    int first_line = (int)strcspn(tide_text_c(problems), "\n");
    return first_line == 0
               ? TIDE_OK
               : TIDE_FAIL(err, TIDE_E_TABLE_UNFIT, "%.*s", first_line, tide_text_c(problems));
}

static tide_code check_again(tide_sqlite_sink *sink, tide_error *err)
{
    bool exists;
    tide_text problems;
    TIDE_TRY(tide_db_has_table(&sink->store.db, sink->store.target->table, &exists, err));
    if (!exists) {
        return TIDE_OK;
    }
    tide_text_init(&problems);
    tide_code code = tide_table_check(&sink->store.db, sink->store.target, &problems, err);
    if (code == TIDE_OK) {
        code = refuse_problems(&problems, err);
    }
    tide_text_clear(&problems);
    return code;
}

/* Parts of units that were never completed: tables of the workers of earlier executions. */
static tide_code drop_parts(tide_sqlite_sink *sink, tide_error *err)
{
    tide_db *db = &sink->store.db;
    sqlite3_stmt *statement = NULL;
    bool has_row = false;
    tide_text drops;
    TIDE_TRY(
        tide_db_prepare(db,
                        "SELECT group_concat('DROP TABLE \"' || replace(name, '\"', '\"\"') || "
                        "'\"', ';') FROM sqlite_schema WHERE type = 'table' AND "
                        "substr(name, 1, length(?1)) = ?1 AND "
                        "substr(name, length(?1) + 1) NOT GLOB '*[^0-9]*'",
                        &statement, err));
    tide_text_init(&drops);
    (void)sqlite3_bind_text(statement, 1, sink->store.parts_prefix, -1, SQLITE_STATIC);
    tide_code code = tide_db_step(db, statement, &has_row, "looking for parts", err);
    const char *found = NULL;
    if (code == TIDE_OK && has_row) {
        code = tide_db_text(statement, 0, &found, err);
    }
    tide_text_append(&drops, found == NULL ? "" : found);
    (void)sqlite3_finalize(statement);
    if (code != TIDE_OK) {
        tide_text_clear(&drops);
        return code;
    }
    return tide_db_execute_text(db, &drops, err);
}

static tide_code begin_inside(tide_sqlite_sink *sink, const tide_run_row *run, tide_error *err)
{
    tide_store *store = &sink->store;
    bool waits = false;
    TIDE_TRY(check_again(sink, err));
    TIDE_TRY(refuse_taken(sink, run, err));
    TIDE_TRY(drop_parts(sink, err));
    TIDE_TRY(tide_store_waits_with_identity(store, &waits, err));
    if (tide_store_is_staged(store)) {
        TIDE_TRY(tide_table_create_staging(&store->db, store->staged_table, store->target, err));
    }
    if (store->target->mode != TIDE_REPLACE) { /* replace creates it when it has the rows */
        TIDE_TRY(tide_table_create(&store->db, store->target, err));
    }
    return waits ? TIDE_OK : tide_sqlite_keep_identity(sink, err);
}

static tide_code make_insertion(tide_sqlite_sink *sink, tide_error *err)
{
    tide_store *store = &sink->store;
    bool staged = tide_store_is_staged(store);
    tide_comparison *comparison = sink->has_key ? &sink->comparison : NULL;
    if (sink->has_key) {
        TIDE_TRY(tide_comparison_register(&store->db, comparison, err));
    }
    return tide_insertion_init(&sink->insertion, &store->db, store->target,
                               staged ? store->staged_table : store->target->table, comparison,
                               staged, err);
}

tide_code tide_sqlite_begin(tide_sqlite_sink *sink, const tide_run_row *run, tide_error *err)
{
    TIDE_TRY(tide_store_begin_run(&sink->store, run, err));
    tide_code code = begin_inside(sink, run, err);
    if (code != TIDE_OK) {
        tide_store_abort_begin(&sink->store);
        return code;
    }
    TIDE_TRY(tide_store_commit_begin(&sink->store, err));
    TIDE_FAULT_POINT("sqlite.begun");
    return make_insertion(sink, err);
}

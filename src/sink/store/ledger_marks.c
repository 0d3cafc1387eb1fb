/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/store/ledger.h"

static tide_code add_rows(tide_db *db, sqlite3_stmt *statement, tide_read_mark_list *marks,
                          tide_error *err)
{
    for (;;) {
        bool has_row;
        TIDE_TRY(tide_db_step(db, statement, &has_row, "reading marks", err));
        if (!has_row) {
            return TIDE_OK;
        }
        tide_read_mark mark = {.open = sqlite3_column_int(statement, 2) != 0};
        TIDE_TRY(tide_db_text(statement, 0, &mark.name, err));
        TIDE_TRY(tide_db_text(statement, 1, &mark.value, err));
        TIDE_TRY(tide_read_mark_list_add(marks, &mark, err));
    }
}

tide_code tide_ledger_read_marks(tide_db *db, const char *pipeline, tide_read_mark_list *marks,
                                 tide_error *err)
{
    bool exists;
    TIDE_TRY(tide_db_has_table(db, "tidemill_marks", &exists, err));
    if (!exists) {
        return TIDE_OK;
    }
    sqlite3_stmt *statement = NULL;
    TIDE_TRY(tide_db_prepare(
        db, "SELECT name, value, open FROM tidemill_marks WHERE pipeline = ?1 ORDER BY name",
        &statement, err));
    (void)sqlite3_bind_text(statement, 1, pipeline, -1, SQLITE_STATIC);
    tide_code code = add_rows(db, statement, marks, err);
    (void)sqlite3_finalize(statement);
    return code;
}

static tide_code write_mark(tide_db *db, sqlite3_stmt *statement, const tide_read_mark *mark,
                            tide_error *err)
{
    (void)sqlite3_bind_text(statement, 3, mark->name, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 4, mark->value, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int(statement, 5, mark->open ? 1 : 0);
    return tide_db_run(db, statement, "writing a mark", err);
}

tide_code tide_ledger_write_marks(tide_db *db, const char *pipeline, const tide_run_row *run,
                                  tide_error *err)
{
    TIDE_TRY(run->drops_marks ? tide_ledger_forget_marks(db, pipeline, err)
                              : tide_ledger_accept_rows(db, pipeline, err));
    if (run->marks == NULL || run->marks->count == 0) {
        return TIDE_OK;
    }
    sqlite3_stmt *statement = NULL;
    TIDE_TRY(tide_db_prepare(
        db,
        "INSERT INTO tidemill_marks(pipeline, run, name, value, open) VALUES (?1, ?2, ?3, ?4, ?5) "
        "ON CONFLICT (pipeline, name) DO UPDATE SET value = excluded.value, open = excluded.open, "
        "run = excluded.run",
        &statement, err));
    (void)sqlite3_bind_text(statement, 1, pipeline, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 2, run->run);
    tide_code code = TIDE_OK;
    for (size_t i = 0; code == TIDE_OK && i < run->marks->count; i++) {
        code = write_mark(db, statement, &run->marks->items[i], err);
    }
    (void)sqlite3_finalize(statement);
    return code;
}

tide_code tide_ledger_forget_marks(tide_db *db, const char *pipeline, tide_error *err)
{
    return tide_db_execute_with(db, "DELETE FROM tidemill_marks WHERE pipeline = ?1", &pipeline, 1,
                                err);
}

tide_code tide_ledger_accept_rows(tide_db *db, const char *pipeline, tide_error *err)
{
    const char *texts[] = {pipeline, TIDE_UNACCOUNTED_MARK};
    return tide_db_execute_with(db, "DELETE FROM tidemill_marks WHERE pipeline = ?1 AND name = ?2",
                                texts, 2, err);
}

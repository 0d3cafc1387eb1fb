/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/store/reject_table.h"

#include "sink/store/sql.h"

tide_code tide_reject_table_create(tide_db *db, const char *table, tide_error *err)
{
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append(&sql, "CREATE TABLE IF NOT EXISTS ");
    tide_sql_append_name(&sql, table);
    tide_text_append(&sql,
                     " (pipeline TEXT NOT NULL, stage TEXT NOT NULL, position TEXT NOT NULL, "
                     "step TEXT, column_name TEXT, reason TEXT, sqlstate TEXT, row_values TEXT, "
                     "PRIMARY KEY (pipeline, stage, position)) STRICT, WITHOUT ROWID");
    return tide_db_execute_text(db, &sql, err);
}

static tide_code write_one(tide_db *db, sqlite3_stmt *statement, const char *pipeline,
                           const tide_reject *reject, tide_error *err)
{
    const char *texts[] = {pipeline,       reject->stage,  reject->position, reject->step,
                           reject->column, reject->reason, reject->sqlstate, reject->values};
    for (int i = 0; i < 8; i++) {
        int result = sqlite3_bind_text(statement, i + 1, texts[i], -1, SQLITE_STATIC);
        if (result != SQLITE_OK) {
            return tide_db_fail(db, result, "writing a reject", err);
        }
    }
    return tide_db_run(db, statement, "writing a reject", err);
}

tide_code tide_reject_table_write(tide_db *db, const char *table, const char *pipeline,
                                  const tide_reject_list *rejects, tide_error *err)
{
    if (rejects->count == 0) {
        return TIDE_OK;
    }
    tide_text sql;
    sqlite3_stmt *statement = NULL;
    tide_text_init(&sql);
    tide_text_append(&sql, "INSERT OR REPLACE INTO ");
    tide_sql_append_name(&sql, table);
    tide_text_append(&sql,
                     " (pipeline, stage, position, step, column_name, reason, sqlstate, "
                     "row_values) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    tide_code code = tide_db_prepare_text(db, &sql, &statement, err);
    for (size_t i = 0; i < rejects->count && code == TIDE_OK; i++) {
        code = write_one(db, statement, pipeline, &rejects->items[i], err);
    }
    (void)sqlite3_finalize(statement);
    return code;
}

tide_code tide_reject_table_forget(tide_db *db, const char *table, const char *pipeline,
                                   tide_error *err)
{
    bool exists = false;
    TIDE_TRY(tide_db_has_table(db, table, &exists, err));
    if (!exists) {
        return TIDE_OK;
    }
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append(&sql, "DELETE FROM ");
    tide_sql_append_name(&sql, table);
    tide_text_append(&sql, " WHERE pipeline = ?1");
    tide_code code = tide_text_failed(&sql)
                         ? TIDE_FAIL_MEMORY(err, "SQL text")
                         : tide_db_execute_with(db, tide_text_c(&sql), &pipeline, 1, err);
    tide_text_clear(&sql);
    return code;
}

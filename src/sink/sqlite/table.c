/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/sqlite/table.h"

#include "sink/store/sql.h"

/* CREATE UNIQUE INDEX ... on the key, if there is a key. */
static tide_code create_key(tide_db *db, const char *table, const tide_target *target,
                            tide_error *err)
{
    tide_text name;
    tide_text sql;
    if (target->key_count == 0) {
        return TIDE_OK;
    }
    tide_text_init(&name);
    tide_text_init(&sql);
    tide_text_append_format(&name, "%s_key", table);
    tide_text_append(&sql, "CREATE UNIQUE INDEX IF NOT EXISTS ");
    tide_sql_append_name(&sql, tide_text_c(&name));
    tide_text_append(&sql, " ON ");
    tide_sql_append_name(&sql, table);
    for (size_t i = 0; i < target->key_count; i++) {
        tide_text_append(&sql, i == 0 ? " (" : ", ");
        tide_sql_append_name(&sql, target->output->fields[target->key_columns[i]].name);
    }
    tide_text_append_char(&sql, ')');
    bool name_failed = tide_text_failed(&name);
    tide_text_clear(&name);
    if (name_failed) {
        tide_text_clear(&sql);
        return TIDE_FAIL_MEMORY(err, "a statement");
    }
    return tide_db_execute_text(db, &sql, err);
}

tide_code tide_table_create(tide_db *db, const tide_target *target, tide_error *err)
{
    bool exists;
    TIDE_TRY(tide_db_has_table(db, target->table, &exists, err));
    if (exists) {
        return TIDE_OK;
    }
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append(&sql, "CREATE TABLE ");
    tide_sql_append_name(&sql, target->table);
    tide_text_append(&sql, " (");
    tide_sql_append_columns(&sql, target->output, TIDE_SQL_PLAIN);
    tide_text_append(&sql, ") STRICT");
    TIDE_TRY(tide_db_execute_text(db, &sql, err));
    return create_key(db, target->table, target, err);
}

tide_code tide_table_create_staging(tide_db *db, const char *table, const tide_target *target,
                                    tide_error *err)
{
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append(&sql, "CREATE TABLE ");
    tide_sql_append_name(&sql, table);
    tide_text_append(&sql, " (");
    tide_sql_append_columns(&sql, target->output, TIDE_SQL_PLAIN);
    tide_text_append(&sql, ", " TIDE_POSITION_COLUMN " TEXT) STRICT");
    TIDE_TRY(tide_db_execute_text(db, &sql, err));
    return create_key(db, table, target, err);
}

tide_code tide_table_is(tide_db *db, const char *table, const char *identity, bool *same,
                        tide_error *err)
{
    const char *texts[] = {table, identity};
    int64_t found = 0;
    *same = false;
    if (identity == NULL) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_db_query_integer(db,
                                   "SELECT 1 FROM sqlite_schema WHERE type = 'index' AND "
                                   "lower(tbl_name) = lower(?1) AND "
                                   "name = 'tidemill_identity_' || ?2",
                                   texts, 2, 0, &found, err));
    *same = found != 0;
    return TIDE_OK;
}

tide_code tide_table_mark(tide_db *db, const char *table, const char *identity, tide_error *err)
{
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append_format(&sql, "CREATE INDEX \"tidemill_identity_%s\" ON ", identity);
    tide_sql_append_name(&sql, table);
    tide_text_append(&sql, " (1) WHERE 0"); /* never holds a row */
    return tide_db_execute_text(db, &sql, err);
}

tide_code tide_table_unmark(tide_db *db, const char *identity, tide_error *err)
{
    tide_text sql;
    if (identity == NULL) {
        return TIDE_OK;
    }
    tide_text_init(&sql);
    tide_text_append_format(&sql, "DROP INDEX IF EXISTS \"tidemill_identity_%s\"", identity);
    return tide_db_execute_text(db, &sql, err);
}

tide_code tide_table_unmark_others(tide_db *db, const tide_target *target, tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool has_row = false;
    const char *drops = NULL;
    tide_text sql;
    tide_text_init(&sql);
    TIDE_TRY(tide_db_prepare(db,
                             "SELECT group_concat('DROP INDEX IF EXISTS \"tidemill_identity_' || "
                             "table_identity || '\"', ';') FROM tidemill_pipelines WHERE "
                             "pipeline <> ?1 AND lower(table_name) = lower(?2)",
                             &statement, err));
    (void)sqlite3_bind_text(statement, 1, target->pipeline, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 2, target->table, -1, SQLITE_STATIC);
    tide_code code = tide_db_step(db, statement, &has_row, "looking for other pipelines", err);
    if (code == TIDE_OK && has_row) {
        code = tide_db_text(statement, 0, &drops, err);
    }
    tide_text_append(&sql, drops == NULL ? "" : drops);
    (void)sqlite3_finalize(statement);
    if (code != TIDE_OK) {
        tide_text_clear(&sql);
        return code;
    }
    return tide_db_execute_text(db, &sql, err);
}

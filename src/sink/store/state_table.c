/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/store/state_table.h"

#include "sink/store/sql.h"

static tide_code add_column(tide_db *db, const char *table, const tide_field *field,
                            tide_error *err)
{
    const char *texts[] = {table, field->name};
    int64_t found;
    TIDE_TRY(tide_db_query_integer(
        db, "SELECT 1 FROM pragma_table_info(?1) WHERE lower(name) = lower(?2)", texts, 2, 0,
        &found, err));
    if (found != 0) {
        return TIDE_OK;
    }
    tide_field nullable = *field;
    nullable.not_null = false; /* rows that are there have no value */
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append(&sql, "ALTER TABLE ");
    tide_sql_append_name(&sql, table);
    tide_text_append(&sql, " ADD COLUMN ");
    tide_sql_append_column(&sql, &nullable, TIDE_SQL_EXACT);
    return tide_db_execute_text(db, &sql, err);
}

/* IF NOT EXISTS, with the columns that it lacks. */
static tide_code create_table(tide_db *db, const char *table, const tide_schema *schema,
                              const char *constraints, tide_error *err)
{
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append(&sql, "CREATE TABLE IF NOT EXISTS ");
    tide_sql_append_name(&sql, table);
    tide_text_append(&sql, " (");
    tide_sql_append_columns(&sql, schema, TIDE_SQL_EXACT);
    tide_text_append(&sql, constraints);
    tide_text_append(&sql, ") STRICT, WITHOUT ROWID");
    TIDE_TRY(tide_db_execute_text(db, &sql, err));
    for (size_t i = 0; i < schema->field_count; i++) {
        TIDE_TRY(add_column(db, table, &schema->fields[i], err));
    }
    return TIDE_OK;
}

/* "_hash", "series" ...: also the order in which rows are read. */
static void append_key(tide_text *sql, const tide_state_layout *layout)
{
    tide_sql_append_name(sql, layout->schema.fields[layout->hash_column].name);
    for (size_t i = 0; i < layout->series_count; i++) {
        tide_text_append(sql, ", ");
        tide_sql_append_name(sql, layout->schema.fields[layout->series_begin + i].name);
    }
}

tide_code tide_state_table_create(tide_db *db, const char *table, const tide_state_layout *layout,
                                  tide_error *err)
{
    tide_text key;
    tide_text_init(&key);
    tide_text_append(&key, ", PRIMARY KEY (");
    append_key(&key, layout);
    tide_text_append_char(&key, ')');
    tide_code code = tide_text_failed(&key)
                         ? TIDE_FAIL_MEMORY(err, "a statement")
                         : create_table(db, table, &layout->schema, tide_text_c(&key), err);
    tide_text_clear(&key);
    return code;
}

/* ALTER TABLE ... DROP COLUMN ...; for each column that is none of ours. */
static tide_code append_drops(tide_db *db, const char *table, const tide_state_layout *layout,
                              tide_text *sql, tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool has_row = false;
    TIDE_TRY(tide_db_prepare(db, "SELECT name FROM pragma_table_info(?1)", &statement, err));
    (void)sqlite3_bind_text(statement, 1, table, -1, SQLITE_STATIC);
    tide_code code = tide_db_step(db, statement, &has_row, "reading the state's columns", err);
    while (code == TIDE_OK && has_row) {
        const char *name;
        code = tide_db_text(statement, 0, &name, err);
        if (code != TIDE_OK) {
            break;
        }
        if (tide_schema_find(&layout->schema, name) >= layout->values_begin) {
            tide_text_append(sql, "ALTER TABLE ");
            tide_sql_append_name(sql, table);
            tide_text_append(sql, " DROP COLUMN ");
            tide_sql_append_name(sql, name);
            tide_text_append_char(sql, ';');
        }
        code = tide_db_step(db, statement, &has_row, "reading the state's columns", err);
    }
    (void)sqlite3_finalize(statement);
    return code;
}

tide_code tide_state_table_renew_values(tide_db *db, const char *table,
                                        const tide_state_layout *layout, tide_error *err)
{
    tide_text drops;
    tide_text_init(&drops);
    tide_code code = append_drops(db, table, layout, &drops, err);
    if (code != TIDE_OK) {
        tide_text_clear(&drops);
        return code;
    }
    TIDE_TRY(tide_db_execute_text(db, &drops, err));
    return tide_state_table_create(db, table, layout, err);
}

tide_code tide_state_table_writer(tide_db *db, const char *table, const tide_state_layout *layout,
                                  tide_row_writer *writer, tide_error *err)
{
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append(&sql, "INSERT OR REPLACE INTO ");
    tide_sql_append_name(&sql, table);
    tide_text_append(&sql, " (");
    tide_sql_append_names(&sql, &layout->schema, "");
    tide_text_append(&sql, ") VALUES (");
    tide_sql_append_parameters(&sql, layout->schema.field_count);
    tide_text_append_char(&sql, ')');
    return tide_row_writer_init(writer, db, &layout->schema, &sql, err);
}

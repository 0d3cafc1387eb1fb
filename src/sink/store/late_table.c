/* SPDX-License-Identifier: Apache-2.0 */
/* The table of late rows: made by begin, and fitted to the pipeline, without ever losing a row.
 *
 *   missing columns         are added
 *   NOT NULL                goes: a column may be required no more, or be none of the pipeline
 *   columns of other types  are made anew while the table is empty and no other pipeline has late
 *                           rows there
 *
 * SQLite changes no column, so a new one takes its values and its name. What can't be done so is a
 * problem, most of which check tells; that an index, a view or a trigger needs the column is found
 * by the attempt. */
#include <stdio.h>

#include "base/memory.h"
#include "base/problem.h"
#include "sink/store/sql.h"
#include "sink/store/store.h"

#define NEW_COLUMN "_tidemill_new"

typedef struct late_look {
    tide_store *store;
    bool exists, has_rows;
    char *sharer;       /* owned: another pipeline whose late rows go there, or NULL */
    bool *found;        /* owned: per field */
    tide_text problems; /* a line each */
    tide_text changes;  /* statements */
} late_look;

/* One row of pragma_table_xinfo. */
typedef struct late_column {
    const char *name, *declared;
    const tide_field *field; /* NULL: none of the pipeline */
    bool not_null, has_default, is_key, is_generated;
} late_column;

static tide_code look_at_table(late_look *look, tide_error *err)
{
    tide_db *db = &look->store->db;
    const char *late = look->store->late_table;
    int64_t is_output;
    int64_t is_view;
    TIDE_TRY(tide_db_has_table(db, late, &look->exists, err));
    TIDE_TRY(tide_db_query_integer(db,
                                   "SELECT 1 FROM sqlite_schema WHERE type = 'index' AND "
                                   "lower(tbl_name) = lower(?1) AND "
                                   "name GLOB 'tidemill_identity_*'",
                                   &late, 1, 0, &is_output, err));
    TIDE_TRY(tide_db_query_integer(db,
                                   "SELECT 1 FROM sqlite_schema WHERE type = 'view' AND "
                                   "lower(name) = lower(?1)",
                                   &late, 1, 0, &is_view, err));
    if (is_output != 0) {
        tide_text_append_format(&look->problems,
                                "%s, where late rows go, is the output of another pipeline: choose "
                                "another table\n",
                                late);
    }
    if (is_view != 0) {
        tide_text_append_format(&look->problems, "%s, where late rows go, is a view: rename it\n",
                                late);
    }
    return look->exists ? tide_db_has_rows(db, late, &look->has_rows, err) : TIDE_OK;
}

static tide_code look_for_sharer(late_look *look, tide_error *err)
{
    tide_db *db = &look->store->db;
    const tide_target *target = look->store->target;
    bool has_row;
    TIDE_TRY(tide_db_has_table(db, "tidemill_pipelines", &has_row, err));
    if (!has_row) {
        return TIDE_OK;
    }
    sqlite3_stmt *statement = NULL;
    TIDE_TRY(tide_db_prepare(db,
                             "SELECT pipeline FROM tidemill_pipelines WHERE pipeline <> ?1 AND "
                             "lower(table_name) = lower(?2) ORDER BY 1 LIMIT 1",
                             &statement, err));
    (void)sqlite3_bind_text(statement, 1, target->pipeline, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 2, target->table, -1, SQLITE_STATIC);
    const char *name = NULL;
    tide_code code = tide_db_step(db, statement, &has_row, "looking for other pipelines", err);
    if (code == TIDE_OK && has_row) {
        code = tide_db_text(statement, 0, &name, err);
    }
    look->sharer = tide_copy_string(name);
    if (code == TIDE_OK && name != NULL && look->sharer == NULL) {
        code = TIDE_FAIL_MEMORY(err, "a pipeline's name");
    }
    (void)sqlite3_finalize(statement);
    return code;
}

/* With the values that are there, or without any. */
static void renew(late_look *look, const char *name, const char *type, bool keeps_values)
{
    tide_text *sql = &look->changes;
    const char *late = look->store->late_table;
    tide_text_append(sql, "ALTER TABLE ");
    tide_sql_append_name(sql, late);
    tide_text_append_format(sql, " ADD COLUMN " NEW_COLUMN " %s; ", type);
    if (keeps_values) {
        tide_text_append(sql, "UPDATE ");
        tide_sql_append_name(sql, late);
        tide_text_append(sql, " SET " NEW_COLUMN " = ");
        tide_sql_append_name(sql, name);
        tide_text_append(sql, "; ");
    }
    tide_text_append(sql, "ALTER TABLE ");
    tide_sql_append_name(sql, late);
    tide_text_append(sql, " DROP COLUMN ");
    tide_sql_append_name(sql, name);
    tide_text_append(sql, "; ALTER TABLE ");
    tide_sql_append_name(sql, late);
    tide_text_append(sql, " RENAME COLUMN " NEW_COLUMN " TO ");
    tide_sql_append_name(sql, name);
    tide_text_append(sql, "; ");
}

static void judge_type(late_look *look, const late_column *column, const char *type)
{
    if (!look->has_rows && look->sharer == NULL && !column->is_generated && !column->is_key) {
        renew(look, column->name, type, false);
        return;
    }
    tide_text_append_format(&look->problems,
                            "late rows' column %s of %s is declared %s%s, but what the pipeline "
                            "puts there now is %s: ",
                            column->name, look->store->late_table, column->declared,
                            column->is_generated ? ", generated" : "", type);
    if (look->sharer != NULL) {
        tide_text_append_format(&look->problems,
                                "late rows of pipeline `%s` go there, too: declare the same type "
                                "or another name\n",
                                look->sharer);
    } else {
        tide_text_append(&look->problems, "drop or rename that table, and a new one is made\n");
    }
}

static void judge(late_look *look, const late_column *column)
{
    const char *type =
        column->field == NULL ? NULL : tide_sql_type(column->field->type, TIDE_SQL_EXACT);
    if (type != NULL && (column->is_generated || sqlite3_stricmp(column->declared, type) != 0)) {
        judge_type(look, column, type);
    } else if (!column->not_null || (column->field == NULL && column->has_default)) {
        return;
    } else if (!column->is_key) {
        renew(look, column->name, column->declared, true);
    } else if (column->field == NULL || !column->field->not_null) {
        tide_text_append_format(&look->problems,
                                "column %s of %s is NOT NULL, but late rows may have no value "
                                "there: drop or rename that table, and a new one is made\n",
                                column->name, look->store->late_table);
    }
}

static tide_code read_column(late_look *look, sqlite3_stmt *statement, late_column *column,
                             tide_error *err)
{
    const tide_schema *late = look->store->target->late;
    TIDE_TRY(tide_db_text(statement, 0, &column->name, err));
    TIDE_TRY(tide_db_text(statement, 1, &column->declared, err));
    column->name = column->name == NULL ? "" : column->name;
    column->declared = column->declared == NULL ? "" : column->declared;
    column->not_null = sqlite3_column_int(statement, 2) != 0;
    column->has_default = sqlite3_column_type(statement, 3) != SQLITE_NULL;
    column->is_key = sqlite3_column_int(statement, 4) != 0;
    column->is_generated = sqlite3_column_int(statement, 5) >= 2;
    for (size_t i = 0; i < late->field_count; i++) {
        if (sqlite3_stricmp(late->fields[i].name, column->name) == 0) {
            column->field = &late->fields[i];
            look->found[i] = true;
        }
    }
    return TIDE_OK;
}

static tide_code look_at_columns(late_look *look, tide_error *err)
{
    tide_db *db = &look->store->db;
    sqlite3_stmt *statement = NULL;
    bool has_row = false;
    TIDE_TRY(tide_db_prepare(db,
                             "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM "
                             "pragma_table_xinfo(?1)",
                             &statement, err));
    (void)sqlite3_bind_text(statement, 1, look->store->late_table, -1, SQLITE_STATIC);
    tide_code code = tide_db_step(db, statement, &has_row, "reading a table's columns", err);
    while (code == TIDE_OK && has_row) {
        late_column column = {0};
        code = read_column(look, statement, &column, err);
        if (code == TIDE_OK) {
            judge(look, &column);
            code = tide_db_step(db, statement, &has_row, "reading a table's columns", err);
        }
    }
    (void)sqlite3_finalize(statement);
    return code;
}

static void append_column(tide_text *sql, const tide_field *field)
{
    tide_field nullable = *field;
    nullable.not_null = false;
    tide_sql_append_column(sql, &nullable, TIDE_SQL_EXACT);
}

static void create(late_look *look)
{
    const tide_schema *late = look->store->target->late;
    tide_text_append(&look->changes, "CREATE TABLE ");
    tide_sql_append_name(&look->changes, look->store->late_table);
    for (size_t i = 0; i < late->field_count; i++) {
        tide_text_append(&look->changes, i == 0 ? " (" : ", ");
        append_column(&look->changes, &late->fields[i]);
    }
    tide_text_append(&look->changes, ") STRICT");
}

static void add_missing(late_look *look)
{
    const tide_schema *late = look->store->target->late;
    for (size_t i = 0; i < late->field_count; i++) {
        if (!look->found[i]) {
            tide_text_append(&look->changes, "ALTER TABLE ");
            tide_sql_append_name(&look->changes, look->store->late_table);
            tide_text_append(&look->changes, " ADD COLUMN ");
            append_column(&look->changes, &late->fields[i]);
            tide_text_append(&look->changes, "; ");
        }
    }
}

static tide_code look_inside(late_look *look, tide_error *err)
{
    look->found = tide_alloc_zero(look->store->target->late->field_count, sizeof *look->found);
    if (look->found == NULL) {
        return TIDE_FAIL_MEMORY(err, "late rows' columns");
    }
    TIDE_TRY(look_at_table(look, err));
    TIDE_TRY(look_for_sharer(look, err));
    if (look->exists) {
        TIDE_TRY(look_at_columns(look, err));
        add_missing(look);
    } else {
        create(look);
    }
    return tide_text_failed(&look->problems) || tide_text_failed(&look->changes)
               ? TIDE_FAIL_MEMORY(err, "what was found about late rows")
               : TIDE_OK;
}

/* Clear it, whatever it says. */
static tide_code look_at(late_look *look, tide_store *store, tide_error *err)
{
    *look = (late_look){.store = store};
    tide_text_init(&look->problems);
    tide_text_init(&look->changes);
    return look_inside(look, err);
}

static void clear(late_look *look)
{
    tide_free(look->sharer);
    tide_free(look->found);
    tide_text_clear(&look->problems);
    tide_text_clear(&look->changes);
}

tide_code tide_store_check_late(tide_store *store, tide_text *problems, tide_error *err)
{
    late_look look;
    if (store->late_table == NULL) {
        return TIDE_OK;
    }
    tide_code code = look_at(&look, store, err);
    tide_text_append(problems, tide_text_c(&look.problems));
    clear(&look);
    return code;
}

static tide_code fit(late_look *look, tide_error *err)
{
    tide_db *db = &look->store->db;
    const char *problems = tide_text_c(&look->problems);
    if (problems[0] != '\0') {
        return TIDE_FAIL(err, TIDE_E_TABLE_UNFIT, "%.*s", (int)strcspn(problems, "\n"), problems);
    }
    tide_code code = tide_db_execute(db, tide_text_c(&look->changes), err);
    if (code != TIDE_OK && sqlite3_errcode(db->handle) == SQLITE_ERROR) {
        return TIDE_FAIL(err, TIDE_E_TABLE_UNFIT,
                         "the table %s can't be changed to what late rows need now (%s): drop or "
                         "rename it, and a new one is made",
                         look->store->late_table, sqlite3_errmsg(db->handle));
    }
    return code;
}

tide_code tide_store_prepare_late(tide_store *store, tide_error *err)
{
    late_look look;
    if (store->late_table == NULL) {
        return TIDE_OK;
    }
    tide_code code = look_at(&look, store, err);
    if (code == TIDE_OK) {
        code = fit(&look, err);
    }
    clear(&look);
    return code;
}

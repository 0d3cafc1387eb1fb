/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/memory.h"
#include "sink/sqlite/table.h"
#include "sink/store/sql.h"

/* A column's affinity as SQLite derives it from the declared type. In a STRICT table the types are
 * few and fall into the same classes; ANY keeps values as they are. */
typedef enum affinity {
    AFFINITY_INTEGER,
    AFFINITY_TEXT,
    AFFINITY_NONE,
    AFFINITY_REAL,
    AFFINITY_NUMERIC
} affinity;

static bool contains(const char *declared, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = declared; *at != '\0'; at++) {
        if (sqlite3_strnicmp(at, word, (int)length) == 0) {
            return true;
        }
    }
    return false;
}

static affinity affinity_of(const char *declared)
{
    if (contains(declared, "INT")) {
        return AFFINITY_INTEGER;
    }
    if (contains(declared, "CHAR") || contains(declared, "CLOB") || contains(declared, "TEXT")) {
        return AFFINITY_TEXT;
    }
    if (declared[0] == '\0' || contains(declared, "BLOB") ||
        sqlite3_stricmp(declared, "ANY") == 0) {
        return AFFINITY_NONE;
    }
    if (contains(declared, "REAL") || contains(declared, "FLOA") || contains(declared, "DOUB")) {
        return AFFINITY_REAL;
    }
    return AFFINITY_NUMERIC;
}

/* Does a column of this affinity keep values of the type as they are? */
static bool keeps(affinity declared, tide_type_id type)
{
    switch (type) {
        case TIDE_BOOL:
        case TIDE_INT32:
        case TIDE_INT64:
        case TIDE_TIMESTAMP:
            return declared == AFFINITY_INTEGER || declared == AFFINITY_NUMERIC ||
                   declared == AFFINITY_NONE;
        case TIDE_DOUBLE:
            return declared == AFFINITY_REAL || declared == AFFINITY_NUMERIC ||
                   declared == AFFINITY_NONE;
        case TIDE_DATE: /* never looks like a number */
        case TIDE_UUID:
            return declared == AFFINITY_TEXT || declared == AFFINITY_NUMERIC ||
                   declared == AFFINITY_NONE;
        case TIDE_BYTES:
            return true;
        case TIDE_DECIMAL:
        case TIDE_TEXT:
        case TIDE_JSON:
        default: /* '007' would become 7 */
            return declared == AFFINITY_TEXT || declared == AFFINITY_NONE;
    }
}

/* One row of pragma_table_xinfo. */
typedef struct found_column {
    const char *name;
    const char *declared;
    bool not_null, has_default, is_generated, is_key;
} found_column;

static tide_code read_column(sqlite3_stmt *statement, found_column *column, tide_error *err)
{
    const char *name;
    const char *declared;
    TIDE_TRY(tide_db_text(statement, 0, &name, err));
    TIDE_TRY(tide_db_text(statement, 1, &declared, err));
    *column = (found_column){
        .name = name == NULL ? "" : name,
        .declared = declared == NULL ? "" : declared,
        .not_null = sqlite3_column_int(statement, 2) != 0,
        .has_default = sqlite3_column_type(statement, 3) != SQLITE_NULL,
        .is_key = sqlite3_column_int(statement, 4) != 0,
        .is_generated = sqlite3_column_int(statement, 5) >= 2,
    };
    return TIDE_OK;
}

static size_t find_field(const tide_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        if (sqlite3_stricmp(schema->fields[i].name, name) == 0) {
            return i;
        }
    }
    return TIDE_NO_FIELD;
}

static void check_field(const tide_field *field, const found_column *column, const char *table,
                        tide_text *problems)
{
    char type[24];
    if (column->is_generated) {
        tide_text_append_format(problems,
                                "column %s of %s is generated and can't be written: leave it out "
                                "of the output\n",
                                field->name, table);
    } else if (!keeps(affinity_of(column->declared), field->type.id)) {
        tide_text_append_format(
            problems,
            "column %s of %s is declared %s, which would change values of type %s: "
            "declare it %s, or give the column that type in the project file\n",
            field->name, table, column->declared, tide_type_format(field->type, type),
            tide_sql_type(field->type, TIDE_SQL_PLAIN));
    }
}

static void check_column(const tide_target *target, const found_column *column, bool *found,
                         tide_text *problems)
{
    size_t field = find_field(target->output, column->name);
    if (field != TIDE_NO_FIELD) {
        found[field] = true;
        check_field(&target->output->fields[field], column, target->table, problems);
    } else if (column->not_null && !column->has_default && !column->is_generated &&
               !(column->is_key && sqlite3_stricmp(column->declared, "INTEGER") == 0)) {
        tide_text_append_format(problems,
                                "column %s of %s is NOT NULL without a default, and the pipeline "
                                "has no such column: give it a default, or add it to the output\n",
                                column->name, target->table);
    }
}

static void report_missing(const tide_target *target, const bool *found, tide_text *problems)
{
    char type[24];
    for (size_t i = 0; i < target->output->field_count; i++) {
        const tide_field *field = &target->output->fields[i];
        if (!found[i]) {
            tide_text_append_format(
                problems,
                "column %s (%s) is missing in %s: ALTER TABLE \"%s\" ADD COLUMN \"%s\" %s, or "
                "leave it out of the output\n",
                field->name, tide_type_format(field->type, type), target->table, target->table,
                field->name, tide_sql_type(field->type, TIDE_SQL_PLAIN));
        }
    }
}

static tide_code read_columns(tide_db *db, sqlite3_stmt *statement, const tide_target *target,
                              bool *found, tide_text *problems, tide_error *err)
{
    for (;;) {
        bool has_row;
        TIDE_TRY(tide_db_step(db, statement, &has_row, "reading the table's columns", err));
        if (!has_row) {
            report_missing(target, found, problems);
            return TIDE_OK;
        }
        found_column column;
        TIDE_TRY(read_column(statement, &column, err));
        check_column(target, &column, found, problems);
    }
}

static tide_code check_columns(tide_db *db, const tide_target *target, tide_text *problems,
                               tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool *found = tide_alloc_zero(target->output->field_count, sizeof *found);
    if (found == NULL) {
        return TIDE_FAIL_MEMORY(err, "checking the table");
    }
    tide_code code = tide_db_prepare(db,
                                     "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM "
                                     "pragma_table_xinfo(?1)",
                                     &statement, err);
    if (code == TIDE_OK) {
        (void)sqlite3_bind_text(statement, 1, target->table, -1, SQLITE_STATIC);
        code = read_columns(db, statement, target, found, problems, err);
    }
    (void)sqlite3_finalize(statement);
    tide_free(found);
    return code;
}

/* Unique indexes on exactly the key: not partial, and comparing by bytes. A rowid alias counts. */
static void append_key_query(tide_text *sql, const tide_target *target)
{
    tide_text list;
    tide_text_init(&list);
    for (size_t i = 0; i < target->key_count; i++) {
        tide_text_append(&list, i == 0 ? "lower(" : ", lower(");
        tide_sql_append_literal(&list, target->output->fields[target->key_columns[i]].name);
        tide_text_append_char(&list, ')');
    }
    tide_text_append_format(
        sql,
        "SELECT 1 FROM pragma_index_list(?1) AS i WHERE i.\"unique\" AND NOT i.partial AND "
        "(SELECT count(*) FROM pragma_index_info(i.name)) = %zu AND "
        "(SELECT count(*) FROM pragma_index_xinfo(i.name) AS c WHERE c.key AND "
        "upper(c.coll) = 'BINARY' AND lower(c.name) IN (%s)) = %zu "
        "UNION ALL SELECT 1 FROM pragma_table_info(?1) WHERE pk = 1 AND upper(type) = 'INTEGER' "
        "AND %zu = 1 AND lower(name) IN (%s) AND "
        "(SELECT count(*) FROM pragma_table_info(?1) WHERE pk > 0) = 1",
        target->key_count, tide_text_c(&list), target->key_count, target->key_count,
        tide_text_c(&list));
    sql->failed = sql->failed || list.failed;
    tide_text_clear(&list);
}

static tide_code check_key(tide_db *db, const tide_target *target, tide_text *problems,
                           tide_error *err)
{
    int64_t found = 0;
    tide_text sql;
    if (target->mode != TIDE_MERGE) {
        return TIDE_OK;
    }
    tide_text_init(&sql);
    append_key_query(&sql, target);
    tide_code code =
        tide_text_failed(&sql)
            ? TIDE_FAIL_MEMORY(err, "a statement")
            : tide_db_query_integer(db, tide_text_c(&sql), &target->table, 1, 0, &found, err);
    tide_text_clear(&sql);
    if (code != TIDE_OK || found != 0) {
        return code;
    }
    tide_text_append_format(problems,
                            "merge needs a unique index of %s on exactly its key: CREATE UNIQUE "
                            "INDEX \"%s_key\" ON ",
                            target->table, target->table);
    tide_sql_append_name(problems, target->table);
    for (size_t i = 0; i < target->key_count; i++) {
        tide_text_append(problems, i == 0 ? " (" : ", ");
        tide_sql_append_name(problems, target->output->fields[target->key_columns[i]].name);
    }
    tide_text_append(problems, ")\n");
    return TIDE_OK;
}

static tide_code append_referrers(tide_db *db, sqlite3_stmt *statement, const tide_target *target,
                                  tide_text *problems, tide_error *err)
{
    for (;;) {
        bool has_row;
        TIDE_TRY(tide_db_step(db, statement, &has_row, "looking for foreign keys", err));
        if (!has_row) {
            return TIDE_OK;
        }
        const char *referrer;
        TIDE_TRY(tide_db_text(statement, 0, &referrer, err));
        tide_text_append_format(problems,
                                "replace would empty %s, but a foreign key of %s refers to it: "
                                "use append or merge, or drop the foreign key\n",
                                target->table, referrer);
    }
}

static tide_code check_referrers(tide_db *db, const tide_target *target, tide_text *problems,
                                 tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    if (target->mode != TIDE_REPLACE) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_db_prepare(db,
                             "SELECT DISTINCT m.name FROM sqlite_schema AS m, "
                             "pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table' AND "
                             "lower(f.\"table\") = lower(?1) AND lower(m.name) <> lower(?1)",
                             &statement, err));
    (void)sqlite3_bind_text(statement, 1, target->table, -1, SQLITE_STATIC);
    tide_code code = append_referrers(db, statement, target, problems, err);
    (void)sqlite3_finalize(statement);
    return code;
}

tide_code tide_table_check(tide_db *db, const tide_target *target, tide_text *problems,
                           tide_error *err)
{
    int64_t is_table = 0;
    TIDE_TRY(tide_db_query_integer(db,
                                   "SELECT type = 'table' FROM sqlite_schema WHERE "
                                   "type IN ('table', 'view') AND lower(name) = lower(?1)",
                                   &target->table, 1, 1, &is_table, err));
    if (!is_table) {
        tide_text_append_format(problems, "%s is a view: name a table\n", target->table);
        return TIDE_OK;
    }
    TIDE_TRY(check_columns(db, target, problems, err));
    TIDE_TRY(check_key(db, target, problems, err));
    return check_referrers(db, target, problems, err);
}

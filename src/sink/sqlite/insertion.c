/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/sqlite/insertion.h"

#include <stdio.h>

#include "base/problem.h"
#include "sink/sqlite/table.h"
#include "sink/store/sql.h"

static void append_values(tide_text *sql, const char *table, const tide_target *target,
                          bool has_position)
{
    tide_text_append(sql, "INSERT OR ABORT INTO ");
    tide_sql_append_name(sql, table);
    tide_text_append(sql, " (");
    tide_sql_append_names(sql, target->output, "");
    tide_text_append(sql, has_position ? ", " TIDE_POSITION_COLUMN ") VALUES (" : ") VALUES (");
    tide_sql_append_parameters(sql, target->output->field_count + (has_position ? 1 : 0));
    tide_text_append_char(sql, ')');
}

/* ON CONFLICT (key) DO UPDATE SET every column WHERE the new row is greater. */
static void append_upsert(tide_text *sql, const char *table, const tide_target *target,
                          const tide_comparison *comparison, bool has_position)
{
    tide_text_append(sql, " ON CONFLICT (");
    for (size_t i = 0; i < target->key_count; i++) {
        tide_text_append(sql, i == 0 ? "" : ", ");
        tide_sql_append_name(sql, target->output->fields[target->key_columns[i]].name);
    }
    tide_text_append(sql, ") DO UPDATE SET ");
    for (size_t i = 0; i < target->output->field_count; i++) {
        const char *name = target->output->fields[i].name;
        tide_text_append(sql, i == 0 ? "" : ", ");
        tide_sql_append_name(sql, name);
        tide_text_append(sql, " = excluded.");
        tide_sql_append_name(sql, name);
    }
    if (has_position) {
        tide_text_append(sql, ", " TIDE_POSITION_COLUMN " = excluded." TIDE_POSITION_COLUMN);
    }
    tide_text_append(sql, " WHERE ");
    tide_comparison_append(comparison, table, sql);
}

/* Triggers may leave something behind of a row that fails; deferred foreign keys fail only after
 * it. Such tables pay for a savepoint per row. */
static tide_code find_savepoint_need(tide_insertion *insertion, const char *table, tide_error *err)
{
    int64_t found = 0;
    TIDE_TRY(tide_db_query_integer(
        insertion->db,
        "SELECT (SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND "
        "lower(tbl_name) = lower(?1)) + (SELECT count(*) FROM pragma_foreign_key_list(?1))",
        &table, 1, 0, &found, err));
    insertion->needs_savepoint = found != 0;
    return TIDE_OK;
}

tide_code tide_insertion_init(tide_insertion *insertion, tide_db *db, const tide_target *target,
                              const char *table, tide_comparison *comparison, bool has_position,
                              tide_error *err)
{
    memset(insertion, 0, sizeof *insertion);
    insertion->db = db;
    insertion->target = target;
    insertion->comparison = comparison;
    insertion->has_position = has_position;
    TIDE_TRY(find_savepoint_need(insertion, table, err));
    tide_text sql;
    tide_text_init(&sql);
    append_values(&sql, table, target, has_position);
    if (comparison != NULL) {
        append_upsert(&sql, table, target, comparison, has_position);
    }
    return tide_row_writer_init(&insertion->writer, db, target->output, &sql, err);
}

void tide_insertion_clear(tide_insertion *insertion)
{
    tide_row_writer_clear(&insertion->writer);
}

static const char *name_of_code(int result)
{
    switch (result) {
        case SQLITE_CONSTRAINT_CHECK:
            return "SQLITE_CONSTRAINT_CHECK";
        case SQLITE_CONSTRAINT_DATATYPE:
            return "SQLITE_CONSTRAINT_DATATYPE";
        case SQLITE_CONSTRAINT_FOREIGNKEY:
            return "SQLITE_CONSTRAINT_FOREIGNKEY";
        case SQLITE_CONSTRAINT_NOTNULL:
            return "SQLITE_CONSTRAINT_NOTNULL";
        case SQLITE_CONSTRAINT_PRIMARYKEY:
            return "SQLITE_CONSTRAINT_PRIMARYKEY";
        case SQLITE_CONSTRAINT_ROWID:
            return "SQLITE_CONSTRAINT_ROWID";
        case SQLITE_CONSTRAINT_TRIGGER:
            return "SQLITE_CONSTRAINT_TRIGGER";
        case SQLITE_CONSTRAINT_UNIQUE:
            return "SQLITE_CONSTRAINT_UNIQUE";
        default:
            break;
    }
    switch (result & 0xff) {
        case SQLITE_CONSTRAINT:
            return "SQLITE_CONSTRAINT";
        case SQLITE_TOOBIG:
            return "SQLITE_TOOBIG";
        case SQLITE_MISMATCH:
            return "SQLITE_MISMATCH";
        default:
            return "SQLITE_ERROR";
    }
}

/* Is the result code about the row, and not about disk, memory or the database? */
static bool is_refusal(tide_db *db, int result, const char *sql)
{
    switch (result & 0xff) {
        case SQLITE_CONSTRAINT:
        case SQLITE_TOOBIG:
        case SQLITE_MISMATCH:
            return true;
        case SQLITE_ERROR:
            break;
        default:
            return false;
    }
    /* An expression of the table (a check, a trigger) failed for this row's values; unless the
     * statement itself does not hold any more. */
    sqlite3_stmt *again = NULL;
    bool sound = sqlite3_prepare_v2(db->handle, sql, -1, &again, NULL) == SQLITE_OK;
    (void)sqlite3_finalize(again);
    return sound;
}

static tide_code execute(tide_insertion *insertion, const char *sql, tide_error *err)
{
    return insertion->needs_savepoint ? tide_db_execute(insertion->db, sql, err) : TIDE_OK;
}

/* After a row that went well: did it leave a foreign key unresolved? */
static bool breaks_foreign_key(const tide_insertion *insertion)
{
    int open = 0;
    int highest = 0;
    return insertion->needs_savepoint &&
           sqlite3_db_status(insertion->db->handle, SQLITE_DBSTATUS_DEFERRED_FKS, &open, &highest,
                             0) == SQLITE_OK &&
           open != 0;
}

static tide_fate refuse(tide_refusal *refusal, const char *reason, int result)
{
    *refusal = (tide_refusal){.reason = reason, .sqlstate = name_of_code(result)};
    return TIDE_ROW_REFUSED;
}

static tide_fate look_at_success(const tide_insertion *insertion, tide_refusal *refusal)
{
    if (breaks_foreign_key(insertion)) {
        return refuse(refusal, "FOREIGN KEY constraint failed", SQLITE_CONSTRAINT_FOREIGNKEY);
    }
    if (sqlite3_changes(insertion->db->handle) > 0) {
        return TIDE_ROW_LOADED;
    }
    if (insertion->comparison != NULL && insertion->comparison->verdict == TIDE_NOT_GREATER) {
        return TIDE_ROW_SUPERSEDED;
    }
    return refuse(refusal, "a trigger of the table ignored the row", SQLITE_CONSTRAINT_TRIGGER);
}

static tide_code look_at_result(tide_insertion *insertion, int result, tide_fate *fate,
                                tide_refusal *refusal, tide_error *err)
{
    tide_db *db = insertion->db;
    if (result == SQLITE_DONE) {
        *fate = look_at_success(insertion, refusal);
        return TIDE_OK;
    }
    if (sqlite3_get_autocommit(db->handle) != 0 && (result & 0xff) == SQLITE_CONSTRAINT) {
        return TIDE_FAIL(err, TIDE_E_DATABASE,
                         "%s rolled the whole transaction back for one row (%s): a trigger with "
                         "RAISE(ROLLBACK); use RAISE(ABORT) to refuse a row",
                         insertion->target->table, sqlite3_errmsg(db->handle));
    }
    (void)snprintf(insertion->said, sizeof insertion->said, "%s", sqlite3_errmsg(db->handle));
    if (!is_refusal(db, result, sqlite3_sql(insertion->writer.statement))) {
        return tide_db_fail(db, result, "writing a row", err);
    }
    *fate = refuse(refusal, insertion->said, result);
    return TIDE_OK;
}

tide_code tide_insertion_insert(tide_insertion *insertion, const tide_column *columns, int64_t row,
                                tide_str position, tide_fate *fate, tide_refusal *refusal,
                                tide_error *err)
{
    if (insertion->comparison != NULL) {
        insertion->comparison->verdict = TIDE_NOT_COMPARED;
    }
    if (insertion->has_position) {
        (void)sqlite3_bind_text(insertion->writer.statement,
                                (int)insertion->writer.column_count + 1, position.data,
                                (int)position.size, SQLITE_STATIC);
    }
    TIDE_TRY(execute(insertion, "SAVEPOINT tidemill_row", err));
    int result = tide_row_writer_write(&insertion->writer, columns, row);
    TIDE_TRY(look_at_result(insertion, result, fate, refusal, err));
    if (*fate == TIDE_ROW_REFUSED) {
        TIDE_TRY(execute(insertion, "ROLLBACK TO tidemill_row", err));
    }
    return execute(insertion, "RELEASE tidemill_row", err);
}

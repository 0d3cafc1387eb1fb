/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/store/reject_table.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/memory.h"
#include "sink/store/reject_numbers.h"
#include "sink/store/sql.h"

/* "<head> <table> <tail>" */
static void append_on_table(tide_text *sql, const char *head, const tide_reject_table *table,
                            const char *tail)
{
    tide_text_append(sql, head);
    tide_text_append_char(sql, ' ');
    tide_sql_append_name(sql, table->name);
    tide_text_append_char(sql, ' ');
    tide_text_append(sql, tail);
}

static tide_code prepare(const tide_reject_table *table, const char *head, const char *tail,
                         sqlite3_stmt **statement, tide_error *err)
{
    tide_text sql;
    tide_text_init(&sql);
    append_on_table(&sql, head, table, tail);
    return tide_db_prepare_text(table->db, &sql, statement, err);
}

/* With the pipeline as ?1. */
static tide_code execute(const tide_reject_table *table, const char *head, const char *tail,
                         tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    TIDE_TRY(prepare(table, head, tail, &statement, err));
    (void)sqlite3_bind_text(statement, 1, table->target->pipeline, -1, SQLITE_STATIC);
    tide_code code = tide_db_run(table->db, statement, "deleting rejects", err);
    (void)sqlite3_finalize(statement);
    return code;
}

static tide_code is_grown(const tide_reject_table *table, bool *grown, tide_error *err)
{
    int64_t found = 0;
    TIDE_TRY(tide_db_query_integer(
        table->db, "SELECT count(*) FROM pragma_table_info(?1) WHERE name = 'undone'", &table->name,
        1, 0, &found, err));
    *grown = found > 0;
    return TIDE_OK;
}

tide_code tide_reject_table_create(const tide_reject_table *table, tide_error *err)
{
    bool grown = false;
    tide_text sql;
    tide_text_init(&sql);
    append_on_table(&sql, "CREATE TABLE IF NOT EXISTS", table,
                    "(pipeline TEXT NOT NULL, stage TEXT NOT NULL, position TEXT NOT NULL, "
                    "step TEXT, column_name TEXT, reason TEXT, sqlstate TEXT, row_values TEXT, "
                    "run INTEGER, undone INTEGER NOT NULL DEFAULT 0, "
                    "PRIMARY KEY (pipeline, stage, position)) STRICT, WITHOUT ROWID");
    TIDE_TRY(tide_db_execute_text(table->db, &sql, err));
    TIDE_TRY(is_grown(table, &grown, err));
    if (grown) {
        return TIDE_OK;
    }
    tide_text_init(&sql);
    append_on_table(&sql, "ALTER TABLE", table, "ADD COLUMN run INTEGER;");
    append_on_table(&sql, "ALTER TABLE", table, "ADD COLUMN undone INTEGER NOT NULL DEFAULT 0");
    return tide_db_execute_text(table->db, &sql, err);
}

static tide_code bind_position(const tide_reject_table *table, sqlite3_stmt *statement,
                               const tide_numbered_reject *item, tide_text *scratch,
                               tide_error *err)
{
    tide_text_reset(scratch);
    tide_text_append(scratch, item->reject->position);
    if (item->number > 0) {
        tide_text_append_format(scratch, "/%" PRId64, item->number);
    }
    if (tide_text_failed(scratch)) {
        return TIDE_FAIL_MEMORY(err, "a reject");
    }
    int result = sqlite3_bind_text(statement, 3, tide_text_c(scratch), -1, SQLITE_STATIC);
    return result == SQLITE_OK ? TIDE_OK : tide_db_fail(table->db, result, "writing a reject", err);
}

static tide_code write_one(const tide_reject_table *table, sqlite3_stmt *statement,
                           const tide_numbered_reject *item, tide_text *scratch, tide_error *err)
{
    const tide_reject *reject = item->reject;
    const char *texts[] = {
        table->target->pipeline, reject->stage,    NULL,          reject->step, reject->column,
        reject->reason,          reject->sqlstate, reject->values};
    for (int i = 0; i < 8; i++) {
        int result = sqlite3_bind_text(statement, i + 1, texts[i], -1, SQLITE_STATIC);
        if (result != SQLITE_OK) {
            return tide_db_fail(table->db, result, "writing a reject", err);
        }
    }
    TIDE_TRY(bind_position(table, statement, item, scratch, err));
    return tide_db_run(table->db, statement, "writing a reject", err);
}

/* A reject that is committed stays so when a unit that is rolled back finds it again. */
static tide_code prepare_write(const tide_reject_table *table, sqlite3_stmt **statement,
                               tide_error *err)
{
    tide_text sql;
    tide_text_init(&sql);
    append_on_table(&sql, "INSERT INTO", table,
                    "AS old (pipeline, stage, position, step, column_name, reason, sqlstate, "
                    "row_values, run, undone) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) "
                    "ON CONFLICT (pipeline, stage, position) DO UPDATE SET step = excluded.step, "
                    "column_name = excluded.column_name, reason = excluded.reason, "
                    "sqlstate = excluded.sqlstate, row_values = excluded.row_values, "
                    "run = excluded.run, undone = old.undone AND excluded.undone");
    return tide_db_prepare_text(table->db, &sql, statement, err);
}

static tide_code write_numbered(const tide_reject_table *table, const tide_numbered_reject *items,
                                size_t count, int64_t run, bool undone, tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    tide_text scratch;
    tide_text_init(&scratch);
    TIDE_TRY(prepare_write(table, &statement, err));
    (void)sqlite3_bind_int64(statement, 9, run);
    (void)sqlite3_bind_int64(statement, 10, undone ? 1 : 0);
    tide_code code = TIDE_OK;
    for (size_t i = 0; i < count && code == TIDE_OK; i++) {
        code = write_one(table, statement, &items[i], &scratch, err);
    }
    (void)sqlite3_finalize(statement);
    tide_text_clear(&scratch);
    return code;
}

tide_code tide_reject_table_write(const tide_reject_table *table, const tide_reject_list *rejects,
                                  int64_t run, bool undone, tide_error *err)
{
    if (rejects->count == 0) {
        return TIDE_OK;
    }
    tide_numbered_reject *items = tide_alloc_zero(rejects->count, sizeof *items);
    if (items == NULL) {
        return TIDE_FAIL_MEMORY(err, "rejects");
    }
    for (size_t i = 0; i < rejects->count; i++) {
        items[i].reject = &rejects->items[i];
    }
    tide_code code = tide_number_rejects(table, items, rejects->count, run, err);
    if (code == TIDE_OK) {
        code = write_numbered(table, items, rejects->count, run, undone, err);
    }
    tide_free(items);
    return code;
}

static tide_code take_one(const tide_reject_table *table, sqlite3_stmt *statement,
                          const tide_reject *reject, int64_t *taken, tide_error *err)
{
    (void)sqlite3_bind_text(statement, 1, table->target->pipeline, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 2, reject->stage, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 3, reject->position, -1, SQLITE_STATIC);
    TIDE_TRY(tide_db_run(table->db, statement, "deleting a reject", err));
    *taken += sqlite3_changes64(table->db->handle);
    return TIDE_OK;
}

/* Found by run or before it. */
static tide_code delete_all(const tide_reject_table *table, const tide_reject_list *rejects,
                            int64_t run, int64_t *taken, tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    TIDE_TRY(prepare(table, "DELETE FROM",
                     "WHERE pipeline = ?1 AND stage = ?2 AND position = ?3 "
                     "AND coalesce(run, 0) <= ?4",
                     &statement, err));
    (void)sqlite3_bind_int64(statement, 4, run);
    tide_code code = TIDE_OK;
    *taken = 0;
    for (size_t i = 0; i < rejects->count && code == TIDE_OK; i++) {
        code = take_one(table, statement, &rejects->items[i], taken, err);
    }
    (void)sqlite3_finalize(statement);
    return code;
}

tide_code tide_reject_table_take(const tide_reject_table *table, const tide_reject_list *rejects,
                                 tide_error *err)
{
    int64_t taken;
    TIDE_TRY(delete_all(table, rejects, INT64_MAX, &taken, err));
    if (taken == (int64_t)rejects->count) {
        return TIDE_OK;
    }
    return TIDE_FAIL(err, TIDE_STATE_CONFLICT,
                     "%lld of %zu rejects are not in %s any more: somebody else has deleted them "
                     "meanwhile. Nothing of these was loaded; retry again",
                     (long long)((int64_t)rejects->count - taken), rejects->count, table->name);
}

tide_code tide_reject_table_dismiss(const tide_reject_table *table, const tide_reject_list *rejects,
                                    int64_t run, tide_error *err)
{
    int64_t taken;
    TIDE_TRY(delete_all(table, rejects, run, &taken, err));
    if (taken == (int64_t)rejects->count) {
        return TIDE_OK;
    }
    return TIDE_FAIL(err, TIDE_STATE_CONFLICT, TIDE_DISMISS_CONFLICT,
                     (long long)((int64_t)rejects->count - taken), rejects->count, table->name);
}

tide_code tide_reject_table_drop_undone(const tide_reject_table *table, tide_error *err)
{
    return execute(table, "DELETE FROM", "WHERE pipeline = ?1 AND undone", err);
}

tide_code tide_reject_table_drop_staged(const tide_reject_table *table, tide_error *err)
{
    return execute(table, "DELETE FROM",
                   "WHERE pipeline = ?1 AND stage = 'load' AND position GLOB 'row/*/*' "
                   "AND substr(position, 5, 32) NOT GLOB '*[^0-9a-f]*' "
                   "AND substr(position, 38) NOT GLOB '*[^0-9]*' "
                   "AND run IN (SELECT run FROM tidemill_runs WHERE pipeline = ?1 AND "
                   "status NOT IN ('complete', 'retried', 'rewound'))",
                   err);
}

tide_code tide_reject_table_drop_replaced(const tide_reject_table *table, int64_t run,
                                          tide_error *err)
{
    char tail[96];
    (void)snprintf(tail, sizeof tail, "WHERE pipeline = ?1 AND run IS NOT %" PRId64, run);
    return execute(table, "DELETE FROM", tail, err);
}

tide_code tide_reject_table_forget(const tide_reject_table *table, tide_error *err)
{
    bool exists = false;
    TIDE_TRY(tide_db_has_table(table->db, table->name, &exists, err));
    return exists ? execute(table, "DELETE FROM", "WHERE pipeline = ?1", err) : TIDE_OK;
}

static const char *text_of(sqlite3_stmt *statement, int index)
{
    return (const char *)sqlite3_column_text(statement, index);
}

static const char *text_or_empty(sqlite3_stmt *statement, int index)
{
    const char *text = text_of(statement, index);
    return text == NULL ? "" : text;
}

static tide_code visit_row(sqlite3_stmt *statement, tide_reject_visitor visit, void *context,
                           tide_error *err)
{
    tide_kept_reject kept = {
        .reject = {.stage = text_or_empty(statement, 0),
                   .position = text_or_empty(statement, 1),
                   .step = text_of(statement, 2),
                   .column = text_of(statement, 3),
                   .sqlstate = text_of(statement, 4),
                   .reason = text_or_empty(statement, 5),
                   .values = text_or_empty(statement, 6)},
        .run = sqlite3_column_int64(statement, 7),
        .undone = sqlite3_column_int64(statement, 8) != 0,
    };
    return visit(context, &kept, err);
}

/* The number at a position's end counts as one, so that "S/2024-01-01/10" comes after ".../9". */
static tide_code prepare_read(const tide_reject_table *table, const tide_reject_query *query,
                              bool grown, sqlite3_stmt **statement, tide_error *err)
{
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append(&sql,
                     "SELECT stage, position, step, column_name, sqlstate, reason, row_values, "
                     "coalesce(run, 0), undone");
    append_on_table(
        &sql, grown ? " FROM (SELECT * FROM" : " FROM (SELECT *, NULL AS run, 0 AS undone FROM",
        table,
        ") WHERE pipeline = ?1 AND (?2 IS NULL OR stage = ?2) AND (?3 = 0 OR run >= ?3) "
        "AND (?4 = 0 OR NOT undone) ORDER BY stage, rtrim(position, '0123456789'), "
        "CAST(substr(position, length(rtrim(position, '0123456789')) + 1) AS INTEGER), "
        "position");
    TIDE_TRY(tide_db_prepare_text(table->db, &sql, statement, err));
    (void)sqlite3_bind_text(*statement, 1, table->target->pipeline, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(*statement, 2, query->stage, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(*statement, 3, query->since_run);
    (void)sqlite3_bind_int64(*statement, 4, query->committed ? 1 : 0);
    return TIDE_OK;
}

tide_code tide_reject_table_read(const tide_reject_table *table, const tide_reject_query *query,
                                 tide_reject_visitor visit, void *context, tide_error *err)
{
    bool exists = false;
    bool grown = false;
    bool has_row = true;
    sqlite3_stmt *statement = NULL;
    TIDE_TRY(tide_db_has_table(table->db, table->name, &exists, err));
    if (!exists) {
        return TIDE_OK;
    }
    TIDE_TRY(is_grown(table, &grown, err));
    TIDE_TRY(prepare_read(table, query, grown, &statement, err));
    tide_code code = TIDE_OK;
    while (code == TIDE_OK && has_row) {
        code = tide_db_step(table->db, statement, &has_row, "reading rejects", err);
        if (code == TIDE_OK && has_row) {
            code = visit_row(statement, visit, context, err);
        }
    }
    (void)sqlite3_finalize(statement);
    return code;
}

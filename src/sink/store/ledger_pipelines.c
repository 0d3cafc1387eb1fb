/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/memory.h"
#include "sink/store/ledger.h"
#include "sink/store/sql.h"

void tide_pipeline_row_clear(tide_pipeline_row *row)
{
    tide_free(row->fingerprint);
    tide_free(row->fingerprint_text);
    tide_free(row->table_identity);
    tide_free(row->swap);
    tide_free(row->table);
    memset(row, 0, sizeof *row);
}

/* NULL stays NULL. */
static tide_code copy_column(sqlite3_stmt *statement, int index, char **out, tide_error *err)
{
    const char *text;
    TIDE_TRY(tide_db_text(statement, index, &text, err));
    *out = tide_copy_string(text);
    return text == NULL || *out != NULL ? TIDE_OK : TIDE_FAIL_MEMORY(err, "the pipeline's row");
}

static tide_code copy_row(sqlite3_stmt *statement, tide_pipeline_row *row, tide_error *err)
{
    TIDE_TRY(copy_column(statement, 0, &row->fingerprint, err));
    TIDE_TRY(copy_column(statement, 1, &row->fingerprint_text, err));
    TIDE_TRY(copy_column(statement, 2, &row->table_identity, err));
    TIDE_TRY(copy_column(statement, 3, &row->swap, err));
    return copy_column(statement, 4, &row->table, err);
}

tide_code tide_ledger_read_pipeline(tide_db *db, const char *pipeline, tide_pipeline_row *row,
                                    tide_error *err)
{
    bool exists;
    memset(row, 0, sizeof *row);
    TIDE_TRY(tide_db_has_table(db, "tidemill_pipelines", &exists, err));
    if (!exists) {
        return TIDE_OK;
    }
    sqlite3_stmt *statement = NULL;
    TIDE_TRY(
        tide_db_prepare(db,
                        "SELECT fingerprint, fingerprint_text, table_identity, swap, table_name "
                        "FROM tidemill_pipelines WHERE pipeline = ?1",
                        &statement, err));
    (void)sqlite3_bind_text(statement, 1, pipeline, -1, SQLITE_STATIC);
    tide_code code = tide_db_step(db, statement, &exists, "reading the pipeline's row", err);
    if (code == TIDE_OK && exists) {
        code = copy_row(statement, row, err);
    }
    if (code != TIDE_OK) {
        tide_pipeline_row_clear(row);
    }
    (void)sqlite3_finalize(statement);
    return code;
}

static tide_code visit_rows(tide_db *db, sqlite3_stmt *statement, tide_ledger_visit_pipeline visit,
                            void *context, tide_error *err)
{
    for (;;) {
        bool has_row;
        tide_ledger_pipeline row;
        TIDE_TRY(tide_db_step(db, statement, &has_row, "reading the pipelines", err));
        if (!has_row) {
            return TIDE_OK;
        }
        TIDE_TRY(tide_db_text(statement, 0, &row.pipeline, err));
        TIDE_TRY(tide_db_text(statement, 1, &row.table, err));
        TIDE_TRY(tide_db_text(statement, 2, &row.swap, err));
        TIDE_TRY(visit(context, &row, err));
    }
}

tide_code tide_ledger_visit_pipelines(tide_db *db, tide_ledger_visit_pipeline visit, void *context,
                                      tide_error *err)
{
    bool exists;
    TIDE_TRY(tide_db_has_table(db, "tidemill_pipelines", &exists, err));
    if (!exists) {
        return TIDE_OK;
    }
    sqlite3_stmt *statement = NULL;
    TIDE_TRY(tide_db_prepare(db,
                             "SELECT pipeline, table_name, swap FROM tidemill_pipelines ORDER BY "
                             "pipeline",
                             &statement, err));
    tide_code code = visit_rows(db, statement, visit, context, err);
    (void)sqlite3_finalize(statement);
    return code;
}

static const char *name_of_mode(tide_sink_mode mode)
{
    static const char *const names[] = {
        [TIDE_APPEND] = "append", [TIDE_MERGE] = "merge", [TIDE_REPLACE] = "replace"};
    return names[mode];
}

/* "a", "b" */
static void append_key(tide_text *out, const tide_target *target)
{
    for (size_t i = 0; i < target->key_count; i++) {
        tide_text_append(out, i == 0 ? "" : ", ");
        tide_sql_append_name(out, target->output->fields[target->key_columns[i]].name);
    }
}

tide_code tide_ledger_write_pipeline(tide_db *db, const tide_target *target,
                                     const char *table_identity, tide_error *err)
{
    tide_text key;
    tide_text_init(&key);
    append_key(&key, target);
    if (tide_text_failed(&key)) {
        tide_text_clear(&key);
        return TIDE_FAIL_MEMORY(err, "the pipeline's key");
    }
    const char *texts[] = {target->pipeline,  target->table,       name_of_mode(target->mode),
                           tide_text_c(&key), target->fingerprint, target->fingerprint_text,
                           table_identity};
    tide_code code = tide_db_execute_with(
        db,
        "INSERT INTO tidemill_pipelines "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL) ON CONFLICT (pipeline) DO UPDATE SET "
        "table_name = excluded.table_name, mode = excluded.mode, "
        "key_columns = excluded.key_columns, fingerprint = excluded.fingerprint, "
        "fingerprint_text = excluded.fingerprint_text, "
        "table_identity = excluded.table_identity",
        texts, 7, err);
    tide_text_clear(&key);
    return code;
}

tide_code tide_ledger_write_swap(tide_db *db, const char *pipeline, const char *swap,
                                 tide_error *err)
{
    const char *texts[] = {pipeline, swap};
    return tide_db_execute_with(db, "UPDATE tidemill_pipelines SET swap = ?2 WHERE pipeline = ?1",
                                texts, 2, err);
}

tide_code tide_ledger_forget_pipeline(tide_db *db, const char *pipeline, tide_error *err)
{
    return tide_db_execute_with(db, "DELETE FROM tidemill_pipelines WHERE pipeline = ?1", &pipeline,
                                1, err);
}

static tide_code append_rivals(tide_db *db, sqlite3_stmt *statement, const tide_target *target,
                               tide_text *problems, tide_error *err)
{
    for (;;) {
        bool has_row;
        TIDE_TRY(tide_db_step(db, statement, &has_row, "looking for other pipelines", err));
        if (!has_row) {
            return TIDE_OK;
        }
        const char *rival;
        TIDE_TRY(tide_db_text(statement, 0, &rival, err));
        tide_text_append_format(
            problems,
            "%s is written by pipeline %s too: only merges with the same key may share a table; "
            "choose another table\n",
            target->table, rival);
    }
}

tide_code tide_ledger_find_rivals(tide_db *db, const tide_target *target, tide_text *problems,
                                  tide_error *err)
{
    bool exists;
    TIDE_TRY(tide_db_has_table(db, "tidemill_pipelines", &exists, err));
    if (!exists) {
        return TIDE_OK;
    }
    tide_text key;
    tide_text_init(&key);
    append_key(&key, target);
    if (tide_text_failed(&key)) {
        tide_text_clear(&key);
        return TIDE_FAIL_MEMORY(err, "the pipeline's key");
    }
    sqlite3_stmt *statement = NULL;
    tide_code code = tide_db_prepare(
        db,
        "SELECT pipeline FROM tidemill_pipelines WHERE pipeline <> ?1 AND "
        "lower(table_name) = lower(?2) AND NOT (mode = 'merge' AND ?3 = 'merge' AND "
        "key_columns = ?4)",
        &statement, err);
    if (code == TIDE_OK) {
        (void)sqlite3_bind_text(statement, 1, target->pipeline, -1, SQLITE_STATIC);
        (void)sqlite3_bind_text(statement, 2, target->table, -1, SQLITE_STATIC);
        (void)sqlite3_bind_text(statement, 3, name_of_mode(target->mode), -1, SQLITE_STATIC);
        (void)sqlite3_bind_text(statement, 4, tide_text_c(&key), -1, SQLITE_STATIC);
        code = append_rivals(db, statement, target, problems, err);
    }
    (void)sqlite3_finalize(statement);
    tide_text_clear(&key);
    return code;
}

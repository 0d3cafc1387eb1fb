/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/csv/manifest.h"

tide_code tide_manifest_create(tide_db *db, tide_error *err)
{
    return tide_db_execute(db,
                           "CREATE TABLE IF NOT EXISTS tidemill_files("
                           "pipeline TEXT NOT NULL, name TEXT NOT NULL, temporary TEXT, "
                           "run INTEGER NOT NULL, part INTEGER NOT NULL, "
                           "row_count INTEGER NOT NULL, byte_count INTEGER NOT NULL, "
                           "state TEXT NOT NULL CHECK (state IN ('committed', 'staged')), "
                           "PRIMARY KEY (pipeline, name)) STRICT",
                           err);
}

tide_code tide_manifest_add(tide_db *db, const char *pipeline, const tide_manifest_file *file,
                            tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    TIDE_TRY(tide_db_prepare(
        db, "INSERT INTO tidemill_files VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", &statement, err));
    (void)sqlite3_bind_text(statement, 1, pipeline, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 2, file->name, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 3, file->temporary, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 4, file->run);
    (void)sqlite3_bind_int64(statement, 5, file->part);
    (void)sqlite3_bind_int64(statement, 6, file->row_count);
    (void)sqlite3_bind_int64(statement, 7, file->byte_count);
    (void)sqlite3_bind_text(statement, 8, file->is_staged ? "staged" : "committed", -1,
                            SQLITE_STATIC);
    tide_code code = tide_db_run(db, statement, "writing the manifest", err);
    (void)sqlite3_finalize(statement);
    return code;
}

tide_code tide_manifest_replace(tide_db *db, const char *pipeline, const tide_manifest_file *file,
                                tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    TIDE_TRY(tide_db_prepare(db,
                             "UPDATE tidemill_files SET temporary = ?3, row_count = ?4, "
                             "byte_count = ?5 WHERE pipeline = ?1 AND name = ?2",
                             &statement, err));
    (void)sqlite3_bind_text(statement, 1, pipeline, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 2, file->name, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 3, file->temporary, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 4, file->row_count);
    (void)sqlite3_bind_int64(statement, 5, file->byte_count);
    tide_code code = tide_db_run(db, statement, "writing the manifest", err);
    (void)sqlite3_finalize(statement);
    return code;
}

static tide_code read_file(sqlite3_stmt *statement, tide_manifest_file *file, tide_error *err)
{
    *file = (tide_manifest_file){
        .run = sqlite3_column_int64(statement, 2),
        .part = sqlite3_column_int64(statement, 3),
        .row_count = sqlite3_column_int64(statement, 4),
        .byte_count = sqlite3_column_int64(statement, 5),
        .is_staged = sqlite3_column_int(statement, 6) != 0,
        .replaces = sqlite3_column_int(statement, 7) != 0,
    };
    TIDE_TRY(tide_db_text(statement, 0, &file->name, err));
    return tide_db_text(statement, 1, &file->temporary, err);
}

static tide_code visit_rows(tide_db *db, sqlite3_stmt *statement, tide_manifest_visit_file visit,
                            void *context, tide_error *err)
{
    for (;;) {
        bool has_row;
        TIDE_TRY(tide_db_step(db, statement, &has_row, "reading the manifest", err));
        if (!has_row) {
            return TIDE_OK;
        }
        tide_manifest_file file;
        TIDE_TRY(read_file(statement, &file, err));
        TIDE_TRY(visit(context, &file, err));
    }
}

/* A part that waits for its name is one of the newest run's own, or, after a rewind, one of an
 * earlier run that was written anew: a rewind first gives all names that are due. */
tide_code tide_manifest_visit(tide_db *db, const char *pipeline, tide_manifest_visit_file visit,
                              void *context, tide_error *err)
{
    bool exists;
    TIDE_TRY(tide_db_has_table(db, "tidemill_files", &exists, err));
    if (!exists) {
        return TIDE_OK;
    }
    sqlite3_stmt *statement = NULL;
    TIDE_TRY(tide_db_prepare(db,
                             "SELECT name, temporary, run, part, row_count, byte_count, "
                             "state = 'staged', EXISTS (SELECT 1 FROM tidemill_runs AS later "
                             "WHERE later.pipeline = files.pipeline AND later.run > files.run AND "
                             "later.status = 'rewound') FROM tidemill_files AS files "
                             "WHERE pipeline = ?1 ORDER BY name",
                             &statement, err));
    (void)sqlite3_bind_text(statement, 1, pipeline, -1, SQLITE_STATIC);
    tide_code code = visit_rows(db, statement, visit, context, err);
    (void)sqlite3_finalize(statement);
    return code;
}

tide_code tide_manifest_settle(tide_db *db, const char *pipeline, tide_error *err)
{
    return tide_db_execute_with(db,
                                "UPDATE tidemill_files SET temporary = NULL WHERE pipeline = ?1 "
                                "AND state = 'committed' AND temporary IS NOT NULL",
                                &pipeline, 1, err);
}

tide_code tide_manifest_forget(tide_db *db, const char *pipeline, bool staged, tide_error *err)
{
    const char *texts[] = {pipeline, staged ? "staged" : "committed"};
    return tide_db_execute_with(db, "DELETE FROM tidemill_files WHERE pipeline = ?1 AND state = ?2",
                                texts, 2, err);
}

tide_code tide_manifest_forget_file(tide_db *db, const char *pipeline, const char *name,
                                    tide_error *err)
{
    const char *texts[] = {pipeline, name};
    return tide_db_execute_with(db, "DELETE FROM tidemill_files WHERE pipeline = ?1 AND name = ?2",
                                texts, 2, err);
}

tide_code tide_manifest_commit_staged(tide_db *db, const char *pipeline, tide_error *err)
{
    return tide_db_execute_with(
        db, "UPDATE tidemill_files SET state = 'committed' WHERE pipeline = ?1", &pipeline, 1, err);
}

tide_code tide_manifest_last_part(tide_db *db, const char *pipeline, int64_t run, int64_t *part,
                                  tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool has_row = false;
    TIDE_TRY(tide_db_prepare(db,
                             "SELECT max(part) FROM tidemill_files WHERE pipeline = ?1 AND run = "
                             "?2",
                             &statement, err));
    (void)sqlite3_bind_text(statement, 1, pipeline, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 2, run);
    tide_code code = tide_db_step(db, statement, &has_row, "reading the manifest", err);
    *part = has_row ? sqlite3_column_int64(statement, 0) : 0; /* null reads as 0 */
    (void)sqlite3_finalize(statement);
    return code;
}

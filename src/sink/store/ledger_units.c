/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "sink/store/ledger.h"

static void bind_key(sqlite3_stmt *statement, const char *pipeline, int64_t run, const char *unit)
{
    (void)sqlite3_bind_text(statement, 1, pipeline, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 2, run);
    (void)sqlite3_bind_text(statement, 3, unit, -1, SQLITE_STATIC);
}

static tide_code write_marker(tide_db *db, const char *sql, const char *pipeline, int64_t run,
                              const char *unit, const tide_marker *marker, tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    TIDE_TRY(tide_db_prepare(db, sql, &statement, err));
    bind_key(statement, pipeline, run, unit);
    (void)sqlite3_bind_int64(statement, 4, marker->emitted);
    (void)sqlite3_bind_int64(statement, 5, marker->rejected);
    (void)sqlite3_bind_int64(statement, 6, marker->result.loaded);
    (void)sqlite3_bind_int64(statement, 7, marker->result.superseded);
    (void)sqlite3_bind_int64(statement, 8, marker->result.refused);
    tide_code code = tide_db_run(db, statement, "writing the unit's marker", err);
    (void)sqlite3_finalize(statement);
    return code;
}

tide_code tide_ledger_read_marker(tide_db *db, const char *pipeline, int64_t run, const char *unit,
                                  tide_marker *marker, bool *exists, tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    *exists = false;
    TIDE_TRY(tide_db_prepare(db,
                             "SELECT emitted, rejected, loaded, superseded, refused FROM "
                             "tidemill_units WHERE pipeline = ?1 AND run = ?2 AND unit = ?3",
                             &statement, err));
    bind_key(statement, pipeline, run, unit);
    tide_code code = tide_db_step(db, statement, exists, "reading the unit's marker", err);
    if (*exists) {
        marker->emitted = sqlite3_column_int64(statement, 0);
        marker->rejected = sqlite3_column_int64(statement, 1);
        marker->result.loaded = sqlite3_column_int64(statement, 2);
        marker->result.superseded = sqlite3_column_int64(statement, 3);
        marker->result.refused = sqlite3_column_int64(statement, 4);
    }
    (void)sqlite3_finalize(statement);
    return code;
}

/* The unit was committed before: was it this one? */
static tide_code check_same(const char *unit, int64_t emitted, const tide_marker *marker,
                            tide_error *err)
{
    if (marker->emitted == emitted) {
        return TIDE_OK;
    }
    return TIDE_FAIL(err, TIDE_STATE_CONFLICT,
                     "unit %s was committed with %lld rows and now has %lld: names of units must "
                     "not be used again within a run",
                     unit, (long long)marker->emitted, (long long)emitted);
}

tide_code tide_ledger_insert_marker(tide_db *db, const char *pipeline, int64_t run,
                                    const char *unit, tide_marker *marker, bool *exists,
                                    tide_error *err)
{
    int64_t emitted = marker->emitted;
    TIDE_TRY(write_marker(db,
                          "INSERT INTO tidemill_units VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
                          "ON CONFLICT DO NOTHING",
                          pipeline, run, unit, marker, err));
    *exists = sqlite3_changes(db->handle) == 0;
    if (!*exists) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_ledger_read_marker(db, pipeline, run, unit, marker, exists, err));
    return check_same(unit, emitted, marker, err);
}

tide_code tide_ledger_update_marker(tide_db *db, const char *pipeline, int64_t run,
                                    const char *unit, const tide_marker *marker, tide_error *err)
{
    return write_marker(db,
                        "UPDATE tidemill_units SET emitted = ?4, rejected = ?5, loaded = ?6, "
                        "superseded = ?7, refused = ?8 "
                        "WHERE pipeline = ?1 AND run = ?2 AND unit = ?3",
                        pipeline, run, unit, marker, err);
}

typedef struct name_list {
    const char **items; /* owned while it grows */
    size_t count;
    size_t capacity;
} name_list;

static tide_code add_name(name_list *list, tide_arena *arena, const char *name, tide_error *err)
{
    TIDE_TRY(tide_grow((void **)&list->items, &list->capacity, list->count + 1, sizeof *list->items,
                       err));
    const char *copy = tide_arena_copy_string(arena, name == NULL ? "" : name);
    if (copy == NULL) {
        return TIDE_FAIL_MEMORY(err, "names of units");
    }
    list->items[list->count++] = copy;
    return TIDE_OK;
}

static tide_code read_names(tide_db *db, sqlite3_stmt *statement, tide_arena *arena,
                            name_list *list, tide_error *err)
{
    for (;;) {
        bool has_row;
        TIDE_TRY(tide_db_step(db, statement, &has_row, "reading units", err));
        if (!has_row) {
            return TIDE_OK;
        }
        const char *name;
        TIDE_TRY(tide_db_text(statement, 0, &name, err));
        TIDE_TRY(add_name(list, arena, name, err));
    }
}

static tide_code move_names(const name_list *list, tide_arena *arena, const char ***names,
                            size_t *count, tide_error *err)
{
    *names = tide_arena_alloc_zero(arena, list->count + 1, sizeof **names);
    if (*names == NULL) {
        return TIDE_FAIL_MEMORY(err, "names of units");
    }
    for (size_t i = 0; i < list->count; i++) {
        (*names)[i] = list->items[i];
    }
    *count = list->count;
    return TIDE_OK;
}

tide_code tide_ledger_read_units(tide_db *db, const char *pipeline, int64_t run, tide_arena *arena,
                                 const char ***names, size_t *count, tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    name_list list = {NULL, 0, 0};
    *names = NULL;
    *count = 0;
    TIDE_TRY(tide_db_prepare(db,
                             "SELECT unit FROM tidemill_units WHERE pipeline = ?1 AND run = ?2 "
                             "ORDER BY unit",
                             &statement, err));
    bind_key(statement, pipeline, run, NULL);
    tide_code code = read_names(db, statement, arena, &list, err);
    (void)sqlite3_finalize(statement);
    if (code == TIDE_OK) {
        code = move_names(&list, arena, names, count, err);
    }
    tide_free(list.items);
    return code;
}

tide_code tide_ledger_count_rejects(tide_db *db, const char *pipeline, int64_t run, int64_t *count,
                                    tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool has_row = false;
    TIDE_TRY(tide_db_prepare(db,
                             "SELECT coalesce(sum(rejected), 0) FROM tidemill_units "
                             "WHERE pipeline = ?1 AND run = ?2",
                             &statement, err));
    bind_key(statement, pipeline, run, NULL);
    tide_code code = tide_db_step(db, statement, &has_row, "counting rejects", err);
    *count = has_row ? sqlite3_column_int64(statement, 0) : 0;
    (void)sqlite3_finalize(statement);
    return code;
}

tide_code tide_ledger_sum_units(tide_db *db, const char *pipeline, tide_sink_facts *facts,
                                tide_error *err)
{
    bool exists;
    TIDE_TRY(tide_db_has_table(db, "tidemill_units", &exists, err));
    if (!exists) {
        return TIDE_OK;
    }
    sqlite3_stmt *statement = NULL;
    TIDE_TRY(tide_db_prepare(db,
                             "SELECT count(*), coalesce(sum(loaded), 0) FROM tidemill_units "
                             "WHERE pipeline = ?1",
                             &statement, err));
    (void)sqlite3_bind_text(statement, 1, pipeline, -1, SQLITE_STATIC);
    tide_code code = tide_db_step(db, statement, &exists, "counting units", err);
    if (code == TIDE_OK && exists) {
        facts->unit_count = sqlite3_column_int64(statement, 0);
        facts->unit_rows = sqlite3_column_int64(statement, 1);
    }
    (void)sqlite3_finalize(statement);
    return code;
}

tide_code tide_ledger_forget_unit_rows(tide_db *db, const char *pipeline, tide_error *err)
{
    return tide_db_execute_with(db, "UPDATE tidemill_units SET loaded = 0 WHERE pipeline = ?1",
                                &pipeline, 1, err);
}

tide_code tide_ledger_drop_markers(tide_db *db, const char *pipeline, tide_error *err)
{
    return tide_db_execute_with(db, "DELETE FROM tidemill_units WHERE pipeline = ?1", &pipeline, 1,
                                err);
}

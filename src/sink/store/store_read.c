/* SPDX-License-Identifier: Apache-2.0 */
/* What is read of a store: facts, states, runs, marks, units, rejects. */
#include "base/memory.h"
#include "sink/store/lease.h"
#include "sink/store/reject_table.h"
#include "sink/store/sql.h"
#include "sink/store/store.h"

/* Moves a string of the row to the facts. */
static void move_string(char **from, char **to)
{
    tide_free(*to);
    *to = *from;
    *from = NULL;
}

static tide_code check_column(sqlite3_stmt *statement, const char *table, const tide_schema *schema,
                              const char *what, const char *cure, tide_text *problems,
                              tide_error *err)
{
    const char *name;
    const char *declared;
    TIDE_TRY(tide_db_text(statement, 0, &name, err));
    TIDE_TRY(tide_db_text(statement, 1, &declared, err));
    size_t field = tide_schema_find(schema, name == NULL ? "" : name);
    if (field == TIDE_NO_FIELD || declared == NULL) {
        return TIDE_OK;
    }
    const char *type = tide_sql_type(schema->fields[field].type, TIDE_SQL_EXACT);
    if (sqlite3_stricmp(declared, type) != 0) {
        tide_text_append_format(problems,
                                "%s column %s of %s is declared %s, but what the pipeline puts "
                                "there now is %s: %s\n",
                                what, name, table, declared, type, cure);
    }
    return TIDE_OK;
}

/* Columns of a table of ours that would change what they are given: '007' becomes 7. */
static tide_code check_own_columns(tide_db *db, const char *table, const tide_schema *schema,
                                   const char *what, const char *cure, tide_text *problems,
                                   tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool has_row = false;
    TIDE_TRY(tide_db_prepare(db, "SELECT name, type FROM pragma_table_info(?1)", &statement, err));
    (void)sqlite3_bind_text(statement, 1, table, -1, SQLITE_STATIC);
    tide_code code = tide_db_step(db, statement, &has_row, "reading a table's columns", err);
    while (code == TIDE_OK && has_row) {
        code = check_column(statement, table, schema, what, cure, problems, err);
        if (code == TIDE_OK) {
            code = tide_db_step(db, statement, &has_row, "reading a table's columns", err);
        }
    }
    (void)sqlite3_finalize(statement);
    return code;
}

tide_code tide_store_check_state(tide_store *store, tide_text *problems, tide_error *err)
{
    return store->state_table == NULL
               ? TIDE_OK
               : check_own_columns(
                     &store->db, store->state_table, &store->target->state->schema, "state",
                     "start over, or take the pipeline back to a day (`tidemill state`)", problems,
                     err);
}

tide_code tide_store_look_at_lease(tide_store *store, bool connected, tide_error *err)
{
    store->sight = (tide_sink_sight){.is_known = true};
    return connected ? tide_lease_read_epoch(&store->db, store->target->pipeline,
                                             &store->sight.epoch, err)
                     : TIDE_OK;
}

tide_code tide_store_check(tide_store *store, tide_sink_facts *facts, tide_pipeline_row *row,
                           tide_error *err)
{
    bool has_table = false;
    TIDE_TRY(tide_ledger_read_pipeline(&store->db, store->target->pipeline, row, err));
    move_string(&row->fingerprint, &facts->fingerprint);
    move_string(&row->fingerprint_text, &facts->fingerprint_text);
    if (store->state_table != NULL) {
        TIDE_TRY(tide_db_has_table(&store->db, store->state_table, &has_table, err));
    }
    if (has_table) {
        TIDE_TRY(tide_db_has_rows(&store->db, store->state_table, &facts->state_exists, err));
    }
    TIDE_TRY(tide_store_check_late(store, &facts->problems, err));
    TIDE_TRY(tide_ledger_sum_units(&store->db, store->target->pipeline, facts, err));
    return tide_ledger_find_rivals(&store->db, store->target, &facts->problems, err);
}

tide_code tide_store_read_states(const tide_store *store, tide_db *reader, tide_hash_range range,
                                 tide_stream **stream, tide_error *err)
{
    const tide_target *target = store->target;
    if (target->mode == TIDE_REPLACE) {
        return tide_state_table_read_none(target->state, stream, err);
    }
    if (reader->handle == NULL) {
        TIDE_TRY(tide_store_open_reader(store, reader, err));
    }
    return tide_state_table_read(reader, store->state_table, target->state, range, stream, err);
}

tide_code tide_store_read_runs(tide_sink *sink, size_t limit, tide_run_row *rows, size_t *count,
                               tide_error *err)
{
    tide_store *store = (tide_store *)sink;
    bool connected = false;
    *count = 0;
    tide_mutex_lock(&store->lock);
    tide_code code = tide_store_connect(store, &connected, err);
    if (code == TIDE_OK && connected) {
        code = tide_ledger_read_runs(&store->db, store->target->pipeline, limit, rows, count, err);
    }
    tide_mutex_unlock(&store->lock);
    return code;
}

tide_code tide_store_read_marks(tide_sink *sink, tide_read_mark_list *marks, tide_error *err)
{
    tide_store *store = (tide_store *)sink;
    bool connected = false;
    tide_mutex_lock(&store->lock);
    tide_code code = tide_store_connect(store, &connected, err);
    if (code == TIDE_OK && connected) {
        code = tide_ledger_read_marks(&store->db, store->target->pipeline, marks, err);
    }
    tide_mutex_unlock(&store->lock);
    return code;
}

tide_code tide_store_read_units(tide_sink *sink, tide_arena *arena, const char ***names,
                                size_t *count, tide_error *err)
{
    tide_store *store = (tide_store *)sink;
    tide_mutex_lock(&store->lock);
    tide_code code = tide_ledger_read_units(&store->db, store->target->pipeline, store->run, arena,
                                            names, count, err);
    tide_mutex_unlock(&store->lock);
    return code;
}

/* By a connection of its own, which sees the database as it is now while workers go on loading. */
tide_code tide_store_read_rejects(tide_sink *sink, const tide_reject_query *query,
                                  tide_reject_visitor visit, void *context, tide_error *err)
{
    const tide_store *store = (const tide_store *)sink;
    tide_db reader = {0};
    if (!tide_db_exists(store->path)) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_store_open_reader(store, &reader, err));
    tide_reject_table table = {&reader, store->rejects_table, store->target};
    tide_code code = tide_reject_table_read(&table, query, visit, context, err);
    tide_db_close(&reader);
    return code;
}

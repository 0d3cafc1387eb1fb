/* SPDX-License-Identifier: Apache-2.0 */
/* Moving rows: staged ones into the table, in the run's last transaction; those of a unit of
 * several parts, in the unit's.
 *
 * One INSERT ... SELECT as a rule. When the table refuses any row of it, it is undone and the rows
 * go one by one, so that the others get in and each refused one is named. */
#include "base/limits.h"
#include "sink/sqlite/sqlite_parts.h"
#include "sink/sqlite/table.h"
#include "sink/store/sql.h"

static void append_select(tide_sqlite_sink *sink, const tide_move *move, tide_text *sql,
                          bool with_position)
{
    tide_text_append(sql, "SELECT ");
    tide_sql_append_names(sql, sink->store.target->output, "");
    tide_text_append(sql, with_position ? ", " TIDE_POSITION_COLUMN : "");
    tide_text_append(sql, " FROM ");
    tide_sql_append_name(sql, move->from);
}

static bool has_open_foreign_keys(sqlite3 *handle)
{
    int open = 0;
    int highest = 0;
    return sqlite3_db_status(handle, SQLITE_DBSTATUS_DEFERRED_FKS, &open, &highest, 0) ==
               SQLITE_OK &&
           open != 0;
}

/* All at once. *moved -1: the table refuses some row, and everything is as before. */
static tide_code move_all(tide_sqlite_sink *sink, const tide_move *move, int64_t *moved,
                          tide_error *err)
{
    tide_db *db = &sink->store.db;
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append(&sql, "INSERT OR ABORT INTO ");
    tide_sql_append_name(&sql, move->to);
    tide_text_append(&sql, " (");
    tide_sql_append_names(&sql, sink->store.target->output, "");
    tide_text_append(&sql, move->with_position ? ", " TIDE_POSITION_COLUMN ") " : ") ");
    append_select(sink, move, &sql, move->with_position);
    sqlite3_stmt *statement = NULL;
    TIDE_TRY(tide_db_prepare_text(db, &sql, &statement, err));
    int result = sqlite3_step(statement);
    *moved = sqlite3_changes64(db->handle);
    tide_code code = TIDE_OK;
    switch (result & 0xff) {
        case SQLITE_DONE:
            *moved = has_open_foreign_keys(db->handle) ? -1 : *moved;
            break;
        case SQLITE_CONSTRAINT:
        case SQLITE_TOOBIG:
        case SQLITE_MISMATCH:
        case SQLITE_ERROR:
            *moved = -1;
            break;
        default:
            code = tide_db_fail(db, result, "moving rows", err);
            break;
    }
    (void)sqlite3_finalize(statement);
    return code;
}

/* The slow way. */
typedef struct row_mover {
    tide_sqlite_sink *sink;
    tide_insertion insertion;
    sqlite3_stmt *select; /* owned */
    tide_builder builder; /* one row */
    tide_refusals *refusals;
    tide_move *move;
} row_mover;

static tide_code read_staged_row(row_mover *mover, tide_error *err)
{
    const tide_schema *schema = mover->sink->store.target->output;
    tide_builder_reset(&mover->builder);
    for (size_t i = 0; i < schema->field_count; i++) {
        tide_stored_read read = tide_stored_read_for(schema->fields[i].type);
        TIDE_TRY(read(mover->select, (int)i, &mover->builder.columns[i], err));
    }
    tide_builder_end_row(&mover->builder);
    return TIDE_OK;
}

static tide_code insert_staged_row(row_mover *mover, const tide_batch *view, tide_error *err)
{
    const tide_schema *schema = mover->sink->store.target->output;
    tide_column columns[TIDE_COLUMNS_MAX];
    tide_fate fate = TIDE_ROW_LOADED;
    tide_refusal refusal = {0};
    const char *stored;
    TIDE_TRY(tide_db_text(mover->select, (int)schema->field_count, &stored, err));
    const char *position = stored == NULL ? "" : stored;
    tide_batch_columns(view, columns);
    TIDE_TRY(tide_insertion_insert(&mover->insertion, columns, 0, tide_str_of(position), &fate,
                                   &refusal, err));
    if (fate == TIDE_ROW_LOADED) {
        mover->move->moved++;
        return TIDE_OK;
    }
    mover->move->refused++;
    return tide_refusals_add_at(mover->refusals, position, schema, columns, 0, &refusal, err);
}

static tide_code move_row(row_mover *mover, tide_error *err)
{
    tide_batch view;
    tide_batch_init(&view);
    TIDE_TRY(read_staged_row(mover, err));
    TIDE_TRY(tide_builder_view(&mover->builder, &view, err));
    tide_code code = insert_staged_row(mover, &view, err);
    tide_batch_clear(&view);
    return code;
}

static tide_code move_rows(row_mover *mover, tide_error *err)
{
    for (;;) {
        bool has_row;
        TIDE_TRY(tide_db_step(&mover->sink->store.db, mover->select, &has_row,
                              "reading staged rows", err));
        if (!has_row) {
            return TIDE_OK;
        }
        TIDE_TRY(move_row(mover, err));
    }
}

static tide_code move_one_by_one(tide_sqlite_sink *sink, tide_move *move, tide_refusals *refusals,
                                 tide_error *err)
{
    const tide_target *target = sink->store.target;
    tide_db *db = &sink->store.db;
    row_mover mover = {.sink = sink, .refusals = refusals, .move = move};
    tide_text sql;
    TIDE_TRY(tide_builder_init(&mover.builder, target->output, err));
    tide_text_init(&sql);
    append_select(sink, move, &sql, true);
    tide_code code = tide_db_prepare_text(db, &sql, &mover.select, err);
    if (code == TIDE_OK) {
        code = tide_insertion_init(&mover.insertion, db, target, move->to, NULL,
                                   move->with_position, err);
    }
    if (code == TIDE_OK) {
        code = move_rows(&mover, err);
    }
    tide_insertion_clear(&mover.insertion);
    (void)sqlite3_finalize(mover.select);
    tide_builder_clear(&mover.builder);
    return code;
}

static tide_code count_rows(tide_db *db, const char *table, int64_t *count, tide_error *err)
{
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append(&sql, "SELECT count(*) FROM ");
    tide_sql_append_name(&sql, table);
    tide_code code = tide_text_failed(&sql)
                         ? TIDE_FAIL_MEMORY(err, "a statement")
                         : tide_db_query_integer(db, tide_text_c(&sql), NULL, 0, 0, count, err);
    tide_text_clear(&sql);
    return code;
}

tide_code tide_sqlite_move(tide_sqlite_sink *sink, tide_move *move, tide_refusals *refusals,
                           tide_error *err)
{
    tide_db *db = &sink->store.db;
    int64_t count = 0;
    TIDE_TRY(count_rows(db, move->from, &count, err));
    TIDE_TRY(tide_db_execute(db, "SAVEPOINT tidemill_move", err));
    TIDE_TRY(move_all(sink, move, &move->moved, err));
    if (move->moved != count) { /* refused, or silently ignored by a trigger */
        move->moved = 0;
        TIDE_TRY(tide_db_execute(db, "ROLLBACK TO tidemill_move", err));
        TIDE_TRY(move_one_by_one(sink, move, refusals, err));
    }
    TIDE_TRY(tide_db_execute(db, "RELEASE tidemill_move", err));
    return tide_db_drop_table(db, move->from, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/store/reject_numbers.h"

#include <stdlib.h>
#include <string.h>

#include "sink/store/sql.h"

static int compare_places(const tide_numbered_reject *a, const tide_numbered_reject *b)
{
    int order = strcmp(a->reject->stage, b->reject->stage);
    return order != 0 ? order : strcmp(a->reject->position, b->reject->position);
}

/* Equal ones stay in their order. */
static int compare_numbered(const void *left, const void *right)
{
    const tide_numbered_reject *a = left, *b = right;
    int order = compare_places(a, b);
    return order != 0 ? order : (a->reject > b->reject) - (a->reject < b->reject);
}

/* The highest number of those that are there, by pipeline, stage, position and run. What lies
 * between "row/DIGEST/" and "row/DIGEST0" are those that are equal. */
static tide_code prepare_highest(const tide_reject_table *table, int64_t run,
                                 sqlite3_stmt **statement, tide_error *err)
{
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append(&sql,
                     "SELECT coalesce(max(CAST(substr(position, length(?3) + 2) AS INTEGER)), "
                     "0) FROM ");
    tide_sql_append_name(&sql, table->name);
    tide_text_append(&sql,
                     " WHERE pipeline = ?1 AND stage = ?2 AND position > ?3 || '/' "
                     "AND position < ?3 || '0'");
    tide_text_append(&sql, table->target->mode == TIDE_REPLACE ? " AND run = ?4" : "");
    TIDE_TRY(tide_db_prepare_text(table->db, &sql, statement, err));
    (void)sqlite3_bind_text(*statement, 1, table->target->pipeline, -1, SQLITE_STATIC);
    if (table->target->mode == TIDE_REPLACE) {
        (void)sqlite3_bind_int64(*statement, 4, run);
    }
    return TIDE_OK;
}

static tide_code find_highest(const tide_reject_table *table, sqlite3_stmt *statement,
                              const tide_reject *reject, int64_t *highest, tide_error *err)
{
    bool has_row = false;
    (void)sqlite3_bind_text(statement, 2, reject->stage, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 3, reject->position, -1, SQLITE_STATIC);
    TIDE_TRY(tide_db_step(table->db, statement, &has_row, "numbering rejects", err));
    *highest = has_row ? sqlite3_column_int64(statement, 0) : 0;
    (void)sqlite3_reset(statement);
    return TIDE_OK;
}

/* Of equal ones, sorted as they are, the highest number is looked up once. */
static tide_code number_sorted(const tide_reject_table *table, sqlite3_stmt *statement,
                               tide_numbered_reject *items, size_t count, tide_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!tide_position_is_by_values(items[i].reject->position)) {
            continue;
        }
        int64_t before = 0;
        if (i > 0 && compare_places(&items[i - 1], &items[i]) == 0) {
            before = items[i - 1].number;
        } else {
            TIDE_TRY(find_highest(table, statement, items[i].reject, &before, err));
        }
        items[i].number = before + 1;
    }
    return TIDE_OK;
}

tide_code tide_number_rejects(const tide_reject_table *table, tide_numbered_reject *items,
                              size_t count, int64_t run, tide_error *err)
{
    sqlite3_stmt *statement = NULL;
    if (!tide_target_numbers_rejects(table->target)) {
        return TIDE_OK;
    }
    qsort(items, count, sizeof *items, compare_numbered);
    TIDE_TRY(prepare_highest(table, run, &statement, err));
    tide_code code = number_sorted(table, statement, items, count, err);
    (void)sqlite3_finalize(statement);
    return code;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Taking state, rejects, late rows and runs back to the end of a day (flow/rewind.h); the table is
 * the sink's own. */
#include <inttypes.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "sink/store/sql.h"
#include "sink/store/store.h"

#define DAY_BYTES 16

/* Clears sql. */
static tide_code execute_counted(tide_db *db, tide_text *sql, int64_t *count, tide_error *err)
{
    TIDE_TRY(tide_db_execute_text(db, sql, err));
    *count = sqlite3_changes64(db->handle);
    return TIDE_OK;
}

/* "SERIES/DAY/ORDINAL", of steps "SERIES/DAY/STEP.ORDINAL", names the day. What follows it is cut
 * off, then it has its fixed place. */
static tide_code delete_rejects(tide_store *store, const char *day, int64_t *count, tide_error *err)
{
    static const char trimmed[] = "rtrim(position, '0123456789.')";
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append(&sql, "DELETE FROM ");
    tide_sql_append_name(&sql, store->rejects_table);
    tide_text_append(&sql, " WHERE pipeline = ");
    tide_sql_append_literal(&sql, store->target->pipeline);
    tide_text_append_format(
        &sql,
        " AND (stage = 'decode' OR substr(%s, -12) GLOB "
        "'/[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]/' AND substr(%s, -11, 10) > '%s')",
        trimmed, trimmed, day);
    return execute_counted(&store->db, &sql, count, err);
}

static tide_code delete_late(tide_store *store, const tide_rewind *rewind, int64_t *count,
                             tide_error *err)
{
    if (store->late_table == NULL) {
        return TIDE_OK;
    }
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append(&sql, "DELETE FROM ");
    tide_sql_append_name(&sql, store->late_table);
    tide_text_append(&sql, " WHERE ");
    tide_sql_append_name(&sql, store->target->late->fields[rewind->late_time_column].name);
    tide_text_append_format(&sql, " >= %" PRId64, rewind->day_end);
    return execute_counted(&store->db, &sql, count, err);
}

static void append_rewound(tide_text *sql, const tide_state_layout *layout, const char *day)
{
    const tide_field *fields = layout->schema.fields;
    tide_text_append_format(sql, "\"%s\" = %" PRId64, fields[layout->rows_column].name,
                            TIDE_STATE_REWOUND);
    const char *last_day = fields[layout->last_day_column].name;
    tide_text_append_format(sql, ", \"%s\" = min(\"%s\", '%s'), \"%s\" = NULL", last_day, last_day,
                            day, fields[layout->previous_day_column].name);
    for (size_t i = 0; i < layout->values_count; i++) {
        tide_text_append(sql, ", ");
        tide_sql_append_name(sql, fields[layout->values_begin + i].name);
        tide_text_append(sql, " = NULL");
    }
}

static tide_code rewind_states(tide_store *store, const tide_rewind *rewind, const char *day,
                               int64_t *count, tide_error *err)
{
    const tide_state_layout *layout = store->target->state;
    if (rewind->all) {
        TIDE_TRY(tide_state_table_renew_values(&store->db, store->state_table, layout, err));
    }
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append(&sql, "UPDATE ");
    tide_sql_append_name(&sql, store->state_table);
    tide_text_append(&sql, " SET ");
    append_rewound(&sql, layout, day);
    if (!rewind->all) {
        tide_text_append_format(&sql, " WHERE \"%s\" > '%s'",
                                layout->schema.fields[layout->last_day_column].name, day);
    }
    return execute_counted(&store->db, &sql, count, err);
}

static tide_code delete_rows(tide_store *store, const char *day, tide_rewound *done,
                             tide_error *err)
{
    const tide_target *target = store->target;
    bool has_rows = false;
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append(&sql, "DELETE FROM ");
    tide_sql_append_name(&sql, target->table);
    tide_text_append(&sql, " WHERE ");
    tide_sql_append_name(&sql, target->output->fields[target->day_column].name);
    tide_text_append_format(&sql, " > '%s'", day);
    TIDE_TRY(execute_counted(&store->db, &sql, &done->rows_deleted, err));
    TIDE_TRY(tide_db_has_rows(&store->db, target->table, &has_rows, err));
    done->table_empty = !has_rows;
    return TIDE_OK;
}

tide_code tide_store_rewind_table(tide_store *store, const tide_rewind *rewind, tide_rewound *done,
                                  tide_error *err)
{
    char day[DAY_BYTES];
    (void)tide_format_day(rewind->day, day);
    return delete_rows(store, day, done, err);
}

static tide_code write_run(tide_store *store, const tide_rewind *rewind, tide_rewound *done,
                           tide_error *err)
{
    const char *pipeline = store->target->pipeline;
    tide_db *db = &store->db;
    int64_t last;
    TIDE_TRY(tide_db_query_integer(db, "SELECT max(run) FROM tidemill_runs WHERE pipeline = ?1",
                                   &pipeline, 1, 0, &last, err));
    done->run = last + 1;
    TIDE_TRY(tide_ledger_close_runs_before(db, pipeline, done->run, err));
    tide_run_row row = {.run = done->run,
                        .status = TIDE_RUN_REWOUND,
                        .started_at = rewind->at,
                        .ended_at = rewind->at};
    tide_text record;
    tide_text_init(&record);
    tide_rewind_print_record(rewind, done, &record);
    row.record = tide_text_take(&record);
    if (row.record == NULL) {
        tide_text_clear(&record);
        return TIDE_FAIL_MEMORY(err, "the record of a rewind");
    }
    tide_code code = tide_ledger_write_run(db, pipeline, &row, err);
    tide_run_row_clear(&row);
    return code;
}

tide_code tide_store_rewind(tide_store *store, const tide_rewind *rewind, tide_rewound *done,
                            tide_error *err)
{
    char day[DAY_BYTES];
    (void)tide_format_day(rewind->day, day);
    TIDE_TRY(delete_rejects(store, day, &done->rejects_deleted, err));
    TIDE_TRY(delete_late(store, rewind, &done->late_deleted, err));
    TIDE_TRY(rewind_states(store, rewind, day, &done->series, err));
    /* The days to come are made of rows that were read before: nothing counts as read. */
    TIDE_TRY(tide_ledger_forget_marks(&store->db, store->target->pipeline, err));
    return write_run(store, rewind, done, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Marks: how far complete runs have read (flow/read_mark.h). */
#include <inttypes.h>
#include <stdio.h>

#include "sink/postgres/postgres.h"

static tide_code add_rows(const PGresult *result, tide_read_mark_list *marks, tide_error *err)
{
    for (int i = 0; i < PQntuples(result); i++) {
        tide_read_mark mark = {.name = PQgetvalue(result, i, 0),
                               .value = PQgetvalue(result, i, 1),
                               .open = PQgetvalue(result, i, 2)[0] == 't'};
        TIDE_TRY(tide_read_mark_list_add(marks, &mark, err));
    }
    return TIDE_OK;
}

tide_code tide_pg_sink_read_marks(tide_sink *base, tide_read_mark_list *marks, tide_error *err)
{
    tide_pg_sink *sink = (tide_pg_sink *)base;
    bool exists;
    TIDE_TRY(tide_pg_sink_has_table(sink, &sink->names.marks, &exists, err));
    if (!exists) {
        return TIDE_OK;
    }
    char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "SELECT name, value, open FROM %s WHERE pipeline = $1 ORDER BY name COLLATE "
                   "\"C\"",
                   sink->names.marks);
    PGresult *result;
    TIDE_TRY(tide_pg_sink_query(sink, sql, &sink->target->pipeline, 1, &result, err));
    tide_code code = add_rows(result, marks, err);
    PQclear(result);
    return code;
}

/* All in one statement: there may be many files. */
static void print_marks(const tide_read_mark_list *marks, tide_text *out)
{
    for (size_t i = 0; i < marks->count; i++) {
        const tide_read_mark *mark = &marks->items[i];
        tide_text_append(out, i == 0 ? "[{\"n\":" : ",{\"n\":");
        tide_text_append_json_string(out, tide_str_of(mark->name));
        tide_text_append(out, ",\"v\":");
        tide_text_append_json_string(out, tide_str_of(mark->value));
        tide_text_append(out, mark->open ? ",\"o\":true}" : ",\"o\":false}");
    }
    tide_text_append_char(out, ']');
}

tide_code tide_pg_write_marks(tide_pg_sink *sink, tide_pg_connection *connection,
                              const tide_run_row *run, tide_error *err)
{
    TIDE_TRY(run->drops_marks ? tide_pg_forget_marks(sink, connection, err)
                              : tide_pg_accept_rows(sink, connection, err));
    if (run->marks == NULL || run->marks->count == 0) {
        return TIDE_OK;
    }
    char sql[768];
    char number[24];
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO %s (pipeline, name, value, open, run) "
                   "SELECT $1, m->>'n', m->>'v', (m->>'o')::boolean, $2::bigint "
                   "FROM json_array_elements($3::json) AS m "
                   "ON CONFLICT (pipeline, name) DO UPDATE SET value = EXCLUDED.value, "
                   "open = EXCLUDED.open, run = EXCLUDED.run",
                   sink->names.marks);
    (void)snprintf(number, sizeof number, "%" PRId64, run->run);
    tide_text json;
    tide_text_init(&json);
    print_marks(run->marks, &json);
    const char *parameters[] = {sink->target->pipeline, number, tide_text_c(&json)};
    tide_code code = tide_text_failed(&json)
                         ? TIDE_FAIL_MEMORY(err, "marks")
                         : tide_pg_change(connection, sql, parameters, 3, NULL, err);
    tide_text_clear(&json);
    return code;
}

tide_code tide_pg_forget_marks(tide_pg_sink *sink, tide_pg_connection *connection, tide_error *err)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql, "DELETE FROM %s WHERE pipeline = $1", sink->names.marks);
    return tide_pg_change(connection, sql, &sink->target->pipeline, 1, NULL, err);
}

tide_code tide_pg_accept_rows(tide_pg_sink *sink, tide_pg_connection *connection, tide_error *err)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql, "DELETE FROM %s WHERE pipeline = $1 AND name = $2",
                   sink->names.marks);
    const char *parameters[] = {sink->target->pipeline, TIDE_UNACCOUNTED_MARK};
    return tide_pg_change(connection, sql, parameters, 2, NULL, err);
}

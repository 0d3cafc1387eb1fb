/* SPDX-License-Identifier: Apache-2.0 */
/* The texts that load sends for every chunk, made once by begin. */
#include "base/memory.h"
#include "sink/postgres/postgres.h"

static char *take(tide_text *sql)
{
    char *text = tide_text_take(sql);
    tide_text_clear(sql);
    return text;
}

/* One round trip: the savepoint, the rows, deferred constraints, and its release. */
static char *make_copy(const char *quoted, const char *columns, bool with_position)
{
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append_format(&sql,
                            "SAVEPOINT tide_chunk; COPY %s (%s%s) FROM STDIN (FORMAT binary); "
                            "SET CONSTRAINTS ALL IMMEDIATE; RELEASE SAVEPOINT tide_chunk",
                            quoted, columns, with_position ? ", " TIDE_PG_POSITION_COLUMN : "");
    return take(&sql);
}

static char *make_late(const char *quoted, const tide_schema *late)
{
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append_format(&sql, "COPY %s (", quoted);
    tide_pg_append_columns(&sql, late, "");
    tide_text_append(&sql, ") FROM STDIN (FORMAT binary)");
    return take(&sql);
}

static void append_arrays(tide_text *sql, const char *quoted, const tide_schema *schema,
                          const tide_pg_layout *layout)
{
    tide_text_append_format(sql, "INSERT INTO %s AS old (", quoted);
    tide_pg_append_columns(sql, schema, "");
    tide_text_append(sql, layout->count > schema->field_count ? ", " TIDE_PG_POSITION_COLUMN : "");
    tide_text_append(sql, ") OVERRIDING SYSTEM VALUE SELECT * FROM unnest(");
    for (size_t i = 0; i < layout->count; i++) {
        tide_text_append_format(sql, "%s$%zu::%s", i == 0 ? "" : ", ", i + 1,
                                layout->writers[i].array_name);
    }
    tide_text_append(sql, ") AS new");
}

static bool is_key(const uint32_t *key, size_t key_count, size_t column)
{
    for (size_t i = 0; i < key_count; i++) {
        if (key[i] == column) {
            return true;
        }
    }
    return false;
}

/* ON CONFLICT (key) DO UPDATE SET every other column; false when there is none. */
static bool append_conflict(tide_text *sql, const tide_schema *schema, const uint32_t *key,
                            size_t key_count)
{
    tide_text_append(sql, " ON CONFLICT (");
    for (size_t i = 0; i < key_count; i++) {
        tide_text_append(sql, i == 0 ? "" : ", ");
        tide_pg_append_identifier(sql, schema->fields[key[i]].name);
    }
    if (key_count == schema->field_count) {
        tide_text_append(sql, ") DO NOTHING");
        return false;
    }
    tide_text_append(sql, ") DO UPDATE SET ");
    bool first = true;
    for (size_t i = 0; i < schema->field_count; i++) {
        if (!is_key(key, key_count, i)) {
            tide_text_append(sql, first ? "" : ", ");
            tide_pg_append_identifier(sql, schema->fields[i].name);
            tide_text_append(sql, " = EXCLUDED.");
            tide_pg_append_identifier(sql, schema->fields[i].name);
            first = false;
        }
    }
    return true;
}

/* How the server is made to compare a column as we do: text and json by their bytes in UTF-8. */
static void append_operand(tide_text *sql, const tide_pg_sink *sink, const char *row,
                           const tide_field *field)
{
    bool by_bytes = field->type.id == TIDE_TEXT || field->type.id == TIDE_JSON;
    bool converted = by_bytes && !sink->takes_every_character;
    tide_text_append_format(sql, "%s%s.", converted ? "convert_to(" : "", row);
    tide_pg_append_identifier(sql, field->name);
    if (converted) {
        tide_text_append(sql, "::text, 'UTF8')");
    } else if (by_bytes) {
        tide_text_append(sql, "::text COLLATE \"C\"");
    }
}

/* WHEN new IS DISTINCT FROM old THEN new > old, null least: where one of two distinct values is
 * null, `>` is null and the greater one is new exactly when old is the null. */
static void append_when(tide_text *sql, const tide_pg_sink *sink, const tide_field *field)
{
    tide_text_append(sql, " WHEN ");
    append_operand(sql, sink, "EXCLUDED", field);
    tide_text_append(sql, " IS DISTINCT FROM ");
    append_operand(sql, sink, "old", field);
    tide_text_append(sql, " THEN coalesce(");
    append_operand(sql, sink, "EXCLUDED", field);
    tide_text_append(sql, " > ");
    append_operand(sql, sink, "old", field);
    tide_text_append(sql, ", ");
    tide_text_append(sql, "old.");
    tide_pg_append_identifier(sql, field->name);
    tide_text_append(sql, " IS NULL)");
}

/* Greater by (newest, all columns as declared); an equal row changes nothing. */
static char *make_merge(const tide_pg_sink *sink, const char *quoted)
{
    const tide_target *target = sink->target;
    tide_text sql;
    tide_text_init(&sql);
    append_arrays(&sql, quoted, target->output, &sink->output);
    if (append_conflict(&sql, target->output, target->key_columns, target->key_count)) {
        if (sink->keeps_positions) {
            tide_text_append(&sql,
                             ", " TIDE_PG_POSITION_COLUMN " = EXCLUDED." TIDE_PG_POSITION_COLUMN);
        }
        tide_text_append(&sql, " WHERE CASE");
        if (target->newest_column != TIDE_NO_FIELD) {
            append_when(&sql, sink, &target->output->fields[target->newest_column]);
        }
        for (size_t i = 0; i < target->output->field_count; i++) {
            if (!is_key(target->key_columns, target->key_count, i) && i != target->newest_column) {
                append_when(&sql, sink, &target->output->fields[i]);
            }
        }
        tide_text_append(&sql, " ELSE false END");
    }
    return take(&sql);
}

static char *make_states(const tide_pg_sink *sink, const char *quoted, tide_error *err)
{
    const tide_state_layout *state = sink->target->state;
    uint32_t *key = tide_alloc((state->series_count + 1) * sizeof *key);
    if (key == NULL) {
        (void)TIDE_FAIL_MEMORY(err, "SQL text");
        return NULL;
    }
    key[0] = (uint32_t)state->hash_column;
    for (size_t i = 0; i < state->series_count; i++) {
        key[i + 1] = (uint32_t)(state->series_begin + i);
    }
    tide_text sql;
    tide_text_init(&sql);
    append_arrays(&sql, quoted, &state->schema, &sink->state);
    (void)append_conflict(&sql, &state->schema, key, state->series_count + 1);
    tide_free(key);
    return take(&sql);
}

/* The key, then newest, then all columns as declared: what rows.c sorts and reduces by. */
static tide_code make_order(tide_pg_sink *sink, tide_error *err)
{
    const tide_target *target = sink->target;
    size_t count = 0;
    uint32_t *columns =
        tide_alloc((target->key_count + 1 + target->output->field_count) * sizeof *columns);
    if (columns == NULL) {
        return TIDE_FAIL_MEMORY(err, "the order of a merge");
    }
    for (size_t i = 0; i < target->key_count; i++) {
        columns[count++] = target->key_columns[i];
    }
    if (target->newest_column != TIDE_NO_FIELD) {
        columns[count++] = (uint32_t)target->newest_column;
    }
    for (size_t i = 0; i < target->output->field_count; i++) {
        if (!is_key(target->key_columns, target->key_count, i) && i != target->newest_column) {
            columns[count++] = (uint32_t)i;
        }
    }
    tide_code code = tide_order_init(&sink->order, target->output, columns, count, err);
    tide_free(columns);
    return code;
}

tide_code tide_pg_make_sql(tide_pg_sink *sink, tide_error *err)
{
    const tide_pg_names *names = &sink->names;
    const char *table = sink->staged ? names->staging : names->target;
    if (tide_pg_sink_is_keyed(sink)) {
        TIDE_TRY(make_order(sink, err));
        sink->rows_sql = make_merge(sink, table);
    } else {
        sink->rows_sql = make_copy(table, names->columns, sink->keeps_positions);
    }
    bool failed = sink->rows_sql == NULL;
    if (sink->target->state != NULL) {
        sink->states_sql =
            make_states(sink, sink->staged ? names->staged_state : names->state, err);
        failed |= sink->states_sql == NULL;
    }
    const tide_schema *late = sink->target->late;
    if (late != NULL && late->field_count > 0) {
        sink->late_sql = make_late(names->late, late);
        failed |= sink->late_sql == NULL;
    }
    return failed ? TIDE_FAIL_MEMORY(err, "SQL text") : TIDE_OK;
}

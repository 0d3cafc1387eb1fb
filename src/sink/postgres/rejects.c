/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sink/postgres/encoding.h"
#include "sink/postgres/postgres.h"

/* Upserted at a time. */
#define REJECTS_MAX 1000
/* The key lies in an index, which holds 2.7 kB an entry: a longer position is cut and told apart by
 * a number. Its end stays: that tells the day and the row, by which a rewind finds it, and a retry
 * its turn. */
#define POSITION_BYTES_MAX 1024
#define POSITION_MARK "..."
#define POSITION_MARK_DIGITS 16
#define ARRAY_HEADER_BYTES 64

enum { STAGE, POSITION, STEP, COLUMN, SQLSTATE, REASON, VALUES, FIELD_COUNT };

static const char *field_of(const tide_reject *reject, int field)
{
    const char *const fields[FIELD_COUNT] = {
        [STAGE] = reject->stage,   [POSITION] = reject->position, [STEP] = reject->step,
        [COLUMN] = reject->column, [SQLSTATE] = reject->sqlstate, [REASON] = reject->reason,
        [VALUES] = reject->values,
    };
    return fields[field];
}

static bool is_day(const char *text)
{
    static const char form[] = "/dddd-dd-dd/";
    for (size_t i = 0; i < sizeof form - 1; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (form[i] == 'd' ? !digit : text[i] != form[i]) {
            return false;
        }
    }
    return true;
}

/* Without "/DAY/ORDINAL" or "/DAY/STEP.ORDINAL" at its end. */
static tide_str without_end(tide_str position)
{
    static const size_t day_bytes = sizeof "/2000-01-01/" - 1;
    size_t end = position.size;
    while (end > 0 && strchr("0123456789.", position.data[end - 1]) != NULL) {
        end--;
    }
    if (end == position.size || end < day_bytes || !is_day(position.data + end - day_bytes)) {
        return position;
    }
    return (tide_str){position.data, end - day_bytes};
}

/* One that comes back from the table, to be loaded again, stays what it is. */
static bool is_cut(tide_str position)
{
    size_t mark = strlen(POSITION_MARK);
    const char *digits = position.data + POSITION_BYTES_MAX + mark;
    return position.size == POSITION_BYTES_MAX + mark + POSITION_MARK_DIGITS &&
           memcmp(digits - mark, POSITION_MARK, mark) == 0 &&
           strspn(digits, "0123456789abcdef") == POSITION_MARK_DIGITS;
}

static void append_position(tide_text *out, const char *position)
{
    tide_str whole = tide_str_of(position);
    tide_str series = without_end(whole);
    if (series.size <= POSITION_BYTES_MAX || is_cut(series)) {
        tide_pg_append_clean(out, whole, false);
        return;
    }
    uint64_t mark = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < series.size; i++) {
        mark = (mark ^ (uint8_t)series.data[i]) * UINT64_C(1099511628211);
    }
    tide_pg_append_clean(out, (tide_str){series.data, POSITION_BYTES_MAX}, false);
    tide_text_append_format(out, POSITION_MARK "%0*llx%s", POSITION_MARK_DIGITS,
                            (unsigned long long)mark, series.data + series.size);
}

/* Escaped before it is cut, so that it fits, and stays the same when it comes back. */
static void append_escaped_position(tide_text *out, const char *position)
{
    tide_text whole;
    tide_text_init(&whole);
    tide_pg_append_clean(&whole, tide_str_of(position), true);
    append_position(out, tide_text_c(&whole));
    out->failed = out->failed || tide_text_failed(&whole);
    tide_text_clear(&whole);
}

static void put_cell(tide_pg_encoder *encoder, tide_text *scratch, int field, const char *value,
                     bool escaped)
{
    if (value == NULL && (field == STEP || field == COLUMN || field == SQLSTATE)) {
        tide_pg_put_null(encoder);
        return;
    }
    tide_text_reset(scratch);
    if (value == NULL) {
        tide_text_append(scratch, field == VALUES ? "{}" : "");
    } else if (field == POSITION && escaped) {
        append_escaped_position(scratch, value);
    } else if (field == POSITION) {
        append_position(scratch, value);
    } else {
        tide_pg_append_clean(scratch, tide_str_of(value), escaped);
    }
    encoder->memory_failed = encoder->memory_failed || tide_text_failed(scratch);
    tide_pg_put_uint32(encoder, (uint32_t)scratch->size);
    tide_pg_put_bytes(encoder, tide_text_c(scratch), scratch->size);
}

static void put_array(tide_pg_encoder *encoder, tide_text *scratch, const tide_reject *items,
                      size_t count, int field, bool escaped)
{
    if (!tide_pg_encoder_reserve(encoder)) {
        return;
    }
    tide_pg_put_uint32(encoder, 1);
    tide_pg_put_uint32(encoder, 1);
    tide_pg_put_uint32(encoder, 25); /* text */
    tide_pg_put_uint32(encoder, (uint32_t)count);
    tide_pg_put_uint32(encoder, 1);
    for (size_t i = 0; i < count && tide_pg_encoder_reserve(encoder); i++) {
        put_cell(encoder, scratch, field, field_of(&items[i], field), escaped);
    }
}

/* Equal rows without a key are told apart by their numbers, on from the highest that is there:
 * "row/DIGEST/7" is the seventh. */
static void append_positions(tide_text *sql, const tide_pg_sink *sink, bool numbered)
{
    static const char given[] =
        "unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], "
        "$8::text[]) WITH ORDINALITY AS ";
    if (!numbered) {
        tide_text_append_format(sql, "%snew(s, p, t, c, q, r, v, n)", given);
        return;
    }
    tide_text_append_format(
        sql,
        "(SELECT s, CASE WHEN p ~ '" TIDE_PG_BY_VALUES_PATTERN
        "' THEN p || '/' || "
        "(row_number() OVER (PARTITION BY s, p ORDER BY n) + coalesce(highest, 0)) ELSE p END "
        "AS p, t, c, q, r, v FROM %sgiven(s, p, t, c, q, r, v, n) LEFT JOIN (SELECT stage, "
        "left(\"position\", %d) AS kept, "
        "max(substr(\"position\", %d)::bigint) AS highest FROM %s WHERE pipeline = $1 AND "
        "\"position\" ~ '" TIDE_PG_NUMBERED_PATTERN
        "'%s GROUP BY 1, 2) AS numbers "
        "ON stage = s AND kept = p) AS new",
        given, TIDE_BY_VALUES_BYTES, TIDE_BY_VALUES_BYTES + 2, sink->names.rejects,
        sink->target->mode == TIDE_REPLACE ? " AND run = $9::bigint" : "");
}

/* A reject that is committed stays so when a unit that is rolled back finds it again. */
static void append_upsert(tide_text *sql, const tide_pg_sink *sink, bool numbered)
{
    tide_text_append_format(
        sql,
        "INSERT INTO %s AS old (pipeline, stage, \"position\", step, column_name, sqlstate, "
        "reason, row_values, run, undone) "
        "SELECT DISTINCT ON (new.s, new.p) $1, s, p, t, c, q, r, v::json, $9::bigint, $10::boolean "
        "FROM ",
        sink->names.rejects);
    append_positions(sql, sink, numbered);
    tide_text_append(
        sql,
        " ORDER BY new.s, new.p, new.t, new.c, new.q, new.r, new.v "
        "ON CONFLICT (pipeline, stage, \"position\") DO UPDATE SET step = EXCLUDED.step, "
        "column_name = EXCLUDED.column_name, sqlstate = EXCLUDED.sqlstate, "
        "reason = EXCLUDED.reason, row_values = EXCLUDED.row_values, run = EXCLUDED.run, "
        "undone = old.undone AND EXCLUDED.undone "
        "WHERE (old.step, old.column_name, old.sqlstate, old.reason, old.row_values::text, "
        "old.run, old.undone) IS DISTINCT FROM (EXCLUDED.step, EXCLUDED.column_name, "
        "EXCLUDED.sqlstate, EXCLUDED.reason, EXCLUDED.row_values::text, EXCLUDED.run, "
        "old.undone AND EXCLUDED.undone)");
}

/* Parameters: the pipeline, some fields of the rejects as arrays, and at most two texts. */
#define PARAMETERS_MAX (FIELD_COUNT + 3)

typedef struct reject_command {
    const char *sql;
    const int *fields;
    size_t field_count;
    const char *texts[2];
    size_t text_count;
    bool writes; /* else the texts are those of rejects that are there */
} reject_command;

/* *affected: rows. */
static tide_code send_some(const tide_pg_sink *sink, tide_pg_connection *connection,
                           tide_pg_encoder *encoder, const reject_command *command,
                           const tide_reject *items, size_t count, int64_t *affected,
                           tide_error *err)
{
    const char *values[PARAMETERS_MAX] = {sink->target->pipeline};
    int lengths[PARAMETERS_MAX] = {0};
    int formats[PARAMETERS_MAX] = {0};
    size_t offsets[FIELD_COUNT + 1] = {0};
    bool escaped = command->writes && !tide_pg_takes_every_character(connection);
    tide_text scratch;
    tide_text_init(&scratch);
    TIDE_TRY(tide_pg_encoder_begin(encoder, NULL, ARRAY_HEADER_BYTES, err));
    for (size_t i = 0; i < command->field_count; i++) {
        put_array(encoder, &scratch, items, count, command->fields[i], escaped);
        offsets[i + 1] = encoder->size;
    }
    tide_text_clear(&scratch);
    TIDE_TRY(tide_pg_encoder_finish(encoder, err));
    for (size_t i = 0; i < command->field_count; i++) {
        values[i + 1] = (const char *)encoder->data + offsets[i];
        lengths[i + 1] = (int)(offsets[i + 1] - offsets[i]);
        formats[i + 1] = 1;
    }
    for (size_t i = 0; i < command->text_count; i++) {
        values[1 + command->field_count + i] = command->texts[i];
    }
    tide_pg_command sent = {.sql = command->sql,
                            .count = (int)(1 + command->field_count + command->text_count),
                            .values = values,
                            .lengths = lengths,
                            .formats = formats};
    PGresult *result = tide_pg_exec_command(connection, &sent);
    tide_code code = tide_pg_succeeded(result) ? TIDE_OK : tide_pg_fail(connection, result, err);
    *affected = code == TIDE_OK ? strtoll(PQcmdTuples(result), NULL, 10) : 0;
    PQclear(result);
    return code;
}

static tide_code send_all(const tide_pg_sink *sink, tide_pg_connection *connection,
                          tide_pg_encoder *encoder, const reject_command *command,
                          const tide_reject_list *rejects, int64_t *affected, tide_error *err)
{
    tide_code code = TIDE_OK;
    *affected = 0;
    for (size_t i = 0; i < rejects->count && code == TIDE_OK; i += REJECTS_MAX) {
        size_t count = rejects->count - i < REJECTS_MAX ? rejects->count - i : REJECTS_MAX;
        int64_t some = 0;
        code = send_some(sink, connection, encoder, command, rejects->items + i, count, &some, err);
        *affected += some;
    }
    return code;
}

static bool any_by_values(const tide_reject_list *rejects)
{
    for (size_t i = 0; i < rejects->count; i++) {
        if (tide_position_is_by_values(rejects->items[i].position)) {
            return true;
        }
    }
    return false;
}

/* Two units must not take the same number. Nothing of the table is locked by this transaction yet,
 * so those who wait here wait for nobody who waits for them. */
static tide_code lock_numbers(const tide_pg_sink *sink, tide_pg_connection *connection,
                              tide_error *err)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql, "LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE",
                   sink->names.rejects);
    return tide_pg_run(connection, sql, err);
}

static tide_code write_list(const tide_pg_sink *sink, tide_pg_connection *connection,
                            tide_pg_encoder *encoder, const tide_reject_list *rejects,
                            reject_command *command, bool numbered, tide_error *err)
{
    int64_t affected;
    tide_text sql;
    tide_text_init(&sql);
    append_upsert(&sql, sink, numbered && any_by_values(rejects));
    command->sql = tide_text_c(&sql);
    tide_code code = tide_text_failed(&sql)
                         ? TIDE_FAIL_MEMORY(err, "SQL text")
                         : send_all(sink, connection, encoder, command, rejects, &affected, err);
    tide_text_clear(&sql);
    return code;
}

tide_code tide_pg_write_rejects(const tide_pg_sink *sink, tide_pg_connection *connection,
                                tide_pg_encoder *encoder, const tide_reject_list *const *lists,
                                size_t list_count, bool undone, tide_error *err)
{
    static const int fields[] = {STAGE, POSITION, STEP, COLUMN, SQLSTATE, REASON, VALUES};
    char run[24];
    (void)snprintf(run, sizeof run, "%" PRId64, sink->run);
    reject_command command = {.fields = fields,
                              .field_count = FIELD_COUNT,
                              .texts = {run, undone ? "true" : "false"},
                              .text_count = 2,
                              .writes = true};
    bool numbered = false;
    for (size_t i = 0; i < list_count && tide_target_numbers_rejects(sink->target); i++) {
        numbered = numbered || any_by_values(lists[i]);
    }
    if (numbered) {
        TIDE_TRY(lock_numbers(sink, connection, err));
    }
    for (size_t i = 0; i < list_count; i++) {
        TIDE_TRY(write_list(sink, connection, encoder, lists[i], &command, numbered, err));
    }
    return TIDE_OK;
}

tide_code tide_pg_delete_rejects(const tide_pg_sink *sink, tide_pg_connection *connection,
                                 tide_pg_encoder *encoder, const tide_reject_list *rejects,
                                 int64_t run, int64_t *deleted, tide_error *err)
{
    static const int fields[] = {STAGE, POSITION};
    char sql[512];
    char number[24];
    (void)snprintf(number, sizeof number, "%" PRId64, run);
    (void)snprintf(sql, sizeof sql,
                   "DELETE FROM %s AS old USING unnest($2::text[], $3::text[]) AS taken(s, p) "
                   "WHERE old.pipeline = $1 AND old.stage = taken.s AND old.\"position\" = "
                   "taken.p AND coalesce(old.run, 0) <= $4::bigint",
                   sink->names.rejects);
    reject_command command = {
        .sql = sql, .fields = fields, .field_count = 2, .texts = {number}, .text_count = 1};
    return send_all(sink, connection, encoder, &command, rejects, deleted, err);
}

tide_code tide_pg_take_rejects(const tide_pg_sink *sink, tide_pg_connection *connection,
                               tide_pg_encoder *encoder, const tide_reject_list *rejects,
                               tide_error *err)
{
    int64_t affected;
    TIDE_TRY(tide_pg_delete_rejects(sink, connection, encoder, rejects, INT64_MAX, &affected, err));
    if (affected == (int64_t)rejects->count) {
        return TIDE_OK;
    }
    return TIDE_FAIL(err, TIDE_STATE_CONFLICT,
                     "%" PRId64
                     " of %zu rejects are not in %s any more: somebody else has deleted "
                     "them meanwhile. Nothing of these was loaded; retry again",
                     (int64_t)rejects->count - affected, rejects->count, sink->names.rejects);
}

tide_code tide_pg_sink_reject(tide_sink *base, const tide_reject_list *rejects, tide_error *err)
{
    tide_pg_sink *sink = (tide_pg_sink *)base;
    tide_pg_encoder encoder;
    char application[64];
    if (rejects->count == 0) {
        return TIDE_OK;
    }
    tide_pg_encoder_init(&encoder);
    tide_pg_lease_application(&sink->lease, "rejects", application);
    tide_code code = tide_pg_commit_rejects(sink, &sink->control, &encoder, application, &rejects,
                                            1, false, err);
    tide_pg_encoder_clear(&encoder);
    if (code == TIDE_OK) {
        (void)tide_atomic_add(&sink->rejected_rows, (int64_t)rejects->count);
    }
    return code;
}

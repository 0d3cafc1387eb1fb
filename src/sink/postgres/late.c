/* SPDX-License-Identifier: Apache-2.0 */
/* The table of late rows: made by begin, and fitted to the pipeline, without ever losing a row.
 *
 *   missing columns         are added
 *   NOT NULL                goes: a late row has null where the table can't hold a value, and a
 *                           column may be required no more, or be none of the pipeline
 *   columns of other types  are changed while the table is empty, nothing depends on them, and no
 *                           other pipeline has late rows there: a binary COPY that is under way
 *                           would be taken for values of the new type
 *
 * What can't be done so is a problem that check tells, and begin again, under the lock that makes
 * beginnings go one by one. */
#include <stdio.h>

#include "base/memory.h"
#include "sink/postgres/postgres.h"

/* The first four as tide_pg_is_natural reads them. A NOT NULL is no dependant (from 18 on it is
 * in pg_constraint). */
enum { NAME, PRINTED, TYPE, MODIFIER, NOT_NULL, HAS_DEFAULT, GENERATED, HAS_DEPENDANTS, IN_KEY };

static const char columns_sql[] =
    "SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.atttypid, a.atttypmod, "
    "a.attnotnull, a.atthasdef OR a.attidentity <> '', a.attgenerated <> '', "
    "EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_class'::regclass "
    "AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND NOT EXISTS (SELECT FROM "
    "pg_constraint n WHERE d.classid = 'pg_constraint'::regclass AND n.oid = d.objid "
    "AND n.contype = 'n')), "
    "a.attidentity <> '' OR EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid "
    "AND i.indisprimary AND a.attnum = ANY (i.indkey)) "
    "FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 "
    "AND NOT a.attisdropped ORDER BY a.attnum";

typedef struct late_look {
    tide_pg_sink *sink;
    bool exists, has_rows, may_alter;
    char *sharer;       /* owned: another pipeline whose late rows go there, or NULL */
    tide_text problems; /* a line each */
    tide_text changes;  /* of ALTER TABLE, each after a comma and a space */
} late_look;

bool tide_pg_has_late_rows(const tide_pg_sink *sink)
{
    const tide_target *target = sink->target;
    return target->late != NULL && target->late->field_count > 0 && target->state != NULL &&
           target->mode != TIDE_REPLACE;
}

static bool is_true(const PGresult *result, int row, int column)
{
    return PQgetvalue(result, row, column)[0] == 't';
}

static tide_code look_at_table(late_look *look, tide_error *err)
{
    const char *late = look->sink->names.late;
    PGresult *result;
    TIDE_TRY(tide_pg_query(&look->sink->control,
                           "SELECT relkind, relpersistence, pg_has_role(relowner, 'USAGE') "
                           "AND NOT relispartition FROM pg_class WHERE oid = to_regclass($1)",
                           &late, 1, &result, err));
    look->exists = PQntuples(result) > 0;
    if (look->exists) {
        char kind = PQgetvalue(result, 0, 0)[0];
        look->may_alter = kind == 'r' && is_true(result, 0, 2);
        if (kind != 'r' && kind != 'p') {
            tide_text_append_format(&look->problems,
                                    "%s, where late rows go, is not a table: rename it\n", late);
        } else if (PQgetvalue(result, 0, 1)[0] == 'u') {
            tide_text_append_format(&look->problems,
                                    "table %s, where late rows go, is unlogged: a crash of the "
                                    "server would empty it: ALTER TABLE %s SET LOGGED\n",
                                    late, late);
        }
    }
    PQclear(result);
    return TIDE_OK;
}

/* One whose table was emptied by a reset of another has no oid until it begins anew, but may be at
 * work: its name decides. */
static tide_code look_for_others(late_look *look, tide_error *err)
{
    const tide_pg_sink *sink = look->sink;
    char sql[1024];
    bool exists;
    TIDE_TRY(tide_pg_table_exists(&look->sink->control, sink->names.pipelines, &exists, err));
    if (!exists) {
        return TIDE_OK;
    }
    const char *parameters[] = {sink->target->pipeline, sink->names.target, sink->names.table,
                                sink->names.late};
    (void)snprintf(sql, sizeof sql,
                   "SELECT pipeline, table_oid IS NOT DISTINCT FROM to_regclass($4)::oid FROM %s "
                   "WHERE pipeline <> $1 AND (table_oid IN (to_regclass($2)::oid, "
                   "to_regclass($4)::oid) OR table_oid IS NULL AND "
                   "right('.' || table_name, length($3) + 1) = '.' || $3) "
                   "ORDER BY 2 DESC, 1 LIMIT 1",
                   sink->names.pipelines);
    PGresult *result;
    TIDE_TRY(tide_pg_query(&look->sink->control, sql, parameters, 4, &result, err));
    tide_code code = TIDE_OK;
    if (PQntuples(result) > 0 && is_true(result, 0, 1)) {
        tide_text_append_format(&look->problems,
                                "table %s, where late rows go, is the output of pipeline `%s`: "
                                "choose another table\n",
                                sink->names.late, PQgetvalue(result, 0, 0));
    } else if (PQntuples(result) > 0) {
        look->sharer = tide_copy_string(PQgetvalue(result, 0, 0));
        code = look->sharer == NULL ? TIDE_FAIL_MEMORY(err, "a pipeline's name") : TIDE_OK;
    }
    PQclear(result);
    return code;
}

static const tide_field *field_of(const late_look *look, const PGresult *result, int row)
{
    const tide_schema *late = look->sink->target->late;
    size_t index = tide_schema_find(late, PQgetvalue(result, row, NAME));
    return index == TIDE_NO_FIELD ? NULL : &late->fields[index];
}

static bool is_unfit(const late_look *look, const PGresult *result, int row)
{
    const tide_field *field = field_of(look, result, row);
    return field != NULL &&
           (is_true(result, row, GENERATED) || !tide_pg_is_natural(field->type, result, row));
}

/* Asked only where it matters: a role that puts rows there need not be able to read them. */
static tide_code look_for_rows(late_look *look, const PGresult *columns, tide_error *err)
{
    bool matters = false;
    for (int row = 0; row < PQntuples(columns); row++) {
        matters = matters || is_unfit(look, columns, row);
    }
    if (!matters) {
        return TIDE_OK;
    }
    char sql[512];
    char *row;
    (void)snprintf(sql, sizeof sql, "SELECT 1 FROM %s LIMIT 1", look->sink->names.late);
    TIDE_TRY(tide_pg_ask(&look->sink->control, sql, NULL, 0, &row, err));
    look->has_rows = row != NULL;
    tide_free(row);
    return TIDE_OK;
}

static void tell_unfit(late_look *look, const PGresult *result, int row, const tide_field *field)
{
    char type[24];
    tide_text_append_format(&look->problems,
                            "late rows' column `%s` of %s is %s%s, but the pipeline now declares "
                            "%s: ",
                            field->name, look->sink->names.late, PQgetvalue(result, row, PRINTED),
                            is_true(result, row, GENERATED) ? ", generated" : "",
                            tide_pg_type_name(field->type, true, type));
    if (look->sharer != NULL) {
        tide_text_append_format(&look->problems,
                                "late rows of pipeline `%s` go there, too: declare the same type "
                                "or another name, or change both pipelines, and the table with "
                                "ALTER TABLE\n",
                                look->sharer);
    } else {
        tide_text_append(&look->problems,
                         "drop or rename that table, and a new one is made, or "
                         "change it with ALTER TABLE\n");
    }
}

static void change_type(late_look *look, const PGresult *result, int row, const tide_field *field)
{
    char name[24];
    const char *type = tide_pg_type_name(field->type, true, name);
    if (is_true(result, row, NOT_NULL)) {
        tide_text_append(&look->changes, ", ALTER COLUMN ");
        tide_pg_append_identifier(&look->changes, field->name);
        tide_text_append(&look->changes, " DROP NOT NULL");
    }
    tide_text_append(&look->changes, ", ALTER COLUMN ");
    tide_pg_append_identifier(&look->changes, field->name);
    tide_text_append_format(&look->changes, " TYPE %s USING NULL::%s", type, type);
}

/* `field` is NULL for a column that is none of the pipeline. */
static void make_nullable(late_look *look, const PGresult *result, int row, const tide_field *field)
{
    const char *name = PQgetvalue(result, row, NAME);
    if (look->may_alter && !is_true(result, row, IN_KEY)) {
        tide_text_append(&look->changes, ", ALTER COLUMN ");
        tide_pg_append_identifier(&look->changes, name);
        tide_text_append(&look->changes, " DROP NOT NULL");
    } else if (field == NULL || !field->not_null) {
        tide_text_append_format(&look->problems,
                                "column `%s` of %s is NOT NULL, but late rows may have no value "
                                "there: drop or rename that table, and a new one is made, or "
                                "ALTER TABLE %s ALTER COLUMN ",
                                name, look->sink->names.late, look->sink->names.late);
        tide_pg_append_identifier(&look->problems, name);
        tide_text_append(&look->problems, " DROP NOT NULL\n");
    }
}

static void judge_column(late_look *look, const PGresult *result, int row)
{
    const tide_field *field = field_of(look, result, row);
    if (is_unfit(look, result, row)) {
        bool is_free = !look->has_rows && look->sharer == NULL && look->may_alter;
        if (is_free && !is_true(result, row, GENERATED) && !is_true(result, row, HAS_DEPENDANTS)) {
            change_type(look, result, row, field);
        } else {
            tell_unfit(look, result, row, field);
        }
    } else if (is_true(result, row, NOT_NULL) &&
               (field != NULL || !is_true(result, row, HAS_DEFAULT))) {
        make_nullable(look, result, row, field);
    }
}

static void add_missing(late_look *look, const PGresult *result)
{
    const tide_schema *late = look->sink->target->late;
    for (size_t i = 0; i < late->field_count; i++) {
        char type[24];
        bool found = false;
        for (int row = 0; row < PQntuples(result) && !found; row++) {
            found = strcmp(PQgetvalue(result, row, NAME), late->fields[i].name) == 0;
        }
        if (!found) {
            tide_text_append(&look->changes, ", ADD COLUMN ");
            tide_pg_append_identifier(&look->changes, late->fields[i].name);
            tide_text_append_format(&look->changes, " %s",
                                    tide_pg_type_name(late->fields[i].type, true, type));
        }
    }
}

static void clear(late_look *look)
{
    tide_free(look->sharer);
    tide_text_clear(&look->problems);
    tide_text_clear(&look->changes);
}

/* Clear it, whatever it says. */
static tide_code look_at(late_look *look, tide_pg_sink *sink, tide_error *err)
{
    *look = (late_look){.sink = sink};
    tide_text_init(&look->problems);
    tide_text_init(&look->changes);
    TIDE_TRY(look_at_table(look, err));
    TIDE_TRY(look_for_others(look, err));
    if (!look->exists || look->problems.size > 0) {
        return TIDE_OK;
    }
    PGresult *result;
    TIDE_TRY(tide_pg_query(&sink->control, columns_sql, &sink->names.late, 1, &result, err));
    tide_code code = look_for_rows(look, result, err);
    for (int row = 0; row < PQntuples(result); row++) {
        judge_column(look, result, row);
    }
    add_missing(look, result);
    PQclear(result);
    TIDE_TRY(code);
    return tide_text_failed(&look->changes) || tide_text_failed(&look->problems)
               ? TIDE_FAIL_MEMORY(err, "what was found about late rows")
               : TIDE_OK;
}

tide_code tide_pg_check_late(tide_pg_sink *sink, tide_text *problems, tide_error *err)
{
    late_look look;
    if (!tide_pg_has_late_rows(sink)) {
        return TIDE_OK;
    }
    tide_code code = look_at(&look, sink, err);
    tide_text_append(problems, tide_text_c(&look.problems));
    clear(&look);
    return code;
}

static tide_code create(late_look *look, tide_error *err)
{
    const tide_schema *late = look->sink->target->late;
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append_format(&sql, "CREATE TABLE %s (", look->sink->names.late);
    for (size_t i = 0; i < late->field_count; i++) {
        char type[24];
        tide_text_append(&sql, i == 0 ? "" : ", ");
        tide_pg_append_identifier(&sql, late->fields[i].name);
        tide_text_append_format(&sql, " %s", tide_pg_type_name(late->fields[i].type, true, type));
    }
    tide_text_append(&sql, ")");
    tide_code code = tide_text_failed(&sql)
                         ? TIDE_FAIL_MEMORY(err, "SQL text")
                         : tide_pg_run(&look->sink->control, tide_text_c(&sql), err);
    tide_text_clear(&sql);
    return code;
}

/* Nobody adds a row between the second look and the end of the transaction. */
static tide_code lock_and_look(late_look *look, tide_error *err)
{
    char sql[512];
    tide_pg_sink *sink = look->sink;
    (void)snprintf(sql, sizeof sql, "LOCK TABLE %s IN ACCESS EXCLUSIVE MODE", sink->names.late);
    TIDE_TRY(tide_pg_run(&sink->control, sql, err));
    clear(look);
    return look_at(look, sink, err);
}

static tide_code alter(late_look *look, tide_error *err)
{
    tide_text sql;
    tide_text_init(&sql);
    tide_text_append_format(&sql, "ALTER TABLE %s%s", look->sink->names.late,
                            tide_text_c(&look->changes) + 1); /* from the first comma on */
    tide_code code = tide_text_failed(&sql)
                         ? TIDE_FAIL_MEMORY(err, "SQL text")
                         : tide_pg_run(&look->sink->control, tide_text_c(&sql), err);
    tide_text_clear(&sql);
    return code;
}

static tide_code fit(late_look *look, tide_error *err)
{
    if (look->problems.size == 0 && look->changes.size > 0) {
        TIDE_TRY(lock_and_look(look, err));
    }
    TIDE_TRY(tide_pg_refuse_problems(&look->problems, err));
    if (!look->exists) {
        return create(look, err);
    }
    return look->changes.size == 0 ? TIDE_OK : alter(look, err);
}

tide_code tide_pg_prepare_late(tide_pg_sink *sink, tide_error *err)
{
    late_look look;
    if (!tide_pg_has_late_rows(sink)) {
        return TIDE_OK;
    }
    tide_code code = look_at(&look, sink, err);
    if (code == TIDE_OK) {
        code = fit(&look, err);
    }
    clear(&look);
    return code;
}

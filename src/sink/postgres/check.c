/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sink/postgres/postgres.h"

/* FETCH FIRST ... WITH TIES, by which states are paged. */
#define SERVER_VERSION_MIN 130000

static tide_code check_kind(tide_pg_sink *sink, tide_text *problems, tide_error *err)
{
    char *kind;
    TIDE_TRY(tide_pg_ask(&sink->control, "SELECT relkind FROM pg_class WHERE oid = to_regclass($1)",
                         &sink->names.target, 1, &kind, err));
    if (kind != NULL && kind[0] != 'r' && kind[0] != 'p') {
        tide_text_append_format(problems, "%s is not a table\n", sink->names.target);
    }
    tide_free(kind);
    return TIDE_OK;
}

/* Each row of a query with one text column is a problem. */
static tide_code tell_rows(tide_pg_sink *sink, const char *sql, const char *const *parameters,
                           int parameter_count, tide_text *problems, tide_error *err)
{
    PGresult *result;
    TIDE_TRY(tide_pg_query(&sink->control, sql, parameters, parameter_count, &result, err));
    for (int i = 0; i < PQntuples(result); i++) {
        tide_text_append_format(problems, "%s\n", PQgetvalue(result, i, 0));
    }
    PQclear(result);
    return TIDE_OK;
}

/* What was loaded into an unlogged table is gone when the server crashes, and the marks and states
 * that say so are not. A replace fills its table anew. */
static tide_code check_durability(tide_pg_sink *sink, tide_text *problems, tide_error *err)
{
    return tell_rows(sink,
                     "SELECT format('table %s is unlogged: a crash of the server would empty it, "
                     "and what was loaded would not be loaded again: ALTER TABLE %s SET LOGGED, or "
                     "use replace', oid::regclass, oid::regclass) FROM pg_class "
                     "WHERE relpersistence = 'u' AND relkind = 'r' AND (oid = to_regclass($1) OR "
                     "oid IN (SELECT relid FROM pg_partition_tree(to_regclass($1)))) ORDER BY 1",
                     &sink->names.target, 1, problems, err);
}

/* COPY knows no rules. Of what an INSERT is turned into nobody learns how many rows went where. */
static tide_code check_rules(tide_pg_sink *sink, tide_text *problems, tide_error *err)
{
    return tell_rows(sink,
                     "SELECT format('the rule %I of table %s turns every INSERT into something "
                     "else, so that no row would get there: drop it, or give it a WHERE', "
                     "rulename, ev_class::regclass) FROM pg_rewrite WHERE "
                     "ev_class = to_regclass($1) AND ev_type = '3' AND is_instead "
                     "AND ev_qual::text = '<>' AND ev_enabled IN ('O', 'A') ORDER BY 1",
                     &sink->names.target, 1, problems, err);
}

static tide_code check_references(tide_pg_sink *sink, tide_text *problems, tide_error *err)
{
    return tell_rows(sink,
                     "SELECT format('table %s is referenced by the foreign key %I of %s, and "
                     "replace would empty it: drop the constraint, or use merge', "
                     "confrelid::regclass, conname, conrelid::regclass) FROM pg_constraint "
                     "WHERE contype = 'f' AND confrelid = to_regclass($1) "
                     "AND conrelid <> confrelid AND conparentid = 0 ORDER BY 1",
                     &sink->names.target, 1, problems, err);
}

static tide_code check_rights(tide_pg_sink *sink, const char *quoted, const char *right,
                              tide_text *problems, tide_error *err)
{
    const char *parameters[] = {quoted, right};
    return tell_rows(sink,
                     "SELECT format('role %I may not %s on table %s: GRANT it', current_user, "
                     "$2::text, $1::text) WHERE NOT has_table_privilege(to_regclass($1), $2)",
                     parameters, 2, problems, err);
}

/* Whether it has rows is asked of every table, and COPY knows no policies. */
static tide_code check_access(tide_pg_sink *sink, tide_text *problems, tide_error *err)
{
    const char *parameters[] = {
        sink->names.target,
        sink->target->mode == TIDE_APPEND && !sink->staged ? "append" : "other"};
    return tell_rows(sink,
                     "SELECT format('role %I may not SELECT from table %s: GRANT it', "
                     "current_user, $1::text) WHERE NOT has_any_column_privilege(to_regclass($1), "
                     "'SELECT') UNION ALL "
                     "SELECT format('row-level security applies to role %I on table %s, where "
                     "PostgreSQL takes no COPY: load as the table''s owner, ALTER ROLE %I "
                     "BYPASSRLS, or use merge or replace', current_user, $1::text, current_user) "
                     "WHERE $2 = 'append' AND row_security_active(to_regclass($1))",
                     parameters, 2, problems, err);
}

/* The names of the key in the order of the table's columns, joined, as the catalog query joins
 * those of an index. */
static tide_code print_key(const tide_pg_sink *sink, tide_text *out, tide_error *err)
{
    for (size_t i = 0; i < sink->target->key_count; i++) {
        tide_text_append(out, i == 0 ? "" : ", ");
        tide_pg_append_identifier(out,
                                  sink->target->output->fields[sink->target->key_columns[i]].name);
    }
    return tide_text_failed(out) ? TIDE_FAIL_MEMORY(err, "a key") : TIDE_OK;
}

static const char unique_sql[] =
    "SELECT count(*) FROM pg_index i WHERE i.indrelid = to_regclass($1) AND i.indisunique "
    "AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL AND "
    "(SELECT array_agg(a.attname::text ORDER BY a.attname::text COLLATE \"C\") "
    "FROM unnest(i.indkey[0:i.indnkeyatts - 1]) AS k(n) "
    "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n) = "
    "(SELECT array_agg(x ORDER BY x COLLATE \"C\") FROM unnest($2::text[]) AS x)";

/* {"a","b"}: a text array literal of the key's names. */
static void print_key_array(const tide_pg_sink *sink, tide_text *out)
{
    tide_text_append_char(out, '{');
    for (size_t i = 0; i < sink->target->key_count; i++) {
        const char *name = sink->target->output->fields[sink->target->key_columns[i]].name;
        tide_text_append(out, i == 0 ? "\"" : ",\"");
        for (const char *at = name; *at != '\0'; at++) {
            if (*at == '"' || *at == '\\') {
                tide_text_append_char(out, '\\');
            }
            tide_text_append_char(out, *at);
        }
        tide_text_append_char(out, '"');
    }
    tide_text_append_char(out, '}');
}

static tide_code check_unique(tide_pg_sink *sink, tide_text *problems, tide_error *err)
{
    tide_text names;
    tide_text_init(&names);
    print_key_array(sink, &names);
    char *count = NULL;
    tide_code code = tide_text_failed(&names) ? TIDE_FAIL_MEMORY(err, "a key") : TIDE_OK;
    if (code == TIDE_OK) {
        const char *parameters[] = {sink->names.target, tide_text_c(&names)};
        code = tide_pg_ask(&sink->control, unique_sql, parameters, 2, &count, err);
    }
    if (code == TIDE_OK && (count == NULL || strcmp(count, "0") == 0)) {
        tide_text_reset(&names);
        code = print_key(sink, &names, err);
        tide_text_append_format(problems,
                                "merge needs a unique index on exactly the key: CREATE UNIQUE "
                                "INDEX ON %s (%s)\n",
                                sink->names.target, tide_text_c(&names));
    }
    tide_free(count);
    tide_text_clear(&names);
    return code;
}

/* A key of type json can't be compared by the server at all. */
static void check_key_types(const tide_pg_sink *sink, tide_text *problems)
{
    for (size_t i = 0; i < sink->target->key_count; i++) {
        const tide_field *field = &sink->target->output->fields[sink->target->key_columns[i]];
        if (field->type.id == TIDE_JSON) {
            tide_text_append_format(problems,
                                    "key column `%s` is json, which has no equality: "
                                    "declare it as text\n",
                                    field->name);
        }
    }
}

tide_code tide_pg_inspect_table(tide_pg_sink *sink, tide_text *problems, tide_error *err)
{
    const char *target = sink->names.target;
    TIDE_TRY(check_kind(sink, problems, err));
    TIDE_TRY(check_rights(sink, target, "INSERT", problems, err));
    TIDE_TRY(check_access(sink, problems, err));
    if (sink->target->mode != TIDE_APPEND || sink->staged) {
        TIDE_TRY(check_rules(sink, problems, err));
    }
    if (sink->target->mode == TIDE_REPLACE) {
        TIDE_TRY(check_references(sink, problems, err));
        TIDE_TRY(check_rights(sink, target, "TRUNCATE", problems, err));
    } else {
        TIDE_TRY(check_durability(sink, problems, err));
    }
    if (sink->target->mode == TIDE_MERGE) {
        TIDE_TRY(check_rights(sink, target, "UPDATE", problems, err));
        TIDE_TRY(check_rights(sink, target, "SELECT", problems, err));
        TIDE_TRY(check_unique(sink, problems, err));
    }
    return TIDE_OK;
}

tide_code tide_pg_check_sharing(tide_pg_sink *sink, tide_text *problems, tide_error *err)
{
    tide_text key;
    tide_text_init(&key);
    tide_code code = print_key(sink, &key, err);
    if (code == TIDE_OK) {
        char sql[1024];
        (void)snprintf(sql, sizeof sql,
                       "SELECT format('table %%s is written by pipeline `%%s` too: only merges "
                       "with the same key may share a table', $1::text, pipeline) FROM %s "
                       "WHERE table_oid = to_regclass($1)::oid AND pipeline <> $2 "
                       "AND NOT (mode = 'merge' AND $3 = 'merge' AND key = $4)",
                       sink->names.pipelines);
        const char *parameters[] = {sink->names.target, sink->target->pipeline,
                                    sink->target->mode == TIDE_MERGE ? "merge" : "other",
                                    tide_text_c(&key)};
        code = tell_rows(sink, sql, parameters, 4, problems, err);
    }
    tide_text_clear(&key);
    return code;
}

static tide_code find_any_row(tide_pg_sink *sink, const char *quoted, bool *found, tide_error *err)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql, "SELECT 1 FROM %s LIMIT 1", quoted);
    char *answer;
    TIDE_TRY(tide_pg_ask(&sink->control, sql, NULL, 0, &answer, err));
    *found = answer != NULL;
    tide_free(answer);
    return TIDE_OK;
}

static tide_code check_table(tide_pg_sink *sink, tide_sink_facts *facts, tide_error *err)
{
    facts->table_empty = true;
    TIDE_TRY(tide_pg_table_exists(&sink->control, sink->names.target, &facts->table_exists, err));
    if (tide_pg_sink_is_keyed(sink)) {
        check_key_types(sink, &facts->problems);
    }
    if (!facts->table_exists) {
        return TIDE_OK;
    }
    tide_pg_layout layout = {0};
    tide_code code =
        tide_pg_inspect_columns(sink, sink->names.target, &layout, &facts->problems, err);
    tide_pg_layout_clear(&layout);
    TIDE_TRY(code);
    TIDE_TRY(tide_pg_inspect_table(sink, &facts->problems, err));
    if (facts->problems.size > 0) { /* it may not be readable either */
        return TIDE_OK;
    }
    bool found;
    TIDE_TRY(find_any_row(sink, sink->names.target, &found, err));
    facts->table_empty = !found;
    return TIDE_OK;
}

static tide_code copy_cell(const PGresult *result, int column, char **out, tide_error *err)
{
    if (PQgetisnull(result, 0, column) != 0) {
        return TIDE_OK;
    }
    *out = tide_copy_string(PQgetvalue(result, 0, column));
    return *out == NULL ? TIDE_FAIL_MEMORY(err, "what check found") : TIDE_OK;
}

static tide_code read_identity(tide_pg_sink *sink, tide_sink_facts *facts, tide_error *err)
{
    bool exists;
    TIDE_TRY(tide_pg_table_exists(&sink->control, sink->names.pipelines, &exists, err));
    if (!exists) {
        return TIDE_OK;
    }
    if (facts->table_exists) {
        TIDE_TRY(tide_pg_check_sharing(sink, &facts->problems, err));
    }
    char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "SELECT fingerprint, fingerprint_text, table_oid = to_regclass($2)::oid "
                   "FROM %s WHERE pipeline = $1",
                   sink->names.pipelines);
    const char *parameters[] = {sink->target->pipeline, sink->names.target};
    PGresult *result;
    TIDE_TRY(tide_pg_query(&sink->control, sql, parameters, 2, &result, err));
    tide_code code = TIDE_OK;
    if (PQntuples(result) > 0) {
        facts->same_table = PQgetvalue(result, 0, 2)[0] == 't';
        code = copy_cell(result, 0, &facts->fingerprint, err);
        if (code == TIDE_OK) {
            code = copy_cell(result, 1, &facts->fingerprint_text, err);
        }
    }
    PQclear(result);
    return code;
}

static tide_code check_state(tide_pg_sink *sink, tide_sink_facts *facts, tide_error *err)
{
    bool exists;
    if (sink->target->state == NULL) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_pg_table_exists(&sink->control, sink->names.state, &exists, err));
    if (!exists) {
        return TIDE_OK;
    }
    return find_any_row(sink, sink->names.state, &facts->state_exists, err);
}

static tide_code sum_units(tide_pg_sink *sink, tide_sink_facts *facts, tide_error *err)
{
    bool exists;
    TIDE_TRY(tide_pg_table_exists(&sink->control, sink->names.units, &exists, err));
    if (!exists) {
        return TIDE_OK;
    }
    char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*), coalesce(sum(loaded), 0)::bigint FROM %s WHERE pipeline = $1",
                   sink->names.units);
    PGresult *result;
    TIDE_TRY(tide_pg_query(&sink->control, sql, &sink->target->pipeline, 1, &result, err));
    if (PQntuples(result) > 0) {
        facts->unit_count = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
        facts->unit_rows = strtoll(PQgetvalue(result, 0, 1), NULL, 10);
    }
    PQclear(result);
    return TIDE_OK;
}

static tide_code check_writable(tide_pg_sink *sink, tide_sink_facts *facts, tide_error *err)
{
    char *why;
    TIDE_TRY(tide_pg_ask(&sink->control,
                         "SELECT CASE WHEN pg_is_in_recovery() THEN 'the server is a standby and "
                         "takes no writes: connect to the primary' "
                         "WHEN current_setting('default_transaction_read_only')::boolean THEN "
                         "'sessions are read-only: take default_transaction_read_only back' END",
                         NULL, 0, &why, err));
    if (why != NULL) {
        tide_text_append_format(&facts->problems, "%s\n", why);
    }
    tide_free(why);
    return TIDE_OK;
}

static tide_code check_server(tide_pg_sink *sink, tide_sink_facts *facts, tide_error *err)
{
    char server[96];
    const char *version = PQparameterStatus(sink->control.handle, "server_version");
    (void)snprintf(server, sizeof server, "PostgreSQL %s", version == NULL ? "" : version);
    server[strcspn(server + strlen("PostgreSQL "), " ") + strlen("PostgreSQL ")] = '\0';
    facts->server = tide_copy_string(server);
    if (facts->server == NULL) {
        return TIDE_FAIL_MEMORY(err, "what check found");
    }
    if (PQserverVersion(sink->control.handle) < SERVER_VERSION_MIN) {
        tide_text_append_format(&facts->problems,
                                "%s is too old: 13 is the oldest that can be "
                                "used\n",
                                facts->server);
    }
    return check_writable(sink, facts, err);
}

typedef struct checking {
    tide_pg_sink *sink;
    tide_sink_facts *facts;
} checking;

static tide_code check_all(tide_pg_connection *connection, tide_pg_attempt *attempt, void *argument,
                           tide_error *err)
{
    tide_pg_sink *sink = ((checking *)argument)->sink;
    tide_sink_facts *facts = ((checking *)argument)->facts;
    (void)attempt;
    tide_sink_facts_clear(facts);
    *facts = (tide_sink_facts){0};
    tide_text_init(&facts->problems);
    TIDE_TRY(tide_pg_begin_questions(connection, err));
    sink->sight = (tide_sink_sight){0}; /* the epoch first: who raises it later is found by begin */
    TIDE_TRY(tide_pg_lease_read_epoch(&sink->lease, connection, &sink->sight.epoch, err));
    TIDE_TRY(check_server(sink, facts, err));
    TIDE_TRY(check_table(sink, facts, err));
    TIDE_TRY(check_state(sink, facts, err));
    TIDE_TRY(tide_pg_check_late(sink, &facts->problems, err));
    TIDE_TRY(sum_units(sink, facts, err));
    TIDE_TRY(read_identity(sink, facts, err));
    sink->sight.same_table = facts->same_table;
    sink->sight.is_known = true;
    tide_pg_roll_back(connection); /* nothing was changed */
    return tide_text_failed(&facts->problems) ? TIDE_FAIL_MEMORY(err, "what check found") : TIDE_OK;
}

tide_code tide_pg_sink_check(tide_sink *base, tide_sink_facts *facts, tide_error *err)
{
    *facts = (tide_sink_facts){0};
    tide_text_init(&facts->problems);
    checking check = {(tide_pg_sink *)base, facts};
    tide_code code;
    int attempt = 0;
    do {
        attempt++;
        code = tide_pg_sink_work(check.sink, check_all, &check, err);
    } while (code != TIDE_OK &&
             tide_pg_sink_unblock(check.sink, attempt < TIDE_PG_LOCK_WAITS_MAX, err));
    if (code != TIDE_OK) {
        tide_sink_facts_clear(facts);
    }
    return code == TIDE_OK ? TIDE_OK : err->code;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/postgres/names.h"

#include <string.h>

#include "base/limits.h"
#include "base/problem.h"
#include "flow/table_names.h"

void tide_pg_append_identifier(tide_text *out, const char *name)
{
    tide_text_append_char(out, '"');
    for (const char *at = name; *at != '\0'; at++) {
        if (*at == '"') {
            tide_text_append_char(out, '"');
        }
        tide_text_append_char(out, *at);
    }
    tide_text_append_char(out, '"');
}

void tide_pg_append_columns(tide_text *out, const tide_schema *schema, const char *prefix)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        tide_text_append(out, i == 0 ? "" : ", ");
        tide_text_append(out, prefix);
        tide_pg_append_identifier(out, schema->fields[i].name);
    }
}

static tide_code check_name(const char *what, const char *name, tide_error *err)
{
    size_t bytes = strlen(name);
    if (bytes == 0) {
        return TIDE_FAIL(err, TIDE_E_NAME, "%s has no name", what);
    }
    if (bytes > TIDE_IDENTIFIER_BYTES_MAX) {
        return TIDE_FAIL(err, TIDE_E_NAME,
                         "%s `%s` has %zu bytes; PostgreSQL allows %d: choose a shorter name", what,
                         name, bytes, TIDE_IDENTIFIER_BYTES_MAX);
    }
    if (!tide_utf8_valid(tide_str_of(name))) {
        return TIDE_FAIL(err, TIDE_E_NAME, "%s: the name is not UTF-8", what);
    }
    return TIDE_OK;
}

static tide_code split_target(tide_pg_names *names, const tide_target *target, tide_error *err)
{
    const char *dot = strchr(target->table, '.');
    if (dot == NULL) {
        names->table = tide_arena_copy_string(&names->arena, target->table);
    } else {
        tide_str schema = {target->table, (size_t)(dot - target->table)};
        names->schema = tide_arena_copy_str(&names->arena, schema);
        names->table = tide_arena_copy_string(&names->arena, dot + 1);
        if (names->schema == NULL) {
            return TIDE_FAIL_MEMORY(err, "names of tables");
        }
        TIDE_TRY(check_name("the schema of the sink's table", names->schema, err));
    }
    if (names->table == NULL) {
        return TIDE_FAIL_MEMORY(err, "names of tables");
    }
    return check_name("the sink's table", names->table, err);
}

/* "<prefix><name><suffix>", checked. */
static tide_code make_name(tide_pg_names *names, const char *what, const char *prefix,
                           const char *name, const char *suffix, const char **out, tide_error *err)
{
    char *made = tide_arena_format(&names->arena, "%s%s%s", prefix, name, suffix);
    if (made == NULL) {
        return TIDE_FAIL_MEMORY(err, "names of tables");
    }
    *out = made;
    return check_name(what, made, err);
}

static tide_code check_columns(const tide_schema *schema, const char *what, tide_error *err)
{
    for (size_t i = 0; schema != NULL && i < schema->field_count; i++) {
        TIDE_TRY(check_name(what, schema->fields[i].name, err));
    }
    return TIDE_OK;
}

static bool is_staged(const tide_target *target)
{
    return target->staged || target->mode == TIDE_REPLACE;
}

static tide_code make_generated(tide_pg_names *names, const tide_target *target, tide_error *err)
{
    TIDE_TRY(make_name(names, "the table of rejects", "", names->table, TIDE_REJECTS_SUFFIX,
                       &names->rejects, err));
    TIDE_TRY(make_name(names, "the table of late rows", "", names->table, TIDE_LATE_SUFFIX,
                       &names->late_table, err));
    if (target->state != NULL) {
        TIDE_TRY(make_name(names, "the state table", TIDE_STATE_PREFIX, target->pipeline, "",
                           &names->state_table, err));
        TIDE_TRY(check_columns(&target->state->schema, "a state column", err));
    }
    if (is_staged(target)) {
        TIDE_TRY(make_name(names, "the staging table", TIDE_STAGED_PREFIX, target->pipeline, "",
                           &names->staging_table, err));
        if (target->state != NULL) {
            TIDE_TRY(make_name(names, "the staged state table", TIDE_STAGED_STATE_PREFIX,
                               target->pipeline, "", &names->staged_state, err));
        }
    }
    TIDE_TRY(check_columns(target->late, "a column of late rows", err));
    return check_columns(target->output, "an output column", err);
}

tide_code tide_pg_names_init(tide_pg_names *names, const tide_target *target, tide_error *err)
{
    *names = (tide_pg_names){0};
    tide_arena_init(&names->arena);
    tide_code code = split_target(names, target, err);
    if (code == TIDE_OK) {
        code = make_generated(names, target, err);
    }
    if (code != TIDE_OK) {
        tide_pg_names_clear(names);
    }
    return code;
}

void tide_pg_names_clear(tide_pg_names *names)
{
    tide_arena_clear(&names->arena);
    *names = (tide_pg_names){0};
}

static const char *quote(tide_pg_names *names, const char *schema, const char *name)
{
    if (name == NULL) {
        return NULL;
    }
    tide_text text;
    tide_text_init(&text);
    tide_pg_append_identifier(&text, schema);
    tide_text_append_char(&text, '.');
    tide_pg_append_identifier(&text, name);
    const char *copy =
        tide_text_failed(&text) ? NULL : tide_arena_copy_string(&names->arena, tide_text_c(&text));
    tide_text_clear(&text);
    return copy;
}

static uint32_t add_mark(uint32_t mark, const char *string) /* FNV-1a */
{
    for (const char *at = string; *at != '\0'; at++) {
        mark = (mark ^ (uint8_t)*at) * 16777619u;
    }
    return mark;
}

/* application_name holds 63 bytes of ASCII: the pipeline is cut to leave room for epoch and worker,
 * and told apart by a mark of schema and full name. It needs no escaping in SQL text. */
static void make_application(tide_pg_names *names, const char *schema, const char *pipeline)
{
    char label[24];
    size_t size = 0;
    for (const char *at = pipeline; *at != '\0' && size + 1 < sizeof label; at++) {
        bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                     (*at >= '0' && *at <= '9') || *at == '_' || *at == '-';
        label[size++] = plain ? *at : '_';
    }
    label[size] = '\0';
    names->mark = add_mark(add_mark(add_mark(2166136261u, schema), "."), pipeline);
    names->label = tide_arena_copy_string(&names->arena, label);
}

static const char *make_column_list(tide_pg_names *names, const tide_schema *schema)
{
    tide_text text;
    tide_text_init(&text);
    tide_pg_append_columns(&text, schema, "");
    const char *copy =
        tide_text_failed(&text) ? NULL : tide_arena_copy_string(&names->arena, tide_text_c(&text));
    tide_text_clear(&text);
    return copy;
}

tide_code tide_pg_names_resolve(tide_pg_names *names, const tide_target *target,
                                const char *current_schema, tide_error *err)
{
    if (names->target != NULL) {
        return TIDE_OK;
    }
    const char *schema = names->schema != NULL ? names->schema : current_schema;
    if (schema[0] == '\0') {
        return TIDE_FAIL(
            err, TIDE_E_TABLE_UNFIT,
            "the search_path of the PostgreSQL connection names no schema that exists; "
            "write the sink's table as schema.table");
    }
    const char *rejects = quote(names, schema, names->rejects);
    const char *staged_state = quote(names, schema, names->staged_state);
    names->schema = tide_arena_copy_string(&names->arena, schema);
    names->staging = quote(names, schema, names->staging_table);
    names->state = quote(names, schema, names->state_table);
    names->late = quote(names, schema, names->late_table);
    names->runs = quote(names, schema, TIDE_ENGINE_PREFIX "runs");
    names->units = quote(names, schema, TIDE_ENGINE_PREFIX "units");
    names->marks = quote(names, schema, TIDE_ENGINE_PREFIX "marks");
    names->ledger = quote(names, schema, TIDE_ENGINE_PREFIX "ledger");
    names->lease = quote(names, schema, TIDE_ENGINE_PREFIX "lease");
    names->pipelines = quote(names, schema, TIDE_ENGINE_PREFIX "pipelines");
    names->columns = make_column_list(names, target->output);
    make_application(names, schema, target->pipeline);
    const char *quoted_target = quote(names, schema, names->table);
    bool whole = rejects != NULL && names->schema != NULL && names->late != NULL &&
                 names->runs != NULL && names->units != NULL && names->marks != NULL &&
                 names->ledger != NULL && names->lease != NULL && names->pipelines != NULL &&
                 names->columns != NULL && names->label != NULL && quoted_target != NULL &&
                 (names->staged_state == NULL || staged_state != NULL) &&
                 (names->staging_table == NULL || names->staging != NULL) &&
                 (names->state_table == NULL || names->state != NULL);
    if (!whole) {
        return TIDE_FAIL_MEMORY(err, "names of tables");
    }
    names->rejects = rejects;
    names->staged_state = staged_state;
    names->target = quoted_target; /* last: says that all are there */
    return TIDE_OK;
}

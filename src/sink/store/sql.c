/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/store/sql.h"

static void append_quoted(tide_text *sql, const char *text, char quote)
{
    tide_text_append_char(sql, quote);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == quote) {
            tide_text_append_char(sql, quote);
        }
        tide_text_append_char(sql, *c);
    }
    tide_text_append_char(sql, quote);
}

void tide_sql_append_name(tide_text *sql, const char *name)
{
    append_quoted(sql, name, '"');
}

void tide_sql_append_literal(tide_text *sql, const char *text)
{
    append_quoted(sql, text, '\'');
}

void tide_sql_append_names(tide_text *sql, const tide_schema *schema, const char *prefix)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        tide_text_append(sql, i == 0 ? "" : ", ");
        tide_text_append(sql, prefix);
        tide_sql_append_name(sql, schema->fields[i].name);
    }
}

void tide_sql_append_parameters(tide_text *sql, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        tide_text_append(sql, i == 0 ? "?" : ", ?");
    }
}

const char *tide_sql_type(tide_type type, tide_sql_form form)
{
    switch (type.id) {
        case TIDE_BOOL:
        case TIDE_INT32:
        case TIDE_INT64:
        case TIDE_TIMESTAMP:
            return "INTEGER";
        case TIDE_DOUBLE:
            return form == TIDE_SQL_PLAIN ? "REAL" : "ANY";
        case TIDE_BYTES:
            return "BLOB";
        case TIDE_DECIMAL:
        case TIDE_TEXT:
        case TIDE_DATE:
        case TIDE_UUID:
        case TIDE_JSON:
        default:
            return "TEXT";
    }
}

void tide_sql_append_column(tide_text *sql, const tide_field *field, tide_sql_form form)
{
    tide_sql_append_name(sql, field->name);
    tide_text_append_char(sql, ' ');
    tide_text_append(sql, tide_sql_type(field->type, form));
    tide_text_append(sql, field->not_null ? " NOT NULL" : "");
}

void tide_sql_append_columns(tide_text *sql, const tide_schema *schema, tide_sql_form form)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        tide_text_append(sql, i == 0 ? "" : ", ");
        tide_sql_append_column(sql, &schema->fields[i], form);
    }
}

void tide_sql_append_insert(tide_text *sql, const char *table, const tide_schema *schema)
{
    tide_text_append(sql, "INSERT OR ABORT INTO ");
    tide_sql_append_name(sql, table);
    tide_text_append(sql, " (");
    tide_sql_append_names(sql, schema, "");
    tide_text_append(sql, ") VALUES (");
    tide_sql_append_parameters(sql, schema->field_count);
    tide_text_append_char(sql, ')');
}

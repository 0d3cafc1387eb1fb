/* SPDX-License-Identifier: Apache-2.0 */
/* Sql: statements made of a schema - quoted names, column lists, table definitions. */
#ifndef TIDE_SINK_STORE_SQL_H
#define TIDE_SINK_STORE_SQL_H

#include "record/schema.h"

/* How values are kept.
 *   PLAIN  tables for people: double is REAL, which can't hold NaN (such rows are refused)
 *   EXACT  state and late rows: double is ANY, NaN the text 'NaN', so that everything comes back
 */
typedef enum tide_sql_form { TIDE_SQL_PLAIN, TIDE_SQL_EXACT } tide_sql_form;

/* "name" with quotes doubled. */
void tide_sql_append_name(tide_text *sql, const char *name);
/* 'text' with quotes doubled. */
void tide_sql_append_literal(tide_text *sql, const char *text);
/* "a", "b", "c": fields [0, field_count), each after prefix (which may be ""). */
void tide_sql_append_names(tide_text *sql, const tide_schema *schema, const char *prefix);
/* ?, ?, ? */
void tide_sql_append_parameters(tide_text *sql, size_t count);
/* The STRICT type of a column: INTEGER, REAL, TEXT, BLOB or ANY. */
const char *tide_sql_type(tide_type type, tide_sql_form form);
/* "name" TYPE [NOT NULL] */
void tide_sql_append_column(tide_text *sql, const tide_field *field, tide_sql_form form);
/* "a" TYPE, "b" TYPE, ... */
void tide_sql_append_columns(tide_text *sql, const tide_schema *schema, tide_sql_form form);
/* INSERT OR ABORT INTO "table" ("a", "b") VALUES (?, ?). OR ABORT overrides whatever conflict
 * clause the table was made with, so that no row is dropped or replaced silently. */
void tide_sql_append_insert(tide_text *sql, const char *table, const tide_schema *schema);

#endif

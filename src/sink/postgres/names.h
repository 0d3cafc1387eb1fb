/* SPDX-License-Identifier: Apache-2.0 */
/* Names: every table that the sink touches, quoted and qualified, ready for SQL text.
 *
 * Identifiers are quoted here and not by libpq, so that it needs no connection and can be tested
 * alone: only names that are valid UTF-8 without U+0000 are taken, client_encoding is always UTF8,
 * and of such a name nothing but the double quote has a meaning inside quotes.
 */
#ifndef TIDE_SINK_POSTGRES_NAMES_H
#define TIDE_SINK_POSTGRES_NAMES_H

#include "base/arena.h"
#include "flow/sink.h"

/* Strings are owned by the arena. "quoted" ones are "schema"."name" once the schema is known. */
typedef struct tide_pg_names {
    tide_arena arena;
    const char *schema; /* as written in the target, or NULL: the connection's own */
    const char *table;  /* as written, without schema */
    const char *target; /* quoted, as all below */
    const char *staging;
    const char *state;
    const char *staged_state;
    const char *rejects;
    const char *late;
    const char *runs;
    const char *units;
    const char *marks;
    const char *ledger;
    const char *lease;
    const char *pipelines;
    const char *columns;                                  /* "a", "b", ... of the output */
    const char *staging_table, *state_table, *late_table; /* without schema, not quoted */
    const char *label; /* the pipeline's name as application_name can carry it: short, ASCII */
    uint32_t mark;     /* of schema and full name, since the label may be cut */
} tide_pg_names;

/* Splits and checks; bad_config for names that are empty, too long or not UTF-8. */
TIDE_MUST_CHECK tide_code tide_pg_names_init(tide_pg_names *names, const tide_target *target,
                                             tide_error *err);
/* Makes the quoted names, in the target's schema or else in `current_schema`. */
TIDE_MUST_CHECK tide_code tide_pg_names_resolve(tide_pg_names *names, const tide_target *target,
                                                const char *current_schema, tide_error *err);
void tide_pg_names_clear(tide_pg_names *names);

/* Appends "name" with quotes doubled. */
void tide_pg_append_identifier(tide_text *out, const char *name);
/* Appends "a", "b" of a schema's fields, each with `prefix` before it ("" for none). */
void tide_pg_append_columns(tide_text *out, const tide_schema *schema, const char *prefix);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Encoding: databases that are not UTF-8. They have not got every character, and may refuse a row
 * for that; what must not be refused goes there with escapes: a euro sign in LATIN1 as \u20ac.
 */
#ifndef TIDE_SINK_POSTGRES_ENCODING_H
#define TIDE_SINK_POSTGRES_ENCODING_H

#include "sink/postgres/connection.h"
#include "sink/postgres/encoder.h"

/* True for UTF8, and for SQL_ASCII, which keeps bytes as they are. */
bool tide_pg_takes_every_character(const tide_pg_connection *connection);
/* What is not UTF-8 becomes '?'; with `escaped` each character beyond ASCII an escape as in JSON,
 * \u20ac, or two of these. */
void tide_pg_append_clean(tide_text *out, tide_str text, bool escaped);
/* A cell of text or json, with such escapes. */
void tide_pg_put_escaped(tide_pg_encoder *encoder, tide_str text);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Cell parser: a piece of text, or a JSON scalar, to a typed cell, by the rules of a column spec.
 * Shared by CSV and by JSON, whose strings are coerced as an index's mapping would coerce them:
 *
 * type       from text                          from a JSON number          from true, false
 * bool       true, false, t, f; "" is false     no                          yes
 * int        "12", "12.0", "1.2e1"; "" is null  if it is whole              no
 * double     "1.5", "NaN"; "" is null           the nearest double          no
 * decimal    exact; "" is null                  exact, from its digits      no
 * text       as it is, but U+0000               its JSON text               its JSON text
 * bytes      base64 (padding may be missing)    no                          no
 * date       by the format                      by the format               no
 * timestamp  by the format                      by the format               no
 * uuid       32 hex digits, dashes or none      no                          no
 * json       must be one JSON value             its JSON text               its JSON text
 *
 * Not fitting is a normal event: the parser says why in a sentence and appends nothing. One thread.
 *
 * Where the spec has a mask, the builder's column gets the mask (record/mask.h), and reasons say no
 * more of the value than its length.
 */
#ifndef TIDE_RECORD_CELL_PARSER_H
#define TIDE_RECORD_CELL_PARSER_H

#include "record/column_spec.h"

typedef struct tide_cell_parser tide_cell_parser;

/* Compiles the spec's type, format and zone. bad_config for a format it does not know. The spec is
 * borrowed. */
TIDE_MUST_CHECK tide_code tide_cell_parser_create(const tide_column_spec *spec,
                                                  tide_cell_parser **parser, tide_error *err);
void tide_cell_parser_destroy(tide_cell_parser *parser);

/* Appends the cell and returns TIDE_OK with *reason NULL; or appends nothing and sets *reason to a
 * static or parser-owned sentence ("`2024-13-01` is not a date"; borrowed until the next call).
 * The text is UTF-8. */
TIDE_MUST_CHECK tide_code tide_cell_parse(tide_cell_parser *parser, tide_str text,
                                          tide_column_builder *column, const char **reason,
                                          tide_error *err);
/* The same for a number in the grammar of JSON, and for true and false. */
TIDE_MUST_CHECK tide_code tide_cell_parse_number(tide_cell_parser *parser, tide_str token,
                                                 tide_column_builder *column, const char **reason,
                                                 tide_error *err);
TIDE_MUST_CHECK tide_code tide_cell_parse_bool(tide_cell_parser *parser, bool value,
                                               tide_column_builder *column, const char **reason,
                                               tide_error *err);
/* For a null that is written: the mapping's null_value, else as a missing value. */
TIDE_MUST_CHECK tide_code tide_cell_append_null(tide_cell_parser *parser,
                                                tide_column_builder *column, const char **reason,
                                                tide_error *err);
/* For a value that is missing or null: the default, null, or the reason of a required column. */
TIDE_MUST_CHECK tide_code tide_cell_append_missing(tide_cell_parser *parser,
                                                   tide_column_builder *column, const char **reason,
                                                   tide_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Cell types: the functions behind cell_parser.h, a set for each type, chosen once. */
#ifndef TIDE_RECORD_CELL_TYPES_H
#define TIDE_RECORD_CELL_TYPES_H

#include "record/cell_parser.h"
#include "record/timestamp.h"

/* As tide_cell_parse. */
typedef tide_code (*tide_cell_function)(tide_cell_parser *parser, tide_str text,
                                        tide_column_builder *column, const char **reason,
                                        tide_error *err);

typedef struct tide_cell_functions {
    tide_cell_function text;
    tide_cell_function number;
    tide_cell_function boolean; /* gets `true` or `false` */
    tide_cell_function raw;     /* text and json: gets what is known to fit, without U+0000 */
} tide_cell_functions;

#define TIDE_CELL_REASON_BYTES_MAX 256

/* What a masked column has beside: cell_masked.c. */
typedef struct tide_masked_cell tide_masked_cell;

struct tide_cell_parser {
    const tide_column_spec *spec; /* borrowed */
    tide_cell_functions from;
    tide_cell_functions unmapped; /* the same, or what is behind those of cell_mapped.c */
    tide_time_parser *time;       /* owned; dates and timestamps only */
    tide_text scratch;            /* decoded bytes */
    tide_masked_cell *masked;     /* owned; NULL where there is no mask */
    bool hides_value;             /* in reasons: of what is masked */
    char type_name[24];
    char reason[TIDE_CELL_REASON_BYTES_MAX];
};

extern const tide_cell_functions tide_cell_bool, tide_cell_int32, tide_cell_int64, tide_cell_double,
    tide_cell_decimal, tide_cell_text, tide_cell_bytes, tide_cell_date, tide_cell_timestamp,
    tide_cell_uuid, tide_cell_json;

/* Makes the parser one that types a cell apart, masks it, and appends only the mask. */
TIDE_MUST_CHECK tide_code tide_cell_mask(tide_cell_parser *parser, tide_error *err);
/* Puts before the functions of the parser what the column's mapping asks for, if anything. */
void tide_cell_map(tide_cell_parser *parser);
void tide_masked_cell_destroy(tide_masked_cell *masked);

/* Text that is known to have no U+0000, as all tokens of JSON: appended as it is. */
tide_code tide_cell_take_text(tide_cell_parser *parser, tide_str text, tide_column_builder *column,
                              const char **reason, tide_error *err);

/* Sets *reason to "`text` <why>", a long text cut; of a masked column only its length is told.
 * Returns TIDE_OK: a reason is no failure. */
tide_code tide_cell_refuse(tide_cell_parser *parser, tide_str text, const char *why,
                           const char **reason);
/* "is not a <type>" */
tide_code tide_cell_refuse_type(tide_cell_parser *parser, tide_str text, const char **reason);
/* The function of types that take no such value. */
tide_code tide_cell_refuse_any(tide_cell_parser *parser, tide_str text, tide_column_builder *column,
                               const char **reason, tide_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* JSON row: the noted places of one document to one row of a builder, or to one reject. */
#ifndef TIDE_RECORD_JSON_ROW_H
#define TIDE_RECORD_JSON_ROW_H

#include "record/cell_types.h"
#include "record/json_decoder.h"
#include "record/json_walk.h"

typedef struct tide_json_column {
    tide_cell_parser *parser; /* owned */
    const tide_column_spec *spec;
    tide_cell_function from_string; /* gets the meaning of a string */
    bool takes_raw;                 /* json, and text with array: json */
    tide_json_meta meta;            /* where it comes from beside _source, or NONE */
} tide_json_column;

struct tide_json_decoder {
    tide_column_specs specs; /* borrowed */
    tide_hidden hidden;
    tide_json_column *columns; /* owned; one per spec */
    bool *takes_first;         /* owned; one per spec */
    bool *beside_parents;      /* owned; one per spec */
    bool needs_source;         /* a column comes from a path */
    bool is_damaged;           /* a value held what no sender of JSON writes */
    tide_json_index *index;
    tide_json_walk walk;
    tide_json_paths source;   /* the columns' paths */
    tide_json_paths document; /* the same, and the facts of a hit at its top */
    tide_json_paths hit;      /* only the facts of a hit */
    tide_text scratch;        /* an unescaped string */
    tide_text id;             /* the unescaped _id of the row, likewise; or its mask */
    tide_keyed_hash *id_mask; /* owned; of the column that masks _id, NULL where none does */
    tide_text position;       /* of a reject */
    tide_text values;         /* of a reject */
    tide_arena strings;       /* of a search page */
};

/* One row's whereabouts; borrowed during a call. */
typedef struct tide_json_row {
    tide_json_decoder *decoder;
    const tide_provenance *from;
    tide_builder *builder;
    tide_reject_list *rejects;
    bool is_hit; /* in a page, or told as one */
} tide_json_row;

/* The inside of a string token, unescaped into scratch if need be. NULL, or why not. */
const char *tide_json_read_string(tide_str scalar, tide_text *scratch, tide_str *out);

/* Decodes the places that the walk has noted: a row is added, or a reject. */
TIDE_MUST_CHECK tide_code tide_json_finish_row(tide_json_row *row, tide_error *err);
/* A reject of the whole document: none of its values is known. */
TIDE_MUST_CHECK tide_code tide_json_reject_document(tide_json_row *row, const char *reason,
                                                    tide_error *err);

#endif

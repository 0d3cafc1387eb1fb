/* SPDX-License-Identifier: Apache-2.0 */
/* Typing: the columns as each index's own mapping types them. Indices of one pattern may map a
 * field differently (daily ones, made from templates that changed): each document is read by the
 * mapping of its own index.
 *
 *   mapped as                          a column then
 *   alias                              reads the field it stands for
 *   a sub-field (name.keyword)         reads the field itself, as the sub-field types it
 *   date, with a format                has that format, if it has none of its own
 *   long, integer, short, byte         gets whole numbers: 12.7 is 12
 *   anything with a null_value         gets it where null is written
 *   constant_keyword                   has the constant for a default
 *   flattened, for a key of it         gets its null_value, below an alias of it, too
 *   nothing in this index              is null, also where the field above it is a value here
 *
 * What only the server could know - runtime fields with a script, targets of copy_to, normalized or
 * computed sub-fields, date formats of other languages - is bad_config, and names the index, the
 * column and what to do; so is what _source leaves out. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_TYPING_H
#define TIDE_SOURCE_ELASTICSEARCH_TYPING_H

#include "record/column_spec.h"
#include "source/elasticsearch/indices.h"

typedef struct tide_es_typing {
    tide_arena arena;
    tide_column_spec **specs;  /* by the number of the index; borrows the columns it was read for */
    const char ***types;       /* likewise: how each column's field is mapped, or NULL */
    bool *leaves, *sub_fields; /* by column: is it one in some index? */
    size_t column_count;
} tide_es_typing;

void tide_es_typing_init(tide_es_typing *typing);
void tide_es_typing_clear(tide_es_typing *typing);

/* Of indices as they are numbered now. Borrows `columns`. */
TIDE_MUST_CHECK tide_code tide_es_typing_read(tide_es_typing *typing,
                                              const tide_es_indices *indices,
                                              tide_column_specs columns, tide_http *http,
                                              tide_http_answer *answer, tide_error *err);
/* Read-only from then on: any number of threads. */
tide_column_specs tide_es_typing_of(const tide_es_typing *typing, size_t index);

#endif

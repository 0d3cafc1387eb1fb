/* SPDX-License-Identifier: Apache-2.0 */
/* Cell constant: a value that stands in no document - what a mapping says for null, or for a whole
 * index - as a column would hold it, masked where the column is. */
#ifndef TIDE_RECORD_CELL_CONSTANT_H
#define TIDE_RECORD_CELL_CONSTANT_H

#include "base/arena.h"
#include "record/column_spec.h"

typedef enum tide_constant_kind {
    TIDE_CONSTANT_TEXT = 0,
    TIDE_CONSTANT_NUMBER, /* in the grammar of JSON */
    TIDE_CONSTANT_BOOL    /* true, false */
} tide_constant_kind;

#define TIDE_CONSTANT_REASON_BYTES 256

/* Fills `value`, whose bytes live in the arena; or says in `reason` (else empty) why the text does
 * not fit the column. */
TIDE_MUST_CHECK tide_code tide_cell_constant(const tide_column_spec *spec, tide_constant_kind kind,
                                             const char *text, tide_arena *arena, tide_value *value,
                                             char reason[TIDE_CONSTANT_REASON_BYTES],
                                             tide_error *err);

#endif

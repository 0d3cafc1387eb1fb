/* SPDX-License-Identifier: Apache-2.0 */
/* Cell values: what was decoded of an unfinished row, for its reject. */
#ifndef TIDE_RECORD_CELL_VALUES_H
#define TIDE_RECORD_CELL_VALUES_H

#include "record/column_spec.h"

/* Replaces out by {"name": value, ...} of the declared columns that have a cell in the builder's
 * unfinished row. Want of memory shows in tide_text_failed(out). */
void tide_cell_print_values(tide_column_specs columns, const tide_builder *builder, tide_text *out);

#endif

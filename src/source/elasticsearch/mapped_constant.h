/* SPDX-License-Identifier: Apache-2.0 */
/* Mapped constant: a value that stands in a mapping (null_value, the value of a constant_keyword),
 * as a column reads it. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_MAPPED_CONSTANT_H
#define TIDE_SOURCE_ELASTICSEARCH_MAPPED_CONSTANT_H

#include "record/cell_constant.h"
#include "source/elasticsearch/json_tree.h"

/* Is there one at all? */
bool tide_es_is_constant(const tide_json_node *node);

/* *reason is empty, or says why it does not fit the column, whatever the column makes of what is
 * malformed. Texts are in the arena. */
TIDE_MUST_CHECK tide_code tide_es_constant_read(const tide_json_node *node,
                                                const tide_column_spec *spec, tide_arena *arena,
                                                tide_value *value,
                                                char reason[TIDE_CONSTANT_REASON_BYTES],
                                                tide_error *err);

#endif

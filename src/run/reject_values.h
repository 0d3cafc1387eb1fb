/* SPDX-License-Identifier: Apache-2.0 */
/* Reject values: the JSON that a reject of loading keeps of its row, back to a row of the output's
 * columns - the other direction of tide_row_print_json, and of what PostgreSQL prints for rows that
 * were staged (bytes as "\\x...", instants with an offset or, without one, as UTC).
 *
 * The values may have been corrected by hand: the columns may come in any order, but none may be
 * missing or unknown, since a pipeline whose output has changed must not load half a row. */
#ifndef TIDE_RUN_REJECT_VALUES_H
#define TIDE_RUN_REJECT_VALUES_H

#include "record/builder.h"

typedef struct tide_reject_values tide_reject_values;

/* The schema is borrowed. */
TIDE_MUST_CHECK tide_code tide_reject_values_create(const tide_schema *schema,
                                                    tide_reject_values **values, tide_error *err);
void tide_reject_values_destroy(tide_reject_values *values);
/* Adds one row to the builder; or none, and *reason says why not (borrowed until the next call). */
TIDE_MUST_CHECK tide_code tide_reject_values_read(tide_reject_values *values, const char *json,
                                                  tide_builder *builder, const char **reason,
                                                  tide_error *err);

#endif

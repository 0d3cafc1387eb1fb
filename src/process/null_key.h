/* SPDX-License-Identifier: Apache-2.0 */
/* Null key: a merge can't find the row that a row without key would replace, so it is refused. */
#ifndef TIDE_PROCESS_NULL_KEY_H
#define TIDE_PROCESS_NULL_KEY_H

#include "process/chain.h"

typedef struct tide_null_key {
    const tide_process_plan *plan; /* borrowed */
    const tide_schema *rows;       /* borrowed; of the last step */
    uint32_t *columns;             /* owned; key columns of it */
    size_t column_count;
    tide_column *views; /* owned */
    tide_builder kept;
} tide_null_key;

TIDE_MUST_CHECK tide_code tide_null_key_init(tide_null_key *null_key, const tide_process_plan *plan,
                                             tide_error *err);
void tide_null_key_clear(tide_null_key *null_key);
bool tide_null_key_is_in(tide_null_key *null_key, const tide_batch *batch);
/* Takes such rows out of the batch (its segments' bounds are not looked at afterwards), each as a
 * reject whose position is what io->print_series writes of its segment. */
TIDE_MUST_CHECK tide_code tide_null_key_refuse(tide_null_key *null_key, tide_chain_batch *io,
                                               tide_reject_list *rejects, int64_t *refused,
                                               tide_error *err);
/* Adds the reject of one row. */
typedef struct tide_null_key_row {
    const tide_schema *schema;
    const tide_column *columns;
    int64_t row;
    size_t column; /* that is null */
    const char *position;
} tide_null_key_row;

TIDE_MUST_CHECK tide_code tide_null_key_reject(const tide_null_key_row *row,
                                               tide_reject_list *rejects, tide_error *err);

#endif

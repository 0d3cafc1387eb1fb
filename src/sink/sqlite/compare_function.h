/* SPDX-License-Identifier: Apache-2.0 */
/* Compare function: tidemill_compare, by which a merge asks whether a row is greater than the one
 * that is there - in the order of record/order.h, on values as SQLite holds them.
 *
 *   coalesce(nullif(tidemill_compare(0, excluded."newest", "t"."newest", ...), 0),
 *            nullif(tidemill_compare(60, ...), 0), 0) > 0
 *
 * The first argument is the place of the first pair in the order; a call takes at most 60 pairs,
 * as SQLite limits the number of arguments.
 */
#ifndef TIDE_SINK_SQLITE_COMPARE_FUNCTION_H
#define TIDE_SINK_SQLITE_COMPARE_FUNCTION_H

#include "record/schema.h"
#include "sink/store/db.h"

typedef enum tide_verdict {
    TIDE_NOT_COMPARED = 0, /* there was no row of the key */
    TIDE_GREATER,
    TIDE_NOT_GREATER
} tide_verdict;

typedef struct tide_comparison {
    const tide_schema *schema;
    const uint32_t *order; /* borrowed: fields, the most significant first */
    size_t order_count;
    tide_verdict verdict; /* of the last call; reset by who asks */
} tide_comparison;

/* comparison is borrowed for the connection's life. */
TIDE_MUST_CHECK tide_code tide_comparison_register(tide_db *db, tide_comparison *comparison,
                                                   tide_error *err);
/* The expression above: excluded against the row of `table`. */
void tide_comparison_append(const tide_comparison *comparison, const char *table, tide_text *sql);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals: the rows of a unit that are not loaded, with the reason, and which ones they are.
 *
 * What types decide is decided here, before any row is sent, so that a row is refused for the same
 * reason whatever table or file it was meant for: U+0000 in text, and where the sink can't hold
 * them NaN, dates beyond the years 0001 to 9999, nulls in a key. A row is refused once.
 */
#ifndef TIDE_SINK_STORE_REFUSALS_H
#define TIDE_SINK_STORE_REFUSALS_H

#include "flow/unit.h"

/* Once a unit has refused so many that it will be rolled back, it goes on for this many, to show.
 */
#define TIDE_REFUSALS_SHOWN_MAX 1000

typedef struct tide_refusals {
    tide_reject_list *list; /* borrowed: refused rows are added */
    int64_t count;          /* how many were */
    const tide_unit *unit;  /* borrowed; NULL when rows come from elsewhere */
    int64_t rows_before;    /* of earlier parts of the unit */
    tide_column *columns;   /* owned: views of the chunks' columns, field_count per chunk */
    size_t field_count;
    uint8_t **marks; /* owned, per chunk: a byte per row, 1 = refused; NULL = none */
} tide_refusals;

typedef struct tide_row_rules {
    bool refuses_nan;
    bool refuses_far_dates;
    const uint32_t *key_columns; /* may not be null */
    size_t key_count;
} tide_row_rules;

/* Also makes the column views. On failure nothing is owned. */
TIDE_MUST_CHECK tide_code tide_refusals_init(tide_refusals *refusals, const tide_unit *unit,
                                             int64_t rows_before, tide_reject_list *list,
                                             tide_error *err);
void tide_refusals_clear(tide_refusals *refusals);

static inline const tide_column *tide_refusals_columns(const tide_refusals *refusals, size_t chunk)
{
    return refusals->columns + chunk * refusals->field_count;
}
static inline bool tide_refusals_has(const tide_refusals *refusals, size_t chunk, int64_t row)
{
    return refusals->marks[chunk] != NULL && refusals->marks[chunk][row] != 0;
}

/* Why a row is not loaded; borrowed. */
typedef struct tide_refusal {
    const char *column; /* or NULL */
    const char *reason;
    const char *sqlstate; /* or NULL: decided on our side */
} tide_refusal;

/* Nothing when the row was refused already. */
TIDE_MUST_CHECK tide_code tide_refusals_add(tide_refusals *refusals, size_t chunk, int64_t row,
                                            const tide_refusal *refusal, tide_error *err);
/* The position of a row, also of a later part. */
TIDE_MUST_CHECK tide_code tide_refusals_print_position(const tide_refusals *refusals, size_t chunk,
                                                       int64_t row, tide_text *out,
                                                       tide_error *err);
/* A row that comes from elsewhere, with its position. */
TIDE_MUST_CHECK tide_code tide_refusals_add_at(tide_refusals *refusals, const char *position,
                                               const tide_schema *schema,
                                               const tide_column *columns, int64_t row,
                                               const tide_refusal *refusal, tide_error *err);
/* Refuses the rows that break the rules, column by column. */
TIDE_MUST_CHECK tide_code tide_refusals_apply(tide_refusals *refusals, const tide_row_rules *rules,
                                              tide_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Mask: what stands in the place of a column's values from the decoder on.
 *
 * kind       text                                other types
 * hash       64 hex digits of the keyed hash     the same as text; uuid: a uuid (version 8) of its
 *                                                first 16 bytes. Not json, which has no one text
 * redact     ***                                 null
 * null       null                                null
 * truncate   the first characters                date, timestamp: the first day of the unit, the
 *                                                first instant of the local one; int32, int64,
 *                                                double, decimal: the multiple next to it towards 0
 *
 * Hashed is the value, not how it was written, as text: bool true or false, numbers in decimal
 * digits (double: a whole one below 2^53 as an integer, others as they are shown; decimal: all
 * digits of its scale), dates and timestamps in ISO 8601, UTC, a fraction of 0, 3 or 6 digits, uuid
 * in lower case with dashes; bytes as they are. So `12` as int64 and as text have the same mask.
 *
 * Null stays null. A mask is immutable; a masker belongs to one thread.
 */
#ifndef TIDE_RECORD_MASK_H
#define TIDE_RECORD_MASK_H

#include "base/calendar.h"
#include "record/builder.h"
#include "record/keyed_hash.h"

typedef enum tide_mask_kind {
    TIDE_MASK_NONE = 0,
    TIDE_MASK_HASH,
    TIDE_MASK_REDACT,
    TIDE_MASK_NULL,
    TIDE_MASK_TRUNCATE
} tide_mask_kind;

typedef enum tide_mask_unit { TIDE_MASK_DAY = 0, TIDE_MASK_MONTH, TIDE_MASK_YEAR } tide_mask_unit;

/* Strings and zone are borrowed for the life of the mask. */
typedef struct tide_mask {
    tide_mask_kind kind;
    tide_str key;          /* hash */
    int64_t characters;    /* truncate, text: at least 1 */
    tide_mask_unit unit;   /* truncate, date and timestamp */
    const tide_zone *zone; /* truncate, timestamp */
    tide_int128 multiple;  /* truncate, numbers: at least 1; decimal: in units of its scale */
} tide_mask;

/* Does the kind go with the type? */
bool tide_mask_fits(tide_mask_kind kind, tide_type type);
/* The type of the masked values. */
tide_type tide_mask_type(tide_mask_kind kind, tide_type type);
/* Is any value null behind the mask? */
bool tide_mask_makes_null(tide_mask_kind kind, tide_type type);

typedef struct tide_masker tide_masker;

/* For values of `type`, which the mask's kind fits. The mask is borrowed. Owned. */
TIDE_MUST_CHECK tide_code tide_masker_create(const tide_mask *mask, tide_type type,
                                             tide_masker **masker, tide_error *err);
void tide_masker_destroy(tide_masker *masker);
/* Appends the mask of a cell that is not null to `out`, of tide_mask_type. */
TIDE_MUST_CHECK tide_code tide_masker_append(tide_masker *masker, const tide_column *clear,
                                             int64_t row, tide_column_builder *out,
                                             tide_error *err);

#endif

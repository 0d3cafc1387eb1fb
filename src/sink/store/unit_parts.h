/* SPDX-License-Identifier: Apache-2.0 */
/* Unit parts: what a worker remembers of the unit that it loads, from its first part to its last.
 * Most units have one part; a long split that streams has many (tide_unit.continues), whose rejects
 * and counts are committed with the last one. */
#ifndef TIDE_SINK_STORE_UNIT_PARTS_H
#define TIDE_SINK_STORE_UNIT_PARTS_H

#include "flow/sink.h"

typedef struct tide_unit_parts {
    bool open;                /* parts were taken, and the last one was not among them */
    tide_reject_list rejects; /* the units' own and the refused rows */
    int64_t row_count;        /* of all parts so far */
    tide_load_result result;  /* likewise */
} tide_unit_parts;

void tide_unit_parts_init(tide_unit_parts *parts);
void tide_unit_parts_clear(tide_unit_parts *parts);
/* Forgets the unit, keeps memory. */
void tide_unit_parts_reset(tide_unit_parts *parts);
/* Rows of all chunks. */
int64_t tide_unit_row_count(const tide_unit *unit);

#endif

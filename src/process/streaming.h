/* SPDX-License-Identifier: Apache-2.0 */
/* Streaming: rows without a series, as they are read, through stateless steps into units.
 *
 * Calls, by one thread: open -> push ... -> take -> push ... -> take -> close; restart throws away
 * what was pushed since the last take (an attempt that failed). For append the caller takes a unit
 * per split, or when is_full says so; for merge after each push, to route the rows of its chunks.
 *
 * The engine's hidden columns are dropped; each batch is one segment for the steps. Only when a
 * batch has rejects is it run again with a segment per row, which tells which row of the source a
 * reject comes from. A row without a value in a key column of a merge is a reject (stage load,
 * counted as emitted and refused).
 *
 * Counts: consumed = rows pushed, emitted = rows in the chunks + refused, and those of the steps.
 */
#ifndef TIDE_PROCESS_STREAMING_H
#define TIDE_PROCESS_STREAMING_H

#include "flow/unit.h"
#include "process/plan.h"

typedef struct tide_streaming tide_streaming;

/* A plan without series; borrowed until close. */
TIDE_MUST_CHECK tide_code tide_streaming_open(const tide_process_plan *plan,
                                              tide_streaming **streaming, tide_error *err);
/* rows: a view in the source's layout, borrowed during the call. After a failure: restart or close.
 */
TIDE_MUST_CHECK tide_code tide_streaming_push(tide_streaming *streaming, const tide_batch *rows,
                                              tide_error *err);
/* Has the unit reached one of its bounds? */
bool tide_streaming_is_full(const tide_streaming *streaming);
/* Moves everything since the last take to *unit (any content is overwritten). */
TIDE_MUST_CHECK tide_code tide_streaming_take(tide_streaming *streaming, const char *unit_name,
                                              tide_unit *unit, tide_error *err);
TIDE_MUST_CHECK tide_code tide_streaming_restart(tide_streaming *streaming, tide_error *err);
void tide_streaming_close(tide_streaming *streaming);

#endif

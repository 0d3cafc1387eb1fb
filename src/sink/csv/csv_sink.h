/* SPDX-License-Identifier: Apache-2.0 */
/* CSV sink: a folder of part files, committed exactly once.
 *
 *   DIRECTORY/tidemill.sqlite            runs, lease, markers, state, rejects, late rows, manifest
 *   DIRECTORY/<table>/part-<run>-<n>.csv one part per commit unit
 *
 * Format: RFC 4180 with a header, UTF-8, lines end in CRLF. Fields are quoted only where they must
 * be. Null is an empty field, an empty text is "" (a reader that can't tell them apart sees empty
 * texts). timestamp 2024-03-31T22:00:00Z; bytes in base64; decimals exact; doubles in the shortest
 * form that reads back the same, NaN, Infinity, -Infinity; bool true and false. Text with U+0000 is
 * refused.
 *
 * A part is written under a temporary name (it begins with a dot and ends in .tmp), fsynced with
 * its folder, named by the manifest in the transaction that holds the unit's marker and states, and
 * then renamed. Who looks at part-*.csv sees committed parts only; after a kill or a power cut
 * between commit and rename the next begin renames what the manifest names and removes what it
 * doesn't. A new part never takes the name of a file that is there, and nothing but parts is ever
 * removed: a swap waits while the folder holds anything else.
 *
 * Modes: append, and replace - the new generation is written into a folder of its own, which
 * changes places with <table> at the end. Only one pipeline writes a <table>; nothing else should
 * be put into its folder. The parts are numbered as they were begun, so the set of rows is always
 * the same but names and numbers of parts are not.
 */
#ifndef TIDE_SINK_CSV_CSV_SINK_H
#define TIDE_SINK_CSV_CSV_SINK_H

#include "flow/findings.h"
#include "flow/sink.h"

typedef struct tide_csv_options {
    const char *directory; /* copied; created by begin if its parent exists */
    int64_t busy_ms;       /* how long to wait for the lock of tidemill.sqlite; 0 = 60 s */
} tide_csv_options;

/* Owned by the caller, who ends it with vtable->close. `target` is borrowed for the sink's life.
 * Touches nothing; bad_config for a table that can't be a folder's name. */
TIDE_MUST_CHECK tide_code tide_csv_sink_open(const tide_csv_options *options,
                                             const tide_target *target, tide_sink **sink,
                                             tide_error *err);

/* Adds what the engine's books in the directory say: can they be read, is what pipelines have
 * committed in place. Nothing where there are none. Touches nothing. */
void tide_csv_probe(const char *directory, tide_findings *findings);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Pending: what a pipeline has committed that readers of its folder do not see yet, since the run
 * was ended between its COMMIT and what follows that. Looks only; csv_recover.c does the rest. */
#ifndef TIDE_SINK_CSV_CSV_PENDING_H
#define TIDE_SINK_CSV_CSV_PENDING_H

#include "sink/csv/csv_parts.h"

/* What the folder of the run before is called while it is out of the way, after the name of the new
 * one, where the file system can't exchange the two. */
#define TIDE_CSV_ASIDE "0"

/* Where the files are that a pipeline has committed: in the folder of the table that the ledger
 * knows, which the project file may name otherwise by now. All borrowed. */
typedef struct tide_csv_place {
    tide_db *db;
    const char *pipeline;
    const char *directory;
    const char *folder; /* in the directory */
    const char *swap;   /* the entry of the directory that is to become the folder, or NULL */
} tide_csv_place;

/* By the pipeline's row, and by where the parts are: a folder may have been moved to where the
 * pipeline has its own now. */
TIDE_MUST_CHECK tide_code tide_csv_place_of(tide_csv_sink *sink, const tide_pipeline_row *row,
                                            tide_csv_place *place, tide_error *err);
/* Does what was committed belong to the folder that the pipeline has now? */
bool tide_csv_is_own_place(const tide_csv_sink *sink, const tide_csv_place *place);

/* Is a committed file of the new generation still in the folder that is to be swapped in? */
TIDE_MUST_CHECK tide_code tide_csv_is_unswapped(const tide_csv_place *place, bool *is_unswapped,
                                                tide_error *err);
/* Appends a line with what is pending and who settles it; nothing when all is in place. The caller
 * asks whether the text has failed. */
TIDE_MUST_CHECK tide_code tide_csv_tell_pending(const tide_csv_place *place, tide_text *pending,
                                                tide_error *err);

#endif

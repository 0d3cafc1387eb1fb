/* SPDX-License-Identifier: Apache-2.0 */
/* Manifest: which part files belong to a file set - the table tidemill_files of tidemill.sqlite.
 *
 *   state      committed: its rows count; staged: they will, when the run finishes
 *   temporary  the name it has until it is renamed to `name`; null once that is known to be done
 *
 * Called inside a transaction of the store, but for the readers.
 */
#ifndef TIDE_SINK_CSV_MANIFEST_H
#define TIDE_SINK_CSV_MANIFEST_H

#include "sink/store/db.h"

typedef struct tide_manifest_file {
    const char *name;
    const char *temporary; /* NULL: it has its name */
    int64_t run;
    int64_t part; /* number within the run */
    int64_t row_count;
    int64_t byte_count;
    bool is_staged;
    bool replaces; /* when visited: a rewind wrote it, in the place of the one of that name */
} tide_manifest_file;

TIDE_MUST_CHECK tide_code tide_manifest_create(tide_db *db, tide_error *err);
TIDE_MUST_CHECK tide_code tide_manifest_add(tide_db *db, const char *pipeline,
                                            const tide_manifest_file *file, tide_error *err);
/* The file of that name is another one now: its temporary name, rows and bytes. */
TIDE_MUST_CHECK tide_code tide_manifest_replace(tide_db *db, const char *pipeline,
                                                const tide_manifest_file *file, tide_error *err);
/* Calls visit for each file, by name; it must not change the manifest. */
typedef tide_code (*tide_manifest_visit_file)(void *context, const tide_manifest_file *file,
                                              tide_error *err);
TIDE_MUST_CHECK tide_code tide_manifest_visit(tide_db *db, const char *pipeline,
                                              tide_manifest_visit_file visit, void *context,
                                              tide_error *err);
/* All committed files have their names now. */
TIDE_MUST_CHECK tide_code tide_manifest_settle(tide_db *db, const char *pipeline, tide_error *err);
/* Forgets staged or committed files. */
TIDE_MUST_CHECK tide_code tide_manifest_forget(tide_db *db, const char *pipeline, bool staged,
                                               tide_error *err);
TIDE_MUST_CHECK tide_code tide_manifest_forget_file(tide_db *db, const char *pipeline,
                                                    const char *name, tide_error *err);
/* Staged files are committed. */
TIDE_MUST_CHECK tide_code tide_manifest_commit_staged(tide_db *db, const char *pipeline,
                                                      tide_error *err);
/* The highest part number of a run, 0 when it has none. */
TIDE_MUST_CHECK tide_code tide_manifest_last_part(tide_db *db, const char *pipeline, int64_t run,
                                                  int64_t *part, tide_error *err);

#endif

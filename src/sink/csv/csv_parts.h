/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a CSV sink, shared by this folder's files. */
#ifndef TIDE_SINK_CSV_CSV_PARTS_H
#define TIDE_SINK_CSV_CSV_PARTS_H

#include "sink/csv/csv_encoder.h"
#include "sink/csv/manifest.h"
#include "sink/csv/part_file.h"
#include "sink/store/store.h"

typedef struct tide_csv_sink {
    tide_store store;
    tide_arena paths; /* owns the paths below; guarded by the store's lock */
    const char *directory;
    const char *folder;  /* DIRECTORY/<table>; what is committed may be in another: csv_pending.h */
    const char *staging; /* replace: the folder of the new generation; after begin */
    tide_csv_encoder encoder;
    tide_atomic last_part;     /* of this run */
    tide_atomic rename_failed; /* 1: a committed part still has its temporary name */
} tide_csv_sink;

/* In the directory: the engine's books. */
#define TIDE_CSV_LEDGER "tidemill.sqlite"

#define TIDE_PART_NAME_BYTES 96
#define TIDE_PART_PATH_BYTES 4096

/* The file of a unit, from its first part to its last. */
typedef struct tide_csv_part {
    bool open;
    char name[TIDE_PART_NAME_BYTES];
    char temporary[TIDE_PART_NAME_BYTES];
    char path[TIDE_PART_PATH_BYTES]; /* while it is written */
    tide_part_file file;
    tide_manifest_file entry; /* its names are the two above */
} tide_csv_part;

struct tide_sink_worker {
    tide_csv_sink *sink;
    tide_db reader; /* for states; opened when they are first read */
    tide_unit_parts parts;
    tide_csv_part part;
};

/* load and abandon of the vtable. */
TIDE_MUST_CHECK tide_code tide_csv_load(tide_sink_worker *worker, const tide_unit *unit,
                                        tide_load_result *result, tide_error *err);
void tide_csv_abandon(tide_sink_worker *worker);

/* These look for what is committed where it was committed, whichever table the project file names
 * by now.
 *
 * Gives committed parts their names. The caller holds the store's lock; inside a transaction the
 * manifest is settled too. */
TIDE_MUST_CHECK tide_code tide_csv_finish_renames(tide_csv_sink *sink, tide_error *err);
/* Swaps the new generation in, if a swap was committed and not completed; inside a transaction.
 * bad_config while the folder whose place it takes holds what is not ours. */
TIDE_MUST_CHECK tide_code tide_csv_finish_swap(tide_csv_sink *sink, tide_error *err);
/* In begin, inside its transaction: completes what was committed, removes what was not. */
TIDE_MUST_CHECK tide_code tide_csv_recover(tide_csv_sink *sink, tide_error *err);
/* Inside a transaction, for whoever begins anew without the parts that are gone and has been told
 * so: completes what was committed, and forgets what is not in the folder of the pipeline. */
TIDE_MUST_CHECK tide_code tide_csv_start_anew(tide_csv_sink *sink, tide_error *err);
/* settle of the vtable. */
TIDE_MUST_CHECK tide_code tide_csv_settle(tide_csv_sink *sink, tide_error *err);
/* finish of the vtable. */
TIDE_MUST_CHECK tide_code tide_csv_finish(tide_csv_sink *sink, const tide_run_row *run,
                                          tide_load_result *result, tide_error *err);
/* A part with the header alone, staged in the folder of the new generation: so that it has one. */
TIDE_MUST_CHECK tide_code tide_csv_stage_header(tide_csv_sink *sink, tide_error *err);
/* Inside a transaction: what wrote the file set, and that it is the one. */
TIDE_MUST_CHECK tide_code tide_csv_keep_identity(tide_csv_sink *sink, tide_error *err);
/* state_rewind of the vtable. */
TIDE_MUST_CHECK tide_code tide_csv_rewind(tide_csv_sink *sink, const tide_rewind *rewind,
                                          tide_rewound *done, tide_error *err);
/* Fills facts; the store is connected or not. */
TIDE_MUST_CHECK tide_code tide_csv_check(tide_csv_sink *sink, bool connected,
                                         tide_sink_facts *facts, tide_error *err);
/* Inside a transaction: removes all parts of the pipeline's folder; forgets parts that are not in
 * the folder of that path, nor in the other one (or NULL). */
TIDE_MUST_CHECK tide_code tide_csv_remove_parts(tide_csv_sink *sink, tide_error *err);
TIDE_MUST_CHECK tide_code tide_csv_forget_missing(tide_csv_sink *sink, const char *folder,
                                                  const char *other, tide_error *err);
/* Bytes of a committed part of a folder, under either of its names; -1 when it is not there. */
TIDE_MUST_CHECK tide_code tide_csv_part_size(const char *folder, const tide_manifest_file *file,
                                             int64_t *size, tide_error *err);

#endif

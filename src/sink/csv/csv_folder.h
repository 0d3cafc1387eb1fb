/* SPDX-License-Identifier: Apache-2.0 */
/* Folder of parts: which of its names are ours, and what belongs to somebody else. Nothing here
 * removes or hides a file that is not ours by its name. */
#ifndef TIDE_SINK_CSV_CSV_FOLDER_H
#define TIDE_SINK_CSV_CSV_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Is NAME one of our part files, or with `temporary` one that has not got its name yet? */
bool tide_csv_is_part(const char *name, bool temporary);
/* Is it either? */
bool tide_csv_is_ours(const char *name);

/* The name of an entry, "" for none. */
typedef struct tide_csv_entry {
    char name[NAME_MAX + 1];
} tide_csv_entry;

/* An entry that is not ours; none when there is no such folder. */
TIDE_MUST_CHECK tide_code tide_csv_find_stranger(const char *folder, tide_csv_entry *stranger,
                                                 tide_error *err);
/* The highest number that a part of the run has, whoever has written it; 0 for none. */
TIDE_MUST_CHECK tide_code tide_csv_find_last_part(const char *folder, int64_t run, int64_t *part,
                                                  tide_error *err);
/* All that is ours. */
TIDE_MUST_CHECK tide_code tide_csv_remove_ours(const char *folder, tide_error *err);
/* Files that have not got their names: with no rename pending, what was not committed. */
TIDE_MUST_CHECK tide_code tide_csv_remove_temporaries(const char *folder, tide_error *err);
/* The folder too. bad_config, and nothing is removed, while it holds what is not ours. No failure
 * when there is none. */
TIDE_MUST_CHECK tide_code tide_csv_remove_folder(const char *folder, tide_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Part file: what happens to files and folders - writing one so that it is on the disk, renaming,
 * removing. Failures are io errors that name the path. */
#ifndef TIDE_SINK_CSV_PART_FILE_H
#define TIDE_SINK_CSV_PART_FILE_H

#include "base/text.h"

/* The buffer goes to the file at this size. */
#define TIDE_PART_BUFFER_BYTES (256u << 10)

typedef struct tide_part_file {
    const char *path; /* borrowed */
    int file;         /* -1 when closed */
    tide_text buffer; /* append here, then tide_part_file_flush now and then */
    int64_t byte_count;
} tide_part_file;

/* Fails when there is a file of that name. */
TIDE_MUST_CHECK tide_code tide_part_file_create(tide_part_file *part, const char *path,
                                                tide_error *err);
/* Writes the buffer when it is full. */
TIDE_MUST_CHECK tide_code tide_part_file_flush(tide_part_file *part, tide_error *err);
/* Writes the rest, fsyncs and closes. */
TIDE_MUST_CHECK tide_code tide_part_file_finish(tide_part_file *part, tide_error *err);
/* Closes and removes it unless it was finished; frees the buffer. Always call it. */
void tide_part_file_end(tide_part_file *part, bool keep);

bool tide_path_is_folder(const char *path);
bool tide_path_is_link(const char *path);
/* Bytes of a file, -1 when there is none. */
int64_t tide_path_size(const char *path);
/* Creates the folder if it is missing, and makes its entry durable. */
TIDE_MUST_CHECK tide_code tide_folder_create(const char *path, tide_error *err);
TIDE_MUST_CHECK tide_code tide_folder_sync(const char *path, tide_error *err);
/* from -> to, when `from` is still there; else `to` must be. bad_config when both are: what has the
 * name is never overwritten. */
TIDE_MUST_CHECK tide_code tide_path_rename_once(const char *from, const char *to, tide_error *err);
/* The same, but `to` is the one that `from` takes the place of. */
TIDE_MUST_CHECK tide_code tide_path_replace_once(const char *from, const char *to, tide_error *err);
/* The two change places, or `from` takes the place of a missing `to`. Where the file system can't
 * exchange, `to` is moved to `aside` first. */
TIDE_MUST_CHECK tide_code tide_folder_exchange(const char *from, const char *to, const char *aside,
                                               tide_error *err);
/* No failure when there is none. */
TIDE_MUST_CHECK tide_code tide_path_remove(const char *path, tide_error *err);
/* It has to be empty. No failure when there is none. */
TIDE_MUST_CHECK tide_code tide_folder_remove(const char *path, tide_error *err);

/* Calls visit for each entry but . and ..; none when there is no such folder. */
typedef tide_code (*tide_entry_visit)(void *context, const char *name, tide_error *err);
TIDE_MUST_CHECK tide_code tide_folder_visit(const char *path, tide_entry_visit visit, void *context,
                                            tide_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* File registry: which of the found files are to be read, by the marks of earlier complete runs.
 *
 *   mark of the path   size, mtime   content up to the mark's end   the file is
 *   yes                the same      (not looked at)                known
 *   yes                others        the same, and nothing more     known: touched
 *   yes                others        the same, and more records     grown: read from the end on
 *   any                others        that of another mark           known: moved or copied
 *   any                others        begins with that of a mark     moved, and grown
 *                                    whose path has it no more
 *   yes                others        another one                    changed: an error
 *   no                               another one                    new
 *
 * Only plain NDJSON can grow; of it whole records are taken (file_content.h). A file whose mark is
 * open - rows of it were left for a later run - is read again from its beginning, wherever it is
 * now. Of several files with the same content one is read, and the others are known. A file that is
 * read again by the user's wish is taken as it is now.
 *
 * Value of a mark: "SIZE:MTIME_NS END DIGEST".
 */
#ifndef TIDE_SOURCE_FILE_FILE_REGISTRY_H
#define TIDE_SOURCE_FILE_FILE_REGISTRY_H

#include "source/file/file_glob.h"

/* Fills what the registry says of each file; marks of files that are known under another name or
 * mtime go to plan->marks. bad_data names files that have changed, bad_config names those to be
 * read again that are not there. */
TIDE_MUST_CHECK tide_code tide_file_register(const tide_file_source_options *options,
                                             const tide_plan_request *request,
                                             tide_found_files *found, tide_source_plan *plan,
                                             tide_error *err);

/* Is a file that was pinned with a mark still what it was, but for its mtime or what was added?
 * Then its identity as found becomes file->current, and it is read as it was pinned. */
TIDE_MUST_CHECK tide_code tide_file_is_as_pinned(const tide_member *pinned, tide_found_file *file,
                                                 bool *is_as_pinned, tide_error *err);

#endif

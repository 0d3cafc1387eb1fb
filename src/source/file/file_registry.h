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
 *   yes                others        another one                    changed: an error; new, if
 * names are given on (`rotated`) and what lay there lies elsewhere no another one new
 *
 * Only plain NDJSON can grow; of it whole records are taken (file_content.h). Rows that were left
 * for a later run are read again, wherever they are now. Of several
 * files with the same content one is read, and the others are known. A file that is read again by
 * the user's wish is taken as it is now. file_view.h finds out what files hold, file_verdict.h
 * decides.
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

#endif

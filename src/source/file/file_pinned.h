/* SPDX-License-Identifier: Apache-2.0 */
/* File pinned: the files of a run that is resumed. They are read as they were to be read, and what
 * has happened to them since must not matter: touched, grown, and, where a registry knows what they
 * held, renamed.
 */
#ifndef TIDE_SOURCE_FILE_FILE_PINNED_H
#define TIDE_SOURCE_FILE_FILE_PINNED_H

#include "source/file/file_glob.h"

/* Exactly request->pinned, in the order of their names; bad_data names one that is gone,
 * input_changed one that is not what it was. Those that are under other names go to plan->notes. */
TIDE_MUST_CHECK tide_code tide_file_find_pinned(const tide_file_source_options *options,
                                                const tide_plan_request *request,
                                                tide_found_files *found, tide_source_plan *plan,
                                                tide_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Log file: writes a run's log as lines of text or of JSON, to a file or to standard error. A line
 * is written by one call, so that lines of several processes do not mix. */
#ifndef TIDE_CLI_LOG_FILE_H
#define TIDE_CLI_LOG_FILE_H

#include <stdbool.h>

#include "base/log.h"

typedef enum tide_log_format { TIDE_LOG_TEXT = 0, TIDE_LOG_JSON } tide_log_format;

typedef struct tide_log_file {
    tide_log log; /* first */
    int descriptor;
    tide_log_format format;
    bool is_stderr;
} tide_log_file;

/* Appends to the file, which it creates; "-" is standard error. */
TIDE_MUST_CHECK tide_code tide_log_file_open(tide_log_file *file, const char *path,
                                             tide_log_format format, tide_error *err);
void tide_log_file_close(tide_log_file *file);

#endif

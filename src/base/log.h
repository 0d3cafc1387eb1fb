/* SPDX-License-Identifier: Apache-2.0 */
/* Log: what happens during a run, entry by entry, handed to whoever runs it. The library itself
 * writes nothing anywhere.
 *
 * Entries hold no values of rows and no secrets: messages are those of errors, which keep to that.
 */
#ifndef TIDE_BASE_LOG_H
#define TIDE_BASE_LOG_H

#include <stdint.h>

#include "base/error.h"

typedef enum tide_log_level { TIDE_LOG_INFO = 0, TIDE_LOG_WARNING, TIDE_LOG_ERROR } tide_log_level;

/* "info", "warning", "error". */
const char *tide_log_level_name(tide_log_level level);

/* Borrowed for the call. */
typedef struct tide_log_entry {
    int64_t at; /* microseconds since 1970, UTC */
    tide_log_level level;
    const char *pipeline;
    const char *event; /* a word of a fixed set: docs/cli.md lists them */
    int problem;       /* number of base/problem.h, or 0 */
    const char *message;
} tide_log_entry;

/* `write` is called from any thread, also from several at a time. */
typedef struct tide_log {
    void (*write)(const struct tide_log *log, const tide_log_entry *entry);
    void *context;
} tide_log;

/* log NULL: nobody listens. */
void tide_log_write(const tide_log *log, tide_log_level level, const char *pipeline,
                    const char *event, const char *format, ...) TIDE_PRINTF(5, 6);
/* An error that is dealt with, or that ended something. */
void tide_log_error(const tide_log *log, tide_log_level level, const char *pipeline,
                    const char *event, const tide_error *err);

#endif

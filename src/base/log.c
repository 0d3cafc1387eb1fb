/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdio.h>

#include "base/calendar.h"

const char *tide_log_level_name(tide_log_level level)
{
    static const char *const names[] = {
        [TIDE_LOG_INFO] = "info", [TIDE_LOG_WARNING] = "warning", [TIDE_LOG_ERROR] = "error"};
    return names[level];
}

static void write_entry(const tide_log *log, tide_log_level level, const char *pipeline,
                        const char *event, int problem, const char *message)
{
    tide_log_entry entry = {tide_now(), level, pipeline, event, problem, message};
    log->write(log, &entry);
}

void tide_log_write(const tide_log *log, tide_log_level level, const char *pipeline,
                    const char *event, const char *format, ...)
{
    if (log == NULL) {
        return;
    }
    char message[TIDE_ERROR_MESSAGE_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    write_entry(log, level, pipeline, event, 0, message);
}

void tide_log_error(const tide_log *log, tide_log_level level, const char *pipeline,
                    const char *event, const tide_error *err)
{
    if (log != NULL) {
        write_entry(log, level, pipeline, event, err->number, err->message);
    }
}

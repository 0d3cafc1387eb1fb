/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/calendar.h"
#include "base/problem.h"
#include "base/text.h"

/* To the millisecond. */
static void append_instant(tide_text *line, int64_t at)
{
    char instant[40];
    (void)tide_format_instant(at - at % 1000, instant);
    tide_text_append(line, instant);
}

static void append_json(tide_text *line, const tide_log_entry *entry)
{
    char problem[TIDE_PROBLEM_BYTES];
    tide_text_append(line, "{\"at\":\"");
    append_instant(line, entry->at);
    tide_text_append_format(line,
                            "\",\"level\":\"%s\",\"pipeline\":", tide_log_level_name(entry->level));
    tide_text_append_json_string(line, tide_str_of(entry->pipeline));
    tide_text_append_format(line, ",\"event\":\"%s\",\"problem\":%s,\"message\":", entry->event,
                            tide_problem_json(entry->problem, problem));
    tide_text_append_json_string(line, tide_str_of(entry->message));
    tide_text_append(line, "}\n");
}

/* A message of several lines stays one entry: what follows is indented. */
static void append_message(tide_text *line, const char *message)
{
    for (const char *at = message; *at != '\0'; at++) {
        if (*at == '\n') {
            tide_text_append(line, "\n    ");
        } else {
            tide_text_append_char(line, *at);
        }
    }
}

static void append_text(tide_text *line, const tide_log_entry *entry)
{
    append_instant(line, entry->at);
    tide_text_append_format(line, " %-7s %s %s: ", tide_log_level_name(entry->level),
                            entry->pipeline, entry->event);
    append_message(line, entry->message);
    if (entry->problem != 0) {
        tide_text_append_format(line, " [E%d]", entry->problem);
    }
    tide_text_append_char(line, '\n');
}

/* A log that can't be written stops no run. */
static void write_all(int descriptor, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(descriptor, data, size);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return;
        }
        data += written;
        size -= (size_t)written;
    }
}

static void write_line(const tide_log *log, const tide_log_entry *entry)
{
    const tide_log_file *file = (const tide_log_file *)log;
    tide_text line;
    tide_text_init(&line);
    (file->format == TIDE_LOG_JSON ? append_json : append_text)(&line, entry);
    write_all(file->descriptor, tide_text_c(&line), line.size);
    tide_text_clear(&line);
}

tide_code tide_log_file_open(tide_log_file *file, const char *path, tide_log_format format,
                             tide_error *err)
{
    *file = (tide_log_file){.log = {.write = write_line}, .format = format};
    file->is_stderr = strcmp(path, "-") == 0;
    file->descriptor = file->is_stderr
                           ? STDERR_FILENO
                           : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (file->descriptor < 0) {
        return TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't open the log %s", path);
    }
    return TIDE_OK;
}

void tide_log_file_close(tide_log_file *file)
{
    if (file->descriptor >= 0 && !file->is_stderr) {
        (void)close(file->descriptor);
    }
    file->descriptor = -1;
}

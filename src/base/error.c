/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/problem.h"

/* A message that did not fit was cut at any byte: drop the begun character at its end. `written` is
 * what the formatter wanted to write. */
static void cut_at_character(char *message, int written)
{
    if (written < 0) {
        message[0] = '\0';
        return;
    }
    if ((size_t)written < TIDE_ERROR_MESSAGE_BYTES_MAX) {
        return;
    }
    size_t end = TIDE_ERROR_MESSAGE_BYTES_MAX - 1;
    size_t lead = end;
    while (lead > 0 && end - lead < 3 && ((unsigned char)message[lead - 1] & 0xC0) == 0x80) {
        lead--;
    }
    if (lead == 0) {
        return;
    }
    unsigned char first = (unsigned char)message[lead - 1];
    size_t wanted = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
    if (wanted > end - lead + 1) {
        message[lead - 1] = '\0';
    }
}

void tide_error_clear(tide_error *err)
{
    err->code = TIDE_OK;
    err->number = 0;
    err->side = TIDE_SIDE_NONE;
    err->sys_errno = 0;
    err->origin_file = NULL;
    err->origin_line = 0;
    err->message[0] = '\0';
}

static bool is_disk_full(int what, int sys_errno)
{
    return what == TIDE_IO && (sys_errno == ENOSPC || sys_errno == EDQUOT);
}

tide_code tide_error_raise(tide_error *err, int what, int sys_errno, const char *origin_file,
                           int origin_line, const char *format, ...)
{
    /* Formatted aside: the arguments may point into err->message. */
    char message[TIDE_ERROR_MESSAGE_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    cut_at_character(message, written);

    err->code = (tide_code)(what & 0xFF);
    err->number = tide_problem_number(is_disk_full(what, sys_errno) ? TIDE_E_DISK_FULL : what);
    err->side = TIDE_SIDE_NONE;
    err->sys_errno = sys_errno;
    err->origin_file = origin_file;
    err->origin_line = origin_line;
    if (sys_errno != 0) {
        written =
            snprintf(err->message, sizeof err->message, "%s: %s", message, strerror(sys_errno));
        cut_at_character(err->message, written);
    } else {
        memcpy(err->message, message, strlen(message) + 1);
    }
    return err->code;
}

tide_code tide_error_context(tide_error *err, const char *format, ...)
{
    char context[TIDE_ERROR_MESSAGE_BYTES_MAX];
    char message[TIDE_ERROR_MESSAGE_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(context, sizeof context, format, arguments);
    va_end(arguments);
    cut_at_character(context, written);
    memcpy(message, err->message, sizeof message);
    written = snprintf(err->message, sizeof err->message, "%s: %s", context, message);
    cut_at_character(err->message, written);
    return err->code;
}

const char *tide_code_name(tide_code code)
{
    static const char *const names[] = {
        [TIDE_OK] = "ok",
        [TIDE_BAD_CONFIG] = "bad_config",
        [TIDE_BAD_DATA] = "bad_data",
        [TIDE_IO] = "io",
        [TIDE_REMOTE] = "remote",
        [TIDE_REMOTE_RETRY] = "remote_retry",
        [TIDE_OVER_BUDGET] = "over_budget",
        [TIDE_OUT_OF_MEMORY] = "out_of_memory",
        [TIDE_CANCELLED] = "cancelled",
        [TIDE_OVER_REJECTS] = "over_rejects",
        [TIDE_USER_CODE] = "user_code",
        [TIDE_FENCED] = "fenced",
        [TIDE_STATE_CONFLICT] = "state_conflict",
    };
    size_t index = (size_t)code;
    return index < sizeof names / sizeof names[0] ? names[index] : "unknown";
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers for people. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "cli/command.h"

#define FORMAT_BYTES 40

const char *tide_format_count(int64_t count, char *out)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRId64, count);
    int first = digits[0] == '-' ? 1 : 0;
    char *to = out;
    for (int i = 0; i < length; i++) {
        if (i > first && (length - i) % 3 == 0) {
            *to++ = ',';
        }
        *to++ = digits[i];
    }
    *to = '\0';
    return out;
}

const char *tide_format_bytes(int64_t bytes, char *out)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1000 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1000;
        unit++;
    }
    (void)snprintf(out, FORMAT_BYTES, unit == 0 || value >= 100 ? "%.0f %s" : "%.1f %s", value,
                   units[unit]);
    return out;
}

const char *tide_format_duration(int64_t micros, char *out)
{
    int64_t seconds = micros / TIDE_MICROS_PER_SECOND;
    if (seconds < 60) {
        (void)snprintf(out, FORMAT_BYTES, "%.1f s", (double)micros / 1e6);
    } else if (seconds < 3600) {
        (void)snprintf(out, FORMAT_BYTES, "%" PRId64 " min %" PRId64 " s", seconds / 60,
                       seconds % 60);
    } else {
        (void)snprintf(out, FORMAT_BYTES, "%" PRId64 " h %" PRId64 " min", seconds / 3600,
                       seconds / 60 % 60);
    }
    return out;
}

bool tide_parse_count_option(const char *text, int64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoll(text, &end, 10);
    return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0';
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Puts spill files on a slow disk: preloaded into the binary (LD_PRELOAD). What is written to them
 * takes as long as a disk of TIDEMILL_SLOW_SPILL bytes a second would need; each of several writers
 * at a time has one of its own.
 *
 * TIDEMILL_SLOW_SPILL_LOG=FILE gets a line for each write: its bytes. */
/* Both names of pwrite are wanted here. */
#undef _FILE_OFFSET_BITS

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "preload/next_function.h"

#define NANOS_PER_SECOND 1000000000

static bool is_spilled_to(int file)
{
    static const char ending[] = ".spill";
    char link[64];
    char path[4096];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof path);
    size_t end = sizeof ending - 1;
    return size > (ssize_t)end && memcmp(path + size - end, ending, end) == 0;
}

static void write_line(size_t bytes)
{
    const char *path = getenv("TIDEMILL_SLOW_SPILL_LOG");
    char line[32];
    int log = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0) {
        return;
    }
    int size = snprintf(line, sizeof line, "%zu\n", bytes);
    if (write(log, line, (size_t)size) != size) {
        abort();
    }
    (void)close(log);
}

static void take_time(int file, size_t bytes)
{
    const char *rate = getenv("TIDEMILL_SLOW_SPILL");
    long long per_second = rate == NULL ? 0 : strtoll(rate, NULL, 10);
    if (per_second <= 0 || !is_spilled_to(file)) {
        return;
    }
    int before = errno;
    long long nanos = (long long)bytes * NANOS_PER_SECOND / per_second;
    struct timespec left = {nanos / NANOS_PER_SECOND, nanos % NANOS_PER_SECOND};
    write_line(bytes);
    while (nanosleep(&left, &left) != 0) {
    }
    errno = before;
}

EXPORT ssize_t pwrite(int file, const void *data, size_t size, off_t offset)
{
    take_time(file, size);
    return NEXT(pwrite)(file, data, size, offset);
}

EXPORT ssize_t pwrite64(int file, const void *data, size_t size, off64_t offset)
{
    take_time(file, size);
    return NEXT(pwrite64)(file, data, size, offset);
}

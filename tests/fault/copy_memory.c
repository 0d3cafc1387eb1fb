/* SPDX-License-Identifier: Apache-2.0 */
/* Lets memory run out while PostgreSQL's answer to COPY is being read: preloaded into the binary
 * (LD_PRELOAD).
 *
 *   TIDEMILL_COPY_MEMORY=N:COUNT    of the allocations of a thread since it received the first
 *                                   message that asks for rows, COUNT fail from the Nth on
 *   TIDEMILL_COPY_MEMORY_LOG=FILE   a line for each that failed */
/* What stands in for the C library has to call it by its own names. */
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "preload/next_function.h"

static atomic_bool received;
static _Thread_local long passed = -1; /* allocations since; -1: not the thread that received it */

/* Messages are a byte that says which, and a length that counts itself. */
static bool asks_for_rows(const unsigned char *data, size_t size)
{
    for (size_t at = 0; at + 5 <= size;) {
        if (data[at] == 'G') {
            return true;
        }
        at += 1 + ((size_t)data[at + 1] << 24 | (size_t)data[at + 2] << 16 |
                   (size_t)data[at + 3] << 8 | data[at + 4]);
    }
    return false;
}

EXPORT ssize_t recv(int file, void *data, size_t size, int flags)
{
    ssize_t got = NEXT(recv)(file, data, size, flags);
    if (got > 0 && asks_for_rows(data, (size_t)got) && !atomic_exchange(&received, true)) {
        passed = 0;
    }
    return got;
}

static void write_line(void)
{
    const char *path = getenv("TIDEMILL_COPY_MEMORY_LOG");
    int log = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log >= 0 && (write(log, "failed\n", 7) != 7 || close(log) != 0)) {
        abort();
    }
}

static bool fails(void)
{
    const char *plan = getenv("TIDEMILL_COPY_MEMORY");
    char *end;
    long nth = plan == NULL ? 0 : strtol(plan, &end, 10);
    if (passed < 0 || nth == 0) {
        return false;
    }
    passed++;
    if (passed < nth || passed >= nth + strtol(end + 1, NULL, 10)) {
        return false;
    }
    write_line();
    errno = ENOMEM;
    return true;
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

EXPORT void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

EXPORT void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

EXPORT void *realloc(void *memory, size_t size)
{
    return fails() ? NULL : __libc_realloc(memory, size);
}
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

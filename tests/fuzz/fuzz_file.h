/* SPDX-License-Identifier: Apache-2.0 */
/* An input as a file without a system call: the linker leads open, fstat, pread and close here
 * (-Wl,--wrap), where one path is bytes in memory and all else goes on to the system. Include it in
 * one source of a target. */
#ifndef TIDE_TEST_FUZZ_FILE_H
#define TIDE_TEST_FUZZ_FILE_H

#include <stdarg.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "fuzz.h"
#include "source/file/file_input.h"

#define FUZZ_FILE_PATH "/fuzz/input"
#define FUZZ_FILE_DESCRIPTOR 0x7000

static tide_str fuzz_file_bytes;

/* The names are the linker's.
 * NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
int __real_open64(const char *path, int flags, ...);
int __real_fstat64(int fd, struct stat *out);
ssize_t __real_pread64(int fd, void *out, size_t size, off_t offset);
int __real_close(int fd);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_fstat64(int fd, struct stat *out);
ssize_t __wrap_pread64(int fd, void *out, size_t size, off_t offset);
int __wrap_close(int fd);

int __wrap_open64(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = va_arg(arguments, mode_t);
    va_end(arguments);
    return strcmp(path, FUZZ_FILE_PATH) == 0 ? FUZZ_FILE_DESCRIPTOR
                                             : __real_open64(path, flags, mode);
}

int __wrap_fstat64(int fd, struct stat *out)
{
    if (fd != FUZZ_FILE_DESCRIPTOR) {
        return __real_fstat64(fd, out);
    }
    *out = (struct stat){.st_size = (off_t)fuzz_file_bytes.size, .st_mtim = {.tv_sec = 1}};
    return 0;
}

ssize_t __wrap_pread64(int fd, void *out, size_t size, off_t offset)
{
    if (fd != FUZZ_FILE_DESCRIPTOR) {
        return __real_pread64(fd, out, size, offset);
    }
    size_t at = (size_t)offset;
    size_t left = at < fuzz_file_bytes.size ? fuzz_file_bytes.size - at : 0;
    left = left < size ? left : size;
    if (left > 0) {
        memcpy(out, fuzz_file_bytes.data + at, left);
    }
    return (ssize_t)left;
}

int __wrap_close(int fd)
{
    return fd == FUZZ_FILE_DESCRIPTOR ? 0 : __real_close(fd);
}

/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* Its identity is written to `identity`, which the place borrows. */
static inline tide_file_place fuzz_file_place(size_t buffer_bytes,
                                              char identity[TIDE_FILE_IDENTITY_BYTES])
{
    struct stat status;
    FUZZ_CHECK(__wrap_fstat64(FUZZ_FILE_DESCRIPTOR, &status) == 0);
    tide_file_identity(&status, identity);
    return (tide_file_place){.path = FUZZ_FILE_PATH,
                             .name = "input",
                             .identity = identity,
                             .buffer_bytes = buffer_bytes};
}

#endif

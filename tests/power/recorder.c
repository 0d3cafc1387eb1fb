/* SPDX-License-Identifier: Apache-2.0 */
/* Records what a process does to files, in the order in which it happened: preloaded into the
 * binary (LD_PRELOAD), so that a power cut after any of these operations can be played.
 *
 * TIDEMILL_RECORD names the log. An operation that succeeded is a line, perhaps followed by the
 * bytes that were written; ID is that of an opening (1, 2, ...), DIR that of a folder or -1:
 *
 *     o ID DIR FLAGS PATH-BYTES\nPATH                  w ID OFFSET BYTES\nDATA
 *     t ID SIZE\n     (truncated, or made as large)    s ID\n     (fsync, fdatasync)
 *     r FLAGS DIR DIR PATH-BYTES PATH-BYTES\nPATHPATH  (rename, exchange)
 *     u DIR PATH-BYTES\nPATH (unlink, rmdir)           m DIR PATH-BYTES\nPATH (mkdir)
 *
 * One lock is held from before an operation until it is written down, so the order is the true one.
 * What is not seen: stores to mapped memory (the -shm file of SQLite) and writes from within libc.
 * Whoever replays the log compares the result with the real files, and so knows. */
/* Macros here make functions: names, types and parameter lists can't be put in parentheses. */
// NOLINTBEGIN(bugprone-macro-parentheses,misc-unused-parameters)

/* Both names of each function are wanted here, not one in place of the other. */
#undef _FILE_OFFSET_BITS

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "preload/next_function.h"

#define FILES_MAX 65536

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int ids[FILES_MAX]; /* of the opening that a descriptor stands for; 0: none */
static bool appends[FILES_MAX];
static int last_id;
static int log_file = -1;

static void open_log(void)
{
    const char *path = getenv("TIDEMILL_RECORD");
    if (path != NULL) {
        log_file = NEXT(openat)(AT_FDCWD, path, O_WRONLY | O_APPEND | O_CLOEXEC);
    }
    if (log_file < 0) {
        abort();
    }
}

static void enter(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, open_log);
    (void)pthread_mutex_lock(&lock);
}

/* Keeps errno. */
static void leave(void)
{
    int kept = errno;
    (void)pthread_mutex_unlock(&lock);
    errno = kept;
}

static void log_bytes(const void *data, size_t size)
{
    int kept = errno;
    for (const char *at = data; size > 0;) {
        ssize_t written = NEXT(write)(log_file, at, size);
        if (written <= 0) {
            abort();
        }
        at += written;
        size -= (size_t)written;
    }
    errno = kept;
}

__attribute__((format(printf, 1, 2))) static void log_line(const char *format, ...)
{
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    log_bytes(line, (size_t)length);
}

static int id_of(int file)
{
    return file >= 0 && file < FILES_MAX ? ids[file] : 0;
}

static int folder_id(int folder)
{
    return folder == AT_FDCWD ? -1 : id_of(folder);
}

static int open_file(int folder, const char *path, int flags, mode_t mode)
{
    enter();
    int file = NEXT(openat)(folder, path, flags, mode);
    if (file >= 0 && file < FILES_MAX) {
        ids[file] = ++last_id;
        appends[file] = (flags & O_APPEND) != 0;
        log_line("o %d %d %d %zu\n", last_id, folder_id(folder), flags, strlen(path));
        log_bytes(path, strlen(path));
    }
    leave();
    return file;
}

static mode_t mode_of(int flags, va_list arguments)
{
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? (mode_t)va_arg(arguments, int) : 0;
}

#define OPEN(name)                                     \
    EXPORT int name(const char *path, int flags, ...)  \
    {                                                  \
        va_list arguments;                             \
        va_start(arguments, flags);                    \
        mode_t mode = mode_of(flags, arguments);       \
        va_end(arguments);                             \
        return open_file(AT_FDCWD, path, flags, mode); \
    }
#define OPENAT(name)                                              \
    EXPORT int name(int folder, const char *path, int flags, ...) \
    {                                                             \
        va_list arguments;                                        \
        va_start(arguments, flags);                               \
        mode_t mode = mode_of(flags, arguments);                  \
        va_end(arguments);                                        \
        return open_file(folder, path, flags, mode);              \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

EXPORT int creat(const char *path, mode_t mode)
{
    return open_file(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

EXPORT int close(int file)
{
    enter();
    if (file >= 0 && file < FILES_MAX) {
        ids[file] = 0;
    }
    int result = NEXT(close)(file);
    leave();
    return result;
}

/* `written` bytes of the buffers went to `offset`. */
static void log_write(int file, off_t offset, const struct iovec *buffers, ssize_t written)
{
    if (written <= 0) {
        return;
    }
    log_line("w %d %lld %zd\n", id_of(file), (long long)offset, written);
    for (size_t left = (size_t)written; left > 0; buffers++) {
        size_t size = buffers->iov_len < left ? buffers->iov_len : left;
        log_bytes(buffers->iov_base, size);
        left -= size;
    }
}

/* Sockets and pipes may block: never under the lock. */
static bool is_recorded(int file)
{
    (void)pthread_mutex_lock(&lock);
    bool known = id_of(file) != 0;
    (void)pthread_mutex_unlock(&lock);
    return known;
}

static ssize_t write_here(int file, const struct iovec *buffers, int count)
{
    enter();
    ssize_t written = NEXT(writev)(file, buffers, count);
    off_t end = lseek(file, 0, SEEK_CUR);
    log_write(file, end - written, buffers, written);
    leave();
    return written;
}

EXPORT ssize_t write(int file, const void *data, size_t size)
{
    union {
        const void *in;
        void *out;
    } bytes = {data};
    struct iovec buffer = {bytes.out, size};
    return is_recorded(file) ? write_here(file, &buffer, 1) : NEXT(write)(file, data, size);
}

EXPORT ssize_t writev(int file, const struct iovec *buffers, int count)
{
    return is_recorded(file) ? write_here(file, buffers, count)
                             : NEXT(writev)(file, buffers, count);
}

static ssize_t write_there(int file, const struct iovec *buffers, int count, off_t offset)
{
    enter();
    ssize_t written = NEXT(pwritev)(file, buffers, count, offset);
    log_write(file, offset, buffers, written);
    leave();
    return written;
}

#define PWRITE(name)                                                           \
    EXPORT ssize_t name(int file, const void *data, size_t size, off_t offset) \
    {                                                                          \
        union {                                                                \
            const void *in;                                                    \
            void *out;                                                         \
        } bytes = {data};                                                      \
        struct iovec buffer = {bytes.out, size};                               \
        return write_there(file, &buffer, 1, offset);                          \
    }
#define PWRITEV(name)                                                                   \
    EXPORT ssize_t name(int file, const struct iovec *buffers, int count, off_t offset) \
    {                                                                                   \
        return write_there(file, buffers, count, offset);                               \
    }
PWRITE(pwrite)
PWRITE(pwrite64)
PWRITEV(pwritev)
PWRITEV(pwritev64)

static void log_size(int file)
{
    struct stat status;
    if (fstat(file, &status) != 0) {
        abort();
    }
    log_line("t %d %lld\n", id_of(file), (long long)status.st_size);
}

#define SIZED(name, parameters, arguments) \
    EXPORT int name parameters             \
    {                                      \
        enter();                           \
        int result = NEXT(name) arguments; \
        if (result == 0) {                 \
            log_size(file);                \
        }                                  \
        leave();                           \
        return result;                     \
    }
SIZED(ftruncate, (int file, off_t size), (file, size))
SIZED(ftruncate64, (int file, off_t size), (file, size))
SIZED(fallocate, (int file, int mode, off_t offset, off_t size), (file, mode, offset, size))
SIZED(fallocate64, (int file, int mode, off_t offset, off_t size), (file, mode, offset, size))
SIZED(posix_fallocate, (int file, off_t offset, off_t size), (file, offset, size))
SIZED(posix_fallocate64, (int file, off_t offset, off_t size), (file, offset, size))

#define SYNCING(name)                        \
    EXPORT int name(int file)                \
    {                                        \
        enter();                             \
        int result = NEXT(name)(file);       \
        if (result == 0) {                   \
            log_line("s %d\n", id_of(file)); \
        }                                    \
        leave();                             \
        return result;                       \
    }
SYNCING(fsync)
SYNCING(fdatasync)

static int rename_path(int from_folder, const char *from, int to_folder, const char *to,
                       unsigned flags)
{
    enter();
    int result = NEXT(renameat2)(from_folder, from, to_folder, to, flags);
    if (result == 0) {
        log_line("r %u %d %d %zu %zu\n", flags, folder_id(from_folder), folder_id(to_folder),
                 strlen(from), strlen(to));
        log_bytes(from, strlen(from));
        log_bytes(to, strlen(to));
    }
    leave();
    return result;
}

EXPORT int rename(const char *from, const char *to)
{
    return rename_path(AT_FDCWD, from, AT_FDCWD, to, 0);
}

EXPORT int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    return rename_path(from_folder, from, to_folder, to, 0);
}

EXPORT int renameat2(int from_folder, const char *from, int to_folder, const char *to,
                     unsigned flags)
{
    return rename_path(from_folder, from, to_folder, to, flags);
}

static int remove_path(int folder, const char *path, int flags)
{
    enter();
    int result = NEXT(unlinkat)(folder, path, flags);
    if (result == 0) {
        log_line("u %d %zu\n", folder_id(folder), strlen(path));
        log_bytes(path, strlen(path));
    }
    leave();
    return result;
}

EXPORT int unlink(const char *path)
{
    return remove_path(AT_FDCWD, path, 0);
}

EXPORT int rmdir(const char *path)
{
    return remove_path(AT_FDCWD, path, AT_REMOVEDIR);
}

EXPORT int unlinkat(int folder, const char *path, int flags)
{
    return remove_path(folder, path, flags);
}

static int make_folder(int folder, const char *path, mode_t mode)
{
    enter();
    int result = NEXT(mkdirat)(folder, path, mode);
    if (result == 0) {
        log_line("m %d %zu\n", folder_id(folder), strlen(path));
        log_bytes(path, strlen(path));
    }
    leave();
    return result;
}

EXPORT int mkdir(const char *path, mode_t mode)
{
    return make_folder(AT_FDCWD, path, mode);
}

EXPORT int mkdirat(int folder, const char *path, mode_t mode)
{
    return make_folder(folder, path, mode);
}

/* Means of making files that nothing here uses: a log without them would not be complete. */
#define REFUSED(type, name, parameters, failure) \
    EXPORT type name parameters                  \
    {                                            \
        errno = ENOSYS;                          \
        return failure;                          \
    }
REFUSED(int, link, (const char *from, const char *to), -1)
REFUSED(int, symlink, (const char *from, const char *to), -1)
REFUSED(int, truncate, (const char *path, off_t size), -1)
REFUSED(int, truncate64, (const char *path, off_t size), -1)

// NOLINTEND(bugprone-macro-parentheses,misc-unused-parameters)

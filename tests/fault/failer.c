/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the Nth call of a kind fail: preloaded into the binary (LD_PRELOAD), libraries included.
 *
 *   TIDEMILL_FAIL=KIND:N:ERRNO      the Nth call of that kind since main began fails (1 = first)
 *   TIDEMILL_FAIL=KIND:N:ERRNO:on   and all that follow it
 *   TIDEMILL_FAIL_COUNTS=FILE       at exit, a line "KIND CALLS" for each kind
 *   TIDEMILL_FAIL_STACKS=FILE       and for each call a line "KIND N STACK": calls with the same
 *                                   stack came from the same place along the same way
 *   TIDEMILL_FAIL_STACK=FILE        the stack of the first call that failed
 *   TIDEMILL_FAIL_TRACE=1           the same in words, to stderr
 *
 * Kinds are the rows of `kinds` below. Reads, writes and closes count on regular files only: what
 * goes through pipes and to terminals is not what is being tested, and sockets have kinds of their
 * own. A close that fails has closed the file, as in Linux: what it tells is that data was lost.
 * Calls from within libc (fopen's own read, say) can't be seen. */
/* Macros here make functions, whose names and types can't be put in parentheses; and what stands
 * in for the C library has to call it by its own names. */
// NOLINTBEGIN(bugprone-macro-parentheses,bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

#undef _FILE_OFFSET_BITS

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "call_stack.h"
#include "preload/next_function.h"

#define STACKS_MAX 65536 /* calls of a kind; of later ones no stack is known */

enum kind {
    ALLOC,
    READ,
    WRITE,
    FSYNC,
    OPEN,
    RENAME,
    UNLINK,
    MKDIR,
    TRUNCATE,
    MMAP,
    SOCKET,
    CONNECT,
    SEND,
    RECV,
    POLL,
    THREAD,
    CLOSE,
    KINDS
};
static const char *const kinds[KINDS] = {
    "alloc", "read",   "write",   "fsync", "open", "rename", "unlink", "mkdir", "truncate",
    "mmap",  "socket", "connect", "send",  "recv", "poll",   "thread", "close",
};

static atomic_long counts[KINDS];
static atomic_bool armed; /* main has begun */
static struct {
    int kind; /* KINDS: none */
    long nth;
    int error;
    bool goes_on;
    bool traced;
} plan = {.kind = KINDS};

static uint64_t stacks[KINDS][STACKS_MAX];
static const char *stacks_path, *stack_path; /* NULL: not wanted */

static void read_plan(void)
{
    const char *text = getenv("TIDEMILL_FAIL");
    plan.traced = getenv("TIDEMILL_FAIL_TRACE") != NULL;
    stacks_path = getenv("TIDEMILL_FAIL_STACKS");
    stack_path = getenv("TIDEMILL_FAIL_STACK");
    for (int kind = 0; text != NULL && kind < KINDS; kind++) {
        size_t size = strlen(kinds[kind]);
        if (strncmp(text, kinds[kind], size) == 0 && text[size] == ':') {
            char *end;
            plan.nth = strtol(text + size + 1, &end, 10);
            plan.error = *end == ':' ? (int)strtol(end + 1, &end, 10) : 0;
            plan.goes_on = strcmp(end, ":on") == 0;
            plan.kind = kind;
        }
    }
}

static void write_stacks(FILE *out, int kind)
{
    long count = atomic_load(&counts[kind]);
    for (long i = 0; i < count && i < STACKS_MAX; i++) {
        (void)fprintf(out, "%s %ld %016llx\n", kinds[kind], i + 1,
                      (unsigned long long)stacks[kind][i]);
    }
}

static void write_count(FILE *out, int kind)
{
    (void)fprintf(out, "%s %ld\n", kinds[kind], atomic_load(&counts[kind]));
}

static void write_kinds(const char *path, void (*write)(FILE *out, int kind))
{
    FILE *out = path == NULL ? NULL : fopen(path, "w");
    for (int kind = 0; out != NULL && kind < KINDS; kind++) {
        write(out, kind);
    }
    if (out != NULL) {
        (void)fclose(out);
    }
}

static void write_all(void)
{
    atomic_store(&armed, false);
    write_kinds(getenv("TIDEMILL_FAIL_COUNTS"), write_count);
    write_kinds(stacks_path, write_stacks);
}

static void tell_stack(void *caller)
{
    static atomic_bool told;
    char line[32];
    if (stack_path == NULL || atomic_exchange(&told, true)) {
        return;
    }
    int length =
        snprintf(line, sizeof line, "%016llx\n", (unsigned long long)tide_stack_hash(caller));
    int file = NEXT(openat)(AT_FDCWD, stack_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || NEXT(write)(file, line, (size_t)length) != length) {
        abort();
    }
    (void)NEXT(close)(file);
}

static void trace(void *caller)
{
    static atomic_bool traced;
    if (plan.traced && !atomic_exchange(&traced, true)) {
        atomic_store(&armed, false);
        tide_stack_print(caller);
        atomic_store(&armed, true);
    }
}

/* Whether this call is to fail; then errno is what it fails with. */
static bool fails_to(int kind, void *caller)
{
    if (!atomic_load(&armed) || tide_stack_is_looked_at()) {
        return false;
    }
    long number = atomic_fetch_add(&counts[kind], 1) + 1;
    if (stacks_path != NULL && number <= STACKS_MAX) {
        int kept = errno;
        stacks[kind][number - 1] = tide_stack_hash(caller);
        errno = kept;
    }
    if (kind != plan.kind || number < plan.nth || (number > plan.nth && !plan.goes_on)) {
        return false;
    }
    tell_stack(caller);
    trace(caller);
    errno = plan.error;
    return true;
}
#define fails(kind) fails_to(kind, __builtin_return_address(0))

static bool is_regular(int file)
{
    int kept = errno;
    struct stat status;
    bool regular = fstat(file, &status) == 0 && S_ISREG(status.st_mode);
    errno = kept;
    return regular;
}

static int (*real_main)(int, char **, char **);

static int main_armed(int argc, char **argv, char **environment)
{
    read_plan();
    tide_stack_prepare();
    (void)atexit(write_all);
    atomic_store(&armed, true);
    return real_main(argc, argv, environment);
}

int __libc_start_main(int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void),
                      void (*)(void), void *);
EXPORT int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,
                             void (*init)(void), void (*fini)(void), void (*rtld_fini)(void),
                             void *stack_end)
{
    real_main = main;
    return NEXT(__libc_start_main)(main_armed, argc, argv, init, fini, rtld_fini, stack_end);
}

/* Memory. The names with two underscores are glibc's own, since dlsym itself allocates. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

EXPORT void *malloc(size_t size)
{
    return fails(ALLOC) ? NULL : __libc_malloc(size);
}

EXPORT void *calloc(size_t count, size_t size)
{
    return fails(ALLOC) ? NULL : __libc_calloc(count, size);
}

EXPORT void *realloc(void *block, size_t size)
{
    return fails(ALLOC) ? NULL : __libc_realloc(block, size);
}

EXPORT void *memalign(size_t alignment, size_t size)
{
    return fails(ALLOC) ? NULL : __libc_memalign(alignment, size);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    return fails(ALLOC) ? NULL : __libc_memalign(alignment, size);
}

EXPORT int posix_memalign(void **block, size_t alignment, size_t size)
{
    *block = fails(ALLOC) ? NULL : __libc_memalign(alignment, size);
    return *block == NULL ? ENOMEM : 0;
}

/* A function that fails with -1 and errno. */
#define FAILING(type, name, kind, parameters, arguments) \
    EXPORT type name parameters                          \
    {                                                    \
        return fails(kind) ? -1 : NEXT(name) arguments;  \
    }
#define FAILING_FILE(type, name, kind, parameters, arguments)               \
    EXPORT type name parameters                                             \
    {                                                                       \
        return is_regular(file) && fails(kind) ? -1 : NEXT(name) arguments; \
    }

FAILING_FILE(ssize_t, read, READ, (int file, void *to, size_t n), (file, to, n))
FAILING_FILE(ssize_t, pread, READ, (int file, void *to, size_t n, off_t at), (file, to, n, at))
FAILING_FILE(ssize_t, pread64, READ, (int file, void *to, size_t n, off_t at), (file, to, n, at))
FAILING_FILE(ssize_t, readv, READ, (int file, const struct iovec *to, int n), (file, to, n))
FAILING_FILE(ssize_t, write, WRITE, (int file, const void *data, size_t n), (file, data, n))
FAILING_FILE(ssize_t, writev, WRITE, (int file, const struct iovec *data, int n), (file, data, n))
FAILING_FILE(ssize_t, pwrite, WRITE, (int file, const void *data, size_t n, off_t at),
             (file, data, n, at))
FAILING_FILE(ssize_t, pwrite64, WRITE, (int file, const void *data, size_t n, off_t at),
             (file, data, n, at))
FAILING(int, fsync, FSYNC, (int file), (file))
FAILING(int, fdatasync, FSYNC, (int file), (file))
FAILING(int, rename, RENAME, (const char *from, const char *to), (from, to))
FAILING(int, renameat2, RENAME, (int d, const char *from, int e, const char *to, unsigned flags),
        (d, from, e, to, flags))
FAILING(int, unlink, UNLINK, (const char *path), (path))
FAILING(int, unlinkat, UNLINK, (int folder, const char *path, int flags), (folder, path, flags))
FAILING(int, rmdir, UNLINK, (const char *path), (path))
FAILING(int, mkdir, MKDIR, (const char *path, mode_t mode), (path, mode))
FAILING(int, ftruncate, TRUNCATE, (int file, off_t size), (file, size))
FAILING(int, ftruncate64, TRUNCATE, (int file, off_t size), (file, size))
FAILING(int, fallocate64, TRUNCATE, (int file, int mode, off_t at, off_t size),
        (file, mode, at, size))
FAILING(int, socket, SOCKET, (int domain, int type, int protocol), (domain, type, protocol))
FAILING(int, connect, CONNECT, (int file, __CONST_SOCKADDR_ARG to, socklen_t size),
        (file, to, size))
FAILING(int, poll, POLL, (struct pollfd * files, nfds_t count, int ms), (files, count, ms))

/* A connection that fails one way is lost the other way, too. */
static bool loses(int kind, int file)
{
    if (!fails(kind)) {
        return false;
    }
    int kept = errno;
    (void)shutdown(file, SHUT_RDWR);
    errno = kept;
    return true;
}

EXPORT ssize_t send(int file, const void *data, size_t size, int flags)
{
    return loses(SEND, file) ? -1 : NEXT(send)(file, data, size, flags);
}

EXPORT ssize_t recv(int file, void *to, size_t size, int flags)
{
    return loses(RECV, file) ? -1 : NEXT(recv)(file, to, size, flags);
}

EXPORT int close(int file)
{
    bool is_told = is_regular(file) && fails(CLOSE);
    int error = errno;
    int result = NEXT(close)(file);
    if (is_told) {
        errno = error;
    }
    return is_told ? -1 : result;
}

EXPORT int fclose(FILE *stream)
{
    bool is_told = is_regular(fileno(stream)) && fails(CLOSE);
    int error = errno;
    int result = NEXT(fclose)(stream);
    if (is_told) {
        errno = error;
    }
    return is_told ? EOF : result;
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*begin)(void *), void *context)
{
    return fails(THREAD) ? errno : NEXT(pthread_create)(thread, attributes, begin, context);
}

EXPORT void *mmap(void *address, size_t size, int access, int flags, int file, off_t offset)
{
    return fails(MMAP) ? MAP_FAILED : NEXT(mmap)(address, size, access, flags, file, offset);
}

EXPORT void *mmap64(void *address, size_t size, int access, int flags, int file, off_t offset)
{
    return fails(MMAP) ? MAP_FAILED : NEXT(mmap64)(address, size, access, flags, file, offset);
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
    return fails(OPEN) ? NULL : NEXT(fopen)(path, mode);
}

EXPORT FILE *fopen64(const char *path, const char *mode)
{
    return fails(OPEN) ? NULL : NEXT(fopen64)(path, mode);
}

EXPORT DIR *opendir(const char *path)
{
    return fails(OPEN) ? NULL : NEXT(opendir)(path);
}

#define OPENING(name, parameters, folder)                                  \
    EXPORT int name parameters                                             \
    {                                                                      \
        va_list arguments;                                                 \
        va_start(arguments, flags);                                        \
        bool creates = (flags & (O_CREAT | O_TMPFILE)) != 0;               \
        mode_t mode = creates ? (mode_t)va_arg(arguments, int) : 0;        \
        va_end(arguments);                                                 \
        return fails(OPEN) ? -1 : NEXT(openat)(folder, path, flags, mode); \
    }
OPENING(open, (const char *path, int flags, ...), AT_FDCWD)
OPENING(open64, (const char *path, int flags, ...), AT_FDCWD)
OPENING(openat, (int folder, const char *path, int flags, ...), folder)
OPENING(openat64, (int folder, const char *path, int flags, ...), folder)

// NOLINTEND(bugprone-macro-parentheses,bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

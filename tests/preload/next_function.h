/* SPDX-License-Identifier: Apache-2.0 */
/* For what is preloaded into the binary (LD_PRELOAD): functions that stand before those of the same
 * name in the libraries behind, and how they call those. */
#ifndef TIDE_TESTS_PRELOAD_NEXT_FUNCTION_H
#define TIDE_TESTS_PRELOAD_NEXT_FUNCTION_H

#include <dlfcn.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

/* ISO C knows no function behind a pointer to an object; POSIX does. The name is a name. */
// NOLINTNEXTLINE(bugprone-macro-parentheses)
#define NEXT(name) (__extension__(__typeof__(&name)) next_function(#name))

static inline void *next_function(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);
    if (function == NULL) {
        abort();
    }
    return function;
}

#endif

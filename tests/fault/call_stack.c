/* SPDX-License-Identifier: Apache-2.0 */
#include "call_stack.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>
#include <stddef.h>
#include <unistd.h>

#define FRAMES_MAX 48

/* Looking takes a lock of the unwinder, within which it may allocate. */
static const void *unwinder;  /* where it lies */
static const void *ourselves; /* whose frames are no part of the stack */
__attribute__((tls_model("initial-exec"))) static _Thread_local bool is_unwinding;

static const void *module_of(void *address)
{
    struct dl_find_object module;
    return _dl_find_object(address, &module) == 0 ? module.dlfo_map_start : NULL;
}

void tide_stack_prepare(void)
{
    void *frame;
    (void)backtrace(&frame, 1);
    unwinder = module_of(dlsym(RTLD_DEFAULT, "_Unwind_Backtrace"));
    ourselves = module_of(__builtin_extract_return_addr(frame));
}

bool tide_stack_is_looked_at(void)
{
    return is_unwinding;
}

/* The frames; of a call by the unwinder, which may have its lock, only the last. */
static int look(void **frames, void *caller)
{
    frames[0] = caller;
    if (module_of(caller) == unwinder) {
        return 1;
    }
    is_unwinding = true;
    int count = backtrace(frames, FRAMES_MAX);
    is_unwinding = false;
    return count;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * 0x100000001b3;
}

/* Of the frames as places within their modules, which are elsewhere in each process. */
uint64_t tide_stack_hash(void *caller)
{
    void *frames[FRAMES_MAX];
    int count = look(frames, caller);
    uint64_t hash = 0xcbf29ce484222325;
    for (int i = 0; i < count; i++) {
        struct dl_find_object module;
        if (_dl_find_object(frames[i], &module) != 0 || module.dlfo_map_start == ourselves) {
            continue; /* compiled while running, or ours */
        }
        for (const char *c = module.dlfo_link_map->l_name; *c != '\0'; c++) {
            hash = mix(hash, (unsigned char)*c);
        }
        hash = mix(hash, (uintptr_t)frames[i] - (uintptr_t)module.dlfo_map_start);
    }
    return hash;
}

void tide_stack_print(void *caller)
{
    void *frames[FRAMES_MAX];
    backtrace_symbols_fd(frames, look(frames, caller), STDERR_FILENO);
}

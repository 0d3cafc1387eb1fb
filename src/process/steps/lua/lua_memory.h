/* SPDX-License-Identifier: Apache-2.0 */
/* Lua memory: bounds what one Lua state holds, by standing before its allocator.
 *
 *   0 ---------- limit ----------- 2 x limit
 *     as it likes      |                    no more: "not enough memory", at once
 *                      what a full collection leaves may not be more: an error that names the line
 *
 * Collections are asked for from half of the limit on, by a hook at the next instruction. Compiled
 * loops do not look at hooks, but leave for the interpreter with every cycle of the collector; what
 * they take until then is why there is a second bound.
 *
 * Order of calls: begin, any Lua code, end, lua_close. One thread.
 */
#ifndef TIDE_PROCESS_STEPS_LUA_LUA_MEMORY_H
#define TIDE_PROCESS_STEPS_LUA_LUA_MEMORY_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

typedef struct tide_lua_memory {
    lua_State *lua;     /* borrowed; NULL: not begun */
    const char *script; /* borrowed: its name, for messages */
    lua_Alloc allocate;
    void *context;         /* of allocate */
    int64_t bytes;         /* held now */
    int64_t limit;         /* 0 = none */
    int64_t collect_at;    /* beyond it the hook is set */
    int64_t refused_bytes; /* of the last allocation that was refused */
    bool is_hooked;
} tide_lua_memory;

void tide_lua_memory_begin(tide_lua_memory *memory, lua_State *lua, const char *script,
                           int64_t limit);
/* Gives the state its own allocator back. */
void tide_lua_memory_end(tide_lua_memory *memory);
/* The error of a call that ended with LUA_ERRMEM. */
TIDE_MUST_CHECK tide_code tide_lua_memory_fail(const tide_lua_memory *memory, tide_error *err);

#endif

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
 * Scripts may catch either error. What they make of it would depend on how much memory a run has,
 * so a call that was refused memory fails whether it is caught or not.
 *
 * Order of calls: begin, any Lua code, end, lua_close. One thread.
 */
#ifndef TIDE_PROCESS_STEPS_LUA_LUA_MEMORY_H
#define TIDE_PROCESS_STEPS_LUA_LUA_MEMORY_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define TIDE_LUA_PLACE_BYTES 160

typedef struct tide_lua_memory {
    lua_State *lua;     /* borrowed; NULL: not begun */
    const char *script; /* borrowed: its name, for messages */
    lua_Alloc allocate;
    void *context;                             /* of allocate */
    int64_t bytes;                             /* held now */
    int64_t limit;                             /* 0 = none */
    int64_t collect_at;                        /* beyond it the hook is set */
    int64_t refused_bytes;                     /* of the last allocation that was refused */
    char exceeded[TIDE_LUA_PLACE_BYTES + 256]; /* the error, once too much was held; else empty */
    bool is_hooked;
} tide_lua_memory;

void tide_lua_memory_begin(tide_lua_memory *memory, lua_State *lua, const char *script,
                           int64_t limit);
/* Gives the state its own allocator back. */
void tide_lua_memory_end(tide_lua_memory *memory);
/* After a call that ended well: has the script caught an error of memory? */
TIDE_MUST_CHECK tide_code tide_lua_memory_check(const tide_lua_memory *memory, tide_error *err);
/* The error of a call that ended with LUA_ERRMEM. */
TIDE_MUST_CHECK tide_code tide_lua_memory_fail(const tide_lua_memory *memory, tide_error *err);

#endif

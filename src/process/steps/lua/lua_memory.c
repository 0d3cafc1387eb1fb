/* SPDX-License-Identifier: Apache-2.0 */
#include "process/steps/lua/lua_memory.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "base/problem.h"

/* Percent of what is held at which the collector begins its next cycle: at once, where much is. */
#define PAUSE_USUAL 200
#define PAUSE_NEAR_LIMIT 100

#define HINT                                                                          \
    "keep less in globals and tables, raise --memory, or take fewer --workers (each " \
    "has a share for user code)"

static tide_lua_memory *memory_of(lua_State *lua)
{
    void *context;
    (void)lua_getallocf(lua, &context);
    return context;
}

/* The innermost place that is the user's; the script where only its caller is at work. */
static void print_place(const tide_lua_memory *memory, lua_State *lua,
                        char out[TIDE_LUA_PLACE_BYTES])
{
    lua_Debug place;
    (void)snprintf(out, TIDE_LUA_PLACE_BYTES, "%s", memory->script);
    for (int level = 0; lua_getstack(lua, level, &place) != 0; level++) {
        if (lua_getinfo(lua, "Sl", &place) != 0 && place.currentline > 0 &&
            strcmp(place.short_src, "tidemill") != 0) {
            (void)snprintf(out, TIDE_LUA_PLACE_BYTES, "%s:%d", place.short_src, place.currentline);
            return;
        }
    }
}

static double megabytes(int64_t bytes)
{
    return (double)bytes / (1 << 20);
}

static void fail(tide_lua_memory *memory, lua_State *lua)
{
    char place[TIDE_LUA_PLACE_BYTES];
    print_place(memory, lua, place);
    (void)snprintf(memory->exceeded, sizeof memory->exceeded,
                   "%s: user code holds %.1f MB of memory, and its share is %.1f MB: " HINT, place,
                   megabytes(memory->bytes), megabytes(memory->limit));
    lua_pushstring(lua, memory->exceeded);
    (void)lua_error(lua);
}

static void collect(lua_State *lua, lua_Debug *unused)
{
    (void)unused;
    tide_lua_memory *memory = memory_of(lua);
    (void)lua_sethook(lua, NULL, 0, 0);
    memory->is_hooked = false;
    (void)lua_gc(lua, LUA_GCCOLLECT, 0);
    bool is_near = memory->bytes > memory->limit / 2;
    (void)lua_gc(lua, LUA_GCSETPAUSE, is_near ? PAUSE_NEAR_LIMIT : PAUSE_USUAL);
    if (memory->bytes <= memory->limit) {
        /* Half of the way that is left: not with every instruction where much is held. */
        int64_t half = memory->bytes + (memory->limit - memory->bytes) / 2;
        memory->collect_at = half > memory->limit / 2 ? half : memory->limit / 2;
        return;
    }
    fail(memory, lua);
}

static void *allocate(void *context, void *block, size_t old_bytes, size_t new_bytes)
{
    tide_lua_memory *memory = context;
    int64_t bytes = memory->bytes + (int64_t)new_bytes - (int64_t)old_bytes;
    if (new_bytes > old_bytes && bytes > 2 * memory->limit) {
        memory->refused_bytes = (int64_t)new_bytes;
        return NULL;
    }
    void *made = memory->allocate(memory->context, block, old_bytes, new_bytes);
    if (made != NULL || new_bytes == 0) {
        memory->bytes = bytes;
    }
    if (bytes > memory->collect_at && !memory->is_hooked) {
        memory->is_hooked = true;
        (void)lua_sethook(memory->lua, collect, LUA_MASKCOUNT, 1);
    }
    return made;
}

void tide_lua_memory_begin(tide_lua_memory *memory, lua_State *lua, const char *script,
                           int64_t limit)
{
    *memory = (tide_lua_memory){.script = script, .limit = limit, .collect_at = limit / 2};
    if (limit == 0) {
        return;
    }
    memory->lua = lua;
    memory->allocate = lua_getallocf(lua, &memory->context);
    memory->bytes = (int64_t)lua_gc(lua, LUA_GCCOUNT, 0) * 1024 + lua_gc(lua, LUA_GCCOUNTB, 0);
    lua_setallocf(lua, allocate, memory);
}

void tide_lua_memory_end(tide_lua_memory *memory)
{
    if (memory->lua != NULL) {
        lua_setallocf(memory->lua, memory->allocate, memory->context);
        memory->lua = NULL;
    }
}

tide_code tide_lua_memory_check(const tide_lua_memory *memory, tide_error *err)
{
    if (memory->exceeded[0] != '\0') {
        return TIDE_FAIL(err, TIDE_USER_CODE, "%s", memory->exceeded);
    }
    return memory->refused_bytes == 0 ? TIDE_OK : tide_lua_memory_fail(memory, err);
}

tide_code tide_lua_memory_fail(const tide_lua_memory *memory, tide_error *err)
{
    if (memory->refused_bytes == 0) {
        return TIDE_FAIL_MEMORY(err, "user code");
    }
    return TIDE_FAIL(err, TIDE_E_USER_CODE_MEMORY,
                     "%s: user code asked for %.1f MB while it held %.1f MB, and its share is "
                     "%.1f MB of memory: " HINT,
                     memory->script, megabytes(memory->refused_bytes), megabytes(memory->bytes),
                     megabytes(memory->limit));
}

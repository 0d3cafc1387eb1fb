/* SPDX-License-Identifier: Apache-2.0 */
/* Lua worker: one LuaJIT state with the script loaded, and its output as columns. One thread. */
#ifndef TIDE_PROCESS_STEPS_LUA_LUA_WORKER_H
#define TIDE_PROCESS_STEPS_LUA_LUA_WORKER_H

#include <lua.h>

#include "process/steps/lua.h"
#include "process/steps/lua/lua_functions.h"
#include "process/steps/lua/lua_memory.h"

/* What a script is, immutable. */
typedef struct tide_lua_definition {
    char *name;      /* for messages: the path as given */
    char *directory; /* where `require` looks */
    tide_text script;
    tide_schema input, state, output;
    bool int64_exact;
    int64_t memory_bytes_max; /* of each worker; 0 = none */
} tide_lua_definition;

typedef struct tide_lua_worker {
    const tide_lua_definition *definition; /* borrowed */
    lua_State *lua;
    tide_lua_memory memory;
    tide_lua_column *columns; /* per input column */
    tide_column *views;
    tide_builder output;
    int run_reference, buffers_reference;
    int message_reference; /* the function that prints errors; 0: not yet */
    bool is_day_form;
    tide_text
        modules; /* sources of the modules that the script has required, for the fingerprint */
} tide_lua_worker;

/* Loads and checks the script: user_code with the script's own message when it fails. */
TIDE_MUST_CHECK tide_code tide_lua_worker_open(const tide_lua_definition *definition,
                                               tide_lua_worker **worker, tide_error *err);
void tide_lua_worker_close(tide_lua_worker *worker);
TIDE_MUST_CHECK tide_code tide_lua_worker_process(tide_lua_worker *worker, tide_step_batch *io,
                                                  tide_error *err);

/* lua_drain.c: the rows that user code has returned, from Lua's buffers into worker->output. Runs
 * inside a protected call: the definition is the one argument on the stack. */
TIDE_MUST_CHECK tide_code tide_lua_drain(tide_lua_worker *worker, int64_t row_count,
                                         tide_error *err);

#endif

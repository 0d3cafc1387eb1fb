/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that may raise a Lua error runs inside a protected call: an error outside of one would
 * end the process. */
#include "process/steps/lua/lua_worker.h"

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "base/memory.h"

extern const unsigned char tide_lua_prelude[];
extern const size_t tide_lua_prelude_size;

static const char *const type_words[] = {
    [TIDE_BOOL] = "bool",     [TIDE_INT32] = "int32",     [TIDE_INT64] = "int64",
    [TIDE_DOUBLE] = "double", [TIDE_DECIMAL] = "decimal", [TIDE_TEXT] = "text",
    [TIDE_BYTES] = "bytes",   [TIDE_DATE] = "date",       [TIDE_TIMESTAMP] = "timestamp",
    [TIDE_UUID] = "uuid",     [TIDE_JSON] = "json",
};

/* Pushes {{name, type, precision, scale}, ...}. */
static void push_schema(lua_State *lua, const tide_schema *schema)
{
    lua_createtable(lua, (int)schema->field_count, 0);
    for (size_t i = 0; i < schema->field_count; i++) {
        const tide_field *field = &schema->fields[i];
        lua_createtable(lua, 4, 0);
        lua_pushstring(lua, field->name);
        lua_rawseti(lua, -2, 1);
        lua_pushstring(lua, type_words[field->type.id]);
        lua_rawseti(lua, -2, 2);
        lua_pushinteger(lua, field->type.precision);
        lua_rawseti(lua, -2, 3);
        lua_pushinteger(lua, field->type.scale);
        lua_rawseti(lua, -2, 4);
        lua_rawseti(lua, -2, (int)i + 1);
    }
}

static void push_options(lua_State *lua, const tide_lua_definition *definition)
{
    lua_createtable(lua, 0, 4);
    push_schema(lua, &definition->input);
    lua_setfield(lua, -2, "inputs");
    push_schema(lua, &definition->state);
    lua_setfield(lua, -2, "state");
    push_schema(lua, &definition->output);
    lua_setfield(lua, -2, "outputs");
    lua_pushboolean(lua, definition->int64_exact);
    lua_setfield(lua, -2, "exact");
}

/* Leaves the prelude's table on the stack. */
static void load_prelude(lua_State *lua)
{
    const void *functions = &tide_lua_function_table;
    void *address;
    memcpy(&address, &functions, sizeof address); /* Lua knows no const */
    if (luaL_loadbuffer(lua, (const char *)tide_lua_prelude, tide_lua_prelude_size, "=tidemill") !=
        0) {
        (void)lua_error(lua);
    }
    lua_createtable(lua, 0, 1);
    lua_pushlightuserdata(lua, address);
    lua_setfield(lua, -2, "functions");
    lua_call(lua, 1, 1);
}

static void set_module_path(lua_State *lua, const tide_lua_definition *definition)
{
    lua_getglobal(lua, "package");
    lua_pushfstring(lua, "%s/?.lua", definition->directory);
    lua_setfield(lua, -2, "path");
    lua_pushliteral(lua, "");
    lua_setfield(lua, -2, "cpath");
    lua_pop(lua, 1);
}

/* Leaves what the script returns on the stack. */
static void run_script(lua_State *lua, const tide_lua_definition *definition)
{
    lua_pushfstring(lua, "@%s", definition->name);
    if (luaL_loadbuffer(lua, tide_text_c(&definition->script), definition->script.size,
                        lua_tostring(lua, -1)) != 0) {
        (void)lua_error(lua);
    }
    lua_remove(lua, -2);
    lua_call(lua, 0, 1);
}

/* Appends the sources of modules in the script's directory, in the order of their names. */
static void append_modules(lua_State *lua, tide_text *modules)
{
    static const char collect[] =
        "local names = {} "
        "for name in pairs(package.loaded) do names[#names + 1] = name end "
        "table.sort(names) "
        "local out = {} "
        "for _, name in ipairs(names) do "
        "  local path = package.searchpath(name, package.path) "
        "  local file = path and io.open(path, 'rb') "
        "  if file then out[#out + 1] = name .. '\\n' .. file:read('*a'); file:close() end "
        "end "
        "return table.concat(out, '\\n')";
    size_t size;
    if (luaL_loadstring(lua, collect) != 0) {
        (void)lua_error(lua);
    }
    lua_call(lua, 0, 1);
    const char *text = lua_tolstring(lua, -1, &size);
    tide_text_append_str(modules, (tide_str){text, size});
    lua_pop(lua, 1);
}

/* Any value but nil as a string; globals may be the script's by then. */
static int print_message(lua_State *lua)
{
    lua_settop(lua, 1);
    if (luaL_callmeta(lua, 1, "__tostring") == 0 && lua_tostring(lua, 1) == NULL &&
        !lua_isnil(lua, 1)) {
        lua_pushfstring(lua, "an error that is a %s", luaL_typename(lua, 1));
    }
    return 1;
}

static int open_protected(lua_State *lua)
{
    tide_lua_worker *worker = lua_touserdata(lua, 1);
    lua_pushcfunction(lua, print_message);
    worker->message_reference = luaL_ref(lua, LUA_REGISTRYINDEX);
    luaL_openlibs(lua);
    set_module_path(lua, worker->definition);
    load_prelude(lua);
    int prelude = lua_gettop(lua);
    run_script(lua, worker->definition);
    int script = lua_gettop(lua);
    lua_getfield(lua, prelude, "check");
    lua_pushvalue(lua, script);
    lua_call(lua, 1, 1);
    worker->is_day_form = lua_toboolean(lua, -1) != 0;
    lua_getfield(lua, prelude, "bind");
    lua_pushvalue(lua, script);
    push_options(lua, worker->definition);
    lua_call(lua, 2, 2);
    worker->buffers_reference = luaL_ref(lua, LUA_REGISTRYINDEX);
    worker->run_reference = luaL_ref(lua, LUA_REGISTRYINDEX);
    append_modules(lua, &worker->modules);
    return 0;
}

/* The message of the error on top of the stack, which may be any value: __tostring is user code,
 * and a number's text takes memory. */
static const char *message_of(tide_lua_worker *worker)
{
    lua_State *lua = worker->lua;
    if (lua_type(lua, -1) != LUA_TSTRING && worker->message_reference != 0) {
        lua_rawgeti(lua, LUA_REGISTRYINDEX, worker->message_reference);
        lua_insert(lua, -2);
        (void)!lua_pcall(lua, 1, 1, 0);
    }
    return lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : "an error without a message";
}

static tide_code fail_call(tide_lua_worker *worker, int result, tide_error *err)
{
    if (result == LUA_ERRMEM) {
        return tide_lua_memory_fail(&worker->memory, err);
    }
    return TIDE_FAIL(err, TIDE_USER_CODE, "%s", message_of(worker));
}

static tide_code open_parts(tide_lua_worker *worker, tide_error *err)
{
    const tide_lua_definition *definition = worker->definition;
    size_t input_count = definition->input.field_count;
    TIDE_TRY(tide_builder_init(&worker->output, &definition->output, err));
    worker->columns = tide_alloc_zero(input_count + 1, sizeof *worker->columns);
    worker->views = tide_alloc_zero(input_count + 1, sizeof *worker->views);
    worker->lua = luaL_newstate();
    if (worker->columns == NULL || worker->views == NULL || worker->lua == NULL) {
        return TIDE_FAIL_MEMORY(err, "a Lua state");
    }
    tide_lua_memory_begin(&worker->memory, worker->lua, definition->name,
                          definition->memory_bytes_max);
    int result = lua_cpcall(worker->lua, open_protected, worker);
    return result == 0 ? tide_lua_memory_check(&worker->memory, err)
                       : fail_call(worker, result, err);
}

tide_code tide_lua_worker_open(const tide_lua_definition *definition, tide_lua_worker **worker,
                               tide_error *err)
{
    tide_lua_worker *opened = tide_alloc_zero(1, sizeof *opened);
    *worker = NULL;
    if (opened == NULL) {
        return TIDE_FAIL_MEMORY(err, "a Lua state");
    }
    opened->definition = definition;
    tide_text_init(&opened->modules);
    tide_code code = open_parts(opened, err);
    if (code != TIDE_OK) {
        tide_lua_worker_close(opened);
        return code;
    }
    *worker = opened;
    return TIDE_OK;
}

void tide_lua_worker_close(tide_lua_worker *worker)
{
    if (worker->lua != NULL) {
        tide_lua_memory_end(&worker->memory);
        lua_close(worker->lua);
    }
    if (worker->output.schema != NULL) {
        tide_builder_clear(&worker->output);
    }
    tide_free(worker->columns);
    tide_free(worker->views);
    tide_text_clear(&worker->modules);
    tide_free(worker);
}

static void view_columns(tide_lua_worker *worker, const tide_batch *batch)
{
    const tide_schema *input = &worker->definition->input;
    tide_batch_columns(batch, worker->views);
    for (size_t i = 0; i < input->field_count; i++) {
        worker->columns[i] = (tide_lua_column){.validity = worker->views[i].validity,
                                               .data = worker->views[i].data,
                                               .offsets = worker->views[i].offsets,
                                               .scale = input->fields[i].type.scale};
    }
}

static tide_code call_script(tide_lua_worker *worker, tide_step_batch *io, tide_lua_call *call,
                             tide_error *err)
{
    lua_settop(worker->lua, 0);
    lua_rawgeti(worker->lua, LUA_REGISTRYINDEX, worker->run_reference);
    lua_pushlightuserdata(worker->lua, call);
    int result = lua_pcall(worker->lua, 1, 0, 0);
    if (result != 0) {
        io->failed_segment = (size_t)call->at_segment;
        io->failed_row = call->at_row;
        return fail_call(worker, result, err);
    }
    return tide_lua_memory_check(&worker->memory, err);
}

tide_code tide_lua_worker_process(tide_lua_worker *worker, tide_step_batch *io, tide_error *err)
{
    tide_lua_call call = {.columns = worker->columns,
                          .segments = io->segments,
                          .segment_count = (int64_t)io->segment_count,
                          .state = io->state.values,
                          .state_stride = (int64_t)io->state.stride};
    view_columns(worker, &io->batch);
    TIDE_TRY(call_script(worker, io, &call, err));
    TIDE_TRY(tide_lua_drain(worker, call.output_count, err));
    tide_batch out;
    tide_batch_init(&out);
    TIDE_TRY(tide_builder_finish(&worker->output, &out, err));
    tide_batch_clear(&io->batch);
    tide_batch_move(&out, &io->batch);
    return TIDE_OK;
}

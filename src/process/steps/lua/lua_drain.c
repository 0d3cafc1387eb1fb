/* SPDX-License-Identifier: Apache-2.0 */
/* Typed buffers of the Lua side into the columns of a builder. */
#include <lauxlib.h>
#include <string.h>

#include "process/steps/lua/lua_worker.h"

/* One output column while it is drained. */
typedef struct drained {
    const int64_t *slots;
    const uint8_t *nulls;
    int strings; /* stack index of the table of strings */
    const tide_field *field;
    tide_column_builder *column;
} drained;

typedef struct drain_call {
    tide_lua_worker *worker;
    int64_t row_count;
    tide_error *err;
    tide_code code;
} drain_call;

static tide_code append_bool(lua_State *lua, const drained *d, int64_t row, tide_error *err)
{
    (void)lua;
    return tide_append_bool(d->column, d->slots[row] != 0, err);
}

static tide_code append_int32(lua_State *lua, const drained *d, int64_t row, tide_error *err)
{
    (void)lua;
    return tide_append_int32(d->column, (int32_t)d->slots[row], err);
}

static tide_code append_int64(lua_State *lua, const drained *d, int64_t row, tide_error *err)
{
    (void)lua;
    return tide_append_int64(d->column, d->slots[row], err);
}

static tide_code append_double(lua_State *lua, const drained *d, int64_t row, tide_error *err)
{
    double value;
    (void)lua;
    memcpy(&value, &d->slots[row], sizeof value);
    return tide_append_double(d->column, value, err);
}

static tide_code append_decimal(lua_State *lua, const drained *d, int64_t row, tide_error *err)
{
    tide_int128 value;
    (void)lua;
    memcpy(&value, &d->slots[2 * row], sizeof value);
    return tide_append_decimal(d->column, value, err);
}

static tide_code append_uuid(lua_State *lua, const drained *d, int64_t row, tide_error *err)
{
    uint8_t value[16];
    (void)lua;
    memcpy(value, &d->slots[2 * row], sizeof value);
    return tide_append_uuid(d->column, value, err);
}

static tide_code append_bytes(lua_State *lua, const drained *d, int64_t row, tide_error *err)
{
    tide_str value;
    lua_rawgeti(lua, d->strings, (int)row);
    value.data = lua_tolstring(lua, -1, &value.size);
    tide_code code = tide_append_str(d->column, value, err);
    lua_pop(lua, 1);
    return code;
}

typedef tide_code (*append_function)(lua_State *lua, const drained *d, int64_t row,
                                     tide_error *err);

static append_function append_for(tide_type_id id)
{
    static const append_function functions[] = {
        [TIDE_BOOL] = append_bool,       [TIDE_INT32] = append_int32,
        [TIDE_INT64] = append_int64,     [TIDE_DOUBLE] = append_double,
        [TIDE_DECIMAL] = append_decimal, [TIDE_TEXT] = append_bytes,
        [TIDE_BYTES] = append_bytes,     [TIDE_DATE] = append_int32,
        [TIDE_TIMESTAMP] = append_int64, [TIDE_UUID] = append_uuid,
        [TIDE_JSON] = append_bytes,
    };
    return functions[id];
}

static tide_code drain_column(lua_State *lua, const drained *d, int64_t row_count, tide_error *err)
{
    append_function append = append_for(d->field->type.id);
    for (int64_t row = 0; row < row_count; row++) {
        tide_code code =
            d->nulls[row] != 0 ? tide_append_null(d->column, err) : append(lua, d, row, err);
        if (code != TIDE_OK) {
            return code;
        }
    }
    return TIDE_OK;
}

static int drain_protected(lua_State *lua)
{
    drain_call *call = lua_touserdata(lua, 1);
    tide_lua_worker *worker = call->worker;
    lua_rawgeti(lua, LUA_REGISTRYINDEX, worker->buffers_reference);
    int buffers = lua_gettop(lua);
    for (size_t i = 0; i < worker->output.schema->field_count && call->code == TIDE_OK; i++) {
        lua_rawgeti(lua, buffers, (int)i + 1);
        int buffer = lua_gettop(lua);
        lua_getfield(lua, buffer, "owner");
        lua_getfield(lua, buffer, "nulls");
        lua_getfield(lua, buffer, "strings");
        drained d = {.slots = lua_topointer(lua, buffer + 1),
                     .nulls = lua_topointer(lua, buffer + 2),
                     .strings = buffer + 3,
                     .field = &worker->output.schema->fields[i],
                     .column = &worker->output.columns[i]};
        call->code = drain_column(lua, &d, call->row_count, call->err);
        lua_settop(lua, buffers);
    }
    return 0;
}

tide_code tide_lua_drain(tide_lua_worker *worker, int64_t row_count, tide_error *err)
{
    drain_call call = {worker, row_count, err, TIDE_OK};
    tide_builder_reset(&worker->output);
    if (row_count == 0) {
        return TIDE_OK;
    }
    if (lua_cpcall(worker->lua, drain_protected, &call) != 0) {
        lua_settop(worker->lua, 0);
        return TIDE_FAIL_MEMORY(err, "the output of a script");
    }
    if (call.code == TIDE_OK) {
        tide_builder_end_rows(&worker->output);
    }
    return call.code;
}

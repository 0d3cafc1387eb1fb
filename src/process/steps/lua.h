/* SPDX-License-Identifier: Apache-2.0 */
/* lua: the user's Lua code, in row form or day form (LuaJIT).
 *
 * The script returns a table of functions. `row(r, state)` is called per row, in order, and returns
 * nil, a row (table), or a list of rows; `day(rows, state)` once per series and day with columns
 * (rows.amount[i], rows.n, rows.day) and returns the same. Both change `state` in place: a record
 * of the declared columns, all null (nil) at a series' first day. Exactly one of the two is given.
 *
 *     lua value            column type
 *     boolean              bool
 *     number               int32, int64 (within 2^53, beyond an error unless int64_exact), double
 *     int64_t cdata        int64 with int64_exact
 *     decimal              decimal: its own exact arithmetic (+ - * / comparison, tostring)
 *     string               text, bytes, json, uuid (as printed)
 *     number               date: days since 1970-01-01; timestamp: microseconds since 1970-01-01Z
 *     nil                  null
 */
#ifndef TIDE_PROCESS_STEPS_LUA_H
#define TIDE_PROCESS_STEPS_LUA_H

#include "flow/step.h"

typedef struct tide_lua_options {
    const char *path;          /* of the script, relative to options->directory */
    const tide_schema *state;  /* copied; may have no fields */
    const tide_schema *output; /* copied: the columns that user code fills */
    bool int64_exact;
    size_t instructions_max; /* 0 = unbounded: a guard against loops without end, per call */
} tide_lua_options;

/* Reads and compiles the script. An error names file and line. The file's bytes are part of the
 * step's fingerprint. */
TIDE_MUST_CHECK tide_code tide_lua_define(const tide_step_options *options,
                                          const tide_lua_options *lua, tide_step *step,
                                          tide_error *err);

#endif

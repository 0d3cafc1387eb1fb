/* SPDX-License-Identifier: Apache-2.0 */
/* What the Lua side calls through the FFI, and the structs that both sides see. Their layout is
 * written again in prelude.lua: change both. Thread-safe: the functions have no state. */
#ifndef TIDE_PROCESS_STEPS_LUA_LUA_FUNCTIONS_H
#define TIDE_PROCESS_STEPS_LUA_LUA_FUNCTIONS_H

#include "flow/step.h"

typedef struct tide_lua_decimal {
    int64_t low, high; /* of the 128-bit integer */
    int32_t scale;
    int32_t unused;
} tide_lua_decimal;

typedef struct tide_lua_column {
    const uint8_t *validity, *data;
    const int32_t *offsets;
    int32_t scale;
    int32_t unused;
} tide_lua_column;

/* One call of `run`: a batch with its segments and state. */
typedef struct tide_lua_call {
    tide_lua_column *columns;
    tide_segment *segments;
    int64_t segment_count;
    tide_value *state;
    int64_t state_stride;
    int64_t at_segment, at_row; /* where it is, for errors; a day form is at its first row */
    int64_t output_count;
} tide_lua_call;

/* Functions return 0, or a number of `problems` in prelude.lua. */
typedef struct tide_lua_functions {
    int (*add)(const tide_lua_decimal *, const tide_lua_decimal *, tide_lua_decimal *);
    int (*subtract)(const tide_lua_decimal *, const tide_lua_decimal *, tide_lua_decimal *);
    int (*multiply)(const tide_lua_decimal *, const tide_lua_decimal *, tide_lua_decimal *);
    int (*divide)(const tide_lua_decimal *, const tide_lua_decimal *, tide_lua_decimal *);
    int (*compare)(const tide_lua_decimal *, const tide_lua_decimal *);
    int (*parse)(const char *, size_t, tide_lua_decimal *);
    int (*print)(const tide_lua_decimal *, char *);
    int (*fit)(const tide_lua_decimal *, int precision, int scale, int64_t *words);
    int (*round)(const tide_lua_decimal *, int scale, tide_lua_decimal *);
    double (*to_double)(const tide_lua_decimal *);
    int (*set_bytes)(tide_value *, const char *, size_t);
    int (*print_uuid)(const uint8_t *, char *);
    int (*parse_uuid)(const char *, size_t, uint8_t *);
    int (*print_day)(int32_t, char *);
    int (*print_instant)(int64_t, char *);
    int (*check_text)(const char *, size_t);
    const char *(*refuse_json)(const char *, size_t); /* NULL, or why not */
} tide_lua_functions;

extern const tide_lua_functions tide_lua_function_table;

#endif

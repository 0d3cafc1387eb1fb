/* SPDX-License-Identifier: Apache-2.0 */
#include "process/steps/lua/lua_functions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/limits.h"
#include "record/decimal.h"
#include "record/json_text.h"
#include "record/uuid.h"

enum { PROBLEM_NONE = 0, PROBLEM_SYNTAX, PROBLEM_RANGE, PROBLEM_PRECISION, PROBLEM_ZERO };

/* A quotient has this many digits after the point, or those of its operands if they have more. */
#define QUOTIENT_SCALE 16

/* The Lua side sees these structs through declarations of its own. */
_Static_assert(sizeof(tide_segment) == 40, "tide_lua_segment in prelude.lua");
_Static_assert(sizeof(tide_value) == 32, "tide_lua_value in prelude.lua");
_Static_assert(offsetof(tide_value, as) == 16, "tide_lua_value in prelude.lua");

static tide_int128 integer_of(const tide_lua_decimal *d)
{
    return (tide_int128)(((tide_uint128)(uint64_t)d->high << 64) | (uint64_t)d->low);
}

static int set(tide_lua_decimal *out, tide_int128 value, int scale)
{
    if (!tide_decimal_fits(value, TIDE_DECIMAL_PRECISION_MAX)) {
        return PROBLEM_RANGE;
    }
    *out =
        (tide_lua_decimal){.low = (int64_t)value, .high = (int64_t)(value >> 64), .scale = scale};
    return PROBLEM_NONE;
}

/* Drops zeros at the end of the fraction, so that scales do not grow without need. */
static void trim(tide_int128 *value, int *scale, int scale_min)
{
    while (*scale > scale_min && *value % 10 == 0) {
        *value /= 10;
        (*scale)--;
    }
}

/* Both operands at the larger scale. */
static int align(const tide_lua_decimal *a, const tide_lua_decimal *b, tide_int128 *x,
                 tide_int128 *y, int *scale)
{
    *scale = a->scale > b->scale ? a->scale : b->scale;
    return tide_decimal_rescale(integer_of(a), a->scale, *scale, x) == TIDE_NUMBER_OK &&
                   tide_decimal_rescale(integer_of(b), b->scale, *scale, y) == TIDE_NUMBER_OK
               ? PROBLEM_NONE
               : PROBLEM_RANGE;
}

static int add(const tide_lua_decimal *a, const tide_lua_decimal *b, tide_lua_decimal *out)
{
    tide_int128 x;
    tide_int128 y;
    tide_int128 sum;
    int scale;
    if (align(a, b, &x, &y, &scale) != PROBLEM_NONE ||
        tide_decimal_add(x, y, &sum) != TIDE_NUMBER_OK) {
        return PROBLEM_RANGE;
    }
    return set(out, sum, scale);
}

static int subtract(const tide_lua_decimal *a, const tide_lua_decimal *b, tide_lua_decimal *out)
{
    tide_int128 x;
    tide_int128 y;
    tide_int128 difference;
    int scale;
    if (align(a, b, &x, &y, &scale) != PROBLEM_NONE ||
        tide_decimal_subtract(x, y, &difference) != TIDE_NUMBER_OK) {
        return PROBLEM_RANGE;
    }
    return set(out, difference, scale);
}

static int multiply(const tide_lua_decimal *a, const tide_lua_decimal *b, tide_lua_decimal *out)
{
    tide_int128 product;
    int scale = a->scale + b->scale;
    if (tide_decimal_multiply(integer_of(a), integer_of(b), &product) != TIDE_NUMBER_OK) {
        return PROBLEM_RANGE;
    }
    trim(&product, &scale, a->scale > b->scale ? a->scale : b->scale);
    return scale > TIDE_DECIMAL_PRECISION_MAX ? PROBLEM_RANGE : set(out, product, scale);
}

static int divide(const tide_lua_decimal *a, const tide_lua_decimal *b, tide_lua_decimal *out)
{
    tide_int128 quotient;
    int least = a->scale > b->scale ? a->scale : b->scale;
    int scale = least > QUOTIENT_SCALE ? least : QUOTIENT_SCALE;
    if (integer_of(b) == 0) {
        return PROBLEM_ZERO;
    }
    if (tide_decimal_divide(integer_of(a), a->scale, integer_of(b), b->scale, scale, &quotient) !=
        TIDE_NUMBER_OK) {
        return PROBLEM_RANGE;
    }
    trim(&quotient, &scale, least);
    return set(out, quotient, scale);
}

static int sign(tide_int128 value)
{
    return (value > 0) - (value < 0);
}

static int compare(const tide_lua_decimal *a, const tide_lua_decimal *b)
{
    tide_int128 x;
    tide_int128 y;
    int scale;
    if (align(a, b, &x, &y, &scale) == PROBLEM_NONE) {
        return (x > y) - (x < y);
    }
    /* The one with the smaller scale has more digits before the point than the other can have. */
    return a->scale < b->scale ? sign(integer_of(a)) : -sign(integer_of(b));
}

/* The digits after the point that the text means: 2 of "1.25", 1 of "0.125e2", 3 of "1e-3". */
static int count_scale(tide_str text)
{
    size_t i = 0;
    int digits = 0;
    long exponent = 0;
    while (i < text.size && text.data[i] != '.' && (text.data[i] | 0x20) != 'e') {
        i++;
    }
    if (i < text.size && text.data[i] == '.') {
        for (i++; i < text.size && text.data[i] >= '0' && text.data[i] <= '9'; i++) {
            digits += digits <= TIDE_DECIMAL_PRECISION_MAX ? 1 : 0;
        }
    }
    if (i + 1 < text.size) {
        exponent = strtol(text.data + i + 1, NULL, 10); /* a Lua string ends with a NUL */
    }
    exponent = exponent < -TIDE_DECIMAL_PRECISION_MAX ? -TIDE_DECIMAL_PRECISION_MAX - 1 : exponent;
    return exponent >= digits ? 0 : digits - (int)exponent;
}

static int parse(const char *data, size_t size, tide_lua_decimal *out)
{
    tide_str text = {data, size};
    tide_int128 value;
    int scale = count_scale(text);
    if (scale > TIDE_DECIMAL_PRECISION_MAX) {
        return PROBLEM_RANGE;
    }
    tide_number_fit fit = tide_decimal_parse(text, TIDE_DECIMAL_PRECISION_MAX, scale, &value);
    return fit == TIDE_NUMBER_OK ? set(out, value, scale) : (int)fit;
}

static int print(const tide_lua_decimal *value, char *out)
{
    return (int)tide_decimal_format(integer_of(value), value->scale, out);
}

static int fit(const tide_lua_decimal *value, int precision, int scale, int64_t *words)
{
    tide_int128 out;
    tide_number_fit result = tide_decimal_rescale(integer_of(value), value->scale, scale, &out);
    if (result != TIDE_NUMBER_OK) {
        return (int)result;
    }
    if (!tide_decimal_fits(out, precision)) {
        return PROBLEM_RANGE;
    }
    words[0] = (int64_t)out;
    words[1] = (int64_t)(out >> 64);
    return PROBLEM_NONE;
}

static int round_to(const tide_lua_decimal *value, int scale, tide_lua_decimal *out)
{
    tide_int128 rounded;
    if (scale < 0 || scale > TIDE_DECIMAL_PRECISION_MAX ||
        tide_decimal_round(integer_of(value), value->scale, scale, &rounded) != TIDE_NUMBER_OK) {
        return PROBLEM_RANGE;
    }
    return set(out, rounded, scale);
}

static double to_double(const tide_lua_decimal *value)
{
    return tide_decimal_to_double(integer_of(value), value->scale);
}

static int set_bytes(tide_value *value, const char *data, size_t size)
{
    tide_error err;
    tide_error_clear(&err);
    return tide_value_set_bytes(value, (tide_str){data, size}, &err) == TIDE_OK ? 0 : 1;
}

static int print_uuid(const uint8_t *uuid, char *out)
{
    return (int)tide_uuid_format(uuid, out);
}

static int parse_uuid(const char *text, size_t size, uint8_t *out)
{
    return tide_uuid_parse((tide_str){text, size}, out) ? PROBLEM_NONE : PROBLEM_SYNTAX;
}

static int print_day(int32_t day, char *out)
{
    return (int)tide_format_day(day, out);
}

static int print_instant(int64_t instant, char *out)
{
    return (int)tide_format_instant(instant, out);
}

/* A text that PostgreSQL could hold. */
static int check_text(const char *data, size_t size)
{
    tide_str text = {data, size};
    return tide_utf8_valid(text) && memchr(data, '\0', size) == NULL ? PROBLEM_NONE
                                                                     : PROBLEM_SYNTAX;
}

/* NULL, or a static sentence. */
static const char *refuse_json(const char *data, size_t size)
{
    return tide_json_refusal((tide_str){data, size});
}

const tide_lua_functions tide_lua_function_table = {
    .add = add,
    .subtract = subtract,
    .multiply = multiply,
    .divide = divide,
    .compare = compare,
    .parse = parse,
    .print = print,
    .fit = fit,
    .round = round_to,
    .to_double = to_double,
    .set_bytes = set_bytes,
    .print_uuid = print_uuid,
    .parse_uuid = parse_uuid,
    .print_day = print_day,
    .print_instant = print_instant,
    .check_text = check_text,
    .refuse_json = refuse_json,
};

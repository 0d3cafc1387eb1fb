/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/problem.h"
#include "record/schema.h"

typedef struct type_row {
    const char *name;
    size_t width; /* 0: bits, or variable */
    bool is_variable;
} type_row;

static const type_row types[] = {
    [TIDE_BOOL] = {"bool", 0, false},
    [TIDE_INT32] = {"int32", 4, false},
    [TIDE_INT64] = {"int64", 8, false},
    [TIDE_DOUBLE] = {"double", 8, false},
    [TIDE_DECIMAL] = {"decimal", 16, false},
    [TIDE_TEXT] = {"text", 0, true},
    [TIDE_BYTES] = {"bytes", 0, true},
    [TIDE_DATE] = {"date", 4, false},
    [TIDE_TIMESTAMP] = {"timestamp", 8, false},
    [TIDE_UUID] = {"uuid", 16, false},
    [TIDE_JSON] = {"json", 0, true},
};

#define TYPE_NAMES \
    "bool, int32, int64, double, decimal(p,s), text, bytes, date, timestamp, uuid, json"

/* What people write who come from elsewhere. */
static const char *const aliases[][2] = {
    {"boolean", "bool"}, {"int", "int32 or int64"}, {"integer", "int32 or int64"},
    {"long", "int64"},   {"bigint", "int64"},       {"short", "int32"},
    {"float", "double"}, {"real", "double"},        {"numeric", "decimal(p,s)"},
    {"string", "text"},  {"keyword", "text"},       {"varchar", "text"},
    {"binary", "bytes"}, {"bytea", "bytes"},        {"datetime", "timestamp"},
    {"object", "json"},  {"jsonb", "json"},         {"timestamptz", "timestamp"},
};

static tide_code fail_unknown(tide_str name, tide_error *err)
{
    const char *candidates[TIDE_JSON];
    char word[32];
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
        if (tide_str_equal_c(name, aliases[i][0])) {
            return TIDE_FAIL(err, TIDE_E_TYPE_WORD, "unknown type \"%.*s\": write %s",
                             TIDE_STR_ARG(name), aliases[i][1]);
        }
    }
    const char *nearest = NULL;
    if (name.size < sizeof word) {
        (void)snprintf(word, sizeof word, "%.*s", TIDE_STR_ARG(name));
        for (size_t i = 0; i < TIDE_JSON; i++) {
            candidates[i] = types[i + 1].name;
        }
        nearest = tide_text_nearest(word, candidates, TIDE_JSON);
    }
    if (nearest != NULL) {
        return TIDE_FAIL(err, TIDE_E_TYPE_WORD, "unknown type \"%.*s\": did you mean %s?",
                         TIDE_STR_ARG(name), nearest);
    }
    return TIDE_FAIL(err, TIDE_E_TYPE_WORD, "unknown type \"%.*s\": the types are " TYPE_NAMES,
                     TIDE_STR_ARG(name));
}

static void skip_spaces(tide_str *s)
{
    while (s->size > 0 && s->data[0] == ' ') {
        s->data++;
        s->size--;
    }
}

/* A number of one or two digits, with spaces around it. */
static bool take_number(tide_str *s, int16_t *number)
{
    int value = 0;
    size_t digits = 0;
    skip_spaces(s);
    while (s->size > 0 && digits < 3 && s->data[0] >= '0' && s->data[0] <= '9') {
        value = value * 10 + (s->data[0] - '0');
        digits++;
        s->data++;
        s->size--;
    }
    skip_spaces(s);
    *number = (int16_t)value;
    return digits > 0 && digits < 3;
}

static bool take_char(tide_str *s, char c)
{
    if (s->size == 0 || s->data[0] != c) {
        return false;
    }
    s->data++;
    s->size--;
    return true;
}

/* What follows "decimal": "(12,2)" or "(12)". */
static bool parse_digits(tide_str rest, tide_type *type)
{
    type->scale = 0;
    skip_spaces(&rest);
    if (!take_char(&rest, '(') || !take_number(&rest, &type->precision) ||
        (take_char(&rest, ',') && !take_number(&rest, &type->scale)) || !take_char(&rest, ')')) {
        return false;
    }
    return rest.size == 0 && type->precision >= 1 && type->scale <= type->precision &&
           type->precision <= TIDE_DECIMAL_PRECISION_MAX;
}

tide_code tide_type_parse(tide_str name, tide_type *type, tide_error *err)
{
    const size_t decimal_size = strlen("decimal");
    for (int id = TIDE_BOOL; id <= TIDE_JSON; id++) {
        if (id != TIDE_DECIMAL && tide_str_equal_c(name, types[id].name)) {
            *type = (tide_type){(tide_type_id)id, 0, 0};
            return TIDE_OK;
        }
    }
    if (tide_str_starts_with(name, "decimal")) {
        *type = (tide_type){TIDE_DECIMAL, 0, 0};
        if (parse_digits((tide_str){name.data + decimal_size, name.size - decimal_size}, type)) {
            return TIDE_OK;
        }
        return TIDE_FAIL(err, TIDE_E_TYPE_WORD,
                         "bad type \"%.*s\": write decimal(p,s) with 1 to %d digits, s of them "
                         "after the point, as in decimal(12,2)",
                         TIDE_STR_ARG(name), TIDE_DECIMAL_PRECISION_MAX);
    }
    return fail_unknown(name, err);
}

const char *tide_type_format(tide_type type, char *out)
{
    if (type.id == TIDE_DECIMAL) {
        (void)snprintf(out, 24, "decimal(%d,%d)", type.precision, type.scale);
    } else {
        (void)snprintf(out, 24, "%s", types[type.id].name);
    }
    return out;
}

bool tide_type_equal(tide_type a, tide_type b)
{
    return a.id == b.id &&
           (a.id != TIDE_DECIMAL || (a.precision == b.precision && a.scale == b.scale));
}

size_t tide_type_width(tide_type type)
{
    return types[type.id].width;
}

bool tide_type_is_variable(tide_type type)
{
    return types[type.id].is_variable;
}

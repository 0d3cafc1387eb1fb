/* SPDX-License-Identifier: Apache-2.0 */
#include "process/steps/expression/casts.h"

#define TYPES (TIDE_JSON + 1)

/* [from][to]; NULL: there is none. */
static const tide_loop loops[TYPES][TYPES] = {
    [TIDE_BOOL] = {[TIDE_INT32] = tide_cast_bool_int32,
                   [TIDE_INT64] = tide_cast_bool_int64,
                   [TIDE_TEXT] = tide_cast_bool_text},
    [TIDE_INT32] = {[TIDE_INT64] = tide_cast_int32_int64,
                    [TIDE_DOUBLE] = tide_cast_int32_double,
                    [TIDE_DECIMAL] = tide_cast_int32_decimal,
                    [TIDE_TEXT] = tide_cast_int32_text},
    [TIDE_INT64] = {[TIDE_INT32] = tide_cast_int64_int32,
                    [TIDE_DOUBLE] = tide_cast_int64_double,
                    [TIDE_DECIMAL] = tide_cast_int64_decimal,
                    [TIDE_TEXT] = tide_cast_int64_text},
    [TIDE_DOUBLE] = {[TIDE_INT32] = tide_cast_double_int32,
                     [TIDE_INT64] = tide_cast_double_int64,
                     [TIDE_DECIMAL] = tide_cast_double_decimal,
                     [TIDE_TEXT] = tide_cast_double_text},
    [TIDE_DECIMAL] = {[TIDE_INT32] = tide_cast_decimal_int32,
                      [TIDE_INT64] = tide_cast_decimal_int64,
                      [TIDE_DOUBLE] = tide_cast_decimal_double,
                      [TIDE_DECIMAL] = tide_cast_decimal_decimal,
                      [TIDE_TEXT] = tide_cast_decimal_text},
    [TIDE_TEXT] = {[TIDE_BOOL] = tide_cast_text_bool,
                   [TIDE_INT32] = tide_cast_text_int32,
                   [TIDE_INT64] = tide_cast_text_int64,
                   [TIDE_DOUBLE] = tide_cast_text_double,
                   [TIDE_DECIMAL] = tide_cast_text_decimal,
                   [TIDE_BYTES] = tide_cast_view,
                   [TIDE_DATE] = tide_cast_text_date,
                   [TIDE_TIMESTAMP] = tide_cast_text_timestamp,
                   [TIDE_UUID] = tide_cast_text_uuid,
                   [TIDE_JSON] = tide_cast_text_json},
    [TIDE_BYTES] = {[TIDE_TEXT] = tide_cast_bytes_text},
    [TIDE_DATE] = {[TIDE_TIMESTAMP] = tide_cast_date_timestamp, [TIDE_TEXT] = tide_cast_date_text},
    [TIDE_TIMESTAMP] =
        {[TIDE_DATE] = tide_cast_timestamp_date, [TIDE_TEXT] = tide_cast_timestamp_text},
    [TIDE_UUID] = {[TIDE_TEXT] = tide_cast_uuid_text},
    [TIDE_JSON] = {[TIDE_TEXT] = tide_cast_view},
};

/* The same values under a wider type: a copy of the node. */
static tide_node *retype(tide_compiler *self, const tide_node *node, tide_type type)
{
    tide_node *made = tide_node_make(self, node->at, type, node->evaluate, NULL, 0);
    if (made != NULL) {
        *made = *node;
        made->type = type;
    }
    return made;
}

static bool widens(tide_type from, tide_type to)
{
    return from.id == TIDE_DECIMAL && to.id == TIDE_DECIMAL && from.scale == to.scale &&
           from.precision <= to.precision;
}

static const char *hint_for(tide_type from, tide_type to)
{
    if (from.id == TIDE_TIMESTAMP && tide_type_is_integer(to)) {
        return ": write epoch_millis(...)";
    }
    if (to.id == TIDE_BOOL && tide_type_is_number(from)) {
        return ": write `<> 0`";
    }
    return "";
}

tide_node *tide_node_cast(tide_compiler *self, size_t at, tide_node *node, tide_type type)
{
    char from[32], to[32];
    if (node == NULL || tide_type_equal(node->type, type)) {
        return node;
    }
    if (tide_type_is_untyped(node->type)) {
        return tide_node_null(self, node->at, type);
    }
    if (widens(node->type, type)) {
        return retype(self, node, type);
    }
    tide_loop loop = loops[node->type.id][type.id];
    if (loop == NULL) {
        return tide_compiler_fail(self, at, "%s can't be cast to %s%s",
                                  tide_type_name(node->type, from), tide_type_name(type, to),
                                  hint_for(node->type, type));
    }
    tide_node_extra scale = {.parameter = node->type.scale};
    return tide_node_strict(self, at, type, loop, &node, 1, &scale);
}

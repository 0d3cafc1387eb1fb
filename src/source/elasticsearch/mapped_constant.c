/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/mapped_constant.h"

static tide_constant_kind kind_of(const tide_json_node *node)
{
    switch (node->kind) {
        case TIDE_JSON_NUMBER:
            return TIDE_CONSTANT_NUMBER;
        case TIDE_JSON_FALSE:
        case TIDE_JSON_TRUE:
            return TIDE_CONSTANT_BOOL;
        default:
            return TIDE_CONSTANT_TEXT;
    }
}

static const char *text_of(const tide_json_node *node)
{
    return node->kind == TIDE_JSON_TRUE    ? "true"
           : node->kind == TIDE_JSON_FALSE ? "false"
                                           : node->text;
}

bool tide_es_is_constant(const tide_json_node *node)
{
    return node != NULL && text_of(node) != NULL;
}

tide_code tide_es_constant_read(const tide_json_node *node, const tide_column_spec *spec,
                                tide_arena *arena, tide_value *value,
                                char reason[TIDE_CONSTANT_REASON_BYTES], tide_error *err)
{
    tide_column_spec plain = *spec;
    plain.malformed_is_null = false;
    return tide_cell_constant(&plain, kind_of(node), text_of(node), arena, value, reason, err);
}

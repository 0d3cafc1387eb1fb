/* SPDX-License-Identifier: Apache-2.0 */
#include "record/cell_constant.h"

#include <stdio.h>

#include "record/cell_parser.h"

static tide_code append(tide_cell_parser *parser, tide_constant_kind kind, const char *text,
                        tide_column_builder *column, const char **reason, tide_error *err)
{
    switch (kind) {
        case TIDE_CONSTANT_NUMBER:
            return tide_cell_parse_number(parser, tide_str_of(text), column, reason, err);
        case TIDE_CONSTANT_BOOL:
            return tide_cell_parse_bool(parser, *text == 't', column, reason, err);
        case TIDE_CONSTANT_TEXT:
            break;
    }
    return tide_cell_parse(parser, tide_str_of(text), column, reason, err);
}

/* The cell's bytes move from the heap to the arena. */
static tide_code keep(tide_value *value, tide_type type, tide_arena *arena, tide_error *err)
{
    if (!tide_type_is_variable(type) || value->is_null) {
        return TIDE_OK;
    }
    tide_str bytes = {value->as.bytes.data, value->as.bytes.size};
    char *copy = tide_arena_copy_str(arena, bytes);
    tide_value_clear(value, type);
    if (copy == NULL) {
        return TIDE_FAIL_MEMORY(err, "a constant");
    }
    value->is_null = false;
    value->as.bytes.data = copy;
    value->as.bytes.size = bytes.size;
    return TIDE_OK;
}

static tide_code take(tide_column_builder *builder, tide_type type, tide_arena *arena,
                      tide_value *value, tide_error *err)
{
    tide_column column;
    tide_column_builder_view(builder, &column);
    TIDE_TRY(tide_value_read(value, &column, 0, err));
    return keep(value, type, arena, err);
}

tide_code tide_cell_constant(const tide_column_spec *spec, tide_constant_kind kind,
                             const char *text, tide_arena *arena, tide_value *value,
                             char reason[TIDE_CONSTANT_REASON_BYTES], tide_error *err)
{
    tide_type type = tide_column_spec_type(spec);
    tide_cell_parser *parser = NULL;
    tide_column_builder builder;
    const char *refusal = NULL;
    *value = tide_value_null();
    reason[0] = '\0';
    TIDE_TRY(tide_cell_parser_create(spec, &parser, err));
    tide_column_builder_init(&builder, type);
    tide_code code = append(parser, kind, text, &builder, &refusal, err);
    if (code == TIDE_OK && refusal != NULL) {
        (void)snprintf(reason, TIDE_CONSTANT_REASON_BYTES, "%s", refusal);
    } else if (code == TIDE_OK) {
        code = take(&builder, type, arena, value, err);
    }
    tide_column_builder_clear(&builder);
    tide_cell_parser_destroy(parser);
    return code;
}

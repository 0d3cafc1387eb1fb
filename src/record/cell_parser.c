/* SPDX-License-Identifier: Apache-2.0 */
#include "record/cell_parser.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "record/cell_types.h"

/* Of a value shown in a reason: enough to find it. */
#define SHOWN_BYTES_MAX 80

static const tide_cell_functions *functions_of(tide_type_id type)
{
    static const tide_cell_functions *const table[] = {
        [TIDE_BOOL] = &tide_cell_bool,           [TIDE_INT32] = &tide_cell_int32,
        [TIDE_INT64] = &tide_cell_int64,         [TIDE_DOUBLE] = &tide_cell_double,
        [TIDE_DECIMAL] = &tide_cell_decimal,     [TIDE_TEXT] = &tide_cell_text,
        [TIDE_BYTES] = &tide_cell_bytes,         [TIDE_DATE] = &tide_cell_date,
        [TIDE_TIMESTAMP] = &tide_cell_timestamp, [TIDE_UUID] = &tide_cell_uuid,
        [TIDE_JSON] = &tide_cell_json,
    };
    return table[type];
}

static tide_code open_time(tide_cell_parser *parser, tide_error *err)
{
    const tide_column_spec *spec = parser->spec;
    if (spec->type.id != TIDE_DATE && spec->type.id != TIDE_TIMESTAMP) {
        return TIDE_OK;
    }
    tide_time_options options = {
        .format = spec->format, .zone = spec->zone, .truncate = spec->truncate};
    if (tide_time_parser_create(&options, &parser->time, err) != TIDE_OK) {
        return tide_error_context(err, "column %s", spec->name);
    }
    return TIDE_OK;
}

tide_code tide_cell_parser_create(const tide_column_spec *spec, tide_cell_parser **parser,
                                  tide_error *err)
{
    *parser = NULL;
    tide_cell_parser *created = tide_alloc_zero(1, sizeof *created);
    if (created == NULL) {
        return TIDE_FAIL_MEMORY(err, "a cell parser");
    }
    created->spec = spec;
    created->from = *functions_of(spec->type.id);
    (void)tide_type_format(spec->type, created->type_name);
    tide_text_init(&created->scratch);
    tide_code code = open_time(created, err);
    if (code == TIDE_OK && spec->mask.kind != TIDE_MASK_NONE) {
        code = tide_cell_mask(created, err);
    }
    if (code != TIDE_OK) {
        tide_cell_parser_destroy(created);
        return code;
    }
    tide_cell_map(created);
    *parser = created;
    return TIDE_OK;
}

void tide_cell_parser_destroy(tide_cell_parser *parser)
{
    if (parser != NULL) {
        tide_masked_cell_destroy(parser->masked);
        tide_time_parser_destroy(parser->time);
        tide_text_clear(&parser->scratch);
        tide_free(parser);
    }
}

tide_code tide_cell_parse(tide_cell_parser *parser, tide_str text, tide_column_builder *column,
                          const char **reason, tide_error *err)
{
    *reason = NULL;
    return parser->from.text(parser, text, column, reason, err);
}

tide_code tide_cell_parse_number(tide_cell_parser *parser, tide_str token,
                                 tide_column_builder *column, const char **reason, tide_error *err)
{
    *reason = NULL;
    return parser->from.number(parser, token, column, reason, err);
}

tide_code tide_cell_parse_bool(tide_cell_parser *parser, bool value, tide_column_builder *column,
                               const char **reason, tide_error *err)
{
    *reason = NULL;
    return parser->from.boolean(parser, value ? TIDE_STR("true") : TIDE_STR("false"), column,
                                reason, err);
}

tide_code tide_cell_append_missing(tide_cell_parser *parser, tide_column_builder *column,
                                   const char **reason, tide_error *err)
{
    const tide_column_spec *spec = parser->spec;
    *reason = NULL;
    if (spec->has_default) {
        return tide_value_append(&spec->default_value, column, err);
    }
    if (spec->required) {
        *reason = "the value is missing or null, and the column is required";
        return TIDE_OK;
    }
    return tide_append_null(column, err);
}

tide_code tide_cell_append_null(tide_cell_parser *parser, tide_column_builder *column,
                                const char **reason, tide_error *err)
{
    *reason = NULL;
    return parser->spec->mapped.has_null_value
               ? tide_value_append(&parser->spec->mapped.null_value, column, err)
               : tide_cell_append_missing(parser, column, reason, err);
}

tide_code tide_cell_refuse(tide_cell_parser *parser, tide_str text, const char *why,
                           const char **reason)
{
    size_t size = text.size;
    *reason = parser->reason;
    if (parser->hides_value) {
        (void)snprintf(parser->reason, sizeof parser->reason, "the masked value of %zu byte%s %s",
                       size, size == 1 ? "" : "s", why);
        return TIDE_OK;
    }
    if (size > SHOWN_BYTES_MAX) {
        size = SHOWN_BYTES_MAX;
        while (size > 0 && ((unsigned char)text.data[size] & 0xC0) == 0x80) {
            size--;
        }
    }
    (void)snprintf(parser->reason, sizeof parser->reason, "`%.*s%s` %s", (int)size,
                   size == 0 ? "" : text.data, size < text.size ? "..." : "", why);
    return TIDE_OK;
}

tide_code tide_cell_refuse_type(tide_cell_parser *parser, tide_str text, const char **reason)
{
    char why[48];
    (void)snprintf(why, sizeof why, "is not of type %s", parser->type_name);
    return tide_cell_refuse(parser, text, why, reason);
}

tide_code tide_cell_refuse_any(tide_cell_parser *parser, tide_str text, tide_column_builder *column,
                               const char **reason, tide_error *err)
{
    (void)column;
    (void)err;
    return tide_cell_refuse_type(parser, text, reason);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Cells of masked columns. A parser without the mask types the cell into a column of its own; what
 * is appended to the builder is the mask of that. So the clear value never reaches a batch. */
#include "base/memory.h"
#include "record/cell_types.h"

struct tide_masked_cell {
    tide_column_spec spec;    /* the column's, without mask, default and requirement */
    tide_cell_parser *parser; /* owned; by that spec */
    tide_column_builder cell; /* at most one, clear */
    tide_masker *masker;      /* owned */
};

void tide_masked_cell_destroy(tide_masked_cell *masked)
{
    if (masked != NULL) {
        tide_cell_parser_destroy(masked->parser);
        tide_column_builder_clear(&masked->cell);
        tide_masker_destroy(masked->masker);
        tide_free(masked);
    }
}

/* An empty text may have become null: missing is for the column's own spec to decide. */
static tide_code mask_cell(tide_cell_parser *parser, tide_cell_function type_it, tide_str text,
                           tide_column_builder *column, const char **reason, tide_error *err)
{
    tide_masked_cell *masked = parser->masked;
    tide_column clear;
    tide_column_builder_reset(&masked->cell);
    TIDE_TRY(type_it(masked->parser, text, &masked->cell, reason, err));
    if (*reason != NULL) {
        return TIDE_OK;
    }
    tide_column_builder_view(&masked->cell, &clear);
    return tide_column_is_null(&clear, 0)
               ? tide_cell_append_null(parser, column, reason, err)
               : tide_masker_append(masked->masker, &clear, 0, column, err);
}

static tide_code masked_text(tide_cell_parser *parser, tide_str text, tide_column_builder *column,
                             const char **reason, tide_error *err)
{
    return mask_cell(parser, parser->masked->parser->from.text, text, column, reason, err);
}

static tide_code masked_number(tide_cell_parser *parser, tide_str text, tide_column_builder *column,
                               const char **reason, tide_error *err)
{
    return mask_cell(parser, parser->masked->parser->from.number, text, column, reason, err);
}

static tide_code masked_boolean(tide_cell_parser *parser, tide_str text,
                                tide_column_builder *column, const char **reason, tide_error *err)
{
    return mask_cell(parser, parser->masked->parser->from.boolean, text, column, reason, err);
}

static tide_code masked_raw(tide_cell_parser *parser, tide_str text, tide_column_builder *column,
                            const char **reason, tide_error *err)
{
    return mask_cell(parser, parser->masked->parser->from.raw, text, column, reason, err);
}

tide_code tide_cell_mask(tide_cell_parser *parser, tide_error *err)
{
    static const tide_cell_functions functions = {masked_text, masked_number, masked_boolean,
                                                  masked_raw};
    tide_masked_cell *masked = tide_alloc_zero(1, sizeof *masked);
    if (masked == NULL) {
        return TIDE_FAIL_MEMORY(err, "a masked column");
    }
    parser->masked = masked;
    parser->hides_value = true;
    parser->from = functions;
    masked->spec = *parser->spec;
    masked->spec.mask = (tide_mask){.kind = TIDE_MASK_NONE};
    masked->spec.has_default = false;
    masked->spec.required = false;
    masked->spec.malformed_is_null = false;
    masked->spec.mapped = (tide_mapped_as){.in_order = parser->spec->mapped.in_order};
    tide_column_builder_init(&masked->cell, masked->spec.type);
    TIDE_TRY(tide_cell_parser_create(&masked->spec, &masked->parser, err));
    masked->parser->hides_value = true;
    return tide_masker_create(&parser->spec->mask, masked->spec.type, &masked->masker, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/source.h"

void tide_source_plan_init(tide_source_plan *plan)
{
    *plan = (tide_source_plan){.server = ""};
    tide_arena_init(&plan->arena);
    tide_read_mark_list_init(&plan->marks);
    tide_text_init(&plan->notes);
}

void tide_source_plan_clear(tide_source_plan *plan)
{
    tide_arena_clear(&plan->arena);
    tide_read_mark_list_clear(&plan->marks);
    tide_text_clear(&plan->notes);
    tide_source_plan_init(plan);
}

static tide_code add_hidden(tide_source_layout *layout, const char *name, tide_type_id type,
                            size_t *column, tide_error *err)
{
    TIDE_TRY(tide_schema_add(&layout->schema, name, (tide_type){.id = type}, true, err));
    *column = layout->schema.field_count - 1;
    return TIDE_OK;
}

static tide_code add_columns(tide_source_layout *layout, tide_column_specs columns,
                             bool has_document_id, tide_error *err)
{
    for (size_t i = 0; i < columns.count; i++) {
        const tide_column_spec *spec = &columns.specs[i];
        bool filled = spec->required && !tide_mask_makes_null(spec->mask.kind, spec->type);
        bool not_null = filled || (spec->has_default && !spec->default_value.is_null);
        TIDE_TRY(tide_schema_add(&layout->schema, spec->name, tide_column_spec_type(spec), not_null,
                                 err));
    }
    layout->declared_count = columns.count;
    TIDE_TRY(add_hidden(layout, "$source", TIDE_INT32, &layout->source_column, err));
    if (has_document_id) {
        return add_hidden(layout, "$id", TIDE_TEXT, &layout->id_column, err);
    }
    return add_hidden(layout, "$position", TIDE_INT64, &layout->position_column, err);
}

tide_code tide_source_layout_init(tide_source_layout *layout, tide_column_specs columns,
                                  bool has_document_id, tide_error *err)
{
    *layout = (tide_source_layout){
        .source_column = TIDE_NO_FIELD,
        .id_column = TIDE_NO_FIELD,
        .position_column = TIDE_NO_FIELD,
    };
    tide_schema_init(&layout->schema);
    tide_code code = add_columns(layout, columns, has_document_id, err);
    if (code != TIDE_OK) {
        tide_schema_clear(&layout->schema);
    }
    return code;
}

void tide_source_layout_clear(tide_source_layout *layout)
{
    tide_schema_clear(&layout->schema);
}

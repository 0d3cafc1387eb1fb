/* SPDX-License-Identifier: Apache-2.0 */
#include "run/ordering.h"

static bool is_listed(const uint32_t *columns, size_t count, size_t column)
{
    for (size_t i = 0; i < count; i++) {
        if (columns[i] == column) {
            return true;
        }
    }
    return false;
}

tide_code tide_order_columns(tide_pipeline *pipeline, uint32_t **out, size_t *out_count,
                             tide_error *err)
{
    const tide_source_layout *layout = &pipeline->layout;
    size_t n = 0;
    uint32_t *order = tide_arena_alloc_zero(
        &pipeline->arena, layout->schema.field_count + pipeline->tie_count + 4, sizeof *order);
    if (order == NULL) {
        return TIDE_FAIL_MEMORY(err, "ordering rows");
    }
    order[n++] = (uint32_t)pipeline->time_column;
    for (size_t i = 0; i < pipeline->tie_count; i++) {
        order[n++] = pipeline->tie_columns[i];
    }
    if (layout->id_column != TIDE_NO_FIELD) {
        order[n++] = (uint32_t)layout->id_column;
    } else {
        order[n++] = (uint32_t)layout->source_column;
        order[n++] = (uint32_t)layout->position_column;
    }
    for (size_t i = 0; i < layout->declared_count; i++) {
        if (!is_listed(order, n, i) &&
            !is_listed(pipeline->series_columns, pipeline->series_count, i)) {
            order[n++] = (uint32_t)i;
        }
    }
    *out = order;
    *out_count = n;
    return TIDE_OK;
}

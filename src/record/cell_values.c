/* SPDX-License-Identifier: Apache-2.0 */
#include "record/cell_values.h"

void tide_cell_print_values(tide_column_specs columns, const tide_builder *builder, tide_text *out)
{
    bool first = true;
    tide_text_reset(out);
    tide_text_append_char(out, '{');
    for (size_t i = 0; i < columns.count; i++) {
        tide_column column;
        tide_column_builder_view(&builder->columns[i], &column);
        if (column.row_count > builder->row_count) {
            tide_text_append(out, first ? "" : ", ");
            first = false;
            tide_text_append_json_string(out, tide_str_of(columns.specs[i].name));
            tide_text_append(out, ": ");
            tide_column_print_json(&column, builder->row_count, out);
        }
    }
    tide_text_append_char(out, '}');
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "process/position.h"

void tide_position_print(const tide_process_plan *plan, const tide_column *columns, int64_t row,
                         tide_text *out)
{
    const tide_source_layout *layout = plan->options.layout;
    int64_t member = -1;
    if (layout->source_column != TIDE_NO_FIELD &&
        !tide_column_is_null(&columns[layout->source_column], row)) {
        member = tide_column_int32(&columns[layout->source_column], row);
    }
    if (plan->options.members != NULL && member >= 0 &&
        (size_t)member < plan->options.member_count) {
        tide_text_append(out, plan->options.members[member].name);
    } else {
        tide_text_append_format(out, "%lld", (long long)member);
    }
    if (layout->id_column != TIDE_NO_FIELD) {
        tide_text_append_char(out, '/');
        tide_column_print(&columns[layout->id_column], row, out);
    } else if (layout->position_column != TIDE_NO_FIELD) {
        tide_text_append_char(out, ':');
        tide_column_print(&columns[layout->position_column], row, out);
    }
}

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

tide_code tide_position_reject_null(const tide_process_plan *plan, const tide_column *columns,
                                    int64_t row, size_t column, tide_reject_list *rejects,
                                    tide_error *err)
{
    const tide_schema *schema = &plan->options.layout->schema;
    tide_text position, reason, values;
    tide_text_init(&position);
    tide_text_init(&reason);
    tide_text_init(&values);
    tide_position_print(plan, columns, row, &position);
    tide_text_append_format(&reason, "`%s` is null: a row needs its series and time",
                            schema->fields[column].name);
    tide_row_print_json(schema, columns, plan->options.layout->declared_count, row, &values);
    tide_code code = TIDE_OK;
    if (tide_text_failed(&position) || tide_text_failed(&reason) || tide_text_failed(&values)) {
        code = TIDE_FAIL_MEMORY(err, "reject");
    } else {
        tide_reject reject = {
            .stage = "decode",
            .position = tide_text_c(&position),
            .column = schema->fields[column].name,
            .reason = tide_text_c(&reason),
            .values = tide_text_c(&values),
        };
        code = tide_reject_list_add(rejects, &reject, err);
    }
    tide_text_clear(&position);
    tide_text_clear(&reason);
    tide_text_clear(&values);
    return code;
}

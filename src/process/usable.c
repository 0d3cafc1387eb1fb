/* SPDX-License-Identifier: Apache-2.0 */
#include "process/usable.h"

#include "base/calendar.h"
#include "process/position.h"

static int64_t utc_day(int64_t instant)
{
    int64_t rest = instant % TIDE_MICROS_PER_DAY;
    return (instant - (rest < 0 ? rest + TIDE_MICROS_PER_DAY : rest)) / TIDE_MICROS_PER_DAY;
}

/* Of the time, whose local day is kept: the day before may be meant. */
static bool is_early(const tide_process_plan *plan, const tide_column *columns, int64_t row,
                     size_t column)
{
    int64_t first = plan->options.limits.first_day;
    switch (plan->options.layout->schema.fields[column].type.id) {
        case TIDE_DATE:
            return tide_column_int32(&columns[column], row) < first;
        case TIDE_TIMESTAMP:
            return utc_day(tide_column_int64(&columns[column], row)) <= first;
        default:
            return false;
    }
}

static size_t series_bytes(const tide_process_plan *plan, const tide_column *columns, int64_t row,
                           size_t *longest)
{
    const tide_process_options *options = &plan->options;
    size_t sum = 0;
    size_t most = 0;
    *longest = options->series_columns[0];
    for (size_t i = 0; i < options->series_count; i++) {
        uint32_t column = options->series_columns[i];
        if (tide_type_is_variable(options->layout->schema.fields[column].type)) {
            size_t size = tide_column_str(&columns[column], row).size;
            sum += size;
            *longest = size > most ? column : *longest;
            most = size > most ? size : most;
        }
    }
    return sum;
}

static tide_use check_limits(const tide_process_plan *plan, const tide_column *columns, int64_t row,
                             size_t *column)
{
    const tide_process_options *options = &plan->options;
    for (size_t i = 0; i <= options->series_count; i++) {
        *column = i < options->series_count ? options->series_columns[i] : options->time_column;
        if (is_early(plan, columns, row, *column)) {
            return TIDE_USE_TOO_EARLY;
        }
    }
    return series_bytes(plan, columns, row, column) > options->limits.series_bytes_max
               ? TIDE_USE_TOO_LONG
               : TIDE_USABLE;
}

tide_use tide_usable(const tide_process_plan *plan, const tide_column *columns, int64_t row,
                     size_t *column)
{
    const tide_process_options *options = &plan->options;
    for (size_t i = 0; i <= options->series_count; i++) {
        *column = i < options->series_count ? options->series_columns[i] : options->time_column;
        if (tide_column_is_null(&columns[*column], row)) {
            return TIDE_USE_NULL;
        }
    }
    return options->limits.series_bytes_max == 0 ? TIDE_USABLE
                                                 : check_limits(plan, columns, row, column);
}

static void print_reason(const tide_process_plan *plan, const tide_column *columns, int64_t row,
                         const char *name, tide_use use, tide_text *out)
{
    size_t longest;
    switch (use) {
        case TIDE_USE_TOO_LONG:
            tide_text_append_format(
                out,
                "a series of %zu bytes is more than an index of the sink holds for certain "
                "(%zu): a hash as the column's mask would make it short",
                series_bytes(plan, columns, row, &longest), plan->options.limits.series_bytes_max);
            break;
        case TIDE_USE_TOO_EARLY:
            tide_text_append_format(out, "`%s` is a time before all that the sink can hold", name);
            break;
        case TIDE_USE_NULL:
        case TIDE_USABLE:
            tide_text_append_format(out, "`%s` is null: a row needs its series and time", name);
            break;
    }
}

tide_code tide_usable_reject(const tide_process_plan *plan, const tide_column *columns, int64_t row,
                             tide_reject_list *rejects, tide_error *err)
{
    const tide_schema *schema = &plan->options.layout->schema;
    tide_text position, reason, values;
    size_t column;
    tide_use use = tide_usable(plan, columns, row, &column);
    tide_text_init(&position);
    tide_text_init(&reason);
    tide_text_init(&values);
    tide_position_print(plan, columns, row, &position);
    print_reason(plan, columns, row, schema->fields[column].name, use, &reason);
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

/* SPDX-License-Identifier: Apache-2.0 */
/* Typing of date functions. */
#include "process/steps/expression/dates.h"
#include "process/steps/expression/functions.h"

static tide_node *strict(tide_compiler *self, const tide_call *call, tide_type type, tide_loop loop,
                         tide_node *node, int32_t parameter)
{
    tide_node_extra extra = {.parameter = parameter};
    return tide_node_strict(self, call->at, type, loop, &node, 1, &extra);
}

tide_node *tide_build_date(tide_compiler *self, tide_call *call)
{
    if (call->arguments[0]->type.id == TIDE_DATE) {
        return call->arguments[0];
    }
    tide_node *node = tide_call_timestamp(self, call, 0);
    return tide_node_cast(self, call->at, node, tide_type_of(TIDE_DATE));
}

tide_node *tide_build_part(tide_compiler *self, tide_call *call)
{
    int part = call->function->parameter;
    bool is_date = call->arguments[0]->type.id == TIDE_DATE;
    if (is_date && part >= TIDE_PART_HOUR) {
        return tide_call_fail(self, call, 0, "a timestamp");
    }
    tide_node *node = is_date ? call->arguments[0] : tide_call_timestamp(self, call, 0);
    return node == NULL
               ? NULL
               : strict(self, call, tide_type_of(TIDE_INT32),
                        is_date ? tide_date_part_loop : tide_timestamp_part_loop, node, part);
}

static const char *const unit_names[] = {
    [TIDE_UNIT_YEAR] = "year",     [TIDE_UNIT_QUARTER] = "quarter", [TIDE_UNIT_MONTH] = "month",
    [TIDE_UNIT_WEEK] = "week",     [TIDE_UNIT_DAY] = "day",         [TIDE_UNIT_HOUR] = "hour",
    [TIDE_UNIT_MINUTE] = "minute", [TIDE_UNIT_SECOND] = "second",
};

static bool read_unit(tide_compiler *self, const tide_call *call, tide_date_unit *unit)
{
    const tide_node *node = call->arguments[0];
    bool is_text = node->is_literal && !node->is_null && node->type.id == TIDE_TEXT;
    for (int i = TIDE_UNIT_YEAR; is_text && i <= TIDE_UNIT_SECOND; i++) {
        if (tide_str_equal_c(node->value.text, unit_names[i])) {
            *unit = (tide_date_unit)i;
            return true;
        }
    }
    (void)tide_compiler_fail(self, node->at,
                             "%s: the unit is one of 'year', 'quarter', 'month', 'week', 'day', "
                             "'hour', 'minute', 'second'",
                             call->function->signature);
    return false;
}

tide_node *tide_build_trunc_date(tide_compiler *self, tide_call *call)
{
    tide_date_unit unit = TIDE_UNIT_DAY;
    bool is_date = call->arguments[1]->type.id == TIDE_DATE;
    if (!read_unit(self, call, &unit)) {
        return NULL;
    }
    if (is_date && unit >= TIDE_UNIT_HOUR) {
        return tide_call_fail(self, call, 1, "a timestamp, which this unit needs");
    }
    if (is_date) {
        return strict(self, call, tide_type_of(TIDE_DATE), tide_date_trunc_loop, call->arguments[1],
                      (int32_t)unit);
    }
    tide_node *node = tide_call_timestamp(self, call, 1);
    return node == NULL ? NULL
                        : strict(self, call, tide_type_of(TIDE_TIMESTAMP),
                                 unit >= TIDE_UNIT_HOUR ? tide_timestamp_trunc_time_loop
                                                        : tide_timestamp_trunc_days_loop,
                                 node, (int32_t)unit);
}

tide_node *tide_build_seconds_between(tide_compiler *self, tide_call *call)
{
    if (tide_call_timestamp(self, call, 0) == NULL || tide_call_timestamp(self, call, 1) == NULL) {
        return NULL;
    }
    return tide_node_strict(self, call->at, tide_type_decimal(20, 6), tide_seconds_between_loop,
                            call->arguments, 2, NULL);
}

/* Seconds may have a fraction, down to microseconds. */
tide_node *tide_build_add_seconds(tide_compiler *self, tide_call *call)
{
    tide_node *seconds = call->arguments[1];
    if (tide_call_timestamp(self, call, 0) == NULL) {
        return NULL;
    }
    if (!tide_type_is_untyped(seconds->type) && !tide_type_is_integer(seconds->type) &&
        seconds->type.id != TIDE_DECIMAL) {
        return tide_call_fail(self, call, 1, "an integer or a decimal");
    }
    tide_node *pair[] = {call->arguments[0],
                         tide_node_cast(self, seconds->at, seconds, tide_type_decimal(25, 6))};
    return tide_node_strict(self, call->at, tide_type_of(TIDE_TIMESTAMP), tide_add_seconds_loop,
                            pair, 2, NULL);
}

tide_node *tide_build_epoch(tide_compiler *self, tide_call *call)
{
    tide_node *node = tide_call_timestamp(self, call, 0);
    return node == NULL ? NULL
                        : strict(self, call, tide_type_of(TIDE_INT64), tide_epoch_loop, node,
                                 call->function->parameter);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Horizon: min(until, now - grace). A date stands for its local midnight, the beginning of the
 * first day that is not processed. */
#include "base/problem.h"
#include "record/timestamp.h"
#include "run/execution.h"

static tide_code read_until(const tide_pipeline *pipeline, int64_t *until, tide_error *err)
{
    const tide_pipeline_config *config = pipeline->config;
    tide_str text = tide_str_of(config->until);
    int32_t day;
    if (tide_parse_day(text, &day)) {
        *until = tide_zone_span_of_day(pipeline->zone, day).begin;
        return TIDE_OK;
    }
    tide_time_parser *parser = NULL;
    tide_time_options options = {.zone = pipeline->zone};
    TIDE_TRY(tide_time_parser_create(&options, &parser, err));
    tide_time_fit fit = tide_time_parse(parser, text, false, until);
    tide_time_parser_destroy(parser);
    if (fit != TIDE_TIME_OK) {
        return TIDE_FAIL(err, TIDE_E_FINDINGS,
                         "%s:%d:%d: until: `%s` is neither a date (2024-03-31) nor a time "
                         "(2024-03-31T12:00:00)",
                         pipeline->project->path, config->until_mark.line,
                         config->until_mark.column, config->until);
    }
    return TIDE_OK;
}

tide_code tide_plan_horizon(const tide_pipeline *pipeline, int64_t now, int64_t *horizon,
                            tide_error *err)
{
    const tide_pipeline_config *config = pipeline->config;
    *horizon = INT64_MAX;
    if (pipeline->route != TIDE_ROUTE_ORDERED) {
        return TIDE_OK;
    }
    *horizon = now - config->grace_micros;
    if (config->until != NULL) {
        int64_t until;
        TIDE_TRY(read_until(pipeline, &until, err));
        *horizon = until < *horizon ? until : *horizon;
    }
    return TIDE_OK;
}

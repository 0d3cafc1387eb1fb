/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/rejects_filter.h"

#include <string.h>

#include "cli/command.h"

static bool is_stage(const char *word)
{
    return strcmp(word, "decode") == 0 || strcmp(word, "step") == 0 || strcmp(word, "load") == 0;
}

static const char *take_run(int64_t *run, const char *problem)
{
    return tide_parse_count_option(optarg, run) && *run > 0 ? NULL : problem;
}

bool tide_rejects_filter_take(tide_rejects_filter *filter, int option, const char **problem)
{
    *problem = NULL;
    switch (option) {
        case TIDE_OPTION_STAGE:
            filter->query.stage = optarg;
            *problem = is_stage(optarg) ? NULL : "--stage takes decode, step or load";
            return true;
        case TIDE_OPTION_SINCE:
            *problem = take_run(&filter->query.since_run, "--since takes the number of a run");
            return true;
        case TIDE_OPTION_BEFORE:
            *problem = take_run(&filter->before_run, "--before takes the number of a run");
            return true;
        case TIDE_OPTION_SQLSTATE:
            filter->sqlstate = optarg;
            return true;
        case TIDE_OPTION_COLUMN:
            filter->column = optarg;
            return true;
        case TIDE_OPTION_POSITION:
            filter->position = optarg;
            return true;
        default:
            return false;
    }
}

bool tide_rejects_filter_is_set(const tide_rejects_filter *filter)
{
    return filter->query.stage != NULL || filter->query.since_run != 0 || filter->before_run != 0 ||
           filter->sqlstate != NULL || filter->column != NULL || filter->position != NULL;
}

static bool is(const char *wanted, const char *value)
{
    return wanted == NULL || (value != NULL && strcmp(wanted, value) == 0);
}

bool tide_rejects_filter_wants(const tide_rejects_filter *filter, const tide_kept_reject *kept)
{
    const tide_reject *reject = &kept->reject;
    return is(filter->sqlstate, reject->sqlstate) && is(filter->column, reject->column) &&
           (filter->before_run == 0 || kept->run < filter->before_run) &&
           (filter->position == NULL ||
            strncmp(filter->position, reject->position, strlen(filter->position)) == 0);
}

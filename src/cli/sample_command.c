/* SPDX-License-Identifier: Apache-2.0 */
/* tidemill sample */
#include <errno.h>
#include <stdio.h>

#include "base/calendar.h"
#include "cli/command.h"
#include "run/sample.h"

static const char help[] =
    "usage: tidemill sample [OPTION...] [FILE]\n"
    "\n"
    "Writes seeded example events (uses of promotional offers) as NDJSON, to FILE or standard\n"
    "output. The same options give the same bytes.\n"
    "\n"
    "      --rows N        events (10000)\n"
    "      --customers N   customers (500)\n"
    "      --days N        days (60)\n"
    "      --from DAY      first day (2024-03-01)\n"
    "      --seed N        seed (1)\n"
    "      --hits          as Elasticsearch hits, with _index and _id\n"
    "      --json          errors as a line of JSON, as events are anyhow\n"
    "\n"
    "examples:\n"
    "  tidemill sample --rows 100000 events.ndjson\n"
    "  tidemill sample --seed 7 | gzip > events.ndjson.gz\n";

enum { OPTION_ROWS = 256, OPTION_CUSTOMERS, OPTION_DAYS, OPTION_FROM, OPTION_SEED, OPTION_HITS };

static const struct option options[] = {
    TIDE_CLI_OPTIONS,
    {"rows", required_argument, NULL, OPTION_ROWS},
    {"customers", required_argument, NULL, OPTION_CUSTOMERS},
    {"days", required_argument, NULL, OPTION_DAYS},
    {"from", required_argument, NULL, OPTION_FROM},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"hits", no_argument, NULL, OPTION_HITS},
    {0},
};

static bool read_positive(const char *text, int64_t max, int64_t *value)
{
    return tide_parse_count_option(text, value) && *value >= 1 && *value <= max;
}

static bool read_option(tide_sample_options *sample, int option)
{
    int64_t seed = 0;
    bool ok;
    switch (option) {
        case OPTION_ROWS:
            return tide_parse_count_option(optarg, &sample->row_count);
        case OPTION_CUSTOMERS:
            return read_positive(optarg, INT64_C(1) << 40, &sample->customer_count);
        case OPTION_DAYS:
            return read_positive(optarg, 36500, &sample->day_count);
        case OPTION_FROM:
            return tide_parse_day(tide_str_of(optarg), &sample->first_day);
        case OPTION_SEED:
            ok = tide_parse_count_option(optarg, &seed);
            sample->seed = (uint64_t)seed;
            return ok;
        default:
            sample->hits = true;
            return true;
    }
}

static tide_code write_to(const tide_sample_options *sample, const char *path, tide_error *err)
{
    if (path == NULL) {
        return tide_sample_write(sample, stdout, err);
    }
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        return TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't write %s", path);
    }
    tide_code code = tide_sample_write(sample, file, err);
    if (fclose(file) != 0 && code == TIDE_OK) {
        code = TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't write %s", path);
    }
    return code;
}

static int run(tide_cli *cli, int argc, char **argv)
{
    tide_sample_options sample;
    int exit_code = TIDE_EXIT_OK;
    int option;
    tide_sample_defaults(&sample);
    while ((option = getopt_long(argc, argv, "f:h", options, NULL)) != -1) {
        if (option < OPTION_ROWS) {
            if (!tide_cli_option(cli, &tide_command_sample, option, &exit_code)) {
                return exit_code;
            }
        } else if (!read_option(&sample, option)) {
            return tide_cli_usage(cli, &tide_command_sample, "`%s` is not a value for that",
                                  optarg);
        }
    }
    if (argc - optind > 1) {
        return tide_cli_usage(cli, &tide_command_sample, "sample writes one file");
    }
    tide_error err;
    tide_error_clear(&err);
    if (write_to(&sample, optind < argc ? argv[optind] : NULL, &err) != TIDE_OK) {
        return tide_cli_fail(cli, &err);
    }
    return TIDE_EXIT_OK;
}

const tide_command tide_command_sample = {"sample", "write seeded example events", help, run};

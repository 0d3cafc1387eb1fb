/* SPDX-License-Identifier: Apache-2.0 */
/* tidemill state */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/problem.h"
#include "cli/command.h"

static const char help[] =
    "usage: tidemill state [OPTION...] PIPELINE [SERIES...]\n"
    "       tidemill state PIPELINE reset --yes\n"
    "       tidemill state PIPELINE rewind --to YYYY-MM-DD --yes\n"
    "       tidemill state PIPELINE accept\n"
    "\n"
    "Shows the state of one series (its key, one word per series column) or of all: last "
    "processed\n"
    "day, number of rows, and the columns that steps carry.\n"
    "\n"
    "  reset    forgets the state and EMPTIES the table: the next run starts over\n"
    "  rewind   takes table and state back to the end of a day: rows of later days are DELETED, "
    "and\n"
    "           the next run goes on from the day after, with states that it rebuilds from the "
    "source\n"
    "  accept   takes table and pipeline as they are now as belonging to the state\n"
    "\n"
    "  -f, --file FILE     the project file (tidemill.yaml)\n"
    "      --to DAY        rewind: the last day that is kept\n"
    "      --yes           don't ask\n"
    "      --json          a line of JSON per series; of rewind: what it did\n"
    "\n"
    "examples:\n"
    "  tidemill state balances C000123\n"
    "  tidemill state balances --json > state.jsonl\n"
    "  tidemill state balances rewind --to 2024-03-31\n"
    "  tidemill state balances reset --yes\n";

/* Of a rewound state nothing but series and day means anything. */
static bool is_shown(const tide_state_layout *layout, size_t column, bool rewound)
{
    if (column == layout->hash_column || column == layout->digest_column) {
        return false; /* of no use to people */
    }
    return !rewound || column <= layout->last_day_column;
}

static void append_cell(tide_text *out, const tide_field *field, const tide_column *column,
                        int64_t row, bool json, bool first)
{
    if (json) {
        tide_text_append(out, first ? "{" : ",");
        tide_text_append_json_string(out, tide_str_of(field->name));
        tide_text_append_char(out, ':');
        tide_column_print_json(column, row, out);
    } else {
        tide_text_append_format(out, "%s%s=", first ? "" : "  ", field->name);
        tide_column_print(column, row, out);
    }
}

static tide_code print_rows(void *context, const tide_state_layout *layout,
                            const tide_column *columns, int64_t row_count, tide_error *err)
{
    const tide_cli *cli = context;
    tide_text line;
    tide_text_init(&line);
    for (int64_t row = 0; row < row_count; row++) {
        tide_text_reset(&line);
        bool first = true;
        bool rewound = tide_column_int64(&columns[layout->rows_column], row) == TIDE_STATE_REWOUND;
        for (size_t i = 0; i < layout->schema.field_count; i++) {
            if (is_shown(layout, i, rewound)) {
                append_cell(&line, &layout->schema.fields[i], &columns[i], row, cli->json, first);
                first = false;
            }
        }
        if (rewound) {
            tide_text_append(
                &line, cli->json ? ",\"rewound\":true" : "  rewound: the next run rebuilds it");
        }
        tide_text_append(&line, cli->json ? "}\n" : "\n");
        if (tide_text_failed(&line)) {
            return TIDE_FAIL_MEMORY(err, "printing state");
        }
        (void)fputs(tide_text_c(&line), stdout);
    }
    tide_text_clear(&line);
    return TIDE_OK;
}

typedef struct state_options {
    bool yes;
    const char *to; /* NULL: not given */
    char **words;   /* after the pipeline */
    int word_count;
} state_options;

static bool is_confirmed(const tide_pipeline *pipeline, bool yes, const char *what)
{
    if (yes) {
        return true;
    }
    (void)fprintf(stderr, "This %s.\nType the pipeline's name to go on: ", what);
    char line[256];
    if (fgets(line, sizeof line, stdin) == NULL) {
        return false;
    }
    line[strcspn(line, "\n")] = '\0';
    return strcmp(line, pipeline->config->name) == 0;
}

static tide_code reset(tide_pipeline *pipeline, const state_options *options, tide_error *err)
{
    char what[512];
    (void)snprintf(what, sizeof what,
                   "forgets the state of `%s` and deletes all rows of table `%s`",
                   pipeline->config->name, pipeline->config->sink.table);
    if (!is_confirmed(pipeline, options->yes, what)) {
        return TIDE_FAIL(err, TIDE_CANCELLED, "nothing was changed");
    }
    return tide_reset_state(pipeline, err);
}

static void print_rewind_json(const tide_pipeline *pipeline, const char *day,
                              const tide_rewind_result *result)
{
    tide_text json;
    tide_text_init(&json);
    tide_text_append(&json, "{\"pipeline\":");
    tide_text_append_json_string(&json, tide_str_of(pipeline->config->name));
    tide_text_append_format(&json,
                            ",\"run\":%" PRId64 ",\"rewound_to\":\"%s\",\"rows_deleted\":%" PRId64
                            ",\"rejects_deleted\":%" PRId64 ",\"late_deleted\":%" PRId64
                            ",\"series_to_rebuild\":%" PRId64 ",\"pipeline_changed\":%s}",
                            result->run, day, result->rows_deleted, result->rejects_deleted,
                            result->late_deleted, result->series,
                            result->pipeline_changed ? "true" : "false");
    tide_cli_print_json(&json);
    tide_text_clear(&json);
}

static void print_rewind(const tide_cli *cli, const tide_pipeline *pipeline, const char *day,
                         const tide_rewind_result *result)
{
    char rows[40];
    char series[40];
    const char *name = pipeline->config->name;
    bool usual_path = strcmp(cli->project_path, "tidemill.yaml") == 0;
    (void)printf(
        "%s: rewound to %s: %s rows of later days deleted, the states of %s series to be "
        "rebuilt\n",
        name, day, tide_format_count(result->rows_deleted, rows),
        tide_format_count(result->series, series));
    if (result->pipeline_changed) {
        (void)printf(
            "  note: the pipeline has changed, so the states of all series are rebuilt by "
            "it\n");
    }
    (void)printf("  next      tidemill run%s%s %s\n", usual_path ? "" : " -f ",
                 usual_path ? "" : cli->project_path, name);
}

static tide_code rewind_to(const tide_cli *cli, tide_pipeline *pipeline,
                           const state_options *options, tide_error *err)
{
    char what[512];
    int32_t day;
    if (!tide_parse_day(tide_str_of(options->to), &day)) {
        return TIDE_FAIL(err, TIDE_E_USAGE, "--to `%s`: not a day; it is written as YYYY-MM-DD",
                         options->to);
    }
    (void)snprintf(what, sizeof what,
                   "deletes all rows of days after %s from table `%s`; the next run of `%s` goes "
                   "on from the day after it, and needs all earlier days in the source, too",
                   options->to, pipeline->config->sink.table, pipeline->config->name);
    TIDE_TRY(tide_check_rewind(pipeline, day, err));
    if (!is_confirmed(pipeline, options->yes, what)) {
        return TIDE_FAIL(err, TIDE_CANCELLED, "nothing was changed");
    }
    tide_rewind_result result;
    TIDE_TRY(tide_rewind_state(pipeline, day, &result, err));
    if (cli->json) {
        print_rewind_json(pipeline, options->to, &result);
    } else {
        print_rewind(cli, pipeline, options->to, &result);
    }
    return TIDE_OK;
}

static bool is_word(const state_options *options, const char *word)
{
    return options->word_count == 1 && strcmp(options->words[0], word) == 0;
}

static tide_code act(tide_cli *cli, tide_pipeline *pipeline, const state_options *options,
                     tide_error *err)
{
    if (options->to != NULL) {
        return rewind_to(cli, pipeline, options, err);
    }
    if (is_word(options, "reset")) {
        return reset(pipeline, options, err);
    }
    if (is_word(options, "accept")) {
        return tide_accept_state(pipeline, err);
    }
    if (options->word_count > 0 && (size_t)options->word_count != pipeline->series_count) {
        return TIDE_FAIL(err, TIDE_E_USAGE, "the series key of `%s` has %zu columns, not %d",
                         pipeline->config->name, pipeline->series_count, options->word_count);
    }
    return tide_visit_state(pipeline,
                            options->word_count > 0 ? (const char *const *)options->words : NULL,
                            print_rows, cli, err);
}

enum { OPTION_YES = 256, OPTION_TO };

/* False with *exit_code set. */
static bool read_options(tide_cli *cli, int argc, char **argv, state_options *out, int *exit_code)
{
    static const struct option options[] = {TIDE_CLI_OPTIONS,
                                            {"yes", no_argument, NULL, OPTION_YES},
                                            {"to", required_argument, NULL, OPTION_TO},
                                            {0}};
    int option;
    while ((option = getopt_long(argc, argv, "f:h", options, NULL)) != -1) {
        if (option == OPTION_YES) {
            out->yes = true;
        } else if (option == OPTION_TO) {
            out->to = optarg;
        } else if (!tide_cli_option(cli, &tide_command_state, option, exit_code)) {
            return false;
        }
    }
    if (optind >= argc) {
        *exit_code = tide_cli_usage(cli, &tide_command_state, "state takes a pipeline");
        return false;
    }
    out->words = argv + optind + 1;
    out->word_count = argc - optind - 1;
    if (is_word(out, "rewind") != (out->to != NULL)) {
        *exit_code = tide_cli_usage(cli, &tide_command_state,
                                    out->to != NULL ? "--to belongs to rewind"
                                                    : "rewind takes --to YYYY-MM-DD, the last day "
                                                      "that is kept");
        return false;
    }
    return true;
}

static int run(tide_cli *cli, int argc, char **argv)
{
    state_options options = {0};
    int exit_code = TIDE_EXIT_OK;
    if (!read_options(cli, argc, argv, &options, &exit_code)) {
        return exit_code;
    }
    tide_session session;
    tide_error err;
    tide_error_clear(&err);
    tide_code code = tide_session_open(&session, cli, argv + optind, 1, &err);
    if (code == TIDE_OK && session.pipeline_count != 1) {
        code = TIDE_FAIL(&err, TIDE_BAD_CONFIG, "`%s` matches %zu pipelines: state is for one",
                         argv[optind], session.pipeline_count);
    }
    if (code == TIDE_OK) {
        code = act(cli, &session.pipelines[0], &options, &err);
    }
    exit_code = code == TIDE_OK ? TIDE_EXIT_OK : tide_cli_fail(cli, &err);
    tide_session_close(&session);
    return exit_code;
}

const tide_command tide_command_state = {
    "state", "show, reset, rewind or accept the state of series", help, run};

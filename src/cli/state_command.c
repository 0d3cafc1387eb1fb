/* SPDX-License-Identifier: Apache-2.0 */
/* tidemill state */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

static const char help[] =
    "usage: tidemill state [OPTION...] PIPELINE [SERIES...]\n"
    "       tidemill state PIPELINE reset --yes\n"
    "       tidemill state PIPELINE accept\n"
    "\n"
    "Shows the state of one series (its key, one word per series column) or of all: last "
    "processed\n"
    "day, number of rows, and the columns that steps carry.\n"
    "\n"
    "  reset    forgets the state and EMPTIES the table: the next run starts over\n"
    "  accept   takes table and pipeline as they are now as belonging to the state\n"
    "\n"
    "  -f, --file FILE     the project file (tidemill.yaml)\n"
    "      --yes           don't ask\n"
    "      --json          a line of JSON per series\n"
    "\n"
    "examples:\n"
    "  tidemill state balances C000123\n"
    "  tidemill state balances --json > state.jsonl\n"
    "  tidemill state balances reset --yes\n";

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
        for (size_t i = 0; i < layout->schema.field_count; i++) {
            if (i == layout->hash_column || i == layout->digest_column) {
                continue; /* of no use to people */
            }
            append_cell(&line, &layout->schema.fields[i], &columns[i], row, cli->json, first);
            first = false;
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

static bool is_confirmed(const tide_pipeline *pipeline, bool yes)
{
    if (yes) {
        return true;
    }
    (void)fprintf(stderr,
                  "This forgets the state of `%s` and deletes all rows of table `%s`.\n"
                  "Type the pipeline's name to go on: ",
                  pipeline->config->name, pipeline->config->sink.table);
    char line[256];
    if (fgets(line, sizeof line, stdin) == NULL) {
        return false;
    }
    line[strcspn(line, "\n")] = '\0';
    return strcmp(line, pipeline->config->name) == 0;
}

static tide_code act(tide_cli *cli, tide_pipeline *pipeline, char **words, int word_count, bool yes,
                     tide_error *err)
{
    if (word_count == 1 && strcmp(words[0], "reset") == 0) {
        if (!is_confirmed(pipeline, yes)) {
            return TIDE_FAIL(err, TIDE_CANCELLED, "nothing was changed");
        }
        return tide_reset_state(pipeline, err);
    }
    if (word_count == 1 && strcmp(words[0], "accept") == 0) {
        return tide_accept_state(pipeline, err);
    }
    if (word_count > 0 && (size_t)word_count != pipeline->series_count) {
        return TIDE_FAIL(err, TIDE_BAD_CONFIG, "the series key of `%s` has %zu columns, not %d",
                         pipeline->config->name, pipeline->series_count, word_count);
    }
    return tide_visit_state(pipeline, word_count > 0 ? (const char *const *)words : NULL,
                            print_rows, cli, err);
}

enum { OPTION_YES = 256 };

static int run(tide_cli *cli, int argc, char **argv)
{
    static const struct option options[] = {
        TIDE_CLI_OPTIONS, {"yes", no_argument, NULL, OPTION_YES}, {0}};
    bool yes = false;
    int exit_code = TIDE_EXIT_OK;
    int option;
    while ((option = getopt_long(argc, argv, "f:h", options, NULL)) != -1) {
        if (option == OPTION_YES) {
            yes = true;
        } else if (!tide_cli_option(cli, &tide_command_state, option, &exit_code)) {
            return exit_code;
        }
    }
    if (optind >= argc) {
        return tide_cli_usage(cli, &tide_command_state, "state takes a pipeline");
    }
    tide_session session;
    tide_error err;
    tide_error_clear(&err);
    tide_code code = tide_session_open(&session, cli, argv + optind, 1, &err);
    if (code == TIDE_OK) {
        code = act(cli, &session.pipelines[0], argv + optind + 1, argc - optind - 1, yes, &err);
    }
    exit_code = code == TIDE_OK ? TIDE_EXIT_OK : tide_cli_fail(cli, &err);
    tide_session_close(&session);
    return exit_code;
}

const tide_command tide_command_state = {"state", "show, reset or accept the state of series", help,
                                         run};

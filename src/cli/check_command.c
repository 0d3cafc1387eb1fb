/* SPDX-License-Identifier: Apache-2.0 */
/* tidemill check */
#include <stdio.h>

#include "cli/command.h"

static const char help[] =
    "usage: tidemill check [OPTION...] [PIPELINE...]\n"
    "\n"
    "Reads the project file, compiles expressions and scripts, connects to sources and sinks, and\n"
    "looks whether they fit. Changes nothing. All errors are told at once, as file:line:column.\n"
    "\n"
    "  -f, --file FILE     the project file (tidemill.yaml)\n" TIDE_CLI_SELECTORS_HELP
    "      --offline       don't connect to anything\n"
    "      --json          a line of JSON per pipeline\n"
    "\n"
    "examples:\n"
    "  tidemill check\n"
    "  tidemill check 'promo_*'\n"
    "  tidemill check --offline -f project/tidemill.yaml\n";

static void print_json(const char *pipeline, const tide_text *notes, const tide_error *err)
{
    tide_text json;
    tide_text_init(&json);
    tide_text_append(&json, "{\"pipeline\":");
    tide_text_append_json_string(&json, tide_str_of(pipeline));
    tide_text_append_format(&json,
                            ",\"ok\":%s,\"notes\":", err->code == TIDE_OK ? "true" : "false");
    tide_text_append_json_string(&json, (tide_str){tide_text_c(notes), notes->size});
    tide_text_append(&json, ",\"error\":");
    if (err->code == TIDE_OK) {
        tide_text_append(&json, "null");
    } else {
        tide_text_append_json_string(&json, tide_str_of(err->message));
    }
    tide_text_append_char(&json, '}');
    tide_cli_print_json(&json);
    tide_text_clear(&json);
}

static int check_one(const tide_cli *cli, tide_pipeline *pipeline, bool offline)
{
    tide_text notes;
    tide_error err;
    int exit_code = TIDE_EXIT_OK;
    tide_text_init(&notes);
    tide_error_clear(&err);
    tide_code code = TIDE_OK;
    if (offline) {
        tide_note_masks(pipeline, &notes);
    } else {
        code = tide_check_pipeline(pipeline, &notes, &err);
    }
    if (code != TIDE_OK) {
        (void)tide_error_context(&err, "%s", pipeline->config->name);
        exit_code = tide_cli_fail(cli, &err);
    } else if (!cli->json) {
        (void)printf("%s: ok\n", pipeline->config->name);
        tide_cli_print_notes(&notes);
    }
    if (cli->json) {
        print_json(pipeline->config->name, &notes, &err);
    }
    tide_text_clear(&notes);
    return exit_code;
}

enum { OPTION_OFFLINE = 256 };

static int run(tide_cli *cli, int argc, char **argv)
{
    static const struct option options[] = {
        TIDE_CLI_OPTIONS, TIDE_CLI_SELECTORS, {"offline", no_argument, NULL, OPTION_OFFLINE}, {0}};
    bool offline = false;
    int exit_code = TIDE_EXIT_OK;
    int option;
    while ((option = getopt_long(argc, argv, "f:h", options, NULL)) != -1) {
        if (option == OPTION_OFFLINE) {
            offline = true;
        } else if (!tide_cli_option(cli, &tide_command_check, option, &exit_code)) {
            return exit_code;
        }
    }
    tide_session session;
    tide_error err;
    tide_error_clear(&err);
    if (tide_session_open(&session, cli, argv + optind, argc - optind, &err) != TIDE_OK) {
        exit_code = tide_cli_fail(cli, &err);
    } else {
        for (size_t i = 0; i < session.pipeline_count; i++) {
            int one = check_one(cli, &session.pipelines[i], offline);
            exit_code = exit_code == TIDE_EXIT_OK ? one : exit_code;
        }
    }
    tide_session_close(&session);
    return exit_code;
}

const tide_command tide_command_check = {"check", "look for errors in the project file; connect",
                                         help, run};

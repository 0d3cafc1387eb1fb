/* SPDX-License-Identifier: Apache-2.0 */
/* tidemill runs, tidemill show */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "base/problem.h"
#include "cli/command.h"

#define RUNS_MAX 1000
#define RUNS_SHOWN_DEFAULT 20

static const char runs_help[] =
    "usage: tidemill runs [OPTION...] [PIPELINE...]\n"
    "\n"
    "Lists the runs of pipelines, newest first.\n"
    "\n"
    "  -f, --file FILE     the project file (tidemill.yaml)\n" TIDE_CLI_SELECTORS_HELP
    "      --json          a line of JSON per run\n"
    "\n"
    "examples:\n"
    "  tidemill runs\n"
    "  tidemill runs balances --json\n"
    "  tidemill runs --failed\n";

static const char show_help[] =
    "usage: tidemill show [OPTION...] PIPELINE [RUN]\n"
    "\n"
    "Shows the record of a run (the newest unless its number is given).\n"
    "\n"
    "  -f, --file FILE     the project file (tidemill.yaml)\n"
    "      --json          as one line of JSON\n"
    "\n"
    "examples:\n"
    "  tidemill show balances\n"
    "  tidemill show balances 12 --json\n";

static void append_run_json(const tide_pipeline *pipeline, const tide_run_row *row,
                            bool with_record, tide_text *json)
{
    char when[48];
    tide_text_append(json, "{\"pipeline\":");
    tide_text_append_json_string(json, tide_str_of(pipeline->config->name));
    tide_format_instant(row->started_at, when);
    tide_text_append_format(json, ",\"run\":%" PRId64 ",\"status\":\"%s\",\"started_at\":\"%s\"",
                            row->run, tide_run_status_name(row->status), when);
    if (row->ended_at > 0) {
        tide_format_instant(row->ended_at, when);
        tide_text_append_format(json, ",\"ended_at\":\"%s\"", when);
    }
    if (with_record) {
        tide_text_append_format(
            json, ",\"plan\":%s,\"record\":%s",
            row->plan != NULL && row->plan[0] != '\0' ? row->plan : "null",
            row->record != NULL && row->record[0] != '\0' ? row->record : "null");
    }
    tide_text_append_char(json, '}');
}

static void print_run(const tide_cli *cli, const tide_pipeline *pipeline, const tide_run_row *row)
{
    char when[48];
    char duration[40];
    if (cli->json) {
        tide_text json;
        tide_text_init(&json);
        append_run_json(pipeline, row, false, &json);
        tide_cli_print_json(&json);
        tide_text_clear(&json);
        return;
    }
    tide_format_instant(row->started_at - row->started_at % TIDE_MICROS_PER_SECOND, when);
    (void)printf("%-24s run %-5" PRId64 " %-10s %s", pipeline->config->name, row->run,
                 tide_run_status_name(row->status), when);
    if (row->ended_at > 0) {
        (void)printf("  %s", tide_format_duration(row->ended_at - row->started_at, duration));
    }
    (void)printf("\n");
}

/* The record is JSON; for people it is printed with a line per member. */
static void print_indented(const char *json)
{
    int depth = 0;
    bool in_text = false;
    for (const char *c = json; *c != '\0'; c++) {
        (void)putchar(*c);
        in_text = in_text != (*c == '"' && (c == json || c[-1] != '\\'));
        if (in_text) {
            continue;
        }
        depth += (*c == '{' || *c == '[') - (c[1] == '}' || c[1] == ']');
        bool opens = (*c == '{' || *c == '[') && c[1] != '}' && c[1] != ']';
        if (opens || *c == ',' || ((c[1] == '}' || c[1] == ']') && *c != '{' && *c != '[')) {
            (void)printf("\n%*s", 2 * depth, "");
        } else if (*c == ':') {
            (void)putchar(' ');
        }
    }
    (void)putchar('\n');
}

static tide_code list(const tide_cli *cli, tide_pipeline *pipeline, int64_t only, tide_error *err)
{
    tide_run_row *rows = tide_alloc_zero(RUNS_MAX, sizeof *rows);
    size_t count = 0;
    if (rows == NULL) {
        return TIDE_FAIL_MEMORY(err, "listing runs");
    }
    size_t limit = only == 0 ? RUNS_SHOWN_DEFAULT : only < 0 ? 1 : RUNS_MAX;
    tide_code code = tide_list_runs(pipeline, limit, rows, &count, err);
    bool found = only == 0;
    for (size_t i = 0; code == TIDE_OK && i < count; i++) {
        if (only == 0) {
            print_run(cli, pipeline, &rows[i]);
        } else if (only < 0 || rows[i].run == only) {
            tide_text json;
            tide_text_init(&json);
            append_run_json(pipeline, &rows[i], true, &json);
            if (cli->json) {
                tide_cli_print_json(&json);
            } else {
                print_indented(tide_text_c(&json));
            }
            tide_text_clear(&json);
            found = true;
        }
    }
    for (size_t i = 0; i < count; i++) {
        tide_run_row_clear(&rows[i]);
    }
    tide_free(rows);
    if (code == TIDE_OK && !found) {
        return TIDE_FAIL(err, TIDE_E_NOT_APPLICABLE, "no such run; `tidemill runs %s` lists them",
                         pipeline->config->name);
    }
    return code;
}

static bool read_options(tide_cli *cli, const tide_command *command, int argc, char **argv,
                         int *exit_code)
{
    static const struct option options[] = {TIDE_CLI_OPTIONS, TIDE_CLI_SELECTORS, {0}};
    int option;
    while ((option = getopt_long(argc, argv, "f:h", options, NULL)) != -1) {
        if (!tide_cli_option(cli, command, option, exit_code)) {
            return false;
        }
    }
    return true;
}

static int list_all(tide_cli *cli, char *const *names, int name_count, int64_t only)
{
    tide_session session;
    tide_error err;
    tide_error_clear(&err);
    int exit_code = TIDE_EXIT_OK;
    if (tide_session_open(&session, cli, names, name_count, &err) != TIDE_OK) {
        exit_code = tide_cli_fail(cli, &err);
    } else {
        for (size_t i = 0; i < session.pipeline_count; i++) {
            tide_error_clear(&err);
            if (list(cli, &session.pipelines[i], only, &err) != TIDE_OK) {
                int one = tide_cli_fail(cli, &err);
                exit_code = exit_code == TIDE_EXIT_OK ? one : exit_code;
            }
        }
    }
    tide_session_close(&session);
    return exit_code;
}

static int run_runs(tide_cli *cli, int argc, char **argv)
{
    int exit_code = TIDE_EXIT_OK;
    if (!read_options(cli, &tide_command_runs, argc, argv, &exit_code)) {
        return exit_code;
    }
    return list_all(cli, argv + optind, argc - optind, 0);
}

static int run_show(tide_cli *cli, int argc, char **argv)
{
    int exit_code = TIDE_EXIT_OK;
    if (!read_options(cli, &tide_command_show, argc, argv, &exit_code)) {
        return exit_code;
    }
    int words = argc - optind;
    int64_t number = -1;
    if (words < 1 || words > 2 ||
        (words == 2 && (!tide_parse_count_option(argv[optind + 1], &number) || number < 1))) {
        return tide_cli_usage(cli, &tide_command_show,
                              "show takes a pipeline and perhaps the number of a run");
    }
    return list_all(cli, argv + optind, 1, number);
}

const tide_command tide_command_runs = {"runs", "list the runs", runs_help, run_runs};
const tide_command tide_command_show = {"show", "show the record of a run", show_help, run_show};

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
    "Lists the runs of pipelines, newest first, and under the newest what it has committed that "
    "is\n"
    "not in place yet, since it was ended right after its COMMIT.\n"
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
    "Shows the record of a run (the newest unless its number is given). A glob shows those of\n"
    "several pipelines.\n"
    "\n"
    "  -f, --file FILE     the project file (tidemill.yaml)\n" TIDE_CLI_SELECTORS_HELP
    "      --json          as a line of JSON\n"
    "\n"
    "examples:\n"
    "  tidemill show balances\n"
    "  tidemill show balances 12 --json\n";

/* The runs of a pipeline. */
typedef struct run_list {
    const tide_cli *cli;
    tide_pipeline *pipeline;
    tide_run_row *rows; /* owned; newest first */
    size_t count;
    tide_text pending; /* what it has committed that is not in place: told with the newest run */
} run_list;

static void append_pending_json(const run_list *list, size_t i, tide_text *json)
{
    bool has_end = list->pending.size > 0; /* of its last line */
    tide_str pending = {tide_text_c(&list->pending), list->pending.size - has_end};
    tide_text_append(json, ",\"pending\":");
    if (i > 0 || pending.size == 0) {
        tide_text_append(json, "null");
    } else {
        tide_text_append_json_string(json, pending);
    }
}

static void append_run_json(const run_list *list, size_t i, bool with_record, tide_text *json)
{
    char when[48];
    const tide_run_row *row = &list->rows[i];
    tide_text_append(json, "{\"pipeline\":");
    tide_text_append_json_string(json, tide_str_of(list->pipeline->config->name));
    tide_format_instant(row->started_at, when);
    tide_text_append_format(json, ",\"run\":%" PRId64 ",\"status\":\"%s\",\"started_at\":\"%s\"",
                            row->run, tide_run_status_name(row->status), when);
    if (row->ended_at > 0) {
        tide_format_instant(row->ended_at, when);
        tide_text_append_format(json, ",\"ended_at\":\"%s\"", when);
    }
    append_pending_json(list, i, json);
    if (with_record) {
        tide_text_append_format(
            json, ",\"plan\":%s,\"record\":%s",
            row->plan != NULL && row->plan[0] != '\0' ? row->plan : "null",
            row->record != NULL && row->record[0] != '\0' ? row->record : "null");
    }
    tide_text_append_char(json, '}');
}

static void print_run_text(const run_list *list, size_t i)
{
    char when[48];
    char duration[40];
    const tide_run_row *row = &list->rows[i];
    tide_format_instant(row->started_at - row->started_at % TIDE_MICROS_PER_SECOND, when);
    (void)printf("%-24s run %-5" PRId64 " %-10s %s", list->pipeline->config->name, row->run,
                 tide_run_status_name(row->status), when);
    if (row->ended_at > 0) {
        (void)printf("  %s", tide_format_duration(row->ended_at - row->started_at, duration));
    }
    (void)printf("\n");
    if (i == 0) {
        tide_cli_print_notes(&list->pending);
    }
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

static void print_run(const run_list *list, size_t i, bool with_record)
{
    if (!with_record && !list->cli->json) {
        print_run_text(list, i);
        return;
    }
    tide_text json;
    tide_text_init(&json);
    append_run_json(list, i, with_record, &json);
    if (list->cli->json) {
        tide_cli_print_json(&json);
    } else {
        print_indented(tide_text_c(&json));
    }
    tide_text_clear(&json);
}

/* only: 0 = all, as a list; -1 = the newest, else the run of that number, with its record. */
static tide_code print_runs(const run_list *list, int64_t only, tide_error *err)
{
    bool found = only == 0;
    for (size_t i = 0; i < list->count; i++) {
        if (only <= 0 || list->rows[i].run == only) {
            print_run(list, i, only != 0);
            found = true;
        }
    }
    return found
               ? TIDE_OK
               : TIDE_FAIL(err, TIDE_E_NOT_APPLICABLE, "no such run; `tidemill runs %s` lists them",
                           list->pipeline->config->name);
}

static tide_code list(const tide_cli *cli, tide_pipeline *pipeline, int64_t only, tide_error *err)
{
    run_list list = {.cli = cli, .pipeline = pipeline};
    list.rows = tide_alloc_zero(RUNS_MAX, sizeof *list.rows);
    if (list.rows == NULL) {
        return TIDE_FAIL_MEMORY(err, "listing runs");
    }
    tide_text_init(&list.pending);
    size_t limit = only == 0 ? RUNS_SHOWN_DEFAULT : only < 0 ? 1 : RUNS_MAX;
    tide_code code =
        tide_list_runs(pipeline, true, limit, list.rows, &list.count, &list.pending, err);
    if (code == TIDE_OK && tide_text_failed(&list.pending)) {
        code = TIDE_FAIL_MEMORY(err, "listing runs");
    }
    if (code == TIDE_OK) {
        code = print_runs(&list, only, err);
    }
    for (size_t i = 0; i < list.count; i++) {
        tide_run_row_clear(&list.rows[i]);
    }
    tide_free(list.rows);
    tide_text_clear(&list.pending);
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

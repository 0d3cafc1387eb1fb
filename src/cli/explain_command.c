/* SPDX-License-Identifier: Apache-2.0 */
/* tidemill explain */
#include <stdio.h>
#include <stdlib.h>

#include "base/problem.h"
#include "cli/command.h"
#include "cli/problem_pages.h"

static const char help[] =
    "usage: tidemill explain [OPTION...] [CODE...]\n"
    "\n"
    "Tells what an error code means, where it comes from and what helps. Errors end with their\n"
    "code, as in [E4005]. Without CODE: all codes, a line each.\n"
    "\n"
    "      --json          a line of JSON per code\n"
    "\n"
    "examples:\n"
    "  tidemill explain E4005\n"
    "  tidemill explain | grep -i disk\n"
    "  tidemill explain --json E4005 | jq -r .page\n";

static const char *find_page(int number)
{
    for (const tide_problem_page *page = tide_problem_pages; page->text != NULL; page++) {
        if (page->number == number) {
            return page->text;
        }
    }
    return NULL;
}

static void print_json(int number, const char *page)
{
    tide_text json;
    tide_text_init(&json);
    tide_text_append_format(&json, "{\"problem\":\"E%d\",\"title\":", number);
    tide_text_append_json_string(&json, tide_str_of(tide_problem_title(number)));
    tide_text_append(&json, ",\"page\":");
    tide_text_append_json_string(&json, tide_str_of(page));
    tide_text_append_char(&json, '}');
    tide_cli_print_json(&json);
    tide_text_clear(&json);
}

static void print_all(const tide_cli *cli)
{
    int number;
    for (size_t i = 0; (number = tide_problem_at(i)) != 0; i++) {
        if (cli->json) {
            print_json(number, find_page(number));
        } else {
            (void)printf("E%d  %s\n", number, tide_problem_title(number));
        }
    }
}

/* `E4005`, `e4005` or `4005`; 0 for anything else. */
static int read_number(const char *text)
{
    if (*text == 'E' || *text == 'e') {
        text++;
    }
    char *end;
    long number = strtol(text, &end, 10);
    return end != text && *end == '\0' && number > 0 && number < 10000 ? (int)number : 0;
}

static int explain(const tide_cli *cli, const char *text, bool first)
{
    int number = read_number(text);
    const char *page = find_page(number);
    if (page == NULL) {
        return tide_cli_usage(cli, &tide_command_explain,
                              "no error has the code `%s`; `tidemill explain` lists them", text);
    }
    if (cli->json) {
        print_json(number, page);
    } else {
        (void)printf("%s%s", first ? "" : "\n", page);
    }
    return TIDE_EXIT_OK;
}

static int run(tide_cli *cli, int argc, char **argv)
{
    static const struct option options[] = {TIDE_CLI_OPTIONS, {0}};
    int exit_code = TIDE_EXIT_OK;
    int option;
    while ((option = getopt_long(argc, argv, "f:h", options, NULL)) != -1) {
        if (!tide_cli_option(cli, &tide_command_explain, option, &exit_code)) {
            return exit_code;
        }
    }
    if (optind == argc) {
        print_all(cli);
    }
    for (int i = optind; i < argc && exit_code == TIDE_EXIT_OK; i++) {
        exit_code = explain(cli, argv[i], i == optind);
    }
    return exit_code;
}

const tide_command tide_command_explain = {"explain", "what an error code means, and what helps",
                                           help, run};

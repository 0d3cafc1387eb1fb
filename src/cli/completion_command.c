/* SPDX-License-Identifier: Apache-2.0 */
/* tidemill completion */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/completion.h"
#include "run/project.h"

static const char help[] =
    "usage: tidemill completion [OPTION...] bash|zsh|fish|pipelines\n"
    "\n"
    "Prints a script by which a shell completes commands, options and the names of pipelines; or\n"
    "these names, a line each, which is what the script asks for.\n"
    "\n"
    "  -f, --file FILE     the project file (tidemill.yaml)\n"
    "      --json          errors as a line of JSON\n"
    "\n"
    "examples:\n"
    "  source <(tidemill completion bash)\n"
    "  tidemill completion zsh > \"${fpath[1]}/_tidemill\"\n"
    "  tidemill completion fish > ~/.config/fish/completions/tidemill.fish\n";

tide_completes tide_completes_of(tide_str argument)
{
    static const struct {
        const char *word;
        tide_completes completes;
    } words[] = {
        {"FILE", TIDE_COMPLETES_FILES},      {"PATH", TIDE_COMPLETES_FILES},
        {"DIR", TIDE_COMPLETES_DIRECTORIES}, {"DIRECTORY", TIDE_COMPLETES_DIRECTORIES},
        {"NAME", TIDE_COMPLETES_PIPELINES},  {"PIPELINE", TIDE_COMPLETES_PIPELINES},
        {"CODE", TIDE_COMPLETES_CODES},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (tide_str_equal(argument, tide_str_of(words[i].word))) {
            return words[i].completes;
        }
    }
    bool choice = argument.size > 0 && memchr(argument.data, '|', argument.size) != NULL;
    return choice ? TIDE_COMPLETES_WORDS : TIDE_COMPLETES_NOTHING;
}

tide_completes tide_completes_arguments(const char *text)
{
    if (tide_help_takes(text, "PIPELINE")) {
        return TIDE_COMPLETES_PIPELINES;
    }
    if (tide_help_takes(text, "CODE")) {
        return TIDE_COMPLETES_CODES;
    }
    if (tide_help_takes(text, TIDE_COMPLETION_WORDS)) {
        return TIDE_COMPLETES_WORDS;
    }
    return tide_help_takes(text, "FILE") ? TIDE_COMPLETES_FILES : TIDE_COMPLETES_NOTHING;
}

void tide_completion_append_words(tide_text *out, tide_str argument)
{
    for (size_t i = 0; i < argument.size; i++) {
        tide_text_append_char(out, argument.data[i] == '|' ? ' ' : argument.data[i]);
    }
}

bool tide_completion_append_usage_words(tide_text *out, const char *text, bool follow_pipeline)
{
    tide_help_word word;
    bool any = false;
    while (tide_next_help_word(&text, &word)) {
        if (word.follows_pipeline == follow_pipeline) {
            tide_text_append(out, any ? " " : "");
            tide_text_append_str(out, word.text);
            any = true;
        }
    }
    return any;
}

/* Also of a file with errors, as far as it could be read: completing is no time to complain. */
static void print_pipelines(const tide_cli *cli)
{
    tide_project project = {0};
    tide_diagnostics diagnostics;
    tide_error ignored;
    tide_diagnostics_init(&diagnostics, cli->project_path);
    tide_error_clear(&ignored);
    if (tide_project_load(&project, cli->project_path, &diagnostics, &ignored) != TIDE_OK) {
        tide_error_clear(&ignored);
    }
    for (size_t i = 0; i < project.pipeline_count; i++) {
        if (project.pipelines[i].name != NULL) {
            (void)printf("%s\n", project.pipelines[i].name);
        }
    }
    tide_project_clear(&project);
    tide_diagnostics_clear(&diagnostics);
}

static int print_script(const tide_cli *cli, const char *shell)
{
    static const struct {
        const char *name;
        void (*append)(tide_text *out);
    } shells[] = {{"bash", tide_completion_bash},
                  {"zsh", tide_completion_zsh},
                  {"fish", tide_completion_fish}};
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shells[i].name, shell) == 0) {
            tide_text script;
            tide_text_init(&script);
            shells[i].append(&script);
            (void)fputs(tide_text_c(&script), stdout);
            tide_text_clear(&script);
            return TIDE_EXIT_OK;
        }
    }
    return tide_cli_usage(cli, &tide_command_completion,
                          "there is no completion for `%s`: bash, zsh and fish have one", shell);
}

static int run(tide_cli *cli, int argc, char **argv)
{
    static const struct option options[] = {TIDE_CLI_OPTIONS, {0}};
    int exit_code = TIDE_EXIT_OK;
    int option;
    while ((option = getopt_long(argc, argv, "f:h", options, NULL)) != -1) {
        if (!tide_cli_option(cli, &tide_command_completion, option, &exit_code)) {
            return exit_code;
        }
    }
    if (argc - optind != 1) {
        return tide_cli_usage(cli, &tide_command_completion, "it takes the name of one shell");
    }
    if (strcmp(argv[optind], "pipelines") == 0) {
        print_pipelines(cli);
        return TIDE_EXIT_OK;
    }
    return print_script(cli, argv[optind]);
}

const tide_command tide_command_completion = {"completion", "print a script for your shell", help,
                                              run};

/* SPDX-License-Identifier: Apache-2.0 */
/* Commands of `tidemill`: one file each, listed in main.c. */
#ifndef TIDE_CLI_COMMAND_H
#define TIDE_CLI_COMMAND_H

#include <getopt.h>

#include "cli/selection.h"
#include "run/run.h"

/* Exit codes, as documented in docs/cli.md. */
enum {
    TIDE_EXIT_OK = 0,
    TIDE_EXIT_FAILED = 1,
    TIDE_EXIT_USAGE = 2,
    TIDE_EXIT_SOURCE = 4,
    TIDE_EXIT_SINK = 5,
    TIDE_EXIT_REJECTS = 6,
    TIDE_EXIT_CANCELLED = 130
};

/* Options that every command takes. */
typedef struct tide_cli {
    const char *project_path; /* -f, default tidemill.yaml */
    bool json;
    tide_cancel *cancel;      /* raised by Ctrl-C */
    tide_selection selection; /* --exclude, --failed; names come with the session */
} tide_cli;

typedef struct tide_command {
    const char *name;
    const char *summary;
    const char *help;                                 /* usage, options, examples */
    int (*run)(tide_cli *cli, int argc, char **argv); /* argv[0] = the command's name */
} tide_command;

extern const tide_command tide_command_check, tide_command_plan, tide_command_run,
    tide_command_runs, tide_command_rejects, tide_command_show, tide_command_state,
    tide_command_sample, tide_command_explain, tide_command_doctor, tide_command_completion,
    tide_command_init;
/* All of them in the order of the help, NULL at the end. */
extern const tide_command *const tide_commands[];

/* The common long options come first in every command's own table. */
#define TIDE_CLI_OPTIONS                                                      \
    {"file", required_argument, NULL, 'f'}, {"json", no_argument, NULL, 'j'}, \
        {"help", no_argument, NULL, 'h'}
/* Those of commands for several pipelines. */
#define TIDE_CLI_SELECTORS \
    {"exclude", required_argument, NULL, 'x'}, {"failed", no_argument, NULL, 'F'}
#define TIDE_CLI_SELECTORS_HELP                                                                   \
    "      --exclude NAME  not this pipeline, or those that a glob matches; may be given often\n" \
    "      --failed        only pipelines whose last run did not end well, or that never ran\n"
/* Handles -f, --json, --help, the selectors and unknown options: true to go on, false with
 * *exit_code set. */
bool tide_cli_option(tide_cli *cli, const tide_command *command, int option, int *exit_code);

/* Prints the error to standard error (as JSON with --json) and returns its exit code. */
int tide_cli_fail(const tide_cli *cli, const tide_error *err);
int tide_cli_usage(const tide_cli *cli, const tide_command *command, const char *format, ...)
    TIDE_PRINTF(3, 4);
int tide_exit_code(const tide_error *err);

/* Project with all or the selected pipelines bound. */
typedef struct tide_session {
    tide_project project;
    tide_diagnostics diagnostics;
    tide_pipeline *pipelines; /* owned */
    size_t pipeline_count;
} tide_session;

/* Loads, selects (names may be globs) and binds; all findings of all pipelines are told at once. */
TIDE_MUST_CHECK tide_code tide_session_open(tide_session *session, const tide_cli *cli,
                                            char *const *names, int name_count, tide_error *err);
void tide_session_close(tide_session *session);

/* "1,234,567", "12.3 MB", "1 min 12 s" into out (at least 40 bytes); return out. */
const char *tide_format_count(int64_t count, char *out);
const char *tide_format_bytes(int64_t bytes, char *out);
const char *tide_format_duration(int64_t micros, char *out);
bool tide_parse_count_option(const char *text, int64_t *value);

/* Lines of text to standard output, indented: what there is to say of the line above. */
void tide_cli_print_notes(const tide_text *notes);
/* JSON text to standard output, one line. */
void tide_cli_print_json(const tide_text *json);

#endif

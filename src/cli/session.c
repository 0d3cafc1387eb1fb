/* SPDX-License-Identifier: Apache-2.0 */
/* What all commands share: options, errors, the bound project. */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/memory.h"
#include "base/problem.h"
#include "cli/command.h"

static bool exclude(tide_cli *cli, const char *pattern, int *exit_code)
{
    tide_error err;
    tide_error_clear(&err);
    if (tide_selection_exclude(&cli->selection, pattern, &err) != TIDE_OK) {
        *exit_code = tide_cli_fail(cli, &err);
        return false;
    }
    return true;
}

bool tide_cli_option(tide_cli *cli, const tide_command *command, int option, int *exit_code)
{
    switch (option) {
        case 'f':
            cli->project_path = optarg;
            return true;
        case 'j':
            cli->json = true;
            return true;
        case 'x':
            return exclude(cli, optarg, exit_code);
        case 'F':
            cli->selection.only_failed = true;
            return true;
        case 'h':
            (void)printf("%s", command->help);
            *exit_code = TIDE_EXIT_OK;
            return false;
        default:
            (void)fprintf(stderr, "`tidemill %s --help` lists the options\n", command->name);
            *exit_code = TIDE_EXIT_USAGE;
            return false;
    }
}

int tide_exit_code(const tide_error *err)
{
    switch (err->code) {
        case TIDE_OK:
            return TIDE_EXIT_OK;
        case TIDE_BAD_CONFIG:
            return TIDE_EXIT_USAGE;
        case TIDE_CANCELLED:
            return TIDE_EXIT_CANCELLED;
        case TIDE_OVER_REJECTS:
            return TIDE_EXIT_REJECTS;
        default:
            break;
    }
    if (err->side == TIDE_SIDE_SOURCE) {
        return TIDE_EXIT_SOURCE;
    }
    return err->side == TIDE_SIDE_SINK ? TIDE_EXIT_SINK : TIDE_EXIT_FAILED;
}

int tide_cli_fail(const tide_cli *cli, const tide_error *err)
{
    if (!cli->json) {
        (void)fprintf(stderr, "tidemill: %s", err->message);
        if (err->number != 0) {
            (void)fprintf(stderr, " [E%d]", err->number);
        }
        (void)fputc('\n', stderr);
        return tide_exit_code(err);
    }
    tide_text json;
    tide_text_init(&json);
    tide_text_append(&json, "{\"error\":");
    tide_text_append_json_string(&json, tide_str_of(err->message));
    char problem[TIDE_PROBLEM_BYTES];
    tide_text_append_format(&json, ",\"code\":\"%s\",\"problem\":%s,\"exit\":%d}",
                            tide_code_name(err->code), tide_problem_json(err->number, problem),
                            tide_exit_code(err));
    if (tide_text_failed(&json)) { /* not a word would be worse than few */
        (void)fprintf(stderr, "{\"error\":\"out of memory\",\"exit\":%d}\n", tide_exit_code(err));
    } else {
        (void)fprintf(stderr, "%s\n", tide_text_c(&json));
    }
    tide_text_clear(&json);
    return tide_exit_code(err);
}

int tide_cli_usage(const tide_cli *cli, const tide_command *command, const char *format, ...)
{
    tide_error err;
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    tide_error_clear(&err);
    (void)TIDE_FAIL(&err, TIDE_E_USAGE, "%s; see `tidemill %s --help`", message, command->name);
    return tide_cli_fail(cli, &err);
}

/* Memory holds what masks hide: the raw input. A crash shall not write it down, nor may other
 * processes of the user look at it. Core dumps through a pipe mind only the former of the two. */
static void keep_memory_private(void)
{
    struct rlimit none = {0, 0};
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)setrlimit(RLIMIT_CORE, &none);
}

/* Goes on after a failure, so that all pipelines' findings are told at once. */
static tide_code bind_wanted(tide_session *session, const bool *wanted, tide_error *err)
{
    tide_code first = TIDE_OK;
    for (size_t i = 0; i < session->project.pipeline_count; i++) {
        if (!wanted[i]) {
            continue;
        }
        tide_code code =
            tide_pipeline_bind(&session->pipelines[session->pipeline_count++], &session->project,
                               &session->project.pipelines[i], &session->diagnostics, err);
        first = first == TIDE_OK ? code : first;
    }
    /* What is no finding, such as want of memory, has only its code and the sentence in err. */
    bool found = session->diagnostics.count > 0 || session->diagnostics.failed;
    return first != TIDE_OK && found ? tide_diagnostics_raise(&session->diagnostics, err) : first;
}

tide_code tide_session_open(tide_session *session, const tide_cli *cli, char *const *names,
                            int name_count, tide_error *err)
{
    *session = (tide_session){0};
    tide_diagnostics_init(&session->diagnostics, cli->project_path);
    TIDE_TRY(tide_project_load(&session->project, cli->project_path, &session->diagnostics, err));
    if (session->project.has_masks) {
        keep_memory_private();
    }
    size_t count = session->project.pipeline_count;
    bool *wanted = tide_alloc_zero(count + 1, sizeof *wanted);
    session->pipelines = tide_alloc_zero(count + 1, sizeof *session->pipelines);
    if (wanted == NULL || session->pipelines == NULL) {
        tide_free(wanted);
        return TIDE_FAIL_MEMORY(err, "binding pipelines");
    }
    tide_selection selection = cli->selection;
    selection.names = names;
    selection.name_count = (size_t)name_count;
    tide_code code = tide_selection_apply(&selection, &session->project, wanted, err);
    if (code == TIDE_OK) {
        code = bind_wanted(session, wanted, err);
    }
    tide_free(wanted);
    return code;
}

void tide_session_close(tide_session *session)
{
    for (size_t i = 0; i < session->pipeline_count; i++) {
        tide_pipeline_clear(&session->pipelines[i]);
    }
    tide_free(session->pipelines);
    tide_diagnostics_clear(&session->diagnostics);
    tide_project_clear(&session->project);
}

void tide_cli_print_notes(const tide_text *notes)
{
    const char *rest = tide_text_c(notes);
    tide_str line;
    while (tide_str_next_line(&rest, &line)) {
        (void)printf("  %.*s\n", TIDE_STR_ARG(line));
    }
}

void tide_cli_print_json(const tide_text *json)
{
    (void)printf("%s\n", tide_text_c(json));
}

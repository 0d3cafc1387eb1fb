/* SPDX-License-Identifier: Apache-2.0 */
/* tidemill rejects */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/rejects_dismiss.h"
#include "cli/rejects_rows.h"
#include "cli/rejects_summary.h"

static const char help[] =
    "usage: tidemill rejects [OPTION...] [PIPELINE...]\n"
    "       tidemill rejects retry [OPTION...] PIPELINE...\n"
    "       tidemill rejects dismiss [OPTION...] PIPELINE\n"
    "\n"
    "Shows the rows that could not be decoded, evaluated or loaded: how many there are of each\n"
    "kind, with an example. Masked columns are masked here too.\n"
    "\n"
    "  retry    loads those again that the table refused, once the cause is mended: in the order\n"
    "           of series and day, each exactly once. What is refused again stays a reject\n"
    "  dismiss  forgets those whose cause was mended elsewhere: shows which, asks, and deletes\n"
    "           exactly these, all or none. With --export they are kept in a file before\n"
    "\n"
    "      --list                      one by one\n"
    "      --export FILE               one by one to a .csv, .ndjson or .jsonl file; - is NDJSON "
    "on\n"
    "                                  standard output\n"
    "      --stage decode|step|load    only of this stage\n"
    "      --since RUN                 only those that this run, or a later one, has found\n"
    "      --before RUN                only those that neither this run nor a later one has found\n"
    "      --sqlstate STATE            only those that the server refused so\n"
    "      --column COLUMN             only those of this column\n"
    "      --position PREFIX           only those whose position begins so: a series, an index, a "
    "file\n"
    "      --yes                       dismiss: don't ask\n"
    "  -f, --file FILE     the project file (tidemill.yaml)\n" TIDE_CLI_SELECTORS_HELP
    "      --json          a line of JSON per pipeline; with --list per reject\n"
    "\n"
    "examples:\n"
    "  tidemill rejects\n"
    "  tidemill rejects balances --list --stage load --since 12\n"
    "  tidemill rejects balances --export rejects.csv\n"
    "  tidemill rejects retry balances\n"
    "  tidemill rejects dismiss balances --stage decode --before 13 --export mended.ndjson\n";

typedef struct rejects_options {
    bool list;
    bool yes;
    const char *export; /* NULL: not asked for */
    tide_rejects_filter filter;
} rejects_options;

typedef struct rejects_visit {
    const rejects_options *options;
    const tide_pipeline *pipeline;
    tide_rejects_writer *writer;   /* or */
    tide_rejects_summary *summary; /* of the two one is NULL */
} rejects_visit;

static tide_code visit_reject(void *context, const tide_kept_reject *kept, tide_error *err)
{
    const rejects_visit *visit = context;
    if (!tide_rejects_filter_wants(&visit->options->filter, kept)) {
        return TIDE_OK;
    }
    if (visit->writer != NULL) {
        return tide_rejects_writer_write(visit->writer, visit->pipeline->config->name, kept, err);
    }
    return tide_rejects_summary_add(visit->summary, kept, err);
}

static tide_code summarize(const tide_cli *cli, const rejects_options *options,
                           tide_pipeline *pipeline, tide_error *err)
{
    tide_text out;
    tide_rejects_summary summary;
    rejects_visit visit = {.options = options, .pipeline = pipeline, .summary = &summary};
    tide_text_init(&out);
    tide_rejects_summary_init(&summary);
    tide_code code =
        tide_visit_rejects(pipeline, &options->filter.query, visit_reject, &visit, err);
    if (code == TIDE_OK) {
        if (cli->json) {
            tide_rejects_summary_print_json(&summary, pipeline, &out);
            tide_text_append_char(&out, '\n');
        } else {
            tide_rejects_summary_print(&summary, pipeline, cli->project_path, &out);
        }
        code = tide_text_failed(&out) ? TIDE_FAIL_MEMORY(err, "a summary of rejects") : TIDE_OK;
        (void)fputs(tide_text_c(&out), stdout);
    }
    tide_rejects_summary_clear(&summary);
    tide_text_clear(&out);
    return code;
}

/* A file of which a pipeline is missing must not look complete: it stops at the first failure. */
static tide_code write_rows(const rejects_options *options, tide_session *session,
                            tide_rejects_writer *writer, tide_error *err)
{
    for (size_t i = 0; i < session->pipeline_count; i++) {
        tide_pipeline *pipeline = &session->pipelines[i];
        rejects_visit visit = {.options = options, .pipeline = pipeline, .writer = writer};
        TIDE_TRY(tide_visit_rejects(pipeline, &options->filter.query, visit_reject, &visit, err));
    }
    return tide_rejects_writer_finish(writer, err);
}

static int list(const tide_cli *cli, const rejects_options *options, tide_session *session)
{
    char count[40];
    tide_error err;
    tide_rejects_writer writer;
    tide_error_clear(&err);
    tide_code code = tide_rejects_writer_begin(&writer, options->export, cli->json, &err);
    if (code == TIDE_OK) {
        code = write_rows(options, session, &writer, &err);
    }
    if (code == TIDE_OK && writer.path != NULL && !cli->json) {
        (void)printf("%s rejects exported to %s\n", tide_format_count(writer.row_count, count),
                     writer.path);
    }
    tide_rejects_writer_end(&writer);
    return code == TIDE_OK ? TIDE_EXIT_OK : tide_cli_fail(cli, &err);
}

static void print_retry_json(const tide_pipeline *pipeline, const tide_retry_result *result)
{
    tide_text json;
    tide_text_init(&json);
    tide_text_append(&json, "{\"pipeline\":");
    tide_text_append_json_string(&json, tide_str_of(pipeline->config->name));
    tide_text_append_format(&json,
                            ",\"run\":%" PRId64 ",\"tried\":%" PRId64 ",\"loaded\":%" PRId64
                            ",\"superseded\":%" PRId64 ",\"refused\":%" PRId64
                            ",\"unreadable\":%" PRId64 ",\"first_unreadable\":",
                            result->run, result->tried, result->loaded, result->superseded,
                            result->refused, result->unreadable);
    if (result->first_unreadable == NULL) {
        tide_text_append(&json, "null}");
    } else {
        tide_text_append_json_string(&json, tide_str_of(result->first_unreadable));
        tide_text_append_char(&json, '}');
    }
    tide_cli_print_json(&json);
    tide_text_clear(&json);
}

static void print_retry(const tide_cli *cli, const tide_pipeline *pipeline,
                        const tide_retry_result *result)
{
    char numbers[5][40];
    const char *name = pipeline->config->name;
    bool usual_path = strcmp(cli->project_path, "tidemill.yaml") == 0;
    if (result->tried == 0) {
        (void)printf("%s: no rejects of loading\n", name);
        return;
    }
    (void)printf("%s: run %" PRId64 ": %s rejects retried%s\n", name, result->run,
                 tide_format_count(result->tried, numbers[0]),
                 result->resumed ? ", after an interruption" : "");
    (void)printf(
        "  rows      %s tried = %s loaded + %s superseded + %s refused again + %s "
        "unreadable\n",
        numbers[0], tide_format_count(result->loaded, numbers[1]),
        tide_format_count(result->superseded, numbers[2]),
        tide_format_count(result->refused, numbers[3]),
        tide_format_count(result->unreadable, numbers[4]));
    if (result->first_unreadable != NULL) {
        (void)printf("  note: values that are no row of the output; the first: %s\n",
                     result->first_unreadable);
    }
    if (result->refused + result->unreadable > 0) {
        (void)printf("  next      tidemill rejects%s%s %s\n", usual_path ? "" : " -f ",
                     usual_path ? "" : cli->project_path, name);
    }
}

/* As for a run: more rejects than it may have is its own exit code. */
static int retry_one(const tide_cli *cli, tide_pipeline *pipeline)
{
    tide_error err;
    tide_retry_result result;
    tide_error_clear(&err);
    tide_code code = tide_retry_rejects(pipeline, cli->cancel, &result, &err);
    int exit_code = TIDE_EXIT_OK;
    if (code != TIDE_OK) {
        exit_code = tide_cli_fail(cli, &err);
    } else {
        if (cli->json) {
            print_retry_json(pipeline, &result);
        } else {
            print_retry(cli, pipeline, &result);
        }
        bool over = result.refused + result.unreadable > pipeline->config->max_rejects;
        exit_code = over ? TIDE_EXIT_REJECTS : TIDE_EXIT_OK;
    }
    tide_retry_result_clear(&result);
    return exit_code;
}

static int show_one(const tide_cli *cli, const rejects_options *options, tide_pipeline *pipeline)
{
    tide_error err;
    tide_error_clear(&err);
    return summarize(cli, options, pipeline, &err) == TIDE_OK ? TIDE_EXIT_OK
                                                              : tide_cli_fail(cli, &err);
}

enum { OPTION_LIST = 256, OPTION_EXPORT, OPTION_YES };

/* False when the option is none of ours. */
static bool take_option(rejects_options *out, int option, const char **problem)
{
    switch (option) {
        case OPTION_LIST:
            out->list = true;
            return true;
        case OPTION_EXPORT:
            out->export = optarg;
            return true;
        case OPTION_YES:
            out->yes = true;
            return true;
        default:
            return tide_rejects_filter_take(&out->filter, option, problem);
    }
}

/* False with *exit_code set. */
static bool read_options(tide_cli *cli, int argc, char **argv, rejects_options *out, int *exit_code)
{
    static const struct option options[] = {TIDE_CLI_OPTIONS,
                                            TIDE_CLI_SELECTORS,
                                            {"list", no_argument, NULL, OPTION_LIST},
                                            {"export", required_argument, NULL, OPTION_EXPORT},
                                            {"yes", no_argument, NULL, OPTION_YES},
                                            TIDE_REJECTS_FILTERS,
                                            {0}};
    int option;
    while ((option = getopt_long(argc, argv, "f:h", options, NULL)) != -1) {
        const char *problem = NULL;
        if (take_option(out, option, &problem)) {
            if (problem != NULL) {
                *exit_code = tide_cli_usage(cli, &tide_command_rejects, "%s", problem);
                return false;
            }
        } else if (!tide_cli_option(cli, &tide_command_rejects, option, exit_code)) {
            return false;
        }
    }
    return true;
}

typedef enum rejects_action { SHOW, RETRY, DISMISS } rejects_action;

/* Alone a word may be the name of a pipeline. */
static rejects_action find_action(char *const *words, int word_count)
{
    if (word_count < 2) {
        return SHOW;
    }
    return strcmp(words[0], "retry") == 0     ? RETRY
           : strcmp(words[0], "dismiss") == 0 ? DISMISS
                                              : SHOW;
}

/* What does not go together, or NULL. */
static const char *find_misuse(const rejects_options *options, rejects_action action)
{
    bool shows = options->list || options->export != NULL;
    if (action == RETRY && (shows || tide_rejects_filter_is_set(&options->filter))) {
        return "retry takes all rejects of loading, so that they come in order: no --list, "
               "--export "
               "or filter";
    }
    if (action == DISMISS && options->list) {
        return "dismiss shows what it takes by itself: no --list";
    }
    if (action == DISMISS && options->export != NULL && strcmp(options->export, "-") == 0) {
        return "dismiss exports to a file, which is there before anything goes: no --export -";
    }
    return action != DISMISS && options->yes ? "--yes belongs to dismiss" : NULL;
}

static int act_on_each(const tide_cli *cli, const rejects_options *options, tide_session *session,
                       rejects_action action)
{
    int exit_code = TIDE_EXIT_OK;
    for (size_t i = 0; i < session->pipeline_count; i++) {
        int one = action == RETRY ? retry_one(cli, &session->pipelines[i])
                                  : show_one(cli, options, &session->pipelines[i]);
        exit_code = exit_code == TIDE_EXIT_OK ? one : exit_code;
    }
    return exit_code;
}

static int dismiss(const tide_cli *cli, const rejects_options *options, tide_session *session)
{
    const tide_dismiss_options dismissed = {&options->filter, options->export, options->yes};
    if (session->pipeline_count != 1) {
        return tide_cli_usage(cli, &tide_command_rejects,
                              "dismiss is for one pipeline at a time, not for %zu",
                              session->pipeline_count);
    }
    return tide_rejects_dismiss(cli, &dismissed, &session->pipelines[0]);
}

static int act(const tide_cli *cli, const rejects_options *options, tide_session *session,
               rejects_action action)
{
    if (action == DISMISS) {
        return dismiss(cli, options, session);
    }
    return options->list || options->export != NULL ? list(cli, options, session)
                                                    : act_on_each(cli, options, session, action);
}

static int run(tide_cli *cli, int argc, char **argv)
{
    rejects_options options = {0};
    int exit_code = TIDE_EXIT_OK;
    if (!read_options(cli, argc, argv, &options, &exit_code)) {
        return exit_code;
    }
    char *const *names = argv + optind;
    int name_count = argc - optind;
    rejects_action action = find_action(names, name_count);
    const char *misuse = find_misuse(&options, action);
    if (misuse != NULL) {
        return tide_cli_usage(cli, &tide_command_rejects, "%s", misuse);
    }
    int word_count = action == SHOW ? 0 : 1;
    tide_session session;
    tide_error err;
    tide_error_clear(&err);
    if (tide_session_open(&session, cli, names + word_count, name_count - word_count, &err) !=
        TIDE_OK) {
        exit_code = tide_cli_fail(cli, &err);
    } else {
        exit_code = act(cli, &options, &session, action);
    }
    tide_session_close(&session);
    return exit_code;
}

const tide_command tide_command_rejects = {
    "rejects", "show, export or retry rows that were rejected", help, run};

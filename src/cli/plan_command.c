/* SPDX-License-Identifier: Apache-2.0 */
/* tidemill plan */
#include <inttypes.h>
#include <stdio.h>

#include "base/calendar.h"
#include "cli/command.h"

static const char help[] =
    "usage: tidemill plan [OPTION...] [PIPELINE...]\n"
    "\n"
    "Says what a run would do: which indices or files, in how many splits, up to which instant,\n"
    "resuming or not. Touches nothing.\n"
    "\n"
    "  -f, --file FILE     the project file (tidemill.yaml)\n" TIDE_CLI_SELECTORS_HELP
    "      --workers N     as for run\n"
    "      --memory SIZE   as for run\n"
    "      --new           as for run\n"
    "      --json          a line of JSON per pipeline\n"
    "\n"
    "examples:\n"
    "  tidemill plan\n"
    "  tidemill plan balances --json\n"
    "  tidemill plan --failed\n";

/* Why a file of the registry is read. */
static const char *reason_of(const tide_member *member)
{
    static const char *const words[] = {[TIDE_MEMBER_NEW] = "new",
                                        [TIDE_MEMBER_GROWN] = "grown",
                                        [TIDE_MEMBER_OPEN] = "open",
                                        [TIDE_MEMBER_REREAD] = "reread"};
    return member->mark == NULL ? NULL : words[member->reason];
}

static void append_reason(const tide_member *member, tide_text *out)
{
    static const char *const words[] = {
        [TIDE_MEMBER_NEW] = "new",
        [TIDE_MEMBER_GROWN] = "grown",
        [TIDE_MEMBER_OPEN] = "again, since rows of it were left for a later run",
        [TIDE_MEMBER_REREAD] = "again, by --reread"};
    char bytes[40];
    if (member->mark == NULL) {
        return;
    }
    tide_text_append_format(out, "  %s", words[member->reason]);
    if (member->begin > 0) {
        tide_text_append_format(out, ", read on from %s",
                                tide_format_bytes((int64_t)member->begin, bytes));
    }
}

static void append_members(const tide_plan_result *plan, tide_text *out)
{
    char a[40];
    char b[40];
    for (size_t i = 0; i < plan->source.member_count && i < 20; i++) {
        const tide_member *member = &plan->source.members[i];
        tide_text_append_format(out, "    %s", member->name);
        append_reason(member, out);
        if (member->row_count > 0) {
            tide_text_append_format(out, "  %s rows",
                                    tide_format_count((int64_t)member->row_count, a));
        }
        tide_text_append_format(out, "  %s\n", tide_format_bytes((int64_t)member->byte_count, b));
    }
    if (plan->source.member_count > 20) {
        tide_text_append_format(out, "    ... and %zu more\n", plan->source.member_count - 20);
    }
}

static void append_source(const tide_pipeline *pipeline, const tide_plan_result *plan,
                          tide_text *out)
{
    bool one = plan->source.member_count == 1;
    const char *members = pipeline->config->source.connection != NULL ? one ? "index" : "indices"
                          : one                                       ? "file"
                                                                      : "files";
    tide_text_append_format(out, "  reads %zu %s in %zu split%s%s%s\n", plan->source.member_count,
                            members, plan->source.split_count,
                            plan->source.split_count == 1 ? "" : "s",
                            plan->source.server[0] ? " from " : "", plan->source.server);
}

static void print_plan(const tide_pipeline *pipeline, const tide_plan_result *plan)
{
    char horizon[48];
    char memory[40];
    tide_text out;
    tide_text_init(&out);
    tide_text_append_format(&out, "%s: run %" PRId64 "%s\n", pipeline->config->name, plan->run,
                            plan->resumes ? " (resumes it: what is committed stays)" : "");
    append_source(pipeline, plan, &out);
    append_members(plan, &out);
    if (pipeline->keeps_registry && !plan->resumes) {
        tide_text_append_format(&out, "  %zu file%s known: read by earlier runs, or copies\n",
                                plan->source.known_count,
                                plan->source.known_count == 1 ? " is" : "s are");
    }
    tide_text_append_format(&out, "  route: %s\n", plan->route);
    if (plan->horizon != INT64_MAX) {
        tide_format_instant(plan->horizon, horizon);
        tide_text_append_format(&out, "  horizon: %s; days that end later are left\n", horizon);
    }
    tide_text_append_format(&out, "  %u worker%s, %s of memory; into %s\n", plan->worker_count,
                            plan->worker_count == 1 ? "" : "s",
                            tide_format_bytes(plan->memory_bytes, memory),
                            plan->sink_server != NULL ? plan->sink_server : "nowhere");
    if (plan->why_fewer[0] != '\0') {
        tide_text_append_format(&out, "  workers: %s\n", plan->why_fewer);
    }
    if (plan->why_smaller_day[0] != '\0') {
        tide_text_append_format(&out, "  max_day_bytes: %s\n", plan->why_smaller_day);
    }
    (void)printf("%s%s", tide_text_c(&out), tide_text_c(&plan->notes));
    tide_text_clear(&out);
}

static void print_json(const tide_pipeline *pipeline, const tide_plan_result *plan)
{
    tide_text json;
    tide_text_init(&json);
    tide_text_append(&json, "{\"pipeline\":");
    tide_text_append_json_string(&json, tide_str_of(pipeline->config->name));
    tide_text_append_format(&json, ",\"run\":%" PRId64 ",\"resumes\":%s,\"splits\":%zu,\"route\":",
                            plan->run, plan->resumes ? "true" : "false", plan->source.split_count);
    tide_text_append_json_string(&json, tide_str_of(plan->route));
    if (plan->horizon != INT64_MAX) {
        char horizon[48];
        tide_format_instant(plan->horizon, horizon);
        tide_text_append_format(&json, ",\"horizon\":\"%s\"", horizon);
    }
    tide_text_append_format(&json, ",\"workers\":%u,\"why_fewer_workers\":", plan->worker_count);
    tide_text_append_json_string(&json, tide_str_of(plan->why_fewer));
    tide_text_append_format(&json, ",\"memory_bytes\":%" PRId64, plan->memory_bytes);
    if (plan->max_day_bytes > 0) {
        tide_text_append_format(&json, ",\"max_day_bytes\":%" PRId64, plan->max_day_bytes);
    }
    tide_text_append(&json, ",\"members\":[");
    for (size_t i = 0; i < plan->source.member_count; i++) {
        const tide_member *member = &plan->source.members[i];
        const char *reason = reason_of(member);
        tide_text_append(&json, i == 0 ? "{\"name\":" : ",{\"name\":");
        tide_text_append_json_string(&json, tide_str_of(member->name));
        tide_text_append_format(&json, ",\"rows\":%" PRIu64 ",\"bytes\":%" PRIu64,
                                member->row_count, member->byte_count);
        if (reason != NULL) {
            tide_text_append_format(&json, ",\"reason\":\"%s\",\"begin\":%" PRIu64, reason,
                                    member->begin);
        }
        tide_text_append_char(&json, '}');
    }
    tide_text_append_char(&json, ']');
    if (pipeline->keeps_registry) {
        tide_text_append_format(&json, ",\"known\":%zu", plan->source.known_count);
    }
    tide_text_append(&json, ",\"notes\":");
    tide_text_append_json_string(&json, (tide_str){tide_text_c(&plan->notes), plan->notes.size});
    tide_text_append_char(&json, '}');
    tide_cli_print_json(&json);
    tide_text_clear(&json);
}

static int plan_one(const tide_cli *cli, tide_pipeline *pipeline, const tide_run_options *options)
{
    tide_plan_result result;
    tide_error err;
    int exit_code = TIDE_EXIT_OK;
    tide_error_clear(&err);
    if (tide_plan_pipeline(pipeline, options, &result, &err) != TIDE_OK) {
        (void)tide_error_context(&err, "%s", pipeline->config->name);
        exit_code = tide_cli_fail(cli, &err);
    } else if (cli->json) {
        print_json(pipeline, &result);
    } else {
        print_plan(pipeline, &result);
    }
    tide_plan_result_clear(&result);
    return exit_code;
}

enum { OPTION_WORKERS = 256, OPTION_MEMORY, OPTION_NEW };

static const struct option options[] = {
    TIDE_CLI_OPTIONS,
    TIDE_CLI_SELECTORS,
    {"workers", required_argument, NULL, OPTION_WORKERS},
    {"memory", required_argument, NULL, OPTION_MEMORY},
    {"new", no_argument, NULL, OPTION_NEW},
    {0},
};

static bool read_option(tide_run_options *run, int option)
{
    int64_t count;
    switch (option) {
        case OPTION_WORKERS:
            if (!tide_parse_count_option(optarg, &count) || count < 1 || count > 1024) {
                return false;
            }
            run->worker_count = (unsigned)count;
            return true;
        case OPTION_MEMORY:
            return tide_parse_size(optarg, &run->memory_bytes);
        default:
            run->fresh = true;
            return true;
    }
}

static int run(tide_cli *cli, int argc, char **argv)
{
    tide_run_options plan = {.cancel = cli->cancel, .looks_only = true};
    int exit_code = TIDE_EXIT_OK;
    int option;
    while ((option = getopt_long(argc, argv, "f:h", options, NULL)) != -1) {
        if (option < OPTION_WORKERS) {
            if (!tide_cli_option(cli, &tide_command_plan, option, &exit_code)) {
                return exit_code;
            }
        } else if (!read_option(&plan, option)) {
            return tide_cli_usage(cli, &tide_command_plan, "`%s` is not a value for that", optarg);
        }
    }
    tide_session session;
    tide_error err;
    tide_error_clear(&err);
    if (tide_session_open(&session, cli, argv + optind, argc - optind, &err) != TIDE_OK) {
        exit_code = tide_cli_fail(cli, &err);
    } else {
        for (size_t i = 0; i < session.pipeline_count; i++) {
            int one = plan_one(cli, &session.pipelines[i], &plan);
            exit_code = exit_code == TIDE_EXIT_OK ? one : exit_code;
        }
    }
    tide_session_close(&session);
    return exit_code;
}

const tide_command tide_command_plan = {"plan", "say what a run would do; touch nothing", help,
                                        run};

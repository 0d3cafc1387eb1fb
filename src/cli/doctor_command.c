/* SPDX-License-Identifier: Apache-2.0 */
/* tidemill doctor */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/problem.h"
#include "cli/command.h"
#include "run/doctor.h"

static const char help[] =
    "usage: tidemill doctor [OPTION...]\n"
    "\n"
    "Looks at what runs stand on: cores, memory, limits, clocks, disks, and every connection of\n"
    "the project file - does it answer, as which version, what may the user do. Errors of the\n"
    "project file are told, too, and hide no connection but those that they are about. Changes\n"
    "nothing. Without a project file it looks at the machine alone. Ends with 1 when something\n"
    "would stop a run. Whether pipelines fit their indices and tables is told by `tidemill\n"
    "check`.\n"
    "\n"
    "  -f, --file FILE     the project file (tidemill.yaml)\n"
    "      --spill DIR     directory for spilled data ($TMPDIR or /tmp)\n"
    "      --json          a line of JSON per finding\n"
    "\n"
    "examples:\n"
    "  tidemill doctor\n"
    "  tidemill doctor --spill /data/spill\n"
    "  tidemill doctor --json | jq 'select(.verdict != \"fine\")'\n";

/* The same advice follows: there it is told for both. */
static bool is_told_below(const tide_findings *findings, size_t i)
{
    const tide_finding *finding = &findings->items[i];
    const tide_finding *next = finding + 1;
    return i + 1 < findings->count && finding->advice != NULL && next->advice != NULL &&
           strcmp(finding->subject, next->subject) == 0 &&
           strcmp(finding->advice, next->advice) == 0;
}

static void print_text(const tide_finding *finding, bool new_subject, bool with_advice)
{
    static const char *const words[] = {
        [TIDE_FINE] = "  ok  ", [TIDE_WARNING] = "  warn", [TIDE_FAILURE] = "  FAIL"};
    if (new_subject) {
        (void)printf("%s\n", finding->subject);
    }
    (void)printf("%s  %-15s %s\n", words[finding->verdict], finding->topic, finding->text);
    if (with_advice && finding->advice != NULL) {
        (void)printf("        %-15s %s\n", "", finding->advice);
    }
}

static void append_text(tide_text *json, const char *name, const char *text)
{
    tide_text_append_format(json, ",\"%s\":", name);
    if (text == NULL) {
        tide_text_append(json, "null");
    } else {
        tide_text_append_json_string(json, tide_str_of(text));
    }
}

static void print_json(const tide_finding *finding)
{
    tide_text json;
    tide_text_init(&json);
    tide_text_append_format(&json, "{\"verdict\":\"%s\"", tide_verdict_name(finding->verdict));
    append_text(&json, "subject", finding->subject);
    append_text(&json, "topic", finding->topic);
    append_text(&json, "text", finding->text);
    append_text(&json, "advice", finding->advice);
    tide_text_append_char(&json, '}');
    tide_cli_print_json(&json);
    tide_text_clear(&json);
}

/* What the command has found, and how much of it is told. */
typedef struct examination {
    const tide_cli *cli;
    tide_findings findings;
    size_t told;
} examination;

/* As soon as it is known: the next one may have to be waited for. */
static void tell_new(examination *e)
{
    const tide_findings *findings = &e->findings;
    for (; e->told < findings->count; e->told++) {
        const tide_finding *finding = &findings->items[e->told];
        if (e->cli->json) {
            print_json(finding);
            continue;
        }
        bool new_subject = e->told == 0 || strcmp(finding[-1].subject, finding->subject) != 0;
        print_text(finding, new_subject, !is_told_below(findings, e->told));
    }
    (void)fflush(stdout);
}

static size_t count_of(const tide_findings *findings, tide_verdict verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < findings->count; i++) {
        count += findings->items[i].verdict == verdict;
    }
    return count;
}

/* Of many lines, the last one is read. */
static void print_sum(const tide_findings *findings)
{
    size_t failures = count_of(findings, TIDE_FAILURE);
    size_t warnings = count_of(findings, TIDE_WARNING);
    if (failures + warnings == 0 && !findings->lost) {
        (void)printf("all is well\n");
    } else {
        (void)printf("%zu failure%s%s; %zu warning%s\n", failures, failures == 1 ? "" : "s",
                     failures == 0 ? "" : ": runs would stop", warnings, warnings == 1 ? "" : "s");
    }
}

/* Each that `check` would tell. */
static void tell_errors(tide_findings *findings, const tide_diagnostics *diagnostics,
                        const tide_error *err)
{
    const char *advice = tide_findings_explain(findings, err);
    if (err->number != tide_problem_number(TIDE_E_FINDINGS) || diagnostics->count == 0) {
        tide_findings_add(findings, TIDE_FAILURE, "file", advice, "%s", err->message);
        return;
    }
    for (size_t i = 0; i < diagnostics->count; i++) {
        tide_text text;
        tide_text_init(&text);
        tide_diagnostic_print(diagnostics, i, &text);
        tide_findings_add(findings, TIDE_FAILURE, "file", advice, "%s", tide_text_c(&text));
        findings->lost = findings->lost || tide_text_failed(&text);
        tide_text_clear(&text);
    }
}

static void look_at_project(examination *e)
{
    tide_session session;
    tide_error err;
    tide_findings *findings = &e->findings;
    tide_error_clear(&err);
    findings->subject = "project";
    if (tide_session_open(&session, e->cli, NULL, 0, &err) != TIDE_OK) {
        tell_errors(findings, &session.diagnostics, &err);
    } else {
        tide_findings_add(findings, TIDE_FINE, "file", NULL, "%s: %zu connections, %zu pipelines",
                          e->cli->project_path, session.project.connection_count,
                          session.project.pipeline_count);
    }
    tell_new(e);
    for (size_t i = 0; i < session.project.connection_count; i++) {
        tide_doctor_connection(findings, &session.project, i, e->cli->cancel);
        tell_new(e);
    }
    tide_session_close(&session);
}

static int examine(const tide_cli *cli, const char *spill, bool has_project)
{
    examination e = {.cli = cli};
    tide_findings_init(&e.findings);
    tide_doctor_machine(&e.findings, spill);
    tell_new(&e);
    if (has_project) {
        look_at_project(&e);
    }
    if (!cli->json) {
        print_sum(&e.findings);
    }
    if (e.findings.lost) {
        (void)fprintf(stderr, "tidemill: memory did not suffice for all findings\n");
    }
    int exit_code =
        tide_findings_worst(&e.findings) == TIDE_FAILURE ? TIDE_EXIT_FAILED : TIDE_EXIT_OK;
    tide_findings_clear(&e.findings);
    return exit_code;
}

enum { OPTION_SPILL = 256 };

static int run(tide_cli *cli, int argc, char **argv)
{
    static const struct option options[] = {
        TIDE_CLI_OPTIONS, {"spill", required_argument, NULL, OPTION_SPILL}, {0}};
    const char *spill = NULL;
    const char *usual = cli->project_path;
    int exit_code = TIDE_EXIT_OK;
    int option;
    while ((option = getopt_long(argc, argv, "f:h", options, NULL)) != -1) {
        if (option == OPTION_SPILL) {
            spill = optarg;
        } else if (!tide_cli_option(cli, &tide_command_doctor, option, &exit_code)) {
            return exit_code;
        }
    }
    if (optind < argc) {
        return tide_cli_usage(cli, &tide_command_doctor, "it takes no argument `%s`", argv[optind]);
    }
    bool named = cli->project_path != usual;
    return examine(cli, spill, named || access(cli->project_path, F_OK) == 0);
}

const tide_command tide_command_doctor = {
    "doctor", "look at machine, disks and connections before a run does", help, run};

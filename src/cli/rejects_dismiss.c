/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/rejects_dismiss.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/rejects_rows.h"
#include "cli/rejects_summary.h"

typedef struct dismissal {
    const tide_cli *cli;
    const tide_dismiss_options *options;
    tide_pipeline *pipeline;
    tide_rejects_summary summary;
    tide_rejects_writer writer;
    tide_reject_list rejects; /* their keys */
    int64_t run;              /* the last that has found one of them */
} dismissal;

static tide_code take_reject(void *context, const tide_kept_reject *kept, tide_error *err)
{
    dismissal *d = context;
    const tide_reject key = {
        .stage = kept->reject.stage, .position = kept->reject.position, .reason = "", .values = ""};
    if (!tide_rejects_filter_wants(d->options->filter, kept)) {
        return TIDE_OK;
    }
    d->run = kept->run > d->run ? kept->run : d->run;
    TIDE_TRY(tide_rejects_summary_add(&d->summary, kept, err));
    if (d->options->export != NULL) {
        TIDE_TRY(tide_rejects_writer_write(&d->writer, d->pipeline->config->name, kept, err));
    }
    return tide_reject_list_add(&d->rejects, &key, err);
}

static void show(dismissal *d)
{
    tide_text out;
    tide_text_init(&out);
    tide_rejects_summary_print(&d->summary, d->pipeline, d->cli->project_path, &out);
    (void)fputs(tide_text_c(&out), stdout);
    (void)fflush(stdout);
    tide_text_clear(&out);
}

static bool is_confirmed(const dismissal *d)
{
    char count[40];
    char loadable[40];
    char line[256];
    const char *name = d->pipeline->config->name;
    if (d->options->yes) {
        return true;
    }
    (void)fprintf(stderr, "This forgets %s rejects of `%s` for good",
                  tide_format_count(d->summary.count, count), name);
    if (d->summary.retriable > 0) {
        (void)fprintf(stderr, ", with %s rows that `rejects retry` would load",
                      tide_format_count(d->summary.retriable, loadable));
    }
    (void)fprintf(stderr, ".\nType the pipeline's name to go on: ");
    if (fgets(line, sizeof line, stdin) == NULL) {
        return false;
    }
    line[strcspn(line, "\n")] = '\0';
    return strcmp(line, name) == 0;
}

static void print_json(const dismissal *d)
{
    tide_text json;
    tide_text_init(&json);
    tide_text_append(&json, "{\"pipeline\":");
    tide_text_append_json_string(&json, tide_str_of(d->pipeline->config->name));
    tide_text_append_format(&json, ",\"dismissed\":%" PRId64 ",\"exported_to\":", d->summary.count);
    if (d->options->export == NULL) {
        tide_text_append(&json, "null}");
    } else {
        tide_text_append_json_string(&json, tide_str_of(d->options->export));
        tide_text_append_char(&json, '}');
    }
    tide_cli_print_json(&json);
    tide_text_clear(&json);
}

static void print_done(const dismissal *d)
{
    char count[40];
    const char *export = d->options->export;
    if (d->cli->json) {
        print_json(d);
        return;
    }
    (void)printf("%s: %s rejects dismissed%s%s\n", d->pipeline->config->name,
                 tide_format_count(d->summary.count, count), export == NULL ? "" : ", exported to ",
                 export == NULL ? "" : export);
}

/* The copy has its name before anything goes. */
static tide_code dismiss(dismissal *d, tide_error *err)
{
    TIDE_TRY(tide_visit_rejects(d->pipeline, &d->options->filter->query, take_reject, d, err));
    if (d->summary.count > 0) {
        if (!d->cli->json) {
            show(d);
        }
        if (!is_confirmed(d)) {
            return TIDE_FAIL(err, TIDE_CANCELLED, "nothing was dismissed");
        }
    }
    if (d->options->export != NULL) {
        TIDE_TRY(tide_rejects_writer_finish(&d->writer, err));
    }
    if (d->summary.count > 0) {
        TIDE_TRY(tide_dismiss_rejects(d->pipeline, &d->rejects, d->run, err));
    }
    print_done(d);
    return TIDE_OK;
}

int tide_rejects_dismiss(const tide_cli *cli, const tide_dismiss_options *options,
                         tide_pipeline *pipeline)
{
    dismissal d = {.cli = cli, .options = options, .pipeline = pipeline};
    tide_error err;
    tide_error_clear(&err);
    tide_rejects_summary_init(&d.summary);
    tide_reject_list_init(&d.rejects);
    tide_code code = TIDE_OK;
    if (options->export != NULL) {
        code = tide_rejects_writer_begin(&d.writer, options->export, false, &err);
    }
    if (code == TIDE_OK) {
        code = dismiss(&d, &err);
    }
    if (options->export != NULL) {
        tide_rejects_writer_end(&d.writer);
    }
    tide_reject_list_clear(&d.rejects);
    tide_rejects_summary_clear(&d.summary);
    return code == TIDE_OK ? TIDE_EXIT_OK : tide_cli_fail(cli, &err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/summary.h"

#include <inttypes.h>
#include <string.h>

#include "cli/command.h"

/* "1,234 name" with a separator before, unless it is zero and may be left out. */
static void append_count(tide_text *out, const char *before, int64_t count, const char *name,
                         bool always)
{
    char text[40];
    if (count != 0 || always) {
        tide_text_append_format(out, "%s%s %s", before, tide_format_count(count, text), name);
    }
}

static void append_balance(const tide_run_result *result, tide_text *out)
{
    const tide_counts *c = &result->counts;
    append_count(out, "  rows      ", c->read, "read", true);
    append_count(out, " = ", c->consumed, "consumed", true);
    append_count(out, " + ", c->rebuilt, "rebuilt", false);
    append_count(out, " + ", c->seen, "seen", result->ordered);
    append_count(out, " + ", c->late, "late", false);
    append_count(out, " + ", c->unmatched, "unmatched", false);
    append_count(out, " + ", c->left, "left", result->ordered);
    append_count(out, " + ", c->rejected, "rejected", true);
    append_count(out, " + ", c->discarded, "discarded", false);
    append_count(out, "\n            ", c->emitted, "emitted", true);
    append_count(out, " = ", c->loaded, "loaded", true);
    append_count(out, " + ", c->superseded, "superseded", false);
    append_count(out, " + ", c->refused, "refused", false);
    tide_text_append_char(out, '\n');
}

static void append_steps(const tide_pipeline *pipeline, const tide_run_result *result,
                         tide_text *out)
{
    for (size_t i = 0; i < result->step_count; i++) {
        const tide_step_counts *s = &result->steps[i];
        tide_text_append_format(out, "  step %s: ", pipeline->steps[i].label);
        append_count(out, "", s->rows_in, "in", true);
        append_count(out, ", ", s->rows_out, "out", true);
        append_count(out, ", ", s->filtered, "filtered", false);
        append_count(out, ", ", s->deduplicated, "deduplicated", false);
        append_count(out, ", ", s->rejected, "rejected", false);
        tide_text_append_char(out, '\n');
    }
}

static void append_rate(tide_text *out, const char *name, int64_t micros, int64_t rows)
{
    char duration[40];
    char rate[40];
    if (micros <= 0) {
        return;
    }
    tide_text_append_format(out, "%s%s %s",
                            out->size > 0 && out->data[out->size - 1] != ' ' ? ", " : "", name,
                            tide_format_duration(micros, duration));
    if (rows > 0) {
        tide_text_append_format(
            out, " (%s rows/s)",
            tide_format_count((int64_t)((double)rows * 1e6 / (double)micros), rate));
    }
}

static void append_times(const tide_run_result *result, tide_text *out)
{
    const int64_t *t = result->times.micros;
    char a[40];
    char b[40];
    tide_text_append(out, "  time      ");
    append_rate(out, "reading", t[TIDE_STAGE_READING], result->counts.read);
    append_rate(out, "sorting", t[TIDE_STAGE_SORTING], 0);
    append_rate(out, "processing and loading", t[TIDE_STAGE_PROCESSING], result->counts.emitted);
    append_rate(out, "finishing", t[TIDE_STAGE_FINISHING], 0);
    tide_text_append_format(out, "\n  memory    peak %s, mean %s; CPU mean %.0f %%; read %s",
                            tide_format_bytes(result->memory_bytes_peak, a),
                            tide_format_bytes(result->memory_bytes_mean, b),
                            result->wall_micros > 0
                                ? 100.0 * (double)result->cpu_micros / (double)result->wall_micros
                                : 0.0,
                            "");
    tide_text_append(out, tide_format_bytes(result->bytes_read, a));
    if (result->spilled_bytes > 0) {
        tide_text_append_format(out, ", spilled %s", tide_format_bytes(result->spilled_bytes, a));
    }
    tide_text_append_char(out, '\n');
}

static void append_notes(const tide_run_result *result, tide_text *out)
{
    const tide_counts *c = &result->counts;
    append_count(out, c->gone_or_changed_series ? "  note: " : "", c->gone_or_changed_series,
                 "series have fewer or changed rows in days processed before\n", false);
    append_count(out, c->late_or_changed_series ? "  note: " : "", c->late_or_changed_series,
                 "series have late or changed rows in days processed before\n", false);
    append_count(out, c->failed_series ? "  note: " : "", c->failed_series,
                 "series committed nothing, since `late: fail` is set\n", false);
    if (result->first_reject != NULL) {
        char count[40];
        tide_text_append_format(out, "  rejects: %s, e.g. %s\n",
                                tide_format_count(result->reject_count, count),
                                result->first_reject);
    }
    const char *rest = tide_text_c(&result->notes);
    tide_str line;
    while (tide_str_next_line(&rest, &line)) {
        tide_text_append_format(out, "  note: %.*s\n", TIDE_STR_ARG(line));
    }
}

static void append_next(const tide_pipeline *pipeline, const tide_error *outcome,
                        const char *project_path, tide_text *out)
{
    bool usual_path = strcmp(project_path, "tidemill.yaml") == 0;
    const char *name = pipeline->config->name;
    const char *option = usual_path ? "" : " -f ";
    const char *path = usual_path ? "" : project_path;
    if (outcome->code == TIDE_OK) {
        tide_text_append_format(out, "  next      tidemill runs%s%s %s\n", option, path, name);
    } else if (outcome->code != TIDE_BAD_CONFIG && outcome->code != TIDE_STATE_CONFLICT) {
        tide_text_append_format(out, "  next      tidemill run%s%s %s   (resumes this run)\n",
                                option, path, name);
    }
}

void tide_print_summary(const tide_pipeline *pipeline, const tide_run_result *result,
                        const tide_error *outcome, const char *project_path, tide_text *out)
{
    char a[40];
    char b[40];
    if (result->run == 0) {
        return;
    }
    tide_text_append_format(out, "%s: run %" PRId64 "%s %s", pipeline->config->name, result->run,
                            result->resumed ? " (resumed)" : "",
                            tide_run_status_name(result->status));
    if (result->ordered) {
        tide_text_append_format(out, ": %s days of %s series",
                                tide_format_count(result->counts.days, a),
                                tide_format_count(result->counts.series, b));
    }
    tide_text_append_format(out, " in %s\n", tide_format_duration(result->wall_micros, a));
    append_balance(result, out);
    append_steps(pipeline, result, out);
    append_times(result, out);
    append_notes(result, out);
    if (project_path != NULL) {
        append_next(pipeline, outcome, project_path, out);
    }
}

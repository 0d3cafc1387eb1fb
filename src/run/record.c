/* SPDX-License-Identifier: Apache-2.0 */
/* The run record as JSON: counts, stages, rates, memory, outcome. */
#include <inttypes.h>

#include "base/calendar.h"
#include "base/problem.h"
#include "run/execution.h"

static void add(tide_text *out, const char *name, int64_t value)
{
    tide_text_append_format(out, ",\"%s\":%" PRId64, name, value);
}

static void add_counts(const tide_counts *c, tide_text *out)
{
    tide_text_append_format(out, ",\"counts\":{\"read\":%" PRId64, c->read);
    add(out, "consumed", c->consumed);
    add(out, "rebuilt", c->rebuilt);
    add(out, "seen", c->seen);
    add(out, "late", c->late);
    add(out, "unmatched", c->unmatched);
    add(out, "left", c->left);
    add(out, "rejected", c->rejected);
    add(out, "discarded", c->discarded);
    add(out, "emitted", c->emitted);
    add(out, "loaded", c->loaded);
    add(out, "superseded", c->superseded);
    add(out, "refused", c->refused);
    add(out, "series", c->series);
    add(out, "days", c->days);
    add(out, "gone_or_changed_series", c->gone_or_changed_series);
    add(out, "late_or_changed_series", c->late_or_changed_series);
    add(out, "failed_series", c->failed_series);
    tide_text_append_char(out, '}');
}

static void add_steps(const tide_execution *e, tide_text *out)
{
    tide_text_append(out, ",\"steps\":[");
    for (size_t i = 0; i < e->result->step_count; i++) {
        const tide_step_counts *c = &e->result->steps[i];
        tide_text_append(out, i == 0 ? "{\"step\":" : ",{\"step\":");
        tide_text_append_json_string(out, tide_str_of(e->pipeline->steps[i].label));
        add(out, "rows_in", c->rows_in);
        add(out, "rows_out", c->rows_out);
        add(out, "filtered", c->filtered);
        add(out, "deduplicated", c->deduplicated);
        add(out, "rejected", c->rejected);
        tide_text_append_char(out, '}');
    }
    tide_text_append_char(out, ']');
}

static void add_stage(tide_text *out, const tide_run_result *result, tide_stage stage, int64_t rows,
                      int64_t bytes, bool first)
{
    int64_t micros = result->times.micros[stage];
    tide_text_append_format(out, "%s{\"stage\":\"%s\",\"micros\":%" PRId64, first ? "" : ",",
                            tide_stage_name(stage), micros);
    if (rows > 0) {
        add(out, "rows", rows);
        add(out, "rows_per_second",
            micros > 0 ? (int64_t)((double)rows * 1e6 / (double)micros) : 0);
    }
    if (bytes > 0) {
        add(out, "bytes", bytes);
    }
    tide_text_append_char(out, '}');
}

static void add_stages(const tide_execution *e, tide_text *out)
{
    const tide_run_result *r = e->result;
    tide_text_append(out, ",\"stages\":[");
    add_stage(out, r, TIDE_STAGE_PLANNING, 0, 0, true);
    add_stage(out, r, TIDE_STAGE_READING, r->counts.read, r->bytes_read, false);
    add_stage(out, r, TIDE_STAGE_SORTING, 0, r->spilled_bytes, false);
    add_stage(out, r, TIDE_STAGE_PROCESSING, r->counts.emitted, 0, false);
    add_stage(out, r, TIDE_STAGE_FINISHING, 0, 0, false);
    tide_text_append_char(out, ']');
}

static void add_resources(tide_execution *e, tide_text *out)
{
    tide_usage usage = tide_metrics_usage(&e->metrics);
    add(out, "workers", e->options.worker_count);
    add(out, "memory_limit_bytes", e->options.memory_bytes);
    add(out, "memory_peak_bytes", usage.memory_bytes_peak);
    add(out, "memory_mean_bytes", usage.memory_bytes_mean);
    add(out, "budget_peak_bytes", tide_budget_peak(&e->budget));
    add(out, "cpu_micros", usage.cpu_micros);
    add(out, "wall_micros", usage.wall_micros);
    add(out, "spilled_bytes", e->result->spilled_bytes);
    add(out, "held_back_rows", tide_atomic_get(&e->progress->held_rows));
    add(out, "held_back_bytes", tide_atomic_get(&e->progress->held_bytes));
    add(out, "attempts_failed", e->result->attempts_failed);
    add(out, "units", e->result->unit_count);
}

void tide_print_record(tide_execution *e, const tide_error *outcome, tide_text *out)
{
    char when[48];
    tide_text_append(out, "{\"pipeline\":");
    tide_text_append_json_string(out, tide_str_of(e->pipeline->config->name));
    add(out, "run", e->row.run);
    tide_text_append_format(out, ",\"status\":\"%s\",\"resumed\":%s",
                            tide_run_status_name(e->row.status), e->resumed ? "true" : "false");
    tide_format_instant(e->row.started_at, when);
    tide_text_append_format(out, ",\"started_at\":\"%s\"", when);
    if (e->row.ended_at > 0) {
        tide_format_instant(e->row.ended_at, when);
        tide_text_append_format(out, ",\"ended_at\":\"%s\"", when);
    }
    if (e->result->horizon != INT64_MAX && e->result->ordered) {
        tide_format_instant(e->result->horizon, when);
        tide_text_append_format(out, ",\"horizon\":\"%s\"", when);
    }
    tide_text_append(out, ",\"source\":");
    tide_text_append_json_string(
        out, tide_str_of(e->source_plan.server != NULL ? e->source_plan.server : ""));
    add(out, "splits", (int64_t)e->source_plan.split_count);
    add_counts(&e->result->counts, out);
    add_steps(e, out);
    add_stages(e, out);
    add_resources(e, out);
    add(out, "rejects", e->result->reject_count);
    add(out, "loaded_ever", e->loaded_before + e->result->counts.loaded);
    tide_text_append(out, ",\"notes\":");
    tide_text_append_json_string(out, tide_str_of(tide_text_c(&e->result->notes)));
    tide_text_append(out, ",\"error\":");
    if (outcome->code == TIDE_OK) {
        tide_text_append(out, "null}");
        return;
    }
    tide_text_append_json_string(out, tide_str_of(outcome->message));
    char problem[TIDE_PROBLEM_BYTES];
    tide_text_append_format(out, ",\"problem\":%s}", tide_problem_json(outcome->number, problem));
}

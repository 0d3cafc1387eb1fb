/* SPDX-License-Identifier: Apache-2.0 */
/* Taking a pipeline back to the end of a day. The sink does it; here is decided whether it makes
 * sense. */
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/problem.h"
#include "run/config_reader.h"
#include "run/execution.h"

/* Only an append with a series has rows that belong to one day of one series each. */
static tide_code check_mode(const tide_pipeline *pipeline, tide_error *err)
{
    const tide_pipeline_config *config = pipeline->config;
    const char *name = config->name;
    if (config->sink.mode == TIDE_REPLACE) {
        return TIDE_FAIL(err, TIDE_E_NOT_APPLICABLE,
                         "`%s` replaces its table: each run makes all days anew, so there is "
                         "nothing to take back; just run it: `tidemill run %s`",
                         name, name);
    }
    if (config->sink.mode == TIDE_MERGE) {
        return TIDE_FAIL(err, TIDE_E_NOT_APPLICABLE,
                         "`%s` merges: a row of its table may have won over rows of earlier days, "
                         "which are gone, so it can't be taken back to a day. Start over instead: "
                         "`tidemill state %s reset`",
                         name, name);
    }
    if (pipeline->route != TIDE_ROUTE_ORDERED) {
        return TIDE_FAIL(err, TIDE_E_NOT_APPLICABLE,
                         "`%s` has no `series:`, so its rows belong to no day and it has no state: "
                         "there is nothing to take back. To load all anew: `tidemill state %s "
                         "reset`",
                         name, name);
    }
    return TIDE_OK;
}

static tide_code check_day(const tide_pipeline *pipeline, int32_t day, int64_t now, tide_error *err)
{
    char text[16];
    if (tide_zone_span_of_day(pipeline->zone, day).end <= now) {
        return TIDE_OK;
    }
    (void)tide_format_day(day, text);
    return TIDE_FAIL(err, TIDE_E_NOT_APPLICABLE,
                     "%s has not ended yet in %s: a pipeline can be taken back to the end of a day "
                     "that is over",
                     text, pipeline->config->timezone != NULL ? pipeline->config->timezone : "UTC");
}

/* "column NAME: ...", or the check value of its mask's key. */
static bool defines_column(const char *line, const char *name)
{
    static const char *const parts[] = {"column", TIDE_MASK_KEY_PART};
    for (size_t i = 0; i < TIDE_COUNT_OF(parts); i++) {
        size_t size = strlen(parts[i]);
        if (strncmp(line, parts[i], size) == 0 && line[size] == ' ' &&
            strncmp(line + size + 1, name, strlen(name)) == 0 &&
            line[size + 1 + strlen(name)] == ':') {
            return true;
        }
    }
    return false;
}

/* Must the part be the same, for rows of earlier days to stay what they are? */
static bool decides_series_or_day(const tide_pipeline *pipeline, const char *line)
{
    static const char *const parts[] = {"series hash:", "series:", "time:", "timezone:", "mode:"};
    for (size_t i = 0; i < TIDE_COUNT_OF(parts); i++) {
        if (strncmp(line, parts[i], strlen(parts[i])) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < pipeline->series_count; i++) {
        if (defines_column(line, pipeline->declared.fields[pipeline->series_columns[i]].name)) {
            return true;
        }
    }
    return pipeline->time_column != TIDE_NO_FIELD &&
           defines_column(line, pipeline->declared.fields[pipeline->time_column].name);
}

const char *tide_find_lasting_change(const tide_pipeline *pipeline, const tide_sink_facts *facts)
{
    const char *before = facts->fingerprint_text != NULL ? facts->fingerprint_text : "";
    const char *rest = tide_text_c(&pipeline->fingerprint_text);
    tide_str line;
    while (tide_str_next_line(&rest, &line)) {
        if (decides_series_or_day(pipeline, line.data) &&
            !tide_has_line(before, line.data, line.size)) {
            return line.data;
        }
    }
    return NULL;
}

static tide_code check_change(const tide_pipeline *pipeline, const tide_sink_facts *facts,
                              tide_error *err)
{
    const char *line = tide_find_lasting_change(pipeline, facts);
    return line == NULL
               ? TIDE_OK
               : TIDE_FAIL(err, TIDE_E_NO_REWIND,
                           "the pipeline's `%.*s` is not the one that its state was written with, "
                           "so rows of earlier days do not belong to it either. Start over: "
                           "`tidemill state %s reset`",
                           (int)strcspn(line, ":"), line, pipeline->config->name);
}

static tide_code check_facts(const tide_execution *e, const tide_sink_facts *facts, bool *changed,
                             tide_error *err)
{
    const char *name = e->pipeline->config->name;
    const char *table = e->pipeline->config->sink.table;
    if (!facts->state_exists) {
        return TIDE_FAIL(err, TIDE_E_NO_REWIND,
                         "`%s` has no state that could be taken back: nothing of it has been "
                         "processed yet",
                         name);
    }
    if (!facts->table_exists || !facts->same_table) {
        return TIDE_FAIL(err, TIDE_E_NO_REWIND,
                         "table `%s` %s, so no days are taken back in it. Start over: `tidemill "
                         "state %s reset`",
                         table,
                         facts->table_exists ? "is not the one that the state was written with"
                                             : "does not exist any more",
                         name);
    }
    *changed =
        facts->fingerprint != NULL && strcmp(facts->fingerprint, e->pipeline->fingerprint) != 0;
    if (*changed) {
        TIDE_TRY(check_change(e->pipeline, facts, err));
    }
    return facts->problems.size > 0 ? tide_fail_problems(e, facts, err) : TIDE_OK;
}

/* As a run would take it: what the newest run's record says, and units of an open one. */
static tide_code read_loaded(tide_execution *e, int64_t unit_rows, int64_t *loaded, tide_error *err)
{
    tide_run_row last = {0};
    size_t count = 0;
    TIDE_TRY(tide_on_side(e->sink->vtable->read_runs(e->sink, 1, &last, &count, err),
                          TIDE_SIDE_SINK, err));
    *loaded = unit_rows + (count > 0 ? tide_loaded_ever(&last) : 0);
    tide_run_row_clear(&last);
    return TIDE_OK;
}

static tide_code look(tide_execution *e, tide_rewind *rewind, tide_error *err)
{
    tide_sink_facts facts = {0};
    TIDE_TRY(tide_on_side(e->sink->vtable->check(e->sink, &facts, err), TIDE_SIDE_SINK, err));
    tide_code code = check_facts(e, &facts, &rewind->all, err);
    int64_t unit_rows = facts.unit_rows;
    tide_sink_facts_clear(&facts);
    return code == TIDE_OK ? read_loaded(e, unit_rows, &rewind->loaded_ever, err) : code;
}

static tide_code rewind_sink(tide_execution *e, tide_rewind *rewind, tide_rewind_result *result,
                             tide_error *err)
{
    tide_rewound done = {0};
    TIDE_TRY(look(e, rewind, err));
    TIDE_TRY(tide_on_side(e->sink->vtable->state_rewind(e->sink, rewind, &done, err),
                          TIDE_SIDE_SINK, err));
    *result = (tide_rewind_result){.run = done.run,
                                   .rows_deleted = done.rows_deleted,
                                   .rejects_deleted = done.rejects_deleted,
                                   .late_deleted = done.late_deleted,
                                   .series = done.series,
                                   .pipeline_changed = rewind->all};
    return TIDE_OK;
}

tide_code tide_check_rewind(const tide_pipeline *pipeline, int32_t day, tide_error *err)
{
    TIDE_TRY(check_mode(pipeline, err));
    return check_day(pipeline, day, tide_now(), err);
}

tide_code tide_rewind_state(tide_pipeline *pipeline, int32_t day, tide_rewind_result *result,
                            tide_error *err)
{
    *result = (tide_rewind_result){0};
    TIDE_TRY(tide_check_rewind(pipeline, day, err));
    tide_rewind rewind = {
        .day = day,
        .day_end = tide_zone_span_of_day(pipeline->zone, day).end,
        .late_time_column = pipeline->time_column,
        .at = tide_now(),
    };
    tide_execution e;
    tide_run_result run;
    tide_code code = tide_execution_open_sink(&e, pipeline, NULL, &run, err);
    if (code == TIDE_OK) {
        code = rewind_sink(&e, &rewind, result, err);
    }
    tide_execution_close_sink(&e, &run);
    return code;
}

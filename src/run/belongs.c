/* SPDX-License-Identifier: Apache-2.0 */
/* State and table belong together; state is only continued by the pipeline that wrote it. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/problem.h"
#include "run/execution.h"
#include "run/yaml.h"

/* Days can be taken back only where rows have their days, and the table is ours. */
static tide_code fail_conflict(const tide_pipeline *pipeline, int problem, const char *what,
                               bool may_rewind, tide_error *err)
{
    const char *name = pipeline->config->name;
    char rewind[256] = "";
    if (may_rewind && pipeline->config->sink.mode == TIDE_APPEND) {
        (void)snprintf(rewind, sizeof rewind,
                       ", or process the days after a day anew: `tidemill state %s rewind --to "
                       "YYYY-MM-DD`",
                       name);
    }
    return TIDE_FAIL(err, problem,
                     "%s. Either start over: `tidemill state %s reset` (empties the table)%s, or "
                     "go on with both as they are: `tidemill state %s accept`",
                     what, name, rewind, name);
}

int64_t tide_loaded_ever(const tide_run_row *row)
{
    int64_t rows = row->status == TIDE_RUN_COMPLETE ? 1 : 0; /* of the rest units tell */
    if (row->record == NULL || row->record[0] == '\0') {
        return rows;
    }
    tide_arena arena;
    tide_error ignored;
    const tide_yaml *root = NULL;
    tide_arena_init(&arena);
    tide_error_clear(&ignored);
    if (tide_yaml_parse(tide_str_of(row->record), "record", &arena, &root, &ignored) == TIDE_OK) {
        (void)tide_yaml_int(tide_yaml_get(root, "loaded_ever"), &rows);
    }
    tide_arena_clear(&arena);
    return rows;
}

/* In the newest run's record, which is where tide_loaded_ever looks. Without a run nothing has been
 * loaded. */
tide_code tide_set_loaded_ever(tide_sink *sink, int64_t rows, tide_error *err)
{
    static const char member[] = "\"loaded_ever\":";
    tide_run_row last = {0};
    size_t count = 0;
    TIDE_TRY(sink->vtable->read_runs(sink, 1, &last, &count, err));
    const char *found = count > 0 && last.record != NULL ? strstr(last.record, member) : NULL;
    if (found == NULL) {
        tide_run_row_clear(&last);
        return TIDE_OK;
    }
    const char *value = found + strlen(member);
    tide_text record;
    tide_text_init(&record);
    tide_text_append_str(&record, (tide_str){last.record, (size_t)(value - last.record)});
    tide_text_append_format(&record, "%lld%s", (long long)rows,
                            value + strspn(value, " -0123456789"));
    tide_free(last.record);
    last.record = tide_text_take(&record);
    tide_code code = last.record == NULL ? TIDE_FAIL_MEMORY(err, "the record of a run")
                                         : sink->vtable->record(sink, &last, err);
    tide_text_clear(&record);
    tide_run_row_clear(&last);
    return code;
}

bool tide_has_line(const char *text, const char *line, size_t length)
{
    while (*text != '\0') {
        size_t n = strcspn(text, "\n");
        if (n == length && memcmp(text, line, n) == 0) {
            return true;
        }
        text += n + (text[n] == '\n');
    }
    return false;
}

/* Appends the lines of `now` that are not in `before` and begin with `prefix`: what has changed. */
static void append_changes(const char *before, const char *now, const char *prefix, tide_text *out)
{
    while (*now != '\0') {
        size_t length = strcspn(now, "\n");
        if (length > 0 && strncmp(now, prefix, strlen(prefix)) == 0 &&
            !tide_has_line(before, now, length)) {
            tide_text_append_format(out, "%s%.*s", out->size == 0 ? "" : "; ",
                                    (int)strcspn(now, ":"), now);
        }
        now += length + (now[length] == '\n');
    }
}

/* Names of the parts (that begin with `prefix`) in which the pipeline differs from the one that was
 * stored. */
static void print_changes(const tide_pipeline *pipeline, const tide_sink_facts *facts,
                          const char *prefix, tide_text *changes)
{
    const char *before = facts->fingerprint_text != NULL ? facts->fingerprint_text : "";
    append_changes(before, tide_text_c(&pipeline->fingerprint_text), prefix, changes);
    if (changes->size == 0) {
        append_changes(tide_text_c(&pipeline->fingerprint_text), before, prefix, changes);
    }
}

static bool has_changed(const tide_pipeline *pipeline, const tide_sink_facts *facts)
{
    return facts->fingerprint != NULL && strcmp(facts->fingerprint, pipeline->fingerprint) != 0;
}

static tide_code fail_fingerprint(const tide_pipeline *pipeline, const tide_sink_facts *facts,
                                  tide_error *err)
{
    tide_text changes;
    tide_text_init(&changes);
    print_changes(pipeline, facts, "", &changes);
    char what[1024];
    bool rekeyed = strstr(tide_text_c(&changes), TIDE_MASK_KEY_PART) != NULL;
    (void)snprintf(what, sizeof what, "the pipeline has changed since its state was written (%s)%s",
                   tide_text_c(&changes),
                   rekeyed
                       ? "; under another key the same values have other masks, and do not meet "
                         "those of before"
                       : "");
    tide_text_clear(&changes);
    return fail_conflict(pipeline, rekeyed ? TIDE_E_MASK_KEY_CHANGED : TIDE_E_PIPELINE_CHANGED,
                         what, tide_find_lasting_change(pipeline, facts) == NULL, err);
}

/* What a run that has not ended has put into the table; one that stages its rows has nothing there,
 * but plans of before do not tell; and a replace takes away whatever is. */
static bool has_units_of(const tide_pipeline *pipeline, const tide_belongs_question *question)
{
    const tide_run_row *last = question->last;
    const tide_run_plan *kept = question->kept;
    bool unfinished = last != NULL && tide_run_status_is_open(last->status);
    bool stages = kept->fingerprint == NULL ? pipeline->target.staged : kept->stages;
    bool has_own = question->facts->unit_count > 0 && !kept->replaces && !stages;
    bool stays = pipeline->config->sink.mode != TIDE_REPLACE;
    return unfinished && stays && (has_own || kept->covers_rows);
}

/* In what the pipeline differs from the one that planned the run, which no fingerprint knows. */
static const char *other_account(const tide_pipeline *pipeline, const tide_run_plan *kept)
{
    if (kept->fingerprint == NULL) { /* not told */
        return "";
    }
    if (kept->covers_rows) {
        return "mode";
    }
    if (kept->appends_again != pipeline->config->sink.again_append) {
        return "again";
    }
    if (kept->stages != pipeline->target.staged) {
        return "snapshot or slices";
    }
    return kept->keeps_registry != pipeline->keeps_registry ? "registry" : "";
}

/* Splits that are done stay, so the rest must be what it would have been. */
static tide_code check_streamed(const tide_pipeline *pipeline,
                                const tide_belongs_question *question, tide_error *err)
{
    const char *account = other_account(pipeline, question->kept);
    const char *planned = question->kept->fingerprint;
    bool changed = planned == NULL ? has_changed(pipeline, question->facts)
                                   : strcmp(planned, pipeline->fingerprint) != 0;
    if (!has_units_of(pipeline, question) || (!changed && account[0] == '\0')) {
        return TIDE_OK;
    }
    tide_text changes;
    tide_text_init(&changes);
    if (changed) {
        print_changes(pipeline, question->facts, "", &changes);
    }
    if (strstr(tide_text_c(&changes), account) == NULL) {
        tide_text_append_format(&changes, "%s%s", changes.size > 0 ? "; " : "", account);
    }
    tide_text_append(&changes, changes.size == 0 ? "what was accepted since" : "");
    tide_code code = TIDE_FAIL(
        err, TIDE_E_PIPELINE_CHANGED,
        "the pipeline has changed (%s) since run %lld was begun, and rows of that run are in table "
        "`%s`: the two would be mixed. Take the change back and run again, or close the run: "
        "`tidemill run --new %s` begins anew, and appends everything to what is there",
        tide_text_c(&changes), (long long)question->last->run, pipeline->config->sink.table,
        pipeline->config->name);
    tide_text_clear(&changes);
    return code;
}

/* Rows merge by equal keys, and the winner is found by comparing all columns: neither works between
 * masks of different keys. */
static tide_code check_merged(const tide_pipeline *pipeline, const tide_sink_facts *facts,
                              tide_error *err)
{
    if (!has_changed(pipeline, facts) || !facts->table_exists || facts->table_empty) {
        return TIDE_OK;
    }
    tide_text changes;
    tide_text_init(&changes);
    print_changes(pipeline, facts, TIDE_MASK_KEY_PART, &changes);
    tide_code code =
        changes.size == 0
            ? TIDE_OK
            : TIDE_FAIL(err, TIDE_E_MASK_KEY_CHANGED,
                        "a mask has another key than when table `%s` was written (%s): the same "
                        "values have other masks now, and do not meet those of before. Take the "
                        "key back, or start over: `tidemill state %s reset` (empties the table)",
                        pipeline->config->sink.table, tide_text_c(&changes),
                        pipeline->config->name);
    tide_text_clear(&changes);
    return code;
}

/* Rows and state are committed together: where runs have loaded rows there must be state. */
static tide_code check_without_state(const tide_pipeline *pipeline, const tide_sink_facts *facts,
                                     bool loaded, tide_error *err)
{
    char what[512];
    const char *table = pipeline->config->sink.table;
    bool holds_rows = facts->table_exists && !facts->table_empty;
    if (!holds_rows || pipeline->config->sink.mode != TIDE_APPEND ||
        (facts->same_table && !loaded)) {
        return TIDE_OK;
    }
    (void)snprintf(what, sizeof what,
                   "table `%s` holds rows, but there is no state that belongs to them", table);
    return fail_conflict(pipeline, TIDE_STATE_CONFLICT, what, false, err);
}

/* What has become of the table that rows were loaded into, or NULL. */
static const char *missing(const tide_pipeline *pipeline, const tide_sink_facts *facts, bool loaded)
{
    if (!facts->table_exists) {
        return "does not exist any more";
    }
    if (!facts->same_table) {
        return pipeline->config->sink.mode == TIDE_MERGE
                   ? "is not the one that it was written with, or has been emptied by the reset of "
                     "another pipeline that merges into it (then reset both)"
                   : "is not the one that it was written with";
    }
    return facts->table_empty && loaded ? "has been emptied" : NULL;
}

static tide_code check_with_state(const tide_pipeline *pipeline, const tide_sink_facts *facts,
                                  bool loaded, tide_error *err)
{
    char what[512];
    const char *table = pipeline->config->sink.table;
    const char *is = missing(pipeline, facts, loaded);
    if (is != NULL) {
        bool may_rewind = facts->table_exists && facts->same_table;
        (void)snprintf(what, sizeof what, "there is state, but table `%s` %s", table, is);
        return fail_conflict(pipeline, TIDE_STATE_CONFLICT, what, may_rewind, err);
    }
    return has_changed(pipeline, facts) ? fail_fingerprint(pipeline, facts, err) : TIDE_OK;
}

/* What marks say has been read is only read again from the start: it must be where it was loaded.
 * Where there is state, that asks the same. */
static tide_code check_with_marks(const tide_pipeline *pipeline, const tide_sink_facts *facts,
                                  bool loaded, tide_error *err)
{
    char what[512];
    const char *is = missing(pipeline, facts, loaded);
    if (is == NULL || pipeline->config->sink.mode == TIDE_REPLACE) {
        return TIDE_OK;
    }
    (void)snprintf(what, sizeof what, "earlier runs have read rows into table `%s`, which %s",
                   pipeline->config->sink.table, is);
    return fail_conflict(pipeline, TIDE_STATE_CONFLICT, what, false, err);
}

/* What is resumed goes on where units end: their rows must be there. */
static tide_code check_units(const tide_pipeline *pipeline, const tide_belongs_question *question,
                             bool loaded, tide_error *err)
{
    const char *is = missing(pipeline, question->facts, loaded);
    if (!question->resumes || !has_units_of(pipeline, question) || is == NULL) {
        return TIDE_OK;
    }
    const char *name = pipeline->config->name;
    return TIDE_FAIL(err, TIDE_STATE_CONFLICT,
                     "run %lld has not ended, and what it had loaded is not in table `%s`, which "
                     "%s: the rest alone would be loaded. `tidemill run --new %s` begins anew",
                     (long long)question->last->run, pipeline->config->sink.table, is, name);
}

static bool has_beginning(const char *text, const char *prefix)
{
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, prefix, strlen(prefix)) == 0) {
            return true;
        }
    }
    return false;
}

/* Which kind of runs has loaded rows that are not known as read; "": none. Runs of an earlier
 * version left nothing but the pipeline as it was. */
static const char *find_unaccounted(const tide_belongs_question *question)
{
    static const char mode[] = "mode: \"replace\"";
    const char *before = question->facts->fingerprint_text;
    const tide_run_row *last = question->last;
    bool is_complete = last != NULL && last->status == TIDE_RUN_COMPLETE;
    if (question->unaccounted[0] != '\0' || before == NULL) {
        return question->unaccounted;
    }
    if (is_complete && tide_has_line(before, mode, strlen(mode))) {
        return "mode replace";
    }
    return has_beginning(before, "series: \"") ? "`series`" : "";
}

/* Runs of mode replace, with `again: append` or with a series do not tell, or tell otherwise, what
 * they have read. A run that is resumed was asked when it began; rows that it finds are its own. */
static tide_code check_unaccounted(const tide_pipeline *pipeline,
                                   const tide_belongs_question *question, bool loaded,
                                   tide_error *err)
{
    char what[512];
    const tide_sink_facts *facts = question->facts;
    const tide_sink_config *sink = &pipeline->config->sink;
    const char *kind = find_unaccounted(question);
    bool was_asked = question->resumes && question->kept->fingerprint != NULL;
    if (was_asked || sink->mode != TIDE_APPEND || sink->again_append || kind[0] == '\0' ||
        facts->table_empty || missing(pipeline, facts, loaded) != NULL) {
        return TIDE_OK;
    }
    (void)snprintf(what, sizeof what,
                   "table `%s` holds rows of runs with %s, which keep no account of what they have "
                   "read that mode append could go on from: it would load all of that once more",
                   sink->table, kind);
    return fail_conflict(pipeline, TIDE_STATE_CONFLICT, what, false, err);
}

static tide_code check_appended(const tide_pipeline *pipeline,
                                const tide_belongs_question *question, bool loaded, tide_error *err)
{
    if (!question->fresh) {
        TIDE_TRY(check_streamed(pipeline, question, err));
    }
    TIDE_TRY(check_units(pipeline, question, loaded, err));
    return check_unaccounted(pipeline, question, loaded, err);
}

tide_code tide_check_belongs(const tide_pipeline *pipeline, const tide_belongs_question *question,
                             tide_error *err)
{
    const tide_sink_facts *facts = question->facts;
    const tide_run_row *last = question->last;
    bool loaded = facts->unit_rows > 0 || (last != NULL && tide_loaded_ever(last) > 0);
    bool by_state = pipeline->route == TIDE_ROUTE_ORDERED && (facts->state_exists || !loaded);
    if (question->has_marks && !by_state) {
        TIDE_TRY(check_with_marks(pipeline, facts, loaded, err));
    }
    if (pipeline->route == TIDE_ROUTE_STREAMED) {
        return check_appended(pipeline, question, loaded, err);
    }
    if (pipeline->route == TIDE_ROUTE_REDUCED && pipeline->config->sink.mode == TIDE_MERGE) {
        return check_merged(pipeline, facts, err);
    }
    if (pipeline->route != TIDE_ROUTE_ORDERED || pipeline->config->sink.mode == TIDE_REPLACE) {
        return TIDE_OK;
    }
    return facts->state_exists ? check_with_state(pipeline, facts, loaded, err)
                               : check_without_state(pipeline, facts, loaded, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Incremental reading: what earlier complete runs have read - kept as marks by the sink - is not
 * read again, and the marks move in the transaction that completes this run.
 *
 * With a series, marks also tell rows of processed days apart: known ones are seen, others are
 * late. Where that can't be relied on - no run has left marks yet, or an unfinished run was given
 * up by --new, whose committed days no mark knows; another field is the cursor; the state of a
 * merge is gone, or it had no series before - everything is read, and judged by sums.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "base/problem.h"
#include "run/execution.h"

#define LAG_DEFAULT (INT64_C(300) * TIDE_MICROS_PER_SECOND)
#define MICROS_PER_MILLI 1000
#define CURSOR_MARK "cursor"

bool tide_is_incremental(const tide_pipeline *pipeline)
{
    return pipeline->keeps_registry || pipeline->has_cursor;
}

static int64_t whole_millis(int64_t instant)
{
    int64_t rest = instant % MICROS_PER_MILLI;
    return instant - (rest < 0 ? rest + MICROS_PER_MILLI : rest);
}

/* The mark's value: "HIGH LOW FIELD". Everything below high was read, what is left begins at low,
 * by the field. *field is NULL in marks of an earlier version, which do not name it. */
static bool parse_cursor(const char *value, int64_t *high, int64_t *low, const char **field)
{
    char *behind = NULL;
    *high = strtoll(value, &behind, 10);
    if (behind == value || *behind != ' ') {
        return false;
    }
    const char *second = behind + 1;
    *low = strtoll(second, &behind, 10);
    *field = *behind == ' ' ? behind + 1 : NULL;
    return behind != second && (*behind == '\0' || *behind == ' ');
}

static const char *cursor_field(const tide_execution *e)
{
    return e->pipeline->specs[e->pipeline->cursor_column].path;
}

/* The field of the mark, where it is not the pipeline's; else NULL. */
static const char *other_field(const tide_execution *e)
{
    int64_t high, low;
    const char *field = NULL;
    const tide_read_mark *mark =
        e->pipeline->has_cursor ? tide_read_mark_list_find(&e->marks, CURSOR_MARK) : NULL;
    bool names = mark != NULL && parse_cursor(mark->value, &high, &low, &field) && field != NULL;
    return names && strcmp(field, cursor_field(e)) != 0 ? field : NULL;
}

/* Which documents have been read by the one field is not known by the other: where a row may not
 * come twice, and nothing would tell, there is no way on. */
static tide_code fail_field(const tide_execution *e, const char *field, tide_error *err)
{
    const char *name = e->pipeline->config->name;
    return TIDE_FAIL(err, TIDE_E_PIPELINE_CHANGED,
                     "the cursor is read from `%s` now, but earlier runs have read by `%s`: which "
                     "documents are new is not known by the other field. Take the change back, or "
                     "start over: `tidemill state %s reset` (empties the table)",
                     cursor_field(e), field, name);
}

/* What the new run reads: from where rows were left, up to what has had time to arrive. */
static tide_code choose_interval(tide_execution *e, tide_error *err)
{
    const tide_pipeline_config *config = e->pipeline->config;
    tide_run_plan *plan = &e->kept;
    const tide_read_mark *mark = tide_read_mark_list_find(&e->marks, CURSOR_MARK);
    int64_t lag = config->lag_micros >= 0 ? config->lag_micros : LAG_DEFAULT;
    plan->has_cursor = true;
    plan->cursor_field = cursor_field(e);
    plan->cursor_low = plan->cursor_known = INT64_MIN;
    plan->cursor_high = whole_millis(e->row.started_at - lag);
    if (mark == NULL) {
        return TIDE_OK;
    }
    const char *field;
    if (!parse_cursor(mark->value, &plan->cursor_known, &plan->cursor_low, &field)) {
        return TIDE_FAIL(err, TIDE_E_STATE_DAMAGED, "tidemill_marks: `%s` is no cursor",
                         mark->value);
    }
    if (plan->cursor_high < plan->cursor_known) { /* a clock was set back, or the lag is longer */
        plan->cursor_high = plan->cursor_known;
    }
    return TIDE_OK;
}

/* One of a cursor that can't be read is not passed over; a file may have that name, too. */
static bool is_about_source(const tide_read_mark *mark, bool has_cursor)
{
    int64_t high, low;
    const char *field;
    bool is_named = strcmp(mark->name, CURSOR_MARK) == 0;
    return has_cursor ? is_named : !(is_named && parse_cursor(mark->value, &high, &low, &field));
}

/* Takes out what is not about the source of now: rows that no mark knows of; a cursor where files
 * are read by now, and files where a cursor is. */
static void take_other_marks(tide_execution *e)
{
    const tide_read_mark *mark = tide_read_mark_list_find(&e->marks, TIDE_UNACCOUNTED_MARK);
    if (mark != NULL) {
        (void)snprintf(e->unaccounted, sizeof e->unaccounted, "%s", mark->value);
        tide_read_mark_list_remove(&e->marks, mark);
    }
    for (size_t i = e->marks.count; i > 0; i--) {
        if (!is_about_source(&e->marks.items[i - 1], e->pipeline->has_cursor)) {
            tide_read_mark_list_remove(&e->marks, &e->marks.items[i - 1]);
        }
    }
}

tide_code tide_incremental_look(tide_execution *e, tide_error *err)
{
    if (!tide_is_incremental(e->pipeline) || e->sink == NULL) {
        return TIDE_OK;
    }
    TIDE_TRY(
        tide_on_side(e->sink->vtable->read_marks(e->sink, &e->marks, err), TIDE_SIDE_SINK, err));
    take_other_marks(e);
    return TIDE_OK;
}

tide_code tide_incremental_choose(tide_execution *e, bool gives_up, tide_error *err)
{
    if (e->resumed || !tide_is_incremental(e->pipeline)) {
        return TIDE_OK;
    }
    bool ordered = e->pipeline->route == TIDE_ROUTE_ORDERED;
    bool merges_anew = e->pipeline->config->sink.mode == TIDE_MERGE && !e->has_state;
    const char *field = other_field(e);
    if (field != NULL && e->pipeline->route == TIDE_ROUTE_STREAMED) {
        return fail_field(e, field, err);
    }
    bool from_start =
        field != NULL || (ordered && (gives_up || merges_anew || e->marks.count == 0));
    e->kept.by_marks = ordered && !from_start;
    e->reads_all = from_start;
    if (from_start && e->pipeline->has_cursor) {
        tide_read_mark_list_clear(&e->marks);
        tide_read_mark_list_init(&e->marks);
    }
    return e->pipeline->has_cursor ? choose_interval(e, err) : TIDE_OK;
}

void tide_incremental_describe(const tide_execution *e, tide_text *out)
{
    char low[48] = "the beginning";
    char high[48];
    if (!e->kept.has_cursor) {
        return;
    }
    if (e->kept.cursor_low != INT64_MIN) {
        (void)tide_format_instant(e->kept.cursor_low, low);
    }
    (void)tide_format_instant(e->kept.cursor_high, high);
    tide_text_append_format(out, "  cursor %s: from %s up to %s, and documents without it\n",
                            e->pipeline->config->cursor, low, high);
}

static tide_code fail_reread(const tide_execution *e, const char *name, tide_error *err)
{
    return TIDE_FAIL(err, TIDE_E_NOT_APPLICABLE,
                     "--reread %s: run %lld has not ended, and what a run reads is chosen when it "
                     "begins. Run without --reread to end it first, or close it by --new",
                     name, (long long)e->row.run);
}

static bool is_reread(const tide_execution *e, const char *name)
{
    if (name[0] == '.' && name[1] == '/') {
        name += 2;
    }
    for (size_t i = 0; i < e->kept.member_count; i++) {
        const tide_member *member = &e->kept.members[i];
        if (member->reason == TIDE_MEMBER_REREAD && strcmp(member->name, name) == 0) {
            return true;
        }
    }
    return false;
}

tide_code tide_incremental_request(const tide_execution *e, tide_plan_request *request,
                                   tide_error *err)
{
    const tide_run_options *options = &e->options;
    if (options->reread_count > 0 && !e->pipeline->keeps_registry) {
        return TIDE_FAIL(err, TIDE_E_NOT_APPLICABLE,
                         "--reread is for pipelines that keep a registry of files; this one reads "
                         "everything in every run");
    }
    for (size_t i = 0; e->resumed && i < options->reread_count; i++) {
        if (!is_reread(e, options->reread[i])) {
            return fail_reread(e, options->reread[i], err);
        }
    }
    bool keeps = e->resumed && e->kept.members != NULL;
    *request = (tide_plan_request){
        .pinned = keeps ? e->kept.members : NULL,
        .pinned_count = keeps ? e->kept.member_count : 0,
        .keeps_registry = e->pipeline->keeps_registry,
        .marks = &e->marks,
        .reads_all = e->reads_all,
        .horizon = e->result->horizon,
        .reread = options->reread,
        .reread_count = options->reread_count,
        .has_cursor = e->kept.has_cursor,
        .rejects_other_cursors = e->pipeline->route != TIDE_ROUTE_REDUCED,
        .knows_earlier_cursors = e->pipeline->route == TIDE_ROUTE_ORDERED,
        .cursor_column = e->pipeline->cursor_column,
        .cursor_low = e->kept.cursor_low,
        .cursor_high = e->kept.cursor_high,
        .looks_only = options->looks_only,
    };
    return TIDE_OK;
}

void tide_incremental_keep(tide_execution *e)
{
    if (e->resumed) {
        tide_read_mark_list planned = e->source_plan.marks;
        e->source_plan.marks = e->kept.marks;
        e->kept.marks = planned;
    }
}

tide_code tide_incremental_begin(tide_execution *e, tide_error *err)
{
    if (!tide_is_incremental(e->pipeline) || e->pipeline->route != TIDE_ROUTE_ORDERED) {
        return TIDE_OK;
    }
    return tide_left_rows_init(&e->left, e->source_plan.member_count, err);
}

static tide_code collect_cursor(tide_execution *e, tide_read_mark_list *marks, tide_error *err)
{
    tide_text value;
    int64_t low = e->kept.cursor_high;
    int64_t left = tide_atomic_get(&e->left.cursor_low);
    if (e->left.members != NULL && left < low) {
        low = whole_millis(left);
    }
    tide_text_init(&value);
    tide_text_append_format(&value, "%lld %lld %s", (long long)e->kept.cursor_high, (long long)low,
                            cursor_field(e));
    tide_read_mark mark = {.name = CURSOR_MARK, .value = tide_text_c(&value)};
    tide_code code = tide_text_failed(&value) ? TIDE_FAIL_MEMORY(err, "the mark of a cursor")
                                              : tide_read_mark_list_add(marks, &mark, err);
    tide_text_clear(&value);
    return code;
}

/* What such a run has loaded is unknown to those that read only what is new. */
static tide_code collect_unaccounted(const tide_execution *e, tide_read_mark_list *marks,
                                     tide_error *err)
{
    static const char *const kinds[] = {"`again: append`", "mode merge", "mode replace"};
    if (e->pipeline->route == TIDE_ROUTE_ORDERED) {
        return TIDE_OK; /* a row that comes again is found by its state */
    }
    tide_read_mark mark = {.name = TIDE_UNACCOUNTED_MARK,
                           .value = kinds[e->pipeline->config->sink.mode]};
    return tide_read_mark_list_add(marks, &mark, err);
}

static tide_code collect_member(const tide_execution *e, size_t i, tide_read_mark_list *marks,
                                tide_error *err)
{
    const tide_member *member = &e->source_plan.members[i];
    if (member->mark == NULL) {
        return TIDE_OK;
    }
    tide_text value;
    tide_text_init(&value);
    tide_text_append_str(&value, (tide_str){member->mark, tide_left_rows_went_beyond(&e->left, i)
                                                              ? member->mark_sure
                                                              : strlen(member->mark)});
    tide_read_mark mark = {.name = member->name,
                           .value = tide_text_c(&value),
                           .open = tide_left_rows_has(&e->left, i)};
    tide_code code = tide_text_failed(&value) ? TIDE_FAIL_MEMORY(err, "the mark of a file")
                                              : tide_read_mark_list_add(marks, &mark, err);
    tide_text_clear(&value);
    return code;
}

tide_code tide_incremental_collect(tide_execution *e, tide_read_mark_list *marks, tide_error *err)
{
    const tide_source_plan *plan = &e->source_plan;
    if (!tide_is_incremental(e->pipeline)) {
        return collect_unaccounted(e, marks, err);
    }
    if (e->kept.has_cursor) {
        return collect_cursor(e, marks, err);
    }
    for (size_t i = 0; i < plan->member_count; i++) {
        TIDE_TRY(collect_member(e, i, marks, err));
    }
    for (size_t i = 0; i < plan->marks.count; i++) {
        TIDE_TRY(tide_read_mark_list_add(marks, &plan->marks.items[i], err));
    }
    return TIDE_OK;
}

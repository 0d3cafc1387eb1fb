/* SPDX-License-Identifier: Apache-2.0 */
/* State and table belong together; state is only continued by the pipeline that wrote it. */
#include <stdio.h>
#include <string.h>

#include "run/execution.h"
#include "run/yaml.h"

static tide_code fail_conflict(const tide_pipeline *pipeline, const char *what, tide_error *err)
{
    const char *name = pipeline->config->name;
    return TIDE_FAIL(err, TIDE_STATE_CONFLICT,
                     "%s. Either start over: `tidemill state %s reset` (empties the table), or go "
                     "on with both as they are: `tidemill state %s accept`",
                     what, name, name);
}

int64_t tide_loaded_ever(const tide_run_row *row)
{
    int64_t rows = 1;
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

/* Appends the lines of `now` that are not in `before`: what has changed. */
static void append_changes(const char *before, const char *now, tide_text *out)
{
    while (*now != '\0') {
        size_t length = strcspn(now, "\n");
        const char *found = before;
        while (*found != '\0') {
            size_t n = strcspn(found, "\n");
            if (n == length && memcmp(found, now, n) == 0) {
                break;
            }
            found += n + (found[n] == '\n');
        }
        if (*found == '\0' && length > 0) {
            tide_text_append_format(out, "%s%.*s", out->size == 0 ? "" : "; ",
                                    (int)strcspn(now, ":"), now);
        }
        now += length + (now[length] == '\n');
    }
}

static tide_code fail_fingerprint(const tide_pipeline *pipeline, const tide_sink_facts *facts,
                                  tide_error *err)
{
    const char *before = facts->fingerprint_text != NULL ? facts->fingerprint_text : "";
    tide_text changes;
    tide_text_init(&changes);
    append_changes(before, tide_text_c(&pipeline->fingerprint_text), &changes);
    if (changes.size == 0) {
        append_changes(tide_text_c(&pipeline->fingerprint_text), before, &changes);
    }
    char what[1024];
    (void)snprintf(what, sizeof what, "the pipeline has changed since its state was written (%s)",
                   tide_text_c(&changes));
    tide_text_clear(&changes);
    return fail_conflict(pipeline, what, err);
}

tide_code tide_check_belongs(const tide_pipeline *pipeline, const tide_sink_facts *facts,
                             const tide_run_row *last, tide_error *err)
{
    char what[512];
    const char *table = pipeline->config->sink.table;
    if (pipeline->route != TIDE_ROUTE_ORDERED || pipeline->config->sink.mode == TIDE_REPLACE) {
        return TIDE_OK;
    }
    if (!facts->state_exists) {
        /* A run that was killed before its first commit has left nothing but its record. */
        if (facts->table_exists && !facts->table_empty &&
            pipeline->config->sink.mode == TIDE_APPEND && !facts->same_table) {
            (void)snprintf(what, sizeof what,
                           "table `%s` holds rows, but there is no state that belongs to them",
                           table);
            return fail_conflict(pipeline, what, err);
        }
        return TIDE_OK;
    }
    if (!facts->table_exists || !facts->same_table) {
        (void)snprintf(what, sizeof what, "there is state, but table `%s` %s", table,
                       facts->table_exists ? "is not the one that it was written with"
                                           : "does not exist any more");
        return fail_conflict(pipeline, what, err);
    }
    if (facts->table_empty && (last == NULL || tide_loaded_ever(last) > 0)) {
        (void)snprintf(what, sizeof what, "there is state, but table `%s` has been emptied", table);
        return fail_conflict(pipeline, what, err);
    }
    if (facts->fingerprint != NULL && strcmp(facts->fingerprint, pipeline->fingerprint) != 0) {
        return fail_fingerprint(pipeline, facts, err);
    }
    return TIDE_OK;
}

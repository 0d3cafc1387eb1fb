/* SPDX-License-Identifier: Apache-2.0 */
/* Outcome: has the newest attempt at running a pipeline ended well?
 *
 * A run that has begun says so in its own row. One that failed before it began - no server, no such
 * index, a table that does not fit - has none, so the newest row's record gets a last member,
 *
 *   ,"attempt_failed":{"at":"2024-03-31T02:00:07Z","error":"..."}}
 *
 * which the next run, having a row of its own, leaves behind.
 */
#include <string.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "base/problem.h"
#include "run/connect.h"
#include "run/execution.h"

static const char member[] = ",\"attempt_failed\":{";

static char *append_attempt(const char *record, const tide_error *failure)
{
    char when[48];
    tide_text text;
    const char *last = strstr(record, member); /* quotes within texts are escaped */
    size_t kept = last != NULL ? (size_t)(last - record) : strlen(record);
    kept -= last == NULL && kept > 0 && record[kept - 1] == '}' ? 1 : 0;
    tide_format_instant(tide_now(), when);
    tide_text_init(&text);
    tide_text_append_str(&text, (tide_str){record, kept});
    tide_text_append_format(&text, "%s\"at\":\"%s\",\"error\":", member, when);
    tide_text_append_json_string(&text, tide_str_of(failure->message));
    tide_text_append(&text, "}}");
    char *made = tide_text_take(&text);
    tide_text_clear(&text);
    return made;
}

static tide_code note_attempt(tide_execution *e, const tide_error *failure, tide_error *err)
{
    tide_run_row last = {0};
    size_t count = 0;
    if (e->sink == NULL) {
        TIDE_TRY(tide_connect_sink(e->pipeline, &e->sink, err));
    }
    if (e->sink == NULL) {
        return TIDE_OK;
    }
    TIDE_TRY(e->sink->vtable->read_runs(e->sink, 1, &last, &count, err));
    bool closed = count > 0 && !tide_run_status_is_open(last.status) && last.ended_at != 0;
    tide_code code = TIDE_OK;
    if (closed && last.record != NULL && last.record[0] != '\0') {
        char *record = append_attempt(last.record, failure);
        tide_free(last.record);
        last.record = record;
        code = record == NULL ? TIDE_FAIL_MEMORY(err, "the record of a run")
                              : e->sink->vtable->record(e->sink, &last, err);
    }
    tide_run_row_clear(&last);
    return code;
}

/* Who finds the pipeline at work leaves its record alone: that work tells how it ended. */
void tide_note_failed_attempt(tide_execution *execution, const tide_error *failure)
{
    if (failure->number == tide_problem_number(TIDE_E_LEASE_HELD)) {
        return;
    }
    tide_error ignored; /* where nothing can be written, nothing can be read either */
    tide_error_clear(&ignored);
    (void)note_attempt(execution, failure, &ignored);
}

tide_code tide_find_failed(tide_pipeline *pipeline, bool *failed, tide_error *err)
{
    tide_run_row last = {0};
    size_t count = 0;
    bool looks_only = false; /* a run may follow */
    TIDE_TRY(tide_list_runs(pipeline, looks_only, 1, &last, &count, NULL, err));
    bool ended_well =
        count > 0 && (last.status == TIDE_RUN_COMPLETE || last.status == TIDE_RUN_REWOUND ||
                      last.status == TIDE_RUN_RETRIED);
    *failed = !ended_well || (last.record != NULL && strstr(last.record, member) != NULL);
    tide_run_row_clear(&last);
    return TIDE_OK;
}

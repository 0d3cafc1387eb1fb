/* SPDX-License-Identifier: Apache-2.0 */
/* max_rejects, over all of a run's rejects: what decoding, steps, types and the server refused. */
#include <inttypes.h>

#include "sink/postgres/postgres.h"

bool tide_pg_is_over_rejects(const tide_pg_sink *sink, int64_t rejected)
{
    return rejected > 0 &&
           tide_atomic_get(&sink->rejected_rows) + rejected > sink->target->max_rejects;
}

typedef struct limit_work {
    const tide_pg_sink *sink;
    tide_pg_encoder *encoder;
    const char *application;
    const tide_reject_list *const *lists;
    size_t list_count;
    bool undone;
} limit_work;

static tide_code write_once(tide_pg_connection *connection, tide_pg_attempt *attempt,
                            void *argument, tide_error *err)
{
    limit_work *work = argument;
    TIDE_TRY(tide_pg_begin(connection, attempt, work->application, err));
    TIDE_TRY(tide_pg_write_rejects(work->sink, connection, work->encoder, work->lists,
                                   work->list_count, work->undone, err));
    TIDE_TRY(tide_pg_fault(connection, "postgres.reject", err));
    TIDE_TRY(tide_pg_lease_check(&work->sink->lease, connection, err));
    return tide_pg_commit(connection, attempt, err);
}

tide_code tide_pg_commit_rejects(const tide_pg_sink *sink, tide_pg_connection *connection,
                                 tide_pg_encoder *encoder, const char *application,
                                 const tide_reject_list *const *lists, size_t list_count,
                                 bool undone, tide_error *err)
{
    limit_work work = {sink, encoder, application, lists, list_count, undone};
    return tide_pg_retry_work(&sink->retry, connection, write_once, &work, err);
}

tide_code tide_pg_fail_over_rejects(const tide_pg_sink *sink, const char *what,
                                    const tide_reject_list *const *lists, size_t list_count,
                                    tide_error *err)
{
    static const tide_reject none = {.position = "", .reason = ""};
    const tide_reject *first = &none;
    int64_t count = 0;
    for (size_t i = list_count; i > 0; i--) { /* the server's own come last */
        first = lists[i - 1]->count > 0 ? &lists[i - 1]->items[0] : first;
        count += (int64_t)lists[i - 1]->count;
    }
    (void)TIDE_FAIL(err, TIDE_OVER_REJECTS,
                    "%" PRId64 " rows of %s were rejected, and max_rejects is %" PRId64
                    " for the run; the first: %s: %s%s%s; nothing of it was committed. See %s, "
                    "then repair the data or the table, or raise max_rejects, and run again",
                    count, what, sink->target->max_rejects, first->position,
                    first->column == NULL ? "" : first->column, first->column == NULL ? "" : ": ",
                    first->reason, sink->names.rejects);
    err->side = TIDE_SIDE_SINK;
    return TIDE_OVER_REJECTS;
}

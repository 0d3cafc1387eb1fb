/* SPDX-License-Identifier: Apache-2.0 */
/* Forgetting rejects, under the lease, so that no run is under way. */
#include "sink/postgres/postgres.h"

typedef struct dismissal {
    tide_pg_sink *sink;
    tide_pg_encoder encoder;
    const tide_reject_list *rejects;
    int64_t run;
} dismissal;

static tide_code dismiss_once(tide_pg_connection *connection, tide_pg_attempt *attempt,
                              void *argument, tide_error *err)
{
    dismissal *d = argument;
    const tide_pg_sink *sink = d->sink;
    char application[64];
    int64_t deleted;
    bool unclear = attempt->commit_unclear;
    tide_pg_lease_application(&sink->lease, "dismiss", application);
    TIDE_TRY(tide_pg_begin(connection, attempt, application, err));
    TIDE_TRY(tide_pg_lease_check(&sink->lease, connection, err));
    TIDE_TRY(
        tide_pg_delete_rejects(sink, connection, &d->encoder, d->rejects, d->run, &deleted, err));
    if (deleted == 0 && unclear) { /* the COMMIT that was unclear was executed */
        return tide_pg_run(connection, "ROLLBACK", err);
    }
    attempt->commit_unclear = false;
    if (deleted != (int64_t)d->rejects->count) {
        return TIDE_FAIL(err, TIDE_STATE_CONFLICT, TIDE_DISMISS_CONFLICT,
                         (long long)d->rejects->count - deleted, d->rejects->count,
                         sink->names.rejects);
    }
    return tide_pg_commit(connection, attempt, err);
}

tide_code tide_pg_sink_dismiss(tide_sink *base, const tide_reject_list *rejects, int64_t run,
                               tide_error *err)
{
    dismissal d = {.sink = (tide_pg_sink *)base, .rejects = rejects, .run = run};
    tide_pg_encoder_init(&d.encoder);
    tide_code code = tide_pg_with_lease(d.sink, dismiss_once, &d, err);
    tide_pg_encoder_clear(&d.encoder);
    return code;
}

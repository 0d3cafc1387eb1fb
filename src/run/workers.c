/* SPDX-License-Identifier: Apache-2.0 */
#include "run/workers.h"

#include "base/memory.h"

typedef struct group {
    tide_worker_body body;
    void *context;
    tide_cancel *cancel;
    tide_mutex lock; /* guards told */
    tide_error told;
} group;

typedef struct member {
    group *group;
    unsigned number;
    tide_thread thread;
} member;

static void note_failure(group *g, const tide_error *err)
{
    tide_mutex_lock(&g->lock);
    if (g->told.code == TIDE_OK || g->told.code == TIDE_CANCELLED) {
        g->told = *err;
    }
    tide_mutex_unlock(&g->lock);
    if (err->code != TIDE_CANCELLED) { /* who stops on request leaves the others their time */
        tide_cancel_fail(g->cancel);
    }
}

static void run_member(void *argument)
{
    member *m = argument;
    tide_error err;
    tide_error_clear(&err);
    if (m->group->body(m->group->context, m->number, &err) != TIDE_OK) {
        note_failure(m->group, &err);
    }
}

static void run_threads(group *g, member *members, unsigned count)
{
    tide_error err;
    tide_error_clear(&err);
    for (unsigned i = 0; i < count; i++) {
        members[i] = (member){.group = g, .number = i};
        if (tide_thread_start(&members[i].thread, run_member, &members[i], &err) != TIDE_OK) {
            note_failure(g, &err);
            break;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        tide_thread_join(&members[i].thread);
    }
}

tide_code tide_workers_run(unsigned count, tide_worker_body body, void *context,
                           tide_cancel *cancel, tide_error *err)
{
    if (count <= 1) {
        return body(context, 0, err);
    }
    member *members = tide_alloc_zero(count, sizeof *members);
    if (members == NULL) {
        return TIDE_FAIL_MEMORY(err, "starting workers");
    }
    group g = {.body = body, .context = context, .cancel = cancel};
    tide_error_clear(&g.told);
    tide_mutex_init(&g.lock);
    run_threads(&g, members, count);
    tide_mutex_clear(&g.lock);
    tide_free(members);
    if (g.told.code != TIDE_OK) {
        *err = g.told;
    }
    return g.told.code;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that renews the lease, so that a run that reads for minutes is not taken for dead by
 * one on another machine or in another container. It waits for the store's lock like any worker; a
 * transaction that takes long renews nothing, and lets nobody else in either. */
#include "base/fault.h"
#include "base/limits.h"
#include "sink/store/store.h"

static int64_t wait_ms(void)
{
    return TIDE_FAULT_NUMBER("TIDEMILL_LEASE_RENEW_MS", (int64_t)TIDE_LEASE_RENEW_SECONDS * 1000);
}

/* An empty transaction: to enter is to renew. */
static void renew(tide_store *store)
{
    tide_error ignored; /* whoever writes next finds out the same */
    tide_error_clear(&ignored);
    if (tide_store_enter(store, &ignored) == TIDE_OK) {
        tide_code code = tide_store_commit(store, &ignored);
        (void)code;
    }
}

tide_code tide_store_blame(tide_store *store, tide_error *err)
{
    tide_error cause;
    tide_error_clear(&cause);
    tide_code code = tide_store_enter(store, &cause);
    if (code == TIDE_OK) {
        tide_store_abort(store);
    }
    if (code == TIDE_FENCED) {
        *err = cause;
    }
    return err->code;
}

static void run_renewals(void *argument)
{
    tide_store *store = argument;
    tide_store_renewal *renewal = &store->renewal;
    tide_mutex_lock(&renewal->mutex);
    while (!renewal->stopping) {
        if (!tide_condition_wait_for(&renewal->stop_asked, &renewal->mutex, wait_ms()) &&
            !renewal->stopping) {
            tide_mutex_unlock(&renewal->mutex);
            renew(store);
            tide_mutex_lock(&renewal->mutex);
        }
    }
    tide_mutex_unlock(&renewal->mutex);
}

tide_code tide_store_renewal_start(tide_store *store, tide_error *err)
{
    return tide_thread_start(&store->renewal.thread, run_renewals, store, err);
}

void tide_store_renewal_stop(tide_store *store)
{
    tide_mutex_lock(&store->renewal.mutex);
    store->renewal.stopping = true;
    tide_condition_signal(&store->renewal.stop_asked);
    tide_mutex_unlock(&store->renewal.mutex);
    tide_thread_join(&store->renewal.thread);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Lease: which process may write a pipeline - a row (pipeline, epoch, holder) in tidemill_lease.
 *
 * It is taken inside a transaction that has the write lock, so two takers can't both see it free. A
 * holder that lives keeps it; a dead one, or one that can't be looked at (another pid namespace,
 * another host) and has not renewed it for TIDE_LEASE_EXPIRE_SECONDS, loses it: the epoch rises.
 * Whoever writes compares the epoch in the same transaction, so a writer that was taken for dead
 * commits nothing any more.
 */
#ifndef TIDE_SINK_STORE_LEASE_H
#define TIDE_SINK_STORE_LEASE_H

#include "sink/store/db.h"

/* Creates the table. All functions here are called inside a transaction, but for what says so. */
TIDE_MUST_CHECK tide_code tide_lease_create(tide_db *db, tide_error *err);
/* Takes it for this process and gives the raised epoch. io when another process holds it: names
 * its pid. */
TIDE_MUST_CHECK tide_code tide_lease_take(tide_db *db, const char *pipeline, int64_t *epoch,
                                          tide_error *err);
/* Outside of a transaction, too; 0: nobody has ever taken it. */
TIDE_MUST_CHECK tide_code tide_lease_read_epoch(tide_db *db, const char *pipeline, int64_t *epoch,
                                                tide_error *err);
/* fenced when the epoch has moved; else renews it. */
TIDE_MUST_CHECK tide_code tide_lease_renew(tide_db *db, const char *pipeline, int64_t epoch,
                                           tide_error *err);
/* No holder any more, if the epoch is still ours. */
TIDE_MUST_CHECK tide_code tide_lease_release(tide_db *db, const char *pipeline, int64_t epoch,
                                             tide_error *err);

#endif

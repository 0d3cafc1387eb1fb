/* SPDX-License-Identifier: Apache-2.0 */
/* Locker: which process has the write lock of a database, for messages. */
#ifndef TIDE_SINK_STORE_LOCKER_H
#define TIDE_SINK_STORE_LOCKER_H

#include <stdbool.h>

#define TIDE_LOCKER_BYTES 96

/* Is it this very process? */
bool tide_store_is_own_lock(const char *path);

/* "process 4711" or "process 4711, which is stopped", by /proc/locks, for the database at path;
 * "another process" when the system doesn't say. */
void tide_store_print_locker(const char *path, char out[TIDE_LOCKER_BYTES]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Holder: which process holds something, and whether it still lives, by /proc.
 *
 * A process id alone is used again by the system; together with the boot, the pid namespace and the
 * moment the process started it names one process for ever.
 */
#ifndef TIDE_SINK_STORE_HOLDER_H
#define TIDE_SINK_STORE_HOLDER_H

#include <stdbool.h>
#include <stdint.h>

#define TIDE_HOLDER_BOOT_BYTES 40
#define TIDE_HOLDER_TEXT_BYTES 96

typedef struct tide_holder {
    char boot[TIDE_HOLDER_BOOT_BYTES]; /* boot id, "" when unknown */
    int64_t pid_namespace;             /* inode */
    int64_t pid;
    int64_t started; /* clock ticks since boot */
} tide_holder;

typedef enum tide_holder_life {
    TIDE_HOLDER_DEAD,
    TIDE_HOLDER_ALIVE,
    TIDE_HOLDER_UNSEEN /* on this boot but in another pid namespace: can't be looked at */
} tide_holder_life;

/* This process. */
void tide_holder_self(tide_holder *holder);
tide_holder_life tide_holder_look(const tide_holder *holder);
/* Is the process stopped (SIGSTOP, Ctrl-Z, a debugger)? */
bool tide_holder_is_stopped(int64_t pid);
/* "process 4711" or "process 4711, which is stopped": who has the write lock of the database at
 * path; "another process" when the system doesn't say. */
void tide_holder_print_locker(const char *path, char out[TIDE_HOLDER_TEXT_BYTES]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Process id: names one process for ever, and tells whether it still lives, by /proc.
 *
 * A pid alone is used again by the system; together with the boot, the pid namespace and the moment
 * the process started it is never the same again.
 */
#ifndef TIDE_BASE_PROCESS_ID_H
#define TIDE_BASE_PROCESS_ID_H

#include <stdbool.h>
#include <stdint.h>

#define TIDE_BOOT_BYTES 40

typedef struct tide_process_id {
    char boot[TIDE_BOOT_BYTES]; /* boot id, "" when unknown */
    int64_t pid_namespace;      /* inode, 0 when unknown */
    int64_t pid;
    int64_t started; /* clock ticks since boot, 0 when unknown */
} tide_process_id;

typedef enum tide_process_life {
    TIDE_PROCESS_DEAD, /* certainly: no such process, a zombie, or another one that got its pid */
    TIDE_PROCESS_ALIVE,
    TIDE_PROCESS_OTHER_BOOT, /* of another machine, or of this one before it was started anew */
    TIDE_PROCESS_UNSEEN      /* in another pid namespace, or hidden: can't be looked at */
} tide_process_life;

/* This process. */
void tide_process_self(tide_process_id *id);
tide_process_life tide_process_look(const tide_process_id *id);
/* Is it stopped (SIGSTOP, Ctrl-Z, a debugger)? */
bool tide_process_is_stopped(int64_t pid);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Holder: a process as text, exact enough to prove later that it is dead: host, pid, start time,
 * boot id and pid namespace. */
#ifndef TIDE_SINK_POSTGRES_HOLDER_H
#define TIDE_SINK_POSTGRES_HOLDER_H

#include <stdbool.h>
#include <stddef.h>

#define TIDE_PG_HOLDER_BYTES 512

/* "host=db1 pid=4711 start=123456 boot=... pidns=4026531836" of this process. */
void tide_pg_holder_print(char *out, size_t capacity);
/* True only when it is certain: same boot, same pid namespace, and no such process (or a zombie, or
 * another one that got its pid). */
bool tide_pg_holder_is_dead(const char *holder);

#endif

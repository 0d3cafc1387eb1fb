/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/postgres/holder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/process_id.h"

void tide_pg_holder_print(char *out, size_t capacity)
{
    tide_process_id self;
    tide_process_self(&self);
    char host[65] = "";
    if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0') {
        (void)snprintf(host, sizeof host, "unknown");
    }
    (void)snprintf(
        out, capacity, "host=%s pid=%" PRId64 " start=%" PRId64 " boot=%s pidns=%" PRId64, host,
        self.pid, self.started, self.boot[0] != '\0' ? self.boot : "unknown", self.pid_namespace);
}

/* The value after " name=", up to the next space; "" when absent. */
static void find_value(const char *text, const char *name, char *out, size_t capacity)
{
    const char *at = strstr(text, name);
    size_t size = 0;
    for (at = at == NULL ? "" : at + strlen(name); *at != '\0' && *at != ' '; at++) {
        if (size + 1 < capacity) {
            out[size++] = *at;
        }
    }
    out[size] = '\0';
}

static int64_t find_number(const char *text, const char *name)
{
    char number[32];
    find_value(text, name, number, sizeof number);
    return strtoll(number, NULL, 10);
}

bool tide_pg_holder_is_dead(const char *holder)
{
    tide_process_id id = {.pid_namespace = find_number(holder, " pidns="),
                          .pid = find_number(holder, " pid="),
                          .started = find_number(holder, " start=")};
    find_value(holder, " boot=", id.boot, sizeof id.boot);
    return tide_process_look(&id) == TIDE_PROCESS_DEAD;
}

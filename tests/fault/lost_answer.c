/* SPDX-License-Identifier: Apache-2.0 */
/* Lets libpq fail while it waits for an answer that does come: preloaded into the binary
 * (LD_PRELOAD). The connection is as well as before, the server knows of nothing, and libpq, which
 * calls the connection idle then, would take that answer for the one to its next command.
 *
 *   TIDEMILL_LOST_ANSWER=N         the poll after the Nth command fails (1 = first, 0 = none)
 *   TIDEMILL_LOST_ANSWER_LOG=FILE  a line for each message that is a command: the socket, and
 *                                  its text, or "COPY ends", or "leaves" where the connection is
 *                                  closed. After the one whose answer is lost, the line "lost"
 *
 * A message is what one send takes. By what was sent, not by the number of the poll: threads ask at
 * times of their own. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "preload/next_function.h"

#define LINE_BYTES_MAX 512

static const char leaves[] = "leaves";
static atomic_long passed;         /* commands */
static _Thread_local bool is_lost; /* the answer to what this thread has sent */
static _Thread_local int sent_to;

static void write_line(const char *text)
{
    const char *path = getenv("TIDEMILL_LOST_ANSWER_LOG");
    int log = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    char line[LINE_BYTES_MAX];
    if (log < 0) {
        return;
    }
    int size = snprintf(line, sizeof line - 1, "%d %s", sent_to, text);
    size = size < (int)sizeof line - 1 ? size : (int)sizeof line - 2;
    for (int i = 0; i < size; i++) {
        line[i] = line[i] == '\n' ? ' ' : line[i];
    }
    line[size] = '\n';
    if (write(log, line, (size_t)size + 1) != size + 1) {
        abort();
    }
    (void)close(log);
}

/* Query, Parse of a statement without a name, Terminate, or what ends with CopyDone; else NULL. */
static const char *command_of(const char *data, size_t size)
{
    static const char copy_done[] = {'c', 0, 0, 0, 4};
    if (size > 6 && data[0] == 'Q') {
        return data + 5;
    }
    if (size > 7 && data[0] == 'P' && data[5] == '\0') {
        return data + 6;
    }
    if (size == 5 && data[0] == 'X') {
        return leaves;
    }
    bool ends = size >= sizeof copy_done &&
                memcmp(data + size - sizeof copy_done, copy_done, sizeof copy_done) == 0;
    return ends ? "COPY ends" : NULL;
}

static void look_at(int file, const char *data, size_t size)
{
    const char *command = command_of(data, size);
    const char *plan = getenv("TIDEMILL_LOST_ANSWER");
    if (command == NULL) {
        return;
    }
    sent_to = file;
    write_line(command);
    if (command == leaves) {
        return;
    }
    is_lost = atomic_fetch_add(&passed, 1) + 1 == (plan == NULL ? 0 : strtol(plan, NULL, 10));
}

EXPORT ssize_t send(int file, const void *data, size_t size, int flags)
{
    look_at(file, data, size);
    return NEXT(send)(file, data, size, flags);
}

/* Who has sent a command waits for its answer next. */
EXPORT int poll(struct pollfd *files, nfds_t count, int ms)
{
    if (!is_lost) {
        return NEXT(poll)(files, count, ms);
    }
    is_lost = false;
    write_line("lost");
    errno = ENOMEM;
    return -1;
}

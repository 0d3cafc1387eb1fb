/* SPDX-License-Identifier: Apache-2.0 */
/* Canned server: answers HTTP requests from a table, in a thread of its own, one connection after
 * the other. For what needs a server in the same process; misbehaviour is tested from outside. */
#ifndef TIDE_TESTS_CANNED_SERVER_H
#define TIDE_TESTS_CANNED_SERVER_H

#include "base/thread.h"

typedef struct canned_answer {
    const char *request; /* beginning of "METHOD /path?query", borrowed */
    int status;
    const char *body;
} canned_answer;

typedef struct canned_server {
    const canned_answer *answers; /* the first that fits is given; none: 404 */
    size_t answer_count;
    int listener;
    char url[64];
    char last_body[4096]; /* of the newest request */
    int request_count;
    tide_thread thread;
} canned_server;

void canned_server_start(canned_server *server, const canned_answer *answers, size_t answer_count);
void canned_server_stop(canned_server *server);

#endif
